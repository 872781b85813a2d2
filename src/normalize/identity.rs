//! Identifies entries within their source: chooses the key that an item's permanent id is made of.
//!
//! The key is the publisher's guid, else the canonical address, else stated date and title. One poll is examined as a
//! whole: if different entries share a guid or an address, it identifies nothing, and the next key decides. If they
//! share date and title too, their texts decide, and a number distinguishes those with equal texts
//! ([`copies`](super::copies)).

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::copies::DraftCopies;
use super::wording::{Wording, are_versions};
use super::{ItemDraft, Normalized};
use crate::model::{EventDay, IdentityKey, IdentityKind, Item, ItemId, Problem, SourceId};
use crate::text::fold_text;

/// Gives every draft its key and id; a repeated entry is kept once.
pub(super) fn assign_ids(
    source: &SourceId,
    drafts: Vec<ItemDraft>,
    copies: &DraftCopies,
) -> Normalized {
    let mut keys: Vec<DraftKeys> = drafts.iter().map(DraftKeys::from_draft).collect();
    distinguish_events(&drafts, &mut keys);
    let shared = shared_keys(&drafts, &keys);
    let telling = |key: &&IdentityKey| !shared.contains(*key);
    let chosen = keys.iter().map(|keys| {
        let strong = keys.strong.iter().find(telling);
        strong.unwrap_or(&keys.weak).clone()
    });
    let mut chosen: Vec<IdentityKey> = chosen.collect();
    let kept = distinguish_texts(&drafts, &keys, &mut chosen, copies);
    let mut normalized = Normalized::default();
    for (at, (draft, keys)) in drafts.into_iter().zip(keys).enumerate() {
        let position = draft.item.position as usize + 1;
        let key = chosen[at].clone();
        if let Some(stronger) = keys.strong.first().filter(|first| **first != key) {
            let kind = if stronger.kind == IdentityKind::Guid {
                "guid"
            } else {
                "address"
            };
            let problem = Problem::SharedIdentity { position, kind };
            normalized.problems.push(problem);
        }
        let item = Item {
            id: ItemId::new(source, &key),
            weak_key: keys.weak,
            key,
            ..draft.item
        };
        if kept.contains(&at) {
            normalized.items.push(item);
        } else {
            normalized.repeated.push(item);
            normalized.problems.push(Problem::Repeated { position });
        }
    }
    normalized
}

/// Maximum number of entries of one date and title that each is compared with: the longest.
const MAX_COMPARED: usize = 100;

/// Adds hashes of texts to the keys of entries that share date and title and differ in content, and numbers to those
/// with the same content. Returns the places of the entries to keep: for entries under one key the first, for those
/// that only a text could distinguish the longest.
fn distinguish_texts(
    drafts: &[ItemDraft],
    keys: &[DraftKeys],
    chosen: &mut [IdentityKey],
    copies: &DraftCopies,
) -> HashSet<usize> {
    let mut kept = HashSet::new();
    let mut groups: HashMap<IdentityKey, Vec<usize>> = HashMap::new();
    for (at, key) in chosen.iter().enumerate() {
        groups.entry(key.clone()).or_default().push(at);
    }
    for (key, places) in groups {
        if places.len() == 1 || key.kind != IdentityKind::DateTitle {
            kept.extend(places.first());
            continue;
        }
        let tellers = containing_wordings(drafts, &places);
        let apart: HashSet<usize> = tellers.values().map(|(teller, _)| *teller).collect();
        if apart.len() > 1 {
            for (at, (_, wording)) in &tellers {
                chosen[*at].value = wording.distinct_key(&keys[*at].weak.value);
            }
        }
        let same = tellers.iter().map(|(at, (teller, _))| (*at, *teller));
        for (number, at) in copies.number_copies(drafts, same) {
            let (_, wording) = &tellers[&at];
            let key = wording.copy_key(&keys[at].weak.value, number);
            if chosen.iter().all(|known| known.value != key) {
                kept.insert(at);
            }
            chosen[at].value = key;
        }
        kept.extend(apart);
    }
    kept
}

