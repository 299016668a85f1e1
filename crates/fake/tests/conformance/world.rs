//! A desk's adapter, the whole engine and a believable vendor in one process: a clock that the test moves, no network.

use crate::around::Around;
use handover_core::capability::plain;
use handover_core::content::{Content, Media, MediaKind};
use handover_core::entry::{Body, Entry};
use handover_core::event::{ContactAct, DeskAct, FromContact};
use handover_core::ids::{AccountId, ContactKey, ConversationId, SessionId, SourceId};
use handover_core::policy::Livechat;
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::clock::Clock;
use handover_core::port::desk::{Connect, Desk};
use handover_core::port::directory::Account;
use handover_core::port::http::Request;
use handover_core::port::place::HOOK_TOKEN;
use handover_core::port::store::{Page, Store};
use handover_core::port::watch::Nobody;
use handover_core::session::Session;
use handover_core::time::Timestamp;
use handover_engine::{CaughtUp, Engine, HookError, Ports, conversation_id};
use handover_fake::vendor::{Conversation, Mood, Vendor};
use handover_store::Model;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Where the vendors post their hooks.
pub(crate) const BASE: &str = "https://handover.test";
/// A small picture.
pub(crate) const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// The clock that the test moves.
#[derive(Default)]
pub(crate) struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// A desk under test.
pub(crate) struct Kind {
    pub(crate) adapter: &'static dyn Desk,
    pub(crate) vendor: fn(Arc<dyn Clock>) -> Arc<dyn Vendor>,
    pub(crate) settings: fn() -> Value,
}

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<Model>,
    pub(crate) around: Arc<Around>,
    pub(crate) channel: &'static str,
    ids: AtomicU64,
}

impl World {
    /// A connected desk.
    pub(crate) fn new(kind: &Kind) -> Self {
        Self::with(kind, json!({}))
    }

    /// The same with other settings.
    pub(crate) fn with(kind: &Kind, settings: Value) -> Self {
        let clock = Arc::new(Hands::default());
        let vendor = (kind.vendor)(clock.clone());
        Self::around(kind, settings, clock, vendor)
    }

    /// The same around a vendor that the test knows more of.
    pub(crate) fn around(
        kind: &Kind,
        settings: Value,
        clock: Arc<Hands>,
        vendor: Arc<dyn Vendor>,
    ) -> Self {
        clock.0.store(1_800_000_000_000, Ordering::Relaxed);
        let mut all = (kind.settings)().as_object().unwrap().clone();
        all.extend(settings.as_object().unwrap().clone());
        all.insert(HOOK_TOKEN.into(), "hook-token-of-the-tests".into());
        let account = Account {
            id: AccountId::new("support"),
            vendor: kind.adapter.manifest().vendor.into(),
            name: "Support".into(),
            settings: all,
        };
        let around = Arc::new(Around {
            clock,
            vendor,
            adapter: kind.adapter,
            account: Mutex::new(Arc::new(account)),
            livechat: Mutex::new(Livechat {
                start_text: Some(String::new()),
                ..Livechat::default()
            }),
            hints: Mutex::default(),
            turns: Mutex::default(),
            statuses: Mutex::default(),
            channel_refuses: Mutex::default(),
        });
        let store = Arc::new(Model::default());
        let engine = Engine::new(Ports {
            store: store.clone(),
            bus: around.clone(),
            clock: around.clone(),
            directory: around.clone(),
            http: around.clone(),
            bots: around.clone(),
            watch: Arc::new(Nobody),
        });
        let world = Self { engine, store, around, channel: "web", ids: AtomicU64::new(0) };
        world.connect();
        world
    }

    pub(crate) fn vendor(&self) -> &dyn Vendor {
        &*self.around.vendor
    }

    pub(crate) fn account(&self) -> Arc<Account> {
        self.around.account.lock().unwrap().clone()
    }

    /// Connects (again), as saving the settings does.
    pub(crate) fn connect(&self) -> Vec<String> {
        let account = self.account();
        match self.block_on(self.engine.connect(self.around.adapter, &account)) {
            Connect::Done { learnt, said } => {
                let mut account = Account::clone(&account);
                account.settings.extend(learnt);
                *self.around.account.lock().unwrap() = Arc::new(account);
                said
            }
            other => panic!("it could not be connected: {other:?}"),
        }
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        futures_executor::block_on(future)
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.vendor().set_mood(mood);
    }

