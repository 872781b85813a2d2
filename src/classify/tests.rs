use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::model::{ConfigPosition, Language, Region, SourceId};
use crate::normalize::tests::{entry, source};
use crate::topics::{Query, QueryRole, TopicTitle};

fn topic(id: &str, any: &[&str], exclude: &[&str]) -> Topic {
    let queries = |texts: &[&str]| texts.iter().map(|text| query(text)).collect();
    Topic {
        place: ConfigPosition {
            file: "topics.toml".into(),
            line: 1,
            column: 1,
        },
        id: id.parse().unwrap(),
        title: TopicTitle::Plain(id.into()),
        any: queries(any),
        all: Vec::new(),
        exclude: queries(exclude),
        query: None,
        former: Vec::new(),
        each: BTreeSet::new(),
    }
}

fn query(text: &str) -> Query {
    Query::parse(text).unwrap().query
}

fn ids(ids: &[&str]) -> Vec<TopicId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

/// Returns the compiled answer, which must equal the plain one.
fn topics(topics: &[Topic], subject: &Subject) -> Vec<TopicId> {
    let compiled = Classifier::new(topics, &[]).topics_of(subject);
    let mut plain: BTreeSet<TopicId> = explain_topics(topics, &[], subject)
        .into_iter()
        .map(|why| why.topic)
        .collect();
    plain.extend(subject.topics.iter().cloned());
    assert_eq!(compiled, plain, "{subject:?}");
    compiled.into_iter().collect()
}

fn holds_of(text: &str, subject: &Subject, matches: bool) {
    let found = topics(&[topic("t", &[text], &[])], subject);
    assert_eq!(!found.is_empty(), matches, "{text} in {subject:?}");
    assert_eq!(
        query_matches(&query(text), &[], &[], subject),
        matches,
        "{text}"
    );
}

fn check(text: &str, title: &str, language: &str, matches: bool) {
    let language: Option<Language> = language.parse().ok();
    let subject = Subject {
        title,
        language: language.as_ref(),
        ..Subject::default()
    };
    holds_of(text, &subject, matches);
}

#[test]
fn words_match_in_any_case_accent_and_form() {
    check("migrant worker", "Migrant workers met", "en", true);
    check("\"migrant worker\"", "MIGRANT WORKERS met", "en", true);
    check("\"migrant worker\"", "Workers, migrant", "en", false);
    check("migracion", "La Migración", "es", true);
    check("migración", "las migraciones", "es", true);
    check(
        "trabajador migrante",
        "Trabajadoras y trabajadores migrantes",
        "es",
        true,
    );
    check("migración", "MIGRACION", "", true);
    check("migrants", "migrant", "", false);
    check("2019-2025", "Plan 2019–2025", "en", true);
    check("México", "Chiapas (Mexico)", "en", true);
    check("inundacions", "Inundacions a València", "ca", true);
    check("inundació", "Inundacions a València", "ca", true);
    check("Łódź", "lodz", "pl", true);
}

#[test]
fn a_word_may_be_taken_as_it_stands() {
    check("=worker", "Migrant workers", "en", false);
    check("=Workers", "migrant WORKERS", "en", true);
    check("=migracion", "Migración", "es", true);
    check("=\"migrant worker\"", "migrant workers", "en", false);
    check("\"migrant =workers\"", "migrants workers", "en", true);
}

#[test]
fn a_word_may_be_a_beginning() {
    check("migra*", "Inmigración y MIGRAÇÕES", "pt", true);
    check("migra*", "inmigración", "es", false);
    check("\"trata de mujer*\"", "la trata de mujeres", "es", true);
    check("\"cross bord*\"", "cross-border", "en", true);
    check("ét*", "etat", "fr", true);
}

#[test]
fn words_of_a_phrase_stand_together() {
    check("\"trata * personas\"", "Trata de personas", "es", true);
    check("\"trata * personas\"", "Trata personas", "es", false);
    check("\"b b\"", "b b", "en", true);
    check("\"b b\"", "b c b", "en", false);
    check(
        "\"migrant worker\"~2",
        "workers who are migrants",
        "en",
        true,
    );
    check(
        "\"migrant worker\"~1",
        "workers who are migrants",
        "en",
        false,
    );
    check("\"b c d\"~1", "d x c b", "en", true);
    check("\"b c d\"~1", "d x c x b", "en", false);
    check("\"b c\"~3", "b x x x x x c x x b", "en", true);
}

