//! Which entry is which within its source: the key that an item's permanent id is made of.
//!
//! The publisher's guid, else the canonical address, else stated date and title. One poll is looked at as a whole: where
//! entries that differ share a guid or an address, it tells nothing, and the next one down decides.

use std::collections::{HashMap, HashSet};

use super::text::folded;
use super::{Draft, Normalized};
use crate::model::{EventDay, IdentityKey, IdentityKind, Item, ItemId, Problem, SourceId};

/// Gives every draft its key and id; of an entry that stands twice the first counts.
pub(super) fn assign(source: &SourceId, drafts: Vec<Draft>) -> Normalized {
    let mut keys: Vec<Keys> = drafts.iter().map(Keys::of).collect();
    tell_events_apart(&drafts, &mut keys);
    let shared = shared_keys(&drafts, &keys);
    let mut seen = HashSet::new();
    let Normalized {
        mut items,
        mut repeated,
        mut problems,
    } = Normalized::default();
    for (draft, keys) in drafts.into_iter().zip(&keys) {
        let position = draft.item.position as usize + 1;
        let telling = |key: &&IdentityKey| !shared.contains(key);
        let key = keys.strong.iter().find(telling).unwrap_or(&keys.weak);
        if let Some(stronger) = keys.strong.first().filter(|first| *first != key) {
            let kind = if stronger.kind == IdentityKind::Guid {
                "guid"
            } else {
                "address"
            };
            problems.push(Problem::SharedIdentity { position, kind });
        }
        let item = Item {
            id: ItemId::new(source, key),
            key: key.clone(),
            weak_key: keys.weak.clone(),
            ..draft.item
        };
        if seen.insert(key) {
            items.push(item);
        } else {
            repeated.push(item);
            problems.push(Problem::Repeated { position });
        }
    }
    Normalized {
        items,
        repeated,
        problems,
    }
}

/// Every key that a draft could go by.
struct Keys {
    /// Guid and address, the stronger first.
    strong: Vec<IdentityKey>,
    /// Date and title.
    weak: IdentityKey,
}

impl Keys {
    fn of(draft: &Draft) -> Self {
        let guid = draft.guid.clone().filter(|guid| !guid.is_empty());
        let address = draft.address.as_ref().map(ToString::to_string);
        let key = |kind, value: Option<String>| value.map(|value| IdentityKey { kind, value });
        let strong = [
            key(IdentityKind::Guid, guid),
            key(IdentityKind::Address, address),
        ];
        Self {
            strong: strong.into_iter().flatten().collect(),
            weak: date_title(draft),
        }
    }
}

/// Only a date that was stated in full identifies: one worked out from the time of reading changes with it.
fn date_title(draft: &Draft) -> IdentityKey {
    let stated = draft.item.stated.map(|dated| dated.local());
    let date = stated.unwrap_or_default();
    IdentityKey {
        kind: IdentityKind::DateTitle,
        value: format!("{date} {}", folded(&draft.title)),
    }
}

/// Adds the days of their events to the weak keys of entries that share a date and a title, and announce several events.
fn tell_events_apart(drafts: &[Draft], keys: &mut [Keys]) {
    let mut days: HashMap<String, HashSet<String>> = HashMap::new();
    for (draft, keys) in drafts.iter().zip(keys.iter()) {
        if let Some(day) = event_day(draft) {
            let days = days.entry(keys.weak.value.clone()).or_default();
            days.insert(day);
        }
    }
    days.retain(|_, days| days.len() > 1);
    for (draft, keys) in drafts.iter().zip(keys) {
        let day = event_day(draft).filter(|_| days.contains_key(&keys.weak.value));
        if let Some(day) = day {
            keys.weak.value = format!("{} {day}", keys.weak.value);
        }
    }
}

/// The day of an event, where it is stated in full.
fn event_day(draft: &Draft) -> Option<String> {
    match draft.item.event {
        Some(EventDay::Stated(dated)) => Some(dated.local()),
        Some(EventDay::Derived(_)) | None => None,
    }
}

