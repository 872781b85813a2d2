//! Reads Media RSS and the pictures of other vocabularies: the picture that represents an entry, and the
//! entry's files.
//!
//! In: the elements of one entry. Out: its picture, and the files among `media:content`.
//!
//! A picture in `media:content` is the entry's own if no element names a better one. The other pictures are
//! files of it. Elements within a picture (`media:title`, `media:description`, `media:credit`) describe the
//! picture: its caption is not the title of the entry, and its photographer is not the author. The portrait
//! of an author, which blogs add to each of their entries, is neither a picture of the entry nor a file.

use url::Url;

use super::draft::FoundText;
use super::names::FeedElement;
use crate::model::{RawEnclosure, RawImage, file_type};

/// The maximum number of pictures of one entry.
const MAX_PICTURES: usize = 100;

/// The element that contains an element of Media RSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaParent {
    /// `media:content`
    File,
    /// `media:group`
    Group,
}

/// The rank of an element's picture as the one that represents the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PictureRank {
    /// `image` of the entry.
    Own,
    /// `media:thumbnail`, `itunes:image`.
    Thumbnail,
    /// `logo`, `icon`.
    Logo,
    /// `media:content` that is the default of its group.
    Default,
    /// `media:content`
    Content,
}

/// A picture, and its file in case it does not represent the entry.
#[derive(Debug)]
struct MediaPicture {
    standing: PictureRank,
    image: RawImage,
    title: Option<String>,
    description: Option<String>,
    file: Option<RawEnclosure>,
}

/// The picture or file that a title or a description belongs to.
#[derive(Debug)]
enum CaptionTarget {
    Picture(usize),
    File(String),
}

/// The media of one entry.
#[derive(Debug, Default)]
pub(super) struct EntryMedia {
    pictures: Vec<MediaPicture>,
    current: Option<CaptionTarget>,
    has_files: bool,
    /// Titles of files, by their addresses.
    titles: Vec<(String, String)>,
}

/// The media of one entry, decided.
#[derive(Debug, Default)]
pub(super) struct ResolvedMedia {
    pub(super) image: Option<RawImage>,
    pub(super) files: Vec<RawEnclosure>,
    pub(super) titles: Vec<(String, String)>,
}

impl EntryMedia {
    pub(super) fn put_image(&mut self, url: String) {
        self.push_picture(PictureRank::Own, RawImage::from(url));
    }

    pub(super) fn put_logo(&mut self, url: String) {
        self.push_picture(PictureRank::Logo, RawImage::from(url));
    }

    pub(super) fn put_thumbnail(&mut self, found: &FoundText<'_, '_>) {
        if let Some(image) = read_image(found, &["url", "href"]) {
            self.push_picture(PictureRank::Thumbnail, image);
        }
    }

    /// Takes a `media:content`. Returns it if it is not a picture.
    pub(super) fn put_content(&mut self, found: &FoundText<'_, '_>) -> Option<RawEnclosure> {
        self.current = None;
        let image = read_image(found, &["url", "href", "src"])?;
        let tag = found.tag;
        let medium = tag.attribute(&["medium"]).map(|text| text.to_lowercase());
        let mime_type = tag.attribute(&["type"]);
        let is_picture = is_picture(medium.as_deref(), mime_type.as_deref(), &image.url);
        let file = RawEnclosure {
            url: image.url.clone(),
            title: None,
            mime_type: mime_type.or_else(|| medium_to_mime_range(medium.as_deref())),
            length_bytes: tag.attribute(&["length", "filesize"]),
            duration: tag.attribute(&["duration"]),
        };
        if !is_picture {
            self.has_files = true;
            self.current = Some(CaptionTarget::File(file.url.clone()));
            return Some(file);
        }
        let is_default = tag.attribute(&["isdefault"]);
        let is_default = is_default.is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let standing = if is_default {
            PictureRank::Default
        } else {
            PictureRank::Content
        };
        let before = self.pictures.len();
        self.push_picture(standing, image);
        if let Some(picture) = self.pictures.get_mut(before) {
            picture.file = Some(file);
            self.current = Some(CaptionTarget::Picture(before));
        }
        None
    }

    /// Takes an element that describes a picture or names a file. Returns it if it may apply to the entry.
    pub(super) fn put_child<'t, 'a>(
        &mut self,
        within: MediaParent,
        found: FoundText<'t, 'a>,
    ) -> Option<FoundText<'t, 'a>> {
        let element = found.element;
        let is_caption = matches!(element, FeedElement::Title | FeedElement::Summary);
        let is_of_media = is_caption
            || matches!(
                element,
                FeedElement::Creator | FeedElement::License | FeedElement::Rights
            );
        if !is_of_media {
            return Some(found);
        }
        match (within, &self.current) {
            (MediaParent::File, Some(CaptionTarget::Picture(at))) => {
                let at = *at;
                self.set_caption(at..at + 1, found);
                None
            }
            (MediaParent::File, Some(CaptionTarget::File(url))) => {
                if element == FeedElement::Title {
                    self.titles.push((url.clone(), found.to_text()));
                }
                Some(found)
            }
            (MediaParent::Group, _)
                if is_caption && !self.has_files && !self.pictures.is_empty() =>
            {
                self.set_caption(0..self.pictures.len(), found);
                None
            }
            _ => Some(found),
        }
    }

    fn set_caption(&mut self, of: std::ops::Range<usize>, found: FoundText<'_, '_>) {
        let element = found.element;
        let text = found.into_text();
        if text.trim().is_empty() {
            return;
        }
        for picture in self.pictures.get_mut(of).unwrap_or_default() {
            let place = match element {
                FeedElement::Title => &mut picture.title,
                FeedElement::Summary => &mut picture.description,
                _ => continue,
            };
            place.get_or_insert_with(|| text.clone());
        }
    }

