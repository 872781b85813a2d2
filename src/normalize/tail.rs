//! Removes what publishing programs append to titles and texts: the site's name, “Read more”, where a post appeared
//! first.

use std::sync::LazyLock;

use super::html;
use super::text::plain_line;
use crate::languages;
use crate::model::{RawText, SafeHtml};
use crate::text::fold_text;

/// Separators between a title and its site's name.
const SEPARATORS: [&str; 9] = [
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " • ", " · ",
];
/// Minimum length of a site's name; shorter ones are also words of titles.
const MIN_NAME: usize = 3;

/// A site's names, as titles end with them.
#[derive(Debug, Default)]
pub(super) struct SiteNames(Vec<String>);

impl SiteNames {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let folded = names.into_iter().map(fold_text);
        Self(folded.filter(|name| name.len() >= MIN_NAME).collect())
    }

    /// Returns the title without the site's name at its end.
    pub(super) fn strip_from_title(&self, mut title: String) -> String {
        while let Some(before) = self.strip_name(&title) {
            // Text next to the name may become repairable without it.
            title = plain_line(&RawText::Plain(before.to_owned()));
        }
        title
    }

    fn strip_name<'t>(&self, title: &'t str) -> Option<&'t str> {
        let last = SEPARATORS
            .iter()
            .filter_map(|separator| title.rsplit_once(separator));
        let (before, name) = last.min_by_key(|(_, name)| name.len())?;
        let before = before.trim_end();
        let is_name = !name.contains(['<', '>']) && self.0.contains(&fold_text(name));
        (is_name && !before.is_empty()).then_some(before)
    }
}

/// Labels of links to the rest of a text, folded; a longer label may name the text.
static MORE: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.text.read_more).collect());
/// Maximum length of such a link, including its tags, in bytes.
const MAX_LINK_BYTES: usize = 1_024;
/// Maximum length of such words without a link, with anything after them, in bytes.
const MAX_WORDS_BYTES: usize = 64;
/// Maximum length of a paragraph about the first appearance of a post, and of the prefix that identifies it, in
/// bytes.
const MAX_CREDIT_BYTES: usize = 2 * 1024;
const BEGINS_BYTES: usize = 16;
/// The line that `WordPress` puts below a post (“The post X appeared first on Y.”): its beginning, and its words
/// before the site.
static CREDITS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let credits = languages::all().flat_map(|table| table.text.appeared_first);
    credits.copied().collect()
});

/// Removes the link to the full text and anything below a short text; returns `None` if there is neither. In:
/// sanitized markup. Out: markup to sanitize again.
pub(super) fn cut_summary_tail(summary: &SafeHtml) -> Option<String> {
    cut_tail(summary, |markup| {
        find_credit(markup).or_else(|| find_more_link(markup))
    })
}

/// Removes anything that was put below a text; returns `None` if there is nothing. In and out as for [`of_summary`].
pub(super) fn cut_content_tail(content: &SafeHtml) -> Option<String> {
    cut_tail(content, find_credit)
}

/// The length of the markup to keep, and the end tags that close it.
type KeptMarkup = (usize, String);

fn cut_tail(html: &SafeHtml, tail: impl Fn(&str) -> Option<KeptMarkup>) -> Option<String> {
    let mut found = tail(html.as_str())?;
    let mut markup = html.as_str().to_owned();
    loop {
        let (kept, closing) = found;
        markup.truncate(kept);
        markup.push_str(&closing);
        match tail(&markup) {
            Some(next) => found = next,
            None => return Some(markup),
        }
    }
}

/// Finds a last paragraph that names where a post appeared first.
fn find_credit(markup: &str) -> Option<KeptMarkup> {
    let (before, end) = split_ending(markup, MAX_CREDIT_BYTES);
    let inner = end.strip_suffix("</p>")?;
    let (kept, last) = end.split_at(inner.rfind("<p>").max(inner.rfind("<p "))?);
    let (_, words) = last.split_once('>')?;
    let begins: String = fold_text(words.split_at(words.floor_char_boundary(BEGINS_BYTES)).0);
    let is_credit = |credit: &&(&str, &str)| begins.starts_with(credit.0);
    CREDITS.iter().find(is_credit)?;
    let text = fold_text(&html::visible_text(last));
    let says = |(begins, says): &(&str, &str)| text.starts_with(begins) && text.contains(says);
    let (kept, _) = markup.split_at(before.len() + kept.len());
    CREDITS
        .iter()
        .any(says)
        .then(|| (kept.trim_end().len(), String::new()))
}

