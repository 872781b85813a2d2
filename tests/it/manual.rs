//! The manual agrees with the program: its command lines parse, its blocks of configuration are accepted, its tables name
//! every key and code, its links lead somewhere, and the pages that can be generated are.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::{CommandFactory as _, Parser as _};
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;
use tidings::cli::Cli;
use tidings::config;
use tidings::model::{ProblemCode, SourceKind};

use crate::support::{Workspace, read_text};

/// A page of the manual, without its fenced blocks.
struct Page {
    /// From the root of the repository.
    name: String,
    blocks: Vec<Block>,
    /// Lines of prose; those of blocks are empty.
    prose: Vec<String>,
}

/// A fenced block.
struct Block {
    /// `PAGE:LINE` of its first line.
    place: String,
    /// The words behind the opening fence: a language, then what the test needs to know.
    words: Vec<String>,
    text: String,
}

impl Block {
    fn is(&self, language: &str) -> bool {
        self.words.first().is_some_and(|word| word == language)
    }

    fn is_of(&self, kind: &str) -> bool {
        self.words.get(1).is_some_and(|word| word == kind)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    fn read(name: &str) -> Self {
        let mut page = Self {
            name: name.to_owned(),
            blocks: Vec::new(),
            prose: Vec::new(),
        };
        let mut open: Option<Block> = None;
        for (number, line) in read_text(&root().join(name)).lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (Some(_), Some(_)) => page.blocks.extend(open.take()),
                (None, Some(words)) => {
                    open = Some(Block {
                        place: format!("{name}:{}", number + 2),
                        words: words.split(' ').map(str::to_owned).collect(),
                        text: String::new(),
                    });
                }
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {
                    page.prose.push(line.to_owned());
                    continue;
                }
            }
            page.prose.push(String::new());
        }
        assert!(open.is_none(), "{name}: a block is never closed");
        page
    }

    /// The spans of code in its prose, each with its place.
    fn code(&self) -> impl Iterator<Item = (String, &str)> {
        let numbered = self.prose.iter().enumerate();
        numbered.flat_map(|(number, line)| {
            let place = format!("{}:{}", self.name, number + 1);
            let spans = line.split('`').skip(1).step_by(2);
            spans.map(move |span| (place.clone(), span))
        })
    }

    /// The anchors of its headings, as GitHub makes them.
    fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        let headings = self.prose.iter().filter(|line| line.starts_with('#'));
        for heading in headings {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
            let anchor: String = kept.collect::<String>().replace(' ', "-");
            let again = (1..).map(|count| format!("{anchor}-{count}"));
            let mut free = std::iter::once(anchor.clone()).chain(again);
            anchors.extend(free.find(|name| !anchors.contains(name)));
        }
        anchors
    }
}

/// The pages in a folder.
fn pages_in(folder: &str) -> Vec<Page> {
    let listed = fs::read_dir(root().join(folder)).unwrap();
    let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_page = |name: &String| Path::new(name).extension() == Some(OsStr::new("md"));
    let mut names: Vec<String> = names.filter(is_page).collect();
    names.sort();
    assert!(!names.is_empty(), "{folder} has no pages");
    let path = |name: String| Path::new(folder).join(name).display().to_string();
    names
        .into_iter()
        .map(|name| Page::read(&path(name)))
        .collect()
}

/// The pages for those who use tidings, and those for those who change it.
fn manual() -> Vec<Page> {
    let mut pages = pages_in("");
    pages.extend(pages_in("docs"));
    pages
}

/// Compares a generated page with the one in the repository, which `INSTA_UPDATE=always` writes.
#[track_caller]
fn check_generated(name: &str, generated: &str) {
    let path = root().join(name);
    let kept = if path.exists() {
        read_text(&path)
    } else {
        String::new()
    };
    if kept == generated {
        return;
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        return fs::write(&path, generated).unwrap();
    }
    let mut lines = kept.lines().zip(generated.lines());
    let first = lines.find(|(kept, generated)| kept != generated);
    panic!(
        "{name} does not agree with the program, first at {first:?}: accept it by `INSTA_UPDATE=always cargo test --test it manual`"
    );
}

