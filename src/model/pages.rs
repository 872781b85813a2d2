//! The further pages of a list, and how many of them to read.

use std::fmt;
use std::str::FromStr;

use url::{Position, Url};

use super::Css;

/// The way to further pages of a list, and how many of them to read.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The way to the next page.
    pub way: PageWay,
    /// The maximum number of pages that a poll reads after the first.
    pub last: u32,
    /// The maximum for the first poll, and for one that catches up, if it is greater than `last`.
    pub backfill: u32,
}

/// The way from a page of a list to the next.
#[derive(Clone, Debug)]
pub enum PageWay {
    /// A query parameter that counts: `?page=1`, `?start=20`.
    Parameter {
        /// The parameter's name.
        name: String,
        /// The numbers it takes.
        numbers: Numbers,
    },
    /// An address that counts: `/news/page/2/`.
    Address {
        /// The address with a placeholder for the number.
        address: PageAddress,
        /// The numbers it takes.
        numbers: Numbers,
    },
    /// A link on the page, found by this selector.
    Next(Css),
    /// The link to the next page that the document declares: `rel="next"` in pages and in feeds (RFC 5005 §3), else the
    /// previous archive (§4), or `next_url` of a JSON Feed.
    Rel,
}

/// The numbers of the pages after the first: from the number of the second page, increasing by one step each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The number of the second page.
    pub from: u32,
    /// The increment from one page to the next.
    pub step: u32,
}

impl Numbers {
    fn page_number(self, further: u32) -> u64 {
        let steps = u64::from(further.saturating_sub(1));
        u64::from(self.from) + steps * u64::from(self.step)
    }
}

impl Pages {
    /// Returns the address of the page `further` pages after `first`, counted from 1; `None` if only the page itself
    /// names the next one.
    pub fn page_url(&self, first: &Url, further: u32) -> Option<Url> {
        match &self.way {
            PageWay::Parameter { name, numbers } => {
                Some(with_parameter(first, name, numbers.page_number(further)))
            }
            PageWay::Address { address, numbers } => {
                address.resolve_number(first, numbers.page_number(further))
            }
            PageWay::Next(_) | PageWay::Rel => None,
        }
    }
}

fn with_parameter(url: &Url, name: &str, number: u64) -> Url {
    let mut page = url.clone();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    page.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair(name, &number.to_string());
    page
}

/// An address, absolute or relative to the list's, in which `{}` is replaced by the number of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAddress {
    before: String,
    after: String,
}

/// The error for text that is not an address of numbered pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageAddressError {
    /// It has no placeholder for the number, or several.
    #[error("the address of further pages holds `{{}}` once, for their number")]
    Number,
    /// Not an address on the web.
    #[error("this is no address on the web")]
    Address,
}

impl PageAddress {
    fn resolve_number(&self, first: &Url, number: u64) -> Option<Url> {
        first.join(&self.with_number(number)).ok()
    }

    fn with_number(&self, number: u64) -> String {
        format!("{}{number}{}", self.before, self.after)
    }
}

impl FromStr for PageAddress {
    type Err = PageAddressError;

    fn from_str(text: &str) -> Result<Self, PageAddressError> {
        let (before, after) = text
            .split_once("{}")
            .filter(|(_, after)| !after.contains("{}"))
            .ok_or(PageAddressError::Number)?;
        let address = Self {
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let list =
            Url::parse("https://host.example/list").map_err(|_| PageAddressError::Address)?;
        let pages = address
            .resolve_number(&list, 1)
            .zip(address.resolve_number(&list, 2));
        let is_web = |page: &Url| matches!(page.scheme(), "http" | "https");
        // The number must be in the path or the query: it cannot form the host, and a fragment is never sent.
        let counts = |(one, two): &(Url, Url)| {
            one.host_str() == two.host_str()
                && one[..Position::AfterQuery] != two[..Position::AfterQuery]
        };
        pages
            .filter(|pages| is_web(&pages.0) && counts(pages))
            .map(|_| address)
            .ok_or(PageAddressError::Address)
    }
}

impl fmt::Display for PageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{}}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(way: PageWay) -> Pages {
        Pages {
            way,
            last: 1,
            backfill: 1,
        }
    }

    fn numbers(from: u32, step: u32) -> Numbers {
        Numbers { from, step }
    }

    fn check(pages: &Pages, list: &str, expected: [&str; 2]) {
        let list = list.parse().expect("an address");
        let found = [1, 2].map(|further| pages.page_url(&list, further).expect("a number"));
        assert_eq!(found.map(String::from), expected);
    }

    #[test]
    fn a_parameter_counts() {
        let parameter = |name: &str, numbers| {
            let name = name.to_owned();
            pages(PageWay::Parameter { name, numbers })
        };
        check(
            &parameter("page", numbers(1, 1)),
            "https://host.example/list?a=%C3%B1&page=7",
            [
                "https://host.example/list?a=%C3%B1&page=1",
                "https://host.example/list?a=%C3%B1&page=2",
            ],
        );
        check(
            &parameter("start", numbers(20, 20)),
            "https://host.example/list",
            [
                "https://host.example/list?start=20",
                "https://host.example/list?start=40",
            ],
        );
    }

    #[test]
    fn an_address_counts() {
        let address = |text: &str, numbers| {
            let address = text.parse().expect("an address");
            pages(PageWay::Address { address, numbers })
        };
        check(
            &address("https://host.example/news/page/{}/", numbers(2, 1)),
            "https://host.example/news/",
            [
                "https://host.example/news/page/2/",
                "https://host.example/news/page/3/",
            ],
        );
        check(
            &address("page-{}.html?all", numbers(1, 1)),
            "https://host.example/news/list.html",
            [
                "https://host.example/news/page-1.html?all",
                "https://host.example/news/page-2.html?all",
            ],
        );
    }

    #[test]
    fn an_address_that_counts_nothing_is_none() {
        let check = |text: &str, expected| {
            assert_eq!(text.parse::<PageAddress>().unwrap_err(), expected, "{text}");
        };
        check("https://host.example/page/2", PageAddressError::Number);
        check("https://host.example/{}/{}", PageAddressError::Number);
        check("ftp://host.example/{}", PageAddressError::Address);
        check("/list#{}", PageAddressError::Address);
        check("https://{}", PageAddressError::Address);
    }
}
