//! What could be taken instead of Handover and installs from a public registry: the same messages, through servers for Node.

use super::Subject;
use super::accept::CONNECTIONS;
use super::relay::{PATIENCE, arrived, get, relayed};
use crate::child::{Place, Server};
use crate::contact::{message, now_us};
use crate::figures::Figures;
use crate::load::{Wire, closed, request};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const HANDOVER: &str = "Handover, receipt on disk";

pub(super) const UNEQUAL: &[&str] = &[
    "The ratios are shares of Handover's rate. Handover does more than either: it checks a signature, keeps sessions and a \
     transcript, decides who has the floor, and signs what it sends to the desk.",
    "Express with better-sqlite3 and socket.io: three statements in a transaction (synchronous=FULL) before the answer, one \
     more for each receipt, in order per conversation, a retry of what fails. One thread of JavaScript, and a transaction for \
     each message: Handover uses all cores and writes messages that come together as one group.",
    "Bot Framework: the adapter of its SDK passes what a user says to the agent's conversation, with no authentication. It stores \
     nothing, forgets everything when it ends, and loses what fails; a message is answered when the desk has it.",
];

const EXPRESS: Peer = Peer {
    name: "express",
    package: include_str!("../../peers/express/package.json"),
    lock: include_str!("../../peers/express/package-lock.json"),
    server: include_str!("../../peers/express/server.js"),
};

const BOT_FRAMEWORK: Peer = Peer {
    name: "botframework",
    package: include_str!("../../peers/botframework/package.json"),
    lock: include_str!("../../peers/botframework/package-lock.json"),
    server: include_str!("../../peers/botframework/server.js"),
};

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(HANDOVER, |time| async move {
            let folder = folder()?;
            let sink = Server::start(&["sink"])?;
            let place = Place::at(folder.path()).with_sink(&sink.address);
            relayed(&[Server::handover(&place)?], &sink, CONNECTIONS, time).await
        }),
        Subject::new("Express + SQLite + socket.io, on disk", |time| async move {
            match EXPRESS.installed() {
                Ok(program) => express(&program, time).await,
                Err(why) => Ok(Figures::default().note(format!("left out: {why}"))),
            }
        })
        .beside(HANDOVER),
        Subject::new("Bot Framework SDK, nothing stored", |time| async move {
            match BOT_FRAMEWORK.installed() {
                Ok(program) => bot_framework(&program, time).await,
                Err(why) => Ok(Figures::default().note(format!("left out: {why}"))),
            }
        })
        .beside(HANDOVER),
    ]
}

async fn express(program: &Path, time: Duration) -> Result<Figures, String> {
    let folder = folder()?;
    let sink = Server::start(&["sink"])?;
    let server = node(program, &[&folder.path().join("relay.db"), Path::new(&sink.address)])?;
    let next = |contact, n| request("/v1/api/chat", &[], &message(contact, n, now_us()));
    measured(&server, &sink, time, next, true).await
}

async fn bot_framework(program: &Path, time: Duration) -> Result<Figures, String> {
    let sink = Server::start(&["sink"])?;
    let server = node(program, &[Path::new(&sink.address)])?;
    let mut wire = Wire::connect(&server.address).await?;
    for contact in 0..CONNECTIONS {
        let status = wire.call(&activity(&sink.address, contact, 0, "human")).await?;
        if !(200..300).contains(&status) {
            return Err(format!("a contact could not be handed over: {status}"));
        }
    }
    let to = sink.address.clone();
    let next =
        move |contact, n| activity(&to, contact, n, &format!("due {} message {n}", now_us()));
    measured(&server, &sink, time, next, false).await
}

/// The most that goes through a peer, counted like ours: until the last message has come to the desk.
async fn measured(
    server: &Server,
    sink: &Server,
    time: Duration,
    next: impl Fn(usize, u64) -> Vec<u8> + Send + Clone + 'static,
    queues: bool,
) -> Result<Figures, String> {
    let (cpu_s, began) = (server.cpu_s(), Instant::now());
    let sent = closed(std::slice::from_ref(&server.address), CONNECTIONS, time, next).await?;
    while queues && pending(server).await? > 0 {
        if began.elapsed() > time + PATIENCE {
            return Err(format!("deliveries are still waiting after {PATIENCE:?}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (seconds, cpu_s) = (began.elapsed().as_secs_f64(), server.cpu_s() - cpu_s);
    let messages = sent.requests as f64;
    Ok(arrived(sink, &sent)
        .await?
        .with("per_s", messages / seconds)
        .with("cpu_us", cpu_s * 1e6 / messages.max(1.0))
        .with("resident_mb", server.resident_kb() / 1024.0))
}

/// Messages that have not come to the desk yet.
async fn pending(server: &Server) -> Result<u64, String> {
    let answer = get(&format!("http://{}/pending", server.address)).await?;
    let counts: Value = answer.json().await.map_err(|error| error.to_string())?;
    Ok(counts["pending"].as_u64().unwrap_or(0))
}

/// What a user says, as the Bot Framework writes it.
fn activity(sink: &str, contact: usize, n: u64, text: &str) -> Vec<u8> {
    let body = json!({
        "type": "message",
        "id": format!("{contact}-{n}"),
        "channelId": "bench",
        "serviceUrl": format!("http://{sink}"),
        "from": { "id": format!("contact-{contact}") },
        "recipient": { "id": "router" },
        "conversation": { "id": format!("contact-{contact}") },
        "text": text,
    });
    request("/api/messages", &[], &body.to_string())
}

/// Starts a server for Node.
fn node(program: &Path, arguments: &[&Path]) -> Result<Server, String> {
    let mut command = Command::new("node");
    command.arg(program).args(arguments).env("NODE_ENV", "production");
    Server::run(command)
}

/// A folder on the same disk for all that are compared.
fn folder() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir_in(crate::scratch()?).map_err(|error| error.to_string())
}

/// A program for Node with the libraries that it needs.
struct Peer {
    name: &'static str,
    package: &'static str,
    lock: &'static str,
    server: &'static str,
}

/// Why some could not be installed: asking once is enough.
static FAILED: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

impl Peer {
    /// Puts it into a folder beside the bench, unless it is there; gives its program.
    fn installed(&self) -> Result<PathBuf, String> {
        let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, why)) = failed.iter().find(|(name, _)| *name == self.name) {
            return Err(why.clone());
        }
        self.install().inspect_err(|why| failed.push((self.name, why.clone())))
    }

    fn install(&self) -> Result<PathBuf, String> {
        let folder = crate::scratch()?.join("peers").join(self.name);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).map_err(|error| error.to_string())
        };
        let program = folder.join("server.js");
        write("server.js", self.server)?;
        // Written last: what it holds is what is installed.
        let done = folder.join("installed");
        let wanted = format!("{}{}", self.package, self.lock);
        if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
            return Ok(program);
        }
        write("package.json", self.package)?;
        write("package-lock.json", self.lock)?;
        eprintln!(
            "installing what {} needs with npm; what has to be compiled takes minutes",
            self.name
        );
        let ended = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("npm is not here ({error})"))?;
        if !ended.success() {
            return Err(format!(
                "npm could not install it ({ended}); it needs a registry, and a C++ compiler for SQLite"
            ));
        }
        write("installed", &wanted)?;
        Ok(program)
    }
}
