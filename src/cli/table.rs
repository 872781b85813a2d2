//! Tables for people.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// Returns an empty table as wide as the terminal. The first column is never wrapped, so that it can be copied.
pub(super) fn new_table(header: &[&str]) -> Table {
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

/// States once the zone of all times in a table.
pub(super) fn zone_line(zone: chrono_tz::Tz) -> String {
    format!("All times are in {zone}.")
}

/// Returns the columns of the terminal, or a common width.
pub(super) fn terminal_width() -> usize {
    const USUAL: u16 = 100;
    const LEAST: u16 = 40;
    let width = Table::new().width().filter(|width| *width >= LEAST);
    width.unwrap_or(USUAL).into()
}

/// Returns the table's lines without trailing blanks.
pub(super) fn table_lines(table: &Table) -> String {
    table.trim_fmt()
}
