//! Converts the tables of `data/languages` to Rust.
//!
//! In: one TOML file per language. Out: the table of `src/languages.rs` as static data, or every mistake with its file
//! and line.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::schema::{CORE, Form, Key, Letters, SECTIONS, Section, Value};

/// The folder of the tables.
const FOLDER: &str = "data/languages";
/// The table shared by all languages.
const SHARED: &str = "any";
/// The size limit of a table, larger than any real one.
const MAX_TABLE_BYTES: u64 = 1 << 20;

/// The contents of one file.
pub(crate) struct Table {
    /// The file's name without its extension.
    pub(crate) code: String,
    /// The sections present, in the order of [`SECTIONS`].
    pub(crate) sections: Vec<(&'static Section, Vec<Entry>)>,
}

/// A key of a section with its value.
pub(crate) struct Entry {
    pub(crate) key: String,
    value: Given,
}

/// A value as read from the file.
enum Given {
    Texts(Vec<String>),
    Pairs(Vec<[String; 2]>),
    Flag(bool),
    Number(i64),
}

/// Writes `languages.rs` to the build's output folder.
pub(crate) fn write(out: &Path) -> Result<(), Vec<String>> {
    println!("cargo:rerun-if-changed={FOLDER}");
    let tables = read_all(Path::new(FOLDER))?;
    fs::write(out.join("languages.rs"), rust(&tables)).map_err(|error| vec![error.to_string()])
}

/// Reads all tables of a folder: the shared one first, then those with a precedence, then the others by code.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Table>, Vec<String>> {
    let unread = |error: io::Error| vec![format!("{}: {error}", folder.display())];
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let (mut tables, mut mistakes) = (Vec::new(), Vec::new());
    for path in files {
        let text = text_of(&path).map_err(unread)?;
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        match read(&code, &text) {
            Ok(table) => tables.push(table),
            Err(found) => {
                let named = |mistake| format!("{}:{mistake}", path.display());
                mistakes.extend(found.into_iter().map(named));
            }
        }
    }
    tables.sort_by_key(|table| (table.code != SHARED, table.precedence()));
    if mistakes.is_empty() {
        Ok(tables)
    } else {
        Err(mistakes)
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    file.take(MAX_TABLE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Reads the table of a language, or returns every mistake, each prefixed with its line.
pub(crate) fn read(code: &str, text: &str) -> Result<Table, Vec<String>> {
    let mut reader = Reader {
        text,
        mistakes: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.mistake(at, error.message());
    }
    let table = reader.table(code, document.get_ref());
    if reader.mistakes.is_empty() {
        return Ok(table);
    }
    reader.mistakes.sort();
    let told = reader.mistakes.into_iter();
    Err(told
        .map(|(line, mistake)| format!("{line}: {mistake}"))
        .collect())
}

struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<(usize, String)>,
}

type Item<'a, 't> = (
    &'a Spanned<std::borrow::Cow<'t, str>>,
    &'a Spanned<DeValue<'t>>,
);

impl Reader<'_> {
    fn mistake(&mut self, at: usize, mistake: impl Into<String>) {
        let before = self.text.bytes().take(at);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        self.mistakes.push((line, mistake.into()));
    }

    fn table(&mut self, code: &str, document: &DeTable<'_>) -> Table {
        for (name, _) in document {
            let known = |section: &Section| section.name == name.get_ref();
            if !SECTIONS.iter().any(known) {
                let mistake = format!("unknown section `[{}]`", name.get_ref());
                self.mistake(name.span().start, mistake);
            }
        }
        if code != SHARED && !document.contains_key(CORE) {
            self.mistake(0, format!("the section `[{CORE}]` is missing"));
        }
        let mut sections = Vec::new();
        for section in SECTIONS {
            let Some(value) = document.get(section.name) else {
                continue;
            };
            match value.get_ref() {
                DeValue::Table(keys) => {
                    let at = value.span().start;
                    sections.push((section, self.section(section, at, keys)));
                }
                _ => self.mistake(value.span().start, "expected a section"),
            }
        }
        Table {
            code: code.to_owned(),
            sections,
        }
    }

    fn section(&mut self, section: &Section, at: usize, keys: &DeTable<'_>) -> Vec<Entry> {
        let mut items: Vec<Item<'_, '_>> = keys.iter().collect();
        items.sort_by_key(|(key, _)| key.span().start);
        let mut entries = Vec::new();
        for (key, value) in items {
            let name = key.get_ref();
            let Some(expected) = expected(&section.form, name) else {
                let mistake = format!("unknown key `{name}` in `[{}]`", section.name);
                self.mistake(key.span().start, mistake);
                continue;
            };
            if let Some(value) = self.value(expected, value) {
                let key = name.to_string();
                entries.push(Entry { key, value });
            }
        }
        let Form::Keys(_, keys) = &section.form else {
            return entries;
        };
        let is_needed = |key: &&Key| !key.optional && (section.whole || section.name == CORE);
        for key in keys.iter().filter(is_needed) {
            if !entries.iter().any(|entry| entry.key == key.name) {
                let mistake = format!("`[{}]` needs the key `{}`", section.name, key.name);
                self.mistake(at, mistake);
            }
        }
        entries
    }

    fn value(&mut self, expected: Value, value: &Spanned<DeValue<'_>>) -> Option<Given> {
        let at = value.span().start;
        let given = match (expected, value.get_ref()) {
            (Value::Words(letters), DeValue::String(words)) => {
                let words = words.split_whitespace().map(str::to_owned).collect();
                self.words(letters, at, words)
            }
            (Value::Words(letters), DeValue::Array(_)) => {
                let words = self.texts(value)?;
                self.words(letters, at, words)
            }
            (Value::Text, DeValue::String(text)) => Given::Texts(vec![text.to_string()]),
            (Value::Texts(count), DeValue::Array(texts)) if texts.len() == count => {
                Given::Texts(self.texts(value)?)
            }
            (Value::Pairs, DeValue::Array(pairs)) => {
                let mut read = Vec::new();
                for pair in pairs {
                    match <[String; 2]>::try_from(self.texts(pair)?) {
                        Ok(pair) => read.push(pair),
                        Err(_) => self.mistake(pair.span().start, "expected two texts"),
                    }
                }
                Given::Pairs(read)
            }
            (Value::Variant(_, names), DeValue::String(name)) => {
                let Some((_, variant)) = names.iter().find(|(known, _)| known == name) else {
                    let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                    self.mistake(at, format!("expected one of {}", names.join(", ")));
                    return None;
                };
                Given::Texts(vec![(*variant).to_owned()])
            }
            (Value::Foreign(_), DeValue::String(name))
                if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                Given::Texts(vec![name.to_string()])
            }
            (Value::Flag, DeValue::Boolean(flag)) => Given::Flag(*flag),
            (Value::Number, DeValue::Integer(number)) => {
                Given::Number(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
            }
            _ => {
                self.mistake(at, format!("expected {}", described(expected)));
                return None;
            }
        };
        Some(given)
    }

    fn texts(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
        let DeValue::Array(texts) = value.get_ref() else {
            self.mistake(value.span().start, "expected a list of texts");
            return None;
        };
        let text = |text: &Spanned<DeValue<'_>>| match text.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(text.span().start),
        };
        match texts.iter().map(text).collect() {
            Ok(texts) => Some(texts),
            Err(at) => {
                self.mistake(at, "expected a text");
                None
            }
        }
    }

