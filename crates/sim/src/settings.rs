//! What is configured: one desk, a channel that reads by itself, a channel that is posted to, one bot.

use crate::mutant::Forgetful;
use crate::net::{BASE, CALLBACK};
use crate::plan::{Kind, Setting};
use crate::shared::lock;
use handover_adapters::channel::{api, web};
use handover_adapters::desk;
use handover_core::capability::Capabilities;
use handover_core::ids::AccountId;
use handover_core::policy::Policy;
use handover_core::port::channel::Channel;
use handover_core::port::clock::Clock;
use handover_core::port::desk::Desk;
use handover_core::port::directory::{Account, Directory};
use handover_core::port::place::{HOOK_TOKEN, Place};
use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::gorgias::{Gorgias, Options};
use handover_fake::vendor::Vendor;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The name of the channel that reads by itself.
pub(crate) const WEB: &str = "web";
/// The name of the channel that is posted to.
pub(crate) const POSTED: &str = "posted";
/// The name of the desk.
pub(crate) const DESK: &str = "support";

static FORGETFUL_CHATWOOT: Forgetful = Forgetful(&desk::chatwoot::Chatwoot);
static FORGETFUL_GORGIAS: Forgetful = Forgetful(&desk::gorgias::Gorgias);

/// The configuration of a run.
pub(crate) struct Settings {
    setting: Setting,
    adapter: &'static dyn Desk,
    account: Mutex<Arc<Account>>,
}

/// The adapter of a desk.
pub(crate) fn adapter(kind: Kind, forgetful: bool) -> &'static dyn Desk {
    match (kind, forgetful) {
        (Kind::Chatwoot | Kind::OldChatwoot, false) => &desk::chatwoot::Chatwoot,
        (Kind::Chatwoot | Kind::OldChatwoot, true) => &FORGETFUL_CHATWOOT,
        (Kind::Gorgias | Kind::OtherGorgias, false) => &desk::gorgias::Gorgias,
        (Kind::Gorgias | Kind::OtherGorgias, true) => &FORGETFUL_GORGIAS,
        (Kind::Console, _) => &desk::console::Console,
    }
}

/// The believable vendor behind a desk; none behind the console.
pub(crate) fn vendor(kind: Kind, clock: Arc<dyn Clock>) -> Option<Arc<dyn Vendor>> {
    Some(match kind {
        Kind::Chatwoot => Arc::new(Chatwoot::new(clock, Version::V4_15)),
        Kind::OldChatwoot => Arc::new(Chatwoot::new(clock, Version::V2)),
        Kind::Gorgias => Arc::new(Gorgias::new(clock)),
        Kind::OtherGorgias => Arc::new(Gorgias::with(
            clock,
            Options {
                address_taken_status: 400,
                bare_ticket_messages: true,
                hook_urls_encoded: false,
                null_in_templates: "None",
                api_message_reopens: true,
                ..Options::default()
            },
        )),
        Kind::Console => return None,
    })
}

impl Settings {
    pub(crate) fn new(setting: &Setting, forgetful: bool) -> Self {
        let settings = match setting.desk {
            Kind::Chatwoot | Kind::OldChatwoot => {
                json!({ "base_url": "https://chatwoot.test", "token": "fake-admin-token" })
            }
            Kind::Gorgias | Kind::OtherGorgias => json!({
                "base_url": "https://shop.gorgias.com",
                "username": "api@shop.example",
                "api_key": "fake-gorgias-key",
            }),
            Kind::Console => json!({}),
        };
        let adapter = adapter(setting.desk, forgetful);
        let mut account = account(DESK, adapter.manifest().vendor, settings);
        let keep = if setting.shared { "contact" } else { "session" };
        account.settings.insert("keep".into(), keep.into());
        account.settings.insert(HOOK_TOKEN.into(), "hook-token-of-the-simulation".into());
        Self { setting: setting.clone(), adapter, account: Mutex::new(Arc::new(account)) }
    }

    pub(crate) fn account(&self) -> Arc<Account> {
        lock(&self.account).clone()
    }

    /// What connecting has taught.
    pub(crate) fn learn(&self, learnt: serde_json::Map<String, Value>) {
        let mut account = Account::clone(&self.account());
        account.settings.extend(learnt);
        *lock(&self.account) = Arc::new(account);
    }
}

fn account(id: &str, vendor: &str, settings: Value) -> Account {
    Account {
        id: AccountId::new(id),
        vendor: vendor.into(),
        name: id.into(),
        settings: settings.as_object().cloned().unwrap_or_default(),
    }
}

impl Directory for Settings {
    fn policy(&self, channel: &AccountId, _: Option<&AccountId>) -> Policy {
        let pulls = channel.as_str() == WEB;
        Policy {
            desk: Some(AccountId::new(DESK)),
            link: None,
            desk_can: self.adapter.manifest().capabilities,
            channel_can: if pulls { Capabilities::pulling() } else { Capabilities::posted() },
            livechat: self.setting.livechat.clone(),
        }
    }

    fn bot_of(&self, _: &AccountId) -> AccountId {
        AccountId::new("bot")
    }

    fn channel(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Channel)> {
        if id.as_str() == WEB {
            return Some((Arc::new(account(WEB, "web", json!({}))), &web::Web));
        }
        let settings = json!({
            "key": "k", "bot": "bot", "callback_url": CALLBACK,
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        });
        Some((Arc::new(account(POSTED, "api", settings)), &api::Api))
    }

    fn desk(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Desk)> {
        let account = self.account();
        (account.id == *id).then_some((account, self.adapter))
    }

    fn place(&self) -> Place {
        Place { base_url: BASE.into() }
    }

    fn file_of(&self, desk: &AccountId, url: &str) -> String {
        format!("/files/desk/{desk}/{url}")
    }
}