/// Guids and addresses under which entries with different titles or dates stand.
fn shared_keys<'a>(drafts: &[Draft], keys: &'a [Keys]) -> HashSet<&'a IdentityKey> {
    let mut first_with: HashMap<&IdentityKey, &Draft> = HashMap::new();
    let mut shared = HashSet::new();
    for (draft, keys) in drafts.iter().zip(keys) {
        for key in &keys.strong {
            let first = *first_with.entry(key).or_insert(draft);
            if !std::ptr::eq(first, draft) && differ(first, draft) {
                shared.insert(key);
            }
        }
    }
    shared
}

/// A date that one of the two does not give (a teaser above the list) sets nothing apart.
fn differ(one: &Draft, other: &Draft) -> bool {
    let dates = one.item.stated.zip(other.item.stated);
    let events = event_day(one).zip(event_day(other));
    folded(&one.title) != folded(&other.title)
        || dates.is_some_and(|(one, other)| one.at != other.at)
        || events.is_some_and(|(one, other)| one != other)
}

#[cfg(test)]
mod tests {
    use crate::normalize::tests::{entry, source};
    use crate::normalize::{Normalized, normalize};

    /// Entries as `guid|link|title|date`, and the keys of the items they become.
    fn check(entries: &[&str], expected: &[&str], problems: usize) {
        let Normalized {
            items,
            problems: found,
            ..
        } = normalize(&source(), vec![entry::page(entries)]);
        let keys: Vec<String> = items
            .iter()
            .map(|item| format!("{}:{}", item.key.kind.as_str(), item.key.value))
            .collect();
        assert_eq!(
            (
                keys.iter().map(String::as_str).collect::<Vec<_>>(),
                found.len()
            ),
            (expected.to_vec(), problems)
        );
    }

    #[test]
    fn the_strongest_key_that_tells_apart_is_taken() {
        check(&["g1|/a|One|2021-06-28"], &["guid:g1"], 0);
        check(&["|/a|One|2021-06-28"], &["url:https://host.example/a"], 0);
        check(
            &["||Óne!|2021-06-28T00:00:00Z"],
            &["date-title:2021-06-28T00:00:00 one"],
            0,
        );
        check(&["||One|"], &["date-title: one"], 0);
    }

    #[test]
    fn a_shared_key_identifies_nothing() {
        check(
            &["|/list|No. 23|2021-06-27", "|/list|No. 24|2021-06-28"],
            &["date-title:2021-06-27 no 23", "date-title:2021-06-28 no 24"],
            2,
        );
        check(
            &["g|/a|One|", "g|/b|Two|"],
            &["url:https://host.example/a", "url:https://host.example/b"],
            2,
        );
    }

    #[test]
    fn meetings_of_one_name_are_told_apart_by_their_days() {
        let key = |month: u32| format!("date-title:2022-{month:02}-05 council meeting");
        let check = |entry: fn(u32) -> String, problems: usize| {
            let entries: Vec<String> = (1..=12).map(entry).collect();
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            let keys: Vec<String> = (1..=12).map(key).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            self::check(&entries, &keys, problems);
        };
        // Each day ahead is told, and so is each address that they share.
        check(|month| format!("||Council meeting|2022-{month:02}-05"), 12);
        check(
            |month| format!("|/list|Council meeting|2022-{month:02}-05"),
            24,
        );
        check(
            |month| format!("||Council meeting||||2022-{month:02}-05"),
            0,
        );
    }

    #[test]
    fn events_announced_on_one_day_are_told_apart() {
        check(
            &[
                "|/list|Council meeting|2021-06-28|||2021-07-05",
                "|/list|Council meeting|2021-06-28|||2021-08-05",
                "|/list|Budget hearing|2021-06-28|||2021-08-05",
            ],
            &[
                "date-title:2021-06-28 council meeting 2021-07-05",
                "date-title:2021-06-28 council meeting 2021-08-05",
                "date-title:2021-06-28 budget hearing",
            ],
            3,
        );
        // One of them alone goes by what it went by before it named its day.
        check(
            &["||Council meeting|2021-06-28|||2021-07-05"],
            &["date-title:2021-06-28 council meeting"],
            0,
        );
    }

    #[test]
    fn an_entry_that_stands_twice_is_kept_once() {
        check(
            &["|/a|One|2021-06-28", "|/b|Two|", "|/a|One|"],
            &["url:https://host.example/a", "url:https://host.example/b"],
            1,
        );
    }
}
