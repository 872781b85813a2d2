//! Edits a configuration's text as an operator would by hand.
//!
//! In: the text of one file and the change. Out: the text with exactly that change: comments, order, spacing and line
//! ends of everything else stay byte for byte. Pure; use [`load_changed`](super::load_changed) to check whether the
//! result is valid.
//!
//! Nothing is reformatted: the positions of values are looked up, and text is inserted there.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::model::Layout;

/// Fields that a repair removes if it no longer finds them; others may be beyond its scope.
const REPAIRED: [&str; 5] = ["item", "title", "link", "date", "summary"];

/// The key of the layout. Selectors replace it.
const LAYOUT: &str = "layout";

/// The reason why a text cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("it is no TOML: {0}")]
    Toml(String),
    /// `source` is a table, `[source]`, or something else to which no source can be added.
    #[error("`source` is no list in it: write `[[source]]`")]
    NoList,
    /// There is no block with this id.
    #[error("no `[[source]]` of it has the id `{0}`")]
    NoSource(String),
    /// A file cannot be read.
    #[error("it cannot be read: {0}")]
    Unread(String),
    /// `select` contains something other than fields.
    #[error("`select` of `{0}` is no table")]
    NoSelect(String),
}

/// Returns `text` as a TOML string in quotation marks.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns the patterns of `include` that are texts.
pub fn included(text: &str) -> Vec<String> {
    let Ok(document) = parsed(text) else {
        return Vec::new();
    };
    let listed = document.get(super::include::KEY).and_then(Item::as_array);
    let names = listed.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// Returns `text` with `block`, a `[[source]]`, as its last source.
///
/// # Errors
/// [`EditError::Toml`] and [`EditError::NoList`].
pub fn with_source(text: &str, block: &str) -> Result<String, EditError> {
    let document = parsed(text)?;
    match document.get("source") {
        None | Some(Item::ArrayOfTables(_)) => Ok(appended(text, block)),
        Some(Item::Value(Value::Array(list))) => {
            let newest = list.iter().last().and_then(Value::span);
            let inline = inline(block)?;
            let (at, written) = match (newest, list.span()) {
                (Some(other), _) => (other.end, format!(", {inline}")),
                (None, Some(list)) => (list.start + 1, inline),
                (None, None) => return Err(EditError::NoList),
            };
            Ok(spliced(text, vec![(at..at, written)]))
        }
        Some(_) => Err(EditError::NoList),
    }
}

/// Returns `text` with these selectors in the block of the source `id`, in the form already used there. Selectors of
/// the list's records that are not among them are removed; everything else in `select` stays.
///
/// # Errors
/// [`EditError`]
pub fn with_select(
    text: &str,
    id: &str,
    select: &BTreeMap<String, String>,
) -> Result<String, EditError> {
    let document = parsed(text)?;
    let found = block(&document, id).ok_or_else(|| EditError::NoSource(id.to_owned()))?;
    let (block, form) = (found.table, found.form);
    let edits = match block.get("select") {
        Some(Item::Value(Value::InlineTable(table))) if table.is_dotted() => {
            replaced(table, select)
        }
        Some(Item::Value(Value::InlineTable(table))) => vec![rewritten(table, select)],
        Some(Item::Table(table)) => {
            let prefix = if table.is_dotted() { "select." } else { "" };
            fields(text, table, prefix, table.span(), select)
        }
        Some(_) => return Err(EditError::NoSelect(id.to_owned())),
        None => match form {
            Form::Braces => inserted(block, select),
            Form::Lines => fields(text, &Table::new(), "select.", end(block), select),
        },
    };
    let edits = edits.into_iter().chain(removed(text, &found, LAYOUT));
    Ok(spliced(text, edits.collect()))
}

/// Returns `text` with this layout in the block of the source `id`. It replaces an older one.
///
/// # Errors
/// [`EditError`]
pub fn with_layout(text: &str, id: &str, layout: &Layout) -> Result<String, EditError> {
    let document = parsed(text)?;
    let found = block(&document, id).ok_or_else(|| EditError::NoSource(id.to_owned()))?;
    let Block { table: block, form } = found;
    let written = quoted(layout.as_str());
    let there = block.get(LAYOUT).and_then(Item::span);
    let edit = match (there, form) {
        (Some(place), _) => (place, written),
        (None, Form::Braces) => {
            let end = block.get("url").and_then(Item::span);
            let end = end.map_or(0, |span| span.end);
            (end..end, format!(", {LAYOUT} = {written}"))
        }
        (None, Form::Lines) => {
            let end = end(block).map_or(text.len(), |span| span.end);
            let at = lines(text, &(end..end)).end;
            let is_parted = text.get(..at).is_none_or(|before| before.ends_with('\n'));
            let before = if is_parted { "" } else { newline(text) };
            (
                at..at,
                format!("{before}{LAYOUT} = {written}{}", newline(text)),
            )
        }
    };
    Ok(spliced(text, vec![edit]))
}

/// Returns the edit that removes a key from a block.
fn removed(text: &str, block: &Block<'_>, key: &str) -> Option<Edit> {
    let (key, item) = block.table.get_key_value(key)?;
    let (start, end) = (key.span()?.start, item.span()?.end);
    if let Form::Lines = block.form {
        return Some((lines(text, &(start..end)), String::new()));
    }
    let before = text.get(..start)?.trim_end();
    if before.ends_with(',') {
        return Some((before.len() - 1..end, String::new()));
    }
    let behind = text.get(end..)?;
    let comma = behind
        .find(',')
        .filter(|at| behind.get(..*at).is_some_and(|gap| gap.trim().is_empty()));
    Some((start..comma.map_or(end, |at| end + at + 1), String::new()))
}

fn parsed(text: &str) -> Result<Document<&str>, EditError> {
    Document::parse(text).map_err(|error| EditError::Toml(error.message().to_owned()))
}

/// A source as written.
pub(super) struct Block<'a> {
    pub(super) table: &'a dyn TableLike,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    /// `[[source]]`
    Lines,
    /// `{ … }` in a list.
    Braces,
}

