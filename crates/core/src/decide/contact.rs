//! What the contact does.

use super::draft::{Draft, Seen};
use super::{end, start};
use crate::capability::plain;
use crate::content::{Content, MediaKind, Trigger};
use crate::decision::Ignored;
use crate::delivery::ToDeskAct;
use crate::entry::{Actor, Body, Cause};
use crate::event::{BotEvent, ContactAct, FromContact};
use crate::session::EndCause;
use crate::wish::{self, Wish};
use serde_json::json;

pub(super) fn decide(draft: &mut Draft<'_>, from: &FromContact) {
    let contact = &mut draft.conversation().contact;
    contact.verified = from.verified;
    if let Some(metadata) = &from.metadata {
        contact.metadata.clone_from(metadata);
    }
    match &from.act {
        ContactAct::Opened(trigger) => opened(draft, trigger.as_ref()),
        ContactAct::Said(content) => said(draft, from, content),
        ContactAct::Seen { delivered, read } => seen(draft, *delivered, *read),
    }
}

fn opened(draft: &mut Draft<'_>, trigger: Option<&Trigger>) {
    if draft.session().is_some() || (draft.conversation().entries > 0 && trigger.is_none()) {
        return draft.ignore_silently(Ignored::AlreadyOpened);
    }
    let body = Body::Opened { trigger: trigger.cloned() };
    let n = draft.entry(Actor::Contact, Cause::Sent, body, Seen::Desk);
    draft.pay_bot(n);
    let event = trigger_event(trigger.unwrap_or(&Trigger { flow: None, step: None }));
    draft.turn(n, event, false);
}

fn said(draft: &mut Draft<'_>, from: &FromContact, content: &Content) {
    if plain(content).trim().is_empty() {
        return draft.ignore_silently(Ignored::Empty);
    }
    let content = titled(draft, content);
    let numbers = !draft.policy.channel_can.choices;
    let wish = wish::of_contact(&content, &draft.conversation().choices, numbers);
    let open = draft.session().is_some();
    match (wish, open) {
        (Some(Wish::Start { .. }), true) => {
            draft.ignore(Actor::Contact, plain(&content), Ignored::AlreadyOpen);
            draft.source(from.source.as_ref());
        }
        (Some(Wish::End), false) => {
            draft.ignore(Actor::Contact, plain(&content), Ignored::NoSession);
            draft.source(from.source.as_ref());
        }
        (Some(Wish::Forged), false) => {
            draft.ignore(Actor::Contact, plain(&content), Ignored::Forged);
            draft.source(from.source.as_ref());
        }
        (Some(Wish::Start { queue }), false) => {
            let n = write(draft, from, &content);
            start::by_contact(draft, n, queue.as_deref());
        }
        (Some(Wish::End), true) => {
            let n = write(draft, from, &content);
            draft.touch();
            end::end(draft, Actor::Contact, n, EndCause::ContactEnded, 12);
        }
        (None, false) => {
            let n = write(draft, from, &content);
            draft.pay_bot(n);
            let event = bot_event(draft, &content, numbers);
            draft.turn(n, event, false);
        }
        (None | Some(Wish::Forged), true) => {
            let n = write(draft, from, &content);
            for content in draft.policy.desk_can.show(&content) {
                draft.post_to_desk(n, ToDeskAct::Message { content });
            }
            draft.touch();
            // Afterwards: a desk that was closed must learn that it has to be opened again.
            if let Some(session) = draft.session() {
                session.closed_at_desk = false;
            }
        }
    }
}

fn seen(draft: &mut Draft<'_>, delivered: u64, read: u64) {
    let conversation = draft.conversation();
    let (last, marks) = (conversation.entries, &mut conversation.marks);
    let before = *marks;
    marks.contact_read = marks.contact_read.max(read.min(last));
    marks.contact_delivered =
        marks.contact_delivered.max(delivered.min(last)).max(marks.contact_read);
    if *marks == before {
        draft.ignore_silently(Ignored::NothingNew);
    }
}

fn write(draft: &mut Draft<'_>, from: &FromContact, content: &Content) -> u64 {
    let body = Body::Message { content: content.clone() };
    let n = draft.entry(Actor::Contact, Cause::Sent, body, Seen::Both);
    draft.source(from.source.as_ref());
    n
}

/// A pressed button with the words that stood on it, where the channel did not send them.
fn titled(draft: &mut Draft<'_>, content: &Content) -> Content {
    match content {
        Content::Payload { payload, title: None } => {
            let choices = &draft.conversation().choices;
            let button = choices.iter().find(|button| button.payload == *payload);
            let title = button.map(|button| button.title.clone());
            Content::Payload { payload: payload.clone(), title }
        }
        _ => content.clone(),
    }
}

fn bot_event(draft: &mut Draft<'_>, content: &Content, numbers: bool) -> BotEvent {
    if numbers && let Some(button) = wish::numbered(content, &draft.conversation().choices) {
        return event("payload", json!({ "payload": button.payload }));
    }
    match content {
        Content::Text { text } => event("text", json!({ "text": text })),
        Content::Payload { payload, .. } => event("payload", json!({ "payload": payload })),
        Content::Media(media) => {
            let kind = match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio => "audio",
                MediaKind::File => "file",
            };
            event(kind, json!({ "url": media.url, "name": media.name }))
        }
        Content::Link { url, .. } => event("url", json!({ "url": url })),
        Content::Trigger(trigger) => trigger_event(trigger),
        Content::Other { content_type, content } => event(content_type, content.clone()),
        Content::Question(_)
        | Content::Card(_)
        | Content::Carousel { .. }
        | Content::Typing { .. }
        | Content::Wait { .. } => event("text", json!({ "text": plain(content) })),
    }
}

/// The event that opens a bot at a place.
pub(super) fn trigger_event(trigger: &Trigger) -> BotEvent {
    let mut content = json!({});
    if let Some(flow) = &trigger.flow {
        content["flow_id"] = flow.as_str().into();
    }
    if let Some(step) = &trigger.step {
        content["step_id"] = step.as_str().into();
    }
    event("flow_trigger", content)
}

fn event(content_type: &str, content: serde_json::Value) -> BotEvent {
    BotEvent { content_type: content_type.into(), content }
}
