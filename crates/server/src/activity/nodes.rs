//! How the nodes are doing that share a database: the same for the page, the API and metrics.

use super::view::took;
use crate::app::App;
use crate::nodes::Node;
use crate::settings::pages::moment::Moment;
use handover_core::port::store::Result;
use handover_core::time::Timestamp;
use std::time::Duration;

/// The letters at the end of an id by which two nodes on one machine are told apart.
const ID_LETTERS: usize = 6;

/// Whether hints come from other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hints {
    /// There can be no other nodes.
    Alone,
    /// They do.
    Arrive,
    /// They do not: whoever waits for them looks every second.
    Lost,
}

/// How the nodes are doing.
#[derive(Debug)]
pub struct Cluster {
    /// Those that live, the longest running first.
    pub nodes: Vec<Node>,
    /// How long the work has been due that waits longest for a node to take it up.
    pub lag: Duration,
    /// Whether hints come from other nodes.
    pub hints: Hints,
}

/// How they are doing now.
///
/// # Errors
/// When the store fails.
pub async fn read(app: &App) -> Result<Cluster> {
    // What is leased is due when the lease runs out.
    let due = app.store.next_due().await?;
    let late_ms = due.map_or(0, |due| app.clock.now().since_ms(due));
    let hints = match (app.nodes.is_shared(), app.bus.is_deaf()) {
        (false, _) => Hints::Alone,
        (true, false) => Hints::Arrive,
        (true, true) => Hints::Lost,
    };
    let lag = Duration::from_millis(u64::try_from(late_ms).unwrap_or_default());
    Ok(Cluster { nodes: app.nodes.list(), lag, hints })
}

/// The nodes as the page shows them.
pub(super) struct Shown {
    pub(super) nodes: Vec<NodeLine>,
    pub(super) lag: String,
    pub(super) waits: bool,
    pub(super) is_late: bool,
    pub(super) is_deaf: bool,
}

/// A node.
pub(super) struct NodeLine {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) version: String,
    pub(super) since: Moment,
    pub(super) heard: String,
    pub(super) leases: u64,
    pub(super) is_this: bool,
    pub(super) is_leaving: bool,
}

/// Work that has been due for so long waits for want of nodes.
const LATE: Duration = Duration::from_secs(5);

impl Shown {
    /// None where there can be no other nodes.
    pub(super) fn of(cluster: Cluster, now: Timestamp) -> Option<Self> {
        if cluster.hints == Hints::Alone {
            return None;
        }
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let line = |it: Node| NodeLine {
            id: short(it.id.as_str()),
            name: it.about.name,
            version: it.about.version,
            since: Moment::of(it.about.started_at, now),
            heard: if it.is_this {
                "now".into()
            } else {
                format!("{} ago", took(ms(it.silent_for)))
            },
            leases: it.leases,
            is_this: it.is_this,
            is_leaving: it.about.is_leaving,
        };
        Some(Self {
            nodes: cluster.nodes.into_iter().map(line).collect(),
            lag: took(ms(cluster.lag)),
            waits: !cluster.lag.is_zero(),
            is_late: cluster.lag >= LATE,
            is_deaf: cluster.hints == Hints::Lost,
        })
    }
}

fn short(id: &str) -> String {
    let skipped = id.chars().count().saturating_sub(ID_LETTERS);
    id.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::{Cluster, Hints, LATE, Shown};
    use crate::bus::NodeId;
    use crate::nodes::{About, Node};
    use handover_core::time::Timestamp;
    use std::time::Duration;

    fn cluster(lag: Duration, hints: Hints) -> Cluster {
        let about = About {
            name: "one".into(),
            version: "1".into(),
            started_at: Timestamp::from_ms(0),
            is_leaving: true,
        };
        let id = NodeId::of("0123456789abcdef");
        let silent_for = Duration::from_millis(2_500);
        Cluster {
            nodes: vec![Node { id, about, leases: 3, is_this: false, silent_for }],
            lag,
            hints,
        }
    }

    fn shown(lag: Duration, hints: Hints) -> Option<Shown> {
        Shown::of(cluster(lag, hints), Timestamp::from_ms(9))
    }

    #[test]
    fn the_page_says_what_is_wrong_with_nodes() {
        assert!(shown(LATE, Hints::Alone).is_none(), "a table of one tells nothing");
        let well = shown(Duration::ZERO, Hints::Arrive).unwrap();
        assert!(!well.waits && !well.is_late && !well.is_deaf);
        let node = &well.nodes[0];
        assert_eq!((&*node.id, &*node.heard, node.leases), ("abcdef", "2.5 s ago", 3));
        assert!(node.is_leaving && !node.is_this);
        let badly = shown(LATE, Hints::Lost).unwrap();
        assert!(badly.waits && badly.is_late && badly.is_deaf && badly.lag == "5.0 s");
    }
}