#[test]
fn scripts_without_spaces_are_searched_by_character() {
    check("移民", "国际移民组织", "zh", true);
    check("移民", "移居人民", "zh", false);
    check("แรงงาน", "การย้ายถิ่นของแรงงาน", "th", true);
    check("\"移民 组织\"", "国际移民组织", "zh", true);
    check("が", "かぎ", "ja", false);
}

#[test]
fn plurals_that_change_more_than_an_ending_are_found() {
    let pairs = [
        (
            "es",
            "luz luces, voz voces, juez jueces, bebé bebés, café cafés, sofá sofás, menú menús, rubí rubíes",
        ),
        (
            "pt",
            "ação ações, pão pães, mão mãos, jornal jornais, hotel hotéis, lençol lençóis, azul azuis, barril barris, homem homens",
        ),
        (
            "fr",
            "journal journaux, travail travaux, bateau bateaux, feu feux, bijou bijoux, œil yeux, cheval chevaux",
        ),
        (
            "it",
            "banco banchi, lago laghi, amico amici, banca banche, uomo uomini, uovo uova",
        ),
        (
            "de",
            "Hafen Häfen, Haus Häuser, Zug Züge, Amt Ämter, Museum Museen, Ministerium Ministerien, Thema Themen, \
                Studentin Studentinnen, Ereignis Ereignisse",
        ),
        (
            "en",
            "city cities, wolf wolves, knife knives, leaf leaves, child children, crisis crises",
        ),
        (
            "nl",
            "stad steden, schip schepen, kind kinderen, haven havens",
        ),
        ("ca", "llum llums, camió camions"),
    ];
    for (language, pairs) in pairs {
        for pair in pairs.split(", ") {
            let (one, many) = pair.trim().split_once(' ').unwrap();
            check(one, many, language, true);
            check(many, one, language, true);
            check(one, &many.to_uppercase(), language, true);
        }
    }
    // Neither is a plural of the other.
    check("mal", "Mais chuvas", "pt", false);
    check("inter", "Un caso de interés", "es", false);
    check("safe", "She saves water", "en", false);
    check("luz", "luces", "en", false);
}

#[test]
fn korean_words_are_found_with_what_is_written_on_them() {
    check("이주", "이주노동자 지원", "ko", true);
    check("노동자", "노동자들이 항의", "ko", true);
    check("노동자", "이주노동자를 지원", "", true);
    check("\"노동자 지원\"", "이주노동자를 지원하는 단체", "ko", true);
    check("=노동자", "노동자들이 항의", "ko", false);
    check("=노동자", "노동자 항의", "ko", true);
    check("물", "물이 부족하다", "ko", true);
    // No match extends beyond the end of a word.
    check("이주", "이 주의 소식", "ko", false);
    check("노동자", "노동 자료", "ko", false);
    check("물", "건물이 무너졌다", "ko", false);
}

#[test]
fn emoji_are_words() {
    check("🌊", "Alerta 🌊 en la costa", "es", true);
    check("🌊", "Alerta🌊", "", true);
    check("🌊", "Alerta 🔥", "es", false);
    check("⚠", "⚠\u{fe0f} Storm", "en", true);
    check("⚠\u{fe0f}", "⚠ Storm", "en", true);
    check("👷", "👷🏽 at work", "en", true);
    check("🇲🇽", "Noticias de 🇲🇽", "es", true);
    check("🇲🇽", "Noticias de 🇬🇹", "es", false);
    check("\"port 🚢\"", "The port 🚢 is open", "en", true);
}

/// Checks a query against an item whose language is unknown.
#[track_caller]
fn check_unknown(text: &str, title: &str, assumed: &str, languages: &str, matches: bool) {
    let assumed: Option<Language> = assumed.parse().ok();
    let languages: Vec<Language> = languages
        .split_whitespace()
        .map(|tag| tag.parse().unwrap())
        .collect();
    let subject = Subject {
        title,
        assumed_language: assumed.as_ref(),
        ..Subject::default()
    };
    let asked = [topic("t", &[text], &[])];
    let compiled = Classifier::new(&asked, &languages).topics_of(&subject);
    assert_eq!(!compiled.is_empty(), matches, "{text} in {title}");
    assert_eq!(
        !explain_topics(&asked, &languages, &subject).is_empty(),
        matches,
        "{text}"
    );
    let needs = required_tokens(&asked, &BTreeMap::new());
    assert!(
        !matches || needs[&asked[0].id].are_met_by(&item_tokens(&subject)),
        "{text}"
    );
}

