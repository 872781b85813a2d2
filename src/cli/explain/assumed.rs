//! Describes the languages in which words are looked up in items of unknown language.

use std::fmt;

use serde_json::{Value, json};

use crate::config::Config;
use crate::flow;
use crate::model::Language;

/// The languages assumed for an item, and the reason.
pub(in crate::cli) struct AssumedLanguages {
    languages: Vec<Language>,
    from: AssumptionOrigin,
}

/// The origin of an assumption.
#[derive(Clone, Copy)]
enum AssumptionOrigin {
    /// Most items of the source are in this language.
    Source,
    /// The site's language.
    Site,
    /// A language in use.
    Use,
}

impl AssumedLanguages {
    /// Returns the assumption for an item of a source whose items are usually in `usual`.
    pub(in crate::cli) fn from_usual(usual: Option<Language>, config: &Config) -> Self {
        let from = match (&usual, &config.site.stated_language) {
            (Some(_), _) => AssumptionOrigin::Source,
            (None, Some(_)) => AssumptionOrigin::Site,
            (None, None) => AssumptionOrigin::Use,
        };
        let languages = usual.map_or_else(|| flow::assumed_languages(config), |one| vec![one]);
        Self { languages, from }
    }

    /// Returns `{"languages": […], "from": "source" | "site" | "use"}`.
    pub(in crate::cli) fn to_json(&self) -> Value {
        let from = match self.from {
            AssumptionOrigin::Source => "source",
            AssumptionOrigin::Site => "site",
            AssumptionOrigin::Use => "use",
        };
        let languages: Vec<&str> = self.languages.iter().map(Language::as_str).collect();
        json!({"languages": languages, "from": from})
    }
}

impl fmt::Display for AssumedLanguages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages: Vec<&str> = self.languages.iter().map(Language::as_str).collect();
        let languages = languages.join(", ");
        match self.from {
            AssumptionOrigin::Source => write!(
                f,
                "assumed to be {languages}, like most items of its source"
            ),
            AssumptionOrigin::Site => {
                write!(f, "assumed to be {languages}, the `language` of [site]")
            }
            AssumptionOrigin::Use => write!(
                f,
                "words are looked up in all languages in use: {languages}"
            ),
        }
    }
}
