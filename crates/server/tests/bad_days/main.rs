//! Days that no process can make: a desk that was down for an hour, a clock that was set back. The whole engine and a
//! believable vendor in one process, with clocks that the test moves. Each ends with its counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

#[allow(dead_code, reason = "it is shared")]
#[path = "../../../fake/tests/conformance/around.rs"]
mod around;
mod backlog;
mod books;
mod clock;
#[path = "../../../fake/tests/conformance/world.rs"]
#[allow(dead_code, reason = "the list of cases uses more of it")]
mod world;

use handover_core::port::clock::Clock;
use handover_core::time::Timestamp;
use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::gorgias::Gorgias;
use serde_json::json;
use std::sync::Arc;
use world::Kind;

/// A desk without a limit.
const CHATWOOT: Kind = Kind {
    adapter: &handover_adapters::desk::chatwoot::Chatwoot,
    vendor: |clock| Arc::new(Chatwoot::new(clock, Version::V4_15)),
    settings: || json!({ "base_url": "https://chatwoot.test", "token": "fake-admin-token" }),
};

/// A desk that takes two calls a second.
const GORGIAS: Kind = Kind {
    adapter: &handover_adapters::desk::gorgias::Gorgias,
    vendor: |clock| Arc::new(Gorgias::new(clock)),
    settings: || {
        json!({
            "base_url": "https://shop.gorgias.com",
            "username": "api@shop.example",
            "api_key": "fake-gorgias-key",
        })
    },
};

/// A vendor's clock, which nobody sets back.
struct Steady;

impl Clock for Steady {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000)
    }
}
