//! A candidate in words, and found again by them.
//!
//! In: a [`Layout`], the candidates of a page. Out: the one that it names. A page that changed its classes, but not its
//! tags, is the same page; one on which nothing has the way that the layout names is another.

use super::candidates::{Candidate, Division};
use super::measures::Filter;
use super::path;
use super::roles::Places;
use super::sheet::Sheet;
use crate::model::Layout;

/// The layout of a page that is one record.
const PAGE: &str = "page";

/// A layout, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The page as one record.
    Page,
    /// A list.
    List {
        division: Division,
        way: String,
        filter: Filter,
        places: Places,
    },
}

impl Named {
    /// Takes a layout apart; `None` for words of another version.
    pub(super) fn of(layout: &Layout) -> Option<Self> {
        let text = layout.as_str();
        if text == PAGE {
            return Some(Self::Page);
        }
        let (division, rest) = text.split_once(' ')?;
        let division = Division::ALL
            .into_iter()
            .find(|known| known.as_str() == division)?;
        let mut parts = rest.split(", ");
        let way = parts.next()?.to_owned();
        let filter = parts.next()?;
        let filter = Filter::ALL
            .into_iter()
            .find(|known| known.as_str() == filter)?;
        let mut places = Places::default();
        for part in parts {
            let (name, place) = part.split_once(' ')?;
            let place = u64::from_str_radix(place, 16).ok();
            match name {
                "title" => places.title = place,
                "date" => places.date = place,
                _ => return None,
            }
        }
        Some(Self::List {
            division,
            way,
            filter,
            places,
        })
    }

    /// The layout in words.
    pub(super) fn layout(&self) -> Option<Layout> {
        match self {
            Self::Page => PAGE.parse().ok(),
            Self::List {
                division,
                way,
                filter,
                places,
            } => {
                let mut text = format!("{} {way}, {}", division.as_str(), filter.as_str());
                let named = [("title", places.title), ("date", places.date)];
                for (name, place) in named {
                    if let Some(place) = place {
                        text += &format!(", {name} {place:016x}");
                    }
                }
                text.parse().ok()
            }
        }
    }

    pub(super) fn list(
        sheet: &Sheet<'_, '_>,
        candidate: &Candidate,
        filter: Filter,
        places: Places,
    ) -> Self {
        Self::List {
            division: candidate.division,
            way: way(sheet, candidate),
            filter,
            places,
        }
    }
}

/// The places among `candidates` that a way names: those of the same classes, else those of the same tags.
pub(super) fn found(
    sheet: &Sheet<'_, '_>,
    candidates: &[Candidate],
    division: Division,
    named: &str,
) -> Vec<usize> {
    let alike = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| candidate.division == division);
    let ways: Vec<(usize, String)> = alike
        .map(|(place, candidate)| (place, way(sheet, candidate)))
        .collect();
    let of = |is: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let same = ways.iter().filter(|(_, way)| is(way));
        same.map(|(place, _)| *place).collect()
    };
    let same = of(&|way| way == named);
    if !same.is_empty() {
        return same;
    }
    let tags = tags(named);
    of(&|way| self::tags(way) == tags)
}

/// The way to what a candidate divides: the element of its records, or the one around them.
fn way(sheet: &Sheet<'_, '_>, candidate: &Candidate) -> String {
    let around = matches!(
        candidate.division,
        Division::Children | Division::ChildrenOfPath
    );
    let node = if around {
        sheet.outline.at(candidate.sample).parent
    } else {
        candidate.sample
    };
    path::written(sheet.outline, node)
}

fn tags(way: &str) -> String {
    let steps = way
        .split(" > ")
        .map(|step| step.split('.').next().unwrap_or_default());
    steps.collect::<Vec<_>>().join(" > ")
}
