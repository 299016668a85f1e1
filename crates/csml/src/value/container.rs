//! Lists and objects that know how heavy and how deep they are.

use std::{collections::BTreeMap, sync::Arc};

use super::{Kind, Value};
use crate::tree::Name;

#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    items: Vec<Value>,
    weight: usize,
    depth: u16,
}

impl List {
    pub(crate) fn new(items: Vec<Value>) -> Self {
        let weight = items.iter().fold(8, |sum: usize, item| sum.saturating_add(item.weight() + 2));
        let depth = items.iter().map(Value::depth).max().unwrap_or(0).saturating_add(1);
        List { items, weight, depth }
    }

    pub(crate) fn items(&self) -> &[Value] {
        &self.items
    }

    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }

    fn take_in(&mut self, value: &Value) {
        self.weight = self.weight.saturating_add(value.weight() + 2);
        self.depth = self.depth.max(value.depth().saturating_add(1));
    }

    fn give_out(&mut self, value: &Value) {
        self.weight = self.weight.saturating_sub(value.weight() + 2);
    }

    pub(crate) fn push(&mut self, value: Value) {
        self.take_in(&value);
        self.items.push(value);
    }

    pub(crate) fn pop(&mut self) -> Option<Value> {
        let value = self.items.pop()?;
        self.give_out(&value);
        Some(value)
    }

    /// Puts a value before the index, which may be the length.
    pub(crate) fn insert(&mut self, index: usize, value: Value) -> bool {
        if index > self.items.len() {
            return false;
        }
        self.take_in(&value);
        self.items.insert(index, value);
        true
    }

    pub(crate) fn remove(&mut self, index: usize) -> Option<Value> {
        if index >= self.items.len() {
            return None;
        }
        let value = self.items.remove(index);
        self.give_out(&value);
        Some(value)
    }

    /// Works on one element and keeps the sums right.
    pub(crate) fn change<R>(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Value) -> R,
    ) -> Option<R> {
        let slot = self.items.get_mut(index)?;
        let before = slot.weight();
        let result = change(slot);
        let (after, depth) = (slot.weight(), slot.depth());
        self.weight = self.weight.saturating_sub(before).saturating_add(after);
        self.depth = self.depth.max(depth.saturating_add(1));
        Some(result)
    }
}

/// An object, with the type tag beside it if it is a component.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    fields: BTreeMap<Name, Value>,
    tag: Option<Name>,
    weight: usize,
    depth: u16,
}

impl Default for Map {
    fn default() -> Self {
        Map { fields: BTreeMap::new(), tag: None, weight: 8, depth: 1 }
    }
}

impl Map {
    pub(crate) fn tagged(tag: impl Into<Name>) -> Self {
        Map { tag: Some(tag.into()), ..Map::default() }
    }

    pub(crate) fn fields(&self) -> &BTreeMap<Name, Value> {
        &self.fields
    }

    pub(crate) fn tag(&self) -> Option<&Name> {
        self.tag.as_ref()
    }

    pub(crate) fn set_tag(&mut self, tag: Option<Name>) {
        self.tag = tag;
    }

    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    pub(crate) fn get_text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_text)
    }

    pub(crate) fn insert(&mut self, key: Name, value: Value) -> Option<Value> {
        self.weight = self.weight.saturating_add(key.len() + 4 + value.weight());
        self.depth = self.depth.max(value.depth().saturating_add(1));
        let key_weight = key.len() + 4;
        let old = self.fields.insert(key, value);
        if let Some(old) = &old {
            self.weight = self.weight.saturating_sub(key_weight + old.weight());
        }
        old
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.insert(key.into(), value);
        self
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Value> {
        let value = self.fields.remove(key)?;
        self.weight = self.weight.saturating_sub(key.len() + 4 + value.weight());
        Some(value)
    }

    pub(crate) fn change<R>(
        &mut self,
        key: &str,
        change: impl FnOnce(&mut Value) -> R,
    ) -> Option<R> {
        let slot = self.fields.get_mut(key)?;
        let before = slot.weight();
        let result = change(slot);
        let (after, depth) = (slot.weight(), slot.depth());
        self.weight = self.weight.saturating_sub(before).saturating_add(after);
        self.depth = self.depth.max(depth.saturating_add(1));
        Some(result)
    }
}

impl Value {
    /// The list to write to, copied first if it is shared.
    pub(crate) fn list_mut(&mut self) -> Option<&mut List> {
        match &mut self.kind {
            Kind::List(list) => Some(Arc::make_mut(list)),
            _ => None,
        }
    }

    pub(crate) fn map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.kind {
            Kind::Map(map) => Some(Arc::make_mut(map)),
            _ => None,
        }
    }
}
