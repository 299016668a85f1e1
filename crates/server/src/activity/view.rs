//! Deliveries and lines as the pages show them.

use super::timeline::{Line, Sent};
use super::words;
use crate::app::App;
use crate::console::lasting;
use crate::settings::AccountKind;
use handover_core::conversation::Marks;
use handover_core::delivery::Side;
use handover_core::entry::{Actor, Entry};
use handover_core::ids::AccountId;
use handover_core::port::outbox::{Attempt, SeenCall};
use handover_core::port::store::{DeliveryRecord, DeliveryState};
use handover_core::time::Timestamp;

/// A moment to the millisecond, as operators compare them.
pub(super) struct Exact {
    pub(super) iso: String,
    pub(super) words: String,
}

impl Exact {
    pub(super) fn of(at: Timestamp, now: Timestamp) -> Self {
        let utc = |at: Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
            at.to_zoned(jiff::tz::TimeZone::UTC)
        };
        let (at, now) = (utc(at), utc(now));
        let form = if at.date() == now.date() { "%H:%M:%S%.3f" } else { "%-d %b %Y, %H:%M:%S%.3f" };
        Self { iso: at.timestamp().to_string(), words: at.strftime(form).to_string() }
    }
}

/// A delivery.
pub(super) struct DeliveryView {
    pub(super) conversation: String,
    pub(super) n: u64,
    pub(super) entry: u64,
    /// The contact's name, where the page does not name it already.
    pub(super) contact: String,
    pub(super) job: String,
    pub(super) account: String,
    pub(super) side: &'static str,
    pub(super) state: &'static str,
    /// `good`, `warn`, `danger` or `quiet`: never told by its colour alone.
    pub(super) tone: &'static str,
    pub(super) reason: String,
    /// What the moment tells: `given up`, `next try`, `arrived`.
    pub(super) when: &'static str,
    pub(super) at: Exact,
    pub(super) tries: u32,
    /// The way that it went, with times.
    pub(super) hops: Vec<String>,
    pub(super) history: Vec<AttemptView>,
    pub(super) can_repeat: bool,
    pub(super) can_skip: bool,
}

/// A line of a delivery's history.
pub(super) struct AttemptView {
    /// `Try 2`, `Ada`, or what is known of a gap.
    pub(super) title: String,
    pub(super) at: Option<Exact>,
    pub(super) note: String,
    pub(super) calls: Vec<CallView>,
}

/// A call.
pub(super) struct CallView {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) took: String,
    pub(super) status: String,
    pub(super) good: bool,
    pub(super) answer: String,
}

impl DeliveryView {
    /// A delivery in a list.
    pub(super) fn brief(app: &App, record: DeliveryRecord, contact: String) -> Self {
        let view = Self::of(app, &Sent { record, history: Vec::new() }, None);
        Self { contact, ..view }
    }

    /// A delivery with its history, decided at a moment.
    pub(super) fn of(app: &App, sent: &Sent, decided: Option<Timestamp>) -> Self {
        let (record, now) = (&sent.record, app.clock.now());
        let delivery = &record.delivery;
        let (tone, when) = match record.state {
            DeliveryState::Pending => ("warn", "next try"),
            DeliveryState::Delivered => ("good", "arrived"),
            DeliveryState::Dead => ("danger", "given up"),
            DeliveryState::Skipped => ("quiet", "skipped"),
        };
        let hide = |text: &str| match delivery.side {
            Side::Desk => app.settings.redact(&delivery.account, text),
            Side::Contact | Side::Bot => text.to_owned(),
        };
        let waits = record.state == DeliveryState::Pending;
        Self {
            conversation: delivery.id.conversation.to_string(),
            n: delivery.id.n,
            entry: delivery.entry,
            contact: String::new(),
            job: words::job(&delivery.job),
            account: name_of(app, delivery.side, &delivery.account),
            side: words::side(delivery.side),
            state: words::state(record.state),
            tone,
            reason: hide(&record.note),
            when,
            at: Exact::of(record.next_at, now),
            tries: sent.tries(),
            hops: decided.map(|decided| hops(sent, decided, now)).unwrap_or_default(),
            history: history(&sent.history, record, now, hide),
            can_repeat: record.state == DeliveryState::Dead,
            can_skip: record.state == DeliveryState::Dead
                || (waits && super::act::may_be_skipped(&delivery.job)),
        }
    }

    /// Whether someone should look at it.
    pub(super) fn is_open(&self) -> bool {
        self.tone == "danger" || (self.tone == "warn" && self.tries > 0)
    }
}

