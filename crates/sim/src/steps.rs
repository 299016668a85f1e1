//! What must hold after each single commit.

use crate::shared::{Mail, Shared, lock};
use handover_core::capability::plain;
use handover_core::conversation::Conversation;
use handover_core::delivery::Job;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::port::store::Change;

/// Looks at a decision that is on disk now.
pub(crate) fn committed(
    shared: &Shared,
    node: usize,
    before: Option<&Conversation>,
    change: &Change,
) {
    let after = &change.conversation;
    let who = lock(&shared.names).get(&after.id).cloned();
    let contact = who.as_ref().map_or(usize::MAX, |(contact, _)| *contact);
    for entry in &change.entries {
        shared.say(|| format!("node {node}: c{contact} line {}", words(entry)));
    }
    if !change.sessions.is_empty() {
        shared.post(Mail::Sessions);
    }
    for session in change.sessions.iter().filter(|session| !session.state.is_open()) {
        shared.post(Mail::Ended(session.id.clone()));
    }
    let fail = |why: String| shared.fail(format!("contact {contact}: {why}"));
    if who.is_none_or(|(_, key)| key != after.contact.key) {
        fail("promise F: a conversation of nobody's was written".into());
    }
    let (entries, deliveries) = before.map_or((0, 0), |it| (it.entries, it.deliveries));
    for (n, entry) in (entries + 1..).zip(&change.entries) {
        if entry.n != n {
            fail(format!("promise G: line {} was written where {n} was next", entry.n));
        }
    }
    if after.entries != entries + change.entries.len() as u64 {
        fail("promise G: lines are counted wrongly".into());
    }
    for (n, delivery) in (deliveries + 1..).zip(&change.deliveries) {
        if delivery.id.n != n || delivery.id.conversation != after.id {
            fail(format!("promise G: delivery {} was written where {n} was next", delivery.id.n));
        }
        let key = match &delivery.job {
            Job::ToContact(job) => &job.contact.key,
            Job::ToDesk(job) => &job.contact.key,
            Job::Turn(_) => continue,
        };
        if *key != after.contact.key {
            fail(format!("promise F: delivery {n} carries another contact's name"));
        }
    }
    if after.session.is_some() && after.due.is_none() {
        fail("promise E: a session is open and no timer ends it".into());
    }
    voices(&fail, before, change);
}

/// Promise A: in the order of the lines, who has the floor, and who speaks.
fn voices(fail: &dyn Fn(String), before: Option<&Conversation>, change: &Change) {
    let mut open = before.is_some_and(|before| before.session.is_some());
    let mut epoch = before.map_or(1, |before| before.epoch);
    for entry in &change.entries {
        if entry.epoch < epoch {
            fail(format!(
                "rule 9: line {} belongs to an earlier epoch than the one before",
                entry.n
            ));
        }
        epoch = entry.epoch;
        match entry.body {
            Body::Started { .. } => open = true,
            // The refusal of a session that never was is told by a line of its own (rule 5).
            Body::Ended { .. } => open = false,
            _ => {}
        }
        let said = matches!(entry.body, Body::Message { .. });
        if open && entry.actor == Actor::Bot && said && entry.for_contact {
            fail(format!(
                "promise A: the bot speaks in line {} while people have the floor",
                entry.n
            ));
        }
        if matches!(entry.body, Body::Note { .. }) && entry.for_contact {
            fail(format!("rule 8: the note in line {} is shown to the contact", entry.n));
        }
    }
    if change.conversation.epoch < epoch {
        fail("rule 9: an epoch went back".into());
    }
}

/// A line in words.
pub(crate) fn words(entry: &Entry) -> String {
    let who = match &entry.actor {
        Actor::Contact => "contact",
        Actor::Bot => "bot",
        Actor::Agent(_) => "agent",
        Actor::Gateway => "gateway",
    };
    let what = match &entry.body {
        Body::Message { content } => plain(content),
        Body::Note { text } => format!("(note) {text}"),
        Body::Opened { .. } => "(opened)".into(),
        Body::Started { .. } => "(started)".into(),
        Body::Accepted => "(accepted)".into(),
        Body::Ended { cause } => format!("(ended: {})", cause.as_str()),
        Body::Terminal { payload, .. } => format!("(to the bot: {payload})"),
        Body::Fenced { content } => format!("(fenced) {}", plain(content)),
        Body::Ignored { what, why } => format!("(ignored) {what}: {why}"),
        Body::Trouble { text } => format!("(trouble) {text}"),
    };
    let what = what.replace('\n', " / ");
    format!("{} [{}] {who}: {what}", entry.n, entry.epoch)
}
