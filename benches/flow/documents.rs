//! The measured documents, the same in every run: RSS feeds in two languages, a list page, a text bulletin.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

/// RSS feeds; every tenth reports the same as the one before it.
pub(crate) const FEEDS: usize = 50;
/// Items of a feed.
const ITEMS: usize = 40;
/// Entries of the list page.
const ROWS: usize = 100;
/// Notices of the text bulletin.
const NOTICES: usize = 60;
/// Items of all documents.
pub(crate) const ALL: usize = FEEDS * ITEMS + ROWS + NOTICES;

/// The parts of sentences, in English and in Spanish: who, what, where, when.
const PHRASES: [[&str; 4]; 2] = [
    [
        "The ministry of labour|A group of seasonal workers|The regional office|An association of migrant women|The civil protection service|A delegation of employers",
        "opened a counter for work permits|signed an agreement on ethical recruitment|warned of floods after the heavy rain|presented a survey of wages|trained forty inspectors in the rights of migrant workers|called for shelters along the route",
        "in the border towns of Guatemala|on the coast of Honduras|in the north of Costa Rica|at the crossing to Panama|in the coffee districts of El Salvador|in Chiapas, Mexico",
        "before the harvest begins|during the rainy season|for the second year in a row|with the support of the municipality|until the end of the month|as the programme had foreseen",
    ],
    [
        "El ministerio de trabajo|Un grupo de trabajadores migrantes|La oficina regional|Una red de mujeres migrantes|El servicio de protección civil|Una delegación de empleadores",
        "abrió una ventanilla para permisos de trabajo|firmó un acuerdo sobre contratación ética|advirtió de inundaciones tras las lluvias|presentó una encuesta sobre salarios|capacitó a cuarenta inspectores en migración laboral|pidió albergues a lo largo de la ruta",
        "en los pueblos fronterizos de Guatemala|en la costa de Honduras|en el norte de Costa Rica|en el paso hacia Panamá|en los cafetales de El Salvador|en Chiapas, México",
        "antes de que empiece la cosecha|durante la estación lluviosa|por segundo año consecutivo|con el apoyo de la municipalidad|hasta fin de mes|según lo previsto en el programa",
    ],
];

/// Writes text in one language.
struct Writer {
    language: usize,
    state: u64,
}

impl Writer {
    fn new(language: usize, seed: u64) -> Self {
        Self {
            language,
            state: seed,
        }
    }

    /// Returns the next phrase with a linear congruential generator (Knuth's MMIX).
    fn phrase(&mut self, part: usize) -> &'static str {
        let next = self.state.wrapping_mul(6_364_136_223_846_793_005);
        self.state = next.wrapping_add(1_442_695_040_888_963_407);
        let phrases = PHRASES[self.language][part];
        let chosen = usize::try_from((self.state >> 33) % 6).unwrap_or_default();
        phrases.split('|').nth(chosen).unwrap_or(phrases)
    }

    fn title(&mut self, number: usize) -> String {
        format!("{} {} ({number})", self.phrase(0), self.phrase(1))
    }

    fn paragraph(&mut self, sentences: usize) -> String {
        let sentence = |_| format!("{}.", [0, 1, 2, 3].map(|part| self.phrase(part)).join(" "));
        (0..sentences).map(sentence).collect::<Vec<_>>().join(" ")
    }
}

/// Returns the time at which every document is read.
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc.with_ymd_and_hms(2021, 7, 1, 12, 0, 0);
    now.single().expect("a moment that was")
}

fn hours_ago(hours: usize) -> DateTime<Utc> {
    now() - TimeDelta::hours(i64::try_from(hours).expect("some weeks"))
}

/// Returns the bodies of all documents: the feeds, the list page, the text.
pub(crate) fn bodies() -> impl Iterator<Item = String> {
    (0..FEEDS).map(rss).chain([list_page(), bulletin()])
}

/// Returns English and Spanish in turn.
pub(crate) fn language(feed: usize) -> &'static str {
    ["en", "es"][subject(feed) % 2]
}

fn subject(feed: usize) -> usize {
    if feed % 10 == 9 { feed - 1 } else { feed }
}

fn rss(feed: usize) -> String {
    let subject = subject(feed);
    let mut writer = Writer::new(subject % 2, subject as u64);
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>News</title>",
    );
    for number in 0..ITEMS {
        let title = writer.title(number);
        let [short, first, second] = [2, 5, 6].map(|sentences| writer.paragraph(sentences));
        let date = hours_ago(number * 7 + subject).to_rfc2822();
        write!(
            xml,
            "<item><title>{title}</title><link>https://site{subject}.example/news/{number}?utm_source=rss</link>\
             <guid isPermaLink=\"false\">{feed}:{number}</guid><pubDate>{date}</pubDate><category>News</category>\
             <description>{short}</description><content:encoded><![CDATA[<div class=\"body\"><p>{first}</p>\
             <p>{second} <a href=\"/about?id={number}\">More</a> <img src=\"/img/{number}.jpg\" alt=\"\"></p></div>]]>\
             </content:encoded></item>"
        )
        .expect("a string takes all");
    }
    xml + "</channel></rss>"
}

fn list_page() -> String {
    let mut writer = Writer::new(0, 1_000);
    let row = |number| {
        let (title, teaser) = (writer.title(number), writer.paragraph(2));
        let date = hours_ago(number * 5).to_rfc3339();
        format!(
            "<div class=\"views-row\"><time datetime=\"{date}\">then</time>\
             <h3><a href=\"/notice/{number}\">{title}</a></h3><div class=\"teaser\"><p>{teaser}</p></div></div>\n"
        )
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    let rows = rows.concat();
    format!("<!DOCTYPE html><html lang=\"en\"><body><main>{rows}</main></body></html>")
}

fn bulletin() -> String {
    let mut writer = Writer::new(1, 2_000);
    let notice = |number: usize| {
        let date = hours_ago(number * 24).format("%d/%m/%Y");
        let (title, text) = (writer.title(number), writer.paragraph(4));
        format!("{date}\n\n{title}\n\n{text}\n\n")
    };
    let notices: Vec<String> = (0..NOTICES).map(notice).collect();
    notices.concat()
}
