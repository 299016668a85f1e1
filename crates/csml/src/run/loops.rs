//! Foreach loops.

use super::{Machine, frame::Loop};
use crate::{
    code::{Slot, Target},
    lex::Pos,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    tree::Name,
    value::{self, Value},
};

impl Machine<'_> {
    pub(super) fn loop_start(&mut self) -> Outcome<()> {
        let items = self.pop();
        let characters = match &items.kind {
            value::Kind::List(_) => None,
            value::Kind::Text(text) => {
                self.world.make_bytes(text.len())?;
                Some(
                    text.chars()
                        .map(|c| Name::from(c.encode_utf8(&mut [0; 4]) as &str))
                        .collect(),
                )
            }
            _ => {
                let message = format!(
                    "foreach walks arrays and strings, this is {}",
                    items.type_name()
                );
                return Err(Stop::fatal(
                    Problem::new(Kind::NotIterable, message).at(items.at),
                ));
            }
        };
        self.loops.push(Loop {
            items,
            characters,
            next: 0,
        });
        Ok(())
    }

    /// Takes up a loop behind a hold: at the saved index, with the list as it is now.
    pub(super) fn loop_resume(
        &mut self,
        level: usize,
        value: Slot,
        index: Option<Slot>,
    ) -> Outcome<()> {
        self.loop_start()?;
        let saved = self.resume_loops.get(level).copied().unwrap_or(0);
        let Some(walk) = self.loops.last_mut() else {
            return Ok(());
        };
        walk.next = saved.saturating_add(1);
        let at = walk.items.at;
        if let Some(item) = walk.item(saved) {
            self.set_local(value, item);
            if let Some(index) = index {
                self.set_local(index, Value::count(saved, at));
            }
        }
        Ok(())
    }

    pub(super) fn loop_next(
        &mut self,
        value: Slot,
        index: Option<Slot>,
        end: Target,
        at: Pos,
        next: &mut Target,
    ) {
        let round = self.loops.last_mut().and_then(|walk| {
            let item = walk.item(walk.next)?;
            walk.next += 1;
            Some((item, walk.next - 1))
        });
        match round {
            Some((item, number)) => {
                self.set_local(value, item);
                if let Some(index) = index {
                    self.set_local(index, Value::count(number, at));
                }
            }
            None => {
                self.loop_leave(value, index);
                *next = end;
            }
        }
    }

    /// The names of a loop are gone after it.
    pub(super) fn loop_leave(&mut self, value: Slot, index: Option<Slot>) {
        self.loops.pop();
        if let Some(frame) = self.frames.last_mut() {
            frame.set(value, None);
            if let Some(index) = index {
                frame.set(index, None);
            }
        }
    }
}
