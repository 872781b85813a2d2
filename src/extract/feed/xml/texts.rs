//! Reads text elements: the end of each, however it was left, and the markup in it, bare or as XHTML.
//!
//! In: the tag that begins one, and the tokens after it. Out: its [`Content`]. A text element ends with its
//! end tag, with that of an element around it, or before an element that cannot be within it.

use std::borrow::Cow;

use url::Url;

use super::{ElementRole, OpenElement, XmlFeedReader, is_core_namespace, shorten_name};
use crate::extract::feed::content::ElementContent;
use crate::extract::feed::fault::FormatFault;
use crate::extract::feed::names::{FeedElement, Namespace, find_element};
use crate::extract::feed::references;
use crate::extract::feed::scan::{XmlTag, XmlToken, local_name};

impl<'a> XmlFeedReader<'a> {
    /// Returns the content of the element that `tag` begins, up to its end: text, or markup.
    pub(super) fn read_content(
        &mut self,
        tag: &XmlTag<'a>,
        namespace: Namespace,
    ) -> ElementContent {
        if tag.is_empty {
            return ElementContent::Text(String::new());
        }
        let start = self.scanner.position();
        let mut text = Cow::Borrowed("");
        loop {
            let before = self.scanner.position();
            match self.scanner.next_token() {
                Some(XmlToken::Text(found)) => {
                    append_text(&mut text, self.decode_text(found, before));
                }
                Some(XmlToken::Cdata(found)) => append_text(&mut text, Cow::Borrowed(found)),
                Some(XmlToken::Close(name)) if self.ends_text_element(name, tag, before) => break,
                Some(XmlToken::Close(_)) => {}
                Some(XmlToken::Open(inner)) if self.implies_text_end(&inner, tag, namespace, 0) => {
                    self.note_unclosed(tag, before);
                    break;
                }
                Some(XmlToken::Open(inner)) => {
                    if self.is_unescaped_feed_tag(&inner, tag) {
                        let fault = FormatFault::NakedMarkup(shorten_name(tag.name));
                        self.scanner.faults.note(fault, before);
                    }
                    self.scanner.go_to(start);
                    return ElementContent::Markup(self.read_markup(tag, namespace));
                }
                None => break,
            }
        }
        ElementContent::Text(trim_text(text))
    }

