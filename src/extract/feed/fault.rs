//! Faults in the format of a feed, and the correction of each.

use memchr::memchr_iter;

pub(in crate::extract) use crate::model::FormatFault;
use crate::model::Problem;

/// The maximum number of different faults reported for one document.
const MAX_FAULTS: usize = 30;

/// The faults of one document: each kind once, with the place of the first and the number of occurrences.
#[derive(Debug, Default)]
pub(in crate::extract) struct FormatFaults(Vec<NotedFault>);

#[derive(Debug)]
struct NotedFault {
    fault: FormatFault,
    /// The byte offset in the text.
    at: usize,
    times: usize,
}

impl FormatFaults {
    /// Adds a fault at byte `at` of the text.
    pub(in crate::extract) fn note(&mut self, fault: FormatFault, at: usize) {
        self.note_all(fault, at, 1);
    }

    /// Adds several faults of one kind. `at` is the place of the first.
    pub(in crate::extract) fn note_all(&mut self, fault: FormatFault, at: usize, times: usize) {
        if let Some(noted) = self.0.iter_mut().find(|noted| noted.fault == fault) {
            noted.times += times;
            noted.at = noted.at.min(at);
        } else if self.0.len() < MAX_FAULTS {
            self.0.push(NotedFault { fault, at, times });
        }
    }

    /// Returns the problems in the order of their places.
    pub(in crate::extract) fn into_problems(mut self, text: &str) -> Vec<Problem> {
        self.0.sort_by_key(|noted| noted.at);
        let (mut line, mut counted) = (1, 0);
        let problem = |noted: NotedFault| {
            let between = text.as_bytes().get(counted..noted.at).unwrap_or_default();
            line += memchr_iter(b'\n', between).count();
            counted = noted.at.max(counted);
            Problem::Malformed {
                line,
                fault: noted.fault,
                times: noted.times,
            }
        };
        self.0.into_iter().map(problem).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once_with_its_line() {
        let mut faults = FormatFaults::default();
        faults.note(FormatFault::LoneLess, 6);
        faults.note(FormatFault::BareAmpersand, 3);
        faults.note(FormatFault::LoneLess, 5);
        let told: Vec<String> = faults
            .into_problems("a\nb\nc\nd")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "line 2: `&` begins no entity; it stays as it is",
                "line 3: `<` begins no tag; it stays as it is (2 times)"
            ]
        );
    }
}
