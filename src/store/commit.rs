//! Commits one poll: decides which items are new, changed or known, which story each reports and which feeds change.
//!
//! Runs on the writer inside a transaction, because every decision here needs the whole store as of this commit.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use rusqlite::Connection;

use super::identity::{self, ItemMatch};
use super::lookup::{self, StoredItem};
use super::memory::{self, DuplicateMemory, EvidenceItem, StoryEvidence};
use super::policy::StoryPolicy;
use super::revision;
use super::rows::{self, ItemPlacement, WrittenItem};
use super::state::{self, PreviousState};
use super::story::{ReportColumns, Stories};
use super::{ListCoverage, NewItem, Poll, PollOutcome, SourceCondition, SourceProblem, StoreError};
use super::{details, language, layout, release, shape, walk};
use crate::dedupe::Fingerprint;
use crate::drift;
use crate::model::{Dated, EventDay, IdentityKind, Item, ItemId, Published, StoryId, Timestamp};
use crate::normalize::{content_hash, wording_hash};

/// The result of committing a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedPoll {
    /// Number of items seen for the first time.
    pub new: usize,
    /// Number of items whose content changed.
    pub updated: usize,
    /// Number of new items that report a story known from another source.
    pub joined: usize,
    /// True if any story changed, so that feeds need publishing.
    pub changed: bool,
    /// The state of the source after the poll.
    pub state: SourceCondition,
    /// The problem reported for held items, if any, with its remedy.
    pub held: Option<SourceProblem>,
    /// When the next poll is due.
    pub next_poll: Timestamp,
}

/// Counts of the items of a poll.
#[derive(Clone, Copy, Default)]
pub(super) struct ItemCounts {
    pub(super) new: usize,
    pub(super) updated: usize,
    pub(super) joined: usize,
    /// Number of items that got a new guid, and not for the first time.
    pub(super) churned: usize,
    pub(super) changed: bool,
}

/// Commits `poll`.
pub(super) fn commit_poll(
    connection: &Connection,
    memory: &mut DuplicateMemory,
    poll: &Poll,
    policy: &StoryPolicy,
) -> Result<CommittedPoll, StoreError> {
    let mut before = PreviousState::load_state(connection, &poll.source)?;
    let usual = shape::new_item_counts(connection, &poll.source, poll.fingerprint)?;
    let counts = commit_items(connection, memory, poll, &before, &usual, policy)?;
    walk::write_seen_revision(connection, poll)?;
    details::write_details(connection, poll)?;
    if let Some(read) = &poll.layout {
        layout::remember_layout(connection, &poll.source, poll.block, read, poll.at)?;
    }
    if let PollOutcome::Read { items, .. } = &poll.outcome {
        language::remember_language(connection, &poll.source, items, poll.at)?;
    }
    state::write_validators(connection, poll)?;
    if let PollOutcome::Read {
        shape: Some(shape), ..
    } = &poll.outcome
    {
        shape::remember_shape(
            connection,
            &poll.source,
            poll.fingerprint,
            shape,
            counts.new,
        )?;
    }
    before.good_polls = state::count_good_polls(poll, before.good_polls, usual.is_empty());
    let held = release::count_held(connection, &poll.source)?;
    let held = (held > 0).then(|| state::held_back_problem(&poll.source, held, &usual));
    let (state, next_poll) = state::write_state(connection, poll, &before, counts, held.as_ref())?;
    let ItemCounts {
        new,
        updated,
        joined,
        changed,
        ..
    } = counts;
    Ok(CommittedPoll {
        new,
        updated,
        joined,
        changed,
        state,
        held,
        next_poll,
    })
}