pub(super) fn block<'a>(document: &'a Document<&str>, id: &str) -> Option<Block<'a>> {
    let has_id = |table: &&dyn TableLike| table.get("id").and_then(Item::as_str) == Some(id);
    let (table, form) = match document.get("source")? {
        Item::ArrayOfTables(list) => {
            let mut tables = list.iter().map(|table| table as &dyn TableLike);
            (tables.find(has_id), Form::Lines)
        }
        Item::Value(Value::Array(list)) => {
            let tables = list.iter().filter_map(Value::as_inline_table);
            let mut tables = tables.map(|table| table as &dyn TableLike);
            (tables.find(has_id), Form::Braces)
        }
        _ => return None,
    };
    table.map(|table| Block { table, form })
}

/// Returns the block with its source as `{ … }`.
fn inline(block: &str) -> Result<String, EditError> {
    let document: DocumentMut = block
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Toml(error.message().to_owned()))?;
    let list = document.get("source").and_then(Item::as_array_of_tables);
    let table = list
        .and_then(|list| list.iter().next())
        .ok_or(EditError::NoList)?;
    let mut pairs = Vec::new();
    flatten("", table, &mut pairs);
    Ok(format!("{{ {} }}", pairs.join(", ")))
}

/// Collects the values of a table and of nested tables, under dotted keys.
fn flatten(prefix: &str, table: &dyn TableLike, pairs: &mut Vec<String>) {
    for (key, item) in table.iter() {
        let name = format!("{prefix}{key}");
        match (item.as_table_like(), item.as_value()) {
            (Some(inner), _) => flatten(&format!("{name}."), inner, pairs),
            (None, Some(value)) => {
                pairs.push(format!("{name} = {}", value.clone().decorated("", "")));
            }
            (None, None) => {}
        }
    }
}

fn appended(text: &str, block: &str) -> String {
    let newline = newline(text);
    let mut appended = text.to_owned();
    if !text.is_empty() {
        let missing = if text.ends_with('\n') { 1 } else { 2 };
        let is_parted =
            text.trim_end_matches([' ', '\t']).ends_with("\n\n") || text.ends_with("\r\n\r\n");
        appended.push_str(&newline.repeat(if is_parted { 0 } else { missing }));
    }
    appended.push_str(&block.trim_end().replace('\n', newline));
    appended.push_str(newline);
    appended
}

/// Returns the line ending used in `text`.
fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

type Edit = (Range<usize>, String);

