//! Shows a page to the program that learns the weights.
//!
//! In: a page. Out: its candidates with their measures, and for each record the texts and dates that were
//! weighed. Not for any other use: to read a page, use [`extract`](crate::extract::extract).

use std::ops::Range;

use chrono::NaiveDate;
use scraper::Html;
use url::Url;

use super::super::linked_data::LinkedData;
use super::super::reader::Reader;
use super::candidates::{self, Candidate};
use super::measures;
use super::one::One;
use super::roles::Roles;
use super::sheet::Sheet;
use super::{Judged, Weights};
use crate::dates::Hints;
use crate::extract::html::outline::Outline;

pub use super::measures::{CHEAP, COUNT, NAMES};
pub use super::roles::{DATE_COUNT, DATE_NAMES, TITLE_COUNT, TITLE_NAMES};

/// A page under study.
pub struct Study<'s, 'a, 'h> {
    sheet: &'s Sheet<'a, 'h>,
    candidates: Vec<Candidate>,
    measured: Vec<Judged>,
    one: One,
    page: &'s Html,
}

/// One way to read the page.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its place among the candidates.
    pub place: usize,
    /// The measures that come from sums.
    pub measures: [f64; COUNT],
    /// The nodes of its records.
    pub records: Vec<Range<usize>>,
    /// A description of how it was found.
    pub name: String,
}

/// A record as it is read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The title.
    pub title: String,
    /// The day of its date, if it has one.
    pub day: Option<NaiveDate>,
    /// Its address.
    pub link: Option<String>,
    /// The other addresses in it.
    pub files: Vec<String>,
}

/// Lays out a page and passes it to `look`.
pub fn page<T>(
    html: &str,
    url: &Url,
    hints: &Hints<'_>,
    look: impl FnOnce(&Study<'_, '_, '_>) -> T,
) -> Option<T> {
    let page = super::super::parse(html, &[]).ok()?;
    let base = base(&page, url);
    let outline = Outline::of(&page, &base);
    let sheet = Sheet::of(&outline, &base, hints);
    let candidates = candidates::all(&sheet);
    let measured = super::measured(&sheet, &candidates);
    let reader = Reader::new(&outline, hints);
    let one = One::of(&page, &sheet, &reader, &LinkedData::of(&page, &base), url);
    Some(look(&Study {
        sheet: &sheet,
        candidates,
        measured,
        one,
        page: &page,
    }))
}

fn base(page: &Html, url: &Url) -> Url {
    super::super::base(page, url)
}

impl Study<'_, '_, '_> {
    /// Returns every candidate with each filter.
    pub fn ways(&self) -> Vec<Way> {
        let ways = self.measured.iter().enumerate();
        ways.map(|(place, judged)| {
            let candidate = &self.candidates[judged.place];
            let records = super::kept(self.sheet, candidate, judged.filter);
            Way {
                place,
                measures: judged.measures,
                records: records.into_iter().cloned().collect(),
                name: format!(
                    "{} {} {}",
                    candidate.division.as_str(),
                    super::path::written(self.sheet.outline, candidate.sample),
                    judged.filter.as_str()
                ),
            }
        })
        .collect()
    }

    /// Returns every link as its node and absolute address.
    pub fn links(&self) -> Vec<(usize, String)> {
        let links = self.sheet.targets.iter().enumerate();
        links
            .filter_map(|(index, target)| {
                Some((index, self.address(target.as_ref().map(|_| index)?)?))
            })
            .collect()
    }

    /// Returns every leaf with its first node.
    pub fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.sheet
            .leaves
            .iter()
            .map(|leaf| (leaf.nodes.start, leaf.text.as_str()))
    }

    fn address(&self, link: usize) -> Option<String> {
        let href = self.sheet.outline.at(link).attr("href")?;
        Some(self.sheet.base.join(href.trim()).ok()?.to_string())
    }

    fn roles<'w>(&'w self, way: &'w Way, weights: &'w Weights) -> Roles<'w, 'w, 'w> {
        let records: Vec<&Range<usize>> = way.records.iter().collect();
        Roles::of(self.sheet, &records, weights)
    }

    /// Returns the measures of a way, including those of its parts.
    pub fn closely(&self, way: &Way, weights: &Weights) -> [f64; COUNT] {
        let mut measures = way.measures;
        measures::closely(&mut measures, &self.roles(way, weights));
        measures
    }

    /// Returns the candidates for the title of each record, with their measures.
    pub fn titles(&self, way: &Way) -> Vec<Vec<(String, [f64; TITLE_COUNT])>> {
        let weights = Weights::none();
        let roles = self.roles(way, &weights);
        way.records
            .iter()
            .map(|record| roles.weighed_titles(record))
            .collect()
    }

    /// Returns the candidates for the date of each record, with their measures. `weights` choose the titles.
    pub fn dates(&self, way: &Way, weights: &Weights) -> Vec<Vec<(NaiveDate, [f64; DATE_COUNT])>> {
        let roles = self.roles(way, weights);
        way.records
            .iter()
            .map(|record| roles.weighed_dates(record))
            .collect()
    }

    /// Returns the records as they are read.
    pub fn entries(&self, way: &Way, weights: &Weights) -> Vec<Entry> {
        let roles = self.roles(way, weights);
        let entry = |record: &Range<usize>| {
            let parts = roles.parts(record);
            let title = parts.title?;
            let own = parts.link;
            let files = record
                .clone()
                .filter(|index| self.sheet.targets[*index].is_some() && Some(*index) != own);
            Some(Entry {
                title: roles.title_text(&title),
                day: parts.date.map(|date| date.day),
                link: own.and_then(|link| self.address(link)),
                files: files.filter_map(|index| self.address(index)).collect(),
            })
        };
        way.records.iter().filter_map(entry).collect()
    }

    /// Returns the measures of the page as one record, given the best ways of a first look, and its title and
    /// day. Returns `None` if it cannot be one record.
    pub fn one(&self, best: &[&Way]) -> Option<([f64; COUNT], Option<String>, Option<NaiveDate>)> {
        if Self::is_sure(best) && !self.one.is_told() {
            return None;
        }
        let (title, day) = self.one.essence();
        let best = best.first().map(|way| &way.measures);
        let measures = measures::of_page(self.one.measures, best);
        Some((measures, title.map(str::to_owned), day))
    }

    /// Returns the measures of a page without any records, given the best ways of a first look.
    pub fn nothing(&self, best: &[&Way]) -> [f64; COUNT] {
        measures::of_nothing(self.sheet, best.first().map(|way| &way.measures))
    }

    fn is_sure(best: &[&Way]) -> bool {
        let first = best.iter().take(super::FIRSTS);
        measures::is_sure(first.map(|way| &way.measures))
    }

    /// Returns the page without the records of a way.
    pub fn without(&self, way: &Way) -> String {
        let outline = self.sheet.outline;
        let records = way
            .records
            .iter()
            .flat_map(|record| outline.roots(record.clone()));
        let gone: Vec<_> = records.map(|index| outline.at(index).node.id()).collect();
        let mut page = self.page.clone();
        for id in gone {
            if let Some(mut node) = page.tree.get_mut(id) {
                node.detach();
            }
        }
        page.html()
    }
}