/// Commits the items of a poll: the new ones as held, if they are a flood or if others are held already.
fn commit_items(
    connection: &Connection,
    memory: &mut DuplicateMemory,
    poll: &Poll,
    before: &PreviousState,
    usual: &[usize],
    policy: &StoryPolicy,
) -> Result<ItemCounts, StoreError> {
    let (items, walked_back, coverage) = match &poll.outcome {
        PollOutcome::Unchanged | PollOutcome::Renewed(_) => return Ok(ItemCounts::default()),
        PollOutcome::Read {
            items,
            walked_back,
            coverage,
            ..
        } => (items, *walked_back, *coverage),
        PollOutcome::Failed { items, .. } => (items, false, ListCoverage::Parts),
    };
    let items = policy.with_current_topics(items, &poll.source, poll.classified_by);
    let late = before.last_success.is_none() || before.failures > 0 || walked_back;
    memory.prepare_for(connection, items.len())?;
    memory.look_up_keys(connection, items.iter().map(|new| &new.fingerprint.keys))?;
    let first_of = before.last_success.is_none().then_some(before.defined_by);
    let stories = Stories {
        first_of,
        ..Stories::new(connection, poll.at, late, policy)?
    };
    // If a source has never delivered anything, nothing can have moved.
    let may_have_moved = before.last_success.is_some();
    let matches = identity::match_entries(connection, &items, may_have_moved)?;
    let new = matches.iter().filter(|found| found.is_new()).count();
    let has_held = release::count_held(connection, &poll.source)? > 0;
    let floods = !has_held && !walked_back && drift::is_flood(new, usual);
    let change = ItemBatch::new(stories, memory, before.rank, has_held || floods);
    let (counts, listed) = change.commit_all(&items, matches)?;
    if !floods {
        // Items that were taken back may be listed again.
        release::note_listed(connection, &poll.source, &listed, coverage, poll.at)?;
    }
    Ok(counts)
}

/// Items being written to the store: those of one poll, or held items being released.
pub(super) struct ItemBatch<'a> {
    stories: Stories<'a>,
    memory: &'a mut DuplicateMemory,
    touched: BTreeSet<StoryId>,
    /// Touched stories that this commit founds, as long as they have one report.
    founded: HashMap<StoryId, ReportColumns>,
    /// The rank of the poll's source.
    rank: u32,
    /// The ids under which the poll's items are stored.
    listed: BTreeSet<ItemId>,
    /// True if new items are held back.
    holds: bool,
}

/// The stories and items that an item resembles.
#[derive(Default)]
struct ItemLikeness {
    /// The stories that the item reports, the closest match first.
    stories: Vec<StoryId>,
    grounds: StoryEvidence,
    /// The number of an item with the same content in another language.
    alternate: Option<u64>,
}

impl<'a> ItemBatch<'a> {
    /// `rank` is that of the source whose items are written.
    pub(super) fn new(
        stories: Stories<'a>,
        memory: &'a mut DuplicateMemory,
        rank: u32,
        holds: bool,
    ) -> Self {
        Self {
            stories,
            memory,
            touched: BTreeSet::new(),
            founded: HashMap::new(),
            rank,
            listed: BTreeSet::new(),
            holds,
        }
    }

    /// Returns the counts of changes and the ids under which the items are stored.
    fn commit_all(
        mut self,
        items: &[NewItem],
        matches: Vec<ItemMatch>,
    ) -> Result<(ItemCounts, BTreeSet<ItemId>), StoreError> {
        let mut counts = ItemCounts::default();
        let mut told_again = Vec::new();
        let mut founded = HashMap::new();
        for ((at, item), found) in items.iter().enumerate().zip(matches) {
            match &found {
                ItemMatch::New(key) => _ = founded.insert(at, ItemId::new(&item.item.source, key)),
                ItemMatch::ToldAgain(place) => told_again.push((item, *place)),
                ItemMatch::Known(_) | ItemMatch::Repeated(_) => {}
            }
            self.commit_item(item, found, &mut counts)?;
        }
        for (item, place) in told_again {
            let Some(id) = founded.get(&place) else {
                continue;
            };
            if let Some(held) = lookup::find_by_id(self.connection(), *id)? {
                self.commit_item(item, ItemMatch::Known(Rc::new(held)), &mut counts)?;
            }
        }
        let listed = std::mem::take(&mut self.listed);
        counts.changed = self.finish()?;
        Ok((counts, listed))
    }

