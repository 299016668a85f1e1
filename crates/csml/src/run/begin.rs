//! Where a turn begins.

use super::Machine;
use crate::{
    lex::Pos,
    problem::{Outcome, Problem},
    report::Kind,
    state::Hold,
    tree::Name,
    turn::Switch,
};

impl Machine<'_> {
    /// Finds the first step: a trigger's, a command's, the conversation's, or the default flow's.
    pub(super) fn begin(&mut self) -> Outcome<Option<Hold>> {
        let program = self.program;
        if let Some(arrival) = self.input.arrival {
            self.arrive(arrival)?;
            return Ok(None);
        }
        let value = self.event.value.clone();
        let triggered = match self.event.content_type.as_str() {
            "flow_trigger" => {
                let flow = self
                    .event
                    .field("flow_id")
                    .and_then(|id| program.flow_by_any.get(&id.to_lowercase()));
                let step = self.event.field("step_id").map(Name::from).filter(|_| flow.is_some());
                let flow = flow.copied().unwrap_or(program.default_flow);
                self.stand_at(flow, step.unwrap_or_else(|| "start".into()));
                return Ok(None);
            }
            "regex" => self.flow_by_pattern(&value),
            _ => program.flow_by_command.get(&value.to_lowercase()).copied(),
        };
        if let Some(flow) = triggered {
            self.stand_at(flow, "start".into());
            return Ok(None);
        }
        Ok(self.take_up())
    }

    fn arrive(&mut self, arrival: &Switch) -> Outcome<()> {
        let step: Name = arrival.step.as_deref().unwrap_or("start").into();
        let flow = match &arrival.flow {
            None => self.program.default_flow,
            Some(name) => match self.flow_named(name) {
                Some(flow) => flow,
                None => {
                    let problem =
                        Problem::new(Kind::MissingFlow, format!("there is no flow `{name}`"));
                    self.report(&problem.about(name.as_str()), Pos::NONE, name, false)?;
                    self.stand_at(self.program.default_flow, "start".into());
                    return Ok(());
                }
            },
        };
        self.stand_at(flow, step);
        Ok(())
    }

    fn flow_by_pattern(&self, pattern: &str) -> Option<usize> {
        let pattern = crate::method::pattern(pattern)?;
        self.program
            .flows
            .iter()
            .position(|flow| flow.commands.iter().any(|command| pattern.is_match(command)))
    }

    /// Takes up the open conversation. A hold holds only as long as its step is the same.
    fn take_up(&mut self) -> Option<Hold> {
        let open = self.input.state.conversation.as_ref()?;
        let flow = self.program.flow_by_name.get(open.flow.as_str()).copied()?;
        let step = self.program.flows.get(flow)?.steps.get(open.step.as_str())?;
        let hold = open.hold.as_ref().filter(|hold| hold.checksum == step.checksum);
        let fits = hold.filter(|hold| hold.number < step.code.resumes.len()).cloned();
        let name = step.name.clone();
        self.history.clone_from(&open.history);
        self.stand_at(flow, name);
        fits
    }
}
