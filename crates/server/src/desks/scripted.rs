//! A desk for tests of what surrounds desks: its hooks say in plain words what they are.

use handover_core::capability::Capabilities;
use handover_core::contact::Agent;
use handover_core::content::{Content, Media, MediaKind};
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::Entry;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::{ConversationId, SessionId, SourceId};
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{At, CatchUp, Desk, FromHook, Hooked, Presence, What};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::manifest::{Learnt, Manifest};
use handover_core::port::place::HOOK_TOKEN;
use handover_core::session::Session;
use serde_json::{Value, json};

/// Its vendor.
pub(crate) const VENDOR: &str = "scripted";

/// The desk.
pub(crate) struct Scripted;

static MANIFEST: Manifest = Manifest {
    vendor: VENDOR,
    title: "Scripted",
    capabilities: Capabilities::posted(),
    learnt: &[Learnt { name: HOOK_TOKEN, secret: true }],
    catch_up_s: Some(1),
    ..Manifest::PLAIN
};

impl Desk for Scripted {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn verify(&self, _: &Account, call: &Call<'_>) -> Result<(), DecodeError> {
        match call.header("x-signature") {
            Some("wrong") => Err(DecodeError::Unauthorised("The signature is wrong.".into())),
            _ => Ok(()),
        }
    }

    /// The body, or for a GET the query: `link` or `session` or `conversation`, `id`, and `text`, `file`, `typing`.
    fn decode(
        &self,
        _: &Account,
        call: &Call<'_>,
        answers: &[Reply],
    ) -> Result<Hooked, DecodeError> {
        let hook: Value = match call.method {
            "GET" => call.query.split('&').filter_map(|pair| pair.split_once('=')).collect(),
            _ => serde_json::from_slice(call.body).map_err(|_| DecodeError::Field {
                field: "body".into(),
                problem: "This is not JSON.".into(),
            })?,
        };
        if hook["panic"] == true {
            panic!("as the test wants");
        }
        if let (Some(url), true) = (hook["ask"].as_str(), answers.is_empty()) {
            return Ok(Hooked::Ask {
                request: Request::get(url),
                or: event(&hook).into_iter().collect(),
            });
        }
        Ok(match event(&hook) {
            Some(event) => Hooked::Events(vec![event]),
            None => Hooked::Ignored { why: "it says nothing".into() },
        })
    }

    fn step(
        &self,
        account: &Account,
        job: Outgoing<'_, ToDesk>,
        _: &[Entry],
        answers: &[Reply],
    ) -> Step {
        let link = Some(format!("t-{}", job.job.session.id));
        match (&job.job.act, account.text("url")) {
            (ToDeskAct::Open, _) => Step::Done { link },
            (ToDeskAct::Message { content: Content::Media(media) }, Some(url)) => match answers {
                [] => Step::Call(Request::get(&media.url).file()),
                [file] => {
                    let seen = json!({
                        "status": file.status,
                        "type": file.header("content-type"),
                        "disposition": file.header("content-disposition"),
                        "bytes": file.body.len(),
                    });
                    Step::Call(Request::json("POST", url, &seen))
                }
                _ => Step::Done { link: None },
            },
            _ => Step::Done { link: None },
        }
    }

    fn catch_up(
        &self,
        account: &Account,
        session: &Session,
        cursor: Option<&str>,
        answers: &[Reply],
    ) -> CatchUp {
        let Some(url) = account.text("held") else {
            return CatchUp::Done { events: Vec::new(), cursor: None, held: None };
        };
        let Some(answer) = answers.first() else {
            let after = cursor.unwrap_or("0");
            return CatchUp::Call(Request::get(format!("{url}?after={after}&of={}", session.id)));
        };
        let held: Vec<Value> = serde_json::from_slice(&answer.body).unwrap_or_default();
        let at = |mut held: Value| {
            held["session"] = session.id.as_str().into();
            event(&held)
        };
        let cursor = Some(held.len().to_string());
        CatchUp::Done { events: held.into_iter().filter_map(at).collect(), cursor, held: None }
    }

    fn presence(&self, account: &Account, _: &Session, presence: Presence) -> Option<Request> {
        let sign = match presence {
            Presence::Typing(on) => json!({ "typing": on }),
            Presence::Read => json!({ "read": true }),
        };
        Some(Request::json("POST", account.text("url")?, &sign))
    }

    fn file(&self, account: &Account, url: &str) -> Request {
        Request::get(url).header("authorization", account.text("key").unwrap_or_default()).file()
    }
}

fn event(hook: &Value) -> Option<FromHook> {
    let text = |name: &str| hook[name].as_str().map(str::to_owned);
    let at = text("link")
        .map(At::Link)
        .or_else(|| text("session").map(|id| At::Session(SessionId::new(id))))
        .or_else(|| text("conversation").map(|id| At::Conversation(ConversationId::new(id))))?;
    if let Some(on) = hook["typing"].as_bool() {
        return Some(FromHook { at, what: What::Typing { name: Some("Bob".into()), on } });
    }
    let content = match text("file") {
        Some(url) => Content::Media(Media {
            kind: MediaKind::Image,
            url,
            name: None,
            mime: None,
            size_bytes: None,
        }),
        None => Content::text(text("text")?),
    };
    let did = FromDesk {
        source: text("id").map(SourceId::new),
        agent: Some(Agent { picture: text("picture"), ..Agent::new("7", "Bob") }),
        done_at: None,
        act: DeskAct::Said(content),
    };
    Some(FromHook { at, what: What::Did(did) })
}
