//! Writing along a path: assignments and methods that change what they are called on.

use std::sync::Arc;

use super::{
    Machine,
    operation::{SharedPath, calculate},
    path::{bad_index, missing_key, out_of_range},
};
use crate::{
    code::{ArgumentNames, PathPart, Slot},
    lex::Pos,
    method::Method,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    tree::{Arithmetic, Name},
    value::{self, Value},
};

/// One part of a path with its index at hand.
enum Part {
    Key(Name, Pos),
    Index(usize, Pos),
}

pub(super) type Spot<'p> = (Slot, &'p SharedPath, usize);

impl Machine<'_> {
    fn parts(&mut self, path: &SharedPath, indexes: Vec<Value>) -> Outcome<Vec<Part>> {
        let mut indexes = indexes.into_iter();
        let mut parts = Vec::with_capacity(path.len());
        for part in path.iter() {
            parts.push(match part {
                PathPart::Key(name, at) => Part::Key(name.clone(), *at),
                PathPart::Index(at) => {
                    let index = indexes.next().unwrap_or_else(|| Value::null(*at));
                    match &index.kind {
                        value::Kind::Text(key) => Part::Key(key.clone(), *at),
                        value::Kind::Int(int) => match usize::try_from(*int) {
                            Ok(index) => Part::Index(index, *at),
                            Err(_) => return Err(out_of_range(*int).at(*at).into()),
                        },
                        _ => return Err(Stop::fatal(bad_index(&index).at(*at))),
                    }
                }
            });
        }
        Ok(parts)
    }

    /// The variable of a slot to write to: the local, or else the memory.
    fn variable(&mut self, slot: Slot) -> Option<&mut Value> {
        let frame = self.frames.last_mut()?;
        let is_local = frame.get(slot).is_some();
        if is_local {
            return frame.locals.get_mut(slot)?.as_mut();
        }
        if !frame.code.sees_memories {
            return None;
        }
        let name = frame.name(slot);
        let value = self.memories.get_mut(&name)?;
        self.touched.insert(name);
        Some(value)
    }

    pub(super) fn assign_path(
        &mut self,
        spot: Spot<'_>,
        operator: Option<Arithmetic>,
        at: Pos,
    ) -> Outcome<()> {
        let (slot, path, count) = spot;
        let indexes = self.pop_many(count);
        let value = self.pop();
        if value.secure {
            return self.secure_stored(&value);
        }
        let parts = self.parts(path, indexes)?;
        self.pay_for_copy(slot)?;
        let Some(variable) = self.variable(slot) else {
            let problem =
                Problem::new(Kind::UnknownMethod, "a key cannot be set on an unknown variable");
            return Err(Stop::fatal(problem.about("insert").at(first_place(path, at))));
        };
        // What fails in here fails before anything is changed.
        set(variable, &parts, value, operator)?;
        let size = (variable.weight(), variable.depth());
        self.world.fits_size(size)
    }

    /// A container that is shared is copied when it is written to.
    fn pay_for_copy(&mut self, slot: Slot) -> Outcome<()> {
        let copied = self.variable(slot).map_or(0, |variable| match &variable.kind {
            value::Kind::List(list) if Arc::strong_count(list) > 1 => variable.weight(),
            value::Kind::Map(map) if Arc::strong_count(map) > 1 => variable.weight(),
            _ => 0,
        });
        self.world.burn_bytes(copied)
    }

    pub(super) fn method_on_place(
        &mut self,
        spot: Spot<'_>,
        name: &Name,
        method: Method,
        names: &ArgumentNames,
        at: Pos,
    ) -> Outcome<()> {
        let (slot, path, count) = spot;
        let arguments = self.pop_many(names.len());
        let indexes = self.pop_many(count);
        if names.iter().any(Option::is_some) {
            return Err(Problem::arguments("`name(value)`, without names").into());
        }
        if arguments.iter().any(|argument| argument.secure) && method.keeps_arguments() {
            let problem = Problem::new(Kind::SecureStored, "a secret cannot be stored");
            return Err(problem.into());
        }
        let parts = self.parts(path, indexes)?;
        if self.variable(slot).is_none() {
            let unknown =
                self.frames.last().map(|frame| frame.name(slot)).unwrap_or_else(|| "".into());
            let problem =
                Problem::new(Kind::UnknownVariable, format!("`{unknown}` is not known here"));
            self.fail(&problem.about(&*unknown), at)?;
            return Err(crate::method::unknown(name).into());
        }
        for argument in &arguments {
            self.made(argument)?;
        }
        let now = self.world.ports.clock.now_ms();
        self.pay_for_copy(slot)?;
        let Some(variable) = self.variable(slot) else {
            return Ok(());
        };
        let result = reach(variable, &parts, |value| {
            crate::method::change(value, name, method, arguments, at, now)
        });
        let value = match result {
            Ok(outcome) => outcome?,
            Err(problem) => {
                let value = self.fail(&problem, at)?;
                self.push(value);
                return Ok(());
            }
        };
        let size = self.variable(slot).map(|variable| (variable.weight(), variable.depth()));
        if let Some(size) = size {
            self.world.fits_size(size)?;
        }
        self.push(value);
        Ok(())
    }

    pub(super) fn assign_with(&mut self, slot: Slot, operator: Arithmetic, at: Pos) -> Outcome<()> {
        let right = self.pop();
        let Some(left) = self.variable(slot).map(|left| left.clone()) else {
            let name =
                self.frames.last().map(|frame| frame.name(slot)).unwrap_or_else(|| "".into());
            let problem =
                Problem::new(Kind::UnknownVariable, format!("`{name}` is not known here"));
            return Err(problem.about(&*name).at(at).into());
        };
        let value = calculate(operator, &left, &right).map_err(soften)?;
        self.made(&value)?;
        self.assign(slot, value)
    }
}

