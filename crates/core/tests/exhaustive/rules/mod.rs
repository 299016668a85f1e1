//! What must hold of every state and of every step, by the numbers of `session.md`.

mod by_event;
mod said;

use crate::state::{LOOP_SESSIONS, LOOP_WINDOW_S, State};
use handover_core::conversation::Conversation;
use handover_core::decide::decide;
use handover_core::decision::{Decision, Ignored};
use handover_core::delivery::{Job, ToDeskAct, Turn};
use handover_core::entry::{Actor, Body, Entry};
use handover_core::event::{Event, Outcome, SettledKind, TurnOutcome};
use handover_core::policy::ExpiredAt;
use handover_core::session::{Holder, SessionState};
use handover_core::words::END;

/// One step: what was, what surrounds it now, what happened, what was decided.
struct Step<'a> {
    before: &'a Conversation,
    then: &'a Conversation,
    world: &'a State,
    event: &'a Event,
    decision: &'a Decision,
}

/// Checks a state by itself.
pub(crate) fn of_the_state(state: &State) {
    let it = &state.conversation;
    assert_eq!(it.due.is_some(), it.session.is_some(), "promise E: a timer where time can act");
    if let (Some(due), Some(session)) = (it.due, &it.session) {
        let latest = session.last_message_at.plus_ms(state.timeout_ms());
        assert!(due <= latest, "promise E: the timer may be early, never late");
        assert!(session.ordinal == it.sessions, "the open session is the last one");
        let has_button = it.choices.iter().any(|button| button.payload == END);
        assert!(!session.offered || has_button, "rule 14: the offer can be taken by typing");
        assert!(it.owed.is_none(), "rule 18: the bot learns of the one before first");
    } else {
        let has_button = it.choices.iter().any(|button| button.payload == END);
        assert!(!has_button, "rule 19: the offer's button is spent");
    }
    // E: were nobody to do anything any more, the session would end.
    if it.session.is_some() {
        let later = state.now.plus_ms(state.timeout_ms());
        let ended = decide(it, &state.policy, later, &Event::Due).conversation;
        assert_eq!(ended.holder(), Holder::Bot, "promise E, rule 16");
    }
    // 18: what the bot has not been told yet waits in its lane or is owed, and turns are asked for in order.
    assert!(state.turns.iter().all(|waiting| waiting.epoch <= it.epoch));
    assert!(state.turns.iter().is_sorted_by_key(|waiting| waiting.delivery));
}

/// Checks a step.
pub(crate) fn of_the_step(before: &State, world: &State, event: &Event, decision: &Decision) {
    let then = &decision.conversation;
    let step = Step { before: &before.conversation, then, world, event, decision };
    step.numbers();
    step.holder_and_epoch();
    step.terminals();
    step.records();
    step.nobody_speaks_out_of_turn();
    step.bot_state();
    step.lanes();
    step.offers();
    step.ignored();
    match event {
        Event::Contact(from) => step.contact(&from.act),
        Event::Desk(from) => step.desk(&from.act),
        Event::Turn(done) => step.turn(done),
        Event::Settled(settled) => {
            if settled.kind == SettledKind::ToDesk
                && matches!(settled.outcome, Outcome::Dead { .. })
            {
                assert!(step.shown().any(|it| it.actor == Actor::Gateway), "promise B: it is told");
            }
            if !matches!(settled.outcome, Outcome::Delivered { .. }) {
                let told = |it: &Entry| matches!(it.body, Body::Trouble { .. });
                assert!(decision.entries.iter().any(told), "promises B and G: trouble is written");
            }
        }
        Event::Looked(found) => {
            let lines = decision.entries.len();
            assert!(lines <= found.astray.len() && decision.again.len() <= lines, "promise G");
        }
        Event::Due => {}
    }
}

