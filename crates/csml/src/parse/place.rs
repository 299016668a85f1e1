//! Where a `goto` goes.

use super::{Parsed, Parser};
use crate::{
    lex::Pos,
    tree::{Expr, ExprKind, Name, Place, Reference, SegmentKind},
};

impl Parser<'_> {
    pub(super) fn place(&mut self) -> Parsed<Place> {
        self.blanks()?;
        let at = self.cursor.pos();
        let mut place = Place { step: None, flow: None, bot: None, at };
        match self.cursor.peek_word() {
            "step" => {
                self.cursor.eat_word("step");
                self.blanks()?;
                place.step = Some(self.reference("a step's name")?);
            }
            "flow" => {
                self.cursor.eat_word("flow");
                self.blanks()?;
                place.flow = Some(self.reference("a flow's name")?);
            }
            _ => self.step_at_flow(&mut place)?,
        }
        let before = self.cursor.offset();
        self.blanks()?;
        if self.cursor.eat_word("in") {
            self.blanks()?;
            place.bot = Some(self.reference("a bot's id or name")?);
        } else {
            self.cursor.seek(before);
        }
        Ok(place)
    }

    fn step_at_flow(&mut self, place: &mut Place) -> Parsed<()> {
        let in_bot = self.cursor.peek_word() == "in" && !self.in_is_a_step();
        if in_bot {
            return Ok(());
        }
        if !self.cursor.looking_at("@") {
            place.step =
                Some(self.reference("a step's name, `@` and a flow's name, or `in` and a bot")?);
        }
        if self.cursor.eat("@") {
            place.flow = Some(self.reference("a flow's name")?);
        }
        Ok(())
    }

    /// `goto in` goes to a step called `in`; `goto in b` to the bot b.
    fn in_is_a_step(&self) -> bool {
        let rest = self.cursor.rest().get(2..).unwrap_or("").trim_start();
        !rest.starts_with(|c: char| c == '$' || crate::lex::names::is_name_char(c))
    }

    fn reference(&mut self, what: &str) -> Parsed<Reference> {
        let at = self.cursor.pos();
        if self.cursor.eat("$") {
            return self.variable(at).map(Reference::Variable);
        }
        let word = self.cursor.peek_word();
        if word.is_empty() || self.at_label() || crate::lex::names::reads_as_number(word) {
            return self.expected(what);
        }
        self.cursor.seek(self.cursor.offset() + word.len());
        Ok(Reference::Literal(Name::from(word), at))
    }

    fn variable(&mut self, at: Pos) -> Parsed<Expr> {
        let Some(word) = self.cursor.peek_readable() else {
            return self.expected("a variable's name");
        };
        let name_at = self.cursor.pos();
        self.cursor.seek(self.cursor.offset() + word.len());
        let base = Expr { at: name_at, kind: ExprKind::Name(Name::from(word)) };
        let whole = self.path(base)?;
        if let ExprKind::Path(_, path) = &whole.kind
            && path.iter().any(|part| matches!(part.kind, SegmentKind::Method(..)))
        {
            return self.error(at, "a place can be read from a variable, not from a method");
        }
        Ok(whole)
    }
}
