//! A small world around the engine: a clock that the test moves, a desk that the test scripts, a bot that repeats.

use crate::failing::Failing;
use async_trait::async_trait;
use handover_core::capability::Capabilities;
use handover_core::content::Content;
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::Entry;
use handover_core::event::{BotReply, ContactAct, DeskAct, FromContact, FromDesk};
use handover_core::ids::{AccountId, BotVersion, ContactKey, ConversationId, SessionId, SourceId};
use handover_core::policy::{Livechat, Policy};
use handover_core::port::bot::{Bots, TurnInput};
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::clock::Clock;
use handover_core::port::desk::{At, Desk, FromHook, Hooked, What};
use handover_core::port::directory::{Account, Directory};
use handover_core::port::http::{CallError, Http, Reply, Request};
use handover_core::port::manifest::Manifest;
use handover_core::port::place::Place;
use handover_core::port::store::{Page, Store};
use handover_core::port::watch::Nobody;
use handover_core::time::Timestamp;
use handover_engine::{Accepted, Engine, Hook, Ports};
use handover_store::Model;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) type Answer = Result<Reply, CallError>;

#[derive(Default)]
pub(crate) struct World {
    now_ms: AtomicI64,
    /// How long each call takes.
    pub(crate) slow_ms: AtomicI64,
    /// Whether the desk is asked what it has before anything is sent again.
    pub(crate) looks_up: AtomicBool,
    /// Whether calls get no answer, ever.
    pub(crate) hangs: AtomicBool,
    /// Whether the bot never comes to an end.
    pub(crate) bot_hangs: AtomicBool,
    /// What the desk answers, in order; 200 when there is nothing left.
    pub(crate) answers: Mutex<VecDeque<Answer>>,
    /// What was posted.
    pub(crate) calls: Mutex<Vec<String>>,
    /// What the bus carried.
    pub(crate) hints: Mutex<Vec<Envelope>>,
    /// What the bot was given.
    pub(crate) turns: Mutex<Vec<String>>,
}

pub(crate) struct Test {
    pub(crate) engine: Engine,
    pub(crate) world: Arc<World>,
    pub(crate) store: Arc<Model>,
    /// The same as the engine meets it.
    pub(crate) failing: Arc<Failing>,
}

pub(crate) fn web() -> AccountId {
    AccountId::new("web")
}

pub(crate) fn eve() -> ContactKey {
    ContactKey::new("eve")
}

fn process(world: &Arc<World>, store: &Arc<Failing>) -> Engine {
    Engine::new(Ports {
        store: store.clone(),
        bus: world.clone(),
        clock: world.clone(),
        directory: world.clone(),
        http: world.clone(),
        bots: world.clone(),
        watch: Arc::new(Nobody),
    })
}

impl Test {
    pub(crate) fn new() -> Self {
        let (world, store) = (Arc::new(World::default()), Arc::new(Model::default()));
        world.now_ms.store(1_000_000, Ordering::Relaxed);
        let failing = Arc::new(Failing::of(store.clone()));
        let engine = process(&world, &failing);
        Self { engine, world, store, failing }
    }

    /// Goes on in another process on the same store; gives the one before.
    pub(crate) fn another_process(&mut self) -> Engine {
        let other = process(&self.world, &self.failing);
        std::mem::replace(&mut self.engine, other)
    }

    pub(crate) fn contact(&self, source: &str, content: Content) -> Accepted {
        let act = FromContact {
            source: Some(SourceId::new(source)),
            metadata: None,
            verified: true,
            act: ContactAct::Said(content),
        };
        futures_executor::block_on(self.engine.from_contact(&web(), &eve(), act)).unwrap()
    }

    pub(crate) fn agent(&self, source: &str, act: DeskAct) -> Accepted {
        let agent = handover_core::contact::Agent::new("ada", "Ada");
        let act = FromDesk {
            source: Some(SourceId::new(source)),
            agent: Some(agent),
            done_at: None,
            act,
        };
        futures_executor::block_on(self.engine.from_desk(&self.session(), act)).unwrap()
    }

    /// A hook of a desk's account, and what became of it.
    pub(crate) fn hook(&self, desk: &str, body: &Value) -> Hook {
        let (body, at) = (body.to_string(), self.world.now());
        let call = Call { method: "POST", query: "", headers: &[], body: body.as_bytes(), at };
        let desk = AccountId::new(desk);
        futures_executor::block_on(self.engine.hook(&desk, &call)).unwrap()
    }

    pub(crate) fn session(&self) -> SessionId {
        SessionId::nth(&self.id(), 1)
    }

    pub(crate) fn id(&self) -> ConversationId {
        handover_engine::conversation_id(&web(), &eve())
    }

    pub(crate) fn later_s(&self, seconds: i64) {
        self.world.now_ms.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Works on all that is due until nothing is; says how many deliveries were worked on.
    pub(crate) fn settle_all(&self) -> usize {
        let mut worked = 0;
        futures_executor::block_on(async {
            loop {
                self.engine.fire_due(100).await.unwrap();
                let leased = self.engine.lease(100).await.unwrap();
                if leased.is_empty() {
                    return worked;
                }
                for leased in leased {
                    worked += 1;
                    self.engine.deliver(leased).await.unwrap();
                }
            }
        })
    }

    pub(crate) fn transcript(&self) -> Vec<Entry> {
        let page = Page { after: 0, limit: 1000, newest: false };
        futures_executor::block_on(self.store.transcript(&self.id(), page)).unwrap()
    }

    pub(crate) fn said(&self) -> Vec<String> {
        let entries = self.transcript();
        entries.iter().filter_map(Entry::content).map(handover_core::capability::plain).collect()
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.world.calls.lock().unwrap().clone()
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.world.answers.lock().unwrap().push_back(answer);
    }
}

pub(crate) fn status(status: u16) -> Answer {
    Ok(Reply { status, headers: Vec::new(), body: Vec::new() })
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now_ms.load(Ordering::Relaxed))
    }
}

