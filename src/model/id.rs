//! Names of sources and topics as operators write them, and the permanent ids of items and stories.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::item::IdentityKey;

/// The namespace of every id that tidings creates. It never changes, because that would change every id.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1f_6a52_9c3e_5b04_a8e1_4f2c_61d0_93b7);

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 1–64 of the allowed characters.
    #[error("`{0}` is no identifier: 1 to 64 of a-z, 0-9 and -")]
    Form(String),
    /// A name that the published site uses itself.
    #[error("`{0}` is a name that the published site uses itself")]
    Reserved(String),
}

fn parse_identifier(text: &str) -> Result<String, IdError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(IdError::Form(text.to_owned()))
    }
}

/// A source's name: 1–64 of `a-z`, `0-9`, `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(String);

/// A topic's name, also used in addresses: 1–64 of `a-z`, `0-9`, `-`, excluding names that the site uses itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicId(String);

/// Names below the published folder (and below the server's root) that no topic may take.
const RESERVED: [&str; 14] = [
    "admin", "archive", "feed", "feeds", "healthz", "hub", "index", "metrics", "opml", "search",
    "static", "status", "story", "style",
];

impl FromStr for SourceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_identifier(text).map(Self)
    }
}

impl FromStr for TopicId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let id = parse_identifier(text)?;
        if RESERVED.contains(&id.as_str()) {
            Err(IdError::Reserved(id))
        } else {
            Ok(Self(id))
        }
    }
}

impl TopicId {
    /// Returns the name used for a one-off query that is not saved; no topic can have it.
    pub fn for_search() -> Self {
        Self("search".to_owned())
    }
}

macro_rules! text_of {
    ($($name:ident),*) => {$(
        impl $name {
            /// Returns the name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text_of!(SourceId, TopicId);

/// An item's permanent id: `UUIDv5` (RFC 9562 §5.5) of its source, the kind of its identity and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(Uuid);

/// A story's permanent id, that of its founding item; published as `urn:uuid:…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoryId(Uuid);

impl ItemId {
    /// Returns the id of the item that `source` identifies by `key`.
    pub fn new(source: &SourceId, key: &IdentityKey) -> Self {
        let name = format!("{source}\n{}\n{}", key.kind.as_str(), key.value);
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }
}

impl StoryId {
    /// Returns the id of the story founded by `item`.
    pub fn founded_by(item: ItemId) -> Self {
        Self(item.0)
    }

    /// Returns the id as published: `urn:uuid:…` (RFC 9562 §4).
    pub fn urn(self) -> String {
        self.0.urn().to_string()
    }
}

macro_rules! uuid_of {
    ($($name:ident),*) => {$(
        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}
uuid_of!(ItemId, StoryId);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IdentityKind;

    #[test]
    fn names_are_checked() {
        assert!("iom-2021".parse::<SourceId>().is_ok());
        assert_eq!("IOM".parse::<SourceId>(), Err(IdError::Form("IOM".into())));
        assert_eq!("".parse::<TopicId>(), Err(IdError::Form(String::new())));
        assert_eq!(
            "a".repeat(65).parse::<TopicId>(),
            Err(IdError::Form("a".repeat(65)))
        );
        assert_eq!(
            "index".parse::<TopicId>(),
            Err(IdError::Reserved("index".into()))
        );
    }

    /// Ids are permanent: this value may never change.
    #[test]
    fn an_id_never_changes() {
        let source = "iom".parse().expect("a good name");
        let key = IdentityKey {
            kind: IdentityKind::Guid,
            value: "tag:1".into(),
        };
        let id = ItemId::new(&source, &key);
        assert_eq!(StoryId::founded_by(id).urn(), format!("urn:uuid:{id}"));
        assert_eq!(id.to_string(), "7dc2e6fd-3f48-5a00-a2c6-93beaf69c47c");
    }
}
