//! The short names of everything that can be wrong with a source, and whether an operator must act.

use std::fmt;
use std::str::FromStr;

/// The attention that a problem needs from an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionLevel {
    /// An operator must act: the problem does not resolve itself.
    Act,
    /// The problem may resolve itself, and needs an operator if it lasts.
    Wait,
    /// No action is needed.
    Note,
}

/// The number of consecutive failed polls after which a problem that may resolve itself needs an operator.
const PATIENCE_POLLS: u32 = 5;

macro_rules! problem_codes {
    ($($(#[$meaning:meta])* $code:ident $word:literal $care:ident,)*) => {
        /// The short name of a problem, as `status` shows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemCode {
            /// Any HTTP status that is neither success nor covered by another code: `http-404`.
            Http(u16),
            $($(#[$meaning])* $code,)*
        }

        impl ProblemCode {
            /// Every code with a fixed name: all but [`Self::Http`].
            pub const NAMED: &[Self] = &[$(Self::$code),*];

            fn as_str(self) -> &'static str {
                match self {
                    Self::Http(_) => "http",
                    $(Self::$code => $word,)*
                }
            }

            /// Returns the attention that it needs from an operator.
            pub fn attention_level(self) -> AttentionLevel {
                match self {
                    Self::Http(408 | 425 | 429 | 500..) => AttentionLevel::Wait,
                    Self::Http(_) => AttentionLevel::Act,
                    $(Self::$code => AttentionLevel::$care,)*
                }
            }
        }
    };
}

problem_codes! {
    // The way to the document.
    /// 410: the publisher removed it permanently.
    Gone "gone" Act,
    /// No complete answer in time.
    Timeout "timeout" Wait,
    /// More bytes than the limit.
    TooLarge "too-large" Act,
    /// Endless redirects, or a redirect to nowhere.
    Redirect "redirect" Act,
    /// An address in a network that may not be fetched.
    PrivateAddress "private-address" Act,
    /// robots.txt forbids it.
    Robots "robots" Act,
    /// A content coding that cannot be decoded.
    Coding "coding" Act,
    /// The connection failed.
    Unreachable "unreachable" Wait,
    /// The source's command failed.
    CommandFailed "command-failed" Act,
    /// A file that does not exist or cannot be read.
    File "file" Act,
    /// A secret address that cannot be read.
    Secret "secret" Act,
    /// Removed from the configuration, although its stories remain.
    GoneFromFiles "gone-from-files" Act,
    // The kind of document.
    /// A page or another text instead of a feed.
    NotAFeed "not-a-feed" Act,
    /// A feed that contains nothing readable.
    BadFeed "bad-feed" Wait,
    /// A document that is neither JSON nor XML, although one of them was expected.
    BadDocument "bad-document" Act,
    /// A calendar.
    Calendar "calendar" Act,
    /// Contacts.
    Contacts "contacts" Act,
    /// A message for emergency services without an alert (EDXL).
    Alert "alert" Act,
    /// One continuous text.
    OneText "one-text" Act,
    /// Mail.
    Mail "mail" Act,
    /// PDF.
    Pdf "pdf" Act,
    /// Files packed into one.
    Archive "archive" Act,
    /// An office document.
    OfficeFile "office-file" Act,
    /// A picture.
    Picture "picture" Act,
    /// Sound or video.
    Recording "recording" Act,
    /// A list of feeds (OPML).
    FeedList "feed-list" Act,
    /// Binary data.
    NoText "no-text" Act,
    // The contents of the document.
    /// Nothing on the page matches the layout kept for the source.
    NoLayout "no-layout" Act,
    /// Rules, or the automatic detection of a list, find nothing.
    NothingFound "nothing-found" Act,
    /// A text without dated notices.
    NoDates "no-dates" Act,
    /// Markup nested too deep.
    TooDeep "too-deep" Act,
    /// Less, older or emptier content than before.
    Drifted "drifted" Act,
    /// The kept layout reads less than a fresh detection finds.
    ReadsLess "reads-less" Act,
    /// Many new items at once, held back.
    Held "held" Act,
    /// Entries that were left out.
    LeftOut "left-out" Note,
    /// Mistakes in the document that were repaired.
    Mended "mended" Note,
    /// Remarks in the document about itself.
    Noted "noted" Note,
    /// Items whose guids change from poll to poll.
    GuidsChurn "guids-churn" Note,
    // Processing by tidings.
    /// The entries could not be stored.
    NotStored "not-stored" Wait,
    /// Reading took too long.
    Hung "hung" Wait,
    /// A mistake in tidings.
    Internal "internal" Act,
}

impl ProblemCode {
    /// Returns true if a problem needs an operator after so many failed polls in a row. An unknown `code`, from another
    /// version, always does.
    pub fn needs_attention(code: &str, failed_polls: u32) -> bool {
        match code.parse().map(Self::attention_level) {
            Ok(AttentionLevel::Act) | Err(()) => true,
            Ok(AttentionLevel::Wait) => failed_polls >= PATIENCE_POLLS,
            Ok(AttentionLevel::Note) => false,
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(status) => write!(f, "http-{status}"),
            named => f.write_str(named.as_str()),
        }
    }
}

impl FromStr for ProblemCode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(status) = text.strip_prefix("http-") {
            return status.parse().map(Self::Http).map_err(drop);
        }
        let mut named = Self::NAMED.iter().copied();
        named.find(|code| code.as_str() == text).ok_or(())
    }
}

impl serde::Serialize for ProblemCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_one_name() {
        let names: HashSet<String> = ProblemCode::NAMED.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), ProblemCode::NAMED.len());
        for code in ProblemCode::NAMED
            .iter()
            .copied()
            .chain([ProblemCode::Http(503)])
        {
            assert_eq!(code.to_string().parse(), Ok(code));
        }
        assert_eq!("http-".parse::<ProblemCode>(), Err(()));
        assert_eq!("http".parse::<ProblemCode>(), Err(()));
    }

    #[test]
    fn somebody_is_called_for_what_does_not_pass() {
        let check = |code: &str, failed: u32, expected: bool| {
            let wants = ProblemCode::needs_attention(code, failed);
            assert_eq!(wants, expected, "{code} after {failed}");
        };
        check("http-404", 1, true);
        check("http-503", 1, false);
        check("http-503", 4, false);
        check("http-503", 5, true);
        check("http-429", 1, false);
        check("unreachable", 2, false);
        check("unreachable", 9, true);
        check("held", 0, true);
        check("left-out", 0, false);
        check("guids-churn", 0, false);
        check("of-another-version", 0, true);
    }
}
