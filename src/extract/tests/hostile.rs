//! Tests documents made to hurt: each result comes soon, is no larger than the document, and contains nothing
//! from elsewhere.
//!
//! Nothing here is timed: at these sizes, a test that needs quadratic time or memory would not finish.

use std::fmt::Write as _;

use super::*;

/// The minimum length of the documents.
const BYTES: usize = 100_000;
/// The maximum growth from input to output: `Debug` writes some characters as ten.
const GROWTH: usize = 12;

/// Reads `body` in every way and checks that the output is no larger than the input.
fn check(name: &str, body: &str) {
    for source in READINGS.iter() {
        check_reading(name, source, body);
    }
}

/// Does the same in one way.
fn check_reading(name: &str, source: &Source, body: &str) {
    let document = document(source, body.as_bytes().to_vec());
    let Ok(extracted) = extract(&document, source) else {
        return;
    };
    let limit = GROWTH * (body.len() + BYTES);
    check_size(name, &extracted, limit);
    let normalized = normalize::normalize(source, vec![(document, extracted)]);
    check_size(name, &normalized, limit);
}

/// Checks that the `Debug` output of `found` is at most `limit` long.
fn check_size(name: &str, found: &impl std::fmt::Debug, limit: usize) {
    struct Left(usize);
    impl std::fmt::Write for Left {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(std::fmt::Error)?;
            Ok(())
        }
    }
    assert!(
        write!(Left(limit), "{found:?}").is_ok(),
        "{name}: more comes out than {limit} bytes"
    );
}

/// Pieces that are repeated without end.
const REPEATED: [&str; 45] = [
    "<",
    ">",
    "&",
    ";",
    "\"",
    "'",
    "=",
    "/",
    "]]>",
    "<!",
    "<!--",
    "-->",
    "<!-->",
    "<?",
    "?>",
    "<![CDATA[",
    "<![",
    "<!DOCTYPE [",
    "<!ENTITY a '",
    "&#",
    "&#x",
    "&a",
    "&amp",
    "&amp;",
    "&#1114112;",
    "<a",
    "<a ",
    "<a \"",
    "<a='",
    "<a b=",
    "<a b='&",
    "<a><",
    "<a>",
    "</a>",
    "<a/>",
    "<b><i>",
    "<p>",
    "<a:",
    "<svg><p>",
    "<table><td>",
    "\u{FEFF}",
    "\0",
    "\u{1B}$B",
    "é\u{301}",
    "1 May ",
];

/// The text around them.
const AROUND: [[&str; 2]; 8] = [
    ["", ""],
    ["<rss><channel>", ""],
    [
        "<rss version='2.0'><channel><item><title>",
        "</title></item></channel></rss>",
    ],
    [
        "<rss version='2.0'><channel><item><title>a</title><description><![CDATA[",
        "]]></description></item></channel></rss>",
    ],
    [
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title><content type='xhtml'><div>",
        "</div></content></entry></feed>",
    ],
    ["{\"items\": [{\"id\": \"", "\"}]}"],
    ["[{\"title\": \"a\", \"url\": \"", "\"}]"],
    [
        "<list><notice><title>a</title><link>/b</link><body>",
        "</body></notice></list>",
    ],
];

#[test]
fn repetitions_end() {
    for piece in REPEATED {
        for [before, after] in AROUND {
            let document = |bytes: usize| {
                let pieces = piece.repeat(bytes / piece.len());
                format!("{before}{pieces}{after}")
            };
            let (whole, part) = (document(BYTES), document(BYTES / 10));
            for source in READINGS.iter() {
                let looks_into = looks_into(&source.reading, before);
                check_reading(piece, source, if looks_into { &whole } else { &part });
            }
        }
    }
}

/// Returns true if a reading detects content that begins with `before` from the bare pieces. The others read
/// a tenth of it.
fn looks_into(reading: &Reading, before: &str) -> bool {
    match (before.chars().next(), reading) {
        (None, _) | (_, Reading::Auto | Reading::Feed) => true,
        (Some('<'), reading) => matches!(reading, Reading::Xml(_)),
        (Some(_), reading) => matches!(reading, Reading::Json { .. }),
    }
}

