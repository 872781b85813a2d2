//! `pages` and `backfill`: the way to further pages of a list, and how many of them to read.

use super::diagnostic::{Mistake, parsed};
use super::settings::Settings;
use super::table::{ReadKey, Table};
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
    pub(super) fn read(table: &Table) -> Self {
        let keys = Self {
            param: table.text("param", units::line),
            url: table.text("url", address),
            next: table.text("next", link),
            from: table.number("from", 0..=1_000_000),
            step: table.number("step", 1..=1_000_000),
            last: table.number("last", 1..=MOST),
        };
        table.finish(&[]);
        keys.check(table);
        keys
    }

    fn check(&self, table: &Table) {
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
            table.wrong(at, Mistake::new(message));
        }
        let numbers = [("from", self.from.at), ("step", self.step.at)];
        for (key, at) in numbers {
            if let Some(at) = at
                && !self.counts()
            {
                let message = format!("`pages.{key}` needs `pages.param` or `pages.url`");
                table.wrong(at, Mistake::new(message));
            }
        }
    }

    fn counts(&self) -> bool {
        self.param.at.or(self.url.at).is_some()
    }

    /// Returns true if they give a way to another page, even with a mistake.
    fn leads(&self) -> bool {
        self.counts() || self.next.at.is_some()
    }

    /// Returns the way to the next page; by default, the document's own link.
    fn way(self) -> PageWay {
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
fn link(text: &str) -> Result<Css, Mistake> {
    let css: Css = parsed(text)?;
    if css.names_self {
        return Err(Mistake::new(format!("`{css}` names no link of the page")));
    }
    Ok(css)
}

fn address(text: &str) -> Result<PageAddress, Mistake> {
    let hint = r#"`"https://www.example.org/news/page/{}/"`"#;
    parsed(text).map_err(|mistake: Mistake| mistake.hint(hint))
}

/// Returns the way to further pages of a source's list. The defaults of its file apply only to sources that they fit.
pub(super) fn pages(
    table: &Table,
    own: &Settings,
    defaults: &Settings,
    reading: &Reading,
) -> Option<Pages> {
    let mine = own.pages.value.clone().unwrap_or_default();
    let theirs = defaults.pages.value.clone().unwrap_or_default();
    let last = mine.last.over(&theirs.last).value.unwrap_or(LAST);
    let backfill = own.backfill.over(&defaults.backfill).value;
    if let Some(mistake) = unfit(&mine, reading)
        && let Some(at) = own.pages.at
    {
        table.wrong(at, mistake);
    }
    if let Some(at) = own.backfill.at
        && own.pages.at.or(defaults.pages.at).is_none()
    {
        let hint =
            "`pages.last = 1` alone follows the links to next pages that documents name themselves";
        table.wrong(at, Mistake::new("`backfill` needs `pages`").hint(hint));
    }
    let way = if mine.leads() {
        mine.way()
    } else {
        let given = defaults.pages.at.map(|_| theirs.way());
        let fitting = given.filter(|way| fits(way, reading));
        fitting.or_else(|| own.pages.at.map(|_| PageWay::Rel))?
    };
    Some(Pages {
        way,
        last,
        backfill: backfill.unwrap_or(last),
    })
}

/// Returns a mistake if a source's own `pages` do not fit its documents.
fn unfit(mine: &PageKeys, reading: &Reading) -> Option<Mistake> {
    match reading {
        Reading::Text(_) => Some(Mistake::new("`pages` does not go with `kind = \"text\"`")),
        Reading::Sitemap if mine.leads() => {
            let mistake = Mistake::new("an index of sitemaps names its parts itself");
            Some(mistake.hint("`pages.last` alone says how many of them are read"))
        }
        Reading::Json { script: None, .. } | Reading::Xml(_) if !mine.counts() => {
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
fn fits(way: &PageWay, reading: &Reading) -> bool {
    match reading {
        Reading::Text(_) => false,
        Reading::Feed | Reading::Sitemap => matches!(way, PageWay::Rel),
        Reading::Json { script: None, .. } | Reading::Xml(_) => {
            matches!(way, PageWay::Parameter { .. } | PageWay::Address { .. })
        }
        Reading::Auto | Reading::Html(_) | Reading::Page | Reading::Json { .. } => true,
    }
}
