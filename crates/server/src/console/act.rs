//! What an agent wants done, as it comes from the socket or a form, and what became of it.

use crate::app::App;
use handover_core::contact::Agent;
use handover_core::content::{Content, Trigger};
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::{ConversationId, SessionId, SourceId};
use handover_engine::Error;
use serde::Deserialize;

/// The longest message and note, in characters.
const TEXT_CHARS_MAX: usize = 10_000;
const SOURCE_CHARS_MAX: usize = 100;

/// What an agent wants done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(super) enum Act {
    /// Take the floor of a waiting session (rule 7).
    Accept,
    /// Take over from the bot (rule 21).
    TakeOver,
    /// Write to the contact.
    Say { text: String },
    /// Send a file that was uploaded here.
    File { url: String },
    /// Write a private note.
    Note { text: String },
    /// Hand back to the bot, perhaps at a place (rule 22).
    HandBack {
        #[serde(default)]
        flow: String,
        #[serde(default)]
        step: String,
    },
    /// Close the conversation at the desk (rule 15).
    Close,
    /// The contact's words reached the agent, or were read.
    Seen { delivered: u64, read: u64 },
}

/// Where, and under which id, so that a repeat changes nothing (promise C).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Place {
    /// The id that the agent's browser gave to it.
    #[serde(default)]
    pub(super) id: String,
    pub(super) conversation: String,
    /// The session that the agent saw: what was meant for it never opens another one.
    #[serde(default)]
    pub(super) session: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is on disk; perhaps with a word on why it changed nothing.
    Done(Option<&'static str>),
    /// It cannot be done, ever.
    Refused(String),
    /// It may work in a moment.
    Again(String),
}

/// Does it.
pub(super) async fn run(app: &App, agent: Agent, place: &Place, act: Act) -> Outcome {
    if place.id.chars().count() > SOURCE_CHARS_MAX {
        return Outcome::Refused("The message's id is too long.".into());
    }
    let silent = matches!(act, Act::Seen { .. });
    // A take-over and a note need no open session; all else belongs to the one that the agent saw.
    let anywhere = matches!(act, Act::TakeOver | Act::Note { .. });
    let act = match act {
        Act::File { url } => match crate::files::find(app, &url).await {
            Ok(Some(media)) => Ok(DeskAct::Said(Content::Media(media))),
            Err(problem) => return Outcome::Again(problem.message),
            Ok(None) => Err("There is no such file here. Please attach it again.".into()),
        },
        act => desk_act(act),
    };
    let act = match act {
        Ok(act) => act,
        Err(problem) => return Outcome::Refused(problem),
    };
    said(app, agent, place, act, anywhere, silent).await
}

async fn said(
    app: &App,
    agent: Agent,
    place: &Place,
    act: DeskAct,
    anywhere: bool,
    silent: bool,
) -> Outcome {
    let source = (!place.id.is_empty()).then(|| SourceId::new(place.id.as_str()));
    let act = FromDesk { source, agent: Some(agent), done_at: None, act };
    let conversation = ConversationId::new(place.conversation.as_str());
    let taken = match (&place.session, anywhere) {
        (_, true) => app.engine.from_desk_to(&conversation, act).await,
        (Some(session), false) => {
            let session = SessionId::new(session.as_str());
            match app.store.session(&session).await {
                Ok(Some(record)) if record.conversation != conversation => Err(Error::NoSession),
                _ => app.engine.from_desk(&session, act).await,
            }
        }
        (None, false) => Err(Error::NoSession),
    };
    match taken {
        Ok(accepted) => {
            let told = !silent && !accepted.duplicate && accepted.entry != 0;
            Outcome::Done(accepted.ignored.filter(|_| told).map(|ignored| ignored.why()))
        }
        Err(error) => not_done(&error),
    }
}

/// What the agent is told.
fn not_done(error: &Error) -> Outcome {
    match error {
        Error::NoSession => Outcome::Refused(
            "This session is over, so nothing was sent. Take over to write again.".into(),
        ),
        Error::NoConversation => Outcome::Refused("There is no such conversation.".into()),
        Error::Busy | Error::Lost => {
            Outcome::Again("Not sent yet: much happens here at once. It is tried again.".into())
        }
        Error::Store(error) => {
            tracing::error!(%error, "what an agent did could not be stored");
            Outcome::Again("Not sent yet: it could not be stored. It is tried again.".into())
        }
    }
}

fn desk_act(act: Act) -> Result<DeskAct, String> {
    Ok(match act {
        Act::Accept | Act::TakeOver => DeskAct::Accepted,
        Act::Say { text } => DeskAct::Said(Content::text(checked(text)?)),
        Act::Note { text } => DeskAct::Noted(checked(text)?),
        Act::HandBack { flow, step } => {
            let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            let (flow, step) = (given(flow), given(step));
            let place = (flow.is_some() || step.is_some()).then_some(Trigger { flow, step });
            DeskAct::HandedBack(place)
        }
        Act::File { .. } => return Err("A file is looked up first.".into()),
        Act::Close => DeskAct::Closed,
        Act::Seen { delivered, read } => DeskAct::Seen { delivered, read },
    })
}

fn checked(text: String) -> Result<String, String> {
    let chars = text.chars().count();
    if text.trim().is_empty() {
        Err("There is nothing in it.".into())
    } else if chars > TEXT_CHARS_MAX {
        Err(format!("At most {TEXT_CHARS_MAX} characters; this has {chars}. Send it in parts."))
    } else {
        Ok(text.replace("\r\n", "\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, Outcome, desk_act, not_done};
    use handover_core::content::Trigger;
    use handover_core::event::DeskAct;
    use handover_core::port::store::StoreError;
    use handover_engine::Error;

    #[test]
    fn promise_b_an_agent_is_told_what_was_not_sent() {
        for error in [Error::Store(StoreError("disk full".into())), Error::Busy] {
            let outcome = not_done(&error);
            let Outcome::Again(words) = outcome else { panic!("{outcome:?} may work in a moment") };
            assert!(words.starts_with("Not sent yet") && words.contains("tried again"), "{words}");
            assert!(!words.contains("disk"), "{words}");
        }
        let over = not_done(&Error::NoSession);
        assert!(matches!(over, Outcome::Refused(words) if words.contains("Take over")));
    }

    #[test]
    fn rule_22_a_place_to_hand_back_to_is_optional() {
        let back = |flow: &str, step: &str| {
            desk_act(Act::HandBack { flow: flow.into(), step: step.into() }).unwrap()
        };
        assert_eq!(back("", "  "), DeskAct::HandedBack(None));
        let place = Trigger { flow: Some("billing".into()), step: None };
        assert_eq!(back(" billing ", ""), DeskAct::HandedBack(Some(place)));
    }

    #[test]
    fn a_message_is_neither_empty_nor_endless() {
        assert!(desk_act(Act::Say { text: " \n".into() }).is_err());
        assert!(desk_act(Act::Say { text: "x".repeat(10_001) }).unwrap_err().contains("10000"));
        assert!(desk_act(Act::Note { text: "x".repeat(10_000) }).is_ok());
    }

    #[test]
    fn acts_are_read_from_the_socket() {
        let act: Act = serde_json::from_str(r#"{"act":"say","text":"hi","id":"1"}"#).unwrap();
        assert_eq!(act, Act::Say { text: "hi".into() });
        assert!(serde_json::from_str::<Act>(r#"{"act":"operator_ended"}"#).is_err());
    }
}
