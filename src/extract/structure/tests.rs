//! Tests the search for lists in JSON by their content.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn hints() -> DateHints<'static> {
    DateHints {
        language: None,
        order: None,
        learned: None,
        zone: chrono_tz::UTC,
        now: DateTime::UNIX_EPOCH,
    }
}

/// Checks the place of the entries and their fields. Empty if no entries are expected.
#[track_caller]
fn check(value: &Value, expected: &str) {
    let way = |place: &RulePlace<'_>| {
        let steps = place.way.iter().map(|step| match step {
            TreeStep::Member(name) | TreeStep::Attribute(name) => (*name).to_owned(),
            TreeStep::Each | TreeStep::Any => "*".to_owned(),
            TreeStep::Rest => "1:".to_owned(),
            TreeStep::Having(name) => format!("?{name}"),
            TreeStep::Nth(at) => at.to_string(),
            TreeStep::Deep(name) => format!(".{name}"),
            TreeStep::Where { key, is, .. } => format!("{key}={is}"),
        });
        let begin = match place.origin {
            PathOrigin::Entry => "",
            PathOrigin::Around => "^",
            PathOrigin::Name => "~",
        };
        begin.to_owned() + &steps.collect::<Vec<_>>().join(".")
    };
    let shown = find_list(value, &hints()).map(|found| {
        let fields = found.fields.iter().map(|(field, ways)| {
            let ways: Vec<String> = ways.iter().map(&way).collect();
            format!("; {} {}", field.as_str(), ways.join(" | "))
        });
        way(&found.item) + &fields.collect::<String>()
    });
    assert_eq!(shown.unwrap_or_default(), expected);
}

#[test]
fn a_list_has_titles_and_addresses_or_dates() {
    let bare = json!([{"title": "One notice"}, {"title": "Another notice"}]);
    check(&bare, "");
    let linked = json!([{"title": "One notice", "url": "/1"}, {"title": "Another", "url": "/2"}]);
    check(&linked, "*; title title; link url");
    let dated = json!({"notices": [{"name": "One notice", "fecha": "2021-11-30"}]});
    check(&dated, "notices.*; title name; date fecha");
    let numbers = json!([{"title": 1, "url": "/1"}, {"title": 2, "url": "/2"}]);
    check(&numbers, "");
}

#[test]
fn a_name_that_holds_something_else_is_passed_over() {
    let entry = json!({"data": {"x": 1}, "title": "One notice", "link": "no link", "url": "/1", "author": 7, "tags": [3, 4]});
    check(&json!([entry]), "*; title title; link url");
}

#[test]
fn an_address_of_something_else_is_not_taken() {
    let entry = json!({"title": "One notice", "date": "2021-11-30", "publisher": {"url": "https://a.example/"}});
    check(&json!([entry]), "*; title title; date date");
}

#[test]
fn where_names_differ_several_are_looked_for() {
    let entries = json!([
        {"title": "One notice", "url": "/1"},
        {"headline": "Another notice", "url": "/2"},
        {"title": "A third notice", "url": "/3"},
    ]);
    check(&entries, "*; title title | headline; link url");
}

#[test]
fn lists_in_lists_are_fields() {
    let entry = json!({"title": "One notice", "url": "/1", "tags": ["a", "b"], "authors": [{"name": "Ana"}, {"name": "Bo"}]});
    check(
        &json!([entry]),
        "*; title title; link url; author authors.*.name; tag tags.*",
    );
}

#[test]
fn days_are_told_apart_by_their_names() {
    let entry = json!({"name": "One notice", "start": "2021-11-30", "published": "2021-11-20", "closing": "2021-11-10", "changed": "2021-11-25"});
    check(
        &json!([entry]),
        "*; title name; date published; updated changed",
    );
    let entry = json!({"name": "One meeting", "meeting": {"start": "2021-11-30", "end": "2021-12-01"}, "born": "1971-01-01"});
    check(&json!([entry]), "*; title name; date meeting.start");
    let entry = json!({"name": "One notice", "deadline": "2021-11-30"});
    check(&json!([entry]), "");
}

#[test]
fn what_is_no_list_of_records_is_refused() {
    check(&json!({"title": "Portal", "date": "2021-11-30"}), "");
    check(
        &json!([{"date": "2021-11-30", "level": 2.4, "station": "North"}, {"date": "2021-11-29", "level": 2.1, "station": "North"}]),
        "",
    );
    check(&json!({"2021-11-30": 3, "2021-11-29": 4}), "");
    check(&json!({"a": {"b": [1, 2]}, "c": [[1, 2], [3, 4]]}), "");
    check(&json!([]), "");
    check(&json!(null), "");
}

