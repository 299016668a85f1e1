//! The native components, as a table.

use crate::{
    lex::Pos,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::call::Arguments,
    tree::Name,
    value::{self, Map, Value},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Native(usize);

#[derive(Clone, Copy, PartialEq)]
enum Type {
    Text,
    Number,
    Array,
}

struct Shape {
    name: &'static str,
    content_type: &'static str,
    /// Name, type, whether it is required.
    parameters: &'static [(&'static str, Type, bool)],
}

const URL: &[(&str, Type, bool)] = &[("url", Type::Text, true)];
const DURATION: &[(&str, Type, bool)] = &[("duration", Type::Number, true)];

const SHAPES: &[Shape] = &[
    Shape { name: "Text", content_type: "text", parameters: &[("text", Type::Text, true)] },
    Shape { name: "Typing", content_type: "typing", parameters: DURATION },
    Shape { name: "Wait", content_type: "wait", parameters: DURATION },
    Shape {
        name: "Url",
        content_type: "url",
        parameters: &[
            ("url", Type::Text, true),
            ("text", Type::Text, false),
            ("title", Type::Text, false),
        ],
    },
    Shape { name: "Image", content_type: "image", parameters: URL },
    Shape { name: "Video", content_type: "video", parameters: URL },
    Shape { name: "Audio", content_type: "audio", parameters: URL },
    Shape { name: "File", content_type: "file", parameters: URL },
    Shape {
        name: "Button",
        content_type: "button",
        parameters: &[
            ("title", Type::Text, true),
            ("payload", Type::Text, false),
            ("accepts", Type::Array, false),
        ],
    },
    Shape {
        name: "Question",
        content_type: "question",
        parameters: &[("title", Type::Text, false), ("buttons", Type::Array, true)],
    },
    Shape {
        name: "Card",
        content_type: "card",
        parameters: &[("title", Type::Text, true), ("buttons", Type::Array, false)],
    },
    Shape {
        name: "Carousel",
        content_type: "carousel",
        parameters: &[("cards", Type::Array, true)],
    },
];

/// The names of the native components.
pub(crate) const NAMES: &[&str] = &[
    "Text", "Typing", "Wait", "Url", "Image", "Video", "Audio", "File", "Button", "Question",
    "Card", "Carousel",
];

impl Native {
    pub(crate) fn named(name: &str) -> Option<Native> {
        SHAPES.iter().position(|shape| shape.name == name).map(Native)
    }
}

pub(crate) fn call(native: Native, arguments: &Arguments, at: Pos) -> Outcome<Value> {
    let Some(shape) = SHAPES.get(native.0) else {
        return Ok(Value::null(at));
    };
    if arguments.unnamed().count() > shape.parameters.len() {
        return soft(Kind::TooManyArguments, format!("`{}` takes {}", shape.name, list(shape)));
    }
    let mut map = Map::tagged(shape.content_type);
    for (index, (name, wanted, required)) in shape.parameters.iter().enumerate() {
        let given = arguments.get(index, name);
        let Some(value) = given else {
            if *required {
                let problem = Problem::new(
                    Kind::MissingParameter,
                    format!("`{}` needs `{name}`", shape.name),
                );
                return Err(problem.about(*name).into());
            }
            continue;
        };
        let value = fit(shape, name, *wanted, value)?;
        map.insert((*name).into(), value);
    }
    for (name, value) in arguments.with_names() {
        if !shape.parameters.iter().any(|(known, ..)| *known == name.as_ref()) {
            map.insert(name.clone(), plain(value));
        }
    }
    match shape.content_type {
        "text" => {
            return Ok(map
                .get("text")
                .cloned()
                .map_or_else(|| Value::null(at), |text| Value { at, ..text }));
        }
        "url" => {
            let url = map.get("url").cloned().unwrap_or_else(|| Value::null(at));
            for name in ["text", "title"] {
                if map.get(name).is_none() {
                    map.insert(name.into(), url.clone());
                }
            }
        }
        "button" => finish_button(&mut map, at),
        _ => {}
    }
    Ok(Value::map(map, at))
}

fn list(shape: &Shape) -> String {
    let names: Vec<&str> = shape.parameters.iter().map(|(name, ..)| *name).collect();
    format!("({})", names.join(", "))
}

fn fit(shape: &Shape, name: &str, wanted: Type, value: &Value) -> Outcome<Value> {
    let fits = match (wanted, &value.kind) {
        (Type::Text, value::Kind::Text(_))
        | (Type::Number, value::Kind::Int(_) | value::Kind::Float(_))
        | (Type::Array, value::Kind::List(_)) => true,
        // One accepted word may stand alone.
        (Type::Array, value::Kind::Text(_)) => name == "accepts",
        _ => false,
    };
    if fits {
        return Ok(plain(value));
    }
    let title = match wanted {
        Type::Text => "String",
        Type::Number => "Number",
        Type::Array => "Array",
    };
    let message =
        format!("`{name}` of `{}` must be {title}, not {}", shape.name, value.type_name());
    Err(Problem::new(Kind::WrongParameterType, message).about(title).into())
}

/// Components inside of components become plain objects with their type and content.
fn plain(value: &Value) -> Value {
    match &value.kind {
        value::Kind::List(list) if list.items().iter().any(|item| item.tag().is_some()) => {
            let items = list.items().iter().map(child).collect();
            Value::list(items, value.at).secure_if(value.secure)
        }
        _ => child(value),
    }
}

fn child(value: &Value) -> Value {
    let (Some(tag), value::Kind::Map(map)) = (value.tag().cloned(), &value.kind) else {
        return value.clone();
    };
    let mut content = map.as_ref().clone();
    content.set_tag(None);
    let content = Value::map(content, value.at).secure_if(value.secure);
    let wrapped =
        Map::default().with("content", content).with("content_type", Value::text(tag, value.at));
    Value::map(wrapped, value.at)
}

/// The title is the payload unless there is one, and both are accepted as answers.
fn finish_button(map: &mut Map, at: Pos) {
    let title = map.get("title").cloned().unwrap_or_else(|| Value::null(at));
    let payload = map.get("payload").cloned().unwrap_or_else(|| title.clone());
    let given = map.remove("accepts");
    let mut accepts: Vec<Value> =
        given.as_ref().and_then(Value::as_list).map(<[Value]>::to_vec).unwrap_or_default();
    accepts.push(title);
    accepts.push(payload.clone());
    if let Some(word) = given.filter(|given| given.as_text().is_some()) {
        accepts.push(word);
    }
    let accepts_name: Name = "accepts".into();
    map.insert("payload".into(), payload);
    map.insert(accepts_name, Value::list(accepts, at));
}
