//! A desk elsewhere whose vendor takes all parts of the way round, each of which a test can break.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use handover_adapters::kit::post::outcome;
use handover_core::capability::{Capabilities, plain};
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::Entry;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{At, CatchUp, Connect, Desk, FromHook, Hooked, Hop, What};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::manifest::{Field, FieldKind, Learnt, Manifest};
use handover_core::port::place::{HOOK_TOKEN, Place};
use handover_core::session::Session;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The kind of desk.
pub(crate) struct Looped;

static MANIFEST: Manifest = Manifest {
    vendor: "looped",
    title: "Looped desk",
    fields: &[
        Field {
            name: "base_url",
            label: "Address",
            help: "Of the tests.",
            kind: FieldKind::Url,
            required: true,
        },
        Field {
            name: "token",
            label: "Token",
            help: "Of the tests.",
            kind: FieldKind::Secret,
            required: true,
        },
    ],
    capabilities: Capabilities::posted(),
    learnt: &[Learnt { name: HOOK_TOKEN, secret: true }],
    catch_up_s: Some(1),
    ..Manifest::PLAIN
};

fn to(account: &Account, part: &str, body: Value) -> Request {
    let base = account.text("base_url").unwrap();
    Request::json("POST", format!("{base}/{part}"), &body)
}

impl Desk for Looped {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn connect(&self, account: &Account, place: &Place, answers: &[Reply]) -> Connect {
        let hook = json!({ "hook": place.hook(account) });
        match answers.first().map(|answer| answer.status) {
            None => Connect::Call(to(account, "connect", hook)),
            Some(200) => {
                Connect::Done { learnt: Map::new(), said: vec!["The token is good.".into()] }
            }
            Some(401) => {
                let problem = format!("{} is not accepted (401).", account.text("token").unwrap());
                Connect::Wrong { field: "token", problem }
            }
            Some(status) => Connect::Failed { why: format!("the desk answered {status}") },
        }
    }

    fn step(
        &self,
        account: &Account,
        job: Outgoing<'_, ToDesk>,
        _: &[Entry],
        so_far: &[Reply],
    ) -> Step {
        let (part, text) = match &job.job.act {
            ToDeskAct::Open => ("open", String::new()),
            ToDeskAct::Message { content } => ("message", plain(content)),
            ToDeskAct::Ended { .. } => ("ended", String::new()),
            ToDeskAct::Trouble { .. } => return Step::Done { link: None },
        };
        match so_far.first().map(outcome) {
            None => {
                let name = job.job.contact.name();
                let (key, link) = (&job.job.contact.key, &job.job.session.link);
                let body = json!({ "name": name, "key": key, "link": link, "text": text });
                Step::Call(to(account, part, body))
            }
            Some(Step::Done { .. }) if part == "open" => {
                Step::Done { link: Some(format!("t-{}", job.job.session.id)) }
            }
            Some(step) => step,
        }
    }

    fn answer_as_agent(
        &self,
        account: &Account,
        session: &Session,
        text: &str,
        answers: &[Reply],
    ) -> Step {
        let body = || json!({ "link": session.link, "text": text });
        answers.first().map_or_else(|| Step::Call(to(account, "agent", body())), outcome)
    }

    fn decode(&self, _: &Account, call: &Call<'_>, _: &[Reply]) -> Result<Hooked, DecodeError> {
        let hook: Value = serde_json::from_slice(call.body).unwrap();
        Ok(Hooked::Events(vec![event(&hook)]))
    }

    /// It holds whatever a test waits for: a test that looks would find it without a hook.
    fn catch_up(
        &self,
        account: &Account,
        session: &Session,
        _: Option<&str>,
        answers: &[Reply],
    ) -> CatchUp {
        let Some(answer) = answers.first() else {
            return CatchUp::Call(to(account, "held", json!({ "link": session.link })));
        };
        let held: Vec<Value> = serde_json::from_slice(&answer.body).unwrap_or_default();
        CatchUp::Done { events: held.iter().map(event).collect(), cursor: None, held: None }
    }

    fn hint(&self, hop: Hop, why: &str) -> Option<String> {
        (hop == Hop::Message && why.contains("410")).then(|| "Looped desks hide themselves.".into())
    }
}

fn event(hook: &Value) -> FromHook {
    let text = hook["text"].as_str().unwrap();
    let act = match hook["note"].as_bool() {
        Some(true) => DeskAct::Noted(text.into()),
        _ => DeskAct::Said(Content::text(text)),
    };
    let did = FromDesk {
        source: Some(SourceId::new(hook["id"].as_str().unwrap())),
        agent: Some(Agent::new("7", "Bob")),
        done_at: None,
        act,
    };
    FromHook { at: At::Link(hook["link"].as_str().unwrap().into()), what: What::Did(did) }
}

/// What becomes of the vendor's hooks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Hooks {
    #[default]
    Sent,
    Lost,
    /// The answer is a private note.
    Notes,
    /// The marker is written small.
    Changed,
    /// They speak of something else.
    Elsewhere,
    /// Only the first of a conversation.
    First,
}

/// The vendor.
#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) url: String,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
pub(crate) struct Told {
    /// How parts are answered, where not with 200.
    pub(crate) answers: HashMap<&'static str, u16>,
    pub(crate) hooks: Hooks,
    /// What came, part by part.
    pub(crate) came: Vec<(String, Value)>,
    hook: String,
    held: Vec<Value>,
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let routes = Router::new().route("/{part}", post(take)).with_state(Arc::clone(&told));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, told }
    }

    /// Looks at it or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.told.lock().unwrap())
    }
}

async fn take(
    State(told): State<Arc<Mutex<Told>>>,
    Path(part): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let hook = {
        let mut told = told.lock().unwrap();
        told.came.push((part.clone(), body.clone()));
        if let Some(status) = told.answers.get(part.as_str()) {
            return StatusCode::from_u16(*status).unwrap().into_response();
        }
        match part.as_str() {
            "connect" => told.hook = body["hook"].as_str().unwrap().into(),
            "held" => return Json(told.held.clone()).into_response(),
            _ => {}
        }
        (part == "agent")
            .then(|| told.answered(body))
            .flatten()
            .map(|hook| (told.hook.clone(), hook))
    };
    if let Some((url, hook)) = hook {
        tokio::spawn(async move {
            let client = crate::http::client::GuardedClient::new(true).unwrap();
            let call = Request::json("POST", url, &hook);
            handover_core::port::http::Http::call(&client, call).await.unwrap();
        });
    }
    StatusCode::OK.into_response()
}

impl Told {
    /// The hook for an agent's answer.
    fn answered(&mut self, mut hook: Value) -> Option<Value> {
        let first = self.held.is_empty();
        hook["id"] = format!("m{}-{}", self.held.len(), hook["link"]).into();
        self.held.push(hook.clone());
        match self.hooks {
            Hooks::Sent => {}
            Hooks::First if first => {}
            Hooks::Lost | Hooks::First => return None,
            Hooks::Notes => hook["note"] = true.into(),
            Hooks::Changed => {
                hook["text"] =
                    hook["text"].as_str().unwrap().replace("LIVECHAT", "Livechat").into();
            }
            Hooks::Elsewhere => hook["link"] = "t-0".into(),
        }
        Some(hook)
    }
}
