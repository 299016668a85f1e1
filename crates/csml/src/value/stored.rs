//! Values as the state keeps them. Plain values are plain JSON; what JSON cannot say is an object with the key
//! `$csml`. The form must stay readable for later versions.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map as Fields, Value as Json, json};

use super::{ClosureValue, DEPTH_MAX, Kind, Map, Value};
use crate::{lex::Pos, tree::Name};

const MARK: &str = "$csml";

impl Value {
    pub(crate) fn to_stored(&self) -> Json {
        let mut mark = Fields::new();
        let plain = match &self.kind {
            Kind::Float(float) if !float.is_finite() => {
                mark.insert("float".into(), Json::Bool(true));
                Json::String(float.to_string())
            }
            Kind::Closure(closure) => {
                let parameters: Vec<&str> = closure.parameters.iter().map(AsRef::as_ref).collect();
                let place = json!({ "flow": closure.flow.as_ref(), "checksum": closure.checksum });
                mark.insert("closure".into(), place);
                json!(parameters)
            }
            Kind::List(list) => Json::Array(list.items().iter().map(Value::to_stored).collect()),
            Kind::Map(map) => {
                if let Some(tag) = map.tag() {
                    mark.insert("component".into(), Json::String(tag.as_ref().to_owned()));
                } else if map.get(MARK).is_some() {
                    mark.insert("object".into(), Json::Bool(true));
                }
                fields_to_stored(map)
            }
            _ => super::to_plain_json(self),
        };
        if let Some(notes) = &self.notes {
            mark.insert("notes".into(), fields_to_stored(notes));
        }
        if mark.is_empty() { plain } else { json!({ MARK: mark, "value": plain }) }
    }

    pub(crate) fn from_stored(json: &Json) -> Result<Value, String> {
        read(json, DEPTH_MAX.saturating_add(1))
    }
}

fn fields_to_stored(map: &Map) -> Json {
    Json::Object(
        map.fields()
            .iter()
            .map(|(key, value)| (key.as_ref().to_owned(), value.to_stored()))
            .collect(),
    )
}

fn read(json: &Json, levels: u16) -> Result<Value, String> {
    if let Json::Object(fields) = json
        && let Some(Json::Object(mark)) = fields.get(MARK)
    {
        return read_marked(mark, fields.get("value").unwrap_or(&Json::Null), levels);
    }
    read_plain(json, levels)
}

fn read_plain(json: &Json, levels: u16) -> Result<Value, String> {
    let inner = || levels.checked_sub(1).ok_or("a stored value nests too deep");
    match json {
        Json::Array(items) => {
            let levels = inner()?;
            let items = items.iter().map(|item| read(item, levels)).collect::<Result<_, _>>()?;
            Ok(Value::list(items, Pos::NONE))
        }
        Json::Object(fields) => {
            let levels = inner()?;
            let mut map = Map::default();
            for (key, value) in fields {
                map.insert(key.as_str().into(), read(value, levels)?);
            }
            Ok(Value::map(map, Pos::NONE))
        }
        scalar => super::from_json(scalar, Pos::NONE)
            .map_err(|_| "a stored value nests too deep".to_owned()),
    }
}

fn read_marked(mark: &Fields<String, Json>, plain: &Json, levels: u16) -> Result<Value, String> {
    let mut value = if mark.contains_key("float") {
        let float = plain
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or("a stored float that is none")?;
        Value::float(float, Pos::NONE)
    } else if let Some(place) = mark.get("closure") {
        let flow =
            place.get("flow").and_then(Json::as_str).ok_or("a stored closure without flow")?;
        let checksum = place
            .get("checksum")
            .and_then(Json::as_u64)
            .ok_or("a stored closure without checksum")?;
        let parameters: Vec<Name> = plain
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .map(Name::from)
            .collect();
        let closure = ClosureValue { flow: flow.into(), checksum, parameters };
        Value::new(Kind::Closure(Arc::new(closure)), Pos::NONE)
    } else {
        read_plain(plain, levels)?
    };
    if let Some(tag) = mark.get("component").and_then(Json::as_str)
        && let Some(map) = value.map_mut()
    {
        map.set_tag(Some(tag.into()));
    }
    if let Some(notes) = mark.get("notes")
        && let Kind::Map(notes) = read_plain(notes, levels)?.kind
    {
        value.notes = Some(notes);
    }
    Ok(value)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_stored().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::from_stored(&Json::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
