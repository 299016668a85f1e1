//! What must hold when all is quiet: the promises, seen from outside.

use crate::shared::{AgentSaid, Post, lock};
use crate::steps;
use crate::world::{World, name, now};
use handover_core::capability::plain;
use handover_core::conversation::Conversation as Ours;
use handover_core::delivery::Side;
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::port::store::{DeliveryRecord, Page, SessionFilter, Store};
use handover_fake::vendor::Conversation;

/// All that is known of one contact's conversation.
pub(crate) struct Known {
    pub(crate) contact: usize,
    pub(crate) conversation: Ours,
    pub(crate) entries: Vec<Entry>,
    pub(crate) deliveries: Vec<DeliveryRecord>,
    /// The conversations at the desk that bear the contact's name.
    pub(crate) at_desk: Vec<Conversation>,
}

/// Looks at everything, all being quiet.
pub(crate) fn at_rest(world: &World) {
    let all = world.vendor.as_ref().map(|vendor| vendor.conversations()).unwrap_or_default();
    for contact in 0..world.plan.setting.posted.len() {
        let mine = all.iter().filter(|one| one.contact_name.contains(&name(contact))).cloned();
        let at_desk: Vec<Conversation> = mine.collect();
        let fail = |why: String| world.shared.fail(format!("c{contact}: {why}"));
        for other in (0..world.plan.setting.posted.len()).filter(|other| *other != contact) {
            let theirs = |text: &str| text.contains(&format!("c{other}m"));
            if at_desk.iter().flat_map(|it| &it.messages).any(|message| theirs(&message.text)) {
                fail(format!("promise F: what c{other} said stands at the desk under its name"));
            }
        }
        let id = world.id(contact);
        let Some(Some(conversation)) = now(world.store.load(&id)) else {
            if world
                .says
                .iter()
                .any(|say| say.contact == contact && say.taken && say.token.is_some())
            {
                fail("promise B: a message was taken and there is no conversation".into());
            }
            continue;
        };
        let page = Page { after: 0, limit: 100_000, newest: false };
        let entries = now(world.store.transcript(&id, page)).unwrap_or_default();
        let deliveries = now(world.store.deliveries(&id)).unwrap_or_default();
        let known = Known { contact, conversation, entries, deliveries, at_desk };
        known.lines(&fail);
        known.said(world, &fail);
        known.brought(&fail);
        known.answered(world, &fail);
        let posts: Vec<Post> = lock(&world.shared.posts)
            .iter()
            .filter(|it| it.user == name(contact))
            .cloned()
            .collect();
        known.posted(&posts, &fail);
        known.told_the_bot(world, &fail);
    }
    if let Some(misfit) = world.vendor.as_ref().and_then(|vendor| vendor.misfits().first().cloned())
    {
        world.shared.fail(format!("the vendor would not understand: {misfit}"));
    }
}

/// Looks at what must hold when everyone has gone.
pub(crate) fn at_the_end(world: &World) {
    for session in world.open_sessions() {
        world.shared.fail(format!("promise E: session {} never ends", session.id));
    }
}

pub(crate) type Fail<'a> = &'a dyn Fn(String);

impl Known {
    fn lines(&self, fail: Fail<'_>) {
        for (n, entry) in (1..).zip(&self.entries) {
            if entry.n != n {
                return fail(format!("promise G: line {n} is missing"));
            }
        }
        if self.conversation.entries != self.entries.len() as u64 {
            fail("promise G: the conversation counts other lines than there are".into());
        }
        for record in self.deliveries.iter().filter(|record| !record.state.is_final()) {
            fail(format!(
                "promise B: delivery {} never ends ({})",
                record.delivery.id.n, record.note
            ));
        }
        for entry in self.entries.iter().filter(|it| it.actor == Actor::Bot && it.for_contact) {
            let Cause::Turn { of } = entry.cause else { continue };
            let asked = self.deliveries.iter().any(|it| {
                it.delivery.side == Side::Bot
                    && it.delivery.entry == of
                    && it.delivery.epoch == entry.epoch
            });
            if !asked {
                fail(format!("rule 9: shown in another epoch: line {}", steps::words(entry)));
            }
        }
    }

    /// Each message of the contact that was taken has one line.
    fn said(&self, world: &World, fail: Fail<'_>) {
        for say in world.says.iter().filter(|say| say.contact == self.contact) {
            let Some(token) = &say.token else { continue };
            let lines = self.entries.iter().filter(|entry| entry.actor == Actor::Contact);
            let count = lines.filter(|entry| carries(entry, token)).count();
            if count > 1 {
                fail(format!("promise C: {token} has {count} lines"));
            }
            if count == 0 && say.taken {
                fail(format!("promise B: {token} was taken and has no line"));
            }
        }
    }

    /// What agents wrote reached the contact once, or they were told why not.
    fn answered(&self, world: &World, fail: Fail<'_>) {
        let said: Vec<AgentSaid> = lock(&world.shared.agent_said).clone();
        for said in said {
            let shown = self.entries.iter().filter(|entry| {
                entry.for_contact
                    && matches!(entry.actor, Actor::Agent(_))
                    && carries(entry, &said.token)
            });
            let count = shown.count();
            let token = &said.token;
            if said.contact != self.contact {
                if count > 0 {
                    fail(format!("promise F: {token} reached the wrong contact"));
                }
                continue;
            }
            if count > 1 {
                fail(format!("promise C: the contact sees {token} {count} times"));
            }
            let told = self.entries.iter().any(|entry| match &entry.body {
                Body::Ignored { what, .. } => what.contains(token.as_str()),
                _ => false,
            });
            let is_looked_for = !said.clocks_apart
                && world.is_looked_for(self.contact, said.link.as_deref(), said.at);
            if count == 0 && !told && (said.taken || is_looked_for) {
                fail(format!("promise B: {token} of an agent never reached the contact"));
            }
        }
    }

    /// One terminal event for each session that is over.
    fn told_the_bot(&self, world: &World, fail: Fail<'_>) {
        let filter = SessionFilter {
            open: Some(false),
            conversation: Some(self.conversation.id.clone()),
            limit: 100_000,
        };
        let over = now(world.store.sessions(filter)).unwrap_or_default();
        let state = now(world.store.bot_state(&self.conversation.id)).flatten().unwrap_or_default();
        let owed = self.conversation.owed.as_ref().and_then(|it| it.content["session_id"].as_str());
        for session in over {
            let id = session.id.as_str();
            let told = state["ended"]
                .as_array()
                .map_or(0, |all| all.iter().filter(|told| told.as_str() == Some(id)).count());
            let told = told + usize::from(owed == Some(id));
            if told != 1 {
                fail(format!("rule 18: the bot was told {told} times that session {id} is over"));
            }
        }
    }
}

pub(crate) fn carries(entry: &Entry, token: &str) -> bool {
    entry.content().is_some_and(|content| plain(content).contains(token))
}

/// The first mark that a text carries: `c0m12z`.
pub(crate) fn token_in(text: &str) -> Option<String> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    text.match_indices('c').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let contact = digits(rest);
        let after = rest.get(contact..)?.strip_prefix('m')?;
        let n = digits(after);
        let fits = contact > 0 && n > 0 && after.get(n..)?.starts_with('z');
        fits.then(|| text.get(at..at + contact + n + 3).map(str::to_owned)).flatten()
    })
}
