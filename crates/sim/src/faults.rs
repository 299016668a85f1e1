//! What goes wrong when its moment comes, and how all is healed.

use crate::exec::{Task, Work};
use crate::plan::{Weather, Wrong};
use crate::shared::{Mail, lock};
use crate::world::{Next, World};

/// Clocks further apart than this, in milliseconds, let hooks be refused and looks overlook what is new.
const APART_MS: i64 = 50_000;

impl World {
    /// A fault's moment has come.
    pub(crate) fn goes_wrong(&mut self, index: usize) {
        let Some(fault) = self.plan.faults.get(index).cloned() else { return };
        self.shared.say(|| format!("wrong: {:?}", fault.what));
        match fault.what {
            Wrong::Kill { node, calls, down_ms } => {
                lock(&self.shared.doom).insert(node, calls);
                if let Some(node) = self.nodes.get_mut(node) {
                    node.down_ms = down_ms;
                }
            }
            Wrong::Stall { node, for_ms } => {
                let until = self.shared.now() + for_ms;
                if let Some(node) = self.nodes.get_mut(node) {
                    node.stalled_until = until;
                }
            }
            Wrong::Sleep { for_ms } => self.shared.set_now(self.shared.now() + for_ms),
            Wrong::Leap { node, by_ms, for_ms } => {
                self.leap(node, by_ms);
                self.later(for_ms, Next::PutRight(node, by_ms));
            }
            Wrong::Bad { weather, for_ms } => {
                *lock(&self.shared.weather) = weather;
                self.later(for_ms, Next::Calm(index));
            }
        }
    }

    /// The clock of a node, or of all, leaps.
    pub(crate) fn leap(&mut self, node: Option<usize>, by_ms: i64) {
        let mut clocks = lock(&self.shared.clocks);
        for (n, off_ms) in clocks.iter_mut().enumerate() {
            *off_ms += if node.is_none_or(|node| node == n) { by_ms } else { 0 };
        }
        self.leapt_ms += by_ms.abs();
        self.clocks_apart |= clocks.iter().any(|off_ms| off_ms.abs() > APART_MS);
    }

    /// A node dies: what it was at is dropped where it stood.
    pub(crate) fn kill(&mut self, node: usize) {
        let shared = self.shared.clone();
        shared.say(|| format!("node {node} dies"));
        lock(&shared.doom).remove(&node);
        if let Some(place) = self.nodes.get_mut(node) {
            place.engine = None;
        }
        let (dead, alive) =
            std::mem::take(&mut self.tasks).into_iter().partition(|it| it.node == node);
        self.tasks = alive;
        let dead: Vec<Task> = dead;
        for task in dead {
            match task.work {
                Work::Say(say) => shared.post(Mail::Said(say, false)),
                Work::Tell(tell) => shared.post(Mail::Told(tell, Some(false))),
                Work::Hook(hook) => shared.post(Mail::Answered(hook, None)),
                Work::Look(session) => self.looks_no_more(session),
                Work::Drive | Work::Deliver => {}
            }
        }
    }

    pub(crate) fn heal(&mut self) {
        self.is_healed = true;
        self.shared.say(|| "all is healed".into());
        *lock(&self.shared.weather) = Weather::default();
        lock(&self.shared.doom).clear();
        self.shared.clocks_right(&self.plan.setting.nodes);
        for node in 0..self.nodes.len() {
            if let Some(node) = self.nodes.get_mut(node) {
                node.stalled_until = 0;
            }
            self.up(node);
        }
    }
}
