//! Tests which items are joined and which are kept apart, and the laws of the window.

use proptest::prelude::*;
use url::Url;

use crate::normalize::canonical_url;

use super::{
    ComparedItem, DuplicateDecision, DuplicateEvidence, Fingerprint, Guard, LookupKeys, Window,
    WindowLimits,
};

const DAY: i64 = 86_400;
/// 1 June 2026.
const JUNE: i64 = 1_780_272_000;

/// Returns the fingerprint of an item `address|title|text`, some days after 1 June 2026.
fn fingerprint(line: &str, days: i64, language: &str) -> Fingerprint {
    let mut parts = line.split('|');
    let mut next = || parts.next().unwrap_or_default().trim();
    let address = Url::parse(next())
        .ok()
        .and_then(|address| canonical_url(address.as_str(), &address));
    Fingerprint::from_compared(&ComparedItem {
        address: address.as_ref(),
        title: next(),
        text: next(),
        at: Some(JUNE + days * DAY),
        event: None,
        language,
    })
}

fn small() -> Window {
    Window::new(WindowLimits {
        items: 256,
        words: 1 << 14,
    })
}

/// Decides on items in order, all of one day; each is numbered by its place, from 1.
fn decide(lines: &[&str]) -> Vec<DuplicateDecision> {
    let mut window = small();
    let numbered = (1..).zip(lines);
    numbered
        .map(|(number, line)| window.decide(number, &fingerprint(line, 0, "en"), |_| None))
        .collect()
}

/// Checks the stories of items of one day, in order.
fn check(lines: &[&str], stories: &[u64]) {
    let decided: Vec<u64> = decide(lines)
        .iter()
        .map(|decision| decision.story)
        .collect();
    assert_eq!(decided, stories, "{lines:#?}");
}

const RAIN: &str = "The river rose by two metres overnight and the civil defence opened shelters in four schools, where \
    families will stay until the bridge has been inspected by engineers of the ministry of public works.";