/// The command line, with what depends on neither the environment nor the place in the tree.
fn command_line() -> clap::Command {
    let mut all = Cli::command().mut_args(|argument| argument.hide_env_values(true));
    all.build();
    all
}

/// Writes the help of a command and of those below it. Below the first, the options that each command has are hidden.
fn write_help(command: &clap::Command, name: &str, text: &mut String) {
    let shared = ["config", "store", "help"];
    let mut shown = command.clone().mut_args(|argument| {
        let is_shared = shared.contains(&argument.get_id().as_str());
        let is_hidden = name != "tidings" && is_shared;
        argument.hide_env_values(true).hide(is_hidden)
    });
    let help = shown.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let help = lines.join("\n");
    write!(text, "\n## {name}\n\n```text\n{}\n```\n", help.trim()).unwrap();
    let below = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help");
    for command in below {
        write_help(command, &format!("{name} {}", command.get_name()), text);
    }
}

#[test]
fn the_help_of_every_command_is_in_the_manual() {
    let mut text = String::from(
        "# Options of every command\n\nThis page is generated: it is what `tidings help COMMAND` prints. `--config` and `--store` go with every \
         command; they are listed under the first only. [Commands](commands.md) explains the commands.\n",
    );
    write_help(&command_line(), "tidings", &mut text);
    check_generated("docs/commands-help.md", &text);
}

/// The words of a line of a shell, command by command: no expansion, no variables.
fn shell_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for sign in line.chars().chain([' ']) {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(sign);
            }
            (None, '#') if word.is_none() => break,
            (None, ' ' | '|' | ';' | '&' | '>' | '<') => {
                commands.last_mut().unwrap().extend(word.take());
                if sign != ' ' {
                    commands.push(Vec::new());
                }
            }
            (_, sign) => word.get_or_insert_default().push(sign),
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// Without `sudo`, and whom it runs the command as.
fn without_sudo(command: &[String]) -> &[String] {
    match command {
        [sudo, user, _, rest @ ..] if sudo == "sudo" && user == "-u" => rest,
        [sudo, rest @ ..] if sudo == "sudo" => rest,
        command => command,
    }
}

/// Why a command of the manual would not run.
fn judge_command(command: &[String]) -> Option<String> {
    let command = without_sudo(command);
    let has = |folder: &str, name: &String| {
        let folder = root().join(folder);
        folder.join(name).exists() || folder.join(format!("{name}.rs")).exists()
    };
    match command.first()?.as_str() {
        "tidings" => {
            let refused = Cli::try_parse_from(command).err()?;
            refused.use_stderr().then(|| refused.to_string())
        }
        "cargo" => command.windows(2).find_map(|pair| {
            let is_there = match pair[0].as_str() {
                "--bench" => has("benches", &pair[1]),
                "--example" => has("examples", &pair[1]),
                "--test" => has("tests", &pair[1]),
                "--profile" => read_text(&root().join("Cargo.toml"))
                    .contains(&format!("[profile.{}]", pair[1])),
                _ => true,
            };
            (!is_there).then(|| format!("there is no {} {}", pair[0], pair[1]))
        }),
        "just" => {
            let recipes = read_text(&root().join("justfile"));
            let is_recipe = |line: &str| line.starts_with(command[1].as_str());
            let is_there = recipes.lines().any(is_recipe);
            (!is_there).then(|| format!("there is no recipe {}", command[1]))
        }
        "install" | "cp" | "bash" => command.iter().skip(1).find_map(|word| {
            let is_ours = ["packaging/", "config/", ".ci/", "fuzz/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            let path = root().join(word.trim_end_matches('*'));
            (is_ours && !path.exists()).then(|| format!("there is no {word}"))
        }),
        _ => None,
    }
}

#[test]
fn every_command_of_the_manual_parses() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for block in manual().iter().flat_map(|page| &page.blocks) {
        let lines: Vec<&str> = match block.words.first().map(String::as_str) {
            Some("sh") => block.text.lines().collect(),
            Some("console") => {
                let lines = block.text.lines();
                lines.filter_map(|line| line.strip_prefix("$ ")).collect()
            }
            _ => continue,
        };
        for command in lines.into_iter().flat_map(shell_commands) {
            seen += 1;
            let why = judge_command(&command);
            wrong.extend(why.map(|why| format!("{}: {}: {why}", block.place, command.join(" "))));
        }
    }
    assert!(seen > 50, "the blocks are elsewhere");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let why = |line: &str| {
        shell_commands(line)
            .iter()
            .find_map(|words| judge_command(words))
    };
    assert!(why("echo '# x' | sudo -u tidings tidings status --jsonn").is_some());
    assert!(why("cargo bench --bench flows").is_some());
    assert!(why("tidings explain topics \"two words\"  # a note").is_none());
}

