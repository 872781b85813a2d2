//! Names documents that contain no list of bulletins in a supported format, and advises what to do instead.
//!
//! In: the body of a document and its type. Out: a [`Foreign`], by the first bytes, else by the start of its
//! text, else by the type that its server states.

use std::fmt;

use super::feed;
use crate::model::{Document, ProblemCode};

/// A document of an unsupported kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsupportedKind {
    /// iCalendar (RFC 5545).
    Calendar,
    /// vCard (RFC 6350).
    Contacts,
    /// A message for emergency services that contains no alert (EDXL).
    Envelope,
    /// One running text.
    OneText,
    /// A message (RFC 5322).
    Mail,
    /// A mailbox of several messages (mbox).
    Mailbox,
    /// PDF.
    Pdf,
    /// A packed archive, by the name of the format.
    Archive(&'static str),
    /// A file of an office program, by its kind.
    Office(&'static str),
    /// A picture.
    Picture,
    /// Sound or video.
    Recording,
    /// A list of feeds (OPML).
    FeedList,
    /// Bytes that do not occur in text.
    Binary,
}

impl UnsupportedKind {
    /// Returns the problem code of `status`, the kind as a phrase for people, and the advice for an operator.
    fn describe(self) -> (ProblemCode, &'static str, &'static str) {
        match self {
            Self::Calendar => (
                ProblemCode::Calendar,
                "a calendar (iCalendar, RFC 5545)",
                "this version reads no calendars yet: give the page or the feed that lists the same events",
            ),
            Self::Contacts => (
                ProblemCode::Contacts,
                "a list of contacts (vCard, RFC 6350)",
                "give the page or the feed of the publisher's news",
            ),
            Self::Envelope => (
                ProblemCode::Alert,
                "a message for emergency services without an alert (EDXL)",
                "give the feed or the page that lists the alerts of the publisher; `kind = \"xml\"` with `select.item` and \
                 `select.title` reads the document as it is",
            ),
            Self::OneText => (
                ProblemCode::OneText,
                "one running text, not a list of notices",
                "give the page or the feed that lists such texts; if it does hold several notices, `separator` and `record` with `kind = \"text\"` say where each begins",
            ),
            Self::Mail => (
                ProblemCode::Mail,
                "a mail message (RFC 5322)",
                "this version reads no mail yet: give the web archive or the feed of the mailing list",
            ),
            Self::Mailbox => (
                ProblemCode::Mail,
                "a mailbox (mbox)",
                "this version reads no mail yet: give the web archive or the feed of the mailing list",
            ),
            Self::Pdf => (ProblemCode::Pdf, "a PDF", LINKING),
            Self::Archive(format) => (
                ProblemCode::Archive,
                format,
                "give the address of the document that is packed into it, or the page that links to it",
            ),
            Self::Office(what) => (ProblemCode::OfficeFile, what, LINKING),
            Self::Picture => (ProblemCode::Picture, "a picture", LINKING),
            Self::Recording => (ProblemCode::Recording, "a recording", LINKING),
            Self::FeedList => (
                ProblemCode::FeedList,
                feed::FEED_LIST,
                "give each of its feeds as a source of its own",
            ),
            Self::Binary => (
                ProblemCode::NoText,
                "no text",
                "look at what the address gives: correct `url`, or give the page that links to it",
            ),
        }
    }

    /// Returns the problem code that `status` shows.
    pub fn code(self) -> ProblemCode {
        self.describe().0
    }

    /// Returns the advice for an operator.
    pub fn action(self) -> &'static str {
        self.describe().2
    }
}

impl fmt::Display for UnsupportedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe().1)
    }
}

const LINKING: &str = "give the page that links to it: files become attachments of its entries";