/// Returns the edits of fields on lines of their own, below a header or with `prefix`. New fields are inserted after
/// the existing ones, or else after `otherwise`.
fn fields(
    text: &str,
    table: &Table,
    prefix: &str,
    otherwise: Option<Range<usize>>,
    select: &BTreeMap<String, String>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut last = None;
    for (field, item) in table {
        let Some(span) = end_of(item) else { continue };
        last = last.max(Some(span.end));
        match (select.get(field), place(item)) {
            (Some(rule), Some(place)) => edits.push((place, quoted(rule))),
            (None, _) if REPAIRED.contains(&field) && item.is_value() => {
                edits.push((lines(text, &span), String::new()));
            }
            _ => {}
        }
    }
    let end = last.or(otherwise.map(|span| span.end));
    let at = lines(
        text,
        &(end.unwrap_or(text.len())..end.unwrap_or(text.len())),
    )
    .end;
    let missing = in_order(select).filter(|(field, _)| !table.contains_key(field));
    let line = |(field, rule): (&str, &str)| {
        format!("{prefix}{field} = {}{}", quoted(rule), newline(text))
    };
    let missing: String = missing.map(line).collect();
    if !missing.is_empty() {
        let parted = text.get(..at).is_none_or(|before| before.ends_with('\n'));
        let before = if parted { "" } else { newline(text) };
        edits.push((at..at, format!("{before}{missing}")));
    }
    edits
}

/// Returns the bytes of a field's selector, also if it has `regex` or `value`; for a rule that looks in another way,
/// all of its bytes.
fn place(item: &Item) -> Option<Range<usize>> {
    match item.as_table_like() {
        Some(rule) if rule.contains_key("find") => rule.get("find")?.span(),
        Some(rule) if looks(rule) => item.as_inline_table().and_then(whole),
        Some(_) => None,
        None => item.span(),
    }
}

/// Returns the bytes of `{ … }`; `None` for a table written with dots.
fn whole(table: &InlineTable) -> Option<Range<usize>> {
    table.span().filter(|_| !table.is_dotted())
}

/// Returns true if a rule looks for places in another way than by `find`.
fn looks(rule: &dyn TableLike) -> bool {
    let ways = ["join", "before", "page", "from"];
    ways.iter().any(|way| rule.contains_key(way))
}

/// Returns the fields in the order in which people write them.
fn in_order(select: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    let known = |field: &str| REPAIRED.iter().position(|known| *known == field);
    let fields = select
        .iter()
        .map(|(field, rule)| (field.as_str(), rule.as_str()));
    let mut fields: Vec<_> = fields.collect();
    fields.sort_by_key(|(field, _)| known(field).unwrap_or(REPAIRED.len()));
    fields.into_iter()
}

/// Returns an edit of `{ item = "…", … }` with the fields changed.
fn rewritten(table: &InlineTable, select: &BTreeMap<String, String>) -> Edit {
    let is_rule = |field: &str| {
        let rule = table.get(field).and_then(Value::as_inline_table);
        rule.is_some_and(|rule| !looks(rule))
    };
    let new = in_order(select).filter(|(field, _)| !is_rule(field));
    let new = new.map(|(field, rule)| format!("{field} = {}", quoted(rule)));
    let kept = table.iter().filter(|(field, _)| {
        is_rule(field) || !select.contains_key(*field) && !REPAIRED.contains(field)
    });
    let kept = kept.map(|(field, value)| {
        let value = value.clone().decorated("", "");
        format!("{field} = {value}")
    });
    let pairs: Vec<String> = new.chain(kept).collect();
    let span = table.span().unwrap_or_default();
    (span, format!("{{ {} }}", pairs.join(", ")))
}

/// Returns edits of `select.item = "…"` in braces with the fields changed; fields that are no longer found stay.
fn replaced(table: &InlineTable, select: &BTreeMap<String, String>) -> Vec<Edit> {
    let of = |field: &str| Some(Item::Value(table.get(field)?.clone()));
    let mut edits: Vec<Edit> = in_order(select)
        .filter_map(|(field, rule)| Some((place(&of(field)?)?, quoted(rule))))
        .collect();
    if let Some(Range { end, .. }) = end(table) {
        let missing = in_order(select).filter(|(field, _)| !table.contains_key(field));
        let field = |(field, rule)| format!(", select.{field} = {}", quoted(rule));
        edits.push((end..end, missing.map(field).collect()));
    }
    edits
}

/// Returns edits that insert `select` after the address of a source in braces.
fn inserted(block: &dyn TableLike, select: &BTreeMap<String, String>) -> Vec<Edit> {
    let span = block.get("url").and_then(Item::span);
    let pair = |(field, rule)| format!("{field} = {}", quoted(rule));
    let pairs: Vec<String> = in_order(select).map(pair).collect();
    let written = format!(", select = {{ {} }}", pairs.join(", "));
    span.map(|span| (span.end..span.end, written))
        .into_iter()
        .collect()
}

