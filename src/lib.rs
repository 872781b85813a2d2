//! tidings reads bulletins in any form and republishes them as clean feeds, one per topic.
//!
//! The modules are in the order in which data moves, and each knows only those above it:
//!
//! ```text
//! schedule -> fetch -> extract -> normalize -> classify -> dedupe -> store -> publish -> serve
//!  sources    Document  RawEntry    Item        topics     Story     commit   feed files   HTTP
//! ```
//!
//! | module | in | out | IO |
//! |---|---|---|---|
//! | [`text`] | HTML, text | a parsed page within limits, folded text, one line | |
//! | `languages` | `data/languages` | the words of each language | |
//! | [`model`] | | the types shared by all stages | |
//! | [`topics`] | the text of a query | a query, a topic | |
//! | [`dates`] | text, a zone, the time of reading | a date, or none | |
//! | [`config`] | TOML text | a checked [`Config`](config::Config), or every mistake by place | reads files |
//! | [`schedule`] | a cadence, the result of a poll | the time when a source is due | |
//! | [`fetch`] | an address, validators | a [`Document`](model::Document) | network, programs |
//! | [`extract`] | a document | raw entries, as found | |
//! | [`normalize`] | raw entries | [`Item`](model::Item)s with one identity each, sanitized | |
//! | [`classify`] | an item | its topics and regions | |
//! | [`dedupe`] | an item, candidates | the stories that it reports | |
//! | [`drift`] | the results of a poll and of those before it | whether the source still provides its usual content | |
//! | [`discover`] | a document at an address | a source configuration for it | |
//! | [`store`] | polls | stories, feeds, states | database |
//! | [`publish`] | stories | feed files | the published folder |
//! | [`flow`] | sources, a store, a folder | polls, publications, previews | the clock |
//! | [`serve`] | the published folder | HTTP | sockets |
//! | [`daemon`] | a configuration | a service | signals, systemd |
//! | [`cli`] | arguments | output for people | terminal |
//!
//! Some absences cannot be seen in the code: the stages not marked IO use no clock, no network and no database. Time
//! enters as `fetched_at` of a document. Only `store` contains SQL, only `normalize` creates
//! [`SafeHtml`](model::SafeHtml), and only [`flow`] sees all stages. Rendering stamps nothing with the time.

pub mod text;
mod languages;
pub mod model;
pub mod topics;
pub mod dates;
pub mod config;
pub mod schedule;
pub mod fetch;
pub mod extract;
pub mod normalize;
pub mod classify;
pub mod dedupe;
pub mod drift;
pub mod discover;
pub mod store;
pub mod publish;
pub mod flow;
pub mod serve;
pub mod daemon;
pub mod cli;
