//! `/v1/nodes`: which processes share the database, and how they are doing.

use super::auth::Private;
use super::spec;
use crate::activity::nodes::{self, Hints};
use crate::app::Shared;
use crate::http::error::Problem;
use axum::extract::State;
use handover_adapters::kit::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

/// The nodes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Nodes {
    /// Those that live, the longest running first. In a data folder of its own a program is alone.
    nodes: Vec<Node>,
    /// How long the work has been due that waits longest for a node to take it up, in seconds.
    #[schema(example = 0.2)]
    lag_s: f64,
    /// Whether hints come from other nodes. While they are lost everything goes on, up to a second slower.
    hints: HintsAre,
}

/// Whether hints come from other nodes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Hints)]
enum HintsAre {
    /// There can be no other nodes.
    Alone,
    /// They come.
    Arrive,
    /// None come now.
    Lost,
}

/// A node.
#[derive(Debug, Serialize, ToSchema)]
struct Node {
    /// Another one with each start.
    id: String,
    /// The machine's name.
    name: String,
    /// The program's version.
    version: String,
    /// When it started, RFC 3339.
    started_at: String,
    /// When it was last heard of by the node that answers, RFC 3339: every three seconds.
    heard_at: String,
    /// Deliveries that it works on.
    leases: u64,
    /// Whether it is about to stop.
    leaving: bool,
    /// Whether it is the node that answers.
    this: bool,
}

/// List the nodes that work on this database, and how they are doing.
#[utoipa::path(
    get,
    path = "/v1/nodes",
    tag = "Health",
    responses((status = 200, description = "The nodes", body = Nodes), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn list(
    State(app): State<Shared>,
    _: Private,
) -> Result<axum::Json<Nodes>, Problem> {
    let cluster = nodes::read(&app).await?;
    let now = app.clock.now();
    let node = |it: crate::nodes::Node| {
        let silent_ms = i64::try_from(it.silent_for.as_millis()).unwrap_or(i64::MAX);
        Node {
            id: it.id.as_str().to_owned(),
            name: it.about.name,
            version: it.about.version,
            started_at: rfc3339(it.about.started_at),
            heard_at: rfc3339(now.plus_ms(-silent_ms)),
            leases: it.leases,
            leaving: it.about.is_leaving,
            this: it.is_this,
        }
    };
    let hints = match cluster.hints {
        Hints::Alone => HintsAre::Alone,
        Hints::Arrive => HintsAre::Arrive,
        Hints::Lost => HintsAre::Lost,
    };
    let lag_s = cluster.lag.as_secs_f64();
    Ok(axum::Json(Nodes { nodes: cluster.nodes.into_iter().map(node).collect(), lag_s, hints }))
}