impl Step<'_> {
    /// What the step shows to the contact.
    fn shown(&self) -> impl Iterator<Item = &Entry> {
        self.decision.entries.iter().filter(|entry| entry.for_contact)
    }

    fn turns(&self) -> impl Iterator<Item = (u64, &Turn)> {
        self.decision.deliveries.iter().filter_map(|delivery| match &delivery.job {
            Job::Turn(turn) => Some((delivery.epoch, turn)),
            _ => None,
        })
    }

    fn to_desk(&self, wanted: fn(&ToDeskAct) -> bool) -> usize {
        let to_desk = |job: &Job| matches!(job, Job::ToDesk(job) if wanted(&job.act));
        self.decision.deliveries.iter().filter(|delivery| to_desk(&delivery.job)).count()
    }

    fn count(&self, wanted: fn(&Body) -> bool) -> u32 {
        self.decision.entries.iter().filter(|entry| wanted(&entry.body)).count() as u32
    }

    /// How many sessions are over that were not before.
    fn over(&self) -> u32 {
        let over = |it: &Conversation| it.sessions - u32::from(it.session.is_some());
        over(self.then) - over(self.before)
    }

    /// D and G: entries and deliveries are numbered without gaps, and each says when and in which epoch.
    fn numbers(&self) {
        let (before, then) = (self.before, self.then);
        assert_eq!((&before.id, before.revision), (&then.id, then.revision), "promise F");
        assert_eq!((&before.channel, &before.bot), (&then.channel, &then.bot), "promise F");
        let mut n = before.entries;
        let mut epoch = before.epoch;
        for entry in &self.decision.entries {
            n += 1;
            assert_eq!((entry.n, entry.at), (n, self.world.now), "promise D");
            assert!(entry.epoch >= epoch && entry.epoch <= then.epoch, "the epoch never falls");
            epoch = entry.epoch;
        }
        assert_eq!(then.entries, n);
        let mut n = before.deliveries;
        for delivery in &self.decision.deliveries {
            n += 1;
            assert_eq!((delivery.id.n, &delivery.id.conversation), (n, &then.id), "promise D");
            assert!(delivery.entry <= then.entries);
            assert!(delivery.epoch >= before.epoch && delivery.epoch <= then.epoch);
        }
        assert_eq!(then.deliveries, n);
        assert!(then.updated_at == self.world.now || self.decision.entries.is_empty());
    }

    /// The epoch grows by one exactly when the holder changes; the holder changes only with what a rule names.
    fn holder_and_epoch(&self) {
        let (was, is) = (self.before.holder(), self.then.holder());
        assert_eq!(self.then.epoch, self.before.epoch + u64::from(was != is), "section 1, epoch");
        let ordinal = |it: &Conversation| it.session.as_ref().map(|session| session.ordinal);
        if was == is {
            assert_eq!(
                ordinal(self.before),
                ordinal(self.then),
                "no session without a change of holder"
            );
        }
        let by_people = matches!(self.event, Event::Desk(_));
        match (was, is) {
            (Holder::Bot, Holder::Waiting) => {
                let by = matches!(self.event, Event::Contact(_) | Event::Turn(_));
                assert!(by, "rules 1 and 4: who may ask for a human");
                let window_ms = i64::from(LOOP_WINDOW_S) * 1000;
                let lately = |start: &&_| self.world.now.since_ms(**start) < window_ms;
                let starts = self.before.recent_starts.iter().filter(lately).count();
                assert!(starts < LOOP_SESSIONS as usize, "rule 5: the loop guard");
                assert!(self.world.policy.desk.is_some(), "rule 5: no desk, no session");
            }
            (Holder::Bot, Holder::Agent) => assert!(by_people, "rule 21"),
            (Holder::Waiting, Holder::Agent) => {
                assert!(by_people, "rule 7");
                assert_eq!(self.count(|body| matches!(body, Body::Accepted)), 1, "rule 7");
            }
            (Holder::Agent, Holder::Waiting) => panic!("no rule takes a session from an agent"),
            _ => {}
        }
        if let (Some(was), Some(is)) = (&self.before.session, &self.then.session) {
            assert_eq!((&was.id, was.started_at, &was.desk), (&is.id, is.started_at, &is.desk));
            assert!(was.agent.is_none() || was.agent == is.agent, "rule 7: the floor is kept");
            assert!(was.link.is_none() || was.link == is.link || is.link.is_some());
        }
    }

    /// Rule 18: for each session that is over exactly one of END, EXPIRED and UNAVAILABLE, given or owed.
    fn terminals(&self) {
        let over = self.over();
        let given = self.turns().filter(|(_, turn)| turn.terminal).count() as u32;
        let written = self.count(|body| matches!(body, Body::Terminal { .. }));
        assert_eq!(
            given, written,
            "promise G, rule 18: what the bot is told stands in the transcript"
        );
        let owed = |it: &Conversation| u32::from(it.owed.is_some());
        assert_eq!(given + owed(self.then), over + owed(self.before), "rule 18");
        assert!(over <= 1, "one session ends in one step");
        assert_eq!(self.count(|body| matches!(body, Body::Ended { .. })), over, "rule 18");
        let late = owed(self.then) > owed(self.before);
        if late {
            assert_eq!(self.world.policy.livechat.expired_at, ExpiredAt::NextMessage, "rule 16");
        }
        let mut names = Vec::new();
        for (_, turn) in self.turns().filter(|(_, turn)| turn.terminal) {
            let content = &turn.event.content;
            assert_eq!(turn.event.content_type, "payload", "section 2");
            for field in
                ["payload", "session_id", "cause", "started_at", "ended_at", "agent", "messages"]
            {
                assert!(content.get(field).is_some(), "section 2: {field}");
            }
            names.push(content["session_id"].as_str().unwrap().to_owned());
        }
        assert!(names.is_sorted(), "rule 16: the older session's first");
        names.dedup();
        assert_eq!(names.len() as u32, given, "rule 18: each session once");
        // What is owed comes before anything else that reaches the bot.
        if self.before.owed.is_some()
            && let Some((_, first)) = self.turns().next()
        {
            assert!(first.terminal, "rule 16");
        }
    }

    /// Lists show what is so.
    fn records(&self) {
        let stood = |it: &Conversation| {
            it.session
                .as_ref()
                .map(|session| (session.ordinal, session.agent.is_some(), session.link.clone()))
        };
        let records = &self.decision.sessions;
        if self.over() == 1 {
            let ended = records.iter().filter(|it| it.state == SessionState::Ended).count();
            assert_eq!(ended, 1, "its record says that it is over");
        }
        if let Some((ordinal, answered, link)) = stood(self.then)
            && stood(self.before) != stood(self.then)
        {
            let record = records.iter().find(|it| it.ordinal == ordinal).expect("its record");
            let state = if answered { SessionState::Agent } else { SessionState::Waiting };
            assert_eq!((record.state, &record.link), (state, &link));
        }
        for record in records {
            let open = self.then.session.as_ref().is_some_and(|it| it.ordinal == record.ordinal);
            assert_eq!(record.state.is_open(), open, "no record of a session says what is not so");
            assert_eq!(record.cause.is_some(), !open);
        }
    }

    /// Rule 6: the bot's place changes only by a turn that counts.
    fn bot_state(&self) {
        let counts = match self.event {
            Event::Turn(done) => {
                let has_floor = done.epoch == self.before.epoch && self.before.session.is_none();
                let replied = matches!(done.outcome, TurnOutcome::Replied(_));
                let counts = replied && (has_floor || done.turn.terminal);
                assert_eq!(self.decision.bot_state.is_some(), counts, "rules 6 and 18");
                counts
            }
            _ => false,
        };
        if !counts {
            assert_eq!(self.decision.bot_state, None, "rule 6");
            assert_eq!(self.before.pinned, self.then.pinned, "rule 6");
        }
    }

    /// G: what is ignored says why, and changes neither holder nor session.
    fn ignored(&self) {
        for entry in &self.decision.entries {
            if let Body::Ignored { what, why } = &entry.body {
                assert!(!what.trim().is_empty() && !why.trim().is_empty(), "promise G");
            }
        }
        let by_turn = self.decision.ignored == Some(Ignored::NoSession)
            && matches!(self.event, Event::Turn(_));
        if self.decision.ignored.is_some() && !by_turn {
            assert_eq!(self.before.epoch, self.then.epoch, "what is ignored changes nothing");
            assert_eq!(self.before.sessions, self.then.sessions, "what is ignored changes nothing");
            assert_eq!(self.turns().count(), 0, "rule 19: nor is the bot asked");
        }
        if !self.decision.changes(self.before) {
            let silent = matches!(self.event, Event::Due | Event::Settled(_));
            assert!(self.decision.ignored.is_some() || silent, "promise G: {:?}", self.event);
        }
    }
}
