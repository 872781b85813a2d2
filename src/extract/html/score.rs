//! How likely a list is what a page is for.
//!
//! In: a list and what its records are made of. Out: a number, to be compared within one page only.
//!
//! Every part of it is a share between 0 and 1: navigation, sidebars and pagers lose by short titles without date and
//! text, a list divided too high by titles of its other records, one divided too low by what it leaves out.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::cluster::{Record, title_like};
use super::fields::Fields;
use super::ratio;
use super::reader::{Place, Reader};

/// How many records are judged.
const JUDGED: usize = 20;

/// Deeper within a record its text begins, which every record has in another form.
const SHAPE_DEPTH: usize = 4;

/// So much text beside the title is a text.
const TEXT_LETTERS: usize = 40;

/// What is seen of a list.
#[derive(Debug)]
pub(super) struct Signs {
    /// How many records.
    pub(super) count: usize,
    /// How like titles the titles are.
    pub(super) titles: f64,
    /// Share of records that begin with their title: links in running text do not.
    pub(super) first: f64,
    /// Share of titles that no other record has, and of addresses.
    pub(super) distinct: f64,
    /// Share of records with a date beside the title.
    pub(super) dated: f64,
    /// Share of records whose title is a heading.
    pub(super) headed: f64,
    /// Share of records with text beside the title.
    pub(super) texts: f64,
    /// Share of the page's text that stands in the list.
    pub(super) coverage: f64,
    /// How alike the records are built.
    pub(super) alike: f64,
    /// Share of records outside of navigation and asides.
    pub(super) central: f64,
    /// Share of links to the page's own site.
    pub(super) own_site: f64,
}

impl Signs {
    pub(super) fn of(
        reader: &Reader<'_, '_>,
        records: &[Record],
        fields: &Fields,
        base: &Url,
    ) -> Self {
        let outline = reader.outline;
        let judged = records.len().min(JUDGED);
        let mut sums = Sums::default();
        for record in records.iter().take(judged) {
            sums.add(reader, record, fields, base);
        }
        let share = |count: usize| ratio(count, judged.max(1));
        let letters: usize = records.iter().map(|record| outline.letters(record)).sum();
        Self {
            count: records.len(),
            titles: sums.titles / ratio(judged.max(1), 1),
            first: share(sums.first),
            distinct: share(sums.texts.len()) * share(sums.links.len()),
            dated: share(sums.dated),
            headed: share(sums.headed),
            texts: share(sums.with_text),
            coverage: ratio(letters, outline.letters(&outline.range(0)).max(1)),
            alike: alike(reader, records.get(..judged).unwrap_or(records)),
            central: share(sums.central),
            own_site: share(sums.own_site),
        }
    }

    /// More is better.
    pub(super) fn score(&self) -> f64 {
        let evidence = 1.0 + self.dated + self.headed + self.texts + self.coverage;
        // More records help as long as the further ones are two thirds as good as the others.
        ratio(self.count, 1).cbrt()
            * self.titles
            * (0.25 + 0.75 * self.first)
            * self.distinct
            * self.alike.sqrt()
            * (0.25 + 0.75 * self.central)
            * (0.5 + 0.5 * self.own_site)
            * evidence
    }
}

#[derive(Default)]
struct Sums {
    titles: f64,
    first: usize,
    texts: HashSet<String>,
    links: HashSet<String>,
    dated: usize,
    headed: usize,
    with_text: usize,
    central: usize,
    own_site: usize,
}

impl Sums {
    fn add(&mut self, reader: &Reader<'_, '_>, record: &Record, fields: &Fields, base: &Url) {
        let outline = reader.outline;
        let parts = fields.parts(reader, record);
        self.with_text += usize::from(reader.text_letters(record, &parts) >= TEXT_LETTERS);
        self.dated += usize::from(parts.date.is_some());
        self.central += usize::from(!outline.at(record.start).is_around);
        if let Some(title) = parts.title {
            self.titles += title_like(outline.letters(&outline.range(title)));
            self.texts.insert(reader.text(title));
            let before = outline.letters(&(record.start..title));
            let date = parts.date.filter(|date| *date < title);
            let date = date.map_or(0, |date| outline.letters(&outline.range(date)));
            self.first += usize::from(before.saturating_sub(date) < TEXT_LETTERS);
            let mut around = outline
                .above(title)
                .take_while(|above| *above >= record.start);
            let heads = |index: usize| outline.at(index).name() == "h";
            let headed = around.any(heads) || outline.range(title).any(heads);
            self.headed += usize::from(headed);
        }
        if let Some(href) = parts.link.and_then(|link| outline.at(link).attr("href")) {
            let link = base.join(href.trim()).ok();
            let host = link.as_ref().and_then(Url::host_str);
            self.own_site += usize::from(host == base.host_str());
            self.links.insert(href.to_owned());
        }
    }
}

/// How common the places of a record are among the others, on average: 1 when all are built the same.
fn alike(reader: &Reader<'_, '_>, records: &[Record]) -> f64 {
    let shapes: Vec<HashSet<Place>> = records.iter().map(|record| shape(reader, record)).collect();
    let mut counts: HashMap<Place, usize> = HashMap::new();
    for place in shapes.iter().flatten() {
        *counts.entry(*place).or_default() += 1;
    }
    let (mut sum, mut all) = (0.0, 0.0);
    for count in counts.values() {
        let share = ratio(*count, records.len().max(1));
        sum += share * share;
        all += share;
    }
    if all > 0.0 { sum / all } else { 1.0 }
}

/// The places of a record that are no part of its running text.
pub(super) fn shape(reader: &Reader<'_, '_>, record: &Record) -> HashSet<Place> {
    let outline = reader.outline;
    let top = outline.at(record.start).depth;
    let walk = reader.walk(record).nodes.into_iter();
    let built = walk.filter(|(index, _)| {
        let node = outline.at(*index);
        node.name() != "#" && !node.is_inline() && node.depth <= top + SHAPE_DEPTH
    });
    built.map(|(_, place)| place).collect()
}
