//! `handover adapter decode`: what an adapter reads in a recorded hook.

mod recorded;
mod show;
#[cfg(test)]
mod tests;

use crate::clock::SystemClock;
use clap::ValueEnum;
use handover_adapters::{channels, desks};
use handover_core::ids::AccountId;
use handover_core::port::channel::Channel;
use handover_core::port::clock::Clock;
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::manifest::{FieldKind, Manifest};
use handover_core::time::Timestamp;
use recorded::Recorded;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A file that is longer than any hook, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
const REFUSED: u8 = 1;
const MISTAKEN: u8 = 2;

/// What kind of adapter reads the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Where contacts write
    Channel,
    /// Where agents answer
    Desk,
}

/// A recorded hook, and who is to read it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The kind of adapter.
    pub kind: Kind,
    /// The adapter's vendor.
    pub vendor: String,
    /// The file; `-` is standard input.
    pub file: PathBuf,
    /// What stood after the `?` of the address, where the file does not tell.
    pub query: Option<String>,
    /// Headers as `name: value`, beside those of the file.
    pub headers: Vec<String>,
}

/// Prints what the adapter reads. Ends with 0 when it was read or ignored, 1 when it was refused, 2 when it could not be
/// tried.
pub fn decode(recording: &Recording) -> ExitCode {
    match try_decode(recording) {
        Ok(shown) => {
            println!("{shown:#}");
            if shown.get("refused").is_some() { REFUSED.into() } else { ExitCode::SUCCESS }
        }
        Err(problem) => {
            eprintln!("{problem}");
            MISTAKEN.into()
        }
    }
}

fn try_decode(recording: &Recording) -> Result<Value, String> {
    // Before the file is read: a word may be wrong in both.
    let adapter = Adapter::of(recording.kind, &recording.vendor)?;
    let bytes =
        read(&recording.file).map_err(|error| format!("{}: {error}", recording.file.display()))?;
    let ending = recording.file.extension().and_then(|ending| ending.to_str());
    let mut hook = Recorded::read(&bytes, ending);
    if let Some(query) = &recording.query {
        query.trim_start_matches('?').clone_into(&mut hook.query);
    }
    for header in &recording.headers {
        hook.set_header(header)?;
    }
    Ok(adapter.decode(&hook, SystemClock.now()))
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let input: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(std::io::stdin().lock()),
        _ => Box::new(std::fs::File::open(file)?),
    };
    input.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::Error::other("this is larger than any hook"));
    }
    Ok(bytes)
}

enum Adapter {
    Channel(&'static dyn Channel),
    Desk(&'static dyn Desk),
}

impl Adapter {
    fn of(kind: Kind, vendor: &str) -> Result<Self, String> {
        let (found, known): (Option<Self>, Vec<&str>) = match kind {
            Kind::Channel => (
                channels()
                    .iter()
                    .find(|one| one.manifest().vendor == vendor)
                    .map(|one| Self::Channel(*one)),
                channels().iter().map(|one| one.manifest().vendor).collect(),
            ),
            Kind::Desk => (
                desks()
                    .iter()
                    .find(|one| one.manifest().vendor == vendor)
                    .map(|one| Self::Desk(*one)),
                desks().iter().map(|one| one.manifest().vendor).collect(),
            ),
        };
        found.ok_or_else(|| {
            let kind = if kind == Kind::Desk { "desk" } else { "channel" };
            format!("There is no {kind} called \"{vendor}\". There are: {}.", known.join(", "))
        })
    }

    /// What it reads. Signatures are not looked at.
    fn decode(&self, hook: &Recorded, at: Timestamp) -> Value {
        match self {
            Self::Desk(desk) => {
                let account = account(desk.manifest());
                show::desk(&account.vendor, desk.decode(&account, &hook.call(at), &[]))
            }
            Self::Channel(channel) => {
                let mut account = account(channel.manifest());
                // The Chat API's calls name an account by its key; here any will do.
                let key = hook.header("x-api-key").and_then(|key| key.split('|').next());
                let key = key.unwrap_or("none").to_owned();
                account.settings.insert("key".into(), key.as_str().into());
                let mut hook = hook.clone();
                hook.headers.retain(|(name, _)| !name.starts_with("x-api-"));
                hook.headers.push(("x-api-key".into(), key));
                show::channel(&account.vendor, channel.decode(&account, &hook.call(at)))
            }
        }
    }
}

/// An account of nobody's: what must be given is there, and leads nowhere.
fn account(manifest: &Manifest) -> Account {
    let settings = manifest.fields.iter().filter(|field| field.required).map(|field| {
        let nowhere = match field.kind {
            FieldKind::Url => "https://desk.invalid",
            _ => "none",
        };
        (field.name.to_owned(), nowhere.into())
    });
    let (vendor, name) = (manifest.vendor.to_owned(), manifest.vendor.to_owned());
    Account { id: AccountId::new(manifest.vendor), vendor, name, settings: settings.collect() }
}
