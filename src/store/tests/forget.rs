//! Tests that the stories of a removed source leave when an operator decides, and return with the source.

use super::*;

/// Returns a definition without the source `a`.
fn without_a() -> Definition {
    let mut definition = definition([100; 3], &["all", "floods"]);
    definition
        .sources
        .retain(|source| source.id.as_str() != "a");
    definition
}

impl Desk {
    /// Creates a desk on which `a` and `b` report the bridge and `a` alone the ferry, then removes `a`.
    fn with_a_gone() -> Self {
        let desk = Self::new();
        let bridge = "|Bridge over the river closed for repairs until Friday|2021-07-01";
        desk.read(
            "a",
            1,
            &[
                format!("g1|https://x.example/1{bridge}"),
                "g2|/2|Ferry late|2021-06-30".to_owned(),
            ],
        );
        desk.read("b", 2, &[format!("h1|https://x.example/1{bridge}")]);
        desk.publish();
        desk.check(&[
            "Bridge over the river closed for repairs until Friday [a b]",
            "Ferry late [a]",
        ]);
        desk.define(without_a());
        desk
    }

    fn forget(&self, source: &str, day: u32) -> Result<ForgottenSource, StoreError> {
        let source = source.parse().unwrap();
        self.wait(self.store.forget(source, nobody(), july(day)))
    }
}

const BRIDGE: &str = "Bridge over the river closed for repairs until Friday [b]";

#[test]
fn a_source_that_is_gone_is_forgotten_when_an_operator_says_so() {
    let desk = Desk::with_a_gone();
    assert_eq!(desk.source("a").presence, SourcePresence::Gone(july(1)));
    let forgotten = desk.forget("a", 3).unwrap();
    assert_eq!(
        forgotten,
        ForgottenSource {
            items: 2,
            stories: 1,
            kept: 1
        }
    );
    desk.check(&[BRIDGE]);
    assert_eq!(desk.dirty(), ["all"]);
    assert_eq!(desk.feed("all").stories, 1);
    assert_eq!(desk.source("a").presence, SourcePresence::Forgotten);
    let rulings = desk.ask(|reader| reader.recorded_decisions(1));
    assert_eq!(
        (rulings[0].action, rulings[0].items),
        (DecisionAction::Forget, 2)
    );
    // None of its items waits to be released.
    let source: SourceId = "a".parse().unwrap();
    assert_eq!(desk.ask(move |reader| reader.held_items(&source)), []);
}

#[test]
fn what_comes_later_joins_nothing_that_was_forgotten() {
    let desk = Desk::with_a_gone();
    desk.forget("a", 3).unwrap();
    let ferry = "h2|/2|Ferry late|2021-06-30";
    assert_eq!(desk.read("c", 4, &[ferry]), [1, 0, 0]);
    desk.check(&[BRIDGE, "Ferry late [c]"]);
}

#[test]
fn a_source_that_is_configured_again_has_its_stories_back() {
    let desk = Desk::with_a_gone();
    desk.forget("a", 3).unwrap();
    desk.publish();
    desk.define(definition([100; 3], &["all", "floods"]));
    assert_eq!(desk.source("a").presence, SourcePresence::Configured);
    desk.check(&[
        "Bridge over the river closed for repairs until Friday [a b]",
        "Ferry late [a]",
    ]);
    // Its next poll finds nothing new.
    assert_eq!(
        desk.read("a", 4, &["g2|/2|Ferry late|2021-06-30"]),
        [0, 0, 0]
    );
}

#[test]
fn what_cannot_be_forgotten_says_why() {
    let desk = Desk::with_a_gone();
    let check = |source: &str, expected: ForgetError| {
        let error = desk.forget(source, 3).unwrap_err();
        assert!(
            matches!(&error, StoreError::Forget(found) if *found == expected),
            "{error}"
        );
    };
    check("b", ForgetError::Configured("b".parse().unwrap()));
    check("d", ForgetError::Unknown("d".parse().unwrap()));
    desk.forget("a", 3).unwrap();
    check("a", ForgetError::Already("a".parse().unwrap()));
}