    fn decode_text(&mut self, found: &'a str, at: usize) -> Cow<'a, str> {
        let (text, flaw) = references::decode_references(found);
        if let Some((fault, within)) = flaw {
            self.scanner.faults.note(fault, at + within);
        }
        text
    }

    /// Returns true if an end tag ends the text element: its own, or that of an element around it, which is
    /// then still to be read.
    fn ends_text_element(&mut self, name: &str, tag: &XmlTag<'a>, at: usize) -> bool {
        let ended = local_name(name);
        if ended.eq_ignore_ascii_case(local_name(tag.name)) {
            return true;
        }
        let around =
            |open: &OpenElement<'_>| open.role != ElementRole::Ignored && open.is_ended_by(ended);
        if self.open.iter().any(around) {
            self.note_unclosed(tag, at);
            return true;
        }
        self.scanner
            .faults
            .note(FormatFault::StrayEnd(shorten_name(name)), at);
        false
    }

    fn note_unclosed(&mut self, tag: &XmlTag<'a>, at: usize) {
        let fault = FormatFault::Unclosed(shorten_name(tag.name));
        self.scanner.faults.note(fault, tag.at);
        self.scanner.go_to(at);
    }

    /// Returns true if a tag shows that the text element before it was left open, because it cannot be within
    /// it. `depth` is the number of open elements of the text.
    fn implies_text_end(
        &self,
        inner: &XmlTag<'a>,
        tag: &XmlTag<'a>,
        namespace: Namespace,
        depth: usize,
    ) -> bool {
        use FeedElement as E;
        let found = self.tag_namespace(inner);
        let Some(inner_element) = find_element(found, inner.name) else {
            return false;
        };
        match found {
            // XHTML contains no entries, XML may.
            _ if announces_markup(tag) => {
                inner_element == E::Entry
                    && is_core_namespace(found)
                    && !tag.attributes.contains("xml")
            }
            Namespace::Plain | Namespace::Atom => match inner_element {
                E::Entry
                | E::Channel
                | E::Published
                | E::Guid
                | E::Enclosure
                | E::Updated
                | E::Author
                | E::Category
                | E::Comments => true,
                // The `link` of HTML consists of attributes only.
                E::Link if !inner.is_empty && inner.attributes.is_empty() => true,
                // Pages and drawings have titles, within elements of their own.
                E::Title => depth == 0,
                E::Body => false,
                _ => !holds_markup(find_element(namespace, tag.name)),
            },
            Namespace::Content | Namespace::DublinCore | Namespace::ITunes => true,
            _ => false,
        }
    }

    /// Returns true if an unescaped tag in a text has the namespace of the feed, to which it cannot belong.
    fn is_unescaped_feed_tag(&self, inner: &XmlTag<'a>, tag: &XmlTag<'a>) -> bool {
        !announces_markup(inner)
            && !announces_markup(tag)
            && is_core_namespace(self.tag_namespace(inner))
    }

    /// Returns the content of an element as HTML: its elements without prefixes, its texts as written.
    fn read_markup(&mut self, tag: &XmlTag<'a>, namespace: Namespace) -> String {
        let mut markup = String::new();
        let (mut depth, mut same) = (0_usize, 0_usize);
        let mut bases = BaseStack::default();
        let own = local_name(tag.name);
        let is_own = |name: &str| local_name(name).eq_ignore_ascii_case(own);
        loop {
            let before = self.scanner.position();
            match self.scanner.next_token() {
                Some(XmlToken::Text(text)) => push_text(&mut markup, text),
                // Next to elements of HTML, a section contains HTML as the text of RSS does. Within them, it
                // contains characters.
                Some(XmlToken::Cdata(text)) if depth == 0 && namespace != Namespace::Atom => {
                    markup.push_str(text);
                }
                Some(XmlToken::Cdata(text)) => push_escaped(&mut markup, text),
                Some(XmlToken::Open(inner))
                    if self.implies_text_end(&inner, tag, namespace, depth) =>
                {
                    self.note_unclosed(tag, before);
                    break;
                }
                Some(XmlToken::Open(inner)) => {
                    let is_open = !inner.is_empty && !is_void_element(html_name(inner.name));
                    same += usize::from(is_own(inner.name) && !inner.is_empty);
                    let base = self.stated_base(&inner, &bases);
                    push_tag(&mut markup, &inner, base.as_ref().or(bases.innermost()));
                    if is_open {
                        depth += 1;
                        bases.enter_depth(depth, base);
                    }
                }
                Some(XmlToken::Close(name)) if is_own(name) && same > 0 => {
                    same -= 1;
                    depth = depth.saturating_sub(1);
                    bases.leave_depth(depth);
                    push_end_tag(&mut markup, name);
                }
                Some(XmlToken::Close(name)) if is_own(name) => break,
                Some(XmlToken::Close(name)) if self.ends_structure(name) => {
                    self.note_unclosed(tag, before);
                    break;
                }
                Some(XmlToken::Close(name)) => {
                    if !is_void_element(html_name(name)) {
                        depth = depth.saturating_sub(1);
                        bases.leave_depth(depth);
                    }
                    push_end_tag(&mut markup, name);
                }
                None => break,
            }
        }
        markup.trim().to_owned()
    }

    /// Returns the base that an element within a text states itself.
    fn stated_base(&self, inner: &XmlTag<'a>, bases: &BaseStack) -> Option<Url> {
        let mut attributes = inner.attributes();
        let (_, stated) = attributes.find(|(name, _)| *name == "xml:base")?;
        let outer = bases.innermost().or(self.bases.last()).unwrap_or(self.url);
        self.resolve_base(outer, stated)
    }

    /// Returns true if the name is that of the feed or the entry around.
    fn ends_structure(&self, name: &str) -> bool {
        let ended = local_name(name);
        let is_structure = |open: &OpenElement<'_>| {
            matches!(
                open.role,
                ElementRole::Root | ElementRole::Channel | ElementRole::Entry
            )
        };
        self.open
            .iter()
            .any(|open| is_structure(open) && open.is_ended_by(ended))
    }
}

