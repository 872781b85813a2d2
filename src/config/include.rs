//! The files of the configuration: the main file and its includes.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::diagnostic::{DiagnosticCollector, Mistake};
use super::encoding;
use super::file::ParsedFile;
use super::table::ConfigTable;
use super::units;

/// The key that names further files.
pub(super) const KEY: &str = "include";

const MAX_FILES: usize = 10_000;
pub(super) const MAX_FILE_BYTES: u64 = 4 << 20;
const MAX_DEPTH: usize = 16;

/// A file with new contents, which may not exist yet.
#[derive(Clone, Copy, Debug)]
pub struct ChangedFile<'a> {
    /// Absolute path, without symbolic links.
    pub path: &'a Path,
    /// Its text.
    pub text: &'a str,
}

impl ChangedFile<'_> {
    /// Returns the name of a file that does not exist yet, as `pattern` will find it.
    fn matching_path(&self, pattern: &Path, options: MatchOptions) -> Option<PathBuf> {
        let (folder, name) = (pattern.parent()?, pattern.file_name()?.to_str()?);
        let own = self.path.file_name()?;
        let is_there = canonical_folder(folder).is_some_and(|folder| folder.join(own) == self.path);
        let found = Pattern::new(name)
            .ok()?
            .matches_with(own.to_str()?, options);
        (is_there && found).then(|| folder.join(own))
    }
}

/// Reads `main` and its includes, each file once and before its own includes. The result always has a first file, which
/// is empty if `main` could not be read.
pub(super) fn read_files(
    main: &Path,
    changed: Option<&ChangedFile>,
    report: &DiagnosticCollector,
) -> Vec<ParsedFile> {
    let mut reader = IncludeReader {
        report,
        changed,
        files: Vec::new(),
        seen: BTreeSet::new(),
    };
    if let Err(mistake) = reader.add_file(main, 0) {
        let file = ParsedFile::new(0, main, String::new(), report);
        let hint = "name the configuration by `--config FILE` or `$TIDINGS_CONFIG`";
        report.report_mistake(&file, 0, mistake.hint(hint));
        report.mark_unreadable();
        reader.files.push(file);
    }
    reader.files
}

/// Reads a regular file of at most `max_bytes`.
pub(super) fn read_bounded_file(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    // Checked before opening: a pipe would block.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(io::Error::other(format!("larger than {max_bytes} bytes")));
    }
    Ok(bytes)
}

struct IncludeReader<'r> {
    report: &'r DiagnosticCollector,
    changed: Option<&'r ChangedFile<'r>>,
    files: Vec<ParsedFile>,
    /// Canonical paths.
    seen: BTreeSet<PathBuf>,
}

impl IncludeReader<'_> {
    /// Reads one file and its includes. The caller reports a mistake in the file's name; mistakes in its contents are
    /// reported here.
    fn add_file(&mut self, shown: &Path, depth: usize) -> Result<(), Mistake> {
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => {
                Mistake::new(format!("there is no file `{}`", shown.display()))
            }
            _ => Mistake::new(format!("`{}` cannot be read: {error}", shown.display())),
        };
        let changed = self
            .changed
            .filter(|changed| is_same_path(shown, changed.path));
        let path = match changed {
            Some(changed) => changed.path.to_owned(),
            None => shown.canonicalize().map_err(refused)?,
        };
        if !self.seen.insert(path) {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(Mistake::new(format!(
                "files include one another more than {MAX_DEPTH} levels deep"
            )));
        }
        if self.files.len() == MAX_FILES {
            return Err(Mistake::new(format!("more than {MAX_FILES} files")));
        }
        let bytes = match changed {
            Some(changed) => changed.text.as_bytes().to_owned(),
            None => read_bounded_file(shown, MAX_FILE_BYTES).map_err(refused)?,
        };
        let number = self.files.len();
        self.files
            .push(text_file(number, shown, bytes, self.report));
        self.follow_includes(number, depth + 1);
        Ok(())
    }

    fn follow_includes(&mut self, number: usize, depth: usize) {
        let file = &self.files[number];
        let shown = file.shown.clone();
        let names = ConfigTable::root(file, self.report).read_texts(KEY, |text| {
            units::parse_line(text).and_then(|name| matching_files(&shown, &name, self.changed))
        });
        for (at, paths) in names.value.unwrap_or_default() {
            if paths.is_empty() {
                let mistake = Mistake::new("no file matches this pattern");
                self.report.report_warning(&self.files[number], at, mistake);
            }
            for path in paths {
                if let Err(mistake) = self.add_file(&path, depth) {
                    self.report.report_mistake(&self.files[number], at, mistake);
                    self.report.mark_unreadable();
                }
            }
        }
    }
}

fn text_file(
    number: usize,
    shown: &Path,
    bytes: Vec<u8>,
    report: &DiagnosticCollector,
) -> ParsedFile {
    if let Some(encoding) = encoding::detect_utf16(&bytes) {
        let (text, _) = encoding.decode_with_bom_removal(&bytes);
        let file = ParsedFile::new(number, shown, text.into_owned(), report);
        report.report_encoding(&file, 0, encoding::not_utf8_mistake(encoding));
        return file;
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            // Editors on Windows put a byte order mark before the text; columns do not count it.
            let text = text
                .strip_prefix('\u{feff}')
                .map(str::to_owned)
                .unwrap_or(text);
            ParsedFile::new(number, shown, text, report)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = ParsedFile::new(number, shown, text, report);
            report.report_encoding(&file, at, encoding::stray_byte_mistake(byte));
            file
        }
    }
}

/// Returns true if a file name refers to `path`, which may not exist yet.
fn is_same_path(shown: &Path, path: &Path) -> bool {
    let named = || Some(canonical_folder(shown.parent()?)?.join(shown.file_name()?));
    let found = shown.canonicalize().ok().or_else(named);
    found.is_some_and(|found| found == path)
}

/// Returns a folder's path without symbolic links.
fn canonical_folder(folder: &Path) -> Option<PathBuf> {
    let here = folder.as_os_str().is_empty();
    let folder = if here { Path::new(".") } else { folder };
    folder.canonicalize().ok()
}

/// Returns the files that `name` refers to in the file `from`, sorted; a name without wildcards is taken literally.
fn matching_files(
    from: &Path,
    name: &str,
    changed: Option<&ChangedFile<'_>>,
) -> Result<Vec<PathBuf>, Mistake> {
    let folder = from.parent().unwrap_or(Path::new(""));
    if !name.contains(['*', '?', '[']) {
        return Ok(vec![folder.join(name)]);
    }
    let unreadable = |error: String| Mistake::new(format!("`{name}` cannot be searched: {error}"));
    let folder = folder
        .to_str()
        .ok_or_else(|| unreadable("its folder's name is not UTF-8".into()))?;
    let pattern = Path::new(&Pattern::escape(folder)).join(name);
    // As in a shell, `*` does not match hidden files, which editors create.
    let options = MatchOptions {
        require_literal_leading_dot: true,
        ..MatchOptions::new()
    };
    let found = glob::glob_with(&pattern.to_string_lossy(), options)
        .map_err(|error| Mistake::new(format!("`{name}` is no pattern: {}", error.msg)))?;
    let mut paths = found
        .take(MAX_FILES + 1)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(error.error().to_string()))?;
    let new = changed.filter(|changed| !changed.path.exists());
    paths.extend(new.and_then(|new| new.matching_path(&pattern, options)));
    paths.sort();
    Ok(paths)
}
