//! What each day begins with and ends with.

use crate::support::api::Api;
use crate::support::books::Books;
use crate::support::ledger::Ledger;
use crate::support::load::{Crowd, Load};
use crate::support::nodes::{Place, all_of, at_rest, logs, start};
use crate::support::program::Program;
use crate::support::sink::Sink;
use handover_store::conformance::server::Server;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// One day after the other: times are stated.
static TURN: Mutex<()> = Mutex::const_new(());

/// How long each of the crowd pauses before they write again.
const PAUSE: Duration = Duration::from_millis(10);

/// How long they wait for an answer before they ask another node.
const HASTE: Duration = Duration::from_secs(3);

/// How many answers make a day.
const ANSWERED: u64 = 200;

/// How soon all has come to rest.
const SOON: Duration = Duration::from_secs(10);

const LEFT: &str = "WITH left_behind AS (UPDATE deliveries SET wake = next_at WHERE lease IS NOT NULL AND wake IS NOT NULL
    RETURNING 1) SELECT count(*) FROM left_behind";

pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) places: Vec<Place>,
    pub(crate) nodes: Vec<Option<Program>>,
    pub(crate) crowd: Crowd,
    database: String,
    sink: Sink,
    _turn: MutexGuard<'static, ()>,
}

pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

impl World {
    pub(crate) async fn begin(
        turn: MutexGuard<'static, ()>,
        places: Vec<Place>,
        database: String,
    ) -> Self {
        Self::begin_at(turn, places, database, Ipv4Addr::LOCALHOST.into()).await
    }

    /// The same with the desk elsewhere.
    pub(crate) async fn begin_at(
        turn: MutexGuard<'static, ()>,
        places: Vec<Place>,
        database: String,
        desk: IpAddr,
    ) -> Self {
        // The first makes the tables and the first documents.
        let mut nodes = start(&places[..1]).await;
        nodes.extend(start(&places[1..]).await);
        let api = all_of(&places).hasty(HASTE);
        let sink = Sink::start(desk).await;
        // Where it was saved it is known at once.
        sink.connect(&Api::new(places[0].address)).await;
        // All nodes have heard of the desk.
        for place in &places {
            let one = Api::new(place.address);
            let path = "/v1/settings/livechat";
            while one.call(reqwest::Method::GET, path, None).await.1["desk"] != "sink" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let load = Load::new(api.clone()).paced(PAUSE);
        let crowd = Crowd::start(load, 3, 3, 2).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        Self { api, places, nodes, crowd, database, sink, _turn: turn }
    }

    /// Everybody stops, all comes to rest, and the books are closed.
    pub(crate) async fn close(self, day: &str, server: &Server) {
        // On a slow machine, too, there is something to count.
        while self.crowd.answered() < ANSWERED {
            self.crowd.until_answered().await;
        }
        let counted = self.crowd.over().await;
        let resting = at_rest(&self.api, &self.places);
        let soon = tokio::time::timeout(SOON, resting).await;
        let rest = match soon {
            Ok(rest) => s(rest),
            // A node that never learnt that it has a lease does nothing with it: 120 seconds pass at once.
            Err(_) => {
                let name = self.database.rsplit('/').next().unwrap().split('?').next().unwrap();
                let left = server.psql(name, LEFT);
                at_rest(&self.api, &self.places).await;
                format!("{left} leases had run out that nobody had known of, and")
            }
        };
        drop(self.nodes);
        let folder = self.places[0].folder.with_extension("ledger");
        let ledger = Ledger::at(&folder, Some(self.database)).await;
        let books = Books::of(&counted, &ledger, Some(&self.sink)).await;
        books.close(&format!("{day}; at rest {rest} after the last word"));
        let log = logs(&self.places);
        assert!(!log.contains("panicked"), "{log}");
        counted.check(&ledger).await;
    }
}

/// In seconds, with tenths.
pub(crate) fn s(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
