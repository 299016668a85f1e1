//! One run: who goes on is drawn from the seed, until all is quiet; then all is looked at.

use crate::check;
use crate::exec::Work;
use crate::mutant::Bug;
use crate::naive::Naive;
use crate::plan::Plan;
use crate::shared::{BEGIN_MS, lock};
use crate::world::{Next, World, now};
use handover_core::delivery::Side;
use handover_core::port::store::Store;
use std::sync::atomic::Ordering;

/// Steps after which a run goes round in circles.
const STEPS_MAX: i64 = 400_000;
/// How long it may take until all is quiet once nothing goes wrong any more, in milliseconds.
pub(crate) const REST_MS: i64 = 45 * 60_000;
/// How long until every session has ended by itself, in milliseconds.
const END_MS: i64 = 9 * 86_400_000;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was wrong; none if nothing was.
    pub failure: Option<String>,
    /// What happened, a line each; empty unless asked for.
    pub log: Vec<String>,
    /// Steps that it took.
    pub steps: i64,
    /// How long each delivery to the desk or to a contact took from when it was decided to its end.
    pub waits: Vec<Wait>,
}

/// How long a delivery took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Whose.
    pub contact: usize,
    /// To the desk; else to the contact.
    pub to_desk: bool,
    /// When it was decided, in milliseconds after the beginning.
    pub at_ms: i64,
    /// Milliseconds.
    pub ms: i64,
}

/// Plays a plan.
pub fn play(plan: &Plan, bug: Option<Bug>, whole_log: bool) -> Outcome {
    let mut world = World::new(plan, bug, whole_log);
    if plan.setting.calm {
        world.play_calmly()
    } else {
        world.play_on()
    }
    let failure = lock(&world.shared.failure).clone();
    let steps = world.shared.steps.load(Ordering::Relaxed);
    Outcome { failure, log: world.shared.log(), steps, waits: world.waits() }
}

impl World {
    fn waits(&self) -> Vec<Wait> {
        let mut waits = Vec::new();
        for contact in 0..self.plan.setting.posted.len() {
            for row in now(self.store.deliveries(&self.id(contact))).unwrap_or_default() {
                if row.state.is_final() && row.delivery.side != Side::Bot {
                    let to_desk = row.delivery.side == Side::Desk;
                    let at_ms = row.created_at.as_ms() - BEGIN_MS;
                    let ms = row.next_at.since_ms(row.created_at);
                    waits.push(Wait { contact, to_desk, at_ms, ms });
                }
            }
        }
        waits
    }

    fn play_on(&mut self) {
        for index in 0..self.plan.acts.len() {
            let at_ms = self.plan.acts.get(index).map_or(0, |act| act.at_ms);
            self.at_ms(at_ms, Next::Act(index));
        }
        for index in 0..self.plan.faults.len() {
            let at_ms = self.plan.faults.get(index).map_or(0, |fault| fault.at_ms);
            self.at_ms(at_ms, Next::Fault(index));
        }
        let is_story = |next: &Next| matches!(next, Next::Act(_) | Next::Fault(_) | Next::Calm(_));
        self.until(END_MS, |world| !world.queue.values().any(is_story));
        self.heal();
        self.rest();
    }

    /// One act after the other, each when all is quiet, beside the naive model.
    fn play_calmly(&mut self) {
        let mut naive = Naive::new(&self.plan.setting);
        for index in 0..self.plan.acts.len() {
            let Some(act) = self.plan.acts.get(index).cloned() else { return };
            let at = (BEGIN_MS + act.at_ms).max(self.shared.now());
            self.at_ms(act.at_ms, Next::Act(index));
            self.until(END_MS, |world| {
                world.shared.now() >= at && world.queue.values().all(Next::is_look)
            });
            self.until_quiet(REST_MS + self.leapt_ms);
            if self.shared.has_failed() || !naive.follow(&act, at, self.shared.now()) {
                break;
            }
            if let Some(why) = naive.differs(self) {
                self.shared.fail(format!("after {:?}: {why}", act.deed));
            }
        }
        self.rest();
    }

    fn rest(&mut self) {
        self.until_quiet(REST_MS + self.leapt_ms);
        self.look_at_all();
        self.until_quiet(REST_MS + self.leapt_ms);
        if !self.shared.has_failed() {
            check::at_rest(self);
        }
        let over = |world: &Self| {
            world.queue.is_empty() && world.is_quiet() && world.open_sessions().is_empty()
        };
        self.until(END_MS, over);
        if !self.shared.has_failed() {
            check::at_rest(self);
            check::at_the_end(self);
        }
    }

    /// Nothing is on its way but what comes again much later.
    fn is_quiet(&self) -> bool {
        let soon = self.shared.now() + 5 * 60_000;
        self.tasks.is_empty()
            && !self.shared.touched.load(Ordering::Relaxed)
            && !self.queue.range(..(soon, 0)).any(|(_, next)| !next.is_look())
            && now(self.store.counts()).is_none_or(|counts| counts.deliveries_pending == 0)
    }

