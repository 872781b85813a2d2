//! Text functions shared by all stages: HTML parsed within limits, text folded for comparison, one line for a log.

mod fold;
mod html;
mod line;

pub use self::fold::fold_text;
pub(crate) use self::html::{TextLines, is_invisible};
pub use self::html::{parse_fragment, parse_page, text_of_node, text_of_nodes};
pub use self::line::{error_chain, one_line};
