//! What stands at the top of a flow: constants, imports, inserts, functions, steps.

use super::{Parsed, Parser, checksum};
use crate::{
    lex::{Pos, names},
    report::Kind,
    tree::{Constant, FlowTree, Function, Import, ImportFrom, Insert, Name, Statement, Step},
};

impl Parser<'_> {
    pub(super) fn flow(&mut self) -> Parsed<FlowTree> {
        let mut tree = FlowTree::default();
        loop {
            self.blanks()?;
            if self.cursor.is_done() {
                return Ok(tree);
            }
            let at = self.cursor.pos();
            match self.cursor.peek_word() {
                _ if self.at_label() => {
                    let step = self.step(at)?;
                    tree.steps.push(step);
                }
                "const" => {
                    self.cursor.eat_word("const");
                    let constant = self.constant(at)?;
                    tree.constants.push(constant);
                }
                "import" => {
                    self.cursor.eat_word("import");
                    self.imports(at, &mut tree.imports)?;
                }
                "insert" => {
                    self.cursor.eat_word("insert");
                    self.inserts(at, &mut tree.inserts)?;
                }
                "fn" => {
                    self.cursor.eat_word("fn");
                    let function = self.function(at)?;
                    tree.functions.push(function);
                }
                word => return self.not_an_item(word, at, tree.steps.is_empty()),
            }
        }
    }

    fn not_an_item<T>(&self, word: &str, at: Pos, before_steps: bool) -> Parsed<T> {
        let what = if before_steps {
            "a step (`name:`), `const`, `import`, `insert` or `fn`"
        } else {
            "a statement, a step (`name:`), `const`, `import`, `insert` or `fn`"
        };
        let help = match word {
            "function" | "def" | "func" => "functions begin with `fn`".to_owned(),
            "elseif" | "else" => "`else` must follow an `if` directly".to_owned(),
            "" if self.cursor.looking_at(";") => "statements need no `;` between them".to_owned(),
            "" if self.cursor.looking_at("#") => "comments begin with `//`".to_owned(),
            "" => return self.expected(what),
            word if self
                .cursor
                .rest()
                .get(word.len()..)
                .is_some_and(|rest| rest.trim_start().starts_with('=')) =>
            {
                format!("to assign, write `do {word} = ...`")
            }
            word => match nearest(word, super::statement::KEYWORDS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => return self.expected(what),
            },
        };
        let found = if word.is_empty() {
            self.cursor.peek().map(String::from).unwrap_or_default()
        } else {
            word.into()
        };
        self.error_with_help(Kind::Syntax, at, format!("expected {what}, found `{found}`"), help)
    }

    /// A name that a colon touches.
    pub(super) fn at_label(&self) -> bool {
        let word = self.cursor.peek_word();
        !word.is_empty()
            && self.cursor.rest().get(word.len()..).is_some_and(|rest| rest.starts_with(':'))
    }

    /// Whether the statements of a step or function end here.
    pub(super) fn at_item(&self) -> bool {
        self.cursor.is_done()
            || self.at_label()
            || matches!(self.cursor.peek_word(), "const" | "import" | "insert" | "fn")
    }

    fn step(&mut self, at: Pos) -> Parsed<Step> {
        let word = self.cursor.peek_word();
        if !names::assignable(word) || !names::readable(word) {
            let help = format!("use another name, like `my_{word}`");
            return self.error_with_help(
                Kind::Syntax,
                at,
                format!("`{word}` cannot be the name of a step"),
                help,
            );
        }
        let name = self.new_name("a step's name")?;
        self.cursor.eat(":");
        let from = self.cursor.offset();
        let body = self.statements_to_item()?;
        let checksum = checksum::of(self.cursor.slice(from, self.cursor.offset()).trim_end());
        Ok(Step { name, body, at, checksum })
    }

    fn statements_to_item(&mut self) -> Parsed<Vec<Statement>> {
        let mut body = Vec::new();
        loop {
            self.blanks()?;
            if self.at_item() {
                return Ok(body);
            }
            match self.statement()? {
                Some(statement) => body.push(statement),
                None => return Ok(body),
            }
        }
    }

    fn constant(&mut self, _at: Pos) -> Parsed<Constant> {
        self.blanks()?;
        let name = self.new_name("a constant's name")?;
        self.require("=", "after the constant's name")?;
        let value = self.expression()?;
        Ok(Constant { name, at: value.at, value })
    }

    fn function(&mut self, at: Pos) -> Parsed<Function> {
        self.blanks()?;
        let name = self.new_name("a function's name")?;
        let parameters = self.parameters()?;
        self.blanks()?;
        let body = if self.cursor.eat(":") {
            self.statements_to_item()?
        } else if self.cursor.looking_at("{") {
            self.block()?
        } else {
            let found = self.cursor.peek_word();
            return self.error_with_help(
                Kind::Syntax,
                at,
                format!("the body of function `{name}` is missing before `{found}`"),
                "write it between `{` and `}`, or after `:`",
            );
        };
        Ok(Function { name, parameters, body, at })
    }

    pub(super) fn parameters(&mut self) -> Parsed<Vec<Name>> {
        self.require("(", "before the parameters")?;
        let mut parameters = Vec::new();
        loop {
            self.blanks()?;
            if self.cursor.eat(")") {
                return Ok(parameters);
            }
            parameters.push(self.new_name("a parameter's name or `)`")?);
            self.blanks()?;
            if !self.cursor.eat(",") && !self.cursor.looking_at(")") {
                return self.expected("`,` or `)`");
            }
        }
    }

    /// `name [as name]`, or several in braces.
    fn names(&mut self) -> Parsed<Vec<(Name, Name)>> {
        self.blanks()?;
        let mut names = Vec::new();
        let many = self.cursor.eat("{");
        loop {
            self.blanks()?;
            if many && self.cursor.eat("}") {
                return Ok(names);
            }
            let name = self.new_name("a name")?;
            let before = self.cursor.offset();
            self.blanks()?;
            let alias = if self.cursor.eat_word("as") {
                self.blanks()?;
                self.new_name("the new name")?
            } else {
                self.cursor.seek(before);
                name.clone()
            };
            names.push((name, alias));
            if !many {
                return Ok(names);
            }
            self.blanks()?;
            if !self.cursor.eat(",") && !self.cursor.looking_at("}") {
                return self.expected("`,` or `}`");
            }
        }
    }

    fn imports(&mut self, at: Pos, imports: &mut Vec<Import>) -> Parsed<()> {
        let names = self.names()?;
        let before = self.cursor.offset();
        self.blanks()?;
        let source = if self.cursor.eat_word("from") {
            self.blanks()?;
            if self.cursor.eat("modules/") {
                Some(ImportSource::Module(self.word("the module's name")?))
            } else {
                Some(ImportSource::Flow(self.word("the flow's name")?))
            }
        } else {
            self.cursor.seek(before);
            None
        };
        for (name, alias) in names {
            let from = match &source {
                None => ImportFrom::Anywhere,
                Some(ImportSource::Flow(flow)) => ImportFrom::Flow(flow.clone()),
                Some(ImportSource::Module(module)) => ImportFrom::Module(module.clone()),
            };
            imports.push(Import { name, alias, from, at });
        }
        Ok(())
    }

    fn inserts(&mut self, at: Pos, inserts: &mut Vec<Insert>) -> Parsed<()> {
        let names = self.names()?;
        self.blanks()?;
        if !self.cursor.eat_word("from") {
            return self.expected("`from` and a flow");
        }
        self.blanks()?;
        let flow = self.word("the flow's name")?;
        inserts.extend(names.into_iter().map(|(name, alias)| Insert {
            name,
            alias,
            flow: flow.clone(),
            at,
        }));
        Ok(())
    }

    fn word(&mut self, what: &str) -> Parsed<Name> {
        let word = self.cursor.peek_word();
        if word.is_empty() {
            return self.expected(what);
        }
        self.cursor.seek(self.cursor.offset() + word.len());
        Ok(Name::from(word))
    }
}

enum ImportSource {
    Flow(Name),
    Module(Name),
}

/// The word of the list that a typing slip away.
pub(crate) fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    crate::report::nearest(word, words.iter().copied())
}