/// Returns the range of the last of a block's own values, not counting nested tables.
fn end(block: &dyn TableLike) -> Option<Range<usize>> {
    let ends = block.iter().filter_map(|(_, item)| end_of(item));
    ends.max_by_key(|span| span.end)
}

fn end_of(item: &Item) -> Option<Range<usize>> {
    match item {
        Item::Value(Value::InlineTable(table)) if table.is_dotted() => end(table),
        Item::Value(value) => value.span(),
        Item::Table(table) if table.is_dotted() => end(table),
        _ => None,
    }
}

/// Returns the range of the whole lines of `span`, with their line ends.
fn lines(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.get(..span.start).and_then(|before| before.rfind('\n'));
    let end = text.get(span.end..).and_then(|after| after.find('\n'));
    start.map_or(0, |at| at + 1)..end.map_or(text.len(), |at| span.end + at + 1)
}

/// Applies the edits to `text`; they do not overlap.
fn spliced(text: &str, mut edits: Vec<Edit>) -> String {
    // Applied from the end, so that earlier positions stay valid; of two in one place the insertion comes last.
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut spliced = text.to_owned();
    for (span, written) in edits.into_iter().rev() {
        spliced.replace_range(span, &written);
    }
    spliced
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOCK: &str = "[[source]]\nid = \"new\"\nurl = \"https://a.example/\"\n";

    #[track_caller]
    fn check_added(text: &str, expected: &str) {
        let added = with_source(text, BLOCK).unwrap();
        assert_eq!(added, expected);
        assert!(parsed(&added).is_ok(), "{added}");
    }

    #[test]
    fn a_source_is_added_behind_what_stands_there() {
        check_added("", BLOCK);
        check_added("# Health\n", &format!("# Health\n\n{BLOCK}"));
        check_added("a = 1 # no end", &format!("a = 1 # no end\n\n{BLOCK}"));
        check_added(
            "[defaults]\nevery = \"1h\"\n\n",
            &format!("[defaults]\nevery = \"1h\"\n\n{BLOCK}"),
        );
        let crlf = "# Salud\r\n[[source]]\r\nid   = \"a\"   # one\r\n";
        check_added(crlf, &format!("{crlf}\r\n{}", BLOCK.replace('\n', "\r\n")));
        check_added(
            "source = [{ id = \"a\" }] # all\n",
            "source = [{ id = \"a\" }, { id = \"new\", url = \"https://a.example/\" }] # all\n",
        );
        check_added(
            "source = [\n]\n",
            "source = [{ id = \"new\", url = \"https://a.example/\" }\n]\n",
        );
    }

    #[test]
    fn what_holds_no_sources_is_refused() {
        let refused = |text: &str| with_source(text, BLOCK).unwrap_err();
        assert_eq!(refused("[source]\nid = \"a\"\n"), EditError::NoList);
        assert_eq!(refused("source = 1"), EditError::NoList);
        assert!(matches!(refused("[["), EditError::Toml(_)));
    }

    #[track_caller]
    fn check_repaired(text: &str, select: &[(&str, &str)], expected: &str) {
        let owned = |(field, rule): &(&str, &str)| ((*field).to_owned(), (*rule).to_owned());
        let select = select.iter().map(owned).collect();
        let repaired = with_select(text, "b", &select).unwrap();
        assert_eq!(repaired, expected);
        assert!(parsed(&repaired).is_ok(), "{repaired}");
    }

    #[test]
    fn dotted_selectors_are_replaced_where_they_stand() {
        check_repaired(
            "[[source]]\nid = \"a\"\nselect.item = \".a\"\n\n# Two\n[[source]]\nid = \"b\" # b\n\
             select.item    = '.old' # rows\r\nselect.date = [\n  \"time\", # first\n  \"i\",\n]\nselect.content = \"p\"\n\
             every = \"1h\"\n\n[[topic]]\nid = \"t\"\n",
            &[("item", ".new"), ("title", "h3 \"a\"")],
            "[[source]]\nid = \"a\"\nselect.item = \".a\"\n\n# Two\n[[source]]\nid = \"b\" # b\n\
             select.item    = \".new\" # rows\r\nselect.content = \"p\"\nselect.title = 'h3 \"a\"'\r\n\
             every = \"1h\"\n\n[[topic]]\nid = \"t\"\n",
        );
    }

    #[test]
    fn tables_of_selectors_are_replaced_in_their_form() {
        check_repaired(
            "[[source]]\nid = \"b\"\n[source.select]\n# rows\nitem = \".old\"\n[source.pages]\nparam = \"p\"",
            &[("item", ".new"), ("title", "h3")],
            "[[source]]\nid = \"b\"\n[source.select]\n# rows\nitem = \".new\"\ntitle = \"h3\"\n[source.pages]\nparam = \"p\"",
        );
        check_repaired(
            "[[source]]\nid = \"b\"\nselect.date.find = \"i\" # day\nselect.date.regex = \"x\"\n\
             select.title = { regex = \"y\", find = [\"a\"] }\n",
            &[("date", "time"), ("title", "h3")],
            "[[source]]\nid = \"b\"\nselect.date.find = \"time\" # day\nselect.date.regex = \"x\"\n\
             select.title = { regex = \"y\", find = \"h3\" }\n",
        );
        check_repaired(
            "[[source]]\nid = \"b\"\nselect.item = { from = \"dt\" } # rows\nselect.date = { before = \"h3\" }\nselect.author = { page = \"b\" }\n",
            &[("item", ".new"), ("date", "time")],
            "[[source]]\nid = \"b\"\nselect.item = \".new\" # rows\nselect.date = \"time\"\nselect.author = { page = \"b\" }\n",
        );
        check_repaired(
            "[[source]]\nid = \"b\"\nselect = { item = { from = \"dt\" }, date = { before = \"h3\" }, author = { value = \"b\" } }\n",
            &[("title", "h3"), ("item", ".new")],
            "[[source]]\nid = \"b\"\nselect = { item = \".new\", title = \"h3\", author = { value = \"b\" } }\n",
        );
        check_repaired(
            "[[source]]\nid = \"b\"\nselect = { item = \".old\", author = \"b\" } # all\n",
            &[("title", "h3"), ("item", ".new")],
            "[[source]]\nid = \"b\"\nselect = { item = \".new\", title = \"h3\", author = \"b\" } # all\n",
        );
        check_repaired(
            "source = [{ id = \"a\" }, { id = \"b\", url = \"u\", select = { item = \"x\" } }]",
            &[("item", ".new")],
            "source = [{ id = \"a\" }, { id = \"b\", url = \"u\", select = { item = \".new\" } }]",
        );
    }

    #[test]
    fn selectors_are_put_where_none_stood() {
        check_repaired(
            "[[source]]\nid = \"b\"\nurl = \"u\" # where\npages.next = \".n\"\n\n[[source]]\nid = \"c\"",
            &[("item", ".new")],
            "[[source]]\nid = \"b\"\nurl = \"u\" # where\npages.next = \".n\"\nselect.item = \".new\"\n\n[[source]]\nid = \"c\"",
        );
        check_repaired(
            "[[source]]\nid = \"b\"\nurl = \"u\"",
            &[("item", ".new")],
            "[[source]]\nid = \"b\"\nurl = \"u\"\nselect.item = \".new\"\n",
        );
        check_repaired(
            "source = [{ id = \"b\", url = \"u\" }]",
            &[("item", ".new")],
            "source = [{ id = \"b\", url = \"u\", select = { item = \".new\" } }]",
        );
        check_repaired(
            "source = [{ id = \"b\", select.item = \"a\", select.date.find = \"i\", url = \"u\" }]",
            &[("item", ".new"), ("title", "h3"), ("date", "b")],
            "source = [{ id = \"b\", select.item = \".new\", select.date.find = \"b\", select.title = \"h3\", url = \"u\" }]",
        );
    }

    #[test]
    fn selectors_take_the_place_of_a_layout() {
        check_repaired(
            "[[source]]\nid = \"b\"\nlayout = \"page\" # one\nurl = \"u\"\n",
            &[("item", ".new")],
            "[[source]]\nid = \"b\"\nurl = \"u\"\nselect.item = \".new\"\n",
        );
        check_repaired(
            "source = [{ id = \"b\", url = \"u\", layout = \"page\" }]",
            &[("item", ".new")],
            "source = [{ id = \"b\", url = \"u\", select = { item = \".new\" } }]",
        );
        check_repaired(
            "source = [{ layout = \"page\", id = \"b\", url = \"u\" }]",
            &[("item", ".new")],
            "source = [{  id = \"b\", url = \"u\", select = { item = \".new\" } }]",
        );
    }

    #[track_caller]
    fn check_laid_out(text: &str, expected: &str) {
        let changed = with_layout(text, "b", &"page".parse().unwrap()).unwrap();
        assert_eq!(changed, expected);
        let again = with_layout(&changed, "b", &"page".parse().unwrap());
        assert_eq!(again.as_deref(), Ok(expected));
    }

    #[test]
    fn a_layout_is_put_behind_the_keys_of_its_source() {
        check_laid_out(
            "[[source]]\nid = \"b\" # b\r\nurl = \"u\"\r\n\r\n[[source]]\nid = \"c\"",
            "[[source]]\nid = \"b\" # b\r\nurl = \"u\"\r\nlayout = \"page\"\r\n\r\n[[source]]\nid = \"c\"",
        );
        check_laid_out(
            "[[source]]\nid = \"b\"\nlayout = \"data\" # all\nurl = \"u\"",
            "[[source]]\nid = \"b\"\nlayout = \"page\" # all\nurl = \"u\"",
        );
        check_laid_out(
            "[[source]]\nid = \"b\"\nurl = \"u\"\npages.param = \"p\"",
            "[[source]]\nid = \"b\"\nurl = \"u\"\npages.param = \"p\"\nlayout = \"page\"\n",
        );
        check_laid_out(
            "source = [{ id = \"b\", url = \"u\" }]",
            "source = [{ id = \"b\", url = \"u\", layout = \"page\" }]",
        );
    }

    #[test]
    fn a_source_that_is_not_there_is_not_repaired() {
        let none = BTreeMap::new();
        let refused = |text: &str| with_select(text, "b", &none).unwrap_err();
        assert_eq!(refused(BLOCK), EditError::NoSource("b".to_owned()));
        assert_eq!(
            refused("[[source]]\nid = \"b\"\nselect = 1"),
            EditError::NoSelect("b".to_owned())
        );
    }

    #[test]
    fn patterns_are_read_and_texts_quoted() {
        assert_eq!(
            included("include = [\"a/*.toml\", 1, \"b.toml\"]"),
            ["a/*.toml", "b.toml"]
        );
        assert_eq!(included("include = ["), Vec::<String>::new());
        for text in ["a", "a \"b\"", "a'b\"", "tab\t\\", "ñ", ""] {
            let document: DocumentMut = format!("a = {}", quoted(text)).parse().unwrap();
            assert_eq!(document["a"].as_str(), Some(text));
        }
    }

    #[test]
    fn a_byte_order_mark_stays_where_it_is() {
        check_added("\u{feff}a = 1\n", &format!("\u{feff}a = 1\n\n{BLOCK}"));
        check_repaired(
            "\u{feff}[[source]]\nid = \"b\"\nselect.item = \"é\" # ñ\n",
            &[("item", ".new")],
            "\u{feff}[[source]]\nid = \"b\"\nselect.item = \".new\" # ñ\n",
        );
    }

    /// Generates lines of a configuration, in any order.
    fn any_lines() -> impl Strategy<Value = String> {
        let line = proptest::sample::select(vec![
            "[[source]]",
            "id = \"b\"",
            "url = \"u\" # é",
            "select.item = 'i'",
            "select.title = [\"a\", \"b\"]",
            "select.date = { find = \"i\", regex = \"x\" }",
            "select = { item = \"i\", link = \"a@href\" }",
            "[source.select]",
            "item = \"i\"",
            "source = [{ id = \"b\", url = \"u\" }]",
            "source = [{ id = \"b\", select.item = \"i\", select.date.find = \"i\" }]",
            "[defaults]",
            "# comment",
            "",
            "[",
        ]);
        let newline = proptest::sample::select(vec!["\n", "\r\n"]);
        let lines = proptest::collection::vec((line, newline), 0..8);
        lines.prop_map(|lines| {
            lines
                .into_iter()
                .flat_map(|(line, end)| [line, end])
                .collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_edited_stays_toml_and_is_edited_once(text in any_lines()) {
            if let Ok(added) = with_source(&text, BLOCK) {
                prop_assert!(parsed(&added).is_ok(), "{added}");
            }
            let select = [("item", ".new"), ("title", "h3")];
            let select = select.map(|(field, rule)| (field.to_owned(), rule.to_owned())).into();
            if let Ok(repaired) = with_select(&text, "b", &select) {
                prop_assert!(parsed(&repaired).is_ok(), "{repaired}");
                let again = with_select(&repaired, "b", &select);
                prop_assert_eq!(again, Ok(repaired));
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            drop((with_source(&text, BLOCK), with_select(&text, "b", &BTreeMap::new())));
        }
    }
}