    fn connection(&self) -> &'a Connection {
        self.stories.connection
    }

    fn commit_item(
        &mut self,
        new: &NewItem,
        found: ItemMatch,
        counts: &mut ItemCounts,
    ) -> Result<(), StoreError> {
        match found {
            ItemMatch::Known(held) => {
                identity::record_other_key(self.connection(), &new.item, &held.item, counts)?;
                self.update_item(new, &held, counts)
            }
            ItemMatch::Repeated(id) => {
                self.listed.insert(id);
                Ok(())
            }
            // The item is written after the others.
            ItemMatch::ToldAgain(_) => Ok(()),
            ItemMatch::New(key) if key == new.item.key => self.insert_item(new, counts),
            ItemMatch::New(key) => {
                let id = ItemId::new(&new.item.source, &key);
                let item = Item {
                    id,
                    key,
                    ..new.item.clone()
                };
                let new = NewItem {
                    item,
                    ..new.clone()
                };
                self.insert_item(&new, counts)
            }
        }
    }

    fn insert_item(&mut self, new: &NewItem, counts: &mut ItemCounts) -> Result<(), StoreError> {
        let item = &new.item;
        self.listed.insert(item.id);
        let likeness = if self.holds {
            ItemLikeness::default()
        } else {
            self.find_likeness(item, None, &new.fingerprint)?
        };
        counts.new += 1;
        counts.joined += usize::from(!likeness.stories.is_empty());
        let founded = StoryId::founded_by(item.id);
        let story = likeness.stories.first().copied().unwrap_or(founded);
        let written = self.write_row(new, item, story)?;
        identity::record_keys(self.connection(), &item.source, &item.key, item.id)?;
        if item.key.kind == IdentityKind::DateTitle {
            identity::record_keys(self.connection(), &item.source, &item.weak_key, item.id)?;
        }
        if self.holds {
            return Ok(());
        }
        if story == founded && written.is_new {
            let report = ReportColumns::from_item(new, self.rank, written.content_hash);
            self.founded.insert(story, report);
        }
        self.remember_item(written.seq, story, &new.fingerprint, &likeness)?;
        self.merge_stories(story, &likeness.stories)
    }

    fn update_item(
        &mut self,
        new: &NewItem,
        held: &StoredItem,
        counts: &mut ItemCounts,
    ) -> Result<(), StoreError> {
        self.listed.insert(held.item.id);
        let item = restate_item(&new.item, &held.item);
        let new = &*self.stories.policy.with_kept_day(new, &item);
        if item == held.item && rows::topics_json(&new.topics) == held.topics {
            return self.keep_item(held);
        }
        let content_hash = content_hash(&item);
        if is_corrected(held, &item) {
            revision::store_revision(
                self.connection(),
                &held.item,
                &item,
                self.stories.rev,
                self.stories.at,
            )?;
            counts.updated += 1;
        } else if content_hash != held.content_hash {
            self.stories
                .reword(held.story, held.content_hash, content_hash)?;
        }
        if !held.is_shown {
            self.write_row(new, &item, held.story)?;
            return Ok(());
        }
        let own;
        let is_as_read = item.published == new.item.published && item.event == new.item.event;
        let fingerprint = if is_as_read {
            &new.fingerprint
        } else {
            own = Fingerprint::from_item(&item);
            &own
        };
        let likeness = self.find_likeness(&item, Some((held.seq, held.story)), fingerprint)?;
        self.write_row(new, &item, held.story)?;
        self.remember_item(held.seq, held.story, fingerprint, &likeness)?;
        self.merge_stories(held.story, &likeness.stories)
    }

    /// Leaves an item as it is. If this version reads it just as the older version did, it counts as read by this
    /// version, so that a later difference is a correction.
    fn keep_item(&self, held: &StoredItem) -> Result<(), StoreError> {
        if !held.is_outdated {
            return Ok(());
        }
        let content_hash = content_hash(&held.item);
        self.stories
            .reword(held.story, held.content_hash, content_hash)?;
        rows::keep_reading(self.connection(), held.seq, &held.item)
    }

    /// Returns the stories besides `own` that the item reports, and the grounds.
    fn find_likeness(
        &mut self,
        item: &Item,
        own: Option<(u64, StoryId)>,
        fingerprint: &Fingerprint,
    ) -> Result<ItemLikeness, StoreError> {
        let (seq, own) = own.unzip();
        let connection = self.connection();
        let decision = self.memory.judge_item(connection, seq, fingerprint)?;
        let ground = |number: u64, by: &str| -> Result<EvidenceItem, StoreError> {
            let by = by.to_owned();
            let item = memory::item_id(connection, number)?;
            Ok(EvidenceItem { item, by })
        };
        let mut likeness = ItemLikeness {
            alternate: decision.alternate,
            ..ItemLikeness::default()
        };
        if let Some((number, guard)) = decision.refused {
            likeness.grounds.refused = Some(ground(number, guard.as_str())?);
        }
        let Some((joined, evidence)) = decision.joined else {
            return Ok(likeness);
        };
        for number in [decision.story].into_iter().chain(decision.also) {
            let story = StoryId::founded_by(memory::item_id(connection, number)?);
            if Some(story) == own {
                continue;
            }
            if let Some(by) = self.forbidding_rule(item, story)? {
                likeness.grounds.refused = Some(ground(number, by)?);
                continue;
            }
            if number == decision.story {
                likeness.grounds.joined = Some(ground(joined, evidence.as_str())?);
            }
            likeness.stories.push(story);
        }
        Ok(likeness)
    }

    /// Returns the rule, if any, that keeps an item out of a story regardless of its content. A story has one report
    /// per source: a second one is another bulletin, however similar.
    fn forbidding_rule(
        &self,
        item: &Item,
        story: StoryId,
    ) -> Result<Option<&'static str>, StoreError> {
        if self.stories.has_report_of(story, &item.source)? {
            return Ok(Some("source"));
        }
        let is_kept_apart = self.stories.is_kept_apart(item.id, story)?;
        Ok(is_kept_apart.then_some("hand"))
    }

    /// Writes an item.
    fn write_row(
        &mut self,
        new: &NewItem,
        item: &Item,
        story: StoryId,
    ) -> Result<WrittenItem, StoreError> {
        let place = ItemPlacement {
            story: &story.to_string(),
            rev: self.stories.rev,
            at: self.stories.at,
            held: self.holds,
        };
        let connection = self.connection();
        let written = rows::write_item(connection, item, &new.topics, &place)?;
        let due = &mut self.memory.due_tokens;
        due.note_tokens(connection, written.seq, &new.tokens)?;
        self.touch_story(story);
        Ok(written)
    }

    /// Adds a shown item to those that later items are compared with.
    fn remember_item(
        &mut self,
        seq: u64,
        story: StoryId,
        fingerprint: &Fingerprint,
        likeness: &ItemLikeness,
    ) -> Result<(), StoreError> {
        let (connection, found_at) = (self.connection(), self.stories.at.timestamp());
        let keys = &fingerprint.keys;
        memory::store_keys(connection, seq, found_at, keys, Some(&likeness.grounds))?;
        if let Some(other) = likeness.alternate {
            memory::store_pair(connection, seq, other)?;
            // Readers of the other story see the link as well.
            let other = memory::story_id(connection, other)?;
            self.touch_story(other);
        }
        let story = if self.founded.contains_key(&story) {
            seq
        } else {
            memory::story_number(connection, story)?
        };
        self.memory.remember_item(seq, story, fingerprint);
        Ok(())
    }

    /// Joins an item that was held back to the stories that it reports. Readers have not seen its own story, so the
    /// stories that they know keep their ids.
    pub(super) fn show_item(&mut self, item: &Item, story: StoryId) -> Result<(), StoreError> {
        let fingerprint = Fingerprint::from_item(item);
        let seq = memory::story_number(self.connection(), StoryId::founded_by(item.id))?;
        let likeness = self.find_likeness(item, Some((seq, story)), &fingerprint)?;
        self.remember_item(seq, story, &fingerprint, &likeness)?;
        self.touch_story(story);
        let Some((kept, others)) = likeness.stories.split_first() else {
            return Ok(());
        };
        if self.stories.may_be_one(*kept, story)? {
            self.unite_stories(*kept, story)?;
            self.merge_stories(*kept, others)?;
        }
        Ok(())
    }

    /// Merges `story` and `others` unless a guard keeps them apart. The oldest story keeps its id.
    fn merge_stories(&mut self, story: StoryId, others: &[StoryId]) -> Result<(), StoreError> {
        let mut story = story;
        for other in others {
            if *other == story || !self.may_be_one(story, *other)? {
                continue;
            }
            let ordered = self.stories.oldest_first(vec![story, *other])?;
            self.unite_stories(ordered[0], ordered[1])?;
            story = ordered[0];
        }
        Ok(())
    }

    fn may_be_one(&mut self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        let connection = self.connection();
        Ok(self.stories.may_be_one(one, other)?
            && !self.memory.are_apart(connection, one, other)?)
    }

    fn unite_stories(&mut self, kept: StoryId, gone: StoryId) -> Result<(), StoreError> {
        self.stories.merge_into(gone, kept)?;
        self.memory.merge_stories(self.connection(), kept, gone)?;
        self.touched.remove(&gone);
        self.founded.remove(&gone);
        self.touch_story(kept);
        Ok(())
    }

    /// Has a story refreshed at the end, from all its reports.
    fn touch_story(&mut self, story: StoryId) {
        self.founded.remove(&story);
        self.touched.insert(story);
    }

    /// Refreshes the touched stories. Returns true if anything changed.
    pub(super) fn finish(self) -> Result<bool, StoreError> {
        for story in &self.touched {
            match self.founded.get(story) {
                Some(report) => self.stories.found_story(*story, report)?,
                None => self.stories.refresh_story(*story)?,
            }
        }
        if !self.touched.is_empty() {
            self.stories.finish()?;
        }
        Ok(!self.touched.is_empty())
    }
}