#[test]
fn many_elements_are_no_trouble() {
    let pieces = [
        "<item>",
        "<item/>",
        "<item><title>a</title></item>",
        "<channel>",
        "<title>a</title>",
        "<link/>",
        "<category>a</category>",
        "<author>a</author>",
        "<enclosure url='a'/>",
        "<media:content url='a'/>",
        "<xhtml:body>",
        "<content:encoded>",
    ];
    for piece in pieces {
        let many = piece.repeat(BYTES / piece.len());
        check(
            piece,
            &format!("<rss version='2.0'><channel><title>a</title>{many}</channel></rss>"),
        );
        check(
            piece,
            &format!(
                "<rss version='2.0'><channel><title>a</title><item><title>b</title>{many}</item></channel></rss>"
            ),
        );
    }
    for piece in [
        "<entry>",
        "<entry/>",
        "<link href='a'/>",
        "<category term='a'/>",
        "<author><name>a</name></author>",
        "<source>",
    ] {
        let many = piece.repeat(BYTES / piece.len());
        check(
            piece,
            &format!("<feed xmlns='http://www.w3.org/2005/Atom'><id>a</id>{many}</feed>"),
        );
        check(
            piece,
            &format!(
                "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id>{many}</entry></feed>"
            ),
        );
    }
    for piece in [
        "{\"a\":",
        "[",
        "{\"items\":[",
        "{\"items\":[{\"authors\":[",
        "\"\\",
        "{},",
        "{\"title\":\"a\",\"url\":\"/a\",\"items\":[",
        "{\"title\":\"a\",\"url\":\"/a\"}\n",
        "{\"a\":1}\n[",
        "a = ",
        "1 ",
        "//\n",
        "/*",
    ] {
        let many = piece.repeat(BYTES / piece.len());
        check(piece, &many);
        check(piece, &format!("{{\"items\": [{many}"));
        check(
            piece,
            &format!("{{\"items\": [{{\"id\": 1, \"tags\": [{many}"),
        );
    }
}

#[test]
fn lists_of_addresses_have_an_end() {
    for piece in [
        "<url>",
        "<url><loc>https://a.example/b</loc></url>",
        "<url><loc>/b</loc><image:image><image:loc>/c</image:loc></image:image></url>",
        "<urlset>",
        "<sitemap><loc>/b</loc></sitemap>",
    ] {
        let many = piece.repeat(BYTES / piece.len());
        check(piece, &format!("<urlset>{many}</urlset>"));
        check(piece, &format!("<sitemapindex>{many}</sitemapindex>"));
    }
    check("lines", &"https://a.example/b\n".repeat(BYTES / 20));
}

/// Long names do not multiply with the elements that have them.
#[test]
fn names_are_not_multiplied() {
    let name = "title".repeat(BYTES / 5);
    let lists = "[],".repeat(BYTES / 3);
    check("a name", &format!("{{\"{name}\": [{lists} []]}}"));
    let elements = "<a/>".repeat(BYTES / 4);
    check("an element", &format!("<{name}>{elements}</{name}>"));
}

#[test]
fn attributes_have_an_end() {
    let numbered = |write: fn(usize) -> String| (0..BYTES / 10).map(write).collect::<String>();
    for attributes in [
        numbered(|n| format!(" a{n}='b'")),
        numbered(|n| format!(" xmlns:a{n}='b'")),
        numbered(|_| " a='b'".to_owned()),
        format!(" a='{}'", "b".repeat(1_000_000)),
        format!(" a='{}'", "&lt;".repeat(250_000)),
    ] {
        check(
            "rss",
            &format!("<rss{attributes}><channel><item><title>a</title></item></channel></rss>"),
        );
        check(
            "item",
            &format!(
                "<rss><channel><item{attributes}><title{attributes}>a</title></item></channel></rss>"
            ),
        );
        check(
            "entry",
            &format!(
                "<feed xmlns='http://www.w3.org/2005/Atom'><entry{attributes}><title>a</title></entry></feed>"
            ),
        );
        check(
            "html",
            &format!("<ul><li><b{attributes}>a</b><p{attributes}>b</p></li></ul>"),
        );
    }
}