    pub(crate) fn until_quiet(&mut self, within_ms: i64) {
        self.until(within_ms, Self::is_quiet);
    }

    pub(crate) fn until(&mut self, within_ms: i64, is_over: impl Fn(&Self) -> bool) {
        let last = self.shared.now() + within_ms;
        loop {
            self.read_mail();
            if self.shared.has_failed() || is_over(self) && lock(&self.shared.mail).is_empty() {
                return;
            }
            let steps = self.shared.steps.fetch_add(1, Ordering::Relaxed);
            if steps > STEPS_MAX || self.shared.now() > last {
                let tasks: Vec<_> = self.tasks.iter().map(|task| &task.work).collect();
                let queue: Vec<_> = self.queue.values().take(5).collect();
                self.shared.fail(format!(
                    "promise E: it never comes to rest; under way: {tasks:?}; waiting: {queue:?}"
                ));
                return;
            }
            if !self.step() && !is_over(self) && !self.wait() {
                return;
            }
        }
    }

    /// Someone goes on; false when nobody can now.
    fn step(&mut self) -> bool {
        if self.shared.touched.load(Ordering::Relaxed) {
            self.collect();
        }
        let time = self.shared.now();
        let mut known: Option<Option<i64>> = None;
        for node in 0..self.nodes.len() {
            let waits = self.nodes.get(node).is_some_and(|it| {
                it.engine.is_some()
                    && !it.is_driving
                    && it.next_tick <= time
                    && it.stalled_until <= time
            });
            if !waits {
                continue;
            }
            let due = *known.get_or_insert_with(|| self.due());
            let off_ms = self.shared.off(node);
            if due.is_some_and(|due| due - off_ms <= time) {
                self.drive(node);
            }
        }
        let due: Vec<(i64, u64)> =
            self.queue.range(..=(time, u64::MAX)).map(|(key, _)| *key).collect();
        let ready: Vec<usize> = (0..self.tasks.len())
            .filter(|at| {
                let task = self.tasks.get(*at);
                task.is_some_and(|task| task.is_ready(time) && !self.is_stalled(task.node))
            })
            .collect();
        let all = due.len() + ready.len();
        if all == 0 {
            return false;
        }
        let chosen = if all > 1 { self.shared.chance().index(all) } else { 0 };
        if let Some(key) = due.get(chosen) {
            if let Some(next) = self.queue.remove(key) {
                self.happens(next);
            }
            return true;
        }
        let Some(at) = ready.get(chosen - due.len()).copied() else { return true };
        let shared = self.shared.clone();
        if let Some(task) = self.tasks.get_mut(at)
            && task.poll(|| shared.slept())
        {
            let task = self.tasks.swap_remove(at);
            if task.work == Work::Drive
                && let Some(node) = self.nodes.get_mut(task.node)
            {
                node.is_driving = false;
            }
        }
        true
    }

    /// When something is due.
    fn due(&self) -> Option<i64> {
        Some(now(self.store.next_due()).flatten()?.as_ms())
    }

    /// Time goes on to the next thing that happens; false when there is none.
    fn wait(&mut self) -> bool {
        let time = self.shared.now();
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let mut next: Vec<i64> = queued.into_iter().collect();
        for task in &self.tasks {
            let stalled = self.nodes.get(task.node).map_or(0, |node| node.stalled_until);
            next.extend(task.wakes().map(|at| at.max(stalled)));
            if task.is_ready(time) {
                next.push(stalled);
            }
        }
        let due = self.due();
        for (n, node) in self.nodes.iter().enumerate() {
            if node.engine.is_some()
                && !node.is_driving
                && let Some(due) = due
            {
                next.push((due - self.shared.off(n)).max(node.next_tick).max(node.stalled_until));
            }
        }
        let Some(at) = next.into_iter().min() else { return false };
        self.shared.set_now(at.max(time + 1));
        self.collect();
        true
    }

    fn happens(&mut self, next: Next) {
        match next {
            Next::Act(index) => self.act(index),
            Next::Fault(index) => self.goes_wrong(index),
            Next::Calm(index) => {
                self.shared.say(|| format!("the weather of fault {index} is over"));
                *lock(&self.shared.weather) = Default::default();
            }
            Next::Say(index, again) => self.send_say(index, again),
            Next::Tell(index, again) => self.send_tell(index, again),
            Next::Hook(index) => self.hook(index),
            Next::Arrives(index) => self.arrives(index),
            Next::PutRight(_, _) if self.is_healed => {}
            Next::PutRight(node, by_ms) => self.leap(node, -by_ms),
            Next::Up(node) => self.up(node),
            Next::Look => self.look(),
            Next::LookBack(session) => self.look_back(session),
        }
    }
}
