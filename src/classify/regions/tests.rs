//! Texts of bulletins in four languages, and properties that hold for every text.

use proptest::prelude::*;

use super::*;

const COUNTRIES: &str = include_str!("../../../tests/fixtures/regions/countries.tsv");
const SUBDIVISIONS: &str = include_str!("../../../tests/fixtures/regions/subdivisions.tsv");

/// A line of a fixture: language, country of the source, regions, text; `-` if empty.
struct Case {
    language: Option<Language>,
    home: Option<Country>,
    regions: String,
    text: &'static str,
}

fn cases(fixture: &'static str) -> Vec<Case> {
    let lines = fixture.lines().filter(|line| !line.starts_with('#'));
    let case = |line: &'static str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [language, home, regions, text] = columns[..] else {
            panic!("four columns: {line}");
        };
        let some = |text: &'static str| Some(text).filter(|text| *text != "-");
        Case {
            language: some(language).map(|tag| tag.parse().unwrap()),
            home: some(home).map(|code| code.parse().unwrap()),
            regions: some(regions).unwrap_or_default().to_owned(),
            text,
        }
    };
    lines.map(case).collect()
}

fn found(case: &Case, keep: impl Fn(Region) -> bool) -> String {
    let tagged = find_regions(&[case.text], case.language.as_ref(), case.home);
    let codes = tagged.iter().map(|tagged| tagged.region);
    let codes: Vec<String> = codes
        .filter(|region| keep(*region))
        .map(|region| region.to_string())
        .collect();
    codes.join(" ")
}

/// Checks every case of a fixture, and reports all failures at once.
fn check(fixture: &'static str, least: usize, keep: fn(Region) -> bool) {
    let cases = cases(fixture);
    assert!(cases.len() >= least, "{} cases", cases.len());
    let wrong = cases.iter().filter_map(|case| {
        let found = found(case, keep);
        (found != case.regions).then(|| format!("{}: {} and not {found}", case.text, case.regions))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn countries() {
    check(COUNTRIES, 429, |region| !region.is_subdivision());
}

#[test]
fn subdivisions() {
    check(SUBDIVISIONS, 16, |_| true);
}

#[test]
fn the_words_that_speak_for_a_region_are_told() {
    let check = |parts: &[&str], expected: &[&str]| {
        let told = find_regions(parts, None, "CR".parse().ok());
        let told = told.iter().map(|tagged| match &tagged.evidence {
            RegionEvidence::Words { part, bytes } => {
                format!(
                    "{} {}",
                    tagged.region,
                    parts[*part].get(bytes.clone()).unwrap()
                )
            }
            RegionEvidence::Source => format!("{} source", tagged.region),
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{parts:?}");
    };
    check(
        &["Feria en Tapachula", "Jóvenes de Panamá y de México"],
        &["MX Tapachula", "MX-CHP Tapachula", "PA Panamá"],
    );
    check(&["EE. UU. deporta a personas"], &["US EE. UU"]);
    check(&["Fiestas del cantón", ""], &["CR source"]);
    check(&[], &["CR source"]);
}

#[test]
fn what_is_named_once_far_down_is_named_in_passing() {
    let check = |mentions: usize, expected: &[&str]| {
        let text = format!(
            "Honduras. {}{}",
            "word ".repeat(400),
            "Kenya said so. ".repeat(mentions)
        );
        let told = find_regions(&["", &text], None, None);
        let codes: Vec<String> = told
            .iter()
            .map(|tagged| tagged.region.to_string())
            .collect();
        assert_eq!(codes, expected);
    };
    check(1, &["HN"]);
    check(2, &["HN", "KE"]);
}

#[test]
fn what_the_source_says_of_all_its_items_is_added() {
    let check = |title: &str, fixed: &[&str], expected: &str| {
        let mut source = crate::normalize::tests::source();
        source.language = "es".parse().ok();
        let entry = crate::normalize::tests::entry::page(&[&format!("||{title}|")]);
        let item = crate::normalize::normalize(&source, vec![entry])
            .items
            .remove(0);
        let fixed: Vec<Region> = fixed.iter().map(|code| code.parse().unwrap()).collect();
        let codes = item_regions(&item, "CR".parse().ok(), &fixed);
        let codes: Vec<String> = codes.iter().map(Region::to_string).collect();
        assert_eq!(codes.join(" "), expected, "{title}");
    };
    check("Fiestas del cantón", &[], "CR");
    check("Fiestas del cantón", &["MX-CHP"], "MX MX-CHP");
    check("Feria en Guatemala", &[], "GT");
    check("Feria en Guatemala", &["CR"], "CR GT");
}

fn codes(parts: &[&str], language: Option<&Language>, home: Option<Country>) -> BTreeSet<Region> {
    let tagged = find_regions(parts, language, home);
    tagged.into_iter().map(|tagged| tagged.region).collect()
}

proptest! {
    #[test]
    fn no_text_panics(parts in prop::collection::vec(any::<String>(), 0..3), language in "(en|es|fr|pt|de)") {
        let language = language.parse().ok();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        for MentionedRegion { evidence, .. } in find_regions(&parts, language.as_ref(), None) {
            let RegionEvidence::Words { part, bytes } = evidence else { panic!("there is no source") };
            prop_assert!(parts[part].get(bytes).is_some_and(|words| !words.is_empty()));
        }
    }

    /// Names with any separators between them.
    #[test]
    fn no_names_panic(words in prop::collection::vec("(San|José|Granada|Nicaragua|Congo|the|of|Republic|, | \\(|\\) | – |\\. |U\\.S\\.|3|Mr|Paris|Agreement|en|español|and|Georgia|US)", 0..40)) {
        let text = words.join(" ");
        let once = find_regions(&[&text], None, None);
        prop_assert_eq!(once, find_regions(&[&text], None, None));
    }

    /// Other sentences, before and after, remove no region.
    #[test]
    fn unrelated_words_take_no_region_away(
        number in 0..cases(COUNTRIES).len(),
        before in "([a-z]{1,7} ){0,20}",
        after in "( [a-z]{1,7}){0,20}",
    ) {
        let unrelated = |words: &str| codes(&[words], None, None).is_empty();
        prop_assume!(unrelated(&before) && unrelated(&after));
        let case = &cases(COUNTRIES)[number];
        let text = format!("{before}.\n{}.\n{after}.", case.text);
        let alone = codes(&[case.text], case.language.as_ref(), case.home);
        let among = codes(&[&text], case.language.as_ref(), case.home);
        prop_assert!(alone.is_subset(&among), "{:?} and not {:?}", alone, among);
    }

    /// The country of every subdivision is included.
    #[test]
    fn no_part_without_its_country(number in 0..cases(SUBDIVISIONS).len()) {
        let case = &cases(SUBDIVISIONS)[number];
        let codes = codes(&[case.text], case.language.as_ref(), case.home);
        prop_assert!(codes.iter().all(|region| codes.contains(&region.country().into())));
    }
}
