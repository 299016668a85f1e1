//! Who makes trouble, and what it costs the others: the same contacts send at the same rate before it and while it lasts. Who
//! only writes much is compared with as many messages that make no trouble, as every message costs something.

use super::Subject;
use super::accept::CONNECTIONS;
use super::million::signed_in;
use super::relay::get;
use crate::child::{Place, Server};
use crate::contact::{SECRET, Signed, message, now_us, start, talk};
use crate::figures::{Figures, Goal};
use crate::fill::{Sessions, fill};
use crate::load::{Wire, open};
use handover::bots::{Files, Library};
use handover::clock::SystemClock;
use handover::http::client::GuardedClient;
use handover_core::ids::AccountId;
use handover_core::port::store::Store;
use handover_core::time::Timestamp;
use handover_store::Sqlite;
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::interval;

/// What the others send in a second, all together: far below what the machine carries.
const PER_S: f64 = 400.0;
/// The first of the others, behind those whose sessions fill a list.
const OTHERS: usize = 100_000;
/// The first of those who make trouble.
const TROUBLE: usize = 200_000;
/// The first of those who write as much and make none.
const PEACE: usize = 300_000;
/// How long the others send before they are measured in peace.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long trouble goes on before it is measured: until it is all there.
const BEGINS: Duration = Duration::from_secs(2);
/// How long the last message of the others may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Messages a second of the noisy contact, on so many connections.
const NOISE: (u32, u32) = (400, 8);
/// Contacts who wait for the dead desk, and what they write in a second.
const WAITING: (usize, u32) = (300, 100);
/// Open sessions in the list of the console.
const LISTED: u64 = 5_000;
/// How often it is asked for.
const LOOKS: Duration = Duration::from_millis(50);

/// A bot whose every turn goes round for almost all of its fuel.
const ROUND: &str =
    "start:\n  do n = 0\n  while (n < 300000) {\n    do n = n + 1\n  }\n  say \"Done.\"\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mischief {
    Noise,
    DeadDesk,
    LoopingBot,
    HugeList,
}

pub(super) fn subjects() -> Vec<Subject> {
    let subject = |(name, mischief)| {
        Subject::new(name, move |time| measured(mischief, time))
            .goal(Goal::AtMost("p99_times", 1.2))
    };
    [
        ("a contact writes 400 messages a second", Mischief::Noise),
        ("a desk takes calls and never answers", Mischief::DeadDesk),
        ("a bot goes round for as long as it may", Mischief::LoopingBot),
        ("a console lists 5,000 sessions, 20 a second", Mischief::HugeList),
    ]
    .map(subject)
    .into()
}

async fn measured(mischief: Mischief, time: Duration) -> Result<Figures, String> {
    let folder = tempfile::tempdir_in(crate::scratch()?).map_err(words)?;
    let sink = Server::start(&["sink"])?;
    let place = Place::at(folder.path()).with_sink(&sink.address);
    mischief.prepared(&place).await?;
    let server = Server::handover(&place)?;
    opened(&server, OTHERS..OTHERS + CONNECTIONS).await?;
    others(&server, &sink, 0, WARM_UP).await?;
    let (trouble, mut makers) = (Trouble::default(), JoinSet::new());
    mischief.in_peace(&server, &trouble, &mut makers).await?;
    tokio::time::sleep(BEGINS).await;
    let calm = others(&server, &sink, 1, time).await?;
    go_on(&mut makers)?;
    makers.shutdown().await;
    mischief.begins(&server, &trouble, &mut makers).await?;
    tokio::time::sleep(BEGINS).await;
    let (cpu_s, began, made) = (server.cpu_s(), Instant::now(), trouble.made());
    let troubled = others(&server, &sink, 2, time).await?;
    let seconds = began.elapsed().as_secs_f64();
    let per_s = |made: f64| made / seconds;
    go_on(&mut makers)?;
    let number = |figures: &Figures, name| figures.get(name).unwrap_or(0.0);
    let (before, now) = (number(&calm, "p99_ms"), number(&troubled, "p99_ms"));
    let faults = calm.faults;
    Ok(troubled
        .with("calm_p50_ms", number(&calm, "p50_ms"))
        .with("calm_p99_ms", before)
        .with("p99_times", now / before.max(0.001))
        .with("trouble_per_s", per_s((trouble.made() - made) as f64))
        .with("cores", per_s(server.cpu_s() - cpu_s))
        .faults(faults))
}

