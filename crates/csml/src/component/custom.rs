//! Components a bot defines itself: parameters with types, defaults and additions.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{
    lex::Pos,
    problem::Problem,
    report::Kind,
    run::call::Arguments,
    tree::{Arithmetic, Name},
    value::{self, Map, Value, arithmetic, from_json},
};

/// A definition. What is wrong with it shows when it is called.
#[derive(Debug, Default)]
pub(crate) struct Custom {
    /// Without a `params` key all arguments are dropped.
    takes_arguments: bool,
    parameters: Vec<Result<Parameter, &'static str>>,
}

#[derive(Debug)]
struct Parameter {
    name: Name,
    wanted: String,
    required: bool,
    default: Option<Vec<Source>>,
    add: Option<Vec<Source>>,
}

#[derive(Debug)]
enum Source {
    Set(Json),
    Get(Name),
}

type Failed = Box<Problem>;

impl Custom {
    pub(crate) fn read(definition: &Json) -> Custom {
        let parameters = match definition.get("params") {
            Some(Json::Array(list)) => list.iter().map(parameter).collect(),
            _ => Vec::new(),
        };
        Custom { takes_arguments: definition.get("params").is_some(), parameters }
    }
}

fn parameter(json: &Json) -> Result<Parameter, &'static str> {
    let fields = json.as_object().ok_or("a parameter is no object")?;
    let mut fields = fields.iter();
    let (Some((name, definition)), None) = (fields.next(), fields.next()) else {
        return Err("a parameter has not exactly one name");
    };
    let wanted = definition.get("type").and_then(Json::as_str).ok_or("a parameter has no type")?;
    if !matches!(wanted, "Null" | "Bool" | "Number" | "String" | "Array" | "Object" | "Any") {
        return Err("a parameter's type is not known");
    }
    Ok(Parameter {
        name: name.as_str().into(),
        wanted: wanted.to_owned(),
        required: definition.get("required").and_then(Json::as_bool).unwrap_or(false),
        default: sources(definition.get("default_value"))?,
        add: sources(definition.get("add_value"))?,
    })
}

fn sources(json: Option<&Json>) -> Result<Option<Vec<Source>>, &'static str> {
    let list = match json {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Array(list)) => list,
        Some(_) => return Err("a default or addition is no list"),
    };
    let source = |item: &Json| match (item.get("$_set"), item.get("$_get").and_then(Json::as_str)) {
        (Some(value), _) => Ok(Source::Set(value.clone())),
        (None, Some(name)) => Ok(Source::Get(name.into())),
        _ => Err("a default or addition has neither `$_set` nor `$_get`"),
    };
    list.iter().map(source).collect::<Result<_, _>>().map(Some)
}

/// Builds the component's value.
pub(crate) fn call(
    custom: &Custom,
    name: &str,
    content_type: &str,
    arguments: &Arguments,
    at: Pos,
) -> Result<Value, Failed> {
    let mut build = Build { custom, arguments, at, under_way: Vec::new(), done: BTreeMap::new() };
    let mut map = Map::tagged(content_type);
    for (index, parameter) in custom.parameters.iter().enumerate() {
        let parameter = parameter.as_ref().map_err(|why| definition(why))?;
        if let Some(value) = build.value(index)? {
            map.insert(parameter.name.clone(), value);
        }
    }
    for (name, value) in arguments.with_names() {
        let known = custom.parameters.iter().flatten().any(|parameter| parameter.name == *name);
        if !known && custom.takes_arguments {
            map.insert(name.clone(), value.clone());
        }
    }
    if name.eq_ignore_ascii_case("text")
        && let Some(text) = map.get("text")
    {
        return Ok(Value { at, ..text.clone() });
    }
    Ok(Value::map(map, at))
}

fn definition(why: &str) -> Failed {
    Box::new(Problem::new(
        Kind::ComponentDefinition,
        format!("the component's definition is broken: {why}"),
    ))
}

struct Build<'a> {
    custom: &'a Custom,
    arguments: &'a Arguments,
    at: Pos,
    /// The parameters whose values are being made, to see circles.
    under_way: Vec<usize>,
    done: BTreeMap<usize, Option<Value>>,
}

