//! The single values of an expression, and the paths behind them.

use std::sync::Arc;

use super::{Parsed, Parser, checksum};
use crate::{
    lex::{Number, Pos, names},
    report::Kind,
    tree::{Arithmetic, Closure, Expr, ExprKind, Name, Segment, SegmentKind},
};

impl Parser<'_> {
    pub(super) fn core(&mut self) -> Parsed<Expr> {
        let at = self.cursor.pos();
        let make = |kind| Ok(Expr { at, kind });
        if let Some(number) = self.cursor.number() {
            return match number {
                Number::Int(int) => make(ExprKind::Int(int)),
                Number::Float(float) => make(ExprKind::Float(float)),
                Number::Bad => self.bad_number(at),
            };
        }
        match self.cursor.peek() {
            Some('(') => {
                if let Some(parameters) = self.closure_head()? {
                    return self.closure(at, parameters);
                }
                self.parenthesis()
            }
            Some('{') => self.map(at),
            Some('[') => {
                self.cursor.bump();
                let items = self.list_to("]", at, Self::expression)?;
                make(ExprKind::List(items))
            }
            Some('"') if !self.in_text => self.text(at),
            Some('\\') if self.in_text && self.cursor.looking_at("\\\"") => self.raw_text(at),
            Some('+')
                if self
                    .cursor
                    .rest()
                    .get(1..)
                    .is_some_and(|rest| rest.trim_start().starts_with('(')) =>
            {
                self.cursor.bump();
                self.signed(at, Arithmetic::Add)
            }
            Some('-')
                if self
                    .cursor
                    .rest()
                    .get(1..)
                    .is_some_and(|rest| rest.trim_start().starts_with('(')) =>
            {
                self.cursor.bump();
                self.signed(at, Arithmetic::Subtract)
            }
            _ => self.name_or_call(at),
        }
    }

    fn bad_number<T>(&self, at: Pos) -> Parsed<T> {
        let message = "this number has more than 64 bits, or `_` between its digits";
        self.error_with_help(
            Kind::BadNumber,
            at,
            message,
            "write the digits alone, or use a decimal point",
        )
    }

    fn parenthesis(&mut self) -> Parsed<Expr> {
        let open = self.cursor.pos();
        self.cursor.eat("(");
        let inner = self.expression()?;
        self.blanks()?;
        if self.cursor.eat(")") {
            return Ok(inner);
        }
        if self.cursor.is_done() {
            return self.unclosed(open, "(", ")");
        }
        self.expected("`)`")
    }

    fn signed(&mut self, at: Pos, sign: Arithmetic) -> Parsed<Expr> {
        self.blanks()?;
        let inner = self.parenthesis()?;
        Ok(Expr { at, kind: ExprKind::Signed(sign, Box::new(inner)) })
    }

    pub(super) fn unclosed<T>(&self, at: Pos, open: &str, close: &str) -> Parsed<T> {
        self.error_with_help(
            Kind::Syntax,
            at,
            format!("this `{open}` is never closed"),
            format!("add the missing `{close}`"),
        )
    }

    /// The parameters of a closure if one begins here, else the cursor stays.
    fn closure_head(&mut self) -> Parsed<Option<Vec<Name>>> {
        let before = self.cursor.offset();
        self.cursor.eat("(");
        let mut parameters = Vec::new();
        loop {
            self.blanks()?;
            if self.cursor.eat(")") {
                break;
            }
            let word = self.cursor.peek_word();
            if word.is_empty() || names::reads_as_number(word) || !names::assignable(word) {
                self.cursor.seek(before);
                return Ok(None);
            }
            self.cursor.seek(self.cursor.offset() + word.len());
            parameters.push(Name::from(word));
            self.blanks()?;
            if !self.cursor.eat(",") && !self.cursor.looking_at(")") {
                self.cursor.seek(before);
                return Ok(None);
            }
        }
        self.blanks()?;
        if self.cursor.looking_at("{") {
            return Ok(Some(parameters));
        }
        self.cursor.seek(before);
        Ok(None)
    }

    fn closure(&mut self, at: Pos, parameters: Vec<Name>) -> Parsed<Expr> {
        let from = self.cursor.offset();
        let body = self.block()?;
        let checksum = checksum::of(self.cursor.slice(from, self.cursor.offset()));
        let closure = Closure { parameters, body, at, checksum };
        Ok(Expr { at, kind: ExprKind::Closure(Arc::new(closure)) })
    }

    fn name_or_call(&mut self, at: Pos) -> Parsed<Expr> {
        let word = self.cursor.peek_word();
        if word.is_empty() {
            if self.cursor.looking_at("'") {
                return self.error_with_help(
                    Kind::Syntax,
                    at,
                    "strings stand in double quotes",
                    "write \"..\"",
                );
            }
            return self.expected("a value");
        }
        if self.in_text && word.starts_with('\\') {
            return self.expected("a value");
        }
        if !names::readable(word) {
            return self.expected("a value");
        }
        let word = self.name_before_quote(word);
        self.cursor.seek(self.cursor.offset() + word.len());
        if word.eq_ignore_ascii_case("null") {
            return Ok(Expr { at, kind: ExprKind::Null });
        }
        if let Some(bool) = matches!(word, "true" | "false").then_some(word == "true") {
            return Ok(Expr { at, kind: ExprKind::Bool(bool) });
        }
        self.check_name(word, at)?;
        if word == "Component" && self.cursor.looking_at(".") {
            return self.component(at);
        }
        let before = self.cursor.offset();
        self.blanks()?;
        if self.cursor.looking_at("(") {
            let arguments = self.arguments()?;
            return Ok(Expr { at, kind: ExprKind::Call { name: Name::from(word), arguments } });
        }
        self.cursor.seek(before);
        Ok(Expr { at, kind: ExprKind::Name(Name::from(word)) })
    }

    /// Inside a string's braces a backslash before a quote belongs to the quote, not to the name.
    fn name_before_quote<'w>(&self, word: &'w str) -> &'w str {
        let quote_follows =
            self.cursor.rest().get(word.len()..).is_some_and(|rest| rest.starts_with('"'));
        if self.in_text && quote_follows { word.strip_suffix('\\').unwrap_or(word) } else { word }
    }

    fn component(&mut self, at: Pos) -> Parsed<Expr> {
        self.cursor.eat(".");
        let word = self.cursor.peek_word();
        if word.is_empty() {
            return self.expected("a component's name");
        }
        self.cursor.seek(self.cursor.offset() + word.len());
        if !self.cursor.looking_at("(") {
            return self.expected("`(` after the component's name");
        }
        let arguments = self.arguments()?;
        Ok(Expr { at, kind: ExprKind::Component { name: Name::from(word), arguments } })
    }

    /// The keys, indexes and methods behind a value. Blanks may stand before a dot, nowhere else.
    pub(super) fn path(&mut self, base: Expr) -> Parsed<Expr> {
        let mut path = Vec::new();
        loop {
            if self.cursor.looking_at("[") {
                let at = self.cursor.pos();
                self.cursor.bump();
                let index = self.expression()?;
                self.blanks()?;
                if !self.cursor.eat("]") {
                    return if self.cursor.is_done() {
                        self.unclosed(at, "[", "]")
                    } else {
                        self.expected("`]`")
                    };
                }
                path.push(Segment { at, kind: SegmentKind::Index(index) });
                continue;
            }
            let before = self.cursor.offset();
            self.blanks()?;
            if !self.cursor.eat(".") {
                self.cursor.seek(before);
                break;
            }
            path.push(self.key_or_method()?);
        }
        if path.is_empty() {
            return Ok(base);
        }
        Ok(Expr { at: base.at, kind: ExprKind::Path(Box::new(base), path) })
    }

    fn key_or_method(&mut self) -> Parsed<Segment> {
        let at = self.cursor.pos();
        let word = self.name_before_quote(self.cursor.peek_word());
        if word.is_empty() {
            return self.expected("a key or a method's name after `.`");
        }
        self.cursor.seek(self.cursor.offset() + word.len());
        let name = Name::from(word);
        let kind = if self.cursor.looking_at("(") {
            SegmentKind::Method(name, self.arguments()?)
        } else {
            SegmentKind::Key(name)
        };
        Ok(Segment { at, kind })
    }
}
