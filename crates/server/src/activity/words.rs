//! What an entry and a delivery are, and why they are there, in words for operators.

use crate::render::why;
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::delivery::{Job, Side, ToDeskAct};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::port::store::DeliveryState;

/// The longest text of a line, in characters.
const TEXT_CHARS_MAX: usize = 2000;

/// Why an entry is in the transcript.
pub fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Sent => "its author sent it".into(),
        Cause::Turn { of } => format!("the bot's turn on line {of}"),
        Cause::Rule { number } => match rule(*number) {
            "" => format!("rule {number}"),
            words => format!("rule {number}: {words}"),
        },
        Cause::Delivery { n } => format!("what became of delivery {n}"),
    }
}

/// The rules of a session's life (docs/session.md), in a few words.
const fn rule(number: u8) -> &'static str {
    match number {
        1 => "the contact asks for a human",
        2 => "a second request changes nothing",
        3 => "the request names a queue",
        4 => "the bot asks for a human",
        5 => "no human can be had, and nobody is left in silence",
        6 => "the bot stays as it was while people talk",
        7 => "the first word of an agent takes the floor",
        8 => "what an agent says goes to the contact",
        9 => "what a bot says without the floor is fenced",
        10 => "a message restarts the window of inactivity",
        11 => "what cannot be shown is turned into the nearest thing",
        12 => "the contact ends the session",
        13 => "the marker in an agent's message offers the end",
        14 => "only the button ends after an offer",
        15 => "the desk closed its conversation",
        16 => "nobody wrote until the timeout",
        17 => "no agent came within the wait limit",
        18 => "the bot is told of the end, once",
        19 => "an end without a session changes nothing",
        20 => "each session is an object of its own",
        21 => "an agent takes over",
        22 => "an agent hands back to the bot",
        _ => "",
    }
}

/// Who did it.
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Contact => "Contact".into(),
        Actor::Bot => "Bot".into(),
        Actor::Agent(agent) => crate::render::clean_name(&agent.name),
        Actor::Gateway => "Handover".into(),
    }
}

/// What kind of line it is, and what it says.
pub fn body(entry: &Entry) -> (&'static str, String) {
    let said = |content: &Content| match content {
        Content::Typing { duration_ms } | Content::Wait { duration_ms } => {
            format!("a pause of {duration_ms} ms")
        }
        content => plain(content),
    };
    let (kind, text) = match &entry.body {
        Body::Message { content } => ("Message", said(content)),
        Body::Note { text } => ("Private note", text.clone()),
        Body::Opened { trigger } => {
            let flow = trigger.as_ref().and_then(|trigger| trigger.flow.as_deref());
            ("Chat opened", flow.map(|flow| format!("at {flow}")).unwrap_or_default())
        }
        Body::Started { desk } => ("Session started", format!("at the desk {desk}")),
        Body::Accepted => ("Agent took the floor", String::new()),
        Body::Ended { cause } => ("Session ended", why(*cause).to_owned()),
        Body::Terminal { payload, cause } => {
            ("Bot told of the end", format!("{payload}: {}", why(*cause)))
        }
        Body::Fenced { content } => ("Fenced", said(content)),
        Body::Ignored { what, .. } => ("Ignored", what.clone()),
        Body::Trouble { text } => ("Trouble", text.clone()),
    };
    (kind, text.chars().take(TEXT_CHARS_MAX).collect())
}

/// Why a line changed nothing or was not shown, where that is so.
pub fn held_back(entry: &Entry) -> Option<String> {
    match &entry.body {
        Body::Fenced { .. } => Some(
            "It was not shown to the contact: the bot no longer had the floor when it said this (rule 9)."
                .into(),
        ),
        Body::Ignored { why, .. } => Some(format!("It changed nothing: {why}.")),
        _ => None,
    }
}

/// What a delivery is to bring.
pub fn job(job: &Job) -> String {
    match job {
        Job::ToContact(_) => "Message to the contact".into(),
        Job::ToDesk(job) => match &job.act {
            ToDeskAct::Open => format!("Open session {} at the desk", job.session.ordinal),
            ToDeskAct::Message { .. } => "Message to the desk".into(),
            ToDeskAct::Ended { cause } => format!("Tell the desk of the end: {}", why(*cause)),
            ToDeskAct::Trouble { .. } => "Tell the desk of trouble".into(),
        },
        Job::Turn(turn) if turn.terminal => "Tell the bot of the session's end".into(),
        Job::Turn(turn) => format!("The bot's turn on line {}", turn.of),
    }
}

/// Where a delivery stands, in a word for people.
pub const fn state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "to be tried",
        DeliveryState::Delivered => "arrived",
        DeliveryState::Dead => "given up",
        DeliveryState::Skipped => "skipped",
    }
}

/// A side in a word for people.
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Contact => "contact",
        Side::Desk => "desk",
        Side::Bot => "bot",
    }
}

#[cfg(test)]
mod tests {
    use super::{cause, rule};
    use handover_core::entry::Cause;

    #[test]
    fn each_rule_has_words() {
        assert!((1..=22).all(|number| !rule(number).is_empty()));
        let said = cause(&Cause::Rule { number: 13 });
        assert_eq!(said, "rule 13: the marker in an agent's message offers the end");
        assert_eq!(cause(&Cause::Turn { of: 4 }), "the bot's turn on line 4");
        assert_eq!(cause(&Cause::Rule { number: 99 }), "rule 99");
    }
}