/// Bytes at an offset that identify a format.
const SIGNATURES: [(usize, &[u8], UnsupportedKind); 29] = [
    (0, b"%PDF-", UnsupportedKind::Pdf),
    (0, b"%!PS", UnsupportedKind::Office("a PostScript document")),
    (
        0,
        b"{\\rtf",
        UnsupportedKind::Office("a text document (RTF)"),
    ),
    (
        0,
        b"\xD0\xCF\x11\xE0",
        UnsupportedKind::Office("an office document"),
    ),
    (
        0,
        b"\x1F\x8B",
        UnsupportedKind::Archive("an archive (gzip)"),
    ),
    (0, b"BZh", UnsupportedKind::Archive("an archive (bzip2)")),
    (
        0,
        b"\xFD7zXZ\0",
        UnsupportedKind::Archive("an archive (xz)"),
    ),
    (
        0,
        b"\x28\xB5\x2F\xFD",
        UnsupportedKind::Archive("an archive (Zstandard)"),
    ),
    (
        0,
        b"7z\xBC\xAF\x27\x1C",
        UnsupportedKind::Archive("an archive (7z)"),
    ),
    (
        0,
        b"Rar!\x1A\x07",
        UnsupportedKind::Archive("an archive (RAR)"),
    ),
    (257, b"ustar", UnsupportedKind::Archive("an archive (tar)")),
    (0, b"\x89PNG", UnsupportedKind::Picture),
    (0, b"\xFF\xD8\xFF", UnsupportedKind::Picture),
    (0, b"GIF87a", UnsupportedKind::Picture),
    (0, b"GIF89a", UnsupportedKind::Picture),
    (0, b"II*\0", UnsupportedKind::Picture),
    (0, b"MM\0*", UnsupportedKind::Picture),
    (0, b"\0\0\x01\0", UnsupportedKind::Picture),
    (8, b"WEBP", UnsupportedKind::Picture),
    (4, b"ftypavif", UnsupportedKind::Picture),
    (4, b"ftypheic", UnsupportedKind::Picture),
    (4, b"ftyp", UnsupportedKind::Recording),
    (8, b"WAVE", UnsupportedKind::Recording),
    (8, b"AVI ", UnsupportedKind::Recording),
    (0, b"ID3", UnsupportedKind::Recording),
    (0, b"OggS", UnsupportedKind::Recording),
    (0, b"fLaC", UnsupportedKind::Recording),
    (0, b"\xFF\xFB", UnsupportedKind::Recording),
    (0, b"\x1A\x45\xDF\xA3", UnsupportedKind::Recording),
];

/// The first bytes of a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// Names of files within a ZIP archive that identify its kind: the type that `OpenDocument` puts first, the
/// main part of Office Open XML.
const PACKED: [(&[u8], UnsupportedKind); 8] = [
    (
        b"mimetypeapplication/vnd.oasis.opendocument.text",
        UnsupportedKind::Office("a text document (OpenDocument)"),
    ),
    (
        b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
        UnsupportedKind::Office("a spreadsheet (OpenDocument)"),
    ),
    (
        b"mimetypeapplication/vnd.oasis.opendocument.presentation",
        UnsupportedKind::Office("a presentation (OpenDocument)"),
    ),
    (
        b"mimetypeapplication/epub+zip",
        UnsupportedKind::Office("a book (EPUB)"),
    ),
    (
        b"word/document.xml",
        UnsupportedKind::Office("a text document (Word)"),
    ),
    (
        b"xl/workbook.",
        UnsupportedKind::Office("a spreadsheet (Excel)"),
    ),
    (
        b"ppt/presentation.xml",
        UnsupportedKind::Office("a presentation (PowerPoint)"),
    ),
    (
        b"[Content_Types].xml",
        UnsupportedKind::Office("an office document"),
    ),
];

/// Prefixes of the types that a server states.
const TYPES: [(&str, UnsupportedKind); 7] = [
    ("application/pdf", UnsupportedKind::Pdf),
    (
        "application/msword",
        UnsupportedKind::Office("a text document (Word)"),
    ),
    (
        "application/vnd.ms-excel",
        UnsupportedKind::Office("a spreadsheet (Excel)"),
    ),
    (
        "application/vnd.openxmlformats-",
        UnsupportedKind::Office("an office document"),
    ),
    ("image/", UnsupportedKind::Picture),
    ("audio/", UnsupportedKind::Recording),
    ("video/", UnsupportedKind::Recording),
];

/// The number of bytes searched for those that do not occur in text.
const LOOKED_AT: usize = 1024;

/// The number of lines searched for the headers of a message.
const HEADER_LINES: usize = 60;

/// Headers that programs write and people do not: a memorandum has the others too.
const MACHINE_HEADERS: [&str; 5] = [
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "content-transfer-encoding",
];