#[test]
fn one_title_and_text_are_one_story() {
    let text =
        |host: &str, title: &str, text: &str| format!("https://{host}.example/n/7|{title}|{text}");
    let lines = [
        text("a", "Civil defence opens shelters after the flood", RAIN),
        text(
            "b",
            "CIVIL DEFENCE OPENS SHELTERS AFTER THE FLOOD | Harbour News",
            RAIN,
        ),
        text(
            "c",
            "Update: Civil defence opens shelters after the flood",
            RAIN.split_at(90).0,
        ),
        text("d", "Civil defence opens shelters after the...", RAIN),
        text("e", "Civil defence opens shelters after the flood", ""),
        text("f", "Families wait for the bridge", RAIN),
        text(
            "g",
            "Families wait for the harvest",
            "Rain came late this year, and the maize is low.",
        ),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    check(&lines, &[1, 1, 1, 1, 1, 1, 7]);
}

/// Checks that different words in the same place of two titles keep them apart, but words missing from one do not.
fn kept_apart(one: &str, other: &str, guard: Guard) {
    let decided = decide(
        &[one, other]
            .map(|title| format!("|{title}|{RAIN}"))
            .each_ref()
            .map(String::as_str),
    );
    assert_eq!(decided[1].joined, None, "{one} / {other}");
    assert_eq!(decided[1].refused, Some((1, guard)), "{one} / {other}");
}

fn joined(one: &str, other: &str) {
    let decided = decide(
        &[one, other]
            .map(|title| format!("|{title}|{RAIN}"))
            .each_ref()
            .map(String::as_str),
    );
    assert_eq!(decided[1].story, 1, "{one} / {other}: {decided:?}");
}

#[test]
fn numbers_keep_apart() {
    kept_apart(
        "Epidemiological bulletin no. 23",
        "Epidemiological bulletin no. 24",
        Guard::Number,
    );
    kept_apart(
        "Boletín epidemiológico n.º 23",
        "Boletín epidemiológico n.º 24",
        Guard::Number,
    );
    kept_apart(
        "Vingt-troisième bulletin de la santé",
        "Vingt-quatrième bulletin de la santé",
        Guard::Number,
    );
    kept_apart(
        "Informe semanal vinte e três da dengue",
        "Informe semanal vinte e quatro da dengue",
        Guard::Number,
    );
    kept_apart(
        "Plan of the valley, part II",
        "Plan of the valley, part III",
        Guard::Number,
    );
    kept_apart(
        "Plan of the valley, part I",
        "Plan of the valley, part II",
        Guard::Number,
    );
    kept_apart(
        "Licence SV23892: public response",
        "Licence SV23893: public response",
        Guard::Number,
    );
    kept_apart(
        "Round 2 of 2026, issue 1 of the survey",
        "Round 1 of 2026, issue 2 of the survey",
        Guard::Number,
    );
    kept_apart(
        "Shelters for 1,200 families in the valley",
        "Shelters for 1,300 families in the valley",
        Guard::Number,
    );
}

#[test]
fn one_number_may_be_written_in_many_ways() {
    joined(
        "Bulletin no. 23 of the health service",
        "Bulletin No 23 of the health service",
    );
    joined(
        "The 23rd bulletin of the health service",
        "The twenty-third bulletin of the health service",
    );
    joined(
        "Boletín XXIII del servicio de salud",
        "Boletín 23 del servicio de salud",
    );
    joined(
        "Shelters for 1,200 families in the valley",
        "Shelters for 1.200 families in the valley",
    );
    joined(
        "Informe nº 36 das arboviroses no país",
        "Informe no 36 das arboviroses no país",
    );
    joined(
        "Bulletin no. 23 of the health service",
        "Bulletin of the health service",
    );
    joined(
        "ComparedItem of 28 May on the flood",
        "ComparedItem of May 28 on the flood",
    );
}

#[test]
fn days_and_places_keep_apart() {
    kept_apart(
        "Exchange rate for Monday in the capital",
        "Exchange rate for Tuesday in the capital",
        Guard::Date,
    );
    kept_apart(
        "Reporte de lluvias de mayo en el valle",
        "Reporte de lluvias de junio en el valle",
        Guard::Date,
    );
    kept_apart(
        "Food security outlook for Zambia",
        "Food security outlook for Ethiopia",
        Guard::Place,
    );
    kept_apart(
        "Honduras declara la alerta amarilla",
        "El Salvador declara la alerta amarilla",
        Guard::Place,
    );
    joined(
        "Food security outlook for Zambia this year",
        "Zambian food security outlook for this year",
    );
}

#[test]
fn a_word_in_the_place_of_another_keeps_apart_where_no_text_speaks() {
    let lines = [
        "|Court upholds the ban on river mining|",
        "|Court overturns the ban on river mining|",
    ];
    let decided = decide(&lines);
    assert_eq!(decided[1].refused, Some((1, Guard::Words)));
}

#[test]
fn other_figures_in_one_sentence_keep_apart() {
    let text = |injured: &str| {
        format!(
            "|Fire brigade attends an accident on the coast road|The brigade attended to {injured} people after an \
             accident on the coast road, and took them to the regional hospital; drivers are asked to keep their distance."
        )
    };
    let (one, other) = (text("12"), text("15"));
    assert_eq!(
        decide(&[&one, &other])[1].refused,
        Some((1, Guard::Figures))
    );
    let (one, other) = (text("twelve"), text("12"));
    assert_eq!(decide(&[&one, &other])[1].story, 1);
}

#[test]
fn one_address_is_one_story_and_other_figures_an_update() {
    let decided = decide(&[
        "https://www.a.example/flood-in-the-valley|Flood in the valley: 12 dead|",
        "http://a.example/flood-in-the-valley/?utm_source=x|Flood in the valley: 15 dead|",
        "https://a.example/flood-in-the-valley|Flood in the valley: 15 dead|",
    ]);
    assert_eq!(decided[1].joined, Some((1, DuplicateEvidence::Update)));
    assert_eq!(decided[2].story, 1);
}

#[test]
fn an_address_whose_content_rolls_is_no_evidence() {
    let page = "https://a.example/latest";
    let decided = decide(&[
        &format!("{page}|Road closed near the harbour|Works begin on Monday and last for a week."),
        &format!(
            "{page}|Vaccination of cattle begins|The veterinary service visits all farms of the valley."
        ),
        &format!("{page}|Bulletin no. 7 of the weather service|"),
        &format!("{page}|Bulletin no. 8 of the weather service|"),
    ]);
    assert!(decided[1].rolls);
    let stories: Vec<u64> = decided.iter().map(|decision| decision.story).collect();
    assert_eq!(stories, [1, 2, 3, 4]);
}

#[test]
fn a_path_on_twin_hosts_is_one_page_however_late() {
    let mut window = small();
    let path = "shelters-open-after-the-flood";
    let one = fingerprint(
        &format!("https://a.gob.example/n/{path}|Shelters open after the flood|"),
        0,
        "en",
    );
    let late = fingerprint(
        &format!("https://copia.a.gob.example/n/{path}|Shelters open after the flood|"),
        200,
        "en",
    );
    assert_eq!(window.decide(1, &one, |_| None).story, 1);
    assert_eq!(
        window.decide(2, &late, |_| None).joined,
        Some((1, DuplicateEvidence::Twin))
    );
}

#[test]
fn one_title_on_another_day_is_another_notice() {
    let mut window = small();
    let notice = |days| fingerprint("|Cholera – Zambia|", days, "en");
    assert_eq!(window.decide(1, &notice(0), |_| None).story, 1);
    assert_eq!(
        window.decide(2, &notice(30), |_| None).refused,
        Some((1, Guard::Time))
    );
    assert_eq!(window.decide(3, &notice(30), |_| None).story, 2);
}

#[test]
fn a_guard_holds_through_a_chain() {
    check(
        &[
            &format!("|Bulletin no. 23 of the health service|{RAIN}"),
            &format!("|Bulletin of the health service|{RAIN}"),
            &format!("|Bulletin no. 24 of the health service|{RAIN}"),
        ],
        &[1, 1, 3],
    );
}

#[test]
fn a_translation_is_an_alternate() {
    let mut window = small();
    let english = "https://a.example/en/news/workshop|Workshop on migration in San José|On Tuesday 48 officials of Costa Rica and \
        Panama took part in a workshop of 16 hours on the rights of migrants.";
    let spanish = "https://a.example/es/noticias/taller|Taller sobre migración en San José|El martes 48 funcionarios de Costa Rica y \
        Panamá participaron en un taller de 16 horas sobre los derechos de los migrantes.";
    let other = "https://a.example/es/noticias/curso|Curso sobre riego en Managua|El martes 31 agricultores de Nicaragua \
        participaron en un curso de 20 horas sobre el riego.";
    window.decide(1, &fingerprint(english, 0, "en"), |_| None);
    let decided = window.decide(2, &fingerprint(spanish, 0, "es"), |_| None);
    assert_eq!((decided.story, decided.alternate), (2, Some(1)));
    let decided = window.decide(3, &fingerprint(other, 0, "es"), |_| None);
    assert_eq!((decided.story, decided.alternate), (3, None));
}

#[test]
fn words_that_left_the_ring_are_asked_for() {
    let mut window = small();
    let one = fingerprint(&format!("|Civil defence opens shelters|{RAIN}"), 0, "en");
    window.insert(7, 5, &one.keys, None);
    assert_eq!(window.judge(8, &one, |_| None).story, 8);
    let decided = window.judge(8, &one, |item| (item == 7).then(|| one.reading.clone()));
    assert_eq!(
        (decided.story, decided.joined),
        (5, Some((7, DuplicateEvidence::Title)))
    );
}

#[test]
fn decisions_by_hand_move_reports() {
    let mut window = small();
    let flood = |number: &str| {
        fingerprint(
            &format!("|Flood bulletin no. {number} of the valley|{RAIN}"),
            0,
            "en",
        )
    };
    window.decide(1, &flood("1"), |_| None);
    window.decide(2, &flood("2"), |_| None);
    window.merge_stories(1, 2);
    assert!(!window.has_story(2));
    // A decision by hand is no reason to keep a third item apart from either.
    assert_eq!(
        window.judge(3, &flood("2"), |_| None).refused,
        Some((1, Guard::Number))
    );
    window.move_report(2, 1, 9);
    assert_eq!(window.judge(3, &flood("2"), |_| None).story, 9);
    assert_eq!(window.judge(3, &flood("1"), |_| None).story, 1);
}

#[test]
fn an_earlier_version_of_an_item_is_not_another() {
    let mut window = small();
    let line = |dead: &str| {
        fingerprint(
            &format!("https://a.example/n/1|Flood in the valley: {dead} dead|{RAIN}"),
            0,
            "en",
        )
    };
    assert_eq!(window.decide(1, &line("12"), |_| None).joined, None);
    assert_eq!(window.decide(1, &line("15"), |_| None).joined, None);
}

#[test]
fn what_is_forgotten_is_no_candidate() {
    let mut window = small();
    let first = fingerprint("|Civil defence opens four shelters tonight|", 0, "en");
    window.decide(1, &first, |_| None);
    for number in 2..400 {
        let line = format!("|Notice {number} of ward {number} on water|");
        window.decide(number, &fingerprint(&line, 0, "en"), |_| None);
    }
    assert_eq!(window.decide(400, &first, |_| None).story, 400);
    assert!(!window.has_story(1));
}

/// Returns titles that differ in a number, in various forms, some of them cut.
fn title() -> impl Strategy<Value = String> {
    let form = prop_oneof![
        Just(["23", "24", "25"]),
        Just(["XXIII", "XXIV", "XXV"]),
        Just(["twenty-three", "twenty-four", "twenty-five"]),
        Just(["23rd", "24th", "25th"]),
        Just(["veintitrés", "veinticuatro", "veinticinco"]),
        Just(["vingt-trois", "vingt-quatre", "vingt-cinq"]),
        Just(["vinte e três", "vinte e quatro", "vinte e cinco"]),
    ];
    (form, 0..4_usize).prop_map(|(form, which)| {
        let number = form.get(which).copied().unwrap_or_default();
        format!("Health service bulletin {number} on the rains in the valley")
    })
}

fn item() -> impl Strategy<Value = Fingerprint> {
    let text = prop_oneof![Just(RAIN), Just("")];
    let address = prop_oneof![
        Just(""),
        Just("https://a.example/1"),
        Just("https://b.example/2")
    ];
    (address, title(), text, 0..9_i64).prop_map(|(address, title, text, days)| {
        fingerprint(&format!("{address}|{title}|{text}"), days, "en")
    })
}

/// Returns the number in a title, whatever its form.
fn number_of(title: &str) -> Option<usize> {
    let forms = [
        ["23", "xxiii", "three", "veintitr", "trois", "tr\u{ea}s"],
        ["24", "xxiv", "four", "veinticuatro", "quatre", "quatro"],
        ["25", "xxv", "five", "veinticinco", "cinq", "cinco"],
    ];
    let title = title.to_lowercase();
    forms
        .iter()
        .position(|forms| forms.iter().any(|form| title.contains(form)))
}

proptest! {
    #[test]
    fn groups_do_not_depend_on_how_arrivals_are_cut(items in prop::collection::vec(item(), 1..40), cut in 0..40_usize) {
        let all = |cuts: &[&[Fingerprint]]| {
            let mut window = small();
            let mut number = 0;
            let mut stories = Vec::new();
            for poll in cuts {
                for item in *poll {
                    number += 1;
                    let judged = window.judge(number, item, |_| None);
                    let decided = window.decide(number, item, |_| None);
                    assert_eq!(judged, decided);
                    stories.push(decided.story);
                }
            }
            stories
        };
        let (before, after) = items.split_at(cut.min(items.len()));
        prop_assert_eq!(all(&[&items]), all(&[before, after]));
    }

    #[test]
    fn a_window_filled_from_keys_decides_as_one_that_saw_the_items(items in prop::collection::vec(item(), 2..30)) {
        let (last, before) = items.split_last().unwrap();
        let (mut seen, mut filled) = (small(), small());
        for (number, item) in (1..).zip(before) {
            let story = seen.decide(number, item, |_| None).story;
            filled.insert(number, story, &item.keys, None);
        }
        let text = |number: u64| before.get(usize::try_from(number).unwrap() - 1).map(|item| item.reading.clone());
        let (one, other) = (seen.judge(99, last, |_| None), filled.judge(99, last, text));
        prop_assert_eq!(one.joined, other.joined);
        prop_assert_eq!(one.story, other.story);
    }

    #[test]
    fn stored_keys_are_the_same(item in item(), end in 0..200_usize) {
        let bytes = item.keys.to_bytes();
        prop_assert_eq!(LookupKeys::from_bytes(&bytes), Some(item.keys));
        let cut = bytes.get(..end).unwrap_or_default();
        prop_assert_eq!(LookupKeys::from_bytes(cut).filter(|_| end < 31), None);
    }

    #[test]
    fn no_number_joins_another(titles in prop::collection::vec(title(), 2..30)) {
        let mut window = small();
        let mut number_of_story = std::collections::HashMap::new();
        for (number, title) in (1..).zip(&titles) {
            let decided = window.decide(number, &fingerprint(&format!("|{title}|{RAIN}"), 0, "en"), |_| None);
            if let Some(own) = number_of(title) {
                prop_assert_eq!(*number_of_story.entry(decided.story).or_insert(own), own, "{}", title);
            }
        }
    }

    #[test]
    fn a_cut_end_joins(words in prop::collection::vec("[a-z]{4,9}", 20..60), keep in 12..20_usize) {
        let (title, text) = words.split_at(8);
        let cut = |words: &[String], length: usize| words.get(..length).unwrap_or(words).join(" ");
        let whole = format!("|{}|{}", cut(title, 8), cut(text, 60));
        let short = format!("|{}…|{}…", cut(title, 6), cut(text, keep));
        let decided = decide(&[&whole, &short]);
        prop_assert_eq!(decided[1].story, 1);
    }

    #[test]
    fn no_item_panics(lines in prop::collection::vec("\\PC{0,60}\\|?\\PC{0,80}", 0..12), days in any::<i32>()) {
        let mut window = Window::new(WindowLimits { items: 0, words: 0 });
        for (number, line) in (1..).zip(&lines) {
            for line in [line, &format!("https://a.example/{line}|{line}")] {
                let item = fingerprint(line, days.into(), line);
                prop_assert_eq!(&item, &fingerprint(line, days.into(), line));
                window.decide(number, &item, |_| None);
            }
        }
    }
}
