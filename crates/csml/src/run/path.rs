//! Reading along a path: keys and indexes.

use super::Machine;
use crate::{
    code::Target,
    lex::Pos,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    tree::Name,
    value::{self, Value},
};

pub(super) fn missing_key(key: &str) -> Problem {
    Problem::new(Kind::MissingKey, format!("there is no key `{key}`")).about(key)
}

pub(super) fn out_of_range(index: i64) -> Problem {
    Problem::new(Kind::IndexOutOfRange, format!("the index {index} is out of range"))
        .about(index.to_string())
}

pub(super) fn bad_index(index: &Value) -> Problem {
    let message = format!("an index is a number or a key, not {}", index.type_name());
    Problem::new(Kind::BadIndexType, message)
}

impl Machine<'_> {
    pub(super) fn key(
        &mut self,
        key: &Name,
        silent: bool,
        end: Target,
        at: Pos,
        next: &mut Target,
    ) -> Outcome<()> {
        let base = self.pop();
        let found = base.as_map().and_then(|map| map.get(key)).cloned();
        let value = match found {
            Some(value) => value.secure_if(base.secure),
            None => {
                *next = end;
                self.fail_unless(silent, &missing_key(key), at)?
            }
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn index(
        &mut self,
        silent: bool,
        end: Target,
        at: Pos,
        next: &mut Target,
    ) -> Outcome<()> {
        let index = self.pop();
        let base = self.pop();
        let found = match (&base.kind, &index.kind) {
            (value::Kind::List(list), value::Kind::Int(int)) => {
                usize::try_from(*int).ok().and_then(|at| list.items().get(at)).cloned()
            }
            (value::Kind::Text(text), value::Kind::Int(int)) => {
                self.world.burn_bytes(text.len())?;
                let character = usize::try_from(*int).ok().and_then(|at| text.chars().nth(at));
                character.map(|c| Value::text(c.encode_utf8(&mut [0; 4]) as &str, at))
            }
            (value::Kind::Map(map), value::Kind::Text(key)) => map.get(key).cloned(),
            _ => None,
        };
        let value = match (found, &index.kind) {
            (Some(value), _) => value.secure_if(base.secure),
            (None, value::Kind::Int(int)) => {
                *next = end;
                let failed = self.fail_unless(silent, &out_of_range(*int), at)?;
                // This one failure leaves no note.
                Value { notes: None, ..failed }
            }
            (None, value::Kind::Text(key)) => {
                *next = end;
                self.fail_unless(silent, &missing_key(key), at)?
            }
            _ => {
                let problem = bad_index(&index);
                self.fail_unless(silent, &problem, at)?;
                return Err(Stop::fatal(problem));
            }
        };
        self.push(value);
        Ok(())
    }
}
