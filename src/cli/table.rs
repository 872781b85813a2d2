//! Tables that people can read.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// A table without lines, as wide as the terminal. What its first column names is never broken: it is there to be copied.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|title| title.to_uppercase()));
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

/// Says once in which zone all times of a table are.
pub(super) fn zone(zone: chrono_tz::Tz) -> String {
    format!("Times are those of {zone}.")
}

/// The columns of the terminal, or as many as most have.
pub(super) fn width() -> usize {
    const USUAL: u16 = 100;
    const LEAST: u16 = 40;
    let width = Table::new().width().filter(|width| *width >= LEAST);
    width.unwrap_or(USUAL).into()
}

/// The table's lines without blanks at their ends.
pub(super) fn lines(table: &Table) -> String {
    table.trim_fmt()
}