#[test]
fn an_item_of_an_unknown_language_is_looked_at_in_those_that_it_may_be_in() {
    let all = "de en es fr pt";
    check_unknown("flood", "Floods in Chiapas", "", all, true);
    check_unknown("flood", "Floods in Chiapas", "", "en", true);
    check_unknown("flood", "Floods in Chiapas", "en", "es", true);
    check_unknown("flood", "Floods in Chiapas", "", "es", false);
    check_unknown("woman", "Women in the fields", "", all, false);
    check_unknown("inundación", "Inundaciones en Chiapas", "", all, true);
    check_unknown("trabajador", "Trabajadoras organizadas", "es", "en", true);
    check_unknown("trabajador", "Trabajadoras organizadas", "", "en", false);
    check_unknown("\"migrant worker\"", "Workers met migrants", "", all, false);
    check_unknown("\"migrant worker\"", "Migrant workers met", "", all, true);
    check_unknown(
        "\"trabajador migrante\"~2",
        "Trabajadoras y migrantes",
        "",
        all,
        true,
    );
    check_unknown("luz", "Luces de la ciudad", "", all, true);
    // Forms of one language are no forms of another.
    check_unknown("=flood", "Floods in Chiapas", "", all, false);
    check_unknown("lang:en flood", "Floods in Chiapas", "en", all, false);
}

#[test]
fn expressions_are_matched_in_the_text_as_written() {
    check(r"/\bR\.?C\.?M\.?\b/", "The R.C.M. met", "en", true);
    check("/migración/", "Migracion", "es", false);
    check("/migraci[oó]n/", "MIGRACION", "es", true);
    check("/(?-i)OIM/", "oim", "es", false);
    check("-/x/", "b", "en", true);
}

#[test]
fn operators_mean_what_they_say() {
    check("b OR c", "x c", "en", true);
    check("b c", "x c", "en", false);
    check("b -c", "b d", "en", true);
    check("b -c", "b c", "en", false);
    check("-c", "b", "en", true);
    check("-(b OR c)", "c", "en", false);
    check("(b OR c) (d OR \"e f\")", "c e f", "en", true);
    check("(b OR c) (d OR \"e f\")", "c f e", "en", false);
}

fn whole<'a>(source: &'a SourceId, language: &'a Language, regions: &'a [Region]) -> Subject<'a> {
    Subject {
        title: "Flood warning",
        summary: "Ana measured the river",
        tags: vec!["civil protection", "water"],
        authors: vec!["Ana Ruiz", "Juan Mora"],
        source: Some(source),
        language: Some(language),
        assumed_language: None,
        regions,
        day: NaiveDate::from_ymd_opt(2021, 6, 28),
        topics: &[],
    }
}

#[test]
fn fields_look_in_their_part() {
    let (source, language) = ("met".parse().unwrap(), "es-MX".parse().unwrap());
    let regions: Vec<Region> = vec!["MX".parse().unwrap(), "MX-CHP".parse().unwrap()];
    let subject = whole(&source, &language, &regions);
    let check = |text: &str, matches: bool| holds_of(text, &subject, matches);
    check("title:flood", true);
    check("title:river", false);
    check("summary:river", true);
    check("summary:flood", false);
    check("tag:water", true);
    check("water", true);
    check("tag:river", false);
    check("tag:\"protection water\"", false);
    check("\"warning Ana\"", false);
    check("author:ruiz", true);
    check("ruiz", false);
    check("author:\"Ana Mora\"~9", false);
    check("title:(flood OR river) summary:(river -flood)", true);
    check("title:/^flood/", true);
    check("summary:/^flood/", false);
    check("/ruiz/", false);
    check("author:/ruiz/", true);
}

#[test]
fn facts_are_compared() {
    let (source, language) = ("met".parse().unwrap(), "es-MX".parse().unwrap());
    let regions: Vec<Region> = vec!["MX-CHP".parse().unwrap()];
    let subject = whole(&source, &language, &regions);
    let check = |text: &str, matches: bool| holds_of(text, &subject, matches);
    check("source:met", true);
    check("source:iom", false);
    check("lang:es", true);
    check("lang:es-MX", true);
    check("lang:es-CR", false);
    check("country:MX", true);
    check("region:MX-CHP", true);
    check("region:MX-OAX", false);
    check("country:(GT OR MX)", true);
    check("after:2021-06-28 before:2021-06-29", true);
    check("before:2021-06-28", false);
    check("after:2021 before:2022", true);
    check("after:2021-07", false);
    holds_of("before:2021", &Subject::default(), false);
    holds_of("-before:2021", &Subject::default(), true);
}

