//! The console desk.

use handover_core::capability::Capabilities;
use handover_core::delivery::ToDesk;
use handover_core::entry::Entry;
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{Desk, Hooked};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::Manifest;

/// The console desk.
pub struct Console;

static MANIFEST: Manifest = Manifest {
    vendor: "console",
    title: "Console",
    summary: "Your people answer here, in their browsers. Nothing to set up.",
    fields: &[],
    capabilities: Capabilities::pulling(),
    ..Manifest::PLAIN
};

impl Desk for Console {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn decode(
        &self,
        _account: &Account,
        _call: &Call<'_>,
        _answers: &[Reply],
    ) -> Result<Hooked, DecodeError> {
        Ok(Hooked::Ignored { why: "the console has no hooks".into() })
    }

    fn step(&self, _: &Account, _: Outgoing<'_, ToDesk>, _: &[Entry], _: &[Reply]) -> Step {
        Step::Done { link: None }
    }
}
