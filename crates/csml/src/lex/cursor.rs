//! A reader over the text of one flow. CSML has no context-free words (`x-1` is a name, `5-1` a subtraction), so the
//! parser asks the cursor for the kind of token its place allows.

use std::cell::Cell;

use super::{
    Pos,
    names::{is_name_char, readable},
};

/// A number as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
    /// Too large for 64 bits, or with `_` between its digits.
    Bad,
}

/// A reader over a text, with an end that may lie before the text's own (inside a string's braces).
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    /// The last place that was computed, so that the next one costs only the way between them.
    known: Cell<(usize, Pos)>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Cursor { text, at, end: text.len(), known: Cell::new((at, Pos { line: 1, column: 1 })) }
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn seek(&mut self, offset: usize) {
        self.at = offset;
    }

    pub(crate) fn end(&self) -> usize {
        self.end
    }

    pub(crate) fn set_end(&mut self, end: usize) {
        self.end = end;
    }

    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or("")
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(crate) fn looking_at(&self, word: &str) -> bool {
        self.rest().starts_with(word)
    }

    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let hit = self.looking_at(word);
        if hit {
            self.at += word.len();
        }
        hit
    }

    /// The place of a byte offset.
    pub(crate) fn pos_of(&self, offset: usize) -> Pos {
        let (from, mut pos) = self.known.get();
        if offset >= from {
            for c in self.text.get(from..offset).unwrap_or("").chars() {
                if c == '\n' {
                    pos = Pos { line: pos.line + 1, column: 1 };
                } else {
                    pos.column += 1;
                }
            }
        } else {
            let between = self.text.get(offset..from).unwrap_or("");
            let lines = between.bytes().filter(|b| *b == b'\n').count();
            if lines == 0 {
                pos.column =
                    pos.column.saturating_sub(u32::try_from(between.chars().count()).unwrap_or(0));
            } else {
                pos.line = pos.line.saturating_sub(u32::try_from(lines).unwrap_or(0));
                let head = self.text.get(..offset).unwrap_or("");
                let line = head.rsplit('\n').next().unwrap_or("");
                pos.column = u32::try_from(line.trim_start_matches('\u{feff}').chars().count())
                    .unwrap_or(0)
                    + 1;
            }
        }
        self.known.set((offset, pos));
        pos
    }

    pub(crate) fn pos(&self) -> Pos {
        self.pos_of(self.at)
    }

    /// Skips blanks and comments. An unclosed block comment is given as its offset.
    pub(crate) fn skip_blanks(&mut self) -> Result<(), usize> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            if let Some(comment) = trimmed.strip_prefix("//") {
                self.at += 2 + comment.find('\n').unwrap_or(comment.len());
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                match comment.find("*/") {
                    Some(length) => self.at += 2 + length + 2,
                    None => return Err(self.at),
                }
            } else {
                return Ok(());
            }
        }
    }

    /// The word at the cursor, which may be empty.
    pub(crate) fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
        rest.get(..length).unwrap_or("")
    }

    /// A name that may be read, if one stands here.
    pub(crate) fn peek_readable(&self) -> Option<&'a str> {
        Some(self.peek_word()).filter(|word| !word.is_empty() && readable(word))
    }

    /// Takes the word if it is exactly this one.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let hit = self.peek_word() == word;
        if hit {
            self.at += word.len();
        }
        hit
    }

    /// A number literal, if one stands here. The sign must touch the digits.
    pub(crate) fn number(&mut self) -> Option<Number> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
        let digits = run_of_digits(bytes, sign);
        let starts_with_point = digits == sign && sign == 0 && bytes.first() == Some(&b'.');
        if digits == sign && !starts_with_point {
            return None;
        }
        if digits > sign && !bytes.get(sign).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let mut end = digits;
        let mut float = false;
        if bytes.get(digits) == Some(&b'.') {
            let fraction = run_of_digits(bytes, digits + 1);
            if fraction > digits + 1 && bytes.get(digits + 1).is_some_and(u8::is_ascii_digit) {
                end = fraction;
                float = true;
            }
        }
        if starts_with_point && !float {
            return None;
        }
        let literal = rest.get(..end)?;
        self.at += end;
        if literal.contains('_') {
            return Some(Number::Bad);
        }
        let number = if float {
            literal.parse().map(Number::Float).unwrap_or(Number::Bad)
        } else {
            literal.parse().map(Number::Int).unwrap_or(Number::Bad)
        };
        Some(number)
    }
}

fn run_of_digits(bytes: &[u8], from: usize) -> usize {
    let length = bytes
        .get(from..)
        .unwrap_or(&[])
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b'_')
        .count();
    from + length
}
