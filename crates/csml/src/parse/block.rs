//! Blocks, and the statements that hold them.

use super::{Parsed, Parser};
use crate::{
    lex::Pos,
    report::Kind,
    tree::{Expr, Statement, StatementKind},
};

impl Parser<'_> {
    pub(super) fn block(&mut self) -> Parsed<Vec<Statement>> {
        self.blanks()?;
        let open = self.cursor.pos();
        if !self.cursor.eat("{") {
            return self.expected("`{`");
        }
        let mut body = Vec::new();
        loop {
            self.blanks()?;
            if self.cursor.eat("}") {
                return Ok(body);
            }
            if self.cursor.is_done() || self.at_label() {
                return self.error_with_help(
                    Kind::Syntax,
                    open,
                    "this `{` is never closed",
                    "add the missing `}` behind the last statement of the block",
                );
            }
            match self.statement()? {
                Some(statement) => body.push(statement),
                None => return self.expected("a statement or `}`"),
            }
        }
    }

    /// A block, or one statement.
    fn body(&mut self) -> Parsed<Vec<Statement>> {
        self.blanks()?;
        if self.cursor.looking_at("{") {
            return self.block();
        }
        if !self.at_label()
            && let Some(statement) = self.statement()?
        {
            return Ok(vec![statement]);
        }
        self.expected("a statement or a block")
    }

    fn condition(&mut self, after: &str) -> Parsed<Expr> {
        self.require("(", &format!("after `{after}`"))?;
        let condition = self.expression()?;
        self.require(")", "after the condition")?;
        Ok(condition)
    }

    pub(super) fn if_else(&mut self, at: Pos) -> Parsed<Statement> {
        self.cursor.eat("if");
        let mut branches = vec![(self.condition("if")?, self.body()?)];
        let mut otherwise = Vec::new();
        loop {
            let before = self.cursor.offset();
            self.blanks()?;
            if !self.cursor.peek_word().starts_with("else") || self.at_label() {
                self.cursor.seek(before);
                break;
            }
            self.cursor.eat("else");
            self.blanks()?;
            if self.cursor.peek_word().starts_with("if") {
                self.cursor.eat("if");
                branches.push((self.condition("if")?, self.body()?));
            } else {
                otherwise = self.body()?;
                break;
            }
        }
        Ok(Statement { at, kind: StatementKind::If { branches, otherwise } })
    }

    pub(super) fn foreach(&mut self, at: Pos) -> Parsed<Statement> {
        self.cursor.eat("foreach");
        self.require("(", "after `foreach`, as in `foreach (item) in list { .. }`")?;
        self.blanks()?;
        let value = self.new_name("the name for an element")?;
        self.blanks()?;
        let index = if self.cursor.eat(",") {
            self.blanks()?;
            Some(self.new_name("the name for the index")?)
        } else {
            None
        };
        self.require(")", "after the loop's names")?;
        self.blanks()?;
        if !self.cursor.eat_word("in") {
            return self.expected("`in`");
        }
        let list = self.expression()?;
        self.require_block("foreach", at)?;
        let body = self.block()?;
        Ok(Statement { at, kind: StatementKind::Foreach { value, index, list, body } })
    }

    pub(super) fn while_loop(&mut self, at: Pos) -> Parsed<Statement> {
        self.cursor.eat("while");
        let condition = self.condition("while")?;
        self.require_block("while", at)?;
        let body = self.block()?;
        Ok(Statement { at, kind: StatementKind::While { condition, body } })
    }

    fn require_block(&mut self, word: &str, at: Pos) -> Parsed<()> {
        self.blanks()?;
        if self.cursor.looking_at("{") {
            return Ok(());
        }
        let message = format!("the body of this `{word}` is not in braces");
        self.error_with_help(Kind::Syntax, at, message, "put it between `{` and `}`")
    }
}