/// Returns true if readers see that the publisher changed a held item. A difference caused by a new version of our
/// reader is not a correction. If the site has moved, addresses and dates differ anyway, and only changed words
/// count.
fn is_corrected(held: &StoredItem, item: &Item) -> bool {
    if held.is_outdated {
        false
    } else if held.has_moved {
        wording_hash(&held.item) != wording_hash(item)
    } else {
        content_hash(&held.item) != content_hash(item)
    }
}

/// Returns the new state of a held item. Its id, its place and a date that the publisher has not restated stay.
fn restate_item(new: &Item, held: &Item) -> Item {
    let restated = new.stated.is_some() && new.stated != held.stated;
    let usable = restated && !matches!(new.published, Published::FirstSeen(_));
    let (published, event) = if is_rescheduled(new, held) {
        (held.published, new.stated.map(EventDay::Stated))
    } else if usable {
        (new.published, new.event)
    } else {
        (held.published, kept_event(new, held, restated))
    };
    Item {
        id: held.id,
        key: held.key.clone(),
        position: held.position,
        stated: if restated { new.stated } else { held.stated },
        published,
        event,
        ..new.clone()
    }
}

/// For an item dated by its first reading, returns true if the new date is that of its event: it lies after that
/// reading.
fn is_rescheduled(new: &Item, held: &Item) -> bool {
    let is_later = |stated: Dated| stated.at > held.published.instant();
    held.event.is_some()
        && new.event.is_none()
        && matches!(held.published, Published::FirstSeen(_))
        && new.stated != held.stated
        && new.stated.is_some_and(is_later)
}