    fn push_picture(&mut self, standing: PictureRank, image: RawImage) {
        if self.pictures.len() >= MAX_PICTURES || image.url.trim().is_empty() {
            return;
        }
        self.pictures.push(MediaPicture {
            standing,
            image,
            title: None,
            description: None,
            file: None,
        });
    }

    /// Decides which picture represents the entry, whose authors are `people`.
    pub(super) fn choose_picture(mut self, people: &[String]) -> ResolvedMedia {
        self.pictures
            .retain(|picture| !picture.is_portrait(people) && !picture.is_tracking_pixel());
        let image = self.pictures.iter().min_by_key(|picture| picture.rank());
        let image = image.map(|picture| picture.image.clone());
        // If several elements name one picture, the values of all are merged.
        let image = image.map(|image| {
            let same = self.pictures.iter();
            let same = same.filter(|picture| picture.image.url == image.url);
            same.fold(image.clone(), |image, picture| {
                picture.complete_image(image)
            })
        });
        let is_chosen = |picture: &&MediaPicture| {
            let image = image.as_ref();
            image.is_some_and(|image| is_same_picture(&picture.image, image))
        };
        let others = self.pictures.iter();
        let others = others.filter(|picture| !is_chosen(picture));
        let files = others.filter_map(MediaPicture::to_enclosure).collect();
        ResolvedMedia {
            image,
            files,
            titles: self.titles,
        }
    }
}

impl MediaPicture {
    /// Returns the rank, the lowest of which is the best: by the element, then the widest.
    fn rank(&self) -> (PictureRank, std::cmp::Reverse<u32>) {
        let width = self.image.width.as_deref().and_then(parse_pixels);
        (self.standing, std::cmp::Reverse(width.unwrap_or(0)))
    }

    /// Returns the alternative text: the description if possible, since a title is often the name of a file.
    fn alt_text(&self) -> Option<String> {
        self.description.clone().or_else(|| self.title.clone())
    }

    fn complete_image(&self, image: RawImage) -> RawImage {
        RawImage {
            alt: image.alt.or_else(|| self.alt_text()),
            width: image.width.or_else(|| self.image.width.clone()),
            height: image.height.or_else(|| self.image.height.clone()),
            ..image
        }
    }

    fn to_enclosure(&self) -> Option<RawEnclosure> {
        let file = self.file.clone()?;
        Some(RawEnclosure {
            title: self.title.clone(),
            ..file
        })
    }

    /// Returns true for an image of one dot, which shows nothing and reports each reader to its server.
    fn is_tracking_pixel(&self) -> bool {
        let sides = [&self.image.width, &self.image.height];
        sides.into_iter().all(|side| {
            side.as_deref()
                .and_then(parse_pixels)
                .is_some_and(|side| side <= 1)
        })
    }

    /// Returns true if it shows an author: blogs name it after them, or it comes from a host of portraits.
    fn is_portrait(&self, people: &[String]) -> bool {
        if self.standing == PictureRank::Own {
            return false;
        }
        let is_named = |name: &String| {
            let title = self.title.as_deref().unwrap_or_default().trim();
            !title.is_empty() && name.trim().eq_ignore_ascii_case(title)
        };
        people.iter().any(is_named) || is_avatar_address(&self.image.url)
    }
}

/// Recognizes `https://0.gravatar.com/avatar/…`, `https://avatars.host.example/7`,
/// `https://host.example/avatars/7.png`.
fn is_avatar_address(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, rest) = path.split_once("//").unwrap_or(("", path));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    host == "gravatar.com"
        || host.ends_with(".gravatar.com")
        || host.starts_with("avatars.")
        || path
            .split('/')
            .any(|part| matches!(part, "avatar" | "avatars"))
}

fn read_image(found: &FoundText<'_, '_>, address: &[&str]) -> Option<RawImage> {
    Some(RawImage {
        url: found.attribute_address(address)?,
        alt: found.tag.attribute(&["alt"]),
        width: found.tag.attribute(&["width"]),
        height: found.tag.attribute(&["height"]),
    })
}

/// Returns true if both are the same picture, possibly in different sizes: with stated widths, and addresses
/// that differ only in their parameters.
fn is_same_picture(one: &RawImage, other: &RawImage) -> bool {
    let path = |image: &RawImage| {
        let address = image.url.as_str();
        let end = address.find(['?', '#']).unwrap_or(address.len());
        address.split_at(end).0.to_owned()
    };
    let have_widths = one.width.is_some() && other.width.is_some();
    one.url == other.url || have_widths && path(one) == path(other)
}

fn parse_pixels(text: &str) -> Option<u32> {
    text.trim().trim_end_matches("px").trim_end().parse().ok()
}

/// Returns true if the file is a picture, by its medium, else by its type, else by its address.
fn is_picture(medium: Option<&str>, mime_type: Option<&str>, url: &str) -> bool {
    if let Some(medium) = medium {
        return medium.starts_with("image");
    }
    if let Some(mime_type) = mime_type {
        return mime_type.to_ascii_lowercase().starts_with("image");
    }
    let base = Url::parse("http://base.invalid/").expect("an address of our own");
    let url = base.join(url.trim()).ok();
    let known = url.as_ref().and_then(file_type);
    known.is_some_and(|known| known.starts_with("image/"))
}

/// Returns the type of a file of which only the medium is known, as a range (RFC 9110 §12.5.1).
fn medium_to_mime_range(medium: Option<&str>) -> Option<String> {
    let medium = medium.filter(|medium| matches!(*medium, "image" | "audio" | "video"))?;
    Some(format!("{medium}/*"))
}
