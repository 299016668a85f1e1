//! Values. Containers are shared until written, and know their weight and depth, so that no value can grow past the
//! limits unseen and no walk over one can go too deep.

pub(crate) mod arithmetic;
pub(crate) mod compare;
mod container;
mod json;
mod stored;
mod text;
mod truth;

use std::sync::Arc;

pub(crate) use container::{List, Map};
pub(crate) use json::{from_json, to_json, to_plain_json};
pub(crate) use text::{json_text, write_float};

use crate::{lex::Pos, tree::Name};

/// How deep values may nest. Stored values take two levels of JSON for each, and JSON readers stop at 128.
pub(crate) const DEPTH_MAX: u16 = 50;

#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    /// Hidden facts about the value, like the error that made it null. Boxed: few values have them.
    pub(crate) notes: Option<Arc<Map>>,
    /// Where the value was made. Errors about a value name this place, wherever it has been carried.
    pub(crate) at: Pos,
    /// Made from a secret: may be compared, but neither shown nor kept.
    pub(crate) secure: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Name),
    List(Arc<List>),
    Map(Arc<Map>),
    Closure(Arc<ClosureValue>),
}

/// Which closure of the program a value calls. The code is found by flow and checksum, so it outlives a restart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClosureValue {
    pub(crate) flow: Name,
    pub(crate) checksum: u64,
    pub(crate) parameters: Vec<Name>,
}

impl Value {
    pub(crate) fn new(kind: Kind, at: Pos) -> Self {
        Value { kind, notes: None, at, secure: false }
    }

    pub(crate) fn null(at: Pos) -> Self {
        Value::new(Kind::Null, at)
    }

    pub(crate) fn bool(bool: bool, at: Pos) -> Self {
        Value::new(Kind::Bool(bool), at)
    }

    pub(crate) fn int(int: i64, at: Pos) -> Self {
        Value::new(Kind::Int(int), at)
    }

    pub(crate) fn count(count: usize, at: Pos) -> Self {
        Value::int(i64::try_from(count).unwrap_or(i64::MAX), at)
    }

    pub(crate) fn float(float: f64, at: Pos) -> Self {
        Value::new(Kind::Float(float), at)
    }

    pub(crate) fn text(text: impl Into<Name>, at: Pos) -> Self {
        Value::new(Kind::Text(text.into()), at)
    }

    pub(crate) fn list(items: Vec<Value>, at: Pos) -> Self {
        let secure = items.iter().any(|item| item.secure);
        Value { kind: Kind::List(Arc::new(List::new(items))), notes: None, at, secure }
    }

    pub(crate) fn map(map: Map, at: Pos) -> Self {
        let secure = map.fields().values().any(|item| item.secure);
        Value { kind: Kind::Map(Arc::new(map)), notes: None, at, secure }
    }

    /// Null with the error that made it so.
    pub(crate) fn failed(message: &str, at: Pos) -> Self {
        let mut notes = Map::default();
        notes.insert("error".into(), Value::text(message, at));
        Value { notes: Some(Arc::new(notes)), ..Value::null(at) }
    }

    pub(crate) fn secure_if(mut self, secure: bool) -> Self {
        self.secure |= secure;
        self
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(list) => Some(list.items()),
            _ => None,
        }
    }

    /// The type tag of a component.
    pub(crate) fn tag(&self) -> Option<&Name> {
        self.as_map().and_then(Map::tag)
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    pub(crate) fn is_error(&self) -> bool {
        self.notes.as_ref().is_some_and(|notes| notes.get("error").is_some())
    }

    /// What `type_of()` says.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "Null",
            Kind::Bool(_) => "boolean",
            Kind::Int(_) => "int",
            Kind::Float(_) => "float",
            Kind::Text(_) => "string",
            Kind::List(_) => "array",
            Kind::Map(_) => "object",
            Kind::Closure(_) => "closure",
        }
    }

    /// How error messages name the type.
    pub(crate) fn type_title(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "Null",
            Kind::Bool(_) => "Boolean",
            Kind::Int(_) => "Int",
            Kind::Float(_) => "Float",
            Kind::Text(_) => "String",
            Kind::List(_) => "Array",
            Kind::Map(_) => "Object",
            Kind::Closure(_) => "Closure",
        }
    }

    /// About how many bytes the value takes when written out.
    pub(crate) fn weight(&self) -> usize {
        let own = match &self.kind {
            Kind::Text(text) => text.len() + 8,
            Kind::List(list) => list.weight(),
            Kind::Map(map) => map.weight(),
            Kind::Closure(_) => 64,
            _ => 8,
        };
        own.saturating_add(self.notes.as_ref().map_or(0, |notes| notes.weight()))
    }

    pub(crate) fn depth(&self) -> u16 {
        let own = match &self.kind {
            Kind::List(list) => list.depth(),
            Kind::Map(map) => map.depth(),
            _ => 0,
        };
        own.max(self.notes.as_ref().map_or(0, |notes| notes.depth()))
    }
}