#[test]
fn an_item_brings_its_own() {
    let mut source = source();
    source.language = "es".parse().ok();
    let pages = vec![entry::page(&["||Migración|"])];
    let mut item = crate::normalize::normalize(&source, pages).items.remove(0);
    item.tags = vec!["OIM".into()];
    item.regions = vec!["MX".parse().unwrap()];
    let day = item.published.instant().date_naive();
    let text = format!(
        "title:migraciones tag:oim source:{} lang:es country:MX after:{day} topic:fixed",
        item.source
    );
    let fixed = ids(&["fixed"]);
    let topics = [topic("t", &[&text], &[]), topic("u", &["lang:en"], &[])];
    let found = Classifier::new(&topics, &[]).topics_of(&Subject::new(&item, &fixed));
    assert_eq!(Vec::from_iter(found), ids(&["fixed", "t"]));
}

#[test]
fn topics_refer_to_topics() {
    let all = [
        topic("c", &["topic:b -football"], &[]),
        topic("b", &["topic:a x"], &[]),
        topic("a", &["flood"], &[]),
        topic("news", &[], &[]),
        topic("d", &["topic:news y"], &[]),
        topic("e", &["-topic:a"], &[]),
    ];
    let check = |title: &str, given: &[&str], expected: &[&str]| {
        let given = ids(given);
        let subject = Subject {
            title,
            topics: &given,
            ..Subject::default()
        };
        assert_eq!(topics(&all, &subject), ids(expected), "{title}");
    };
    check("flood", &[], &["a"]);
    check("flood x", &[], &["a", "b", "c"]);
    check("flood x football", &[], &["a", "b"]);
    check("x", &["a"], &["a", "b", "c"]);
    check("y", &[], &["e"]);
    check("y", &["news"], &["d", "e", "news"]);
    assert_eq!(Classifier::new(&all, &[]).count_unanchored(), 1);
}

#[test]
fn topics_in_a_circle_select_nothing() {
    let circle = [
        topic("a", &["topic:b"], &[]),
        topic("b", &["topic:a", "x"], &[]),
    ];
    let subject = Subject {
        title: "x",
        ..Subject::default()
    };
    assert!(Classifier::new(&circle, &[]).topics_of(&subject).is_empty());
}

#[test]
fn all_parts_of_a_topic_must_agree() {
    let mut all = topic("t", &["a", "b"], &["x"]);
    all.all = vec![query("c")];
    all.query = Some(query("d OR e"));
    let matches = |title: &str| {
        let subject = Subject {
            title,
            ..Subject::default()
        };
        !topics(std::slice::from_ref(&all), &subject).is_empty()
    };
    assert!(matches("b c e"));
    assert!(!matches("b c"));
    assert!(!matches("c e"));
    assert!(!matches("b c e x"));
}

#[test]
fn a_topic_without_a_query_selects_nothing() {
    let subject = Subject {
        title: "a",
        ..Subject::default()
    };
    assert!(topics(&[topic("t", &[], &["x"])], &subject).is_empty());
}

#[test]
fn a_match_has_its_reasons() {
    let mut asked = topic(
        "t",
        &["\"migrant worker\"~2 country:MX", "nowhere", "tag:visa*"],
        &["football"],
    );
    asked.place.line = 7;
    let regions: Vec<Region> = vec!["MX".parse().unwrap()];
    let language: Language = "en".parse().unwrap();
    let subject = Subject {
        title: "Workers, not migrants",
        tags: vec!["news", "Visas"],
        regions: &regions,
        language: Some(&language),
        ..Subject::default()
    };
    let told: Vec<String> = explain_topics(&[asked], &[], &subject)
        .iter()
        .flat_map(|why| {
            assert_eq!(why.place.to_string(), "topics.toml:7:1");
            why.reasons.iter().map(
                |MatchReason {
                     role,
                     query,
                     evidence,
                 }| {
                    let evidence = match evidence {
                        MatchEvidence::Words { part, text, bytes } => {
                            let words: Vec<&str> = bytes
                                .iter()
                                .map(|at| text.get(at.clone()).unwrap())
                                .collect();
                            format!("{} {}", part.as_str(), words.join("+"))
                        }
                        other => format!("{other:?}"),
                    };
                    format!("{} {query}: {evidence}", role.as_str())
                },
            )
        })
        .collect();
    let expected = [
        "any \"migrant worker\"~2: title migrants+Workers",
        "any region:MX: Fact",
        "any tag:\"visa*\": tag Visas",
        "exclude -\"football\": Absence",
    ];
    assert_eq!(told, expected);
    assert_eq!(QueryRole::Any.as_str(), "any");
}

