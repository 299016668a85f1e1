//! Statements.

use super::{Parsed, Parser};
use crate::{
    lex::{Pos, names},
    report::Kind,
    tree::{
        Arithmetic, Expr, ExprKind, Forget, LogLevel, Name, Previous, SegmentKind, Statement,
        StatementKind, Target,
    },
};

/// What a statement can begin with.
pub(super) const KEYWORDS: &[&str] = &[
    "say",
    "debug",
    "log",
    "do",
    "remember",
    "use",
    "forget",
    "hold",
    "hold_secure",
    "goto",
    "previous",
    "if",
    "foreach",
    "while",
    "break",
    "continue",
    "return",
];

const ASSIGNMENTS: &[(&str, Option<Arithmetic>)] = &[
    ("+=", Some(Arithmetic::Add)),
    ("-=", Some(Arithmetic::Subtract)),
    ("*=", Some(Arithmetic::Multiply)),
    ("/=", Some(Arithmetic::Divide)),
    ("%=", Some(Arithmetic::Remainder)),
    ("=", None),
];

impl Parser<'_> {
    /// One statement, or nothing where no statement begins.
    pub(super) fn statement(&mut self) -> Parsed<Option<Statement>> {
        self.deeper(Self::statement_here)
    }

    fn statement_here(&mut self) -> Parsed<Option<Statement>> {
        let at = self.cursor.pos();
        let word = self.cursor.peek_word();
        if word.starts_with("if") && !self.at_label() {
            return self.if_else(at).map(Some);
        }
        if word.starts_with("foreach") {
            return self.foreach(at).map(Some);
        }
        if word.starts_with("while") {
            return self.while_loop(at).map(Some);
        }
        if !KEYWORDS.contains(&word) {
            return Ok(None);
        }
        self.cursor.seek(self.cursor.offset() + word.len());
        let kind = match word {
            "say" => StatementKind::Say(self.expression()?),
            "debug" => StatementKind::Debug(self.expression()?),
            "log" => self.log()?,
            "do" => self.assignment()?,
            "remember" => self.remember()?,
            "use" => self.use_as()?,
            "forget" => self.forget()?,
            "hold" => StatementKind::Hold { secure: false },
            "hold_secure" => StatementKind::Hold { secure: true },
            "goto" => StatementKind::Goto(self.place()?),
            "previous" => self.previous(at)?,
            "break" => StatementKind::Break,
            "continue" => StatementKind::Continue,
            _ => {
                let value = self.expression()?;
                return Ok(Some(Statement { at: value.at, kind: StatementKind::Return(value) }));
            }
        };
        Ok(Some(Statement { at, kind }))
    }

    fn log(&mut self) -> Parsed<StatementKind> {
        self.blanks()?;
        let word = self.cursor.peek_word();
        let level = match word.to_ascii_lowercase().as_str() {
            "error" => Some(LogLevel::Error),
            "warn" => Some(LogLevel::Warn),
            "info" => Some(LogLevel::Info),
            "debug" => Some(LogLevel::Debug),
            "trace" => Some(LogLevel::Trace),
            _ => None,
        };
        if level.is_some() {
            self.cursor.seek(self.cursor.offset() + word.len());
        }
        Ok(StatementKind::Log(level.unwrap_or(LogLevel::Info), self.expression()?))
    }

    fn assignment(&mut self) -> Parsed<StatementKind> {
        self.blanks()?;
        let word = self.cursor.peek_word();
        if !word.is_empty() && !names::readable(word) && !word.eq_ignore_ascii_case("match") {
            self.new_name("a name")?;
            let kept_words = "it can be assigned but not read, so it is of no use";
            return self.error_with_help(
                Kind::ReservedWord,
                self.cursor.pos(),
                kept_words,
                "use another name",
            );
        }
        if matches!(word.to_ascii_lowercase().as_str(), "inf" | "nan" | "infinity") {
            self.check_name(word, self.cursor.pos())?;
        }
        let value = self.expression()?;
        let before = self.cursor.offset();
        self.blanks()?;
        if self.cursor.looking_at("==") {
            return Ok(StatementKind::Evaluate(value));
        }
        for (sign, operator) in ASSIGNMENTS {
            if self.cursor.looking_at(sign) {
                let sign_at = self.cursor.pos();
                let Some(target) = target(value) else {
                    return self.error(sign_at, "what stands before the sign cannot be assigned");
                };
                if !names::assignable(&target.name) {
                    return self.error(sign_at, format!("`{}` cannot be assigned", target.name));
                }
                self.cursor.eat(sign);
                let value = self.expression()?;
                return Ok(StatementKind::Assign { target, operator: *operator, value });
            }
        }
        self.cursor.seek(before);
        Ok(StatementKind::Evaluate(value))
    }

    fn remember(&mut self) -> Parsed<StatementKind> {
        self.blanks()?;
        let start = self.cursor.offset();
        let word = self.cursor.peek_word();
        self.cursor.seek(start + word.len());
        self.blanks()?;
        let assigns =
            !word.is_empty() && self.cursor.looking_at("=") && !self.cursor.looking_at("==");
        self.cursor.seek(start);
        if assigns {
            let name = self.new_name("a name")?;
            self.require("=", "after the name")?;
            return Ok(StatementKind::Remember { name, value: self.expression()? });
        }
        let value = self.expression()?;
        match value.kind {
            ExprKind::As(inner, name) => Ok(StatementKind::Remember { name, value: *inner }),
            _ => {
                self.blanks()?;
                self.expected("`as` and a name, as in `remember 5 as x` or `remember x = 5`,")
            }
        }
    }

    fn use_as(&mut self) -> Parsed<StatementKind> {
        let value = self.expression()?;
        if matches!(value.kind, ExprKind::As(..)) {
            return Ok(StatementKind::Use(value));
        }
        self.blanks()?;
        self.expected("`as` and a name")
    }

    fn forget(&mut self) -> Parsed<StatementKind> {
        let after = self.cursor.pos();
        self.blanks()?;
        if self.cursor.eat("*") {
            return Ok(StatementKind::Forget(Forget::All));
        }
        if !self.cursor.eat("[") {
            if self.cursor.peek_word().is_empty() || self.at_label() {
                return self.error(after, "expected what to forget: a name, `[a, b]` or `*`");
            }
            let name = self.new_name("a name")?;
            return Ok(StatementKind::Forget(Forget::Names(vec![name])));
        }
        let mut names: Vec<Name> = Vec::new();
        loop {
            self.blanks()?;
            if !names.is_empty() && self.cursor.eat("]") {
                return Ok(StatementKind::Forget(Forget::Names(names)));
            }
            names.push(self.new_name("a name")?);
            self.blanks()?;
            if !self.cursor.eat(",") && !self.cursor.looking_at("]") {
                return self.expected("`,` or `]`");
            }
        }
    }

    fn previous(&mut self, at: Pos) -> Parsed<StatementKind> {
        self.blanks()?;
        if self.cursor.eat_word("step") {
            Ok(StatementKind::Previous(Previous::Step))
        } else if self.cursor.eat_word("flow") {
            Ok(StatementKind::Previous(Previous::Flow))
        } else {
            self.error(at, "expected `step` or `flow` after `previous`")
        }
    }
}

/// Only a name with keys and indexes can be assigned.
fn target(value: Expr) -> Option<Target> {
    let at = value.at;
    match value.kind {
        ExprKind::Name(name) => Some(Target { name, at, path: Vec::new() }),
        ExprKind::Path(base, path) => match base.kind {
            ExprKind::Name(name)
                if !path.iter().any(|part| matches!(part.kind, SegmentKind::Method(..))) =>
            {
                Some(Target { name, at, path })
            }
            _ => None,
        },
        _ => None,
    }
}