/// Returns, for each of the entries at `places`, the place of the one that contains its wording, and that wording.
fn containing_wordings(
    drafts: &[ItemDraft],
    places: &[usize],
) -> HashMap<usize, (usize, Rc<Wording>)> {
    let wordings = places
        .iter()
        .map(|at| (*at, Wording::from_item(&drafts[*at].item)));
    let mut wordings: Vec<(usize, Wording)> = wordings.collect();
    wordings.sort_by_key(|(at, wording)| (Reverse(wording.text_bytes()), *at));
    let mut apart: Vec<(usize, Rc<Wording>)> = Vec::new();
    let mut same: HashMap<String, usize> = HashMap::new();
    let mut tellers = HashMap::new();
    for (at, wording) in wordings {
        let wording = Rc::new(wording);
        let mut longer = apart.iter().take(MAX_COMPARED);
        let held = longer
            .find(|(_, longer)| longer.contains(&wording))
            .cloned();
        let teller = held.unwrap_or_else(|| {
            let first = *same.entry(wording.distinct_key("")).or_insert(at);
            (first, Rc::clone(&wording))
        });
        if teller.0 == at {
            apart.push(teller.clone());
        }
        tellers.insert(at, teller);
    }
    tellers
}

/// The possible keys of a draft.
struct DraftKeys {
    /// Guid and address, the stronger first.
    strong: Vec<IdentityKey>,
    /// Date and title.
    weak: IdentityKey,
}

impl DraftKeys {
    fn from_draft(draft: &ItemDraft) -> Self {
        let guid = draft.guid.clone().filter(|guid| !guid.is_empty());
        let address = draft.address.as_ref().map(ToString::to_string);
        let key = |kind, value: Option<String>| value.map(|value| IdentityKey { kind, value });
        let strong = [
            key(IdentityKind::Guid, guid),
            key(IdentityKind::Address, address),
        ];
        Self {
            strong: strong.into_iter().flatten().collect(),
            weak: date_title_key(draft),
        }
    }
}

/// Only a date stated in full identifies: one computed relative to the time of reading changes with it.
fn date_title_key(draft: &ItemDraft) -> IdentityKey {
    let stated = draft.item.stated.map(|dated| dated.format_local());
    let date = stated.unwrap_or_default();
    IdentityKey {
        kind: IdentityKind::DateTitle,
        value: format!("{date} {}", fold_text(&draft.title)),
    }
}

