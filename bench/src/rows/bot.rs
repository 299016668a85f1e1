//! What a bot's turn costs, with all that is said on disk before it is answered.

use super::Subject;
use super::accept::{CONNECTIONS, ECHO, answered, bare, cpu_us};
use crate::child::{Place, Server};
use crate::contact::{Signed, talk};
use crate::figures::Figures;
use crate::load::closed_where;
use std::time::Duration;

/// What the official server reached, which no run of this can repeat.
pub(super) const OFFICIAL: &str = "The official CSML server is not part of this run. Measured elsewhere, on PostgreSQL, it reached 232 turns a \
     second, and 20 with a bot of 31 flows; the goal of 50 times that is 11,600 a second.";

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(ECHO, |time| async move { bare(&Server::start(&["echo"])?, time).await }),
        Subject::new("a turn of the demo bot, stored", turns).beside(ECHO),
    ]
}

async fn turns(time: Duration) -> Result<Figures, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let server = Server::handover(&Place::at(folder.path()))?;
    let signed = Signed::now();
    let (cpu_s, addresses) = (server.cpu_s(), [server.address.clone()]);
    let next = move |contact, n| signed.chat(&talk(contact, n));
    let measured = closed_where(&addresses, CONNECTIONS, time, next, bot_spoke).await?;
    let cpu_us = cpu_us(server.cpu_s() - cpu_s, &measured);
    let resident_mb = server.resident_kb() / 1024.0;
    Ok(answered(&measured).with("cpu_us", cpu_us).with("resident_mb", resident_mb))
}

/// Each turn ends at the menu; without it, the bot did not answer.
fn bot_spoke(answer: &[u8]) -> bool {
    const MENU: &[u8] = b"What would you like to do?";
    answer.windows(MENU.len()).any(|window| window == MENU)
}
