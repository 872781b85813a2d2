//! Shows a page to the program that learns the weights.
//!
//! In: a page. Out: its candidates with their measures, and for each record the texts and dates that were
//! weighed. Not for any other use: to read a page, use [`extract`](crate::extract::extract).

use std::ops::Range;

use chrono::NaiveDate;
use scraper::Html;
use url::Url;

use super::super::linked_data::LinkedData;
use super::super::reader::OutlineReader;
use super::candidates::{self, ListCandidate};
use super::measures;
use super::one::PageRecord;
use super::roles::ListRoles;
use super::sheet::PageSheet;
use super::{JudgedCandidate, Weights};
use crate::dates::DateHints;
use crate::extract::html::outline::Outline;

pub use super::measures::{CHEAP, COUNT, NAMES};
pub use super::roles::{DATE_COUNT, DATE_NAMES, TITLE_COUNT, TITLE_NAMES};

/// A page under study.
pub struct ListStudy<'s, 'a, 'h> {
    sheet: &'s PageSheet<'a, 'h>,
    candidates: Vec<ListCandidate>,
    measured: Vec<JudgedCandidate>,
    one: PageRecord,
    page: &'s Html,
}

/// One way to read the page.
#[derive(Clone, Debug)]
pub struct StudiedList {
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
pub struct StudiedEntry {
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
pub fn study_page<T>(
    html: &str,
    url: &Url,
    hints: &DateHints<'_>,
    look: impl FnOnce(&ListStudy<'_, '_, '_>) -> T,
) -> Option<T> {
    let page = super::super::parse_and_prune(html, &[]).ok()?;
    let base = page_base(&page, url);
    let outline = Outline::from_page(&page, &base);
    let sheet = PageSheet::lay_out(&outline, &base, hints);
    let candidates = candidates::find_candidates(&sheet);
    let measured = super::measure_candidates(&sheet, &candidates);
    let reader = OutlineReader::new(&outline, hints);
    let one = PageRecord::from_page(
        &page,
        &sheet,
        &reader,
        &LinkedData::from_page(&page, &base),
        url,
    );
    Some(look(&ListStudy {
        sheet: &sheet,
        candidates,
        measured,
        one,
        page: &page,
    }))
}

fn page_base(page: &Html, url: &Url) -> Url {
    super::super::page_base(page, url)
}

impl ListStudy<'_, '_, '_> {
    /// Returns every candidate with each filter.
    pub fn all_lists(&self) -> Vec<StudiedList> {
        let ways = self.measured.iter().enumerate();
        ways.map(|(place, judged)| {
            let candidate = &self.candidates[judged.place];
            let records = super::filter_records(self.sheet, candidate, judged.filter);
            StudiedList {
                place,
                measures: judged.measures,
                records: records.into_iter().cloned().collect(),
                name: format!(
                    "{} {} {}",
                    candidate.division.as_str(),
                    super::path::format_path(self.sheet.outline, candidate.sample),
                    judged.filter.as_str()
                ),
            }
        })
        .collect()
    }

    /// Returns every link as its node and absolute address.
    pub fn link_addresses(&self) -> Vec<(usize, String)> {
        let links = self.sheet.targets.iter().enumerate();
        links
            .filter_map(|(index, target)| {
                Some((index, self.link_address(target.as_ref().map(|_| index)?)?))
            })
            .collect()
    }

    /// Returns every leaf with its first node.
    pub fn leaf_texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.sheet
            .leaves
            .iter()
            .map(|leaf| (leaf.nodes.start, leaf.text.as_str()))
    }

    fn link_address(&self, link: usize) -> Option<String> {
        let href = self.sheet.outline.at(link).attr("href")?;
        Some(self.sheet.base.join(href.trim()).ok()?.to_string())
    }

    fn find_roles<'w>(
        &'w self,
        way: &'w StudiedList,
        weights: &'w Weights,
    ) -> ListRoles<'w, 'w, 'w> {
        let records: Vec<&Range<usize>> = way.records.iter().collect();
        ListRoles::from_records(self.sheet, &records, weights)
    }

    /// Returns the measures of a way, including those of its parts.
    pub fn measure_closely(&self, way: &StudiedList, weights: &Weights) -> [f64; COUNT] {
        let mut measures = way.measures;
        measures::add_part_measures(&mut measures, &self.find_roles(way, weights));
        measures
    }

    /// Returns the candidates for the title of each record, with their measures.
    pub fn title_candidates(&self, way: &StudiedList) -> Vec<Vec<(String, [f64; TITLE_COUNT])>> {
        let weights = Weights::zero();
        let roles = self.find_roles(way, &weights);
        way.records
            .iter()
            .map(|record| roles.measured_titles(record))
            .collect()
    }

    /// Returns the candidates for the date of each record, with their measures. `weights` choose the titles.
    pub fn date_candidates(
        &self,
        way: &StudiedList,
        weights: &Weights,
    ) -> Vec<Vec<(NaiveDate, [f64; DATE_COUNT])>> {
        let roles = self.find_roles(way, weights);
        way.records
            .iter()
            .map(|record| roles.measured_dates(record))
            .collect()
    }

    /// Returns the records as they are read.
    pub fn read_entries(&self, way: &StudiedList, weights: &Weights) -> Vec<StudiedEntry> {
        let roles = self.find_roles(way, weights);
        let entry = |record: &Range<usize>| {
            let parts = roles.find_parts(record);
            let title = parts.title?;
            let own = parts.link;
            let files = record
                .clone()
                .filter(|index| self.sheet.targets[*index].is_some() && Some(*index) != own);
            Some(StudiedEntry {
                title: roles.title_text(&title),
                day: parts.date.map(|date| date.day),
                link: own.and_then(|link| self.link_address(link)),
                files: files.filter_map(|index| self.link_address(index)).collect(),
            })
        };
        way.records.iter().filter_map(entry).collect()
    }

    /// Returns the measures of the page as one record, given the best ways of a first look, and its title and
    /// day. Returns `None` if it cannot be one record.
    pub fn measure_page(
        &self,
        best: &[&StudiedList],
    ) -> Option<([f64; COUNT], Option<String>, Option<NaiveDate>)> {
        if Self::is_sure(best) && !self.one.is_stated() {
            return None;
        }
        let (title, day) = self.one.title_and_day();
        let best = best.first().map(|way| &way.measures);
        let measures = measures::measure_page(self.one.measures, best);
        Some((measures, title.map(str::to_owned), day))
    }

    /// Returns the measures of a page without any records, given the best ways of a first look.
    pub fn measure_nothing(&self, best: &[&StudiedList]) -> [f64; COUNT] {
        measures::measure_nothing(self.sheet, best.first().map(|way| &way.measures))
    }

    fn is_sure(best: &[&StudiedList]) -> bool {
        let first = best.iter().take(super::FIRSTS);
        measures::is_sure(first.map(|way| &way.measures))
    }

    /// Returns the page without the records of a way.
    pub fn page_without(&self, way: &StudiedList) -> String {
        let outline = self.sheet.outline;
        let records = way
            .records
            .iter()
            .flat_map(|record| outline.outermost_nodes(record.clone()));
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
