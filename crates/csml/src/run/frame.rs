//! Calls and loops under way.

use std::sync::Arc;

use crate::{
    code::{Code, Slot, Target},
    tree::Name,
    value::Value,
};

pub(super) struct Frame {
    pub(super) code: Arc<Code>,
    pub(super) next: Target,
    pub(super) locals: Vec<Option<Value>>,
    /// How much of stack and loops was there before.
    pub(super) stack_base: usize,
    pub(super) loops_base: usize,
    /// Where to go if an operation of the condition fails, and the stack's height then.
    pub(super) condition: Option<(Target, usize)>,
}

impl Frame {
    pub(super) fn new(code: Arc<Code>, stack_base: usize, loops_base: usize) -> Self {
        let locals = vec![None; code.names.len()];
        Frame { code, next: 0, locals, stack_base, loops_base, condition: None }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Value> {
        self.locals.get(slot)?.as_ref()
    }

    pub(super) fn set(&mut self, slot: Slot, value: Option<Value>) {
        if let Some(local) = self.locals.get_mut(slot) {
            *local = value;
        }
    }

    pub(super) fn name(&self, slot: Slot) -> Name {
        self.code.names.get(slot).cloned().unwrap_or_else(|| "".into())
    }

    /// The locals that are set, by name.
    pub(super) fn named(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.code
            .names
            .iter()
            .zip(&self.locals)
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

/// A foreach under way, over a copy of its list.
pub(super) struct Loop {
    pub(super) items: Value,
    /// The characters, if a text is walked.
    pub(super) characters: Option<Vec<Name>>,
    pub(super) next: usize,
}

impl Loop {
    pub(super) fn item(&self, index: usize) -> Option<Value> {
        match &self.characters {
            Some(characters) => {
                let text = characters.get(index)?.clone();
                Some(Value::text(text, self.items.at).secure_if(self.items.secure))
            }
            None => {
                let item = self.items.as_list()?.get(index)?.clone();
                Some(item)
            }
        }
    }
}

/// A loop around the hold that is being left: when its list has been computed again, it goes on at the saved index.
pub(super) struct ResumedLoop {
    /// The place of its `LoopStart`.
    pub(super) start: Target,
    pub(super) index: usize,
    /// The list of the next inner loop, or what is behind the hold.
    pub(super) then: Target,
}
