//! Checks of what requests bring, against the tables of `shapes`.

use super::answer::Bad;
use super::record::{Record, read_time};
use serde_json::Value;

/// A field that a request may bring.
#[derive(Debug)]
pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    needed: bool,
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// A whole number.
    Int,
    /// True or false.
    Flag,
    /// A moment.
    Time,
    /// An object with any fields.
    Map,
    /// Anything.
    Any,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An object with these fields.
    One(&'static [Field]),
    /// A list of such objects.
    Many(&'static [Field]),
    /// A list of whole numbers.
    Ints,
    /// A list of texts.
    Texts,
}

/// A field that may be left out or be null.
pub(super) const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: false }
}

/// A field that must be there.
pub(super) const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: true }
}

/// What was found in a body.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Wrong fields, and what is wrong with them: the vendor refuses these.
    pub(super) wrong: Vec<(String, String)>,
    /// Fields that the vendor does not know: it takes no notice of them.
    pub(super) unknown: Vec<String>,
}

impl Findings {
    /// Looks at an object.
    pub(super) fn of(body: &Record, shape: &[Field]) -> Self {
        let mut findings = Self::default();
        findings.object("", body, shape);
        findings
    }

    /// The refusal, if anything is wrong.
    pub(super) fn refusal(self) -> Result<(), Bad> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Bad::fields(self.wrong)) }
    }

    fn object(&mut self, at: &str, object: &Record, shape: &[Field]) {
        let place = |name: &str| {
            if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
        };
        for name in object.keys() {
            if !shape.iter().any(|field| field.name == name) {
                self.unknown.push(place(name));
            }
        }
        for field in shape {
            let at = place(field.name);
            match object.get(field.name) {
                None if field.needed => self.say(at, "Missing data for required field."),
                Some(Value::Null) if field.needed => self.say(at, "Field may not be null."),
                None | Some(Value::Null) => {}
                Some(value) => self.value(&at, value, field.kind),
            }
        }
    }

    fn value(&mut self, at: &str, value: &Value, kind: Kind) {
        let problem = match (kind, value) {
            (Kind::Any, _) | (Kind::Flag, Value::Bool(_)) | (Kind::Map, Value::Object(_)) => None,
            (Kind::Text(most), Value::String(text)) => {
                (text.chars().count() > most).then(|| format!("Longer than maximum length {most}."))
            }
            (Kind::Int, Value::Number(number)) if number.is_u64() => None,
            (Kind::Time, Value::String(text)) if read_time(text).is_some() => None,
            (Kind::Word(words), Value::String(text)) => {
                (!words.contains(&text.as_str())).then(|| format!("Not a valid choice: {text}."))
            }
            (Kind::One(shape), Value::Object(object)) => {
                self.object(at, object, shape);
                None
            }
            (Kind::Many(shape), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{at}[{index}]"), item, Kind::One(shape));
                }
                None
            }
            (Kind::Ints, Value::Array(items)) if items.iter().all(Value::is_u64) => None,
            (Kind::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => None,
            _ => Some(kind.wanted().to_owned()),
        };
        if let Some(problem) = problem {
            self.wrong.push((at.to_owned(), problem));
        }
    }

    fn say(&mut self, at: String, problem: &str) {
        self.wrong.push((at, problem.to_owned()));
    }
}

impl Kind {
    fn wanted(self) -> &'static str {
        match self {
            Self::Text(_) | Self::Word(_) => "Not a valid string.",
            Self::Int => "Not a valid integer.",
            Self::Flag => "Not a valid boolean.",
            Self::Time => "Not a valid datetime.",
            Self::Map | Self::One(_) => "Not a valid mapping type.",
            Self::Many(_) | Self::Ints | Self::Texts => "Not a valid list.",
            Self::Any => "Not a valid value.",
        }
    }
}