#[test]
fn the_next_lists_are_told_too() {
    let value = json!({
        "news": [{"title": "Ferry runs again", "date": "2021-11-30"}, {"title": "Bridge closed", "date": "2021-11-29"}],
        "menu": [{"title": "Start page", "url": "/a"}, {"title": "About the town", "url": "/b"}],
    });
    let found = rank_lists(&value, &hints(), 5);
    let items: Vec<String> = found
        .iter()
        .map(|found| format!("{:?}", found.item.way))
        .collect();
    assert_eq!(
        items,
        [r#"[Member("news"), Each]"#, r#"[Member("menu"), Each]"#]
    );
    let why = found.first().expect("a list").explain();
    assert_eq!(
        why,
        "2 records, titles in 100 %, dates in 100 %; 100 % of the titles differ; title 0.88, in all 2.4"
    );
}

/// Names of one field in several conventions and languages.
const TITLES: [&str; 10] = [
    "title",
    "Title",
    "post_title",
    "EventTitle",
    "título",
    "TITEL",
    "rubrik",
    "documentTitle",
    "intitule",
    "oggetto",
];
const DATES: [&str; 10] = [
    "date",
    "FilingDate",
    "published_at",
    "datePublished",
    "fecha_publicacion",
    "Veröffentlichungsdatum",
    "publiceringsdatum",
    "dateParution",
    "datapubblicazione",
    "sent",
];
const LINKS: [&str; 8] = [
    "url",
    "htmlUrl",
    "permalink",
    "web_url",
    "enlace",
    "lien",
    "länk",
    "EventInSiteURL",
];

const NEWS: [&str; 7] = [
    "Ferry runs every hour from Monday",
    "Bridge at the mill is closed",
    "Council votes on the market hall",
    "Water off in the lower town",
    "New bus line to the beach",
    "Library opens on Sundays",
    "Lighthouse gets a red coat",
];

/// Returns a document with a list of news in it, next to a menu and facets.
fn document(names: (&str, &str, &str), order: &[usize], menu: usize, renamed: &str) -> Value {
    let record = |at: &usize| {
        let mut record = Map::new();
        record.insert(names.0.to_owned(), json!(NEWS[*at]));
        record.insert(names.1.to_owned(), json!(format!("2021-11-{:02}", at + 10)));
        record.insert(names.2.to_owned(), json!(format!("/n/{at}")));
        record.insert("status".to_owned(), json!("public"));
        record.insert("number".to_owned(), json!(at));
        Value::Object(record)
    };
    let records: Vec<Value> = order.iter().map(record).collect();
    let menu: Vec<Value> = (0..menu)
        .map(|at| json!({"label": format!("Part {at} of the site"), "url": format!("/part/{at}")}))
        .collect();
    let facets = json!([{"name": "public", "count": 3}, {"name": "draft", "count": 1}]);
    let mut document = Map::new();
    document.insert(renamed.to_owned(), Value::Array(records));
    document.insert("menu".to_owned(), Value::Array(menu));
    document.insert("facets".to_owned(), facets);
    Value::Object(document)
}

/// Any JSON that is not too large.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z /:.0-9-]{0,20}",
        Just("2021-11-30".to_owned()),
        Just("https://a.example/b.pdf".to_owned()),
        Just("<a href=x>One notice</a>".to_owned()),
        ".{0,8}",
    ];
    let name = prop_oneof![
        "(title|date|url|rel|field|value|item|2021-11-30|[a-zA-Z_]{0,6})",
        ".{0,4}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn neither_names_nor_orders_nor_what_stands_beside_change_what_is_read(
        title in prop::sample::select(&TITLES[..]),
        date in prop::sample::select(&DATES[..]),
        link in prop::sample::select(&LINKS[..]),
        order in Just((0..NEWS.len()).collect::<Vec<usize>>()).prop_shuffle(),
        menu in 0..12_usize,
        list in prop::sample::select(&["data", "items", "zzz", "Ergebnisse"][..]),
    ) {
        let value = document((title, date, link), &order, menu, list);
        let found = find_list(&value, &hints()).expect("a list");
        let member = |name| vec![TreeStep::Member(name)];
        prop_assert_eq!(&found.item.way, &vec![TreeStep::Member(list), TreeStep::Each]);
        let place = |wanted: Field| {
            let of = found.fields.iter().find(|(field, _)| *field == wanted);
            of.and_then(|(_, places)| places.first()).map(|place| place.way.clone())
        };
        prop_assert_eq!(place(Field::Title), Some(member(title)));
        prop_assert_eq!(place(Field::Date), Some(member(date)));
        prop_assert_eq!(place(Field::Link), Some(member(link)));
    }

    #[test]
    fn no_json_panics(value in any_json()) {
        for found in rank_lists(&value, &hints(), 3) {
            prop_assert!(!found.explain().is_empty() && found.records > 0);
        }
    }
}
