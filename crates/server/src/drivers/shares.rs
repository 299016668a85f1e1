//! Lets each node keep to its share of what vendors allow.

use crate::nodes::Nodes;
use handover_engine::Engine;
use std::sync::Arc;
use std::time::Duration;

/// How soon a node that came or went is counted.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub async fn run(engine: Engine, nodes: Arc<Nodes>) {
    loop {
        engine.share_limits(u32::try_from(nodes.count()).unwrap_or(u32::MAX));
        tokio::time::sleep(LOOK).await;
    }
}
