//! A notice board on the web: a list in pages, the newest first, and a page of each notice.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::server::Request;
use super::{Answer, Server};

/// A server's answer after its last page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// 404.
    Nothing,
    /// A page without notices.
    Empty,
    /// The first page again.
    First,
}

/// The current contents of the board.
#[derive(Clone)]
pub(crate) struct Shown {
    /// Numbers of the notices, the newest first.
    pub(crate) notices: Vec<usize>,
    pub(crate) behind: Behind,
    /// The page that fails, if one does.
    pub(crate) failing: Option<usize>,
    /// The text after every title of the list.
    pub(crate) suffix: &'static str,
    /// The markup on every page after the notices; `NEXT` is the number of the next page.
    pub(crate) footer: &'static str,
}

/// Notices of a page.
pub(crate) const PER_PAGE: usize = 2;

pub(crate) struct Board {
    pub(crate) server: Server,
    shown: Arc<Mutex<Shown>>,
    /// Requests that have been counted.
    counted: Mutex<usize>,
}

impl Board {
    /// Starts a board at `/list`, whose further pages are `?page=1` and so on.
    pub(crate) fn new(notices: Range<usize>) -> Self {
        let shown = Arc::new(Mutex::new(Shown {
            notices: notices.rev().collect(),
            behind: Behind::Nothing,
            failing: None,
            suffix: "",
            footer: "",
        }));
        let server = Server::start();
        let board = Arc::clone(&shown);
        server.route("/list", move |request| {
            let number = request.target.split_once("page=");
            let number = number.map_or(0, |(_, number)| number.parse().unwrap());
            page(request, &board.lock().unwrap(), number)
        });
        Self {
            server,
            shown,
            counted: Mutex::default(),
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown.lock().unwrap());
    }

    /// Adds newer notices.
    pub(crate) fn issue(&self, numbers: Range<usize>) {
        self.change(|shown| {
            shown.notices.splice(..0, numbers.rev());
        });
    }

    /// Returns the configuration of the board as a source, with additional `keys`.
    pub(crate) fn source(&self, keys: &str) -> String {
        format!(
            "\n[[source]]\nid = \"board\"\nurl = \"{}\"\nkind = \"html\"\nevery = \"1h\"\ntopics = [\"news\"]\n\
             select.item = \".row\"\nselect.title = \"h3 a\"\nselect.date = \"time\"\n{keys}\n",
            self.server.url("/list")
        )
    }

    /// Returns the requests since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        let requests = self.server.requests();
        let mut counted = self.counted.lock().unwrap();
        let new = requests.iter().skip(*counted);
        let targets = new.map(|request| request.target.clone()).collect();
        *counted = requests.len();
        targets
    }
}

fn page(request: &Request, shown: &Shown, number: usize) -> Answer {
    if shown.failing == Some(number) {
        return Answer::status(500);
    }
    let mut notices = shown.notices.chunks(PER_PAGE);
    let page = match (notices.nth(number), shown.behind) {
        (Some(page), _) => page,
        (None, Behind::Nothing) => return Answer::status(404),
        (None, Behind::Empty) => &[],
        (None, Behind::First) => shown.notices.chunks(PER_PAGE).next().unwrap(),
    };
    let suffix = shown.suffix;
    let row = |number: &usize| {
        format!(
            "<div class=row><h3><a href=\"/notices/{number}\">Notice {number}{suffix}</a></h3>\
             <time>2026-03-02</time></div>"
        )
    };
    let rows: String = page.iter().map(row).collect();
    let footer = shown.footer.replace("NEXT", &(number + 1).to_string());
    let body = format!("<!DOCTYPE html><title>Board</title><h1>Notices</h1>{rows}{footer}");
    Answer::versioned(request, &body)
}