/// An error when one of them has ended: then what was measured is not what it is called.
fn go_on(makers: &mut JoinSet<Result<(), String>>) -> Result<(), String> {
    match makers.try_join_next() {
        Some(ended) => Err(format!("who should go on has ended: {:?}", ended.map_err(words)?)),
        None => Ok(()),
    }
}

/// What the others send, and how long it takes to the desk.
async fn others(
    server: &Server,
    sink: &Server,
    round: u64,
    time: Duration,
) -> Result<Figures, String> {
    let (signed, since_us) = (Signed::now(), now_us());
    let addresses = [server.address.clone()];
    let sent = open(&addresses, CONNECTIONS, PER_S, time, move |contact, n, due_us| {
        signed.chat(&message(OTHERS + contact, round * 1_000_000 + n, due_us))
    })
    .await?;
    let url = format!("http://{}/counts?since_us={since_us}", sink.address);
    let ended = Instant::now();
    loop {
        let counts: Value = get(&url).await?.json().await.map_err(words)?;
        let count = |name: &str| counts[name].as_u64().unwrap_or(0);
        let lost = sent.requests.saturating_sub(count("received"));
        if lost > 0 && ended.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let number = |name: &str| counts[name].as_f64().unwrap_or(0.0);
        return Ok(Figures::default()
            .with("per_s", sent.per_s())
            .with("answer_p99_ms", sent.ms(0.99))
            .with("p50_ms", number("p50_ms"))
            .with("p99_ms", number("p99_ms"))
            .faults(sent.failed + lost + count("doubled") + count("misordered")));
    }
}

/// Opens a session for each of these contacts.
async fn opened(server: &Server, contacts: Range<usize>) -> Result<(), String> {
    let (mut wire, signed) = (Wire::connect(&server.address).await?, Signed::now());
    for contact in contacts {
        let status = wire.call(&signed.chat(&start(contact))).await?;
        if status != 200 {
            return Err(format!("a session could not be opened: {status}"));
        }
    }
    Ok(())
}

impl Mischief {
    /// What has to be there before the server starts.
    async fn prepared(self, place: &Place) -> Result<(), String> {
        if !matches!(self, Self::LoopingBot | Self::HugeList) {
            return Ok(());
        }
        // Makes the accounts.
        drop(Server::handover(place)?);
        let store = Arc::new(Sqlite::open(place.folder.join("handover.db")).map_err(words)?);
        if self == Self::LoopingBot {
            let http = GuardedClient::new(false).map_err(words)?;
            let bots = Library::load(store, Arc::new(http), Arc::new(SystemClock));
            let files = Files::from([
                ("bot.json".to_owned(), bot().into_bytes()),
                ("flows/Default.csml".to_owned(), ROUND.as_bytes().to_vec()),
            ]);
            let bots = bots.await.map_err(words)?;
            bots.upload(&AccountId::new("livechat-demo"), files).await.map_err(words)?;
            return Ok(());
        }
        let at = Timestamp::from_ms(i64::try_from(now_us() / 1000).map_err(words)?);
        let store: Arc<dyn Store> = store;
        fill(&store, Sessions { count: LISTED, messages: 10, at, stale: (0, at) }).await
    }

    /// As many messages that make no trouble, where it is messages that make it. Goes on until the tasks are dropped.
    async fn in_peace(
        self,
        server: &Server,
        peace: &Trouble,
        makers: &mut JoinSet<Result<(), String>>,
    ) -> Result<(), String> {
        let (contacts, (per_s, connections)) = match self {
            Self::Noise => (CONNECTIONS, NOISE),
            Self::DeadDesk => (WAITING.0, (WAITING.1, 1)),
            Self::LoopingBot | Self::HugeList => return Ok(()),
        };
        opened(server, PEACE..PEACE + contacts).await?;
        let every = Duration::from_secs(1) * connections / per_s;
        for connection in 0..connections {
            let first = u64::from(connection) * 1_000_000_000;
            let those = PEACE..PEACE + contacts;
            makers.spawn(peace.clone().says(server, first, those, Some(every)).await?);
        }
        Ok(())
    }