/// Why a span of code that names a command is wrong: its words and options must exist, placeholders are skipped.
fn judge_span(all: &clap::Command, span: &str) -> Option<String> {
    let mut words = span
        .split(' ')
        .map(|word| word.trim_matches(['[', ']', '…']));
    words.next().filter(|word| *word == "tidings")?;
    let mut command = all;
    for word in words.filter(|word| !word.is_empty()) {
        if let Some(option) = word.strip_prefix("--") {
            let (name, _) = option.split_once('=').unwrap_or((option, ""));
            let mut known = command.get_arguments();
            if name != "help" && !known.any(|argument| argument.get_long() == Some(name)) {
                return Some(format!("`{}` has no option --{name}", command.get_name()));
            }
        } else if let Some(next) = command.find_subcommand(word) {
            command = next;
        } else if command.is_subcommand_required_set() && !word.starts_with('-') {
            return Some(format!("`{}` has no `{word}`", command.get_name()));
        }
    }
    None
}

#[test]
fn every_command_in_the_prose_of_the_manual_exists() {
    let all = command_line();
    let pages = manual();
    let pages = pages.iter().filter(|page| page.name != "CHANGELOG.md");
    let wrong: Vec<String> = pages
        .flat_map(Page::code)
        .filter_map(|(place, span)| Some(format!("{place}: {span}: {}", judge_span(&all, span)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judge_span(&all, "tidings sources mend ID").is_some());
    assert!(judge_span(&all, "tidings sources repair ID --no").is_some());
}

/// Reads a text as the main file of a configuration.
fn refusal(text: &str) -> Option<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tidings.toml");
    fs::write(&path, text).unwrap();
    let nothing = |_: &str| None;
    config::load(&path, &nothing)
        .err()
        .map(|refused| refused.to_string())
}

/// A block of configuration, whole: `topic` and the kinds of sources stand for the table that its keys belong to.
fn whole(block: &Block) -> String {
    let context = match block.words.get(1).map(String::as_str) {
        None => return block.text.clone(),
        Some("topic") => "[[topic]]\nid = \"t\"\n".to_owned(),
        Some(kind) => {
            format!("[[source]]\nid = \"s\"\nurl = \"https://host.example/\"\nkind = \"{kind}\"\n")
        }
    };
    // Of fragments that show one field, the two that rules cannot do without.
    let is_whole = !block.is_of("json") || block.text.contains("select.item");
    let rules = if is_whole {
        ""
    } else {
        "select.item = \"$.a[*]\"\nselect.title = \"b\"\n"
    };
    format!("{context}{rules}{}", block.text)
}

#[test]
fn every_block_of_configuration_is_accepted() {
    let pages = manual();
    let blocks = pages.iter().flat_map(|page| &page.blocks);
    let blocks: Vec<&Block> = blocks.filter(|block| block.is("toml")).collect();
    assert!(blocks.len() > 10, "the blocks are elsewhere");
    let wrong: Vec<String> = blocks
        .iter()
        .filter_map(|block| Some(format!("{}:\n{}", block.place, refusal(&whole(block))?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_block_of_a_source_that_a_transcript_shows_is_accepted() {
    let pages = manual();
    let transcripts = pages
        .iter()
        .flat_map(|page| &page.blocks)
        .filter(|block| block.is("console"));
    let sources: Vec<String> = transcripts
        .filter_map(|block| {
            let (_, keys) = block.text.split_once("[[source]]")?;
            Some(format!("[[source]]{keys}"))
        })
        .collect();
    assert!(!sources.is_empty());
    for source in sources {
        assert_eq!(refusal(&source), None);
    }
}

#[test]
fn every_block_of_json_is_json() {
    let pages = manual();
    let blocks = pages.iter().flat_map(|page| &page.blocks);
    for block in blocks.filter(|block| block.is("json")) {
        let text = &block.text;
        let parsed = serde_json::from_str::<Value>(text)
            .or_else(|_| serde_json::from_str(&format!("{{{text}}}")));
        assert!(parsed.is_ok(), "{}: {parsed:?}", block.place);
    }
}

/// The keys that the manual lists, by the table that they belong to; those of the top have none.
fn documented_keys() -> BTreeMap<String, BTreeSet<String>> {
    let page = Page::read("docs/configuration.md");
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut section = String::new();
    for row in page.prose.iter().filter(|line| line.starts_with("| ")) {
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap();
        let mut first = String::new();
        for span in cell.split('`').skip(1).step_by(2) {
            if cell.starts_with("**") {
                span.clone_into(&mut section);
                continue;
            }
            let key = match span.strip_prefix('.') {
                Some(last) => {
                    let (family, _): (&str, &str) = first.split_once('.').unwrap();
                    format!("{family}.{last}")
                }
                None => span.to_owned(),
            };
            key.clone_into(&mut first);
            keys.entry(section.clone()).or_default().insert(key);
        }
    }
    keys
}

#[test]
fn every_key_of_the_manual_is_known() {
    let keys = documented_keys();
    assert!(keys.len() > 8, "{keys:?}");
    for (section, key) in keys
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| (section, key)))
    {
        // A kind of its own says that a key goes with another kind, not that it is unknown.
        let refused = refusal(&format!("{section}\n{key} = 0\n")).unwrap_or_default();
        let unknown = refused.contains("unknown key");
        assert!(!unknown, "{section} {key}: {refused}");
    }
    for section in keys.keys() {
        let refused = refusal(&format!("{section}\nnonsense = 0\n")).unwrap_or_default();
        assert!(
            refused.contains("unknown key `nonsense`"),
            "{section}: {refused}"
        );
    }
}

#[test]
fn every_key_that_is_read_is_in_the_manual() {
    /// Where a key is asked for by its name.
    static ASKED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\b(?:table|inner)\s*\.(?:read_text|read_texts|read_flag|read_number|read_size|read_duration|take_value|peek_value|read_value|mark_known|read_dotted_table)\(\s*"([a-z_]+)""#).unwrap()
    });
    let page = Page::read("docs/configuration.md");
    let documented: BTreeSet<String> = page
        .code()
        .flat_map(|(_, span)| span.split(|sign: char| !sign.is_ascii_lowercase() && sign != '_'))
        .map(str::to_owned)
        .collect();
    let mut asked = BTreeSet::new();
    for file in fs::read_dir(root().join("src/config")).unwrap() {
        let path = file.unwrap().path();
        if path.extension() != Some(OsStr::new("rs")) || path.ends_with("tests.rs") {
            continue;
        }
        let text = read_text(&path);
        let found = ASKED.captures_iter(&text);
        asked.extend(found.map(|found| found[1].to_owned()));
    }
    assert!(asked.len() > 50, "keys are asked for otherwise: {asked:?}");
    let missing: Vec<_> = asked.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "docs/configuration.md lacks {missing:?}"
    );
}

#[test]
fn every_kind_of_source_is_in_the_manual() {
    let row = |line: &String| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned());
    let page = Page::read("docs/sources.md");
    let rows: Vec<String> = page.prose.iter().filter_map(row).collect();
    let kinds: Vec<String> = SourceKind::ALL
        .iter()
        .map(|kind| kind.as_str().to_owned())
        .collect();
    assert!(rows.starts_with(&kinds), "{rows:?}");
    let keys = read_text(&root().join("docs/configuration.md"));
    let row = keys
        .lines()
        .find(|line| line.starts_with("| `kind`"))
        .unwrap();
    let missing: Vec<_> = kinds
        .iter()
        .filter(|kind| !row.contains(&format!("`{kind}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_operators_guide_says_what_to_do_about_every_code() {
    let page = Page::read("docs/operator.md");
    let guide: BTreeSet<&str> = page.code().map(|(_, span)| span).collect();
    let codes = ProblemCode::NAMED.iter().map(ToString::to_string);
    let missing: Vec<String> = codes
        .filter(|code| !guide.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_preview_says_of_a_broken_feed_is_what_the_guide_shows() {
    let pages = manual();
    let page = pages
        .iter()
        .find(|page| page.name == "docs/operator.md")
        .unwrap();
    let shown = page
        .blocks
        .iter()
        .find(|block| block.text.contains("what was done about them"))
        .unwrap();
    let workspace = Workspace::new("");
    let fixture = root().join("tests/fixtures/manual/broken.xml");
    let ran = workspace.run(&["preview", fixture.to_str().unwrap()]);
    assert_eq!(ran.done().stdout, shown.text);
}

/// A link, by its text and target.
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[[^\]\[]*\]\(([^)\s]+)\)").unwrap());

#[test]
fn every_link_leads_somewhere() {
    let mut pages = manual();
    for folder in [
        "data/languages",
        "data/names",
        "data/places",
        "data/zones",
        "fuzz",
        "config/samples",
    ] {
        pages.extend(pages_in(folder));
    }
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in &pages {
        let anchors = page.anchors();
        let folder = Path::new(&page.name).parent().unwrap();
        for (number, line) in page.prose.iter().enumerate() {
            let prose: String = line.split('`').step_by(2).collect();
            for target in LINK.captures_iter(&prose).map(|found| found[1].to_owned()) {
                if target.contains("://") {
                    continue;
                }
                seen += 1;
                let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
                let file: PathBuf = folder.join(path);
                let leads = if path.is_empty() {
                    anchors.contains(anchor)
                } else if anchor.is_empty() {
                    root().join(&file).exists()
                } else {
                    root().join(&file).exists()
                        && Page::read(file.to_str().unwrap())
                            .anchors()
                            .contains(anchor)
                };
                if !leads {
                    wrong.push(format!("{}:{}: {target}", page.name, number + 1));
                }
            }
        }
    }
    assert!(seen > 50, "the links are elsewhere");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_path_that_the_pages_for_contributors_name_exists() {
    let tops = [
        "src/",
        "tests/",
        "docs/",
        "data/",
        "build/",
        "benches/",
        "config/",
        "packaging/",
        "fuzz/",
        ".ci/",
    ];
    // Names that stand for any.
    let placeholders = ["STAGE", "LANGUAGE"];
    for name in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "README.md",
    ] {
        let page = Page::read(name);
        for (place, span) in page.code() {
            let is_path = tops.iter().any(|top| span.starts_with(top));
            if !is_path || placeholders.iter().any(|name| span.contains(name)) {
                continue;
            }
            assert!(root().join(span).exists(), "{place}: there is no {span}");
        }
    }
}
