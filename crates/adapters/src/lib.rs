//! Channels, desks and bots as pure translators. A vendor's own words stay inside its folder; nothing central knows
//! it but the lists here.

pub mod bot;
pub mod channel;
pub mod desk;
pub mod kit;

use handover_core::port::channel::Channel;
use handover_core::port::desk::Desk;

/// All channels, in the order in which settings list them.
pub fn channels() -> &'static [&'static dyn Channel] {
    &[&channel::web::Web, &channel::api::Api]
}

/// All desks, in the order in which settings list them.
pub fn desks() -> &'static [&'static dyn Desk] {
    &[
        &desk::console::Console,
        &desk::chatwoot::Chatwoot,
        &desk::gorgias::Gorgias,
        &desk::webhook::Webhook,
    ]
}
