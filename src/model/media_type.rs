//! File types by the endings of addresses, for use before anything is fetched.

use url::Url;

/// Endings of the addresses of files that are published as attachments, with their media types (IANA).
const TYPES: [(&str, &str); 26] = [
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("rtf", "application/rtf"),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("csv", "text/csv"),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("epub", "application/epub+zip"),
    ("zip", "application/zip"),
    ("ics", "text/calendar"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("ogg", "audio/ogg"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
];

/// Attributes of `img` that contain the address of a picture to be loaded later by a script.
pub const LAZY_SOURCES: [&str; 4] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazyload",
];

/// Attributes of `img` that list one picture in several sizes.
pub const SOURCE_SETS: [&str; 3] = ["srcset", "data-srcset", "data-lazy-srcset"];

/// Returns the media type of the file at an address with a known file ending; `None` if it may be a page.
pub fn file_type(url: &Url) -> Option<&'static str> {
    let (_, end) = url.path().rsplit_once('.')?;
    let is = |(known, _): &&(&str, &str)| known.eq_ignore_ascii_case(end);
    TYPES.iter().find(is).map(|(_, mime_type)| *mime_type)
}

/// Returns true if files of this media type are published as attachments.
pub fn is_file_type(mime_type: &str) -> bool {
    TYPES.iter().any(|(_, known)| *known == mime_type)
}
