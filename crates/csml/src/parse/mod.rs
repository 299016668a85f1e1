//! From text to tree. Recursive descent; every way down is counted, so that no text can exhaust the stack.

mod arguments;
mod block;
mod checksum;
mod core;
mod expression;
mod place;
mod statement;
mod text;
mod top;

use crate::{
    lex::{Cursor, Pos, names},
    report::Kind,
    tree::{FlowTree, Name},
};

/// How deep expressions and blocks may nest, together.
const NESTING_MAX: usize = 100;

/// Why a text is no flow. The first one ends the reading of the flow.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) kind: Kind,
    pub(crate) at: Pos,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

pub(crate) type Parsed<T> = Result<T, Box<SyntaxError>>;

pub(crate) struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    /// Inside the braces of a string, where strings are written `\"like this\"`.
    in_text: bool,
}

/// Reads one flow.
pub(crate) fn flow(text: &str) -> Parsed<FlowTree> {
    let mut parser = Parser { cursor: Cursor::new(text), depth: 0, in_text: false };
    parser.flow()
}

impl Parser<'_> {
    fn error<T>(&self, at: Pos, message: impl Into<String>) -> Parsed<T> {
        Err(Box::new(SyntaxError { kind: Kind::Syntax, at, message: message.into(), help: None }))
    }

    fn error_with_help<T>(
        &self,
        kind: Kind,
        at: Pos,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Parsed<T> {
        Err(Box::new(SyntaxError { kind, at, message: message.into(), help: Some(help.into()) }))
    }

    /// The text here is not what the grammar asks for.
    fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = match self.cursor.peek() {
            None => "the end of the text".to_owned(),
            Some(_) if !self.cursor.peek_word().is_empty() => {
                format!("`{}`", self.cursor.peek_word())
            }
            Some(c) => format!("`{c}`"),
        };
        self.error(self.cursor.pos(), format!("expected {what}, found {found}"))
    }

    fn blanks(&mut self) -> Parsed<()> {
        match self.cursor.skip_blanks() {
            Ok(()) => Ok(()),
            Err(offset) => self.error_with_help(
                Kind::Syntax,
                self.cursor.pos_of(offset),
                "this comment is never closed",
                "close it with `*/`",
            ),
        }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            return self.error_with_help(
                Kind::TooDeep,
                self.cursor.pos(),
                format!("more than {NESTING_MAX} levels of nesting"),
                "split this into steps, functions or variables",
            );
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Takes a sign after blanks, or says what it was for.
    fn require(&mut self, sign: &str, what: &str) -> Parsed<()> {
        self.blanks()?;
        if self.cursor.eat(sign) { Ok(()) } else { self.expected(&format!("`{sign}` {what}")) }
    }

    /// A name that a variable, step, function or parameter may have.
    fn new_name(&mut self, what: &str) -> Parsed<Name> {
        let word = self.cursor.peek_word();
        if word.is_empty() {
            return self.expected(what);
        }
        let at = self.cursor.pos();
        if !names::assignable(word) {
            return self.error_with_help(
                Kind::ReservedWord,
                at,
                format!("`{word}` is a word of the language and cannot be a name"),
                format!("use another name, like `my_{}`", word.trim_start_matches('_')),
            );
        }
        self.check_name(word, at)?;
        self.cursor.seek(self.cursor.offset() + word.len());
        Ok(Name::from(word))
    }

    fn check_name(&self, word: &str, at: Pos) -> Parsed<()> {
        if word.len() > names::NAME_BYTES_MAX {
            return self.error_with_help(
                Kind::NameTooLong,
                at,
                format!("a name of {} bytes", word.len()),
                format!("names have at most {} bytes", names::NAME_BYTES_MAX),
            );
        }
        if names::reads_as_number(word) {
            return self.error_with_help(
                Kind::NumberAsName,
                at,
                format!("`{word}` reads as a number and cannot be a name"),
                format!("use another name, like `n{word}`"),
            );
        }
        Ok(())
    }
}
