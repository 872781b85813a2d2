//! Reads RSS and Atom that a program converted to JSON: `{"rss": {"channel": {"item": […]}}}`,
//! `{"feed": {"entry": […]}}`.
//!
//! In: the text. Out: the XML that it was or could have been, for the reader of feeds in XML. Members of an
//! element are its parts or its attributes, which is decided by their spelling (`@url`, `_url`, `$`) or else
//! by the element. Its text is a member, too (`#value`, `#text`, `$t`, `_`).

use serde_json::{Map, Value};

/// The maximum length of a name: it is written out once for each of its elements.
const MAX_NAME_BYTES: usize = 64;

/// Names of the member that contains an element's text.
const TEXTS: [&str; 6] = ["#value", "#text", "$t", "_", "__text", "__cdata"];

/// Names of a member that contains all attributes of an element.
const TOGETHER: [&str; 3] = ["$", "@", "@attributes"];

/// Elements whose further members are attributes.
const WITH_ATTRIBUTES: [&str; 14] = [
    "category",
    "cloud",
    "content",
    "description",
    "enclosure",
    "guid",
    "link",
    "subtitle",
    "summary",
    "title",
    "atom:link",
    "itunes:image",
    "media:content",
    "media:thumbnail",
];

/// Returns true if a text may be such JSON, without parsing it.
pub(in crate::extract) fn may_be_feed(text: &str) -> bool {
    let holds = |name: &str| memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some();
    let begins = text.trim_start_matches(crate::extract::feed::is_blank);
    begins.starts_with('{') && (holds("\"channel\"") || holds("\"feed\"") && holds("\"entry\""))
}

/// Returns the XML, or `None` if the JSON is something else.
pub(super) fn convert_to_xml(text: &str) -> Option<String> {
    if !may_be_feed(text) {
        return None;
    }
    let value: Value = serde_json::Deserializer::from_str(text)
        .into_iter()
        .next()?
        .ok()?;
    let root = value.as_object()?;
    let mut xml = String::with_capacity(text.len());
    if let Some(rss) = root.get("rss").filter(|rss| rss.get("channel").is_some()) {
        write_element(&mut xml, "rss", rss);
    } else if let Some(rdf) = root.get("rdf:RDF") {
        write_element(&mut xml, "rdf:RDF", rdf);
    } else if let Some(feed) = root.get("feed").filter(|feed| feed.get("entry").is_some()) {
        write_element(&mut xml, "feed", feed);
    } else if let Some(channel) = root.get("channel").filter(|it| it.get("item").is_some()) {
        xml.push_str("<rss>");
        write_element(&mut xml, "channel", channel);
        xml.push_str("</rss>");
    }
    (!xml.is_empty()).then_some(xml)
}

fn write_element(xml: &mut String, name: &str, value: &Value) {
    // Google's feeds write prefixes this way.
    let name = name.replace('$', ":");
    if !is_xml_name(&name) {
        return;
    }
    match value {
        Value::Null => {}
        Value::Array(values) => values
            .iter()
            .for_each(|value| write_element(xml, &name, value)),
        Value::Object(members) => write_object(xml, &name, members),
        _ => {
            xml.extend(["<", &name, ">"]);
            push_escaped(xml, &scalar_text(value).unwrap_or_default());
            xml.extend(["</", &name, ">"]);
        }
    }
}

fn write_object(xml: &mut String, name: &str, members: &Map<String, Value>) {
    xml.extend(["<", name]);
    let bears_attributes = WITH_ATTRIBUTES.contains(&name) || text_member(members).is_some();
    for (key, value) in members {
        match value {
            Value::Object(together) if TOGETHER.contains(&&**key) => {
                for (key, value) in together {
                    write_attribute(xml, key, value);
                }
            }
            value => {
                if let Some(key) = attribute_name(key, bears_attributes) {
                    write_attribute(xml, key, value);
                }
            }
        }
    }
    xml.push('>');
    if let Some(text) = text_member(members) {
        push_escaped(xml, &text);
    }
    for (key, value) in members {
        let is_text = TEXTS.contains(&&**key) || TOGETHER.contains(&&**key);
        let is_attribute = attribute_name(key, bears_attributes).is_some() && !value.is_object();
        if !is_text && !is_attribute {
            write_element(xml, key, value);
        }
    }
    xml.extend(["</", name, ">"]);
}

