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
pub fn quote_toml(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns the patterns of `include` that are texts.
pub fn include_patterns(text: &str) -> Vec<String> {
    let Ok(document) = parse_document(text) else {
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
pub fn add_source(text: &str, block: &str) -> Result<String, EditError> {
    let document = parse_document(text)?;
    match document.get("source") {
        None | Some(Item::ArrayOfTables(_)) => Ok(append_block(text, block)),
        Some(Item::Value(Value::Array(list))) => {
            let newest = list.iter().last().and_then(Value::span);
            let inline = inline_block(block)?;
            let (at, written) = match (newest, list.span()) {
                (Some(other), _) => (other.end, format!(", {inline}")),
                (None, Some(list)) => (list.start + 1, inline),
                (None, None) => return Err(EditError::NoList),
            };
            Ok(apply_edits(text, vec![(at..at, written)]))
        }
        Some(_) => Err(EditError::NoList),
    }
}

/// Returns `text` with these selectors in the block of the source `id`, in the form already used there. Selectors of
/// the list's records that are not among them are removed; everything else in `select` stays.
///
/// # Errors
/// [`EditError`]
pub fn replace_select(
    text: &str,
    id: &str,
    select: &BTreeMap<String, String>,
) -> Result<String, EditError> {
    let document = parse_document(text)?;
    let found = find_block(&document, id).ok_or_else(|| EditError::NoSource(id.to_owned()))?;
    let (block, form) = (found.table, found.form);
    let edits = match block.get("select") {
        Some(Item::Value(Value::InlineTable(table))) if table.is_dotted() => {
            replace_fields(table, select)
        }
        Some(Item::Value(Value::InlineTable(table))) => vec![rewrite_select(table, select)],
        Some(Item::Table(table)) => {
            let prefix = if table.is_dotted() { "select." } else { "" };
            edit_fields(text, table, prefix, table.span(), select)
        }
        Some(_) => return Err(EditError::NoSelect(id.to_owned())),
        None => match form {
            BlockForm::Braces => insert_select(block, select),
            BlockForm::Lines => {
                edit_fields(text, &Table::new(), "select.", end_of_block(block), select)
            }
        },
    };
    let edits = edits.into_iter().chain(remove_key(text, &found, LAYOUT));
    Ok(apply_edits(text, edits.collect()))
}

/// Returns `text` with this layout in the block of the source `id`. It replaces an older one.
///
/// # Errors
/// [`EditError`]
pub fn replace_layout(text: &str, id: &str, layout: &Layout) -> Result<String, EditError> {
    let document = parse_document(text)?;
    let found = find_block(&document, id).ok_or_else(|| EditError::NoSource(id.to_owned()))?;
    let SourceTable { table: block, form } = found;
    let written = quote_toml(layout.as_str());
    let there = block.get(LAYOUT).and_then(Item::span);
    let edit = match (there, form) {
        (Some(place), _) => (place, written),
        (None, BlockForm::Braces) => {
            let end = block.get("url").and_then(Item::span);
            let end = end.map_or(0, |span| span.end);
            (end..end, format!(", {LAYOUT} = {written}"))
        }
        (None, BlockForm::Lines) => {
            let end = end_of_block(block).map_or(text.len(), |span| span.end);
            let at = whole_lines(text, &(end..end)).end;
            let is_parted = text.get(..at).is_none_or(|before| before.ends_with('\n'));
            let before = if is_parted { "" } else { line_ending(text) };
            (
                at..at,
                format!("{before}{LAYOUT} = {written}{}", line_ending(text)),
            )
        }
    };
    Ok(apply_edits(text, vec![edit]))
}

/// Returns the edit that removes a key from a block.
fn remove_key(text: &str, block: &SourceTable<'_>, key: &str) -> Option<TextEdit> {
    let (key, item) = block.table.get_key_value(key)?;
    let (start, end) = (key.span()?.start, item.span()?.end);
    if let BlockForm::Lines = block.form {
        return Some((whole_lines(text, &(start..end)), String::new()));
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

fn parse_document(text: &str) -> Result<Document<&str>, EditError> {
    Document::parse(text).map_err(|error| EditError::Toml(error.message().to_owned()))
}

/// A source as written.
pub(super) struct SourceTable<'a> {
    pub(super) table: &'a dyn TableLike,
    form: BlockForm,
}

#[derive(Clone, Copy)]
enum BlockForm {
    /// `[[source]]`
    Lines,
    /// `{ … }` in a list.
    Braces,
}

pub(super) fn find_block<'a>(document: &'a Document<&str>, id: &str) -> Option<SourceTable<'a>> {
    let has_id = |table: &&dyn TableLike| table.get("id").and_then(Item::as_str) == Some(id);
    let (table, form) = match document.get("source")? {
        Item::ArrayOfTables(list) => {
            let mut tables = list.iter().map(|table| table as &dyn TableLike);
            (tables.find(has_id), BlockForm::Lines)
        }
        Item::Value(Value::Array(list)) => {
            let tables = list.iter().filter_map(Value::as_inline_table);
            let mut tables = tables.map(|table| table as &dyn TableLike);
            (tables.find(has_id), BlockForm::Braces)
        }
        _ => return None,
    };
    table.map(|table| SourceTable { table, form })
}

/// Returns the block with its source as `{ … }`.
fn inline_block(block: &str) -> Result<String, EditError> {
    let document: DocumentMut = block
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Toml(error.message().to_owned()))?;
    let list = document.get("source").and_then(Item::as_array_of_tables);
    let table = list
        .and_then(|list| list.iter().next())
        .ok_or(EditError::NoList)?;
    let mut pairs = Vec::new();
    flatten_table("", table, &mut pairs);
    Ok(format!("{{ {} }}", pairs.join(", ")))
}

/// Collects the values of a table and of nested tables, under dotted keys.
fn flatten_table(prefix: &str, table: &dyn TableLike, pairs: &mut Vec<String>) {
    for (key, item) in table.iter() {
        let name = format!("{prefix}{key}");
        match (item.as_table_like(), item.as_value()) {
            (Some(inner), _) => flatten_table(&format!("{name}."), inner, pairs),
            (None, Some(value)) => {
                pairs.push(format!("{name} = {}", value.clone().decorated("", "")));
            }
            (None, None) => {}
        }
    }
}

fn append_block(text: &str, block: &str) -> String {
    let newline = line_ending(text);
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
fn line_ending(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

type TextEdit = (Range<usize>, String);

/// Returns the edits of fields on lines of their own, below a header or with `prefix`. New fields are inserted after
/// the existing ones, or else after `otherwise`.
fn edit_fields(
    text: &str,
    table: &Table,
    prefix: &str,
    otherwise: Option<Range<usize>>,
    select: &BTreeMap<String, String>,
) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let mut last = None;
    for (field, item) in table {
        let Some(span) = end_of_item(item) else {
            continue;
        };
        last = last.max(Some(span.end));
        match (select.get(field), selector_range(item)) {
            (Some(rule), Some(place)) => edits.push((place, quote_toml(rule))),
            (None, _) if REPAIRED.contains(&field) && item.is_value() => {
                edits.push((whole_lines(text, &span), String::new()));
            }
            _ => {}
        }
    }
    let end = last.or(otherwise.map(|span| span.end));
    let at = whole_lines(
        text,
        &(end.unwrap_or(text.len())..end.unwrap_or(text.len())),
    )
    .end;
    let missing = ordered_fields(select).filter(|(field, _)| !table.contains_key(field));
    let line = |(field, rule): (&str, &str)| {
        format!(
            "{prefix}{field} = {}{}",
            quote_toml(rule),
            line_ending(text)
        )
    };
    let missing: String = missing.map(line).collect();
    if !missing.is_empty() {
        let parted = text.get(..at).is_none_or(|before| before.ends_with('\n'));
        let before = if parted { "" } else { line_ending(text) };
        edits.push((at..at, format!("{before}{missing}")));
    }
    edits
}

/// Returns the bytes of a field's selector, also if it has `regex` or `value`; for a rule that looks in another way,
/// all of its bytes.
fn selector_range(item: &Item) -> Option<Range<usize>> {
    match item.as_table_like() {
        Some(rule) if rule.contains_key("find") => rule.get("find")?.span(),
        Some(rule) if searches_elsewhere(rule) => item.as_inline_table().and_then(braces_range),
        Some(_) => None,
        None => item.span(),
    }
}

/// Returns the bytes of `{ … }`; `None` for a table written with dots.
fn braces_range(table: &InlineTable) -> Option<Range<usize>> {
    table.span().filter(|_| !table.is_dotted())
}

/// Returns true if a rule looks for places in another way than by `find`.
fn searches_elsewhere(rule: &dyn TableLike) -> bool {
    let ways = ["join", "before", "page", "from"];
    ways.iter().any(|way| rule.contains_key(way))
}

/// Returns the fields in the order in which people write them.
fn ordered_fields(select: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    let known = |field: &str| REPAIRED.iter().position(|known| *known == field);
    let fields = select
        .iter()
        .map(|(field, rule)| (field.as_str(), rule.as_str()));
    let mut fields: Vec<_> = fields.collect();
    fields.sort_by_key(|(field, _)| known(field).unwrap_or(REPAIRED.len()));
    fields.into_iter()
}

/// Returns an edit of `{ item = "…", … }` with the fields changed.
fn rewrite_select(table: &InlineTable, select: &BTreeMap<String, String>) -> TextEdit {
    let is_rule = |field: &str| {
        let rule = table.get(field).and_then(Value::as_inline_table);
        rule.is_some_and(|rule| !searches_elsewhere(rule))
    };
    let new = ordered_fields(select).filter(|(field, _)| !is_rule(field));
    let new = new.map(|(field, rule)| format!("{field} = {}", quote_toml(rule)));
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
fn replace_fields(table: &InlineTable, select: &BTreeMap<String, String>) -> Vec<TextEdit> {
    let of = |field: &str| Some(Item::Value(table.get(field)?.clone()));
    let mut edits: Vec<TextEdit> = ordered_fields(select)
        .filter_map(|(field, rule)| Some((selector_range(&of(field)?)?, quote_toml(rule))))
        .collect();
    if let Some(Range { end, .. }) = end_of_block(table) {
        let missing = ordered_fields(select).filter(|(field, _)| !table.contains_key(field));
        let field = |(field, rule)| format!(", select.{field} = {}", quote_toml(rule));
        edits.push((end..end, missing.map(field).collect()));
    }
    edits
}

/// Returns edits that insert `select` after the address of a source in braces.
fn insert_select(block: &dyn TableLike, select: &BTreeMap<String, String>) -> Vec<TextEdit> {
    let span = block.get("url").and_then(Item::span);
    let pair = |(field, rule)| format!("{field} = {}", quote_toml(rule));
    let pairs: Vec<String> = ordered_fields(select).map(pair).collect();
    let written = format!(", select = {{ {} }}", pairs.join(", "));
    span.map(|span| (span.end..span.end, written))
        .into_iter()
        .collect()
}

/// Returns the range of the last of a block's own values, not counting nested tables.
fn end_of_block(block: &dyn TableLike) -> Option<Range<usize>> {
    let ends = block.iter().filter_map(|(_, item)| end_of_item(item));
    ends.max_by_key(|span| span.end)
}

fn end_of_item(item: &Item) -> Option<Range<usize>> {
    match item {
        Item::Value(Value::InlineTable(table)) if table.is_dotted() => end_of_block(table),
        Item::Value(value) => value.span(),
        Item::Table(table) if table.is_dotted() => end_of_block(table),
        _ => None,
    }
}

/// Returns the range of the whole lines of `span`, with their line ends.
fn whole_lines(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.get(..span.start).and_then(|before| before.rfind('\n'));
    let end = text.get(span.end..).and_then(|after| after.find('\n'));
    start.map_or(0, |at| at + 1)..end.map_or(text.len(), |at| span.end + at + 1)
}

/// Applies the edits to `text`; they do not overlap.
fn apply_edits(text: &str, mut edits: Vec<TextEdit>) -> String {
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
        let added = add_source(text, BLOCK).unwrap();
        assert_eq!(added, expected);
        assert!(parse_document(&added).is_ok(), "{added}");
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
        let refused = |text: &str| add_source(text, BLOCK).unwrap_err();
        assert_eq!(refused("[source]\nid = \"a\"\n"), EditError::NoList);
        assert_eq!(refused("source = 1"), EditError::NoList);
        assert!(matches!(refused("[["), EditError::Toml(_)));
    }

    #[track_caller]
    fn check_repaired(text: &str, select: &[(&str, &str)], expected: &str) {
        let owned = |(field, rule): &(&str, &str)| ((*field).to_owned(), (*rule).to_owned());
        let select = select.iter().map(owned).collect();
        let repaired = replace_select(text, "b", &select).unwrap();
        assert_eq!(repaired, expected);
        assert!(parse_document(&repaired).is_ok(), "{repaired}");
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
        let changed = replace_layout(text, "b", &"page".parse().unwrap()).unwrap();
        assert_eq!(changed, expected);
        let again = replace_layout(&changed, "b", &"page".parse().unwrap());
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
        let refused = |text: &str| replace_select(text, "b", &none).unwrap_err();
        assert_eq!(refused(BLOCK), EditError::NoSource("b".to_owned()));
        assert_eq!(
            refused("[[source]]\nid = \"b\"\nselect = 1"),
            EditError::NoSelect("b".to_owned())
        );
    }

    #[test]
    fn patterns_are_read_and_texts_quoted() {
        assert_eq!(
            include_patterns("include = [\"a/*.toml\", 1, \"b.toml\"]"),
            ["a/*.toml", "b.toml"]
        );
        assert_eq!(include_patterns("include = ["), Vec::<String>::new());
        for text in ["a", "a \"b\"", "a'b\"", "tab\t\\", "ñ", ""] {
            let document: DocumentMut = format!("a = {}", quote_toml(text)).parse().unwrap();
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
            if let Ok(added) = add_source(&text, BLOCK) {
                prop_assert!(parse_document(&added).is_ok(), "{added}");
            }
            let select = [("item", ".new"), ("title", "h3")];
            let select = select.map(|(field, rule)| (field.to_owned(), rule.to_owned())).into();
            if let Ok(repaired) = replace_select(&text, "b", &select) {
                prop_assert!(parse_document(&repaired).is_ok(), "{repaired}");
                let again = replace_select(&repaired, "b", &select);
                prop_assert_eq!(again, Ok(repaired));
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            drop((add_source(&text, BLOCK), replace_select(&text, "b", &BTreeMap::new())));
        }
    }
}