    fn words(&mut self, letters: Letters, at: usize, words: Vec<String>) -> Given {
        for (place, word) in words.iter().enumerate() {
            if word.trim() != word || word.is_empty() {
                self.mistake(at, format!("`{word}` begins or ends with a blank"));
            } else if words.iter().take(place).any(|before| before == word) {
                self.mistake(at, format!("`{word}` stands here twice"));
            } else if letters != Letters::Any && word.to_lowercase() != *word {
                self.mistake(at, format!("`{word}` is not in small letters"));
            } else if letters == Letters::Folded && word.chars().any(has_accent) {
                self.mistake(at, format!("`{word}` has accents"));
            }
        }
        Given::Texts(words)
    }
}

/// Returns true for a Latin letter with a removable mark, or for such a mark. Strokes cannot be removed.
fn has_accent(letter: char) -> bool {
    let is_whole = "æðøþßđħıłŋœŧ".contains(letter);
    matches!(letter, '\u{C0}'..='\u{24F}' | '\u{300}'..='\u{36F}') && !is_whole
}

fn described(expected: Value) -> String {
    match expected {
        Value::Words(_) => "words in quotation marks, or a list of words and phrases".to_owned(),
        Value::Pairs => "a list of pairs of texts".to_owned(),
        Value::Text | Value::Variant(..) => "a text in quotation marks".to_owned(),
        Value::Texts(count) => format!("a list of {count} texts"),
        Value::Flag => "`true` or `false`".to_owned(),
        Value::Number => "a number".to_owned(),
        Value::Foreign(name) => format!("the name of a variant of `{name}`"),
    }
}

/// Returns the expected value of a section's key; `None` if the section has no such key.
fn expected(form: &Form, name: &str) -> Option<Value> {
    match form {
        Form::Keys(_, keys) => {
            let key = keys.iter().find(|key| key.name == name)?;
            Some(key.value)
        }
        Form::Numbers(range, value) => {
            let number: i32 = name.parse().ok()?;
            (range.contains(&number) && number.to_string() == name).then_some(*value)
        }
        Form::Any(value) => Some(*value),
    }
}

