//! `pages` and `backfill`: the way to further pages of a list, and how many of them to read.

use super::diagnostic::{Mistake, parse_value};
use super::settings::SourceKeys;
use super::table::{ConfigTable, ReadKey};
use super::units;
use crate::model::{Css, Numbers, PageAddress, PageWay, Pages, Reading};

/// The maximum number of pages that one poll reads after the first.
pub(super) const MOST: i64 = 100;
/// The default number of pages that a poll reads after the first.
const LAST: u32 = 1;

/// `pages`: the way to further pages of a list, and how many of them to read.
#[derive(Clone, Default)]
pub(super) struct PageKeys {
    param: ReadKey<String>,
    url: ReadKey<PageAddress>,
    next: ReadKey<Css>,
    from: ReadKey<u32>,
    step: ReadKey<u32>,
    last: ReadKey<u32>,
}

impl PageKeys {
    pub(super) fn from_table(table: &ConfigTable) -> Self {
        let keys = Self {
            param: table.read_text("param", units::parse_line),
            url: table.read_text("url", parse_page_address),
            next: table.read_text("next", parse_link),
            from: table.read_number("from", 0..=1_000_000),
            step: table.read_number("step", 1..=1_000_000),
            last: table.read_number("last", 1..=MOST),
        };
        table.refuse_unknown_keys(&[]);
        keys.check_exclusive(table);
        keys
    }

    fn check_exclusive(&self, table: &ConfigTable) {
        let ways = [
            ("param", self.param.at),
            ("url", self.url.at),
            ("next", self.next.at),
        ];
        let mut ways: Vec<_> = ways
            .into_iter()
            .filter_map(|(key, at)| Some((at?, key)))
            .collect();
        ways.sort_unstable();
        if let [(_, first), (at, second), ..] = ways[..] {
            let message = format!("`pages.{first}` and `pages.{second}` exclude one another");
            table.report_mistake(at, Mistake::new(message));
        }
        let numbers = [("from", self.from.at), ("step", self.step.at)];
        for (key, at) in numbers {
            if let Some(at) = at
                && !self.has_page_numbers()
            {
                let message = format!("`pages.{key}` needs `pages.param` or `pages.url`");
                table.report_mistake(at, Mistake::new(message));
            }
        }
    }

    fn has_page_numbers(&self) -> bool {
        self.param.at.or(self.url.at).is_some()
    }

    /// Returns true if they give a way to another page, even with a mistake.
    fn has_next_page(&self) -> bool {
        self.has_page_numbers() || self.next.at.is_some()
    }

    /// Returns the way to the next page; by default, the document's own link.
    fn into_pagination(self) -> PageWay {
        let step = self.step.value.unwrap_or(1);
        let from = |usual| self.from.value.unwrap_or(usual);
        match (self.param.value, self.url.value, self.next.value) {
            (Some(name), _, _) => {
                let numbers = Numbers {
                    from: from(1),
                    step,
                };
                PageWay::Parameter { name, numbers }
            }
            // If pages have addresses of their own, the first is number 1, as people count.
            (None, Some(address), _) => {
                let numbers = Numbers {
                    from: from(2),
                    step,
                };
                PageWay::Address { address, numbers }
            }
            (None, None, Some(link)) => PageWay::Next(link),
            (None, None, None) => PageWay::Rel,
        }
    }
}

/// Parses a link, or an attribute of an element.
fn parse_link(text: &str) -> Result<Css, Mistake> {
    let css: Css = parse_value(text)?;
    if css.names_self {
        return Err(Mistake::new(format!("`{css}` names no link of the page")));
    }
    Ok(css)
}

fn parse_page_address(text: &str) -> Result<PageAddress, Mistake> {
    let hint = r#"`"https://www.example.org/news/page/{}/"`"#;
    parse_value(text).map_err(|mistake: Mistake| mistake.hint(hint))
}

/// Returns the way to further pages of a source's list. The defaults of its file apply only to sources that they fit.
pub(super) fn resolve_pages(
    table: &ConfigTable,
    own: &SourceKeys,
    defaults: &SourceKeys,
    reading: &Reading,
) -> Option<Pages> {
    let mine = own.pages.value.clone().unwrap_or_default();
    let theirs = defaults.pages.value.clone().unwrap_or_default();
    let last = mine
        .last
        .or_default_from(&theirs.last)
        .value
        .unwrap_or(LAST);
    let backfill = own.backfill.or_default_from(&defaults.backfill).value;
    if let Some(mistake) = misfit_of_pages(&mine, reading)
        && let Some(at) = own.pages.at
    {
        table.report_mistake(at, mistake);
    }
    if let Some(at) = own.backfill.at
        && own.pages.at.or(defaults.pages.at).is_none()
    {
        let hint =
            "`pages.last = 1` alone follows the links to next pages that documents name themselves";
        table.report_mistake(at, Mistake::new("`backfill` needs `pages`").hint(hint));
    }
    let way = if mine.has_next_page() {
        mine.into_pagination()
    } else {
        let given = defaults.pages.at.map(|_| theirs.into_pagination());
        let fitting = given.filter(|way| is_fitting_way(way, reading));
        fitting.or_else(|| own.pages.at.map(|_| PageWay::Rel))?
    };
    Some(Pages {
        way,
        last,
        backfill: backfill.unwrap_or(last),
    })
}

/// Returns a mistake if a source's own `pages` do not fit its documents.
fn misfit_of_pages(mine: &PageKeys, reading: &Reading) -> Option<Mistake> {
    match reading {
        Reading::Text(_) => Some(Mistake::new("`pages` does not go with `kind = \"text\"`")),
        Reading::Sitemap if mine.has_next_page() => {
            let mistake = Mistake::new("an index of sitemaps names its parts itself");
            Some(mistake.hint("`pages.last` alone says how many of them are read"))
        }
        Reading::Json { script: None, .. } | Reading::Xml(_) if !mine.has_page_numbers() => {
            let mistake = Mistake::new("JSON and XML name no next page");
            Some(mistake.hint("`pages.param` or `pages.url` count pages"))
        }
        Reading::Feed if mine.next.at.is_some() => {
            let mistake = Mistake::new("`pages.next` goes only with `kind = \"html\"`");
            Some(mistake.hint("`pages.last` alone follows the feed's own link to its next page"))
        }
        _ => None,
    }
}

/// Returns true if documents of this kind can have such pages. Used for defaults, which apply to all sources of a file.
fn is_fitting_way(way: &PageWay, reading: &Reading) -> bool {
    match reading {
        Reading::Text(_) => false,
        Reading::Feed | Reading::Sitemap => matches!(way, PageWay::Rel),
        Reading::Json { script: None, .. } | Reading::Xml(_) => {
            matches!(way, PageWay::Parameter { .. } | PageWay::Address { .. })
        }
        Reading::Auto | Reading::Html(_) | Reading::Page | Reading::Json { .. } => true,
    }
}
