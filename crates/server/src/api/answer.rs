//! What belongs to the answer of a call: the bot's turn on it, and what the rules said because of it.

use crate::app::App;
use crate::http::error::Problem;
use handover_core::delivery::Side;
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::ConversationId;
use handover_core::port::bus::Envelope;
use handover_core::port::store::Page;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

/// How long a call waits for the bot. What comes later is read with `GET /v1/api/messages`.
const WAIT: Duration = Duration::from_secs(15);
/// The same once the program stops: it does not wait for a turn that another node has to take up.
const WAIT_AT_STOP: Duration = Duration::from_secs(2);
/// How long a lost hint may hold up an answer.
const POLL: Duration = Duration::from_millis(250);
const ENTRIES_MAX: u32 = 500;

/// Waits until the bot has no turn left to take; says whether that came about in time.
pub(super) async fn bot_is_done(app: &App, conversation: &ConversationId) -> Result<bool, Problem> {
    let mut deadline = Instant::now() + WAIT;
    // Listening before looking, no hint is missed.
    let mut hints = app.bus.subscribe_to(conversation);
    loop {
        if app.store.pending(conversation, Side::Bot).await? == 0 {
            return Ok(true);
        }
        let now = Instant::now();
        if app.bus.is_stopping() {
            deadline = deadline.min(now + WAIT_AT_STOP);
        }
        if now >= deadline {
            return Ok(false);
        }
        next_hint(&mut hints).await;
    }
}

/// Waits for a hint, or as long as one may be lost.
pub(super) async fn next_hint(hints: &mut Receiver<Envelope>) {
    match tokio::time::timeout(POLL, hints.recv()).await {
        Ok(Err(RecvError::Closed)) => tokio::time::sleep(POLL).await,
        Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => {}
    }
}

/// The entries that answer the accepted entry. The same call again finds the same ones.
pub(super) async fn to(
    app: &App,
    conversation: &ConversationId,
    accepted: u64,
) -> Result<Vec<Entry>, Problem> {
    if accepted == 0 {
        return Ok(Vec::new());
    }
    let page = Page { after: accepted - 1, limit: ENTRIES_MAX, newest: false };
    Ok(belonging(app.store.transcript(conversation, page).await?, accepted))
}

fn belonging(entries: Vec<Entry>, accepted: u64) -> Vec<Entry> {
    let Some((own, rest)) = entries.split_first().filter(|(own, _)| own.n == accepted) else {
        return Vec::new();
    };
    // A message that went to people has no answer, whatever later turns may refer to it.
    let ends = rest
        .iter()
        .take_while(|entry| entry.at == own.at)
        .any(|entry| entry.actor == Actor::Contact && matches!(entry.body, Body::Ended { .. }));
    if own.session.is_some() && !ends {
        return Vec::new();
    }
    // What a rule adds stands right behind what set it off, and is written in the same moment.
    let mut set_off_at = Some(own.at);
    let belongs = |entry: &Entry| {
        let ours = match entry.cause {
            Cause::Turn { of } => of == accepted,
            Cause::Rule { .. } => set_off_at == Some(entry.at),
            Cause::Sent | Cause::Delivery { .. } => false,
        };
        set_off_at = ours.then_some(entry.at);
        ours
    };
    let kept: Vec<bool> = rest.iter().map(belongs).collect();
    entries
        .into_iter()
        .skip(1)
        .zip(kept)
        .filter(|(_, kept)| *kept)
        .map(|(entry, _)| entry)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::belonging;
    use handover_core::contact::Agent;
    use handover_core::content::Content;
    use handover_core::entry::{Actor, Body, Cause, Entry};
    use handover_core::session::EndCause;
    use handover_core::time::Timestamp;

    fn entry(n: u64, ms: i64, actor: Actor, cause: Cause) -> Entry {
        Entry {
            n,
            at: Timestamp::from_ms(ms),
            epoch: 1,
            session: None,
            actor,
            cause,
            body: Body::Message { content: Content::text("x") },
            for_contact: true,
            for_desk: true,
            source: None,
        }
    }

    fn numbers(entries: Vec<Entry>, accepted: u64) -> Vec<u64> {
        belonging(entries, accepted).iter().map(|entry| entry.n).collect()
    }

    #[test]
    fn the_bots_turn_belongs_and_another_calls_turn_does_not() {
        let turn = |of| Cause::Turn { of };
        let entries = vec![
            entry(4, 1, Actor::Contact, Cause::Sent),
            entry(5, 2, Actor::Contact, Cause::Sent),
            entry(6, 3, Actor::Bot, turn(4)),
            entry(7, 3, Actor::Bot, turn(4)),
            entry(8, 3, Actor::Gateway, Cause::Rule { number: 4 }),
            entry(9, 4, Actor::Bot, turn(5)),
            entry(10, 4, Actor::Gateway, Cause::Rule { number: 4 }),
        ];
        assert_eq!(numbers(entries, 4), [6, 7, 8]);
    }

    #[test]
    fn what_time_does_later_does_not_belong() {
        let entries = vec![
            entry(1, 1, Actor::Contact, Cause::Sent),
            entry(2, 1, Actor::Gateway, Cause::Rule { number: 1 }),
            entry(3, 9, Actor::Gateway, Cause::Rule { number: 16 }),
        ];
        assert_eq!(numbers(entries, 1), [2]);
    }

    #[test]
    fn an_agents_words_are_no_answer() {
        let agent = Actor::Agent(Agent::new("1", "Bob"));
        let mut own = entry(1, 1, Actor::Contact, Cause::Sent);
        own.session = Some(1);
        let entries = vec![
            own.clone(),
            entry(2, 1, agent, Cause::Sent),
            entry(3, 1, Actor::Gateway, Cause::Rule { number: 13 }),
            entry(4, 2, Actor::Bot, Cause::Turn { of: 1 }),
        ];
        assert!(numbers(entries, 1).is_empty());
        let mut ended = entry(2, 1, Actor::Contact, Cause::Rule { number: 12 });
        ended.body = Body::Ended { cause: EndCause::ContactEnded };
        let entries = vec![own, ended, entry(3, 2, Actor::Bot, Cause::Turn { of: 1 })];
        assert_eq!(numbers(entries, 1), [2, 3]);
    }

    #[test]
    fn an_entry_that_is_gone_has_no_answer() {
        assert!(numbers(Vec::new(), 1).is_empty());
        assert!(numbers(vec![entry(2, 1, Actor::Bot, Cause::Turn { of: 1 })], 1).is_empty());
    }
}