const WORDS: [&str; 12] = [
    "migrant",
    "Migrants",
    "migración",
    "migraciones",
    "ab",
    "abc",
    "Ab",
    "移",
    "移民",
    "new",
    "now",
    "worker",
];

fn titles() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..8).prop_map(|words| words.join(" "))
}

#[derive(Debug)]
struct Given {
    texts: Vec<String>,
    tags: Vec<String>,
    authors: Vec<String>,
    source: SourceId,
    language: Option<Language>,
    regions: Vec<Region>,
    day: Option<NaiveDate>,
    topics: Vec<TopicId>,
}

fn items() -> impl Strategy<Value = Given> {
    let few = || prop::collection::vec(titles(), 0..3);
    let of = |from: &'static [&'static str]| prop::sample::select(from);
    let day = prop::option::of((1..5_u32).prop_map(|day| {
        NaiveDate::from_ymd_opt(2021, 6, day)
            .unwrap()
            .pred_opt()
            .unwrap()
    }));
    let facts = (
        of(&["a", "b", "c"]),
        of(&["", "en", "es", "es-MX", "zh", "pt"]),
        prop::collection::vec(of(&["MX", "MX-CHP", "GT"]), 0..3),
        day,
        prop::collection::vec(of(&["saved", "fixed", "other"]), 0..2),
    );
    let texts = prop::collection::vec(titles(), 2);
    (texts, few(), few(), facts).prop_map(|(texts, tags, authors, facts)| {
        let (source, language, regions, day, topics) = facts;
        Given {
            texts,
            tags,
            authors,
            source: source.parse().unwrap(),
            language: language.parse().ok(),
            regions: regions.iter().map(|code| code.parse().unwrap()).collect(),
            day,
            topics: topics.iter().map(|id| id.parse().unwrap()).collect(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// The compiled program gives the same answer as the queries as written, and the index skips no topic that
    /// matches.
    #[test]
    fn compiled_and_plain_agree(
        queries in prop::collection::vec(crate::topics::query_trees(&WORDS), 1..16),
        item in items(),
    ) {
        let names = ["saved", "other", "x", "y", "z"];
        let mut all: Vec<Topic> = names.iter().map(|id| topic(id, &[], &[])).collect();
        for (turn, query) in queries.into_iter().enumerate() {
            let n = turn % names.len();
            // Queries refer to the first two: `other` may refer to `saved`, and neither to itself.
            let refers = |leaf: &&Query| matches!(leaf, Query::Topic(id) if n == 0 || id.as_str() == "other");
            if n < 2 && query.leaves().iter().any(refers) {
                continue;
            }
            match (n, turn / names.len()) {
                (2, 0) => all[n].all.push(query),
                (3, 0) | (4, 2) => all[n].exclude.push(query),
                _ => all[n].any.push(query),
            }
        }
        all[3].query = Some(query("ab OR -ab"));
        let texts = |texts: &'_ [String]| texts.to_vec();
        let (tags, authors) = (texts(&item.tags), texts(&item.authors));
        let subject = Subject {
            title: &item.texts[0],
            summary: &item.texts[1],
            tags: tags.iter().map(String::as_str).collect(),
            authors: authors.iter().map(String::as_str).collect(),
            source: Some(&item.source),
            language: item.language.as_ref(),
            assumed_language: None,
            regions: &item.regions,
            day: item.day,
            topics: &item.topics,
        };
        let found = topics(&all, &subject);
        // The index finds every matching topic, apart from the fixed ones.
        let givers = item.topics.iter().map(|topic| (topic.clone(), vec![item.source.clone()])).collect();
        let (needs, tokens) = (required_tokens(&all, &givers), item_tokens(&subject));
        for id in found.iter().filter(|id| !item.topics.contains(id)) {
            prop_assert!(needs[id].are_met_by(&tokens), "{:?} {tokens}", needs[id]);
        }
        // Anchored queries must be compiled as such.
        let anchored: Vec<bool> = all.iter().map(|topic| {
            let of = |id: &TopicId| all[..2].iter().find(|topic| topic.id == *id).and_then(Topic::combined_query)
                .is_none_or(|whole| whole.is_anchored(&|_| all[0].combined_query().is_none_or(|whole| whole.is_anchored(&|_| true))));
            topic.combined_query().is_none_or(|whole| whole.is_anchored(&of))
        }).collect();
        let tried = anchored.iter().filter(|anchored| !**anchored).count();
        prop_assert_eq!(Classifier::new(&all, &[]).count_unanchored(), tried);
    }

    #[test]
    fn no_text_panics(title in any::<String>(), language in "[a-z]{2}") {
        let all = [topic("t", &["migra* OR \"a b\"~2 OR /a.c/", "=x", "移民"], &[])];
        let language: Option<Language> = language.parse().ok();
        let subject = Subject { title: &title, summary: &title, language: language.as_ref(), ..Subject::default() };
        topics(&all, &subject);
    }
}

/// The index finds the inner conjunction by two keys, its limit: the third word must be checked separately.
#[test]
fn a_conjunction_within_another_asks_for_all_its_words() {
    let mut nested = topic("t", &["ij"], &[]);
    nested
        .any
        .push(Query::And(vec![query("(ab OR cd) ef"), query("gh")]));
    let check = |title: &str, expected: bool| {
        let subject = Subject {
            title,
            ..Subject::default()
        };
        let found = topics(std::slice::from_ref(&nested), &subject);
        assert_eq!(!found.is_empty(), expected, "{title}");
    };
    check("ab ef", false);
    check("cd gh", false);
    check("ef gh", false);
    check("cd ef gh", true);
}

/// Returns the lines of the manual's code blocks of that name, split at two or more spaces.
fn manual(block: &str) -> Vec<Vec<&'static str>> {
    const MANUAL: &str = include_str!("../../docs/queries.md");
    let blocks = MANUAL.split("```").skip(1).step_by(2);
    let lines = blocks
        .filter_map(|text| text.strip_prefix(block))
        .flat_map(str::lines);
    let lines: Vec<_> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let columns = line.split("  ").map(str::trim);
            columns.filter(|column| !column.is_empty()).collect()
        })
        .collect();
    assert!(!lines.is_empty(), "the manual has no {block}");
    lines
}

