//! The Chat API of CSML Studio, for programs that bring their own user interface.

pub mod decode;
pub mod message;
pub mod step;
#[cfg(test)]
mod tests;

use crate::kit::studio::Credentials;
use decode::{ChatRequest, contact_key};
use handover_core::capability::Capabilities;
use handover_core::delivery::ToContact;
use handover_core::event::FromContact;
use handover_core::ids::ContactKey;
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::{Field, FieldKind, Manifest};
use handover_core::time::Timestamp;

/// The Chat API channel.
pub struct Api;

static MANIFEST: Manifest = Manifest {
    vendor: "api",
    title: "Chat API",
    summary: "For your own app or site: it sends what a person says and gets the answers, in the form of CSML Studio's Chat API.",
    fields: &[
        Field {
            name: "bot",
            label: "Bot",
            help: "The bot that answers here.",
            kind: FieldKind::Text,
            required: false,
        },
        Field {
            name: "key",
            label: "Key",
            help: "Names this channel: the X-Api-Key of each call. It may be public.",
            kind: FieldKind::Text,
            required: true,
        },
        Field {
            name: "secret",
            label: "Secret",
            help: "Signs private calls and everything that is posted to the callback address. Whoever has it can read and answer all sessions and change settings by the API: never put it into a browser or an app.",
            kind: FieldKind::Secret,
            required: true,
        },
        Field {
            name: "callback_url",
            label: "Callback address",
            help: "If set, each message for a contact is posted here, signed, and the answer to a request holds no messages.",
            kind: FieldKind::Url,
            required: false,
        },
        Field {
            name: "signed_only",
            label: "Signed calls only",
            help: "Refuses calls that bring the key alone, so that nobody can write in another person's name.",
            kind: FieldKind::Bool,
            required: false,
        },
        Field {
            name: "rate_per_s",
            label: "Requests per second",
            help: "How many unsigned and how many signed requests a second this key may make; empty means 50.",
            kind: FieldKind::Text,
            required: false,
        },
    ],
    capabilities: Capabilities::posted(),
    ..Manifest::PLAIN
};

impl Channel for Api {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    /// Without an address to post to, the program reads by itself.
    fn capabilities(&self, account: &Account) -> Capabilities {
        Capabilities { pulls: account.text("callback_url").is_none(), ..MANIFEST.capabilities }
    }

    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
    ) -> Result<Vec<(ContactKey, FromContact)>, DecodeError> {
        let credentials =
            Credentials::read(call.header("x-api-key"), call.header("x-api-signature"))?;
        let verified = admit(account, &credentials, call.at)?;
        let body = serde_json::from_slice(call.body).map_err(|error| DecodeError::Field {
            field: "body".into(),
            problem: format!("This is not JSON: {error}."),
        })?;
        let request = ChatRequest::read(&body)?;
        let key = contact_key(&request.user_id, verified);
        Ok(vec![(key, request.into_act(verified))])
    }

    fn step(&self, account: &Account, job: Outgoing<'_, ToContact>, so_far: &[Reply]) -> Step {
        step::step(account, job, so_far)
    }
}

/// Whether a public call is let in, and if so whether it proved who it speaks for.
///
/// # Errors
/// Names the header or the setting, and the fix.
pub fn admit(
    account: &Account,
    credentials: &Credentials<'_>,
    now: Timestamp,
) -> Result<bool, DecodeError> {
    if account.text("key") != Some(credentials.key) {
        return Err(DecodeError::Unauthorised("The key in X-Api-Key is not known here.".into()));
    }
    let signed = credentials.signed(account.text("secret").unwrap_or_default(), now)?;
    if !signed && account.flag("signed_only") {
        return Err(DecodeError::Unauthorised(
            "This channel takes signed calls only: send X-Api-Key: <key>|<unix seconds> and X-Api-Signature: sha256=<hex HMAC-SHA256 of that value with the secret>, or switch off \"Signed calls only\" in the channel's settings."
                .into(),
        ));
    }
    Ok(signed)
}