/// Adds the days of events to the weak keys of entries that share date and title but announce several events.
fn distinguish_events(drafts: &[ItemDraft], keys: &mut [DraftKeys]) {
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

/// Returns the day of an event if it is stated in full.
fn event_day(draft: &ItemDraft) -> Option<String> {
    match draft.item.event {
        Some(EventDay::Stated(dated)) => Some(dated.format_local()),
        Some(EventDay::Derived(_)) | None => None,
    }
}

/// Returns guids and addresses shared by entries with different titles, dates or texts.
fn shared_keys(drafts: &[ItemDraft], keys: &[DraftKeys]) -> HashSet<IdentityKey> {
    let mut groups: HashMap<&IdentityKey, Vec<&ItemDraft>> = HashMap::new();
    for (draft, keys) in drafts.iter().zip(keys) {
        for key in &keys.strong {
            groups.entry(key).or_default().push(draft);
        }
    }
    groups.retain(|_, drafts| drafts.len() > 1);
    let is_shared = |(key, drafts): (&IdentityKey, Vec<&ItemDraft>)| {
        // A teaser may match the texts of two others.
        let longest = drafts.iter().max_by_key(|draft| {
            let position = Reverse(draft.item.position);
            (draft.item.text.len(), position)
        });
        let longest = *longest?;
        let mut others = drafts
            .iter()
            .filter(|other| !std::ptr::eq(**other, longest));
        let is_shared = others.any(|other| entries_differ(longest, other, key.kind));
        is_shared.then(|| key.clone())
    };
    groups.into_iter().filter_map(is_shared).collect()
}

/// Returns true if two entries differ. A date that one of them lacks (a teaser above the list) is no difference.
fn entries_differ(one: &ItemDraft, other: &ItemDraft, kind: IdentityKind) -> bool {
    let dates = one.item.stated.zip(other.item.stated);
    let events = event_day(one).zip(event_day(other));
    fold_text(&one.title) != fold_text(&other.title)
        || dates.is_some_and(|(one, other)| one.at != other.at)
        || events.is_some_and(|(one, other)| one != other)
        || texts_differ(&one.item, &other.item, kind)
}

/// Returns true if the texts of two entries of one title under one key make them two. A page may introduce one
/// article in two ways, and a feed may list two versions of one entry (RFC 4287 §4.1.1).
fn texts_differ(one: &Item, other: &Item, kind: IdentityKind) -> bool {
    let (wording, beside) = (Wording::from_item(one), Wording::from_item(other));
    match kind {
        _ if wording.contains(&beside) => false,
        IdentityKind::Guid => !are_versions(one, other),
        IdentityKind::Address | IdentityKind::DateTitle => wording.is_unlike(&beside),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::normalize::tests::{entry, source};
    use crate::normalize::{Normalized, normalize};

    /// Checks the keys of the items made from entries `guid|link|title|date`.
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

    /// Checks the kinds of the entries' keys, whether a text is part of them, and how many entries are repeated.
    #[track_caller]
    fn check_texts(entries: &[&str], expected: &[(&str, bool)], repeated: usize) {
        let check = |entries: &[&str]| {
            let normalized = normalize(&source(), vec![entry::page(entries)]);
            let items = &normalized.items;
            let keys: HashSet<_> = items.iter().map(|item| item.key.clone()).collect();
            assert_eq!(keys.len(), items.len(), "{entries:?}");
            let mut found: Vec<(&str, bool)> = items
                .iter()
                .map(|item| (item.key.kind.as_str(), item.key.value.contains(" #")))
                .collect();
            found.sort_unstable();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{entries:?}");
            assert_eq!(normalized.repeated.len(), repeated, "{entries:?}");
            keys
        };
        let mut turned = entries.to_vec();
        turned.reverse();
        assert_eq!(check(entries), check(&turned));
    }

    const ONE: &str = "The second quay is closed until Friday for dredging works.";
    const OTHER: &str = "A pilot boards every vessel at the outer buoy from now on.";

    #[test]
    fn texts_tell_apart_where_nothing_else_does() {
        let told = [("date-title", true); 2];
        for key in ["|", "|/list", "g|/list", "g|"] {
            let of = |text: &str| format!("{key}|Notice|2021-06-28|{text}");
            check_texts(&[&of(ONE), &of(OTHER)], &told, 0);
            check_texts(
                &[&of(ONE), &of(OTHER), &of(ONE)],
                &[("date-title", true); 3],
                0,
            );
        }
        // A single entry, or the first of two, keeps its previous key.
        let of = |text: &str| format!("||Notice|2021-06-28|{text}");
        let plain = [("date-title", false)];
        check_texts(&[&of(ONE)], &plain, 0);
        let both = [("date-title", false), ("date-title", true)];
        check_texts(&[&of(ONE), &of(ONE)], &both, 0);
        // A teaser, or an entry without its text, is no separate notice either.
        check_texts(
            &[&of("The second quay is closed until…"), &of(ONE)],
            &plain,
            1,
        );
        check_texts(&[&of(""), &of(ONE)], &plain, 1);
        // If only the texts can decide, one word is enough.
        check_texts(&[&of("Closed."), &of("Closed until Friday.")], &told, 0);
        check_texts(&[&of(&ONE.replace("Friday", "Sunday")), &of(ONE)], &told, 0);
    }

    /// Returns the keys of entries with the same content, in order.
    fn numbered(entries: &[&String]) -> Vec<String> {
        let entries: Vec<&str> = entries.iter().map(|entry| entry.as_str()).collect();
        let items = normalize(&source(), vec![entry::page(&entries)]).items;
        let mut keys: Vec<String> = items.into_iter().map(|item| item.key.value).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn a_number_tells_apart_what_is_truly_the_same() {
        let of = |text: &str| format!("||Notice|2021-06-28|{text}");
        let (one, other) = (of(ONE), of(OTHER));
        let (two, three) = (numbered(&[&one; 2]), numbered(&[&one; 3]));
        assert_eq!((two.len(), three.len()), (2, 3));
        // A third leaves the numbers of the other two unchanged, and one that leaves does not change the first's.
        assert_eq!(two, three[..2]);
        assert_eq!(numbered(&[&one]), two[..1]);
        // Another notice between them changes nothing either.
        let among = numbered(&[&one, &other, &one]);
        assert!(two[1..].iter().all(|key| among.contains(key)), "{among:?}");
        assert_eq!(numbered(&[&one; 500]).len(), 20);
    }

    #[test]
    fn an_entry_with_a_key_of_its_own_stands_in_its_feed_once() {
        let expected = ["g", "https://host.example/a"];
        for (entry, key) in ["g||", "|/a|"].into_iter().zip(expected) {
            let entry = format!("{entry}Notice|2021-06-28|{ONE}");
            assert_eq!(numbered(&[&entry; 2]), [key]);
        }
        // A title alone says too little; a title with a day is enough.
        let title = "||Read more|".to_owned();
        assert_eq!(numbered(&[&title; 9]).len(), 1);
        let dated = "||Order filed|2021-06-28".to_owned();
        assert_eq!(numbered(&[&dated; 2]).len(), 2);
    }

    #[test]
    fn the_next_page_may_begin_with_the_last_of_the_page_before() {
        let of = |text: &str| format!("||Notice|2021-06-28|{text}");
        let (one, other) = (of(ONE), of(OTHER));
        let pages = vec![entry::page(&[&other, &one]), entry::page(&[&one])];
        let normalized = normalize(&source(), pages);
        assert_eq!((normalized.items.len(), normalized.repeated.len()), (2, 1));
    }

    /// Checks how many entries in parts of a page are kept.
    #[track_caller]
    fn check_parts(entries: &[(&str, usize)], kept: usize) {
        let titles: Vec<String> = entries
            .iter()
            .map(|(title, _)| format!("||{title}|2021-06-28|"))
            .collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let (document, mut read) = entry::page(&titles);
        for (entry, (_, part)) in read.entries.iter_mut().zip(entries) {
            entry.list = Some(*part);
        }
        let items = normalize(&source(), vec![(document, read)]).items;
        assert_eq!(items.len(), kept, "{entries:?}");
    }

    #[test]
    fn a_page_repeats_its_records_in_boxes() {
        // A box of the newest above the list.
        check_parts(
            &[("One", 0), ("Two", 0), ("One", 1), ("Two", 1), ("Three", 1)],
            3,
        );
        // Each record appears for phones and for wide screens.
        check_parts(&[("One", 0), ("One", 0), ("Two", 0), ("Two", 0)], 2);
        // Two rows of one table.
        check_parts(&[("One", 0), ("Two", 0), ("One", 0)], 3);
    }

    #[test]
    fn an_article_may_be_introduced_twice() {
        let of = |text: &str| format!("|/a|The quay is closed|2021-06-28|{text}");
        let again = "Dredging works: the second quay is closed, the office of the port says.";
        check_texts(&[&of(ONE), &of(again)], &[("url", false)], 1);
        // Versions of an entry state when they were made (RFC 4287 §4.1.1).
        let of = |text: &str, updated: &str| format!("g|/a|Notice|2021-06-28|{text}|{updated}");
        let versions = [
            of(ONE, "2021-06-28T10:00:00Z"),
            of(OTHER, "2021-06-28T11:00:00Z"),
        ];
        check_texts(&[&versions[0], &versions[1]], &[("guid", false)], 1);
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
        // Each day ahead is reported, and so is each address that they share.
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
        // A single one of them keeps the key that it had before it named its day.
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
