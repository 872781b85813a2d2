//! Reads the picture of an `img` element, whose address may be in several attributes.
//!
//! In: its attributes. Out: the picture, with its description and its size.

use crate::model::{LAZY_SOURCES, RawImage, SOURCE_SETS};

/// Returns the picture itself: pages that load pictures late have a placeholder in `src`.
pub(super) fn image_from_element<'a>(attr: impl Fn(&str) -> Option<&'a str>) -> Option<RawImage> {
    let address = |name: &&str| {
        let found = attr(name)?.trim();
        (!found.is_empty() && !found.starts_with("data:")).then(|| found.to_owned())
    };
    let first_of_set = |name: &&str| {
        let first = attr(name)?.split_whitespace().next()?;
        Some(first.trim_end_matches(',').to_owned())
    };
    let url = LAZY_SOURCES
        .iter()
        .find_map(address)
        .or_else(|| address(&"src"))
        .or_else(|| SOURCE_SETS.iter().find_map(first_of_set))?;
    Some(RawImage {
        url,
        ..image_description(&attr)
    })
}

/// Returns the description and the size of an `img` element, without its address.
pub(super) fn image_description<'a>(attr: impl Fn(&str) -> Option<&'a str>) -> RawImage {
    let stated = |name: &str| attr(name).map(str::to_owned);
    RawImage {
        url: String::new(),
        alt: stated("alt"),
        width: stated("width"),
        height: stated("height"),
    }
}

/// Returns the address in a style, `background-image: url('/a.jpg')`, and any other value unchanged.
pub(super) fn address_in_style(value: String) -> String {
    let inner = value
        .split_once("url(")
        .and_then(|(_, rest)| rest.split_once(')'));
    match inner {
        Some((address, _)) => address.trim().trim_matches(['"', '\'']).to_owned(),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_picture() {
        let check = |attributes: &[(&str, &'static str)], expected: Option<&str>| {
            let attr = |name: &str| {
                let found = attributes.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| *value)
            };
            let found = image_from_element(attr).map(|image| image.url);
            assert_eq!(found.as_deref(), expected, "{attributes:?}");
        };
        check(&[("src", " /a.jpg ")], Some("/a.jpg"));
        check(
            &[("src", "/wait.gif"), ("data-src", "/a.jpg")],
            Some("/a.jpg"),
        );
        let set = "/a-300.jpg 300w, /a-600.jpg 600w";
        check(
            &[("src", "data:image/gif;base64,R0"), ("srcset", set)],
            Some("/a-300.jpg"),
        );
        check(&[("srcset", "/a.jpg, /b.jpg 2x")], Some("/a.jpg"));
        check(&[("src", "data:image/gif;base64,R0")], None);
        check(&[("alt", "Quay")], None);
    }

    #[test]
    fn a_style_holds_an_address() {
        let check =
            |style: &str, address: &str| assert_eq!(address_in_style(style.to_owned()), address);
        check(
            "color: red; background-image: url('/a.jpg?x=1');",
            "/a.jpg?x=1",
        );
        check("background:url( /a.jpg )", "/a.jpg");
        check("/a.jpg", "/a.jpg");
    }
}
