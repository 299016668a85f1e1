//! The channel of a test of the loop: each desk has one of its own, which is stored nowhere and on which nobody writes
//! but the test. It is in no list of channels.

use handover_core::capability::Capabilities;
use handover_core::delivery::ToContact;
use handover_core::event::FromContact;
use handover_core::ids::{AccountId, ContactKey};
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::Manifest;

/// The channel of a test of the loop.
pub struct Probe;

/// The bot of these channels: it says nothing. No bot that is uploaded can have an id with a dot.
pub const SILENT: &str = "probe.silent";

/// How the accounts' ids begin. Ids of accounts that people make hold no dot.
const PREFIX: &str = "probe.";

static MANIFEST: Manifest = Manifest {
    vendor: "probe",
    title: "Test of the loop",
    summary: "A contact that is not there, to see whether a desk can be reached and answers.",
    capabilities: Capabilities::pulling(),
    ..Manifest::PLAIN
};

impl Probe {
    /// The id of a desk's probe.
    pub fn id_of(desk: &AccountId) -> AccountId {
        AccountId::new(format!("{PREFIX}{desk}"))
    }

    /// The desk that a probe tests; none for any other channel.
    pub fn desk_of(channel: &AccountId) -> Option<AccountId> {
        channel.as_str().strip_prefix(PREFIX).map(AccountId::new)
    }

    /// The account of a desk's probe.
    pub fn account(desk: &AccountId) -> Account {
        Account {
            id: Self::id_of(desk),
            vendor: MANIFEST.vendor.into(),
            name: MANIFEST.title.into(),
            settings: serde_json::Map::new(),
        }
    }
}

impl Channel for Probe {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn decode(
        &self,
        _: &Account,
        _: &Call<'_>,
    ) -> Result<Vec<(ContactKey, FromContact)>, DecodeError> {
        Err(DecodeError::Unauthorised("Nobody writes on the channel of a test.".into()))
    }

    fn step(&self, _: &Account, _: Outgoing<'_, ToContact>, _: &[Reply]) -> Step {
        Step::Done { link: None }
    }
}

#[cfg(test)]
mod tests {
    use super::Probe;
    use handover_core::ids::AccountId;

    #[test]
    fn a_probe_knows_its_desk_and_no_other_channel_is_one() {
        let desk = AccountId::new("support-2");
        assert_eq!(Probe::desk_of(&Probe::id_of(&desk)), Some(desk));
        for other in ["web", "probe", "probes-desk"] {
            assert_eq!(Probe::desk_of(&AccountId::new(other)), None, "{other}");
        }
    }
}
