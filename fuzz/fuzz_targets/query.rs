//! The query of a topic or of a search, read and tried on one item. A mistake and a warning name a column of the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::classify::{Subject, holds};
use tidings::topics::Query;

fuzz_target!(|text: &str| {
    let columns = 1..=text.chars().count() + 1;
    match Query::read(text) {
        Ok(read) => {
            for column in &read.columns {
                assert!(columns.contains(column), "column {column} of {text:?}");
            }
            let subject = Subject {
                title: "Floods close the harbour in Limón",
                summary: "El puerto de Limón está cerrado tras las lluvias. 港は閉鎖されています。",
                tags: vec!["harbour", "weather"],
                ..Subject::default()
            };
            holds(&read.query, &[], &[], &subject);
        }
        Err(mistake) => assert!(columns.contains(&mistake.column), "{mistake:?} of {text:?}"),
    }
});