impl Table {
    /// Returns the entries of a section; an empty slice if the table lacks it.
    pub(crate) fn entries(&self, section: &str) -> &[Entry] {
        let mut sections = self.sections.iter();
        let found = sections.find(|(known, _)| known.name == section);
        found.map_or(&[], |(_, entries)| entries)
    }

    fn given(&self, section: &str, key: &str) -> Option<&Given> {
        let mut entries = self.entries(section).iter();
        let found = entries.find(|entry| entry.key == key);
        found.map(|entry| &entry.value)
    }

    fn precedence(&self) -> i64 {
        match self.given(CORE, "precedence") {
            Some(Given::Number(precedence)) => *precedence,
            _ => i64::MAX,
        }
    }

    fn rust(&self) -> String {
        let mut rust = format!("LanguageTable {{ code: {:?}, ", self.code);
        for section in SECTIONS.iter().filter(|section| section.built_in) {
            match &section.form {
                Form::Keys(_, keys) if section.name == CORE => {
                    for key in keys.iter().filter(|key| is_kept(key)) {
                        push(&mut rust, key.name, &self.rust_of(section, key));
                    }
                }
                Form::Keys(_, _) if section.whole && self.entries(section.name).is_empty() => {
                    push(&mut rust, section.name, "None");
                }
                Form::Keys(name, keys) => {
                    let mut fields = format!("{name} {{ ");
                    if section.whole {
                        push(&mut fields, "language", &format!("{:?}", self.code));
                    }
                    for key in *keys {
                        push(&mut fields, key.name, &self.rust_of(section, key));
                    }
                    fields.push('}');
                    let whole = format!("Some({fields})");
                    push(
                        &mut rust,
                        section.name,
                        if section.whole { &whole } else { &fields },
                    );
                }
                form => push(&mut rust, section.name, &self.pairs(section, form)),
            }
        }
        rust.push('}');
        rust
    }

    /// Writes a section without fixed keys: each key with its words.
    fn pairs(&self, section: &Section, form: &Form) -> String {
        let mut rust = String::from("&[");
        for Entry { key, value } in self.entries(section.name) {
            let Given::Texts(words) = value else { continue };
            let key = match form {
                Form::Numbers(..) => key.clone(),
                _ => format!("{key:?}"),
            };
            _ = write!(rust, "({key}, &{words:?}), ");
        }
        rust.push(']');
        rust
    }

    fn rust_of(&self, section: &Section, key: &Key) -> String {
        match (key.value, self.given(section.name, key.name)) {
            (Value::Words(_), Some(Given::Texts(words))) => format!("&{words:?}"),
            (Value::Texts(_), Some(Given::Texts(texts))) if key.optional => {
                format!("Some({texts:?})")
            }
            (Value::Texts(_), Some(Given::Texts(texts))) => format!("{texts:?}"),
            (Value::Text, Some(Given::Texts(texts))) => format!("{:?}", texts.concat()),
            (Value::Variant(of, _) | Value::Foreign(of), Some(Given::Texts(name))) => {
                format!("Some({of}::{})", name.concat())
            }
            (Value::Pairs, Some(Given::Pairs(pairs))) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|[one, other]| format!("({one:?}, {other:?})"))
                    .collect();
                format!("&[{}]", pairs.join(", "))
            }
            (Value::Flag, given) => matches!(given, Some(Given::Flag(true))).to_string(),
            (Value::Words(_) | Value::Pairs, _) => "&[]".to_owned(),
            _ => "None".to_owned(),
        }
    }
}

/// Returns true if a key of the first section becomes part of the program. The name is for people, and the precedence
/// orders the tables.
fn is_kept(key: &Key) -> bool {
    !matches!(key.value, Value::Text | Value::Number)
}

fn push(rust: &mut String, name: &str, value: &str) {
    _ = write!(rust, "{name}: {value}, ");
}

fn rust(tables: &[Table]) -> String {
    let (shared, languages): (Vec<&Table>, Vec<&Table>) =
        tables.iter().partition(|table| table.code == SHARED);
    let mut rust = String::new();
    for table in shared {
        _ = writeln!(rust, "static SHARED: LanguageTable = {};", table.rust());
    }
    let count = languages.len();
    _ = writeln!(
        rust,
        "pub(crate) static TABLES: [LanguageTable; {count}] = ["
    );
    for table in languages {
        _ = writeln!(rust, "{},", table.rust());
    }
    rust.push_str("];\n");
    rust
}
