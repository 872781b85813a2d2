//! An [`Item`] to its topics and regions.
//!
//! In: one item, alone; it is not known yet whose story it joins. Out: the regions that it tells of ([`regions`]), and
//! with them the topics whose queries it satisfies. Which
//! topics are looked at at all is decided by an index of the terms that each of them cannot do without, so that an item
//! costs about the same for ten topics and for ten thousand. Pure.

mod compiled;
pub mod regions;
mod terms;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use self::compiled::Compiled;
use self::terms::{Stemming, Text};
use crate::model::{Item, Topic, TopicId};

/// Raised whenever the same text and queries may give other topics or regions: stored items are then classified again.
pub const VERSION: u32 = 2;

/// All topics, compiled for each language that turns up.
#[derive(Debug)]
pub struct Classifier {
    topics: Arc<[Topic]>,
    compiled: Mutex<HashMap<Stemming, Arc<Compiled>>>,
}

impl Classifier {
    /// A classifier for `topics`.
    pub fn new(topics: &[Topic]) -> Self {
        // Not while the first bulletin waits.
        regions::prepare();
        Self {
            topics: topics.into(),
            compiled: Mutex::default(),
        }
    }

    /// The topics whose queries `item` satisfies.
    pub fn topics(&self, item: &Item) -> BTreeSet<TopicId> {
        let stemming = Stemming::of(item.language.as_ref());
        let text = Text::new(
            &[&item.title, &item.text, &item.tags.join("\n")],
            &item.regions,
            stemming,
        );
        let compiled = self.compiled(stemming);
        compiled
            .matching(&text)
            .map(|number| self.topics[number].id.clone())
            .collect()
    }

    fn compiled(&self, stemming: Stemming) -> Arc<Compiled> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Compiled::new(&self.topics, stemming));
        Arc::clone(compiled.entry(stemming).or_insert_with(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Place, Query, Title};
    use crate::normalize::tests::{entry, source};

    fn topic(id: &str, any: &[&str], exclude: &[&str]) -> Topic {
        let queries = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| Query::read(text).unwrap().0)
                .collect()
        };
        Topic {
            place: Place {
                file: "topics.toml".into(),
                line: 1,
                column: 1,
            },
            id: id.parse().unwrap(),
            title: Title::Plain(id.into()),
            any: queries(any),
            all: Vec::new(),
            exclude: queries(exclude),
            query: None,
        }
    }

    fn item(title: &str, language: &str) -> Item {
        let mut source = source();
        source.language = language.parse().ok();
        crate::normalize::normalize(&source, vec![entry::page(&[&format!("||{title}|")])])
            .items
            .remove(0)
    }

    fn check(query: &str, title: &str, language: &str, matches: bool) {
        let classifier = Classifier::new(&[topic("t", &[query], &[])]);
        assert_eq!(
            !classifier.topics(&item(title, language)).is_empty(),
            matches,
            "{query} in {title}"
        );
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
    }

    #[test]
    fn regions_are_looked_for_by_code() {
        let classifier = Classifier::new(&[topic("t", &["aid country:MX"], &["region:MX-CHP"])]);
        let check = |regions: &[&str], matches: bool| {
            let mut item = item("Aid arrives", "en");
            item.regions = regions.iter().map(|code| code.parse().unwrap()).collect();
            assert_eq!(!classifier.topics(&item).is_empty(), matches, "{regions:?}");
        };
        check(&["MX"], true);
        check(&["GT", "MX", "MX-OAX"], true);
        check(&["MX", "MX-CHP"], false);
        check(&["GT"], false);
        check(&[], false);
    }

    #[test]
    fn operators_mean_what_they_say() {
        check("a OR b", "x b", "en", true);
        check("a b", "x b", "en", false);
        check("a -b", "a c", "en", true);
        check("a -b", "a b", "en", false);
        check("-b", "a", "en", true);
        check("(a OR b) (c OR \"d e\")", "b d e", "en", true);
        check("(a OR b) (c OR \"d e\")", "b e d", "en", false);
    }

    #[test]
    fn all_parts_of_a_topic_must_agree() {
        let mut topic = topic("t", &["a", "b"], &["x"]);
        topic.all = vec![Query::read("c").unwrap().0];
        topic.query = Some(Query::read("d OR e").unwrap().0);
        let classifier = Classifier::new(&[topic]);
        let matches = |title: &str| !classifier.topics(&item(title, "en")).is_empty();
        assert!(matches("b c e"));
        assert!(!matches("b c"));
        assert!(!matches("c e"));
        assert!(!matches("b c e x"));
    }

    #[test]
    fn a_topic_without_a_query_selects_nothing() {
        let classifier = Classifier::new(&[topic("t", &[], &["x"])]);
        assert!(classifier.topics(&item("a", "en")).is_empty());
    }
}
