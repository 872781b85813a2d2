//! The cost of understanding an item: a group for each subject.
//!
//! `cargo bench --bench understand`

mod dates;
mod language;
mod places;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    dates::bench(&mut criterion);
    places::bench(&mut criterion);
    language::bench(&mut criterion);
    criterion.final_summary();
}