/// Identifies a document by its bytes, if these are not text.
pub(super) fn detect_by_bytes(document: &Document) -> Option<UnsupportedKind> {
    let body = document.body.as_slice();
    let begins = |(at, sign, _): &&(usize, &[u8], UnsupportedKind)| {
        body.get(*at..).is_some_and(|rest| rest.starts_with(sign))
    };
    // `WAVE` and similar marks occur in texts too.
    let is_binary = body.iter().take(LOOKED_AT).any(|byte| *byte == 0);
    let is_sure = |(at, sign, _): &&(usize, &[u8], UnsupportedKind)| {
        *at == 0 && !sign.iter().all(u8::is_ascii_alphanumeric)
    };
    let mut signs = SIGNATURES.iter().filter(begins);
    let signed = signs.find(|sign| is_binary || is_sure(sign));
    signed.map(|(_, _, foreign)| *foreign).or_else(|| {
        body.starts_with(ZIP)
            .then(|| detect_in_zip(body).unwrap_or(UnsupportedKind::Archive("an archive (ZIP)")))
    })
}

fn detect_in_zip(body: &[u8]) -> Option<UnsupportedKind> {
    let holds = |(name, _): &&(&[u8], UnsupportedKind)| memchr::memmem::find(body, name).is_some();
    PACKED.iter().find(holds).map(|(_, foreign)| *foreign)
}

/// Identifies a document by the start of its text.
pub(super) fn detect_by_text(text: &str) -> Option<UnsupportedKind> {
    let text = text.trim_start_matches(feed::is_blank);
    let begins = |sign: &str| {
        let start = text.get(..sign.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(sign))
    };
    match text {
        _ if begins("BEGIN:VCALENDAR") => Some(UnsupportedKind::Calendar),
        _ if begins("BEGIN:VCARD") => Some(UnsupportedKind::Contacts),
        _ if begins("From ") && has_mail_headers(text.split_once('\n')?.1) => {
            Some(UnsupportedKind::Mailbox)
        }
        _ if has_mail_headers(text) => Some(UnsupportedKind::Mail),
        _ => None,
    }
}

/// Identifies a document that is not text, by the type that its server states.
pub(super) fn detect_by_content_type(document: &Document, text: &str) -> Option<UnsupportedKind> {
    if !text.chars().take(LOOKED_AT).any(|c| c == '\0') {
        return None;
    }
    let stated = document.content_type.as_deref().unwrap_or_default();
    let stated = stated.trim().to_ascii_lowercase();
    let named = TYPES.iter().find(|(start, _)| stated.starts_with(start));
    Some(named.map_or(UnsupportedKind::Binary, |(_, foreign)| *foreign))
}

