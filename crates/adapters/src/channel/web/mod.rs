//! The web channel.

use handover_core::capability::Capabilities;
use handover_core::delivery::ToContact;
use handover_core::event::FromContact;
use handover_core::ids::ContactKey;
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::Manifest;

/// The web channel.
pub struct Web;

static MANIFEST: Manifest = Manifest {
    vendor: "web",
    title: "Web",
    summary: "",
    fields: &[],
    capabilities: Capabilities::pulling(),
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
        Ok(Vec::new())
    }

    fn step(&self, _: &Account, _: Outgoing<'_, ToContact>, _: &[Reply]) -> Step {
        Step::Done { link: None }
    }
}