#[test]
fn the_examples_of_the_manual_hold() {
    for line in manual("examples") {
        let (verdict, text, title) = (line[0], line[1], line[2]);
        let fact = |name: &str| {
            let facts = line.get(3).into_iter();
            facts
                .filter_map(|fact| fact.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let language: Option<Language> = fact("lang").map(|tag| tag.parse().unwrap());
        let english: Language = "en".parse().unwrap();
        let source: Option<SourceId> = fact("source").map(|id| id.parse().unwrap());
        let regions: Vec<Region> = fact("region")
            .map(|code| code.parse().unwrap())
            .into_iter()
            .collect();
        let subject = Subject {
            title,
            summary: fact("summary").unwrap_or_default(),
            tags: fact("tag").into_iter().collect(),
            authors: fact("author").into_iter().collect(),
            source: source.as_ref(),
            language: Some(language.as_ref().unwrap_or(&english)),
            assumed_language: None,
            regions: &regions,
            day: fact("date").map(|day| day.parse().unwrap()),
            topics: &[],
        };
        assert!(["yes", "no"].contains(&verdict), "{line:?}");
        holds_of(text, &subject, verdict == "yes");
        if language.is_none() {
            // The answer does not change if nothing indicates that it is English.
            let unknown = Subject {
                language: None,
                ..subject
            };
            let languages = crate::normalize::known_languages();
            let found = query_matches(&query(text), &[], &languages, &unknown);
            assert_eq!(found, verdict == "yes", "{line:?}, in an unknown language");
        }
    }
}

#[test]
fn the_mistakes_of_the_manual_are_told_so() {
    for line in manual("mistakes") {
        let error = Query::parse(line[0]).unwrap_err();
        assert_eq!(
            [error.column.to_string(), error.message],
            [line[1], line[2]],
            "{line:?}"
        );
    }
    for line in manual("warnings") {
        let warnings = Query::parse(line[0]).unwrap().warnings;
        let told = warnings
            .iter()
            .map(|warning| format!("{} {}", warning.column, warning.message));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [format!("{} {}", line[1], line[2])],
            "{line:?}"
        );
    }
}
