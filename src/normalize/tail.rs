//! What publishing programs add to the end of titles and texts: the site's name, “Read more”, where a post appeared first.

use std::borrow::Cow;

use super::html;
use super::text::folded;
use crate::model::SafeHtml;

/// What stands between a title and its site's name.
const SEPARATORS: [&str; 9] = [
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " • ", " · ",
];
/// Shorter names are words of titles, too.
const MIN_NAME: usize = 3;

/// A site's names, as titles end with them.
#[derive(Debug, Default)]
pub(super) struct SiteNames(Vec<String>);

impl SiteNames {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let folded = names.into_iter().map(folded);
        Self(folded.filter(|name| name.len() >= MIN_NAME).collect())
    }

    /// The title without the site's name after it.
    pub(super) fn without<'t>(&self, title: &'t str) -> &'t str {
        let mut title = title;
        while let Some(shorter) = self.cut(title) {
            title = shorter;
        }
        title
    }

    fn cut<'t>(&self, title: &'t str) -> Option<&'t str> {
        let last = SEPARATORS
            .iter()
            .filter_map(|separator| title.rsplit_once(separator));
        let (before, name) = last.min_by_key(|(_, name)| name.len())?;
        let before = before.trim_end();
        (!before.is_empty() && self.0.contains(&folded(name))).then_some(before)
    }
}

/// Links that lead to the rest of a text, folded; a longer one may name the text.
const MORE: [&str; 24] = [
    "continua a leggere",
    "continue a ler",
    "continue lendo",
    "continue reading",
    "en savoir plus",
    "leer mas",
    "lees meer",
    "lees verder",
    "leggi di piu",
    "leggi tutto",
    "leia mais",
    "ler mais",
    "li plis",
    "lire la suite",
    "lire plus",
    "mas informacion",
    "mehr lesen",
    "read full story",
    "read more",
    "read the full story",
    "saiba mais",
    "seguir leyendo",
    "ver mas",
    "weiterlesen",
];
/// The longest such link, its tags included, in bytes.
const MAX_LINK_BYTES: usize = 1_024;
/// The longest words to the same effect, with what stands around them.
const MAX_WORDS_BYTES: usize = 64;
/// What `WordPress` says below a post (“The post X appeared first on Y.”): how it begins, and what it says of the site.
const CREDITS: [(&str, &str); 12] = [
    ("der beitrag ", " erschien zuerst auf "),
    ("het bericht ", " verscheen eerst op "),
    ("l article ", " est apparu en premier sur "),
    ("l articolo ", " proviene da "),
    ("la entrada ", " aparece primero en "),
    ("la entrada ", " se publico primero en "),
    ("l entrada ", " ha aparegut primer a "),
    ("o artigo ", " aparece primeiro em "),
    ("o post ", " apareceu primeiro em "),
    ("the post ", " appeared first on "),
    ("the post ", " first appeared on "),
    ("this post ", " appeared first on "),
];

/// A short text without what leads to the whole one.
pub(super) fn of_summary(summary: &SafeHtml) -> Option<SafeHtml> {
    html::visible(without_more(without_credit(summary.as_str())).into_owned())
}

/// A text without what was put below it.
pub(super) fn of_content(content: SafeHtml) -> Option<SafeHtml> {
    let kept = without_credit(content.as_str());
    if kept.len() == content.as_str().len() {
        return Some(content);
    }
    html::visible(kept.to_owned())
}

/// Sanitized markup without the line that names where it appeared first.
pub(super) fn without_credit(markup: &str) -> &str {
    let mut markup = markup;
    while let Some((before, last)) = last_block(markup) {
        let text = folded(&html::text_of(last));
        let is_credit =
            |(begins, says): &(&str, &str)| text.starts_with(begins) && text.contains(says);
        if !CREDITS.iter().any(is_credit) {
            break;
        }
        markup = before.trim_end();
    }
    markup
}

/// The last paragraph, where nothing follows it, and what stands before it.
fn last_block(markup: &str) -> Option<(&str, &str)> {
    let inner = markup.strip_suffix("</p>")?;
    let begins = inner.rfind("<p>").max(inner.rfind("<p "))?;
    let (before, last) = markup.split_at(begins);
    (last.len() <= 4 * 1024).then_some((before, last))
}

/// Sanitized markup without what leads to the rest of the text: a link at its end, or the words alone after a sentence.
pub(super) fn without_more(markup: &str) -> Cow<'_, str> {
    let mut markup = Cow::Borrowed(markup);
    while let Some(shorter) = cut_more(&markup) {
        markup = Cow::Owned(shorter);
    }
    markup
}

fn cut_more(markup: &str) -> Option<String> {
    let (text, mut closing) = markup.split_at(text_end(markup));
    let mut kept = before_link(text).or_else(|| before_words(text))?;
    kept = kept.trim_end().trim_end_matches(['[', '(']).trim_end();
    // What held nothing else goes with it.
    loop {
        let outer = kept
            .strip_suffix('>')
            .and_then(|open| open.rsplit_once('<'));
        let Some((outside, name)) = outer else { break };
        if name == "br" {
            kept = outside.trim_end();
        } else if let Some(further) = closing.strip_prefix(&*format!("</{name}>")) {
            (kept, closing) = (outside.trim_end(), further);
        } else {
            break;
        }
    }
    Some(format!("{kept}{closing}"))
}

