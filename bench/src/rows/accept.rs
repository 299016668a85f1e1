//! A message that is durable before it is answered, beside an echo that keeps nothing.

use super::Subject;
use crate::child::{Place, Server};
use crate::contact::{Signed, message, now_us, start};
use crate::figures::{Figures, Goal};
use crate::load::{Measured, Wire, closed, request};
use std::time::Duration;

pub(super) const CONNECTIONS: usize = 64;

pub(super) const ECHO: &str = "bare axum echo";

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(ECHO, |time| async move { bare(&Server::start(&["echo"])?, time).await }),
        Subject::new("durable accept of a message", accept).beside(ECHO).goal(Goal::Ratio(0.40)),
    ]
}

/// The same load on a server that needs no signature.
pub(super) async fn bare(server: &Server, time: Duration) -> Result<Figures, String> {
    let addresses = [server.address.clone()];
    let cpu_s = server.cpu_s();
    let measured = closed(&addresses, CONNECTIONS, time, |contact, n| {
        request("/v1/api/chat", &[], &message(contact, n, now_us()))
    })
    .await?;
    Ok(answered(&measured).with("cpu_us", cpu_us(server.cpu_s() - cpu_s, &measured)))
}

async fn accept(time: Duration) -> Result<Figures, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let server = Server::handover(&Place::at(folder.path()))?;
    open_sessions(&server.address, CONNECTIONS).await?;
    let cpu_s = server.cpu_s();
    let measured = messages(std::slice::from_ref(&server.address), CONNECTIONS, time).await?;
    let cpu_us = cpu_us(server.cpu_s() - cpu_s, &measured);
    let resident_mb = server.resident_kb() / 1024.0;
    Ok(answered(&measured).with("cpu_us", cpu_us).with("resident_mb", resident_mb))
}

/// Rate and latencies of what was answered.
pub(super) fn answered(measured: &Measured) -> Figures {
    Figures::default()
        .with("per_s", measured.per_s())
        .with("p50_ms", measured.ms(0.5))
        .with("p99_ms", measured.ms(0.99))
        .faults(measured.failed)
}

pub(super) fn cpu_us(cpu_s: f64, measured: &Measured) -> f64 {
    cpu_s * 1e6 / (measured.requests.max(1) as f64)
}

/// Opens a session for each contact: from then on no bot answers.
pub(super) async fn open_sessions(address: &str, contacts: usize) -> Result<(), String> {
    let (mut wire, signed) = (Wire::connect(address).await?, Signed::now());
    for contact in 0..contacts {
        let status = wire.call(&signed.chat(&start(contact))).await?;
        if status != 200 {
            return Err(format!("a session could not be opened: {status}"));
        }
    }
    Ok(())
}

/// As many messages as are taken.
pub(super) async fn messages(
    addresses: &[String],
    contacts: usize,
    time: Duration,
) -> Result<Measured, String> {
    let signed = Signed::now();
    closed(addresses, contacts, time, move |contact, n| signed.chat(&message(contact, n, now_us())))
        .await
}