impl Build<'_> {
    fn value(&mut self, index: usize) -> Result<Option<Value>, Failed> {
        if let Some(done) = self.done.get(&index) {
            return Ok(done.clone());
        }
        let custom = self.custom;
        let Some(parameter) = custom.parameters.get(index) else {
            return Ok(None);
        };
        let parameter = parameter.as_ref().map_err(|why| definition(why))?;
        if self.under_way.contains(&index) || self.under_way.len() > 32 {
            let message = format!("the defaults of `{}` need each other", parameter.name);
            return Err(Box::new(
                Problem::new(Kind::ComponentCircular, message).about(&*parameter.name),
            ));
        }
        self.under_way.push(index);
        let value = self.make(index, parameter)?;
        self.under_way.pop();
        self.done.insert(index, value.clone());
        Ok(value)
    }

    fn make(&mut self, index: usize, parameter: &Parameter) -> Result<Option<Value>, Failed> {
        let given = self.arguments.get(index, &parameter.name).cloned();
        let mut value = match (given, &parameter.default) {
            (Some(given), _) => Some(given),
            (None, Some(sources)) => self.combined(None, sources)?,
            (None, None) if parameter.required => {
                let message = format!("the component needs `{}`", parameter.name);
                return Err(Box::new(
                    Problem::new(Kind::MissingParameter, message).about(&*parameter.name),
                ));
            }
            (None, None) => None,
        };
        if let Some(value) = &value {
            check_type(parameter, value)?;
        }
        if let Some(sources) = &parameter.add {
            let base = value.or_else(|| empty(&parameter.wanted, self.at));
            value = self.combined(base, sources)?;
        }
        Ok(value)
    }

    fn combined(
        &mut self,
        base: Option<Value>,
        sources: &[Source],
    ) -> Result<Option<Value>, Failed> {
        let mut value = base;
        for source in sources {
            let next = match source {
                Source::Set(json) => {
                    Some(from_json(json, self.at).map_err(|_| definition("it nests too deep"))?)
                }
                Source::Get(name) => {
                    let names = self.custom.parameters.iter();
                    let found = names
                        .enumerate()
                        .find(|(_, other)| other.as_ref().is_ok_and(|other| other.name == *name));
                    match found {
                        Some((index, _)) => self.value(index)?,
                        None => return Err(definition("`$_get` names no parameter")),
                    }
                }
            };
            value = match (value, next) {
                (None, next) => next,
                (value, None) => value,
                (Some(value), Some(next)) => Some(combine(value, next, self.at)?),
            };
        }
        Ok(value)
    }
}

fn empty(wanted: &str, at: Pos) -> Option<Value> {
    (wanted == "Array").then(|| Value::list(Vec::new(), at))
}

fn check_type(parameter: &Parameter, value: &Value) -> Result<(), Failed> {
    let fits = matches!(
        (parameter.wanted.as_str(), &value.kind),
        ("Null", value::Kind::Null)
            | ("Bool", value::Kind::Bool(_))
            | ("Number", value::Kind::Int(_) | value::Kind::Float(_))
            | ("String", value::Kind::Text(_))
            | ("Array", value::Kind::List(_))
            | ("Object", value::Kind::Map(_))
            | ("Any", _)
    );
    if fits {
        return Ok(());
    }
    let message =
        format!("`{}` must be {}, not {}", parameter.name, parameter.wanted, value.type_name());
    Err(Box::new(Problem::new(Kind::WrongParameterType, message).about(&*parameter.wanted)))
}

/// Texts are joined, arrays appended, numbers added, objects merged, booleans or-ed; a text and an array make an
/// array with the text at its end.
fn combine(a: Value, b: Value, at: Pos) -> Result<Value, Failed> {
    let kind = match (&a.kind, &b.kind) {
        (value::Kind::Text(left), value::Kind::Text(right)) => {
            value::Kind::Text([left.as_ref(), right.as_ref()].concat().into())
        }
        (value::Kind::List(left), value::Kind::List(right)) => {
            Value::list(left.items().iter().chain(right.items()).cloned().collect(), at).kind
        }
        (value::Kind::List(list), value::Kind::Text(_)) => with_end(list.items(), &b, at),
        (value::Kind::Text(_), value::Kind::List(list)) => with_end(list.items(), &a, at),
        (value::Kind::Map(left), value::Kind::Map(right)) => {
            let mut merged = left.as_ref().clone();
            for (key, value) in right.fields() {
                merged.insert(key.clone(), value.clone());
            }
            Value::map(merged, at).kind
        }
        (value::Kind::Bool(left), value::Kind::Bool(right)) => value::Kind::Bool(*left || *right),
        (
            value::Kind::Int(_) | value::Kind::Float(_),
            value::Kind::Int(_) | value::Kind::Float(_),
        ) => {
            let sum = arithmetic::calculate(Arithmetic::Add, &a, &b);
            sum.map_err(|_| {
                Box::new(Problem::new(
                    Kind::Overflow,
                    "the sum of the component's values is too large",
                ))
            })?
            .kind
        }
        (value::Kind::Null, _) => b.kind.clone(),
        (_, value::Kind::Null) => a.kind.clone(),
        _ => return Err(definition("values of these types cannot be combined")),
    };
    Ok(Value::new(kind, at).secure_if(a.secure || b.secure))
}

fn with_end(items: &[Value], end: &Value, at: Pos) -> value::Kind {
    Value::list(items.iter().chain([end]).cloned().collect(), at).kind
}
