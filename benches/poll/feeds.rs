//! The measured feeds, the same in every run.

use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};

/// Items of each feed at the first poll.
pub(crate) const ITEMS: usize = 20;

/// The day of the first item of each feed; the others follow, one a day.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 5, 1).expect("a day that is");

const WHO: [&str; 8] = [
    "The ministry of labour",
    "A group of seasonal workers",
    "The regional office",
    "An association of migrant women",
    "The civil protection service",
    "A delegation of employers",
    "The harbour authority",
    "The municipal council",
];
const WHAT: [&str; 8] = [
    "opened a counter for work permits",
    "signed an agreement on ethical recruitment",
    "warned of floods after the heavy rain",
    "presented a survey of wages",
    "trained forty inspectors",
    "called for shelters along the route",
    "published the budget of the year",
    "closed the bridge for repairs",
];
const WHERE: [&str; 8] = [
    "in the border towns of Guatemala",
    "on the coast of Honduras",
    "in the north of Costa Rica",
    "at the crossing to Panama",
    "in the coffee districts of El Salvador",
    "in Chiapas, Mexico",
    "in the capital",
    "in the valleys of the south",
];

/// A linear congruential generator (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    /// Returns words of which few bulletins have the same.
    fn words(&mut self, count: usize) -> String {
        let syllables = [
            "ba", "cor", "del", "fin", "gar", "hol", "lem", "mar", "nos", "per", "rin", "sol",
            "tam", "ver",
        ];
        let mut word = || -> String {
            let parts = (0..3).map(|_| syllables[self.below(syllables.len())]);
            parts.collect()
        };
        (0..count).map(|_| word()).collect::<Vec<_>>().join(" ")
    }

    fn sentence(&mut self) -> String {
        let [who, what, place] = [0; 3].map(|_| self.below(8));
        format!("{} {} {}", WHO[who], WHAT[what], WHERE[place])
    }
}

/// Returns the feed of a source: `ITEMS` items of about 600 letters, and `more` that came later.
pub(crate) fn rss(source: usize, more: usize) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Office {source}</title>\
         <link>https://office{source}.example/</link><description>News</description><language>en</language>"
    );
    for number in (0..ITEMS + more).rev() {
        let mut chance = Chance((source * 1_009 + number) as u64);
        let title = format!("{} {}", chance.words(3), chance.sentence());
        let text: Vec<String> = (0..4)
            .map(|_| format!("{} {}", chance.sentence(), chance.words(8)))
            .collect();
        let days = i64::try_from(number.min(ITEMS)).expect("a few days");
        let date = (FIRST_DAY + TimeDelta::days(days)).format("%a, %d %b %Y");
        write!(
            xml,
            "<item><title>{title}: notice {number}</title><link>https://office{source}.example/news/{number}</link>\
             <guid isPermaLink=\"false\">office{source}:{number}</guid><pubDate>{date} 10:00:00 GMT</pubDate>\
             <description>&lt;p&gt;{}.&lt;/p&gt;</description></item>",
            text.join(". ")
        )
        .expect("a string takes all");
    }
    xml + "</channel></rss>"
}