/// Finds a reference to the rest of a text: a link at its end, or the words alone after a sentence.
fn find_more_link(markup: &str) -> Option<KeptMarkup> {
    let (text, mut closing) = markup.split_at(text_end(markup));
    let mut kept = before_link(text).or_else(|| before_words(text))?;
    kept = kept.trim_end().trim_end_matches(['[', '(']).trim_end();
    // An element that contained nothing else is removed too.
    while let Some((outside, name)) = kept
        .strip_suffix('>')
        .and_then(|open| open.rsplit_once('<'))
    {
        if name == "br" {
            kept = outside.trim_end();
        } else if let Some(further) = closing.strip_prefix(&*format!("</{name}>")) {
            (kept, closing) = (outside.trim_end(), further);
        } else {
            break;
        }
    }
    Some((kept.len(), closing.to_owned()))
}

/// Splits off the last bytes of a text, to bound the cost for long texts.
fn split_ending(text: &str, bytes: usize) -> (&str, &str) {
    text.split_at(text.ceil_char_boundary(text.len().saturating_sub(bytes)))
}

/// Returns where the end tags begin that close the markup, not counting that of a link.
fn text_end(markup: &str) -> usize {
    let mut text = markup;
    while let Some((before, name)) = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once("</"))
    {
        if name == "a" || name.contains(['<', '>']) {
            break;
        }
        text = before.trim_end();
    }
    text.len()
}

/// Returns the text before a final link to the rest.
fn before_link(text: &str) -> Option<&str> {
    let (before, end) = split_ending(text, MAX_LINK_BYTES);
    let (linked, after) = end.rsplit_once("</a>")?;
    let begins = linked.rfind("<a ").max(linked.rfind("<a>"))?;
    let (_, link) = linked.split_at(begins);
    if after.contains('<') || !fold_text(&html::visible_text(after)).is_empty() {
        return None;
    }
    let shown = fold_text(&html::visible_text(link));
    let leads = |phrase: &str| {
        let rest = shown.strip_prefix(phrase);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let (kept, _) = text.split_at(before.len() + begins);
    MORE.iter().any(|phrase| leads(phrase)).then_some(kept)
}

/// Returns the text before final words that refer to the rest, if they follow a sentence.
fn before_words(text: &str) -> Option<&str> {
    let (before, end) = split_ending(text, MAX_WORDS_BYTES);
    let words = end.trim_end_matches(|c: char| !c.is_alphanumeric());
    if end.split_at(words.len()).1.contains(['<', '>']) {
        // The words are inside a tag.
        return None;
    }
    let told = fold_text(words);
    let phrase = MORE.iter().find(|phrase| told.ends_with(**phrase))?;
    let is_within = |c: char| !c.is_whitespace() && !matches!(c, '>' | '(' | '[');
    let mut kept = words;
    for _ in phrase.split(' ') {
        kept = kept.trim_end().trim_end_matches(is_within);
    }
    if fold_text(words.split_at(kept.len()).1) != **phrase {
        return None;
    }
    let (kept, _) = text.split_at(before.len() + kept.len());
    let sentence = kept.trim_end().trim_end_matches(['[', '(']).trim_end();
    let closed = sentence.ends_with(['.', '!', '?', '…', ']', ')', '"', '”', '»', '>']);
    (closed || sentence.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_title(title: &str, expected: &str) {
        let names = SiteNames::new(["Ministry of Labour", "www.labour.example", "|"]);
        assert_eq!(names.strip_from_title(title.to_owned()), expected);
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

    fn cut(markup: &str) -> String {
        let cut = cut_summary_tail(&SafeHtml::from_sanitized(markup.to_owned()));
        cut.unwrap_or_else(|| markup.to_owned())
    }

    fn check(markup: &str, expected: &str) {
        assert_eq!(cut(markup), expected, "{markup}");
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
            "<a title=\"One. Read more\"></a>",
            "<p><a>Read more</a><b>",
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
            let once = cut(&markup);
            prop_assert_eq!(cut(&once), once);
        }
    }
}
