//! Locals and memories: assigning, remembering, forgetting.

use super::{Change, Machine};
use crate::{
    code::Slot,
    lex::Pos,
    problem::{Outcome, Problem},
    report::Kind,
    tree::Name,
    turn::MemoryChange,
    value::{Map, Value},
};

impl Machine<'_> {
    /// A name means its local; without one, the memory of that name; without that, a new local.
    pub(super) fn assign(&mut self, slot: Slot, value: Value) -> Outcome<()> {
        if value.secure {
            return self.secure_stored(&value);
        }
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        if frame.get(slot).is_none() && frame.code.sees_memories {
            let name = frame.name(slot);
            if let Some(memory) = self.memories.get_mut(&name) {
                *memory = value;
                self.touched.insert(name);
                return Ok(());
            }
        }
        frame.set(slot, Some(value));
        Ok(())
    }

    pub(super) fn secure_stored(&mut self, value: &Value) -> Outcome<()> {
        let problem = Problem::new(Kind::SecureStored, "a secret cannot be stored");
        self.fail(&problem, value.at).map(drop)
    }

    pub(super) fn remember(&mut self, slot: Slot, value: Value) -> Outcome<()> {
        if value.secure {
            return self.secure_stored(&value);
        }
        let Some(name) = self.frames.last().map(|frame| frame.name(slot)) else {
            return Ok(());
        };
        self.made(&value)?;
        self.changes.push(Change::Set(name.clone()));
        self.memories.insert(name, value);
        Ok(())
    }

    pub(super) fn forget(&mut self, slots: &[Slot]) {
        for slot in slots {
            let Some(frame) = self.frames.last_mut() else {
                return;
            };
            let name = frame.name(*slot);
            frame.set(*slot, None);
            self.touched.remove(&name);
            if self.memories.remove(&name).is_some() {
                self.changes.push(Change::Forget(name));
            }
        }
    }

    pub(super) fn forget_all(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.locals.iter_mut().for_each(|local| *local = None);
        }
        self.memories.clear();
        self.touched.clear();
        self.changes.push(Change::ForgetAll);
    }

    /// `_memory`: the memories with the step's locals over them.
    pub(super) fn memory_object(&self, at: Pos) -> Value {
        let mut map = Map::default();
        if let Some(frame) = self.frames.last().filter(|frame| frame.code.sees_memories) {
            for (name, value) in &self.memories {
                map.insert(name.clone(), value.clone());
            }
            for (name, value) in frame.named() {
                map.insert(name.clone(), value.clone());
            }
        }
        Value::map(map, at)
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        let Some(frame) = self.frames.last() else {
            return false;
        };
        frame.named().any(|(known, _)| known.as_ref() == name)
            || (frame.code.sees_memories && self.memories.contains_key(name))
            || self
                .program
                .flows
                .get(frame.code.flow)
                .is_some_and(|flow| flow.constants.contains_key(name))
    }

    /// The changes in order, each name with its last value.
    pub(super) fn memory_changes(&mut self) -> Vec<MemoryChange> {
        let mut touched: Vec<Name> = self.touched.drain().collect();
        touched.sort();
        self.changes.extend(touched.into_iter().map(Change::Set));
        let mut changes: Vec<MemoryChange> = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let later = |name: &Name| {
                let rest = self.changes.get(index + 1..).unwrap_or(&[]);
                rest.iter().any(|change| match change {
                    Change::Set(other) | Change::Forget(other) => other == name,
                    Change::ForgetAll => true,
                })
            };
            match change {
                Change::ForgetAll => changes.push(MemoryChange::ForgetAll),
                Change::Forget(name) => {
                    changes.push(MemoryChange::Forget { name: name.as_ref().to_owned() })
                }
                Change::Set(name) if later(name) => {}
                Change::Set(name) => {
                    if let Some(value) = self.memories.get(name) {
                        let name = name.as_ref().to_owned();
                        changes.push(MemoryChange::Set { name, value: value.to_stored() });
                    }
                }
            }
        }
        changes
    }
}
