//! The desk's hooks on their way to the nodes, and the nodes' own work: timers, leases, deliveries.

use crate::exec::{Task, Work};
use crate::net::BASE;
use crate::shared::{HookOnItsWay, Mail, lock};
use crate::world::{Next, World};
use handover_core::port::channel::Call;
use handover_core::port::http::Request;
use handover_core::port::store::Leased;
use handover_core::time::Timestamp;
use serde_json::Value;
use std::sync::atomic::Ordering;

/// Deliveries taken at once.
const AT_ONCE: u32 = 8;
/// The vendor's id of the message that a hook brings.
fn message_of(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let id = if body["event"] == "message_created" { &body["id"] } else { &body["message"]["id"] };
    id.as_u64().map(|id| id.to_string())
}

impl World {
    /// Takes what the vendor wants to send.
    pub(crate) fn collect(&mut self) {
        let Some(vendor) = self.vendor.clone() else { return };
        self.shared.touched.store(false, Ordering::Relaxed);
        for request in vendor.hooks() {
            let weather = lock(&self.shared.weather).clone();
            let message = message_of(&request);
            if self.shared.permille(weather.hooks_lost) {
                self.shared.say(|| format!("a hook is lost (message {message:?})"));
                vendor.hook_answered(&request, None);
                continue;
            }
            let late = self.shared.permille(weather.hooks_late);
            let again = self.shared.permille(weather.hooks_again);
            let in_ms = if late { self.sometime() } else { self.shared.chance().between(5, 200) };
            let index = {
                let mut hooks = lock(&self.shared.hooks);
                hooks.push(HookOnItsWay { request, message });
                hooks.len() - 1
            };
            self.later(in_ms, Next::Hook(index));
            if again {
                let in_ms = self.sometime();
                self.later(in_ms, Next::Hook(index));
            }
        }
    }

    /// A hook arrives at some node.
    pub(crate) fn hook(&mut self, index: usize) {
        let Some(request) = lock(&self.shared.hooks).get(index).map(|it| it.request.clone()) else {
            return;
        };
        let Some((node, engine)) = self.some_node() else {
            return self.shared.post(Mail::Answered(index, None));
        };
        let off_ms = self.shared.off(node);
        let (shared, desk) = (self.shared.clone(), self.desk());
        self.tasks.push(Task::new(node, Work::Hook(index), async move {
            let url = request.url.strip_prefix(BASE).unwrap_or_default();
            let query = url.split_once('?').map_or("", |(_, query)| query);
            let lower = |(name, value): &(String, String)| (name.to_lowercase(), value.clone());
            let headers: Vec<_> = request.headers.iter().map(lower).collect();
            let at = Timestamp::from_ms(shared.now() + off_ms);
            let (method, body) = (request.method, &request.body[..]);
            let call = Call { method, query, headers: &headers, body, at };
            let status = match engine.hook(&desk, &call).await {
                Ok(hook) => {
                    shared.say(|| format!("node {node}: a hook is taken: {hook:?}"));
                    200
                }
                Err(error) => {
                    shared.say(|| format!("node {node}: a hook is not taken: {error}"));
                    500
                }
            };
            shared.post(Mail::Answered(index, Some(status)));
        }));
    }

    /// A hook was answered, or its node died.
    pub(crate) fn answered(&mut self, index: usize, status: Option<u16>) {
        let Some(vendor) = self.vendor.clone() else { return };
        let (request, message) = match lock(&self.shared.hooks).get(index) {
            Some(hook) => (hook.request.clone(), hook.message.clone()),
            None => return,
        };
        vendor.hook_answered(&request, status);
        if status == Some(200)
            && let Some(message) = message
        {
            let mut said = lock(&self.shared.agent_said);
            for said in said.iter_mut().filter(|said| said.message == message) {
                said.taken = true;
            }
        }
    }

    /// A node looks what is due.
    pub(crate) fn drive(&mut self, node: usize) {
        let Some(place) = self.nodes.get_mut(node) else { return };
        let Some(engine) = place.engine.clone() else { return };
        place.is_driving = true;
        place.next_tick = self.shared.now() + 500;
        let shared = self.shared.clone();
        self.tasks.push(Task::new(node, Work::Drive, async move {
            let _ = engine.fire_due(50).await;
            for leased in engine.lease(AT_ONCE).await.unwrap_or_default() {
                shared.post(Mail::Leased(node, Box::new(leased)));
            }
        }));
    }

    pub(crate) fn deliver(&mut self, node: usize, leased: Leased) {
        let Some(engine) = self.nodes.get(node).and_then(|node| node.engine.clone()) else {
            return;
        };
        let shared = self.shared.clone();
        shared.say(|| {
            let (id, attempts) = (&leased.delivery.id, leased.attempts);
            let who = lock(&shared.names).get(&id.conversation).map(|(contact, _)| *contact);
            let job = format!("{:?}", leased.delivery.job);
            let job: String = job.chars().take(30).collect();
            format!("node {node}: takes delivery {} of c{who:?}, try {attempts}: {job}", id.n)
        });
        self.tasks.push(Task::new(node, Work::Deliver, async move {
            let id = leased.delivery.id.n;
            if let Err(error) = engine.deliver(leased).await {
                shared.say(|| format!("node {node}: delivery {id} could not be settled: {error}"));
            }
            shared.post(Mail::Hint(node));
        }));
    }
}
