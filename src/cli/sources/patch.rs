//! Formats the patch between two texts.

use std::fmt::Write as _;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// Returns a unified diff of one hunk, from the first differing line to the last; empty if the texts are equal.
pub(super) fn unified_diff(name: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let pairs = old.iter().zip(&new);
    let same = pairs.take_while(|(one, other)| one == other).count();
    let rest = old.len().min(new.len()) - same;
    let pairs = old.iter().rev().zip(new.iter().rev()).take(rest);
    let tail = pairs.take_while(|(one, other)| one == other).count();
    let (removed, added) = (&old[same..old.len() - tail], &new[same..new.len() - tail]);
    if removed.is_empty() && added.is_empty() {
        return String::new();
    }
    let start = same.saturating_sub(CONTEXT);
    let lead = &old[start..same];
    let tail = &old[old.len() - tail..(old.len() - tail + CONTEXT).min(old.len())];
    let around = lead.len() + tail.len();
    let range = |count: usize| {
        // An empty side is numbered by the line before it.
        let first = start + usize::from(count > 0);
        format!("{first},{count}")
    };
    let (from, to) = (range(around + removed.len()), range(around + added.len()));
    let mut patch = format!("--- {name}\n+++ {name}\n@@ -{from} +{to} @@\n");
    let signed = [(' ', lead), ('-', removed), ('+', added), (' ', tail)];
    for (sign, lines) in signed {
        for line in lines {
            writeln!(patch, "{sign}{line}").expect("a string takes all");
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &str) {
        assert_eq!(unified_diff("f", before, after), expected);
    }

    #[test]
    fn a_patch_holds_what_changed_and_what_is_around() {
        check("a\n", "a\n", "");
        check("", "a\nb\n", "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "1\n2\n3\n4\nx\n7\n8\n9\n",
            "--- f\n+++ f\n@@ -2,8 +2,7 @@\n 2\n 3\n 4\n-5\n-6\n+x\n 7\n 8\n 9\n",
        );
        check(
            "a\na\n",
            "a\na\na\n",
            "--- f\n+++ f\n@@ -1,2 +1,3 @@\n a\n a\n+a\n",
        );
    }
}
