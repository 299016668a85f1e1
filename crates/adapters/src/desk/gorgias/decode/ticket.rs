//! What a ticket's status says.

use super::fields::is_told;
use super::message::Read;
use crate::desk::gorgias::api;
use crate::kit::time;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::time::Timestamp;
use serde_json::Value;

/// Reads a ticket whose status has changed.
pub(in crate::desk::gorgias) fn status(
    ticket: &Value,
    event: Option<&str>,
    now: Timestamp,
) -> Read {
    let status = ticket["status"].as_str().unwrap_or_default().trim().to_ascii_lowercase();
    if is_told(&ticket["trashed_datetime"]) {
        return Read::Events(happened(
            ticket,
            "trashed",
            &["trashed_datetime"],
            event,
            DeskAct::Closed,
        ));
    }
    match status.as_str() {
        "closed" => {
            let when = ["closed_datetime", "updated_datetime"];
            Read::Events(happened(ticket, "closed", &when, event, DeskAct::Closed))
        }
        "open" => {
            let mut events =
                happened(ticket, "open", &["updated_datetime"], event, DeskAct::Reopened);
            if let Some(until) = snoozed_until(ticket, now) {
                let note = format!("Snoozed at the desk until {}.", time::rfc3339(until));
                events.extend(happened(
                    ticket,
                    "snoozed",
                    &["snooze_datetime"],
                    event,
                    DeskAct::Noted(note),
                ));
            }
            Read::Events(events)
        }
        _ => Read::Ignored(format!("the status {status:?} means nothing to a session")),
    }
}

/// The ticket has come back by itself.
pub(super) fn unsnoozed(ticket: &Value, event: Option<&str>) -> Read {
    let note = "No longer snoozed at the desk.".to_owned();
    Read::Events(happened(ticket, "unsnoozed", &["updated_datetime"], event, DeskAct::Noted(note)))
}

/// Until when a ticket is snoozed, if it is.
pub(in crate::desk::gorgias) fn snoozed_until(ticket: &Value, now: Timestamp) -> Option<Timestamp> {
    moment(&ticket["snooze_datetime"]).filter(|until| *until > now)
}

/// A moment as the API and templates write it; without a zone it is UTC.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?.trim();
    let at = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    Some(Timestamp::from_ms(at.as_millisecond()))
}

/// The source id is the same whether a hook or a look-up tells: it is made of when it happened.
fn happened(
    ticket: &Value,
    what: &str,
    when: &[&str],
    event: Option<&str>,
    act: DeskAct,
) -> Vec<FromDesk> {
    let done_at = when.iter().find_map(|name| moment(&ticket[*name]));
    let mark = match (done_at, event) {
        (Some(at), _) => Some(time::unix_s(at).to_string()),
        (None, Some(event)) => Some(format!("event-{event}")),
        (None, None) => None,
    };
    let source = match (api::id(&ticket["id"]), mark) {
        (Some(id), Some(mark)) => Some(SourceId::new(format!("ticket/{id}/{what}/{mark}"))),
        _ => None,
    };
    // A snooze's moment lies ahead: it is not when it was done.
    let done_at = done_at.filter(|_| what != "snoozed");
    vec![FromDesk { source, agent: None, done_at, act }]
}
