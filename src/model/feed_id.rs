//! The names of feeds: one per topic, and one per branch, created as items arrive.
//!
//! In: names from addresses and from the configuration, and the facets of a story. Out: a [`FeedId`] that is written
//! exactly as it was read, and the branches that the story belongs to.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{Country, Language, Region, SourceId, TopicId};

/// A feed's name, also used in addresses: `labour-migration`, or a branch of it, `labour-migration/mx-lang-es`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId {
    topic: TopicId,
    branch: Option<Branch>,
}

/// The part of a topic whose stories share these facets; at least one is given.
///
/// Written `mx`, `lang-es`, `from-iom`, or several joined in this order: `mx-lang-es-from-iom`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Branch {
    country: Option<Country>,
    language: Option<Language>,
    source: Option<SourceId>,
}

/// The properties that distinguish branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// The countries that a story is about.
    Country,
    /// The language of its reports, ignoring regional varieties.
    Language,
    /// The source that reports it.
    Source,
}

/// A set of facets of which every combination found makes a branch: `country`, `country+language`. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FacetSet(BTreeSet<Facet>);

/// The combined facets of a story's reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoryFacets {
    /// The countries that it is about.
    pub countries: BTreeSet<Country>,
    /// The languages of its reports, each reduced to its first subtag.
    pub languages: BTreeSet<Language>,
    /// The sources that report it.
    pub sources: BTreeSet<SourceId>,
}

/// The error for text that is not the name of a feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no feed's name, such as `health` or `health/mx-lang-es`")]
pub struct FeedIdError(String);

/// The error for text that does not name facets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no facet `{0}`")]
pub struct FacetSetError(String);

impl FeedId {
    /// Returns the feed of a topic's branch.
    pub fn branch_of(topic: TopicId, branch: Branch) -> Self {
        Self {
            topic,
            branch: Some(branch),
        }
    }

    /// Returns the topic that it publishes, in whole or in part.
    pub fn topic(&self) -> &TopicId {
        &self.topic
    }

    /// Returns the same feed after its topic, or the source of its branch, was renamed.
    #[must_use]
    pub fn renamed(&self, topic: Option<&TopicId>, source: Option<&SourceId>) -> Self {
        let branch = self.branch.clone().map(|branch| Branch {
            source: source.cloned().or(branch.source),
            ..branch
        });
        Self {
            topic: topic.unwrap_or(&self.topic).clone(),
            branch,
        }
    }

    /// Returns the part of the topic that it publishes; `None` for the whole topic.
    pub fn branch(&self) -> Option<&Branch> {
        self.branch.as_ref()
    }
}

impl From<TopicId> for FeedId {
    fn from(topic: TopicId) -> Self {
        Self {
            topic,
            branch: None,
        }
    }
}

impl Branch {
    /// Returns the country that its stories are about.
    pub fn country(&self) -> Option<Country> {
        self.country
    }

    /// Returns the language of its stories' reports.
    pub fn language(&self) -> Option<&Language> {
        self.language.as_ref()
    }

    /// Returns the source that reports its stories.
    pub fn source(&self) -> Option<&SourceId> {
        self.source.as_ref()
    }

    /// Returns the facets that distinguish it from other branches.
    pub fn facets(&self) -> FacetSet {
        let given = [
            self.country.map(|_| Facet::Country),
            self.language.as_ref().map(|_| Facet::Language),
            self.source.as_ref().map(|_| Facet::Source),
        ];
        FacetSet(given.into_iter().flatten().collect())
    }
}

impl Facet {
    /// Every facet, in the order of a branch's name.
    pub const ALL: [Self; 3] = [Self::Country, Self::Language, Self::Source];

    /// Returns the word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Language => "language",
            Self::Source => "source",
        }
    }
}

impl FacetSet {
    /// Returns the branches that a story belongs to: one for each combination of its facets, or none if it lacks a
    /// facet.
    pub fn branches_for(&self, of: &StoryFacets) -> Vec<Branch> {
        let countries = facet_options(self.0.contains(&Facet::Country), &of.countries);
        let languages = facet_options(self.0.contains(&Facet::Language), &of.languages);
        let sources = facet_options(self.0.contains(&Facet::Source), &of.sources);
        let mut branches = Vec::new();
        for country in &countries {
            for language in &languages {
                for source in &sources {
                    branches.push(Branch {
                        country: country.copied(),
                        language: language.cloned(),
                        source: source.cloned(),
                    });
                }
            }
        }
        branches
    }
}

impl StoryFacets {
    /// Adds the facets of another report.
    pub fn extend(&mut self, other: &Self) {
        self.countries.extend(&other.countries);
        self.languages.extend(other.languages.iter().cloned());
        self.sources.extend(other.sources.iter().cloned());
    }

    /// Returns the facets of one report.
    pub fn from_report(source: SourceId, language: Option<&Language>, regions: &[Region]) -> Self {
        // Codes that do not name a particular language (ISO 639-2).
        const NONE: [&str; 4] = ["mis", "mul", "und", "zxx"];
        let primary = language.map(Language::primary);
        let primary = primary.filter(|code| !NONE.contains(code));
        Self {
            countries: regions.iter().map(|region| region.country()).collect(),
            languages: primary
                .and_then(|code| code.parse().ok())
                .into_iter()
                .collect(),
            sources: BTreeSet::from([source]),
        }
    }
}

