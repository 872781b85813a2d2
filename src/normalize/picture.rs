//! Chooses the picture of an entry.
//!
//! In: a picture as found, or the files of the entry. Out: an [`Image`] with its address unchanged.

use url::Url;

use super::address::file_address;
use super::text;
use crate::model::{Enclosure, Image, RawImage, RawText};

/// Normalizes a picture; returns `None` for an image of one pixel, which shows nothing and tracks its readers.
pub(super) fn normalize_image(found: &RawImage, base: &Url) -> Option<Image> {
    let side = |text: &Option<String>| {
        let text = text.as_deref()?.trim().trim_end_matches("px").trim_end();
        text.parse().ok().filter(|side| *side > 0)
    };
    let (width, height) = (side(&found.width), side(&found.height));
    let is_dot = width == Some(1) && height == Some(1);
    let alt = found.alt.clone().map(RawText::Unsaid);
    let alt = alt.as_ref().map(text::plain_line);
    let alt = alt.filter(|alt| !alt.is_empty() && !is_file_name(alt));
    (!is_dot).then_some(Image {
        url: file_address(&found.url, base)?,
        alt,
        width,
        height,
    })
}

/// Returns true if a description is a file name from a camera or an editor: `IMG_2031`, `quay.jpg`.
fn is_file_name(alt: &str) -> bool {
    const ENDINGS: [&str; 6] = ["avif", "gif", "jpeg", "jpg", "png", "webp"];
    let (_, ending) = alt.rsplit_once('.').unwrap_or_default();
    let ends = ENDINGS.iter().any(|own| ending.eq_ignore_ascii_case(own));
    !alt.contains(char::is_whitespace) && (ends || alt.contains('_'))
}

/// Returns the first file that is a picture.
pub(super) fn image_among(enclosures: &[Enclosure]) -> Option<Image> {
    let mut pictures = enclosures
        .iter()
        .filter(|file| file.mime_type.starts_with("image/"));
    pictures.next().map(|file| Image {
        url: file.url.clone(),
        alt: file.title.clone(),
        width: None,
        height: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_words_and_sizes_where_they_are_told() {
        let picture = |url: &str, alt: &str, width: &str, height: &str| {
            let found = RawImage {
                url: url.into(),
                alt: Some(alt.into()),
                width: Some(width.into()),
                height: Some(height.into()),
            };
            let found = normalize_image(&found, &"https://host.example/n/".parse().unwrap())?;
            let size = (found.width, found.height);
            Some((String::from(found.url), found.alt.unwrap_or_default(), size))
        };
        let check = |alt: &str, expected: &str| {
            let found = picture("a.jpg", alt, "640", "480px").unwrap();
            let url = "https://host.example/n/a.jpg".to_owned();
            assert_eq!(found, (url, expected.to_owned(), (Some(640), Some(480))));
        };
        check(" Two\n cranes &amp; a <b>quay</b>", "Two cranes & a quay");
        check("Pier", "Pier");
        for name in ["IMG_2031", "quay.JPG", ""] {
            check(name, "");
        }
        let size = |width, height| picture("/a", "", width, height).map(|(.., size)| size);
        assert_eq!(size("100%", "0"), Some((None, None)));
        assert_eq!(size("1", "1"), None);
        assert_eq!(size("1", "600"), Some((Some(1), Some(600))));
        assert_eq!(picture("data:image/gif;base64,R0", "", "", ""), None);
    }
}