/// Decided, first tried, arrived: each with the time since the one before.
fn hops(sent: &Sent, decided: Timestamp, now: Timestamp) -> Vec<String> {
    let mut hops = vec![format!("decided {}", Exact::of(decided, now).words)];
    let first = sent.first_try();
    if let Some(first) = first {
        hops.push(format!("first try after {}", took(first.since_ms(decided))));
    }
    match (sent.ended(), sent.record.state) {
        (Some(at), state) => {
            let word = words::state(state);
            hops.push(format!("{word} after {}", took(at.since_ms(first.unwrap_or(decided)))));
        }
        (None, _) => {
            let waits = now.since_ms(sent.record.created_at);
            hops.push(format!("waits for {}", took(waits)));
        }
    }
    hops
}

fn history(
    lines: &[Attempt],
    record: &DeliveryRecord,
    now: Timestamp,
    hide: impl Fn(&str) -> String,
) -> Vec<AttemptView> {
    let (mut shown, mut tried) = (Vec::new(), 0);
    let mut lines = lines.iter().peekable();
    for number in 1..=record.attempts {
        let Some(line) = lines.next_if(|line| line.number == number) else {
            if shown.is_empty() && lines.peek().is_none() {
                // The history was not read.
                break;
            }
            tried += 1;
            let note = "The program was stopped during this try.".into();
            shown.push(AttemptView {
                title: format!("Try {tried}"),
                at: None,
                note,
                calls: Vec::new(),
            });
            continue;
        };
        let title = match &line.by {
            Some(by) => by.clone(),
            None => {
                tried += 1;
                format!("Try {tried}")
            }
        };
        shown.push(AttemptView {
            title,
            at: Some(Exact::of(line.at, now)),
            note: hide(&line.note),
            calls: line.calls.iter().map(CallView::of).collect(),
        });
    }
    shown
}

impl CallView {
    fn of(call: &SeenCall) -> Self {
        Self {
            method: call.method.clone(),
            url: call.url.clone(),
            took: took(call.took_ms.into()),
            status: call.status.map_or_else(|| "no answer".into(), |status| status.to_string()),
            good: call.status.is_some_and(|status| status < 400),
            answer: call.answer.clone(),
        }
    }
}

/// A line of a timeline.
pub(super) struct LineView {
    pub(super) n: u64,
    pub(super) at: Exact,
    pub(super) author: String,
    pub(super) who: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) cause: String,
    pub(super) held_back: Option<String>,
    pub(super) session: Option<u32>,
    pub(super) epoch: u64,
    pub(super) reached: Option<&'static str>,
    pub(super) deliveries: Vec<DeliveryView>,
}

impl LineView {
    pub(super) fn of(app: &App, line: &Line, marks: &Marks) -> Self {
        let entry = &line.entry;
        let (kind, text) = words::body(entry);
        let sent = line.sent.iter();
        Self {
            n: entry.n,
            at: Exact::of(entry.at, app.clock.now()),
            author: words::actor(&entry.actor),
            who: match entry.actor {
                Actor::Contact => "contact",
                Actor::Bot => "bot",
                Actor::Agent(_) => "agent",
                Actor::Gateway => "gateway",
            },
            kind,
            text,
            cause: words::cause(&entry.cause),
            held_back: words::held_back(entry),
            session: entry.session,
            epoch: entry.epoch,
            reached: reached(entry, marks),
            deliveries: sent.map(|sent| DeliveryView::of(app, sent, Some(entry.at))).collect(),
        }
    }
}

/// How far a line has got with those who read the transcript themselves.
fn reached(entry: &Entry, marks: &Marks) -> Option<&'static str> {
    match entry.actor {
        Actor::Contact => {
            (entry.session.is_some() && entry.n <= marks.desk_read).then_some("read at the desk")
        }
        _ if !entry.for_contact => None,
        _ if entry.n <= marks.contact_read => Some("read by the contact"),
        _ if entry.n <= marks.contact_delivered => Some("reached the contact"),
        // A channel that has never told how far its contact has got tells nothing here either.
        _ if marks.contact_delivered == 0 => None,
        _ => Some("not seen by the contact yet"),
    }
}

/// A time span, as exactly as it matters.
pub(super) fn took(ms: i64) -> String {
    match ms.max(0) {
        ms @ 0..1000 => format!("{ms} ms"),
        ms @ 1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms => lasting(ms),
    }
}

/// An account's name; its id where it is gone.
pub(super) fn name_of(app: &App, side: Side, id: &AccountId) -> String {
    let kind = match side {
        Side::Contact => AccountKind::Channel,
        Side::Desk => AccountKind::Desk,
        Side::Bot => return id.to_string(),
    };
    app.settings.account(kind, id).map_or_else(|| id.to_string(), |account| account.name.clone())
}

#[cfg(test)]
mod tests {
    use super::took;

    #[test]
    fn spans_are_short() {
        for (ms, words) in
            [(-5, "0 ms"), (40, "40 ms"), (1_234, "1.2 s"), (59_999, "59.9 s"), (60_000, "1 min")]
        {
            assert_eq!(took(ms), words);
        }
    }
}
