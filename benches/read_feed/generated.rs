//! Feeds to measure if none are given: each format small, medium and large, the same in every run.

use std::fmt::Write as _;

const SIZES: [usize; 3] = [15, 150, 1_500];
const WORDS: [&str; 24] = [
    "the",
    "office",
    "reports",
    "migración",
    "laboral",
    "bulletin",
    "of",
    "región",
    "harbour",
    "families",
    "with",
    "new",
    "programme",
    "según",
    "datos",
    "children",
    "in",
    "March",
    "assistance",
    "frontera",
    "said",
    "año",
    "for",
    "training",
];

/// An entry to be written in some format.
struct Entry {
    number: usize,
    title: String,
    /// A few words.
    summary: String,
    /// HTML with links, a list and a picture.
    content: String,
    date: &'static str,
}

type Write = fn(&[Entry]) -> String;

/// Returns the name and body of each feed.
pub(crate) fn feeds() -> Vec<(String, Vec<u8>)> {
    let formats: [(&str, Write); 4] = [("rss", rss), ("rdf", rdf), ("atom", atom), ("json", json)];
    let feeds = formats.into_iter().flat_map(|(name, write)| {
        SIZES.map(|size| {
            let feed = write(&entries(size));
            (format!("{name}-{size}"), feed.into_bytes())
        })
    });
    feeds.collect()
}

fn entries(count: usize) -> Vec<Entry> {
    let mut words = Words(count as u64);
    (0..count).map(|number| entry(number, &mut words)).collect()
}

fn entry(number: usize, words: &mut Words) -> Entry {
    let paragraphs = (0..4).map(|part| {
        let [before, link, after] = [25, 3, 30].map(|count| words.take(count));
        format!("<p>{before} <a href=\"/notes/{number}/{part}\" class=\"more\">{link}</a> &amp; <em>{after}</em>.</p>\n")
    });
    let mut content: String = paragraphs.collect();
    let points = [5, 7].map(|count| format!("<li>{}</li>", words.take(count)));
    write!(
        content,
        "<ul>{}</ul><img src=\"/pictures/{number}.jpg\" alt=\"{}\">",
        points.concat(),
        words.take(2)
    )
    .expect("a string");
    Entry {
        number,
        title: words.take(8),
        summary: words.take(30),
        content,
        date: ["2026-03-02T10:00:00Z", "2026-03-03T08:30:00-06:00"][number % 2],
    }
}

/// Words in pseudo-random order (a linear congruential generator).
struct Words(u64);

impl Words {
    fn take(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.next()).collect();
        words.join(" ")
    }

    fn next(&mut self) -> &'static str {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(self.0 >> 40).expect("24 bits");
        WORDS[at % WORDS.len()]
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn rss(entries: &[Entry]) -> String {
    let item = |entry: &Entry| {
        let Entry {
            number,
            title,
            summary,
            content,
            ..
        } = entry;
        format!(
            "<item><title>{title}</title><link>https://site.example/notes/{number}</link>\
             <guid isPermaLink=\"false\">note-{number}</guid><pubDate>Mon, 02 Mar 2026 10:00:00 +0000</pubDate>\
             <dc:creator>Rosa Vega</dc:creator><category>News</category><category><![CDATA[Ports & boats]]></category>\
             <enclosure url=\"https://site.example/audio/{number}.mp3\" length=\"4096\" type=\"audio/mpeg\"/>\
             <description>{summary}</description><content:encoded><![CDATA[{content}]]></content:encoded></item>\n"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Notes</title>\
         <link>https://site.example/</link><description>Of the port</description><language>en</language>\n{}</channel></rss>\n",
        entries.iter().map(item).collect::<String>()
    )
}

fn rdf(entries: &[Entry]) -> String {
    let address = |entry: &Entry| format!("https://site.example/notes/{}", entry.number);
    let named = |entry: &Entry| format!("<rdf:li rdf:resource=\"{}\"/>", address(entry));
    let item = |entry: &Entry| {
        format!(
            "<item rdf:about=\"{0}\"><title>{1}</title><link>{0}</link><description>{2}</description>\
             <dc:date>{3}</dc:date><dc:subject>News</dc:subject></item>\n",
            address(entry),
            entry.title,
            escaped(&entry.content),
            entry.date
        )
    };
    format!(
        "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel rdf:about=\"https://site.example/\"><title>Notes</title><link>https://site.example/</link>\
         <description>Of the port</description><items><rdf:Seq>{}</rdf:Seq></items></channel>\n{}</rdf:RDF>\n",
        entries.iter().map(named).collect::<String>(),
        entries.iter().map(item).collect::<String>()
    )
}

fn atom(entries: &[Entry]) -> String {
    let item = |entry: &Entry| {
        let Entry {
            number,
            title,
            summary,
            content,
            date,
        } = entry;
        format!(
            "<entry><id>urn:note:{number}</id><title type=\"html\">{title}</title>\
             <link rel=\"alternate\" href=\"https://site.example/notes/{number}\"/><updated>{date}</updated>\
             <published>{date}</published><author><name>Rosa Vega</name></author><category term=\"news\"/>\
             <summary>{summary}</summary><content type=\"html\">{}</content></entry>\n",
            escaped(content)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\
         <id>https://site.example/</id><title>Notes</title><updated>2026-03-03T14:30:00Z</updated>\
         <link href=\"https://site.example/\"/>\n{}</feed>\n",
        entries.iter().map(item).collect::<String>()
    )
}

fn json(entries: &[Entry]) -> String {
    let item = |entry: &Entry| {
        serde_json::json!({
            "id": format!("note-{}", entry.number),
            "url": format!("https://site.example/notes/{}", entry.number),
            "title": entry.title,
            "summary": entry.summary,
            "content_html": entry.content,
            "date_published": entry.date,
            "authors": [{"name": "Rosa Vega"}],
            "tags": ["News"],
        })
    };
    let feed = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Notes",
        "home_page_url": "https://site.example/",
        "items": entries.iter().map(item).collect::<Vec<_>>(),
    });
    format!("{feed:#}")
}