/// A feed's base is stated once and shared by many entries.
#[test]
fn a_base_is_not_multiplied_by_its_entries() {
    let long = "a/".repeat(BYTES / 2);
    let entries = "<entry><link href='b'/><title>c</title></entry>".repeat(1_000);
    let base = format!("xml:base='https://a.example/{long}'");
    check(
        "base",
        &format!("<feed xmlns='http://www.w3.org/2005/Atom' {base}>{entries}</feed>"),
    );
}

#[test]
fn a_language_is_not_multiplied_by_its_entries() {
    let long = "a".repeat(BYTES);
    let entries = "<entry><link href='b'/><title>c</title></entry>".repeat(1_000);
    check(
        "xml:lang",
        &format!("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{long}'>{entries}</feed>"),
    );
    let items = "<item><link>b</link><title>c</title></item>".repeat(1_000);
    check(
        "language",
        &format!("<rss><channel><language>{long}</language>{items}</channel></rss>"),
    );
}

#[test]
fn declared_entities_are_not_expanded() {
    let mut laughs = "<!ENTITY a0 'ha'>".to_owned();
    for n in 1..30 {
        let before = format!("&a{};", n - 1).repeat(10);
        write!(laughs, "<!ENTITY a{n} '{before}'>").unwrap();
    }
    let feed = |declared: &str, used: &str| {
        format!(
            "<?xml version='1.0'?><!DOCTYPE rss [{declared}]><rss version='2.0'><channel><title>{used}</title>\
             <item><title>a {used}</title><description>{used}</description><guid>{used}</guid></item></channel></rss>"
        )
    };
    check("billion laughs", &feed(&laughs, "&a29;"));
    let large = format!("<!ENTITY a '{}'>", "b".repeat(BYTES));
    check("quadratic", &feed(&large, &"&a;".repeat(BYTES / 3)));
    check("itself", &feed("<!ENTITY a '&b;'><!ENTITY b '&a;'>", "&a;"));
    check(
        "parameter",
        &feed("<!ENTITY % a '%b;%b;'><!ENTITY % b '%a;%a;'> %a;", "&a;"),
    );
}

#[test]
fn nothing_comes_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "the secret").unwrap();
    let address = url::Url::from_file_path(&file).unwrap();
    let path = file.display();
    let item = "<channel><title>&a;</title><item><title>a &a; &b;</title><description>&a;</description></item></channel>";
    for feed in [
        format!("<!DOCTYPE rss [<!ENTITY a SYSTEM '{address}'>]><rss>{item}</rss>"),
        format!("<!DOCTYPE rss [<!ENTITY a SYSTEM '{path}'>]><rss>{item}</rss>"),
        format!("<!DOCTYPE rss [<!ENTITY a PUBLIC 'x' '{address}'>]><rss>{item}</rss>"),
        format!("<!DOCTYPE rss SYSTEM '{address}'><rss>{item}</rss>"),
        format!("<!DOCTYPE rss [<!ENTITY % c SYSTEM '{address}'> %c;]><rss>{item}</rss>"),
        format!(
            "<rss xmlns:xi='http://www.w3.org/2001/XInclude'><channel><item><title>a</title>\
             <description><xi:include href='{address}' parse='text'/></description></item></channel></rss>"
        ),
        format!("<?xml-stylesheet href='{address}'?><rss>{item}</rss>"),
    ] {
        for source in READINGS.iter() {
            let shown = shown(source, feed.clone().into_bytes());
            assert!(!shown.contains("the secret"), "{shown}");
        }
    }
}