/// Returns true if a tag announces elements in it: by the type of XHTML or other XML, or by a namespace.
fn announces_markup(tag: &XmlTag<'_>) -> bool {
    ["xml", "xhtml"]
        .iter()
        .any(|kind| tag.attributes.contains(kind))
}

/// Returns true if HTML, with elements of many names, is usual in such an element.
fn holds_markup(element: Option<FeedElement>) -> bool {
    use FeedElement as E;
    matches!(
        element,
        Some(
            E::Summary | E::Subtitle | E::Content | E::ContentEncoded | E::Body | E::ITunesSummary
        )
    )
}

fn trim_text(text: Cow<'_, str>) -> String {
    match text {
        Cow::Owned(mut text) if text.trim().len() == text.len() => {
            text.shrink_to_fit();
            text
        }
        text => text.trim().to_owned(),
    }
}

fn append_text<'a>(text: &mut Cow<'a, str>, more: Cow<'a, str>) {
    if text.is_empty() {
        *text = more;
    } else {
        text.to_mut().push_str(&more);
    }
}

/// Appends text as written. A `<` that began no tag would begin one in HTML, so it is escaped.
fn push_text(markup: &mut String, text: &str) {
    match text.strip_prefix('<') {
        Some(rest) => {
            markup.push_str("&lt;");
            markup.push_str(rest);
        }
        None => markup.push_str(text),
    }
}

fn push_escaped(markup: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '"' => markup.push_str("&quot;"),
            c => markup.push(c),
        }
    }
}

/// The bases stated by elements of a text, the innermost last, each with its depth.
#[derive(Default)]
struct BaseStack(Vec<(usize, Url)>);

impl BaseStack {
    fn innermost(&self) -> Option<&Url> {
        self.0.last().map(|(_, base)| base)
    }

    fn enter_depth(&mut self, depth: usize, base: Option<Url>) {
        self.0.extend(base.map(|base| (depth, base)));
    }

    /// Drops deeper bases.
    fn leave_depth(&mut self, depth: usize) {
        while self.0.last().is_some_and(|(within, _)| *within > depth) {
            self.0.pop();
        }
    }
}

/// The size of a written text above which no further address is resolved against its base: each could add a
/// long one.
const MAX_MARKUP_BYTES: usize = 4 * 1024 * 1024;

/// Attributes of HTML that contain an address.
const ADDRESSES: [&str; 6] = ["cite", "data", "href", "longdesc", "poster", "src"];

/// Elements of HTML without an end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

fn is_void_element(name: &str) -> bool {
    VOID.contains(&name)
}

/// Writes a start tag. Its addresses are resolved against `base`, if there is one.
fn push_tag(markup: &mut String, tag: &XmlTag<'_>, base: Option<&Url>) {
    let name = html_name(tag.name);
    markup.push('<');
    markup.push_str(name);
    for (name, value) in tag.attributes() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
        if name.chars().all(is_name) && !name.starts_with("xmlns") {
            markup.push(' ');
            markup.push_str(name);
            markup.push_str("=\"");
            let is_address = ADDRESSES.contains(&local_name(name));
            let is_short = markup.len() < MAX_MARKUP_BYTES;
            let joined = base.filter(|_| is_address && is_short).and_then(|base| {
                let stated = references::decode_references(value).0;
                base.join(stated.trim()).ok()
            });
            match joined {
                Some(address) => push_escaped(markup, address.as_str()),
                None => markup.push_str(&value.replace('"', "&quot;")),
            }
            markup.push('"');
        }
    }
    markup.push('>');
    if tag.is_empty && !is_void_element(name) {
        push_end_tag(markup, name);
    }
}

fn push_end_tag(markup: &mut String, name: &str) {
    let name = html_name(name);
    if !is_void_element(name) {
        markup.push_str("</");
        markup.push_str(name);
        markup.push('>');
    }
}

/// Removes the prefix, which varies in XHTML and elements within it. The rest is a name of HTML or unknown.
fn html_name(name: &str) -> &str {
    match name.split_once(':') {
        Some((_, local)) if local.starts_with(|c: char| c.is_ascii_alphabetic()) => local,
        _ => name,
    }
}
