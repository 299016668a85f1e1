//! Gorgias: agents answer in tickets; what they write comes by HTTP integrations.

mod api;
mod by_hand;
mod catch_up;
mod connect;
mod decode;
mod settings;
mod step;
#[cfg(test)]
mod tests;

use handover_core::capability::Capabilities;
use handover_core::delivery::ToDesk;
use handover_core::entry::Entry;
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{ByHand, CatchUp, Connect, Desk, Hooked, Hop, Usage};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::manifest::{Learnt, Limit, Manifest};
use handover_core::port::place::{HOOK_TOKEN, Place};
use handover_core::session::Session;

/// The Gorgias desk.
pub struct Gorgias;

static MANIFEST: Manifest = Manifest {
    vendor: "gorgias",
    title: "Gorgias",
    summary: "Your people answer in Gorgias: each session is a ticket.",
    fields: settings::FIELDS,
    capabilities: Capabilities { media: true, ..Capabilities::text_only() },
    learnt: &[
        Learnt { name: HOOK_TOKEN, secret: true },
        Learnt { name: settings::USER_ID, secret: false },
        Learnt { name: settings::MESSAGES_HOOK, secret: false },
        Learnt { name: settings::STATUS_HOOK, secret: false },
    ],
    limit: Some(Limit { requests: 40, window_s: 20 }),
    looks_up: true,
    catch_up_s: Some(30),
};

impl Desk for Gorgias {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
        answers: &[Reply],
    ) -> Result<Hooked, DecodeError> {
        decode::decode(account, call, answers)
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

    fn by_hand(&self, account: &Account, place: &Place) -> Vec<ByHand> {
        by_hand::steps(account, place)
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
        (hop == Hop::Hook && why.starts_with("No hook")).then(|| {
            "Gorgias switches an HTTP integration off after many failures in a row: look at Settings, HTTP integration. Saving this desk here switches it on again.".into()
        })
    }

    fn file(&self, account: &Account, url: &str) -> Request {
        api::file(account, url)
    }

    fn usage(&self, reply: &Reply) -> Option<Usage> {
        api::usage(reply)
    }
}
