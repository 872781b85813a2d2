//! Text by itself, of whatever stage.

mod line;

pub use self::line::{chain, one_line};
