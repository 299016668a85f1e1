//! What must hold when all is quiet: the promises, seen from outside.

use crate::shared::{AgentSaid, Post, lock};
use crate::steps;
use crate::world::{World, name, now};
use handover_core::capability::plain;
use handover_core::conversation::Conversation as Ours;
use handover_core::delivery::{Job, Side, ToDeskAct};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::port::store::{DeliveryRecord, DeliveryState, Page, SessionFilter, Store};
use handover_fake::vendor::{Conversation, From, Message};
use std::collections::BTreeMap;

/// All that is known of one contact's conversation.
struct Known {
    contact: usize,
    conversation: Ours,
    entries: Vec<Entry>,
    deliveries: Vec<DeliveryRecord>,
    /// The conversations at the desk that bear the contact's name.
    at_desk: Vec<Conversation>,
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

type Fail<'a> = &'a dyn Fn(String);

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

    fn trouble(&self, of: u64, word: &str) -> usize {
        let line = format!("ine {of} ");
        let told = self.entries.iter().filter(|entry| match &entry.body {
            Body::Trouble { text } => text.contains(&line) && text.contains(word),
            _ => false,
        });
        told.count()
    }

    /// What was to be brought to the desk is there once, in order.
    fn brought(&self, fail: Fail<'_>) {
        let messages: Vec<&Message> = self.at_desk.iter().flat_map(|it| &it.messages).collect();
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for id in messages.iter().filter_map(|message| message.our_id.as_deref()) {
            *ids.entry(id).or_default() += 1;
        }
        if let Some((id, count)) = ids.iter().find(|(_, count)| **count > 1) {
            fail(format!("promise C: {id} stands {count} times at the desk"));
        }
        for record in self.deliveries.iter().filter(|it| it.delivery.side == Side::Desk) {
            let Job::ToDesk(job) = &record.delivery.job else { continue };
            let ToDeskAct::Message { content } = &job.act else { continue };
            let of = record.delivery.entry;
            let Some(token) = token_in(&plain(content)) else { continue };
            let is_it = |message: &&&Message| {
                let files = message.files.iter().any(|file| file.contains(&token));
                message.from == From::Contact && (message.text.contains(&token) || files)
            };
            let there = messages.iter().filter(is_it).filter(|it| !self.opens(it)).count();
            let why = match record.state {
                DeliveryState::Delivered if there == 0 => "is told as delivered and is not there",
                DeliveryState::Dead if self.trouble(of, "could not be delivered") == 0 => {
                    "was given up without a word"
                }
                _ if there > 1 => "stands there twice",
                _ => continue,
            };
            fail(format!("promises B and C: {token} (line {of}) {why} at the desk"));
        }
        for one in &self.at_desk {
            let lines: Vec<u64> = one
                .messages
                .iter()
                .filter(|message| message.from == From::Contact && !self.opens(message))
                .filter_map(|it| self.line_of(&format!("{} {}", it.text, it.files.join(" "))))
                .collect();
            if lines.windows(2).any(|pair| pair[0] > pair[1]) {
                fail(format!("promise D: at the desk the lines stand in the order {lines:?}"));
            }
        }
    }

    /// Whether a message was written when a session was opened.
    fn opens(&self, message: &Message) -> bool {
        let Some(n) = message.our_id.as_deref().and_then(|id| self.delivery_of(id)) else {
            return false;
        };
        self.deliveries.iter().any(|it| {
            let opens = matches!(&it.delivery.job, Job::ToDesk(job) if job.act == ToDeskAct::Open);
            it.delivery.id.n == n && opens
        })
    }

    fn delivery_of(&self, our_id: &str) -> Option<u64> {
        let (_, rest) = our_id.split_once(self.conversation.id.as_str())?;
        rest.strip_prefix('.')?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    fn line_of(&self, text: &str) -> Option<u64> {
        let token = token_in(text)?;
        let said = |entry: &&Entry| entry.actor == Actor::Contact && carries(entry, &token);
        self.entries.iter().find(said).map(|entry| entry.n)
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
            let open = self.conversation.session.as_ref().map(|session| session.ordinal);
            let link = self.conversation.session.as_ref().and_then(|session| session.link.clone());
            // What was written elsewhere, or in a session that is over, is looked for by nobody yet when its hook is lost.
            let still_open = said.session.is_some() && said.session == open && said.link == link;
            if count == 0 && !told && (said.taken || still_open && world.vendor.is_some()) {
                fail(format!("promise B: {token} of an agent never reached the contact"));
            }
        }
    }

    /// What was posted to the contact's program came once, in order.
    fn posted(&self, posts: &[Post], fail: Fail<'_>) {
        for record in self.deliveries.iter().filter(|it| it.delivery.side == Side::Contact) {
            let id = record.delivery.id.to_string();
            let came = posts.iter().filter(|post| post.request_id == id).count();
            let of = record.delivery.entry;
            let doubts = self.trouble(of, "twice");
            if came > 1 + doubts {
                fail(format!(
                    "promise C: line {of} came {came} times, and the transcript tells of {doubts} doubts"
                ));
            }
            if came == 0 && record.state == DeliveryState::Delivered {
                fail(format!("promise B: line {of} is told as delivered and never came"));
            }
            let told = self.trouble(of, "could not be delivered");
            if record.state == DeliveryState::Dead && told == 0 {
                fail(format!("promise B: line {of} was given up without a word"));
            }
        }
        let mut seen: Vec<(&str, u64)> = Vec::new();
        for post in posts {
            if !seen.iter().any(|(id, _)| *id == post.request_id) {
                seen.push((&post.request_id, post.entry));
            }
        }
        if let Some(pair) = seen.windows(2).find(|pair| pair[0].1 > pair[1].1) {
            fail(format!("promise D: line {} came after line {}", pair[1].1, pair[0].1));
        }
        for post in posts {
            let theirs = token_in(&post.text)
                .is_some_and(|token| !token.starts_with(&format!("c{}m", self.contact)));
            if theirs {
                fail(format!("promise F: another's words came: {}", post.text));
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

fn carries(entry: &Entry, token: &str) -> bool {
    entry.content().is_some_and(|content| plain(content).contains(token))
}

/// The first mark that a text carries: `c0m12z`.
fn token_in(text: &str) -> Option<String> {
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
