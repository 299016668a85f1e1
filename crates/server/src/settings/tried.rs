//! A kind of desk for tests, with all that a vendor may ask for, and the vendor itself on a port of this machine.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use handover_core::capability::Capabilities;
use handover_core::delivery::ToDesk;
use handover_core::entry::Entry;
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{ByHand, Connect, Desk, Hooked, Usage};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::manifest::{Field, FieldKind, Learnt, Limit, Manifest};
use handover_core::port::place::{HOOK_TOKEN, Place};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

/// The token that the vendor accepts.
pub(crate) const TOKEN: &str = "t0ken-t0ken-t0ken";
/// What the vendor gives out when it is connected.
pub(crate) const SIGNING: &str = "s1gning-s1gning";

/// The kind of desk.
pub(crate) struct Tried;

static MANIFEST: Manifest = Manifest {
    vendor: "tried",
    title: "Tried desk",
    summary: "A desk of the tests.",
    fields: &[
        field("base_url", FieldKind::Url, true),
        field("token", FieldKind::Secret, true),
        field("account", FieldKind::Text, false),
        field("ticket", FieldKind::Choice(&[("session", "Each"), ("contact", "One")]), false),
    ],
    capabilities: Capabilities::posted(),
    learnt: &[
        Learnt { name: HOOK_TOKEN, secret: true },
        Learnt { name: "signing", secret: true },
        Learnt { name: "inbox", secret: false },
    ],
    limit: Some(Limit { requests: 40, window_s: 20 }),
    ..Manifest::PLAIN
};

const fn field(name: &'static str, kind: FieldKind, required: bool) -> Field {
    Field { name, label: name, help: "Of the tests.", kind, required }
}

impl Desk for Tried {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn decode(&self, _: &Account, _: &Call<'_>, _: &[Reply]) -> Result<Hooked, DecodeError> {
        Ok(Hooked::Ignored { why: "it is only tried".into() })
    }

    fn step(
        &self,
        account: &Account,
        _: Outgoing<'_, ToDesk>,
        _: &[Entry],
        so_far: &[Reply],
    ) -> Step {
        match so_far.last() {
            None => Step::Call(to(account, Request::get, "/message")),
            Some(reply) if reply.status != 200 => {
                let why = format!("{} is no longer accepted", account.text("token").unwrap());
                Step::Reject { why }
            }
            Some(_) => Step::Done { link: Some("c1".into()) },
        }
    }

    fn connect(&self, account: &Account, place: &Place, answers: &[Reply]) -> Connect {
        let Some(profile) = answers.first() else {
            return Connect::Call(to(account, Request::get, "/profile"));
        };
        match profile.status {
            200 => {}
            401 => {
                let problem = format!("{} is not accepted.", account.text("token").unwrap());
                return Connect::Wrong { field: "token", problem };
            }
            status => return Connect::Failed { why: format!("it answered {status}") },
        }
        let body: Value = serde_json::from_slice(&profile.body).unwrap();
        let choices: Vec<_> = body["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["id"].as_str().unwrap().into(), one["name"].as_str().unwrap().into()))
            .collect();
        if choices.len() > 1 && account.text("account").is_none() {
            let question = "Which account?".into();
            return Connect::Choose { field: "account", choices, question };
        }
        let Some(inbox) = answers.get(1) else {
            let body = json!({ "hook": place.hook(account), "inbox": account.text("inbox") });
            let with = |url: String| Request::json("POST", url, &body);
            return Connect::Call(to(account, with, "/inbox"));
        };
        let learnt: Map<String, Value> = serde_json::from_slice(&inbox.body).unwrap();
        Connect::Done { learnt, said: vec!["The inbox Website was made.".into()] }
    }

    fn by_hand(&self, account: &Account, place: &Place) -> Vec<ByHand> {
        vec![
            ByHand {
                what: "Make a trigger.".into(),
                copy: vec![("Address".into(), place.hook(account))],
                seen_by_hook: true,
            },
            ByHand {
                what: "Add your people.".into(),
                copy: vec![("Role".into(), "Agent".into())],
                seen_by_hook: false,
            },
        ]
    }

    fn usage(&self, reply: &Reply) -> Option<Usage> {
        let (used, limit) = reply.header("x-used")?.split_once('/')?;
        Some(Usage { used: used.parse().ok()?, limit: limit.parse().ok()? })
    }
}

fn to(account: &Account, call: impl Fn(String) -> Request, path: &str) -> Request {
    let url = format!("{}{path}", account.text("base_url").unwrap());
    call(url).header("authorization", account.text("token").unwrap())
}

/// The vendor.
pub(crate) struct Vendor {
    /// Where it is.
    pub(crate) url: String,
    told: Arc<Mutex<Told>>,
}

/// What the vendor has, and what it was told.
#[derive(Default)]
pub(crate) struct Told {
    /// Its accounts.
    pub(crate) accounts: Vec<(&'static str, &'static str)>,
    /// Whether it fails.
    pub(crate) down: bool,
    /// The hooks' addresses and inboxes that it was told.
    pub(crate) inboxes: Vec<Value>,
    /// The messages that it was brought.
    pub(crate) messages: usize,
}

impl Vendor {
    /// A vendor with one account.
    pub(crate) async fn start() -> Self {
        let told = Told { accounts: vec![("1", "Acme")], ..Told::default() };
        let told = Arc::new(Mutex::new(told));
        let routes = Router::new()
            .route("/profile", get(profile))
            .route("/inbox", post(inbox))
            .route("/message", get(message))
            .with_state(Arc::clone(&told));
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

type Here = State<Arc<Mutex<Told>>>;

async fn profile(State(told): Here, headers: HeaderMap) -> impl IntoResponse {
    let told = told.lock().unwrap();
    let status = match headers["authorization"].to_str().unwrap() {
        _ if told.down => StatusCode::SERVICE_UNAVAILABLE,
        TOKEN => StatusCode::OK,
        _ => StatusCode::UNAUTHORIZED,
    };
    let accounts: Vec<_> =
        told.accounts.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    (status, [("x-used", "12/40")], Json(json!({ "accounts": accounts })))
}

async fn inbox(State(told): Here, Json(body): Json<Value>) -> Json<Value> {
    told.lock().unwrap().inboxes.push(body);
    Json(json!({ "inbox": "7", "signing": SIGNING }))
}

async fn message(State(told): Here) -> StatusCode {
    let mut told = told.lock().unwrap();
    told.messages += 1;
    if told.down { StatusCode::FORBIDDEN } else { StatusCode::OK }
}
