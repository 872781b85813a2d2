//! Weighs measures with a linear model, learned from labelled pages.
//!
//! In: measures. Out: scores for a candidate as the list of its page, a text as its record's title, and a
//! date as its record's date. Scores are comparable within one page only. The weights are data
//! (`data/lists/weights.tsv`), which the example `train_lists` makes from a folder of labelled pages.

use std::sync::OnceLock;

use super::measures::{self, CHEAP, COUNT, ListMeasures};
use super::roles::{DATE_COUNT, DATE_NAMES, TITLE_COUNT, TITLE_NAMES};

/// The weights that come with the program.
const TABLE: &str = include_str!("../../../../data/lists/weights.tsv");

/// The model.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Weights of the measures that come from sums, which choose the candidates to examine closely.
    pub first: [f64; COUNT],
    /// Weights of all measures of a list.
    pub list: [f64; COUNT],
    /// Weights of a text that may be a title.
    pub title: [f64; TITLE_COUNT],
    /// Weights of a date of a record.
    pub date: [f64; DATE_COUNT],
}

impl Weights {
    /// Returns weights of zero, which rank all candidates equally.
    pub fn zero() -> Self {
        Self {
            first: [0.0; COUNT],
            list: [0.0; COUNT],
            title: [0.0; TITLE_COUNT],
            date: [0.0; DATE_COUNT],
        }
    }

    /// Returns the weights that come with the program.
    pub fn built_in() -> &'static Self {
        static LEARNED: OnceLock<Weights> = OnceLock::new();
        LEARNED.get_or_init(|| Self::parse(TABLE))
    }

    /// Parses a table with one line per part, measure and weight. Measures missing from it have a weight of
    /// zero.
    pub fn parse(table: &str) -> Self {
        let mut weights = Self::zero();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (Some(part), Some(name), Some(weight)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let weight = weight.parse().unwrap_or_default();
            let (names, values): (&[&str], &mut [f64]) = match part {
                "first" => (&measures::NAMES, &mut weights.first),
                "list" => (&measures::NAMES, &mut weights.list),
                "title" => (&TITLE_NAMES, &mut weights.title),
                "date" => (&DATE_NAMES, &mut weights.date),
                _ => continue,
            };
            let place = names.iter().position(|known| *known == name);
            if let Some(value) = place.and_then(|place| values.get_mut(place)) {
                *value = weight;
            }
        }
        weights
    }

    /// Returns these weights as a table.
    pub fn to_table(&self) -> String {
        let first = measures::NAMES.get(..CHEAP).unwrap_or_default();
        let parts: [(&str, &[&str], &[f64]); 4] = [
            ("first", first, &self.first),
            ("list", &measures::NAMES, &self.list),
            ("title", &TITLE_NAMES, &self.title),
            ("date", &DATE_NAMES, &self.date),
        ];
        let mut table = String::new();
        for (part, names, values) in parts {
            for (name, value) in names.iter().zip(values) {
                table.extend([part, "\t", name, "\t", &format!("{value:.3}\n")]);
            }
        }
        table
    }

    /// Returns the weight of a list's measure.
    pub(in crate::extract) fn measure_weight(&self, name: &str) -> f64 {
        let mut weights = measures::NAMES.iter().zip(&self.list);
        let found = weights.find(|(known, _)| **known == name);
        found.map_or(0.0, |(_, weight)| *weight)
    }

    pub(super) fn score_first_look(&self, measures: &ListMeasures) -> f64 {
        dot_product(&self.first, measures)
    }

    pub(super) fn score_list(&self, measures: &ListMeasures) -> f64 {
        dot_product(&self.list, measures)
    }

    pub(super) fn score_title(&self, measures: &[f64; TITLE_COUNT]) -> f64 {
        dot_product(&self.title, measures)
    }

    pub(super) fn score_date(&self, measures: &[f64; DATE_COUNT]) -> f64 {
        dot_product(&self.date, measures)
    }
}

fn dot_product(weights: &[f64], measures: &[f64]) -> f64 {
    weights
        .iter()
        .zip(measures)
        .map(|(weight, measure)| weight * measure)
        .sum()
}
