//! What operators do to deliveries: repeat, skip. The same for pages, API and terminal.

use crate::app::App;
use crate::http::error::Problem;
use axum::http::StatusCode;
use handover_core::delivery::{Job, ToDesk, ToDeskAct};
use handover_core::ids::{AccountId, ConversationId, DeliveryId};
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::outbox::{By, Deed, Which};
use handover_core::port::store::{DeliveryRecord, DeliveryState};

/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// One delivery.
///
/// # Errors
/// When there is none, or the store fails.
pub async fn find(app: &App, id: &DeliveryId) -> Result<DeliveryRecord, Problem> {
    let all = app.store.deliveries(&id.conversation).await?;
    all.into_iter().find(|record| record.delivery.id == *id).ok_or_else(missing)
}

/// Lets a delivery that was given up be tried again.
///
/// # Errors
/// When there is none, it was not given up, or the store fails.
pub async fn repeat(app: &App, id: &DeliveryId, who: &str) -> Result<(), Problem> {
    let by = by(app, who, "Repeated by an operator: its tries begin anew.".into());
    done(app.outbox.repeat(id, by).await?, |state| match state {
        DeliveryState::Pending => "It waits to be tried and need not be repeated.".into(),
        DeliveryState::Delivered => "It has arrived and is not sent twice.".into(),
        _ => "It was skipped. Only what was given up can be repeated.".into(),
    })?;
    wake(app, &id.conversation);
    Ok(())
}

/// Lets all be tried again that were given up until now; says how many.
///
/// # Errors
/// When the store fails.
pub async fn repeat_all(app: &App, which: Which, who: &str) -> Result<u64, Problem> {
    let by = by(app, who, "Repeated by an operator, with others: its tries begin anew.".into());
    let repeated = app.outbox.repeat_all(which, by).await?;
    if repeated > 0 {
        wake(app, &ConversationId::new(""));
    }
    tracing::info!(repeated, who, "deliveries that were given up are tried again");
    Ok(repeated)
}

/// Gives a delivery up for good, with a note.
///
/// # Errors
/// When the note is missing, there is no such delivery, it cannot be skipped, or the store fails.
pub async fn skip(app: &App, id: &DeliveryId, who: &str, note: &str) -> Result<(), Problem> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX {
        return Err(Problem::field(
            "note",
            format!(
                "Say why, in 1 to {NOTE_CHARS_MAX} characters: whoever looks later wants to know."
            ),
        ));
    }
    let record = find(app, id).await?;
    if record.state == DeliveryState::Pending {
        may_not_wait(&record.delivery.job)?;
    }
    done(app.outbox.skip(id, by(app, who, note.to_owned())).await?, |state| match state {
        DeliveryState::Delivered => "It has arrived; there is nothing to skip.".into(),
        _ => "It was skipped before.".into(),
    })?;
    wake(app, &id.conversation);
    Ok(())
}

/// Whether a delivery that waits may be skipped: else somebody would wait without an end (promise E).
pub fn may_be_skipped(job: &Job) -> bool {
    may_not_wait(job).is_ok()
}

/// Refuses to skip what somebody would then wait for without an end (promise E).
fn may_not_wait(job: &Job) -> Result<(), Problem> {
    let why = match job {
        Job::Turn(_) => "The bot has the turn; it ends by itself.",
        Job::ToDesk(ToDesk { act: ToDeskAct::Open, .. }) => {
            "The contact waits for this session. End the session instead: then the bot is told, and the desk is not tried any more than it must be."
        }
        _ => return Ok(()),
    };
    Err(refused(why))
}

fn done(deed: Deed, why: impl Fn(DeliveryState) -> String) -> Result<(), Problem> {
    match deed {
        Deed::Done => Ok(()),
        Deed::NoSuch => Err(missing()),
        Deed::Refused(state) => Err(refused(why(state))),
    }
}

fn by(app: &App, who: &str, note: String) -> By {
    By { at: app.clock.now(), who: who.to_owned(), note }
}

/// The driver need not wait for its next look.
fn wake(app: &App, conversation: &ConversationId) {
    app.bus.publish(Envelope::Changed {
        conversation: conversation.clone(),
        entries: 0,
        sessions: false,
        deliveries: true,
    });
}

fn refused(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "refused", why)
}

fn missing() -> Problem {
    Problem::not_found(
        "There is no such delivery; GET /v1/deliveries and the Activity page list them.",
    )
}

/// A filter as it comes from forms and queries: empty is all.
pub fn which(account: &str, side: Option<handover_core::delivery::Side>) -> Which {
    let account = account.trim();
    Which { account: (!account.is_empty()).then(|| AccountId::new(account)), side }
}