impl Bus for World {
    fn publish(&self, envelope: Envelope) {
        self.hints.lock().unwrap().push(envelope);
    }
}

#[async_trait]
impl Http for World {
    async fn call(&self, request: Request) -> Answer {
        self.calls.lock().unwrap().push(String::from_utf8(request.body).unwrap());
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.now_ms.fetch_add(self.slow_ms.load(Ordering::Relaxed), Ordering::Relaxed);
        self.answers.lock().unwrap().pop_front().unwrap_or_else(|| status(200))
    }
}

#[async_trait]
impl Bots for World {
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String> {
        let word = input.event.content.to_string();
        self.turns.lock().unwrap().push(word.clone());
        if self.bot_hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if word.contains("boom") {
            return Err("boom".into());
        }
        let turn = input.state.and_then(|state| state.as_u64()).unwrap_or(0) + 1;
        Ok(BotReply {
            messages: vec![Content::text(format!("turn {turn}"))],
            state: json!(turn),
            holds: true,
            version: BotVersion::new("1"),
            log: Vec::new(),
        })
    }
}

impl Directory for World {
    fn policy(&self, _: &AccountId, _: Option<&AccountId>) -> Policy {
        Policy {
            desk: Some(AccountId::new("desk")),
            link: None,
            desk_can: Capabilities::posted(),
            channel_can: Capabilities::pulling(),
            livechat: Livechat { start_text: Some(String::new()), ..Livechat::default() },
        }
    }

    fn bot_of(&self, _: &AccountId) -> AccountId {
        AccountId::new("bot")
    }

    fn channel(&self, _: &AccountId) -> Option<(Arc<Account>, &'static dyn Channel)> {
        None
    }

    fn desk(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Desk)> {
        let account = Account {
            id: id.clone(),
            vendor: "scripted".into(),
            name: "Scripted".into(),
            settings: serde_json::Map::new(),
        };
        let looks_up = self.looks_up.load(Ordering::Relaxed);
        Some((Arc::new(account), if looks_up { &LOOKING } else { &BLIND }))
    }

    fn place(&self) -> Place {
        Place { base_url: "https://handover.example".into() }
    }

    fn file_of(&self, desk: &AccountId, url: &str) -> String {
        format!("/files/desk/{desk}/{url}")
    }
}

/// A desk of one call: posts what it is given in words.
struct Scripted(&'static Manifest);

static BLIND: Scripted = Scripted(&MANIFEST);
static LOOKING: Scripted = Scripted(&LOOKS_UP);

static MANIFEST: Manifest = Manifest {
    vendor: "scripted",
    title: "Scripted",
    summary: "For tests",
    fields: &[],
    capabilities: Capabilities::posted(),
    ..Manifest::PLAIN
};

static LOOKS_UP: Manifest = Manifest { looks_up: true, ..MANIFEST };

impl Desk for Scripted {
    fn manifest(&self) -> &'static Manifest {
        self.0
    }

    fn decode(
        &self,
        _: &Account,
        call: &Call<'_>,
        answers: &[Reply],
    ) -> Result<Hooked, DecodeError> {
        let hook: Value = serde_json::from_slice(call.body).unwrap();
        let text = |name: &str| hook[name].as_str().unwrap_or_default().to_owned();
        let say = |text: String| {
            let source = Some(SourceId::new(hook["id"].as_str().unwrap()));
            let act = DeskAct::Said(Content::text(text));
            FromDesk { source, agent: None, done_at: None, act }
        };
        let at = match (hook["link"].as_str(), hook["session"].as_str()) {
            (Some(link), _) => At::Link(link.into()),
            (_, Some(session)) => At::Session(SessionId::new(session)),
            _ => At::Conversation(ConversationId::new(text("conversation"))),
        };
        let event = |text| vec![FromHook { at: at.clone(), what: What::Did(say(text)) }];
        match answers.first() {
            _ if hook["ask"].is_null() => Ok(Hooked::Events(event(text("say")))),
            None => {
                let request = Request::get("https://desk.example/message");
                Ok(Hooked::Ask { request, or: event(text("say")) })
            }
            Some(answer) => Ok(Hooked::Events(event(String::from_utf8_lossy(&answer.body).into()))),
        }
    }

    fn step(
        &self,
        _: &Account,
        job: Outgoing<'_, ToDesk>,
        transcript: &[Entry],
        so_far: &[Reply],
    ) -> Step {
        let word = match &job.job.act {
            ToDeskAct::Open => format!("open with {} lines", transcript.len()),
            ToDeskAct::Message { content } => handover_core::capability::plain(content),
            ToDeskAct::Ended { cause } => format!("ended {}", cause.as_str()),
            ToDeskAct::Trouble { text, .. } => text.clone(),
        };
        let asks = word.strip_prefix("ask ").and_then(|calls| calls.parse().ok()).unwrap_or(1);
        match so_far.last() {
            Some(reply) if reply.status == 200 && so_far.len() < asks => {
                Step::Call(Request::get("https://desk.example/"))
            }
            None => Step::Call(Request {
                body: word.into_bytes(),
                ..Request::new("POST", "https://desk.example/")
            }),
            Some(reply) if reply.status == 200 => Step::Done { link: Some("link".into()) },
            Some(reply) if reply.status == 500 => Step::Retry { after_s: None, why: "500".into() },
            Some(reply) => Step::Reject { why: format!("status {}", reply.status) },
        }
    }
}