/// A failed `+=` leaves its variable as it was and goes on.
fn soften(stop: Stop) -> Stop {
    match stop {
        Stop::Fatal(problem) => Stop::Soft(problem),
        other => other,
    }
}

fn first_place(path: &SharedPath, at: Pos) -> Pos {
    match path.first() {
        Some(PathPart::Key(_, at) | PathPart::Index(at)) => *at,
        None => at,
    }
}

/// Goes down to the value of a path and works on it. Containers on the way keep their sums right.
fn reach<R>(
    value: &mut Value,
    parts: &[Part],
    work: impl FnOnce(&mut Value) -> R,
) -> Result<R, Problem> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(work(value));
    };
    match first {
        Part::Key(key, at) => {
            let map = value.map_mut().ok_or_else(|| missing_key(key).at(*at))?;
            map.change(key, |inner| reach(inner, rest, work))
                .ok_or_else(|| missing_key(key).at(*at))?
        }
        Part::Index(index, at) => {
            let shown = i64::try_from(*index).unwrap_or(i64::MAX);
            let list = value.list_mut().ok_or_else(|| out_of_range(shown).at(*at))?;
            list.change(*index, |inner| reach(inner, rest, work))
                .ok_or_else(|| out_of_range(shown).at(*at))?
        }
    }
}

fn set(
    variable: &mut Value,
    parts: &[Part],
    value: Value,
    operator: Option<Arithmetic>,
) -> Outcome<()> {
    let Some((last, into)) = parts.split_last() else {
        return Ok(());
    };
    reach(variable, into, |parent| set_last(parent, last, value, operator)).map_err(Stop::from)?
}

fn set_last(
    parent: &mut Value,
    part: &Part,
    value: Value,
    operator: Option<Arithmetic>,
) -> Outcome<()> {
    match part {
        Part::Key(key, at) => {
            let title = parent.type_name();
            let map = parent.map_mut().ok_or_else(|| {
                let problem =
                    Problem::new(Kind::UnknownMethod, format!("{title} has no keys to set"));
                Stop::fatal(problem.about("insert").at(*at))
            })?;
            let value = match operator {
                None => value,
                Some(operator) => {
                    let left = map.get(key).ok_or_else(|| missing_key(key).at(*at))?;
                    calculate(operator, left, &value).map_err(soften)?
                }
            };
            map.insert(key.clone(), value);
        }
        Part::Index(index, at) => {
            let shown = i64::try_from(*index).unwrap_or(i64::MAX);
            if let (Some(text), None) = (parent.as_text(), operator) {
                let replaced = replace_character(text, *index, &value)
                    .ok_or_else(|| out_of_range(shown).at(*at))?;
                parent.kind = value::Kind::Text(replaced.into());
                return Ok(());
            }
            let title = parent.type_name();
            let list = parent.list_mut().ok_or_else(|| {
                let problem =
                    Problem::new(Kind::UnknownMethod, format!("{title} has no elements to set"));
                Stop::fatal(problem.about("insert_at").at(*at))
            })?;
            let value = match (operator, list.items().get(*index)) {
                (Some(operator), Some(left)) => {
                    calculate(operator, left, &value).map_err(soften)?
                }
                _ => value,
            };
            list.change(*index, |slot| *slot = value).ok_or_else(|| out_of_range(shown).at(*at))?;
        }
    }
    Ok(())
}

fn replace_character(text: &str, index: usize, value: &Value) -> Option<String> {
    let (from, character) = text.char_indices().nth(index)?;
    let mut replaced = text.get(..from)?.to_owned();
    value.write_text(&mut replaced);
    replaced.push_str(text.get(from + character.len_utf8()..)?);
    Some(replaced)
}
