//! Describes the languages in which words are looked up in items of unknown language.

use std::fmt;

use serde_json::{Value, json};

use crate::config::Config;
use crate::flow;
use crate::model::Language;

/// The languages assumed for an item, and the reason.
pub(in crate::cli) struct Assumed {
    languages: Vec<Language>,
    from: Origin,
}

/// The origin of an assumption.
#[derive(Clone, Copy)]
enum Origin {
    /// Most items of the source are in this language.
    Source,
    /// The site's language.
    Site,
    /// A language in use.
    Use,
}

impl Assumed {
    /// Returns the assumption for an item of a source whose items are usually in `usual`.
    pub(in crate::cli) fn of(usual: Option<Language>, config: &Config) -> Self {
        let from = match (&usual, &config.site.stated_language) {
            (Some(_), _) => Origin::Source,
            (None, Some(_)) => Origin::Site,
            (None, None) => Origin::Use,
        };
        let languages = usual.map_or_else(|| flow::assumed_languages(config), |one| vec![one]);
        Self { languages, from }
    }

    /// Returns `{"languages": […], "from": "source" | "site" | "use"}`.
    pub(in crate::cli) fn object(&self) -> Value {
        let from = match self.from {
            Origin::Source => "source",
            Origin::Site => "site",
            Origin::Use => "use",
        };
        let languages: Vec<&str> = self.languages.iter().map(Language::as_str).collect();
        json!({"languages": languages, "from": from})
    }
}

impl fmt::Display for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages: Vec<&str> = self.languages.iter().map(Language::as_str).collect();
        let languages = languages.join(", ");
        match self.from {
            Origin::Source => write!(
                f,
                "assumed to be {languages}, like most items of its source"
            ),
            Origin::Site => write!(f, "assumed to be {languages}, the `language` of [site]"),
            Origin::Use => write!(
                f,
                "words are looked up in all languages in use: {languages}"
            ),
        }
    }
}
