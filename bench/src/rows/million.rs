//! What a store of one million open sessions and ten million messages costs, beside a store of one thousand: starting, memory,
//! a message, a page of the console, and the end of 100,000 sessions that fall due together.

use super::Subject;
use super::accept::{CONNECTIONS, messages};
use super::relay::metric;
use crate::child::{Place, Server};
use crate::contact::{Signed, message, now_us};
use crate::figures::{Figures, Goal};
use crate::fill::{Sessions, fill};
use crate::load::open;
use handover_core::port::store::Store;
use handover_core::time::Timestamp;
use handover_store::conformance::server::Server as Database;
use handover_store::{Postgres, Sqlite};
use std::sync::Arc;
use std::time::{Duration, Instant};

const THOUSAND: &str = "a thousand sessions, SQLite";
const MESSAGES: u64 = 10;
/// Sessions that fall due together.
const STALE: u64 = 100_000;
/// Messages a second that go on meanwhile.
const LIVE_PER_S: f64 = 200.0;
/// How long a session lives without a message, in milliseconds: the default.
const TIMEOUT_MS: i64 = 3_600_000;

pub(super) fn subjects() -> Vec<Subject> {
    let most = |_: &str| Goal::AtMost("resident_mb", 150.0);
    vec![
        Subject::new(THOUSAND, |time| measured(1_000, 0, None, time)),
        Subject::new("a million sessions, SQLite", |time| measured(1_000_000, STALE, None, time))
            .beside(THOUSAND)
            .goal(most("SQLite")),
        Subject::new("a million sessions, PostgreSQL", |time| async move {
            let database = Database::start_durable();
            measured(1_000_000, STALE, Some(&database), time).await
        })
        .beside(THOUSAND)
        .goal(most("PostgreSQL")),
    ]
}

async fn measured(
    count: u64,
    stale: u64,
    database: Option<&Database>,
    time: Duration,
) -> Result<Figures, String> {
    let folder = tempfile::tempdir_in(crate::scratch()?).map_err(|error| error.to_string())?;
    let mut place = Place::at(folder.path());
    place.database = database.map(Database::database);
    // Makes the accounts.
    drop(Server::handover(&place)?);
    let began = Instant::now();
    {
        let store: Arc<dyn Store> = match &place.database {
            None => Arc::new(Sqlite::open(folder.path().join("handover.db")).map_err(words)?),
            Some(url) => Arc::new(Postgres::open(url).await.map_err(words)?),
        };
        let now = i64::try_from(now_us() / 1000).map_err(words)?;
        let then = Timestamp::from_ms(now - TIMEOUT_MS - 1000);
        let sessions = Sessions {
            count,
            messages: MESSAGES,
            at: Timestamp::from_ms(now),
            stale: (stale, then),
        };
        fill(&store, sessions).await?;
    }
    let fill_s = began.elapsed().as_secs_f64();
    let server = Server::handover(&place)?;
    let mut figures = Figures::default()
        .with("fill_s", fill_s)
        .with("start_ms", server.up_after.as_secs_f64() * 1000.0);
    // Those who talk while the others' time runs out are not among them.
    let first = usize::try_from(stale).map_err(words)?;
    if stale > 0 {
        let (ended_s, live_p99_ms) = expire(&server, count, first).await?;
        figures = figures.with("expire_s", ended_s).with("live_p99_ms", live_p99_ms);
    }
    let cpu_s = server.cpu_s();
    let taken = messages_of(&server, first, time).await?;
    let cpu_us = (server.cpu_s() - cpu_s) * 1e6 / (taken.requests.max(1) as f64);
    let console_ms = console(&server).await?;
    Ok(figures
        .with("per_s", taken.per_s())
        .with("p99_ms", taken.ms(0.99))
        .with("cpu_us", cpu_us)
        .with("console_ms", console_ms)
        .with("resident_mb", server.resident_kb() / 1024.0)
        .faults(taken.failed))
}

/// As many messages as are taken, of contacts from this one on.
async fn messages_of(
    server: &Server,
    first: usize,
    time: Duration,
) -> Result<crate::load::Measured, String> {
    if first == 0 {
        return messages(std::slice::from_ref(&server.address), CONNECTIONS, time).await;
    }
    let signed = Signed::now();
    crate::load::closed(
        std::slice::from_ref(&server.address),
        CONNECTIONS,
        time,
        move |contact, n| signed.chat(&message(first + contact, 1_000_000 + n, now_us())),
    )
    .await
}

/// How long it takes until what fell due has ended, and how long others wait for their answers meanwhile.
async fn expire(server: &Server, count: u64, first: usize) -> Result<(f64, f64), String> {
    let began = Instant::now();
    let signed = Signed::now();
    let addresses = [server.address.clone()];
    let live = tokio::spawn(async move {
        let next = move |contact, n, due| signed.chat(&message(first + contact, n, due));
        open(&addresses, CONNECTIONS, LIVE_PER_S, Duration::from_secs(20), next).await
    });
    #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
    let left = (count - STALE) as f64;
    while metric(&server.address, "handover_sessions_waiting ").await? > left {
        if began.elapsed() > Duration::from_secs(600) {
            return Err("the sessions that fell due are still open".into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let ended_s = began.elapsed().as_secs_f64();
    let live = live.await.map_err(words)??;
    Ok((ended_s, live.ms(0.99)))
}

/// How long the first page of the console takes, the middle of some.
async fn console(server: &Server) -> Result<f64, String> {
    let (client, base, cookie) = signed_in(server).await?;
    let mut took = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let request = client.get(format!("{base}/console")).header("cookie", &cookie);
        let page = request.send().await.map_err(words)?;
        if !page.status().is_success() {
            return Err(format!("the console answered {}", page.status()));
        }
        page.bytes().await.map_err(words)?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took[took.len() / 2].as_secs_f64() * 1000.0)
}

/// A client, the server's address, and the cookie of an agent.
pub(super) async fn signed_in(
    server: &Server,
) -> Result<(reqwest::Client, String, String), String> {
    let base = format!("http://{}", server.address);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(words)?;
    let answer = client
        .post(format!("{base}/login"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", &base)
        .body("login=admin&password=bench-bench&next=%2Fconsole")
        .send()
        .await
        .map_err(words)?;
    let cookie = answer.headers().get("set-cookie").and_then(|it| it.to_str().ok());
    let cookie = cookie.and_then(|it| it.split(';').next()).ok_or("no sign-in")?.to_owned();
    Ok((client, base, cookie))
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
