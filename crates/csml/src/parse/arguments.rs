//! Lists in parentheses, brackets and braces.

use super::{Parsed, Parser};
use crate::{
    lex::Pos,
    tree::{Argument, Expr, ExprKind, Name},
};

impl Parser<'_> {
    /// Items up to the closing sign, with commas between and perhaps one behind.
    pub(super) fn list_to<T>(
        &mut self,
        close: &str,
        open_at: Pos,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let open = match close {
            ")" => "(",
            "]" => "[",
            _ => "{",
        };
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            if self.cursor.eat(close) {
                return Ok(items);
            }
            if self.cursor.is_done() {
                return self.unclosed(open_at, open, close);
            }
            items.push(item(self)?);
            self.blanks()?;
            if self.cursor.is_done() {
                return self.unclosed(open_at, open, close);
            }
            if !self.cursor.eat(",") && !self.cursor.looking_at(close) {
                if open == "(" && items.len() == 1 && self.cursor.pos().line > open_at.line {
                    return self.unclosed(open_at, open, close);
                }
                return self.expected(&format!("`,` or `{close}`"));
            }
        }
    }

    pub(super) fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let at = self.cursor.pos();
        self.cursor.eat("(");
        self.list_to(")", at, Self::argument)
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let start = self.cursor.offset();
        let word = self.cursor.peek_word();
        if !word.is_empty() {
            self.cursor.seek(start + word.len());
            self.blanks()?;
            let named = self.cursor.looking_at("=")
                && !self.cursor.looking_at("==")
                && !self.cursor.looking_at("=>");
            if named {
                self.cursor.eat("=");
                let value = self.expression()?;
                return Ok(Argument { name: Some(Name::from(word)), value });
            }
            self.cursor.seek(start);
        }
        Ok(Argument { name: None, value: self.expression()? })
    }

    pub(super) fn map(&mut self, at: Pos) -> Parsed<Expr> {
        self.cursor.eat("{");
        let fields = self.list_to("}", at, Self::field)?;
        Ok(Expr { at, kind: ExprKind::Map(fields) })
    }

    /// A key is a raw string: no escapes, no braces, not empty.
    fn field(&mut self) -> Parsed<(Name, Expr)> {
        let quote = if self.in_text { "\\\"" } else { "\"" };
        let at = self.cursor.pos();
        if !self.cursor.eat(quote) {
            return self.expected("a key in double quotes or `}`");
        }
        let from = self.cursor.offset();
        let Some(length) = self.cursor.rest().find(quote) else {
            return self.unclosed(at, "\"", "\"");
        };
        let key = self.cursor.slice(from, from + length);
        if key.is_empty() || (!self.in_text && key.ends_with('\\')) {
            return self.error(at, "a key is not empty and holds no quotes");
        }
        self.cursor.seek(from + length + quote.len());
        self.require(":", "after the key")?;
        Ok((Name::from(key), self.expression()?))
    }
}