    pub(crate) fn later_s(&self, seconds: i64) {
        self.around.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// What is due is delivered, hooks come in, until nothing moves any more.
    pub(crate) fn settle(&self) {
        for _ in 0..1000 {
            let moved = self.deliver() + self.hooks();
            if moved == 0 {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// Time passes in small steps, in which all that is due happens.
    pub(crate) fn pass_s(&self, seconds: i64) {
        let step = if seconds > 600 { 10 } else { 1 };
        for _ in 0..seconds / step {
            self.settle();
            self.later_s(step);
        }
        self.settle();
    }

    fn deliver(&self) -> usize {
        self.block_on(async {
            let fired = self.engine.fire_due(100).await.unwrap();
            let leased = self.engine.lease(100).await.unwrap();
            let count = leased.len();
            for leased in leased {
                self.engine.deliver(leased).await.unwrap();
            }
            count + fired
        })
    }

    /// Brings the vendor's hooks in; says how many.
    pub(crate) fn hooks(&self) -> usize {
        let hooks = self.vendor().hooks();
        for hook in &hooks {
            let status = self.hook(hook);
            self.vendor().hook_answered(hook, Some(status));
        }
        hooks.len()
    }

    /// One hook, as the server would take it.
    pub(crate) fn hook(&self, request: &Request) -> u16 {
        let account = self.account();
        let url = request.url.strip_prefix(BASE).expect("a hook of ours");
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let token = account.text(HOOK_TOKEN).unwrap();
        let known = path == format!("/hooks/{}/{token}", account.id)
            || path.starts_with("/v1/livechat/") && query.contains(&format!("key={token}"));
        assert!(known, "an unknown address: {url}");
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.clone()))
            .collect();
        let call = Call {
            method: request.method,
            query,
            headers: &headers,
            body: &request.body,
            at: self.around.clock.now(),
        };
        match self.block_on(self.engine.hook(&account.id, &call)) {
            Ok(_) => 200,
            Err(HookError::Decode(DecodeError::Unauthorised(_))) => 401,
            Err(HookError::Decode(error)) => {
                panic!("{error}: {}", String::from_utf8_lossy(&request.body))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The driver's look at what the desk holds.
    pub(crate) fn catch_up(&self, who: &str) -> CaughtUp {
        self.look_at(&self.session(who).id)
    }

    /// The same for a session that may be over.
    pub(crate) fn look_at(&self, session: &SessionId) -> CaughtUp {
        self.block_on(self.engine.catch_up(session, None)).unwrap()
    }

    pub(crate) fn says(&self, who: &str, text: &str) {
        self.act(who, Content::text(text));
    }

    pub(crate) fn act(&self, who: &str, content: Content) {
        let n = self.ids.fetch_add(1, Ordering::Relaxed);
        let metadata = json!({
            "name": format!("{who} Example"),
            "email": format!("{who}@example.com"),
            "plan": "gold",
            "cart": { "items": 3, "total": "42.50" },
        });
        let from = FromContact {
            source: Some(SourceId::new(n.to_string())),
            metadata: metadata.as_object().cloned(),
            verified: true,
            act: ContactAct::Said(content),
        };
        let channel = AccountId::new(self.channel);
        self.block_on(self.engine.from_contact(&channel, &ContactKey::new(who), from)).unwrap();
    }

    pub(crate) fn sends_picture(&self, who: &str) {
        self.act(
            who,
            Content::Media(Media {
                kind: MediaKind::Image,
                url: "/files/abc/cat.png".into(),
                name: Some("cat.png".into()),
                mime: Some("image/png".into()),
                size_bytes: Some(PICTURE.len() as u64),
            }),
        );
    }

    /// Eve has talked to the bot and then asked for a human; all is delivered.
    pub(crate) fn asks(&self, who: &str) {
        self.says(who, "My parcel is late");
        self.settle();
        self.act(who, Content::payload(handover_core::words::START));
        self.settle();
    }

    /// The same, and Ana has answered.
    pub(crate) fn answered(&self, who: &str) {
        self.asks(who);
        self.vendor().agent_says(&self.link(who), "Ana", "Hello, how can I help?");
        self.settle();
    }

    pub(crate) fn id(&self, who: &str) -> ConversationId {
        conversation_id(&AccountId::new(self.channel), &ContactKey::new(who))
    }

    pub(crate) fn conversation(&self, who: &str) -> handover_core::conversation::Conversation {
        self.block_on(self.store.load(&self.id(who))).unwrap().unwrap()
    }

    pub(crate) fn session(&self, who: &str) -> Session {
        self.conversation(who).session.expect("an open session")
    }

    pub(crate) fn is_open(&self, who: &str) -> bool {
        self.conversation(who).session.is_some()
    }

    /// What the desk calls the open session's conversation, or the last one's.
    pub(crate) fn link(&self, who: &str) -> String {
        let conversation = self.conversation(who);
        let last = conversation.last.map(|last| last.session);
        conversation.session.or(last).and_then(|session| session.link).expect("a link")
    }

    /// The desk's conversation of the contact, as its agents see it.
    pub(crate) fn at_desk(&self, who: &str) -> Conversation {
        let link = self.link(who);
        let all = self.vendor().conversations();
        all.into_iter().find(|one| one.id == link).expect("the conversation at the desk")
    }

    pub(crate) fn transcript(&self, who: &str) -> Vec<Entry> {
        let page = Page { after: 0, limit: 1000, newest: false };
        self.block_on(self.store.transcript(&self.id(who), page)).unwrap()
    }

    /// What the contact sees of the agents, in order.
    pub(crate) fn seen(&self, who: &str) -> Vec<String> {
        self.transcript(who)
            .iter()
            .filter(|entry| entry.for_contact)
            .filter(|entry| matches!(entry.actor, handover_core::entry::Actor::Agent(_)))
            .filter_map(|entry| entry.content().map(plain))
            .collect()
    }

    pub(crate) fn troubles(&self, who: &str) -> Vec<String> {
        let troubles = self.transcript(who).into_iter().filter_map(|entry| match entry.body {
            Body::Trouble { text } => Some(text),
            _ => None,
        });
        troubles.collect()
    }

    pub(crate) fn offered(&self, who: &str) -> usize {
        let questions = self.transcript(who);
        questions
            .iter()
            .filter(|entry| matches!(entry.content(), Some(Content::Question(_))))
            .filter(|entry| entry.for_contact)
            .count()
    }

    pub(crate) fn operator_ends(&self, who: &str) {
        let act = handover_core::event::FromDesk {
            source: None,
            agent: None,
            done_at: None,
            act: DeskAct::OperatorEnded,
        };
        let session: SessionId = self.session(who).id;
        self.block_on(self.engine.from_desk(&session, act)).unwrap();
    }
}

impl Drop for World {
    /// Whatever a case was about: no request may be one that the vendor does not know.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.vendor().misfits(), [] as [String; 0]);
        }
    }
}