/// Where the end tags begin that close the markup; that of a link is none of them.
fn text_end(markup: &str) -> usize {
    let mut text = markup;
    while let Some((before, name)) = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once("</"))
    {
        if name == "a" || name.contains('<') {
            break;
        }
        text = before.trim_end();
    }
    text.len()
}

/// What stands before a last link to the rest.
fn before_link(text: &str) -> Option<&str> {
    let (linked, after) = text.rsplit_once("</a>")?;
    let (before, link) = linked.split_at(linked.rfind("<a ").max(linked.rfind("<a>"))?);
    let ends =
        link.len() + after.len() <= MAX_LINK_BYTES && folded(&html::text_of(after)).is_empty();
    if !ends {
        return None;
    }
    let shown = folded(&html::text_of(link));
    let names_text = |phrase: &str| {
        shown
            .strip_prefix(phrase)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    MORE.iter()
        .any(|phrase| names_text(phrase))
        .then_some(before)
}

/// What stands before last words that lead to the rest, where they follow a sentence.
fn before_words(text: &str) -> Option<&str> {
    let begins = text.rfind('>').map_or(0, |tag| tag + 1);
    let last = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let words = |phrase: &str| {
        let mut before = last;
        for _ in phrase.split(' ') {
            before = before
                .trim_end()
                .trim_end_matches(|c: char| !c.is_whitespace() && !matches!(c, '>' | '(' | '['));
        }
        let found = text.split_at(before.len()).1;
        (before.len() >= begins && found.len() <= MAX_WORDS_BYTES && folded(found) == phrase)
            .then_some(before)
    };
    let before = MORE.iter().find_map(|phrase| words(phrase))?;
    let sentence = before.trim_end().trim_end_matches(['[', '(']).trim_end();
    let closed = sentence.ends_with(['.', '!', '?', '…', ']', ')', '"', '”', '»', '>']);
    (closed || sentence.is_empty()).then_some(before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_title(title: &str, expected: &str) {
        let names = SiteNames::new(["Ministry of Labour", "www.labour.example", "|"]);
        assert_eq!(names.without(title), expected);
    }

    #[test]
    fn titles_end_before_the_name_of_their_site() {
        check_title("New rules | Ministry of Labour", "New rules");
        check_title(
            "New rules – MINISTRY OF LABOUR - www.labour.example",
            "New rules",
        );
        check_title(
            "New rules - for the Ministry of Labour",
            "New rules - for the Ministry of Labour",
        );
        check_title("New rules | Labour", "New rules | Labour");
        check_title("Ministry of Labour", "Ministry of Labour");
        check_title(" | Ministry of Labour", " | Ministry of Labour");
    }

    fn check(markup: &str, expected: &str) {
        assert_eq!(without_more(without_credit(markup)), expected, "{markup}");
    }

    #[test]
    fn texts_end_before_the_way_to_the_rest() {
        check(
            "<p>One. <a href=\"https://a.example/\">Leer más »</a></p>",
            "<p>One.</p>",
        );
        check(
            "<p>One [&nbsp;…]</p> <p><a href=\"/\">Continue reading<span> “One”</span></a> →</p>",
            "<p>One [&nbsp;…]</p>",
        );
        check(
            "<div><p>One.<br><a>Lire la suite</a></p></div>",
            "<div><p>One.</p></div>",
        );
        check("<p>One. (Read more...)</p>", "<p>One.</p>");
        check("One…\nSeguir leyendo", "One…");
        check("<a>Read more</a>", "");
        for kept in [
            "<p>We read more</p>",
            "<p><a>Leer</a> más</p>",
            "<p>See <a>the report</a></p>",
            "<p>One</p>",
            "<a>Read more</a> of this.",
            "",
            "<p>One. <a>More</a></p>",
        ] {
            check(kept, kept);
        }
    }

    #[test]
    fn posts_end_before_where_they_appeared_first() {
        let credit = |text: &str| check(&format!("<p>One.</p>\n<p>{text}</p>"), "<p>One.</p>");
        credit("The post <a href=\"/\">One</a> appeared first on <a href=\"/\">Site</a>.");
        credit("La entrada <a>One</a> se publicó primero en <a>Site</a>.");
        credit("L’article <a>One</a> est apparu en premier sur <a>Site</a>.");
        check(
            "<p>The post office burnt.</p>",
            "<p>The post office burnt.</p>",
        );
    }

    proptest! {
        #[test]
        fn twice_is_once(markup in "(<p>|</p>|<a>|</a>|<br>|Read more|leer más|[a-z.…»(\\[ ]|The post | appeared first on ){0,12}") {
            let once = without_more(without_credit(&markup)).into_owned();
            prop_assert_eq!(without_more(without_credit(&once)), once.as_str());
        }
    }
}
