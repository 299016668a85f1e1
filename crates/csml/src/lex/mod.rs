//! From text to words: blanks, comments, names, numbers and positions.

mod cursor;
pub(crate) mod names;

pub(crate) use cursor::{Cursor, Number};

use serde::{Deserialize, Serialize};

/// A place in a flow's text. Line and column count from 1; 0 means that there is no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pos {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Pos {
    /// No place: a value from memory, a missing step, a limit.
    pub const NONE: Pos = Pos { line: 0, column: 0 };
}