    /// Begins, and goes on until the tasks are dropped.
    async fn begins(
        self,
        server: &Server,
        trouble: &Trouble,
        makers: &mut JoinSet<Result<(), String>>,
    ) -> Result<(), String> {
        match self {
            Self::Noise => {
                opened(server, TROUBLE..TROUBLE + 1).await?;
                let (per_s, connections) = NOISE;
                for connection in 0..connections {
                    let every = Duration::from_secs(1) * connections / per_s;
                    let first = u64::from(connection) * 1_000_000_000;
                    makers.spawn(
                        trouble
                            .clone()
                            .says(server, first, TROUBLE..TROUBLE + 1, Some(every))
                            .await?,
                    );
                }
            }
            Self::DeadDesk => {
                makers.spawn(never_answers(waited_for(server).await?));
                let (contacts, per_s) = WAITING;
                let every = Duration::from_secs(1) / per_s;
                makers.spawn(
                    trouble
                        .clone()
                        .says(server, 1, TROUBLE..TROUBLE + contacts, Some(every))
                        .await?,
                );
            }
            Self::LoopingBot => {
                makers.spawn(trouble.clone().says(server, 1, TROUBLE..TROUBLE + 1, None).await?);
            }
            Self::HugeList => {
                let (_, base, cookie) = signed_in(server).await?;
                let host = base.trim_start_matches("http://");
                let page =
                    format!("GET /console HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n");
                let mut wire = Wire::connect(host).await?;
                let (trouble, mut tick) = (trouble.clone(), interval(LOOKS));
                makers.spawn(async move {
                    loop {
                        tick.tick().await;
                        let status = wire.call(page.as_bytes()).await?;
                        if status != 200 {
                            return Err(format!("the console was answered {status}"));
                        }
                        trouble.0.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
        Ok(())
    }
}

/// How much of it was made.
#[derive(Clone, Default)]
struct Trouble(Arc<AtomicU64>);

impl Trouble {
    fn made(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// These contacts in turn say something, every so often or whenever the last was answered.
    async fn says(
        self,
        server: &Server,
        first: u64,
        contacts: Range<usize>,
        every: Option<Duration>,
    ) -> Result<impl Future<Output = Result<(), String>> + use<>, String> {
        let (mut wire, signed) = (Wire::connect(&server.address).await?, Signed::now());
        Ok(async move {
            let mut tick = every.map(interval);
            for n in first.. {
                if let Some(tick) = &mut tick {
                    tick.tick().await;
                }
                let nth = usize::try_from(n).map_err(words)? % contacts.len();
                let contact = contacts.start + nth;
                let status = wire.call(&signed.chat(&talk(contact, n))).await?;
                if status != 200 {
                    return Err(format!("one who makes trouble was answered {status}"));
                }
                self.0.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        })
    }
}

/// Contacts who wait for a desk at an address that takes calls and never answers.
async fn waited_for(server: &Server) -> Result<TcpListener, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    let address = listener.local_addr().map_err(words)?;
    let url = format!("http://{address}/hook");
    let settings = json!({ "url": url, "secret": "whsec_YmVuY2g=" });
    let desk = json!({ "vendor": "webhook", "name": "Dead", "settings": settings });
    put(server, "/v1/settings/desks/dead?connect=false", &desk).await?;
    put(server, "/v1/settings/livechat", &json!({ "desk": "dead" })).await?;
    opened(server, TROUBLE..TROUBLE + WAITING.0).await?;
    put(server, "/v1/settings/livechat", &json!({ "desk": "sink" })).await?;
    Ok(listener)
}

/// Takes connections and leaves them alone.
async fn never_answers(listener: TcpListener) -> Result<(), String> {
    let mut taken = Vec::new();
    loop {
        taken.push(listener.accept().await.map_err(words)?);
    }
}

async fn put(server: &Server, path: &str, body: &Value) -> Result<(), String> {
    let url = format!("http://{}{path}", server.address);
    let answer = reqwest::Client::new().put(url).bearer_auth(SECRET).json(body).send().await;
    let answer = answer.map_err(words)?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(format!("{path}: {}", answer.text().await.map_err(words)?))
}

fn bot() -> String {
    let flows = json!([{ "name": "Default", "description": "Goes round", "commands": [] }]);
    json!({ "id": "livechat-demo", "name": "Round", "default_flow": "Default", "flows": flows })
        .to_string()
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