fn text_member(members: &Map<String, Value>) -> Option<String> {
    TEXTS
        .iter()
        .find_map(|name| scalar_text(members.get(*name)?))
}

/// Returns the name of the attribute that a member represents, if it does.
fn attribute_name(key: &str, bears_attributes: bool) -> Option<&str> {
    if TEXTS.contains(&key) || TOGETHER.contains(&key) {
        return None;
    }
    let marked = key.strip_prefix(['@', '_', '-']);
    let is_known = bears_attributes || key.starts_with("xml") || key == "version";
    marked.or(is_known.then_some(key))
}

fn write_attribute(xml: &mut String, name: &str, value: &Value) {
    let name = name.replace('$', ":");
    let Some(value) = scalar_text(value).filter(|_| is_xml_name(&name)) else {
        return;
    };
    xml.extend([" ", &name, "=\""]);
    push_escaped(xml, &value);
    xml.push('"');
}

fn is_xml_name(name: &str) -> bool {
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(goes_on)
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn push_escaped(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '"' => xml.push_str("&quot;"),
            c => xml.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<&str>) {
        assert_eq!(convert_to_xml(json).as_deref(), expected, "{json}");
    }

    /// Members are sorted by name: the order of a feed is that of its lists.
    #[test]
    fn rss_is_written_as_it_was() {
        check(
            r##"{"rss": {"version": "2.0", "channel": {"item": [
                {"category": ["a", "b"], "enclosure": {"length": 12, "url": "/a?b=1&c"},
                 "guid": {"isPermaLink": false, "#value": "1"}}, {"title": null}], "title": "A & <b>"}}}"##,
            Some(
                "<rss version=\"2.0\"><channel><item><category>a</category><category>b</category>\
                 <enclosure length=\"12\" url=\"/a?b=1&amp;c\"></enclosure><guid isPermaLink=\"false\">1</guid>\
                 </item><item></item><title>A &amp; &lt;b></title></channel></rss>",
            ),
        );
        check(
            r#"{"channel": {"item": {"link": "/a", "media:content": {"@url": "/b", "media:title": "c"}}}}"#,
            Some(
                "<rss><channel><item><link>/a</link><media:content url=\"/b\" media:title=\"c\"></media:content>\
                 </item></channel></rss>",
            ),
        );
    }

    #[test]
    fn atom_is_written_as_it_was() {
        check(
            r#"{"version": "1.0", "feed": {"xmlns": "urn:a", "entry": [{"author": [{"name": {"$t": "b"}}],
                "link": [{"href": "/a", "rel": "self"}], "media$thumbnail": {"url": "/c"},
                "title": {"type": "text", "$t": "a"}}]}}"#,
            Some(
                "<feed xmlns=\"urn:a\"><entry><author><name>b</name></author><link href=\"/a\" rel=\"self\"></link>\
                 <media:thumbnail url=\"/c\"></media:thumbnail><title type=\"text\">a</title></entry></feed>",
            ),
        );
    }

    #[test]
    fn other_json_is_left_alone() {
        check(r#"{"channel": "news"}"#, None);
        check(r#"{"feed": {"entries": []}}"#, None);
        check(r#"[{"channel": {"item": 1}}]"#, None);
        check("{\"channel\"", None);
        let long = format!(
            "{{\"channel\": {{\"item\": {{\"{}\": 1, \"a b\": 2, \"1\": 3}}}}}}",
            "a".repeat(65)
        );
        check(&long, Some("<rss><channel><item></item></channel></rss>"));
    }
}
