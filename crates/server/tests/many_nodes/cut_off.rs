//! A node is cut off from the database under load, in both directions and in one.

use crate::apart::{Apart, Cut};
use crate::support::api::{Api, press, text};
use crate::support::nodes::places;
use crate::support::program::log_of;
use crate::world::{World, s, turn};
use handover_core::words::START;
use handover_store::conformance::server::Server;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long it is cut off.
const CUT: Duration = Duration::from_secs(8);

/// Within what it has to say that it cannot store anything.
const DEADLINE: Duration = Duration::from_secs(12);

const LOST: &str = "the connection for hints is lost";

/// How long it takes until a log has more lines like this.
async fn until_logged(folder: &Path, words: &str, before: usize) -> Duration {
    let began = Instant::now();
    while log_of(folder).matches(words).count() == before {
        assert!(began.elapsed() < Duration::from_secs(120), "{}", log_of(folder));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

/// Somebody writes to an agent by way of a node all the time; gives the longest that an answer took. (A bot's answer may
/// be in the hands of the node that is cut off.)
async fn longest_wait(api: Api, over: Arc<AtomicBool>) -> Duration {
    let mut longest = Duration::ZERO;
    api.chat("steady", "start", press(START)).await;
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        api.chat("steady", &format!("{began:?}"), text("hello")).await;
        longest = longest.max(began.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    longest
}

/// Calls the node that is cut off until it is said to end; gives the longest that an answer took, and how many there were.
async fn refusals(api: Api, until: Instant) -> (Duration, u32) {
    let (mut longest, mut count) = (Duration::ZERO, 0);
    while Instant::now() < until {
        count += 1;
        let body = json!({
            "client": { "user_id": "cut" }, "request_id": format!("{:?}", Instant::now()), "payload": text("hello"),
        });
        let began = Instant::now();
        let (status, answer) = api.call(Method::POST, "/v1/api/chat", Some(&body)).await;
        longest = longest.max(began.elapsed());
        assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
        if Instant::now() < until {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
            let words = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(words.len() > 20 && answer["error"]["code"] == "not_stored", "{answer}");
        }
    }
    (longest, count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_cut_off_from_the_database_in_both_and_in_one_direction() {
    let turn = turn().await;
    let Some(apart) = Apart::make() else { return };
    let home = tempfile::tempdir().unwrap();
    let server = Server::start_at(apart.database());
    let name = server.database().rsplit('/').next().unwrap().to_owned();
    let database = server.at(&name);
    let mut places = places(home.path(), &database, None);
    places[0].network = Some(apart.network());
    places[0].address = SocketAddr::from((apart.node(), 8080));
    let desk = apart.callers().into();
    let world = World::begin_at(turn, places, database, desk).await;
    let (far, near) = (&world.places[0], &world.places[1]);
    for cut in Cut::ALL {
        let (own, lost) = (Api::new(far.address), log_of(&far.folder).matches(LOST).count());
        let over = Arc::<AtomicBool>::default();
        let others = tokio::spawn(longest_wait(Api::new(near.address), Arc::clone(&over)));
        tokio::time::sleep(Duration::from_millis(500)).await;
        apart.cut(cut);
        let began = Instant::now();
        let refusals = tokio::spawn(refusals(own.clone(), began + CUT));
        let deaf = until_logged(&far.folder, LOST, lost).await;
        tokio::time::sleep_until((began + CUT).into()).await;
        apart.mend(cut);
        let mended = Instant::now();
        own.chat("mended", &format!("{cut:?}"), text("hello")).await;
        let again = mended.elapsed();
        let (longest, refused) = refusals.await.unwrap();
        over.store(true, Ordering::Relaxed);
        let others = others.await.unwrap();
        println!(
            "{cut:?} cut: told with 503 within {} ({refused} calls), deaf after {}, another node's longest answer {}, \
             on again {} after it was mended",
            s(longest),
            s(deaf),
            s(others),
            s(again)
        );
        assert!(again < Duration::from_secs(10), "{again:?}");
        assert!(deaf < Duration::from_secs(12), "{deaf:?}");
        assert!(others < Duration::from_secs(7), "{others:?}");
    }
    world.close("a node cut off three times", &server).await;
}
