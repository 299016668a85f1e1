//! Strings and the expressions in their double braces.

use super::{Parsed, Parser};
use crate::{
    lex::Pos,
    report::Kind,
    tree::{Expr, ExprKind, Piece},
};

impl Parser<'_> {
    pub(super) fn text(&mut self, at: Pos) -> Parsed<Expr> {
        self.cursor.eat("\"");
        let Some(length) = closing_quote(self.cursor.rest()) else {
            return self.unclosed(at, "\"", "\"");
        };
        let close = self.cursor.offset() + length;
        let outer_end = self.cursor.end();
        self.cursor.set_end(close);
        self.in_text = true;
        let pieces = self.pieces(at);
        self.in_text = false;
        self.cursor.set_end(outer_end);
        let pieces = pieces?;
        self.cursor.seek(close + 1);
        Ok(Expr { at, kind: ExprKind::Text(pieces) })
    }

    fn pieces(&mut self, at: Pos) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        // A `\{{` is text, and so is the `}}` that ends it.
        let mut escaped_openings = 0;
        while let Some(c) = self.cursor.peek() {
            if self.cursor.looking_at("{{") {
                self.cursor.eat("{{");
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                if let Some(value) = self.braces(at)? {
                    pieces.push(Piece::Value(value));
                }
                continue;
            }
            if self.cursor.looking_at("}}") {
                if escaped_openings == 0 {
                    let message = "these `}}` close nothing";
                    return self.error_with_help(
                        Kind::Syntax,
                        at,
                        message,
                        "to print braces, write `\\}}`",
                    );
                }
                escaped_openings -= 1;
                self.cursor.eat("}}");
                text.push_str("}}");
                continue;
            }
            self.cursor.bump();
            if c != '\\' {
                text.push(c);
                continue;
            }
            match self.cursor.bump() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some('{') => {
                    text.push('{');
                    if self.cursor.eat("{") {
                        text.push('{');
                        escaped_openings += 1;
                    }
                }
                Some('}') => {
                    text.push('}');
                    if self.cursor.eat("}") {
                        text.push('}');
                    }
                }
                Some(other) => text.push(other),
                None => {}
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(pieces)
    }

    /// The expression between double braces; empty braces hold nothing.
    fn braces(&mut self, at: Pos) -> Parsed<Option<Expr>> {
        self.blanks()?;
        if self.cursor.eat("}}") {
            return Ok(None);
        }
        let value = self.expression();
        // The quote that ended the string early is the likelier fault than what stands before it.
        let value = match value {
            Err(_) if self.cursor.is_done() => return self.unclosed_braces(at),
            other => other?,
        };
        self.blanks()?;
        if self.cursor.eat("}}") {
            return Ok(Some(value));
        }
        if self.cursor.is_done() { self.unclosed_braces(at) } else { self.expected("`}}`") }
    }

    fn unclosed_braces<T>(&self, at: Pos) -> Parsed<T> {
        let help = "close them with `}}`; inside of them quotes are written `\\\"`";
        self.error_with_help(Kind::Syntax, at, "the `{{` in this string are never closed", help)
    }

    /// A string inside a string's braces: nothing in it is special.
    pub(super) fn raw_text(&mut self, at: Pos) -> Parsed<Expr> {
        self.cursor.eat("\\\"");
        let from = self.cursor.offset();
        let Some(length) = self.cursor.rest().find("\\\"") else {
            return self.unclosed(at, "\\\"", "\\\"");
        };
        let text = self.cursor.slice(from, from + length).to_owned();
        self.cursor.seek(from + length + 2);
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] };
        Ok(Expr { at, kind: ExprKind::Text(pieces) })
    }
}

fn closing_quote(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}
