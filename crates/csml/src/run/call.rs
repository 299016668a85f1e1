//! Calls of functions, closures, components and methods.

use super::{Machine, execute::Next, frame::Frame};
use crate::{
    builtin::{self, Builtin},
    code::{ArgumentNames, Callee},
    component,
    lex::Pos,
    method,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    tree::Name,
    value::{self, Value},
};

/// The arguments of a call, with the names they were given.
pub(crate) struct Arguments {
    pub(crate) values: Vec<Value>,
    pub(crate) names: ArgumentNames,
}

impl Arguments {
    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        let index = self.names.iter().position(|given| given.as_deref() == Some(name))?;
        self.values.get(index)
    }

    pub(crate) fn positional(&self, index: usize) -> Option<&Value> {
        self.unnamed().nth(index)
    }

    pub(crate) fn unnamed(&self) -> impl Iterator<Item = &Value> {
        self.names
            .iter()
            .zip(&self.values)
            .filter(|(name, _)| name.is_none())
            .map(|(_, value)| value)
    }

    /// The argument of that name, or else at that place.
    pub(crate) fn get(&self, index: usize, name: &str) -> Option<&Value> {
        self.named(name).or_else(|| self.positional(index))
    }

    pub(crate) fn with_names(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.names
            .iter()
            .zip(&self.values)
            .filter_map(|(name, value)| Some((name.as_ref()?, value)))
    }

    fn secure(&self) -> bool {
        self.values.iter().any(|value| value.secure)
    }
}

impl Machine<'_> {
    pub(super) fn call(
        &mut self,
        callee: &Callee,
        names: &ArgumentNames,
        at: Pos,
    ) -> Outcome<Next> {
        let arguments = Arguments { values: self.pop_many(names.len()), names: names.clone() };
        let secure = arguments.secure();
        let value = match callee {
            Callee::Builtin(Builtin::Exists) => {
                let name = arguments.get(0, "value").and_then(Value::as_text);
                let name = name.ok_or_else(|| Problem::arguments("`Exists(\"name\")`"))?.to_owned();
                Value::bool(self.is_known(&name), at)
            }
            Callee::Builtin(builtin) => builtin::call(*builtin, &arguments, at, &mut self.world)?,
            Callee::Native(native) => component::native(*native, &arguments, at)?,
            Callee::Custom(name) => {
                let content_type = format!("Component.{}", name.to_lowercase());
                self.component(self.program.custom.get(name), name, &content_type, &arguments, at)?
            }
            Callee::Widget(name) => {
                let content_type = name.to_lowercase();
                self.component(self.program.widgets.get(name), name, &content_type, &arguments, at)?
            }
            Callee::Function(function) => {
                let Some(code) = self.program.functions.get(*function) else {
                    return Ok(Next::On);
                };
                let frame = self.new_frame(code);
                return self.enter_with(frame, arguments);
            }
            Callee::Closure(slot, name) => {
                let local = self.frames.last().and_then(|frame| frame.get(*slot));
                let closure = match local.map(|value| &value.kind) {
                    Some(value::Kind::Closure(closure)) => {
                        self.closure_code(&closure.flow, closure.checksum)
                    }
                    _ => None,
                };
                let Some(code) = closure else {
                    let problem = Problem::new(
                        Kind::UnknownFunction,
                        format!("there is no function `{name}`"),
                    );
                    return Err(problem.about(&**name).into());
                };
                let frame = self.new_frame(&code);
                return self.enter_with(frame, arguments);
            }
        };
        let secret =
            secure && !matches!(value.kind, value::Kind::Bool(_)) && !callee_is_outside(callee);
        let value = value.secure_if(secret);
        self.made(&value)?;
        self.push(value);
        Ok(Next::On)
    }

    fn component(
        &self,
        custom: Option<&component::Custom>,
        name: &str,
        content_type: &str,
        arguments: &Arguments,
        at: Pos,
    ) -> Outcome<Value> {
        let Some(custom) = custom else {
            let message = format!("the bot defines no component `{name}`");
            return Err(Stop::fatal(Problem::new(Kind::UnknownComponent, message).about(name)));
        };
        component::custom(custom, name, content_type, arguments, at)
            .map_err(|problem| Stop::fatal(*problem))
    }

    /// Binds the arguments and puts the frame on top.
    fn enter_with(&mut self, mut frame: Frame, arguments: Arguments) -> Outcome<Next> {
        let wanted = frame.code.parameters;
        let list = frame.code.names.get(..wanted).unwrap_or(&[]).join(", ");
        for (name, value) in arguments.with_names() {
            let parameters = frame.code.names.get(..wanted).unwrap_or(&[]);
            let Some(slot) = parameters.iter().position(|parameter| parameter == name) else {
                let message =
                    format!("there is no parameter `{name}`, the parameters are ({list})");
                return Err(Stop::fatal(
                    Problem::new(Kind::MissingArguments, message).about(&**name),
                ));
            };
            frame.set(slot, Some(value.clone()));
        }
        for (slot, value) in arguments.unnamed().take(wanted).enumerate() {
            if frame.get(slot).is_none() {
                frame.set(slot, Some(value.clone()));
            }
        }
        if (0..wanted).any(|slot| frame.get(slot).is_none()) {
            let message = format!("too few arguments, the parameters are ({list})");
            return Err(Stop::fatal(Problem::new(Kind::MissingArguments, message)));
        }
        self.enter(frame)?;
        Ok(Next::Frame)
    }

    pub(super) fn method(&mut self, name: &Name, names: &ArgumentNames, at: Pos) -> Outcome<Next> {
        let arguments = self.pop_many(names.len());
        let receiver = self.pop();
        if names.iter().any(Option::is_some) {
            return Err(Problem::arguments("`.method(value)`, without names").into());
        }
        let secure = receiver.secure || arguments.iter().any(|argument| argument.secure);
        if matches!(receiver.kind, value::Kind::List(_))
            && matches!(name.as_ref(), "map" | "filter" | "reduce")
        {
            let value = self.walk(name, &receiver, arguments, at)?;
            self.made(&value)?;
            self.push(value);
            return Ok(Next::On);
        }
        let outside = method::is_outside(&receiver, name);
        let value = method::call(name, receiver, arguments, at, &mut self.world)?;
        let secret = secure && !matches!(value.kind, value::Kind::Bool(_)) && !outside;
        let value = value.secure_if(secret);
        self.made(&value)?;
        self.push(value);
        Ok(Next::On)
    }
}

/// What comes back from outside is not the secret that was sent there.
fn callee_is_outside(callee: &Callee) -> bool {
    matches!(callee, Callee::Builtin(Builtin::App))
}
