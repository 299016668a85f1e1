//! What surrounds the engine in a test's world: clock, vendor, bot, channels, and where they are looked up.

use crate::world::{BASE, Hands, PICTURE};
use async_trait::async_trait;
use handover_core::capability::Capabilities;
use handover_core::content::Content;
use handover_core::event::{BotReply, FromContact};
use handover_core::ids::{AccountId, BotVersion, ContactKey};
use handover_core::policy::{Livechat, Policy};
use handover_core::port::bot::{Bots, TurnInput};
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::clock::Clock;
use handover_core::port::desk::Desk;
use handover_core::port::directory::{Account, Directory};
use handover_core::port::http::{CallError, Http, Reply, Request};
use handover_core::port::manifest::Manifest;
use handover_core::port::place::Place;
use handover_core::time::Timestamp;
use handover_fake::vendor::Vendor;
use serde_json::{Map, json};
use std::sync::{Arc, Mutex};

/// The world's outside and its directory.
pub(crate) struct Around {
    pub(crate) clock: Arc<Hands>,
    pub(crate) vendor: Arc<dyn Vendor>,
    pub(crate) adapter: &'static dyn Desk,
    pub(crate) account: Mutex<Arc<Account>>,
    pub(crate) livechat: Mutex<Livechat>,
    pub(crate) hints: Mutex<Vec<Envelope>>,
    /// The bot's turns, as `payload` or text.
    pub(crate) turns: Mutex<Vec<String>>,
    /// Answers of the vendor with this status were seen.
    pub(crate) statuses: Mutex<Vec<u16>>,
    /// What is posted to the channel `posted` is refused.
    pub(crate) channel_refuses: Mutex<bool>,
}

impl Clock for Around {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Bus for Around {
    fn publish(&self, envelope: Envelope) {
        self.hints.lock().unwrap().push(envelope);
    }
}

#[async_trait]
impl Http for Around {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        if request.url.starts_with(&format!("{BASE}/files/")) {
            let headers = vec![("content-type".to_owned(), "image/png".to_owned())];
            return Ok(Reply { status: 200, headers, body: PICTURE.to_vec() });
        }
        if request.url.starts_with("http://10.") {
            return Err(CallError::Refused("the address lies in a private network".into()));
        }
        let mut request = request;
        for _ in 0..5 {
            let reply = self.vendor.call(&request)?;
            self.statuses.lock().unwrap().push(reply.status);
            match reply.header("location") {
                Some(place) if request.file && (300..400).contains(&reply.status) => {
                    request.url = place.to_owned();
                }
                _ => return Ok(reply),
            }
        }
        Err(CallError::Refused("too many redirections".into()))
    }
}

#[async_trait]
impl Bots for Around {
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String> {
        let content = &input.event.content;
        let word = content["payload"].as_str().or(content["text"].as_str()).unwrap_or_default();
        self.turns.lock().unwrap().push(word.to_owned());
        Ok(BotReply {
            messages: vec![Content::text(format!("You said: {word}"))],
            state: json!({}),
            holds: true,
            version: BotVersion::new("1"),
            log: Vec::new(),
        })
    }
}

impl Directory for Around {
    fn policy(&self, channel: &AccountId, _: Option<&AccountId>) -> Policy {
        let pulls = channel.as_str() == "web";
        Policy {
            desk: Some(AccountId::new("support")),
            link: None,
            desk_can: self.adapter.manifest().capabilities,
            channel_can: if pulls { Capabilities::pulling() } else { Capabilities::posted() },
            livechat: self.livechat.lock().unwrap().clone(),
        }
    }

    fn bot_of(&self, _: &AccountId) -> AccountId {
        AccountId::new("bot")
    }

    fn channel(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Channel)> {
        let account = Account {
            id: id.clone(),
            vendor: "posted".into(),
            name: "Posted".into(),
            settings: if *self.channel_refuses.lock().unwrap() {
                Map::from_iter([("refuses".to_owned(), true.into())])
            } else {
                Map::new()
            },
        };
        Some((Arc::new(account), &Posted))
    }

    fn desk(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Desk)> {
        let account = self.account.lock().unwrap().clone();
        (account.id == *id).then_some((account, self.adapter))
    }

    fn place(&self) -> Place {
        Place { base_url: BASE.into() }
    }

    fn file_of(&self, desk: &AccountId, url: &str) -> String {
        format!("/files/desk/{desk}/{url}")
    }
}

/// A channel that is posted to, and that may refuse.
struct Posted;

impl Channel for Posted {
    fn manifest(&self) -> &'static Manifest {
        &Manifest::PLAIN
    }

    fn decode(
        &self,
        _: &Account,
        _: &Call<'_>,
    ) -> Result<Vec<(ContactKey, FromContact)>, DecodeError> {
        Ok(Vec::new())
    }

    fn step(
        &self,
        account: &Account,
        _: Outgoing<'_, handover_core::delivery::ToContact>,
        _: &[Reply],
    ) -> Step {
        if account.flag("refuses") {
            Step::Reject { why: "the contact has blocked us".into() }
        } else {
            Step::Done { link: None }
        }
    }
}
