//! Expressions, by precedence from loose to tight.

use super::{Parsed, Parser};
use crate::{
    lex::names,
    tree::{Arithmetic, Expr, ExprKind, Name, Operator},
};

const COMPARISONS: &[(&str, Operator)] = &[
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("match", Operator::Match),
    ("!match", Operator::NotMatch),
];

fn chain(first: Expr, rest: Vec<(Operator, Expr)>) -> Expr {
    if rest.is_empty() {
        first
    } else {
        Expr { at: first.at, kind: ExprKind::Chain(Box::new(first), rest) }
    }
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::or)
    }

    /// Goes back to before the blanks unless one of the signs follows.
    fn sign(&mut self, signs: &[(&str, Operator)]) -> Parsed<Option<Operator>> {
        let before = self.cursor.offset();
        self.blanks()?;
        for (sign, operator) in signs {
            if self.cursor.eat(sign) {
                return Ok(Some(*operator));
            }
        }
        self.cursor.seek(before);
        Ok(None)
    }

    fn or(&mut self) -> Parsed<Expr> {
        let first = self.and()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.sign(&[("||", Operator::Or)])? {
            rest.push((operator, self.and()?));
        }
        Ok(chain(first, rest))
    }

    fn and(&mut self) -> Parsed<Expr> {
        let first = self.comparison()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.sign(&[("&&", Operator::And)])? {
            rest.push((operator, self.comparison()?));
        }
        Ok(chain(first, rest))
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let first = self.not()?;
        match self.sign(COMPARISONS)? {
            None => Ok(first),
            Some(operator) => {
                let second = self.not()?;
                Ok(chain(first, vec![(operator, second)]))
            }
        }
    }

    fn not(&mut self) -> Parsed<Expr> {
        self.blanks()?;
        let at = self.cursor.pos();
        let mut count = 0;
        while self.cursor.eat("!") {
            count += 1;
            self.blanks()?;
        }
        let inner = self.sum()?;
        if count == 0 {
            return Ok(inner);
        }
        Ok(Expr { at, kind: ExprKind::Not(count, Box::new(inner)) })
    }

    /// An arithmetic sign that is not the beginning of `+=` and its like.
    fn arithmetic(&mut self, signs: &[(char, Arithmetic)]) -> Parsed<Option<Operator>> {
        let before = self.cursor.offset();
        self.blanks()?;
        let mut rest = self.cursor.rest().chars();
        let first = rest.next();
        if rest.next() != Some('=') {
            for (sign, operator) in signs {
                if first == Some(*sign) {
                    self.cursor.bump();
                    return Ok(Some(Operator::Arithmetic(*operator)));
                }
            }
        }
        self.cursor.seek(before);
        Ok(None)
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let first = self.term()?;
        let mut rest = Vec::new();
        while let Some(operator) =
            self.arithmetic(&[('+', Arithmetic::Add), ('-', Arithmetic::Subtract)])?
        {
            rest.push((operator, self.term()?));
        }
        Ok(chain(first, rest))
    }

    fn term(&mut self) -> Parsed<Expr> {
        const SIGNS: &[(char, Arithmetic)] =
            &[('*', Arithmetic::Multiply), ('/', Arithmetic::Divide), ('%', Arithmetic::Remainder)];
        let first = self.operand()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.arithmetic(SIGNS)? {
            rest.push((operator, self.operand()?));
        }
        Ok(chain(first, rest))
    }

    /// A value with its path and its `as`.
    fn operand(&mut self) -> Parsed<Expr> {
        self.blanks()?;
        let core = self.core()?;
        let value = self.path(core)?;
        let before = self.cursor.offset();
        self.blanks()?;
        if !self.cursor.eat_word("as") {
            self.cursor.seek(before);
            return Ok(value);
        }
        self.blanks()?;
        let name = self.as_name()?;
        Ok(Expr { at: value.at, kind: ExprKind::As(Box::new(value), name) })
    }

    fn as_name(&mut self) -> Parsed<Name> {
        let word = self.cursor.peek_word();
        if !word.is_empty() && !names::readable(word) {
            return self.expected("a name after `as`");
        }
        self.new_name("a name after `as`")
    }
}
