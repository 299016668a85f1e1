//! One turn: where it begins, from step to step, and what it leaves.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::{Exit, Machine, event::EventValue, goto::Way, trouble::limit_text, world::World};
use crate::{
    code::Program,
    lex::Pos,
    limits::Limit,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    state::{Conversation, Hold, State},
    tree::Name,
    turn::{Failure, Message, Refusal, Switch, TurnInput, TurnOutput},
    value::Value,
};

/// How a turn came to its end.
enum Ending {
    Over,
    Held(Hold),
    Switched(Switch),
}

impl Program {
    /// Runs one turn. The same input and the same answers of the ports give the same output.
    pub fn run(&self, input: TurnInput<'_>) -> Result<TurnOutput, Refusal> {
        let mut event = EventValue::read(input.event)?;
        event.secure |= input.state.awaits_secret();
        let world =
            World::new(input.limits, input.ports, input.client, self.apps_endpoint.as_deref());
        let mut machine = Machine {
            program: self,
            input: &input,
            world,
            stack: Vec::new(),
            frames: Vec::new(),
            loops: Vec::new(),
            event,
            metadata: None,
            memories: input.state.memories.clone(),
            changes: Vec::new(),
            touched: HashSet::new(),
            messages: Vec::new(),
            messages_bytes: 0,
            errors: Vec::new(),
            log: Vec::new(),
            flow: self.default_flow,
            step: "start".into(),
            history: None,
            resuming: VecDeque::new(),
            closures_within: 0,
            left_locals: None,
        };
        let ending =
            machine.turn().and_then(|ending| machine.check_state(&ending).map(|()| ending));
        Ok(match ending {
            Ok(ending) => machine.output(ending),
            Err(Stop::Limit(limit)) => machine.failed(limit),
            // Faults of the bot have been reported where they arose; none comes up to here.
            Err(_) => machine.output(Ending::Over),
        })
    }
}

impl Machine<'_> {
    fn turn(&mut self) -> Outcome<Ending> {
        let mut hold = self.begin()?;
        let steps = self.input.step_limit.unwrap_or(self.world.limits.steps);
        for _ in 0..steps {
            let exit = self.run_step(hold.take())?;
            let exit = match exit {
                Exit::Hold { number, secure } => {
                    return Ok(Ending::Held(self.hold(number, secure)));
                }
                Exit::Fatal => return Ok(Ending::Over),
                exit => exit,
            };
            match self.follow(exit)? {
                None | Some(Way::End) => return Ok(Ending::Over),
                Some(Way::Switch(switch)) => return Ok(Ending::Switched(switch)),
                Some(Way::Step { flow, step }) => self.stand_at(flow, step),
            }
        }
        let flow = self.flow_name(self.flow).to_owned();
        let message = format!("the turn went through more than {steps} steps");
        self.report(&Problem::new(Kind::StepLimit, message), Pos::NONE, &flow, true)?;
        Ok(Ending::Over)
    }

    pub(super) fn stand_at(&mut self, flow: usize, step: Name) {
        self.flow = flow;
        self.step = step;
        self.metadata = None;
    }

    fn run_step(&mut self, hold: Option<Hold>) -> Outcome<Exit> {
        let program = self.program;
        let Some(step) = program.flows.get(self.flow).and_then(|flow| flow.steps.get(&self.step))
        else {
            let flow = self.flow_name(self.flow).to_owned();
            let message = format!("there is no step `{}`", self.step);
            let problem = Problem::new(Kind::MissingStep, message).about(&*self.step);
            self.report(&problem, Pos::NONE, &flow, true)?;
            return Ok(Exit::Fatal);
        };
        self.stack.clear();
        self.loops.clear();
        self.resuming.clear();
        self.frames.clear();
        let mut frame = self.new_frame(&step.code);
        if let Some(hold) = hold {
            frame.next = self.resume(&step.code, &hold);
            for (name, value) in hold.locals {
                if let Some(slot) = step.code.names.iter().position(|known| *known == name) {
                    frame.set(slot, Some(value));
                }
            }
        }
        self.enter(frame)?;
        self.execute()
    }

    /// The record of the hold the step stands at. Secrets are not kept.
    fn hold(&mut self, number: usize, secure: bool) -> Hold {
        let step = self.program.flows.get(self.flow).and_then(|flow| flow.steps.get(&self.step));
        let locals: BTreeMap<Name, Value> = self
            .frames
            .first()
            .into_iter()
            .flat_map(super::frame::Frame::named)
            .filter(|(_, value)| !value.secure)
            .map(|(name, value)| (name.clone(), without_notes(value)))
            .collect();
        let loops = self.loops.iter().map(|walk| walk.next.saturating_sub(1)).collect();
        Hold { number, loops, locals, secure, checksum: step.map_or(0, |step| step.checksum) }
    }

    fn check_state(&self, ending: &Ending) -> Outcome<()> {
        let memories = self.memories.values().map(Value::weight);
        let locals = match ending {
            Ending::Held(hold) => hold.locals.values().map(Value::weight).sum(),
            _ => 0,
        };
        if memories.fold(locals, usize::saturating_add) > self.world.limits.state_bytes {
            return Err(Stop::Limit(Limit::StateBytes));
        }
        Ok(())
    }

    fn output(mut self, ending: Ending) -> TurnOutput {
        let memory_changes = self.memory_changes();
        let flow = self.flow_name(self.flow).to_owned();
        let mut state = State::with_memories(self.memories);
        let conversation_end = !matches!(ending, Ending::Held(_));
        let mut switch = None;
        match ending {
            Ending::Over => {}
            Ending::Switched(to) => switch = Some(to),
            Ending::Held(hold) => {
                let step = self.step.as_ref().to_owned();
                state.conversation =
                    Some(Conversation { flow, step, hold: Some(hold), history: self.history });
            }
        }
        TurnOutput {
            messages: self.messages,
            held_at: state.held_at(),
            state,
            memory_changes,
            conversation_end,
            switch,
            log: self.log,
            errors: self.errors,
            failure: None,
        }
    }

    /// A limit was hit: nothing of the turn counts, and the contact gets a plain text.
    fn failed(self, limit: Limit) -> TurnOutput {
        let (flow, at) = self.last_place();
        let text = self.world.limits.contact_text.clone();
        let failure = Failure {
            limit,
            message: format!("{} (line {} of flow {flow})", limit_text(limit), at.line),
            contact_text: text.clone(),
            flow,
            line: at.line,
        };
        let state = self.input.state.clone();
        TurnOutput {
            messages: vec![Message {
                content_type: "text".to_owned(),
                content: serde_json::json!({ "text": text }),
            }],
            conversation_end: !state.is_open(),
            held_at: state.held_at(),
            state,
            memory_changes: Vec::new(),
            switch: None,
            log: self.log,
            errors: self.errors,
            failure: Some(failure),
        }
    }
}

/// Notes of locals do not outlive a hold, components and closures do.
fn without_notes(value: &Value) -> Value {
    Value { notes: None, ..value.clone() }
}
