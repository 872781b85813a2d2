//! Finds the files attached to a page: notices, forms, tables, recordings. Also finds its picture.
//!
//! In: the outline of the page of one entry. Out: links to files within the article or next to it, in page
//! order. Links in menus, sidebars and footers belong to the site.

use std::collections::HashSet;

use url::Url;

use super::article::{self, Article};
use super::outline::{Outline, VisibleNode};
use super::picture;
use crate::model::{RawEnclosure, RawImage, file_type, is_file_type};
use crate::text::text_of_node;

/// The maximum number of files of one page.
const MAX_FILES: usize = 20;

/// The minimum size of a picture, in pixels. Smaller ones are icons.
const MIN_PICTURE: u32 = 100;

/// Extensions of photographs, as opposed to drawings of a template.
const PHOTOGRAPHS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "avif"];

/// The amount of additional text that is not yet another subject.
const FEW_LETTERS: usize = 400;

/// Returns the files of the page, each once.
pub(super) fn collect_files(
    outline: &Outline<'_>,
    article: Option<&Article>,
    base: &Url,
) -> Vec<RawEnclosure> {
    let heading = article::find_heading(outline, article.map_or(0, Article::body));
    match (article, heading) {
        (Some(article), Some(_)) => files_within(outline, enclosing_part(outline, article), base),
        (None, None) => Vec::new(),
        (article, heading) => {
            let only = article.map(Article::body).or(heading).unwrap_or_default();
            let above = outline.ancestors(only);
            let mut near = above.take_while(|above| is_near(outline, only, *above));
            let found = near.find_map(|above| {
                let files = files_within(outline, above, base);
                (!files.is_empty()).then_some(files)
            });
            found.unwrap_or_default()
        }
    }
}

/// Returns the first picture of the article that is not an icon.
pub(super) fn first_picture(outline: &Outline<'_>, article: &Article) -> Option<RawImage> {
    let pictures = outline
        .range(enclosing_part(outline, article))
        .filter_map(|index| {
            let node = outline.at(index);
            let large = |name: &str| {
                let stated = node.attr(name).and_then(|size| size.parse::<u32>().ok());
                stated.is_none_or(|size| size >= MIN_PICTURE)
            };
            let is_picture = node.name() == "img" && !node.is_around;
            let shows = is_picture && large("width") && large("height");
            shows.then(|| picture::image_from_element(|name| node.attr(name)))?
        });
    let is_photograph = |picture: &RawImage| {
        let path = picture.url.split(['?', '#']).next().unwrap_or_default();
        let (_, ending) = path.rsplit_once('.').unwrap_or_default();
        PHOTOGRAPHS
            .iter()
            .any(|own| ending.eq_ignore_ascii_case(own))
    };
    let mut photographs = pictures.filter(is_photograph);
    photographs.next()
}

/// Returns the element that contains the running text, the title above it and the parts next to it.
fn enclosing_part(outline: &Outline<'_>, article: &Article) -> usize {
    let body = article.body();
    let heading = article::find_heading(outline, body);
    let common = heading.and_then(|heading| {
        let mut above = outline.ancestors(body);
        above.find(|above| outline.range(*above).contains(&heading))
    });
    let common = common.filter(|common| is_near(outline, body, *common));
    common.unwrap_or(body)
}

/// Returns true if `above` has the same subject as the node within it: it does not have much more text.
fn is_near(outline: &Outline<'_>, index: usize, above: usize) -> bool {
    let letters = |index| outline.letters(&outline.range(index));
    letters(above) <= FEW_LETTERS + 2 * letters(index)
}

fn files_within(outline: &Outline<'_>, within: usize, base: &Url) -> Vec<RawEnclosure> {
    let mut known = HashSet::new();
    let own = outline
        .range(within)
        .filter(|index| !outline.at(*index).is_around);
    let files = own.filter_map(|index| linked_file(outline.at(index), base));
    files
        .filter(|file| known.insert(file.url.clone()))
        .take(MAX_FILES)
        .collect()
}

/// Returns the text of a link.
fn link_label(link: &VisibleNode<'_>) -> Option<String> {
    Some(text_of_node(link.node).replace('\n', " ")).filter(|text| !text.is_empty())
}

/// Returns the file that a link leads to, by the extension of its path or by the type that the link states.
fn linked_file(link: &VisibleNode<'_>, base: &Url) -> Option<RawEnclosure> {
    let url = base.join(link.attr("href")?.trim()).ok()?;
    if link.name() != "a" || !matches!(url.scheme(), "http" | "https" | "file") {
        return None;
    }
    let stated = link.attr("type").unwrap_or_default().to_ascii_lowercase();
    let (stated, length) = stated.split_once(';').unwrap_or((stated.as_str(), ""));
    let stated = Some(stated.trim()).filter(|stated| is_file_type(stated));
    let mime_type = file_type(&url).or(stated)?;
    // A picture behind a link is that of the text, larger.
    if mime_type.starts_with("image/") {
        return None;
    }
    // Drupal writes `application/pdf; length=482133`.
    let length = length.trim().strip_prefix("length=");
    Some(RawEnclosure {
        url: url.into(),
        title: link_label(link),
        mime_type: Some(mime_type.to_owned()),
        length_bytes: length.map(str::to_owned),
        duration: None,
    })
}
