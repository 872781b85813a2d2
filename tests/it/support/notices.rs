//! Notices for a server to serve, all of them different.

use chrono::{DateTime, TimeDelta, Utc};
use tidings::model::Timestamp;

/// The contents of one entry of a feed.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) guid: String,
    pub(crate) title: String,
    pub(crate) link: String,
    pub(crate) text: String,
    pub(crate) date: Timestamp,
}

/// Returns noon of a day, counted from the first day of the tests.
pub(crate) fn day(days: i64) -> Timestamp {
    let first: DateTime<Utc> = "2026-03-02T12:00:00Z".parse().unwrap();
    first + TimeDelta::days(days)
}

/// Returns a notice with that number and date.
pub(crate) fn notice(number: usize, date: Timestamp) -> Notice {
    Notice {
        guid: format!("notice-{number}"),
        title: format!("Notice {number} of the harbour office"),
        link: format!("https://harbour.example/notices/{number}"),
        text: format!("Pier {number} opens at {number} and lets {number} boats in."),
        date,
    }
}

/// Returns notices with those numbers, all of one date.
pub(crate) fn notices(numbers: impl IntoIterator<Item = usize>, date: Timestamp) -> Vec<Notice> {
    let numbers = numbers.into_iter();
    numbers.map(|number| notice(number, date)).collect()
}

/// Returns an RSS 2.0 feed of notices.
pub(crate) fn rss(notices: &[Notice]) -> String {
    let items: String = notices.iter().map(item).collect();
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>Harbour</title>\
         <link>https://harbour.example/</link><description>Notices</description>\n{items}</channel></rss>\n"
    )
}

fn item(notice: &Notice) -> String {
    let Notice {
        guid,
        title,
        link,
        text,
        date,
    } = notice;
    let date = date.to_rfc2822();
    format!(
        "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>{link}</link>\
         <pubDate>{date}</pubDate><description>{text}</description></item>\n"
    )
}