/// Returns true if a text begins with headers (RFC 5322 §2.2), some of which only programs write.
fn has_mail_headers(text: &str) -> bool {
    let lines = text.lines().take(HEADER_LINES);
    let mut names = Vec::new();
    for line in lines.take_while(|line| !line.trim().is_empty()) {
        if line.starts_with([' ', '\t']) && !names.is_empty() {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(is_name) {
            return false;
        }
        names.push(name.to_ascii_lowercase());
    }
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has("from") && MACHINE_HEADERS.iter().any(|name| has(name))
}

/// Returns true if a text is one weather message, which begins with an abbreviated heading (WMO-No. 386,
/// Manual on the GTS): `FLUS43 KLOT 082123`, optionally after a number of its own.
pub(super) fn is_weather_message(text: &str) -> bool {
    const BEGINNING: usize = 4;
    let lines = text
        .lines()
        .map(|line| line.trim_matches(|c: char| c.is_whitespace() || c.is_control()));
    let mut lines = lines.filter(|line| !line.is_empty()).take(BEGINNING);
    lines.any(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [data, centre, time, rest @ ..] = words.as_slice() else {
            return false;
        };
        let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let data = data.split_at_checked(4);
        let is_data =
            data.is_some_and(|(kind, number)| letters(kind) && number.len() <= 2 && digits(number));
        let is_time = time.len() == 6 && digits(time);
        is_data && centre.len() == 4 && letters(centre) && is_time && rest.len() <= 1
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn document(body: &[u8], content_type: Option<&str>) -> Document {
        Document {
            url: "https://host.example/file".parse().unwrap(),
            content_type: content_type.map(str::to_owned),
            body: body.to_owned(),
            fetched_at: DateTime::UNIX_EPOCH,
        }
    }

    #[track_caller]
    fn check_bytes(body: &[u8], expected: Option<&str>) {
        let found = detect_by_bytes(&document(body, None));
        assert_eq!(found.map(|found| found.to_string()).as_deref(), expected);
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        check_bytes(b"%PDF-1.7\n", Some("a PDF"));
        check_bytes(b"PK\x03\x04\x14\0data.csv", Some("an archive (ZIP)"));
        check_bytes(
            b"PK\x03\x04\x14\0[Content_Types].xml..PK\x03\x04word/document.xml",
            Some("a text document (Word)"),
        );
        check_bytes(
            b"PK\x03\x04\x14\0mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK",
            Some("a spreadsheet (OpenDocument)"),
        );
        check_bytes(b"\xD0\xCF\x11\xE0\xA1\xB1", Some("an office document"));
        check_bytes(b"RIFF\x10\0\0\0WEBPVP8 ", Some("a picture"));
        check_bytes(b"\0\0\0\x20ftypisom", Some("a recording"));
        let tar = [b"notes.txt".as_slice(), &[0; 248], b"ustar"].concat();
        check_bytes(&tar, Some("an archive (tar)"));
    }

    #[test]
    fn texts_with_such_words_are_texts() {
        check_bytes(b"THE GREAT WAVE OF THE HARBOUR", None);
        check_bytes(b"A new ftyp: what it means", None);
        check_bytes(b"ID3 of the harbour card is void", None);
        check_bytes(b"{\"a\": 1}", None);
        check_bytes(b"", None);
    }

    #[track_caller]
    fn check_text(text: &str, expected: Option<UnsupportedKind>) {
        assert_eq!(detect_by_text(text), expected, "{text}");
    }

    #[test]
    fn calendars_contacts_and_mail_are_known_by_their_first_lines() {
        check_text(
            "\u{FEFF}\r\nBEGIN:VCALENDAR\r\n",
            Some(UnsupportedKind::Calendar),
        );
        check_text(
            "begin:vcard\nFN:Ada Lunt\n",
            Some(UnsupportedKind::Contacts),
        );
        let headers = "Received: from a.example\n by b.example; 3 May 2026\nFrom: ada@a.example\nSubject: The pier\n";
        check_text(
            &format!("{headers}\nDear all\n"),
            Some(UnsupportedKind::Mail),
        );
        check_text(
            &format!("From ada@a.example Sun May  3 10:00:00 2026\n{headers}\nDear all\n"),
            Some(UnsupportedKind::Mailbox),
        );
    }

    #[test]
    fn a_memorandum_is_no_mail() {
        check_text(
            "To: all\nFrom: the harbour office\nSubject: The pier\nDate: 3 May 2026\n\nThe pier is closed.\n",
            None,
        );
        check_text("From the harbour\nMessage-ID: 7\n", None);
        check_text("From now on: the pier is closed\nReceived: nothing\n", None);
        check_text("", None);
    }

    #[test]
    fn the_type_tells_of_bytes_that_are_no_text() {
        let check = |body: &[u8], content_type, expected: Option<UnsupportedKind>| {
            let document = document(body, content_type);
            let text = String::from_utf8_lossy(body).into_owned();
            assert_eq!(detect_by_content_type(&document, &text), expected);
        };
        check(
            b"\x01\0\x02",
            Some("Image/X-Unknown"),
            Some(UnsupportedKind::Picture),
        );
        check(b"\x01\0\x02", None, Some(UnsupportedKind::Binary));
        check(b"A text after all", Some("application/pdf"), None);
    }

    #[test]
    fn a_weather_message_is_known_by_its_heading() {
        let check = |text: &str, expected| assert_eq!(is_weather_message(text), expected, "{text}");
        check("164 \nFLXX43 KABC 082123\nHWOABC\n\nOUTLOOK\n", true);
        check("\u{1}\r\r\n814\r\r\nWUXX53 KABC 052147 CCA\r\r\n", true);
        check("HARBOUR NOTICE 082123\n", false);
        check("1\n2\n3\n4\nFLXX43 KABC 082123\n", false);
        check("FLXX43 KABC 082123 is the heading of the message\n", false);
    }
}
