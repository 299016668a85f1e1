//! From step to step.

use super::{Exit, Machine};
use crate::{
    lex::Pos,
    problem::{Outcome, Problem},
    report::Kind,
    state::History,
    tree::{Name, Previous},
    turn::{Message, Switch},
};

/// Where a step led.
pub(super) enum Way {
    Step { flow: usize, step: Name },
    End,
    Switch(Switch),
}

impl Machine<'_> {
    /// A flow by its name, or by its id.
    pub(super) fn flow_named(&self, name: &str) -> Option<usize> {
        let by_name = self.program.flow_by_name.get(name).copied();
        by_name.or_else(|| self.program.flows.iter().position(|flow| flow.id == name))
    }

    pub(super) fn has_step(&self, flow: usize, step: &str) -> bool {
        self.program.flows.get(flow).is_some_and(|flow| flow.steps.contains_key(step))
    }

    /// Follows what ended a step. `None` after an error that was reported.
    pub(super) fn follow(&mut self, exit: Exit) -> Outcome<Option<Way>> {
        match exit {
            Exit::Goto { step, flow, bot: Some(bot) } => self.other_bot(step, flow, &bot),
            Exit::Goto { step: Some(step), .. } if step.as_ref() == "end" => Ok(Some(Way::End)),
            Exit::Goto { step, flow, bot: None } => self.place(step, flow),
            Exit::Previous(previous) => Ok(Some(self.back(previous))),
            _ => Ok(Some(Way::End)),
        }
    }

    fn place(&mut self, step: Option<Name>, flow: Option<Name>) -> Outcome<Option<Way>> {
        let to_flow = match &flow {
            None => self.flow,
            Some(name) => match self.flow_named(name) {
                Some(index) => index,
                None => {
                    let problem =
                        Problem::new(Kind::MissingFlow, format!("there is no flow `{name}`"))
                            .about(&**name);
                    self.report(&problem, Pos::NONE, name, true)?;
                    return Ok(None);
                }
            },
        };
        let step = step.unwrap_or_else(|| "start".into());
        let lacks_start =
            flow.is_some() && step.as_ref() == "start" && !self.has_step(to_flow, "start");
        let to_flow = if lacks_start { self.program.default_flow } else { to_flow };
        self.leave(to_flow);
        Ok(Some(Way::Step { flow: to_flow, step }))
    }

    /// Writes the position that is left into the history.
    fn leave(&mut self, to_flow: usize) {
        let flow = self.flow_name(self.flow).to_owned();
        let before = match self.history.take() {
            Some(history) if to_flow == self.flow => history.flow,
            _ => flow.clone(),
        };
        self.history = Some(History { step: (self.step.as_ref().to_owned(), flow), flow: before });
        self.metadata = None;
    }

    fn back(&mut self, previous: Previous) -> Way {
        let Some(history) = self.history.clone() else {
            return Way::End;
        };
        let (step, flow) = match previous {
            Previous::Step => history.step,
            Previous::Flow => ("start".to_owned(), history.flow),
        };
        let to_flow = self.flow_named(&flow).unwrap_or(self.program.default_flow);
        self.leave(to_flow);
        Way::Step { flow: to_flow, step: step.into() }
    }

    fn other_bot(
        &mut self,
        step: Option<Name>,
        flow: Option<Name>,
        bot: &Name,
    ) -> Outcome<Option<Way>> {
        let listed = self.program.multibot.iter().find(|other| other.id == bot.as_ref());
        let listed = listed.or_else(|| {
            self.program.multibot.iter().find(|other| other.name.as_deref() == Some(bot.as_ref()))
        });
        let Some(other) = listed else {
            let message = format!("the bot `{bot}` is not among those this one may reach");
            let flow = self.flow_name(self.flow).to_owned();
            self.report(
                &Problem::new(Kind::UnknownBot, message).about(&**bot),
                Pos::NONE,
                &flow,
                true,
            )?;
            return Ok(None);
        };
        let client = self.input.client;
        self.send(Message {
            content_type: "switch_bot".to_owned(),
            content: serde_json::json!({ "bot_id": other.id, "client": client }),
        })?;
        Ok(Some(Way::Switch(Switch {
            bot_id: other.id.clone(),
            version_id: other.version_id.clone(),
            flow: flow.map(|flow| flow.as_ref().to_owned()),
            step: step.map(|step| step.as_ref().to_owned()),
            from_bot_id: client.bot_id.clone(),
        })))
    }
}
