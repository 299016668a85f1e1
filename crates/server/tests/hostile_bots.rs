//! A bot that loops, recurses, grows or waits costs its own turn only, and the contact is told (promises E and F).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use handover::bots::Library;
use handover::clock::SystemClock;
use handover::http::client::GuardedClient;
use handover::story;
use handover_core::contact::Contact;
use handover_core::event::{BotEvent, BotReply};
use handover_core::ids::{AccountId, ContactKey, ConversationId};
use handover_core::port::bot::{Bots, TurnInput};
use handover_store::model::Model;
use serde_json::{Map, Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The time a turn has in these tests.
const TURN_MS: u64 = 100;
/// Far less than the server's own limit, far more than a turn takes here.
const SOON: Duration = Duration::from_secs(5);

/// The bot counts the contact's messages, and does something bad after "bad".
fn bot(functions: &str, bad: &str) -> String {
    let source = format!(
        "{functions}\nstart:\n  remember n = 0\n  goto listen\n\nlisten:\n  say \"heard {{{{n}}}}\"\n  hold\n  \
         remember n = n + 1\n  if (event == \"bad\") {{\n{bad}\n  }}\n  goto listen\n"
    );
    json!({
        "id": "b", "name": "b", "default_flow": "Default",
        "flows": [{ "id": "1", "name": "Default", "commands": [], "content": source }],
    })
    .to_string()
}

struct Test {
    runtime: Runtime,
    library: Arc<Library>,
}

fn input(state: Option<&Value>, event: &BotEvent, metadata: &Map<String, Value>) -> TurnInput {
    let mut contact = Contact::unknown(ContactKey::new("contact"));
    contact.metadata.clone_from(metadata);
    TurnInput {
        bot: AccountId::new("bot"),
        pinned: None,
        conversation: ConversationId::new("conversation"),
        channel: AccountId::new("web"),
        contact,
        state: state.cloned(),
        event: event.clone(),
    }
}

impl Test {
    fn new(bot: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let library = runtime.block_on(async {
            let http = Arc::new(GuardedClient::new(true).unwrap());
            let records = Arc::new(Model::new());
            let library = Library::load(records, http, Arc::new(SystemClock)).await.unwrap();
            let library = library.with_turn_ms(TURN_MS);
            let files = [("bot.json".to_owned(), bot.as_bytes().to_vec())].into();
            library.upload(&AccountId::new("bot"), files).await.unwrap();
            Arc::new(library)
        });
        Self { runtime, library }
    }

    fn turn(
        &self,
        state: Option<&Value>,
        event: &BotEvent,
        metadata: &Map<String, Value>,
    ) -> Result<BotReply, String> {
        self.runtime.block_on(self.library.turn(input(state, event, metadata)))
    }

    /// The bad turn ends in trouble for the log and words for the contact; the bot stands where it stood.
    fn plays(&self, trouble: &str) {
        let text = format!(
            "contact opens\nbot: heard 0\ncontact: hello\nbot: heard 1\n\
             contact: bad\ntrouble: The bot failed: ...{trouble}...\n\
             gateway: Sorry, something went wrong on our side. ...\n\
             contact: hello\nbot: heard 2\n"
        );
        let started = Instant::now();
        for story in story::parse(&text).unwrap() {
            let mut bot =
                |state: Option<&Value>, event: &BotEvent, metadata: &Map<String, Value>| {
                    self.turn(state, event, metadata)
                };
            story::play(&story, &mut bot)
                .unwrap_or_else(|difference| panic!("{}", difference.text));
        }
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    }
}

#[test]
fn a_loop_for_ever() {
    Test::new(&bot("", "    while (true) { do x = 1 }")).plays("the turn took too");
}

#[test]
fn recursion_without_an_end() {
    let functions = "fn down(x):\n  return down(x + 1)\n";
    Test::new(&bot(functions, "    do x = down(1)")).plays("call each other too deep");
}

#[test]
fn a_text_that_doubles() {
    Test::new(&bot("", "    do s = \"ab\"\n    while (true) { do s = \"{{s}}{{s}}\" }"))
        .plays("a value became too large");
}

#[test]
fn a_thousand_messages() {
    Test::new(&bot("", "    while (true) { say \"spam\" }")).plays("too many messages");
}

#[test]
fn a_server_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let bad = format!("    do x = HTTP(\"http://{address}/\").get().send()");
    Test::new(&bot("", &bad)).plays("the turn took too long");
}

#[test]
fn others_talk_on_meanwhile() {
    let test = Test::new(&bot("", "    while (true) { do x = 1 }"));
    let nobody = Map::new();
    let event =
        |text: &str| BotEvent { content_type: "text".into(), content: json!({ "text": text }) };
    let opened = test.turn(None, &event("hello"), &nobody).unwrap();
    test.runtime.block_on(async {
        let bad: Vec<_> = (0..4)
            .map(|_| {
                let (library, input) =
                    (Arc::clone(&test.library), input(Some(&opened.state), &event("bad"), &nobody));
                tokio::spawn(async move { library.turn(input).await })
            })
            .collect();
        let good = test.library.turn(input(Some(&opened.state), &event("hello"), &nobody)).await;
        assert_eq!(good.unwrap().messages.len(), 1);
        for bad in bad {
            assert!(bad.await.unwrap().is_err());
        }
    });
}