/// Returns each of the values if the facet is wanted, or else a single `None`.
fn facet_options<T>(wanted: bool, values: &BTreeSet<T>) -> Vec<Option<&T>> {
    if wanted {
        values.iter().map(Some).collect()
    } else {
        vec![None]
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.branch {
            Some(branch) => write!(f, "{}/{branch}", self.topic),
            None => self.topic.fmt(f),
        }
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let country = self
            .country
            .map(|country| country.as_str().to_ascii_lowercase());
        let language = self
            .language
            .as_ref()
            .map(|language| format!("lang-{language}"));
        let source = self.source.as_ref().map(|source| format!("from-{source}"));
        let parts: Vec<String> = [country, language, source].into_iter().flatten().collect();
        f.write_str(&parts.join("-"))
    }
}

impl fmt::Display for FacetSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|facet| facet.as_str()).collect();
        f.write_str(&names.join("+"))
    }
}

impl FromStr for FeedId {
    type Err = FeedIdError;

    fn from_str(text: &str) -> Result<Self, FeedIdError> {
        let wrong = || FeedIdError(text.to_owned());
        let (topic, branch) = match text.split_once('/') {
            Some((topic, branch)) => (topic, Some(branch)),
            None => (text, None),
        };
        Ok(Self {
            topic: topic.parse().map_err(|_| wrong())?,
            branch: branch
                .map(|branch| branch.parse().map_err(|_| wrong()))
                .transpose()?,
        })
    }
}

impl FromStr for Branch {
    type Err = FeedIdError;

    fn from_str(text: &str) -> Result<Self, FeedIdError> {
        let mut rest = Some(text);
        // Takes the part with this prefix from the beginning of the rest.
        let mut take = |prefix: &str| -> Option<&str> {
            let (value, after) = split_part(rest?.strip_prefix(prefix)?, prefix);
            rest = after;
            Some(value)
        };
        let country = match text.split('-').next() {
            Some(code) if code.len() == 2 => take(""),
            _ => None,
        };
        let (language, source) = (take("lang-"), take("from-"));
        let read = || {
            Some(Self {
                country: country.map(str::parse).transpose().ok()?,
                language: language.map(str::parse).transpose().ok()?,
                source: source.map(str::parse).transpose().ok()?,
            })
        };
        // Accepts only the exact spelling that `Display` writes: no other part, no other case, not an empty name.
        read()
            .filter(|branch| !text.is_empty() && branch.to_string() == text)
            .ok_or_else(|| FeedIdError(text.to_owned()))
    }
}

/// Splits a part's value from the text after it. A source's name may contain the prefixes of other parts, so it comes
/// last.
fn split_part<'a>(text: &'a str, prefix: &str) -> (&'a str, Option<&'a str>) {
    match text.split_once('-') {
        Some((value, after)) if prefix != "from-" => (value, Some(after)),
        _ => (text, None),
    }
}

impl FromStr for FacetSet {
    type Err = FacetSetError;

    fn from_str(text: &str) -> Result<Self, FacetSetError> {
        let named = |word: &str| Facet::ALL.into_iter().find(|facet| facet.as_str() == word);
        let facets = text.split('+').map(|word| {
            let word = word.trim();
            named(word).ok_or_else(|| FacetSetError(word.to_owned()))
        });
        Ok(Self(facets.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facets(countries: &[&str], languages: &[&str], sources: &[&str]) -> StoryFacets {
        StoryFacets {
            countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
            languages: languages.iter().map(|tag| tag.parse().unwrap()).collect(),
            sources: sources.iter().map(|id| id.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_story_is_in_a_branch_for_each_combination_of_its_facets() {
        let story = facets(&["MX", "CR"], &["es"], &["iom", "acnur"]);
        let check = |each: &str, expected: &[&str]| {
            let branches = each.parse::<FacetSet>().unwrap().branches_for(&story);
            let names: Vec<String> = branches.iter().map(ToString::to_string).collect();
            assert_eq!(names, expected, "{each}");
        };
        check("country", &["cr", "mx"]);
        check("language", &["lang-es"]);
        check("source", &["from-acnur", "from-iom"]);
        check("language + country", &["cr-lang-es", "mx-lang-es"]);
        check(
            "language+source",
            &["lang-es-from-acnur", "lang-es-from-iom"],
        );
        let nowhere = facets(&[], &["es"], &["iom"]);
        assert_eq!(
            "country+language"
                .parse::<FacetSet>()
                .unwrap()
                .branches_for(&nowhere),
            []
        );
    }

    #[test]
    fn only_names_that_are_written_are_read() {
        let check = |text: &str, good: bool| {
            let read = text.parse::<FeedId>();
            assert_eq!(
                read.map(|id| id.to_string()).ok().as_deref(),
                good.then_some(text)
            );
        };
        check("health", true);
        check("health/mx", true);
        check("health/mx-lang-es", true);
        check("health/mx-from-lang-es", true);
        check("health/lang-ht-from-a-from-b", true);
        for wrong in [
            "",
            "health/",
            "/mx",
            "health/MX",
            "health/xx",
            "health/mx-",
            "health/archive",
            "health/mx/lang-es",
            "health/lang-es-MX",
            "health/lang-es-mx",
            "health/from-A",
            "health/from-iom/x",
            "index/mx",
        ] {
            check(wrong, false);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            country in prop::sample::select(vec!["MX", "CR", "XK"]),
            language in "[a-z]{2}",
            source in "[a-z0-9-]{1,12}",
            each in prop::sample::select(vec!["country", "language", "source", "country+language", "country+language+source"]),
        ) {
            let topic: TopicId = "health".parse().unwrap();
            let Ok(tag) = language.parse::<Language>() else { return Ok(()) };
            let of = facets(&[country], &[tag.as_str()], &[&source]);
            for branch in each.parse::<FacetSet>().unwrap().branches_for(&of) {
                let id = FeedId::branch_of(topic.clone(), branch);
                prop_assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
    }
}
