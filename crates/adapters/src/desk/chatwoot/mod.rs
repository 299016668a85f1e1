//! Chatwoot: sessions are conversations of an API inbox, which this program makes and serves.

mod api;
mod catch_up;
mod connect;
mod decode;
mod json;
mod presence;
mod step;
#[cfg(test)]
mod tests;
mod verify;

use handover_core::capability::Capabilities;
use handover_core::delivery::ToDesk;
use handover_core::entry::Entry;
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{CatchUp, Connect, Desk, Hooked, Hop, Presence};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::manifest::{Field, FieldKind, Learnt, Manifest};
use handover_core::port::place::{HOOK_TOKEN, Place};
use handover_core::session::Session;

/// The Chatwoot desk.
pub struct Chatwoot;

/// What stands before every message id that we give: what carries it is ours and no agent's.
const OURS: &str = "handover:";

const fn learnt(name: &'static str, secret: bool) -> Learnt {
    Learnt { name, secret }
}

static MANIFEST: Manifest = Manifest {
    vendor: "chatwoot",
    title: "Chatwoot",
    summary: "Your agents answer in Chatwoot, hosted or your own, from version 2 on. The inbox is made for you.",
    fields: &[
        Field {
            name: "base_url",
            label: "Base URL",
            help: "For example https://app.chatwoot.com, or the address of your own.",
            kind: FieldKind::Url,
            required: true,
        },
        Field {
            name: "token",
            label: "Access token",
            help: "Of an administrator. In Chatwoot: your picture, Profile Settings, Access Token.",
            kind: FieldKind::Secret,
            required: true,
        },
        Field {
            name: "inbox",
            label: "Inbox name",
            help: "The name of the API inbox in which chats appear. It is made if there is none. Empty: Handover.",
            kind: FieldKind::Text,
            required: false,
        },
        Field {
            name: "account",
            label: "Account",
            help: "The number of the Chatwoot account. Needed only if the token belongs to several.",
            kind: FieldKind::Text,
            required: false,
        },
        Field {
            name: "keep",
            label: "Conversations",
            help: "Whether each chat gets a conversation of its own, or all chats of a contact share one.",
            kind: FieldKind::Choice(&[
                ("session", "A new one for each chat"),
                ("contact", "One for each contact"),
            ]),
            required: false,
        },
        Field {
            name: "keep_open",
            label: "Leave conversations open",
            help: "When a chat ends its conversation is resolved. Choose yes to leave that to the agents.",
            kind: FieldKind::Bool,
            required: false,
        },
    ],
    capabilities: Capabilities {
        pulls: false,
        choices: false,
        cards: false,
        media: true,
        pacing: false,
    },
    learnt: &[
        learnt("account_id", false),
        learnt("inbox_id", false),
        learnt("inbox_identifier", true),
        learnt("secret", true),
        learnt(HOOK_TOKEN, true),
        learnt("agents", false),
        learnt("signs", false),
        learnt("version", false),
    ],
    looks_up: true,
    catch_up_s: Some(20),
    ..Manifest::PLAIN
};

impl Desk for Chatwoot {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn verify(&self, account: &Account, call: &Call<'_>) -> Result<(), DecodeError> {
        verify::verify(account, call)
    }

    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
        _answers: &[Reply],
    ) -> Result<Hooked, DecodeError> {
        decode::decode(account, call.body)
    }

    fn step(
        &self,
        account: &Account,
        job: Outgoing<'_, ToDesk>,
        transcript: &[Entry],
        so_far: &[Reply],
    ) -> Step {
        step::step(account, job, transcript, so_far)
    }

    fn connect(&self, account: &Account, place: &Place, answers: &[Reply]) -> Connect {
        connect::connect(account, place, answers)
    }

    fn catch_up(
        &self,
        account: &Account,
        session: &Session,
        cursor: Option<&str>,
        answers: &[Reply],
    ) -> CatchUp {
        catch_up::catch_up(account, session, cursor, answers)
    }

    fn presence(
        &self,
        account: &Account,
        session: &Session,
        presence: Presence,
    ) -> Option<Request> {
        presence::show(account, session, presence)
    }

    fn answer_as_agent(
        &self,
        account: &Account,
        session: &Session,
        text: &str,
        answers: &[Reply],
    ) -> Step {
        step::answer_as_agent(account, session, text, answers)
    }

    fn hint(&self, hop: Hop, why: &str) -> Option<String> {
        match hop {
            Hop::Hook if why.starts_with("No hook") => Some("Chatwoot calls no private addresses from 4.14 on; your own, from 4.14.1, does with SAFE_FETCH_ALLOW_PRIVATE_NETWORK=true. Its background jobs (Sidekiq) must run: they send the hooks.".into()),
            Hop::Credentials if why.contains("token") => Some("The token must be that of an administrator of the account; an agent bot's or an agent's may not set up inboxes.".into()),
            _ => None,
        }
    }

    fn file(&self, account: &Account, url: &str) -> Request {
        // Chatwoot's files need no token: their addresses are signed. It must not follow redirections to other hosts.
        Request::get(api::whole(account, url)).file()
    }
}
