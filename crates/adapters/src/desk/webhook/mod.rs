//! A desk of your own: what happens in a session is posted to one address; answers come by the sessions API.

mod step;
#[cfg(test)]
mod tests;

use handover_core::capability::Capabilities;
use handover_core::delivery::ToDesk;
use handover_core::entry::Entry;
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{Desk, Hooked};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::{Field, FieldKind, Manifest};

/// The webhook desk.
pub struct Webhook;

static MANIFEST: Manifest = Manifest {
    vendor: "webhook",
    title: "Webhook",
    summary: "Any desk: sessions and messages are posted to your address, and your program answers by the sessions API.",
    fields: &[
        Field {
            name: "url",
            label: "Address",
            help: "Where sessions, messages and ends are posted.",
            kind: FieldKind::Url,
            required: true,
        },
        Field {
            name: "secret",
            label: "Secret",
            help: "Signs each post (Standard Webhooks): any long text, or whsec_ and base64. Your program checks the signature with it.",
            kind: FieldKind::Secret,
            required: true,
        },
    ],
    capabilities: Capabilities::posted(),
    ..Manifest::PLAIN
};

impl Desk for Webhook {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn decode(
        &self,
        _account: &Account,
        _call: &Call<'_>,
        _answers: &[Reply],
    ) -> Result<Hooked, DecodeError> {
        Err(DecodeError::Field {
            field: "body".into(),
            problem: "This desk answers by the sessions API: POST /v1/sessions/{id}/messages."
                .into(),
        })
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
}