/// Returns the event of an item whose date of publication stays. Once its day has passed, the entry's date no longer
/// reads as an event, so the held event stays. A day computed relative to the time of reading stays as first read.
fn kept_event(new: &Item, held: &Item, restated: bool) -> Option<EventDay> {
    let is_own_date = match held.event {
        Some(EventDay::Stated(dated)) => Some(dated) == held.stated,
        Some(EventDay::Derived(_)) | None => true,
    };
    match new.event {
        None if is_own_date && !restated => held.event,
        Some(EventDay::Derived(_)) if !restated => held.event.or(new.event),
        new => new,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::model::{Cadence, Hash};
    use crate::normalize::tests::{entry, source};
    use crate::store::{
        Consent, Definition, FormerNames, ListCoverage, SourceDefinition, define, schema,
    };

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> Timestamp {
        "2021-07-01T12:00:00Z".parse().unwrap()
    }

    /// Creates an empty store with these sources.
    fn store(sources: &[&str]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate_store(&mut connection, "memory".as_ref()).unwrap();
        let definition = Definition {
            at: now(),
            classifier: crate::classify::VERSION.to_string(),
            fresh: DAY,
            feeds: Vec::new(),
            sources: sources
                .iter()
                .map(|id| SourceDefinition {
                    id: id.parse().unwrap(),
                    name: (*id).to_owned(),
                    rank: 100,
                    address: None,
                    topics: Vec::new(),
                    country: None,
                    regions: Vec::new(),
                })
                .collect(),
            key: Hash::digest(b"key"),
            classify: Arc::new(|_, _| BTreeSet::new()),
            names: FormerNames::default(),
            narrow: Box::new(|_, _| unreachable!("there are no topics")),
            files: Vec::new(),
        };
        define::apply_definition(&connection, &definition, Consent::Given).unwrap();
        connection
    }

    /// Commits entries written `guid|link|title|date`; returns how many are new.
    fn poll(connection: &Connection, id: &str, entries: &[&str]) -> usize {
        let mut source = source();
        source.id = id.parse().unwrap();
        let items = crate::normalize::normalize(&source, vec![entry::page(entries)]).items;
        let new = |item| NewItem {
            topics: Vec::new(),
            fingerprint: Fingerprint::from_item(&item),
            tokens: String::new(),
            item,
        };
        let poll = Poll {
            source: source.id,
            at: now(),
            outcome: PollOutcome::Read {
                items: items.into_iter().map(new).collect(),
                validators: Vec::new(),
                problem: None,
                drift: None,
                shape: None,
                walked_back: false,
                coverage: ListCoverage::Whole,
            },
            details: None,
            layout: None,
            cadence: Cadence::Every(DAY),
            zone: chrono_tz::UTC,
            fingerprint: Hash::digest(b"block"),
            block: Hash::digest(b"block"),
            classified_by: Hash::digest(b"key"),
        };
        commit_poll(
            connection,
            &mut DuplicateMemory::default(),
            &poll,
            &StoryPolicy::empty(),
        )
        .unwrap()
        .new
    }

    /// Checks how many entries of each poll are new.
    fn check(polls: &[(&[&str], usize)]) {
        let connection = store(&["a"]);
        for (entries, new) in polls {
            assert_eq!(poll(&connection, "a", entries), *new, "{entries:?}");
        }
    }

    #[test]
    fn an_entry_is_known_when_another_one_comes_to_share_its_address() {
        let (one, two) = ("|/list|No. 23|2021-06-27", "|/list|No. 24|2021-06-28");
        check(&[(&[one], 1), (&[two, one], 1), (&[two, one], 0), (&[two], 0)]);
    }

    #[test]
    fn an_entry_is_known_when_another_one_comes_to_share_its_guid() {
        let (one, two) = ("g|/a|One|2021-06-27", "g|/b|Two|2021-06-28");
        check(&[(&[one], 1), (&[one, two], 1), (&[one, two], 0)]);
    }

    #[test]
    fn an_entry_is_known_when_its_publisher_begins_to_give_guids() {
        let edited = "g1|/a|One, corrected|2021-06-27";
        check(&[
            (&["|/a|One|2021-06-27"], 1),
            (&["g1|/a|One|2021-06-27"], 0),
            (&[edited], 0),
        ]);
    }

    fn stories(connection: &Connection) -> usize {
        let sql = "SELECT count(DISTINCT story) FROM item";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// A notice from `b` at the address of a list from `a` is no report of a list entry, in either order.
    #[test]
    fn the_address_of_a_page_makes_no_story() {
        let list = ["g1|/list|No. 23|2021-06-27", "g2|/list|No. 24|2021-06-28"];
        let other = ["|/list|About us|2021-06-01"];
        let check = |polls: &[(&str, &[&str])], expected: usize| {
            let connection = store(&["a", "b"]);
            for (id, entries) in polls {
                poll(&connection, id, entries);
            }
            assert_eq!(stories(&connection), expected, "{polls:?}");
        };
        check(&[("a", &list), ("b", &other)], 3);
        check(&[("b", &other), ("a", &list)], 3);
        check(&[("b", &other), ("a", &list[..1]), ("a", &list[1..])], 3);
    }

    /// After a selector is repaired, links appear: each notice becomes its own story, in any order.
    #[test]
    fn notices_of_one_title_are_told_apart_as_soon_as_they_can_be() {
        let (one, two) = ("g1|/1|Notice|", "g2|/2|Notice|");
        check(&[
            (&["||Notice|"], 1),
            (&[one, two], 1),
            (&[two, one], 0),
            (&["||Notice|"], 0),
        ]);
        check(&[(&["||Notice|"], 1), (&[one], 0), (&[two], 1), (&[one], 0)]);
    }

    #[test]
    fn entries_that_were_told_apart_stay_apart() {
        check(&[
            (&["g1||Notice|", "g2||Notice|"], 2),
            (&["g3||Notice|"], 1),
            (&["|/a|Notice|", "|/b|Notice|"], 2),
        ]);
    }
}
