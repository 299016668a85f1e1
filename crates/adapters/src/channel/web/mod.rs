//! Web chat: the hosted page and the widget. The page reads the transcript by entry number through the server's own
//! socket, so nothing is posted to it.

mod browser;
mod frame;

pub use frame::{
    Frame, Hello, ID_BYTES_MAX, METADATA_BYTES_MAX, METADATA_KEYS_MAX, PAYLOAD_BYTES_MAX, Refusal,
    Said, TEXT_CHARS_MAX, from_page, place, pressed,
};

use handover_core::capability::Capabilities;
use handover_core::delivery::ToContact;
use handover_core::event::FromContact;
use handover_core::ids::ContactKey;
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::{Field, FieldKind, Manifest};

/// The web channel.
pub struct Web;

static MANIFEST: Manifest = Manifest {
    vendor: "web",
    title: "Web chat",
    summary: "A chat page of its own, and a widget for any site.",
    fields: &[
        Field {
            name: "title",
            label: "Title",
            help: "What stands at the top of the chat. Empty for \"Chat\".",
            kind: FieldKind::Text,
            required: false,
        },
        Field {
            name: "logo_url",
            label: "Logo",
            help: "The address of a square picture to show beside the title.",
            kind: FieldKind::Url,
            required: false,
        },
        Field {
            name: "allowed_sites",
            label: "Allowed sites",
            help: "Which sites may show the widget, as in \"https://shop.example https://www.example\". Empty for all.",
            kind: FieldKind::Text,
            required: false,
        },
    ],
    capabilities: Capabilities::pulling(),
    ..Manifest::PLAIN
};

impl Channel for Web {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn decode(
        &self,
        _account: &Account,
        _call: &Call<'_>,
    ) -> Result<Vec<(ContactKey, FromContact)>, DecodeError> {
        Err(DecodeError::Unauthorised(
            "Web chat takes no hooks: pages speak to it at /v1/web/{channel}/socket.".into(),
        ))
    }

    fn step(&self, _: &Account, _: Outgoing<'_, ToContact>, _: &[Reply]) -> Step {
        Step::Done { link: None }
    }
}
