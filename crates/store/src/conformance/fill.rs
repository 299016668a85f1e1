//! A place with as much in it as is wanted, for measuring and for moves that last.

use super::facts::{Deed, change, fresh, session};
use crate::moving::{Attempt, Entry, MovedDelivery, Place, Remembered, Room, Session};
use handover_core::delivery::Side;
use handover_core::port::store::Change;
use handover_core::session::SessionState;
use handover_core::time::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// Rooms that are written in one go.
const AT_ONCE: i64 = 500;

/// Puts conversations into a place: so many, each with so many messages. Each message went out once and is remembered by
/// the inbox; of every fiftieth conversation the last one still has to go out.
///
/// # Panics
/// When the place fails.
pub async fn fill(place: &mut dyn Place, rooms: i64, messages: i64, now: Timestamp) {
    let mut nr = 0;
    while nr < rooms {
        let end = rooms.min(nr + AT_ONCE);
        let some: Vec<Room> = (nr + 1..=end).map(|nr| room(nr, messages, now)).collect();
        place.put_rooms(&Arc::new(some)).await.unwrap();
        nr = end;
    }
    place.count_on(rooms * messages).await.unwrap();
}

fn room(nr: i64, messages: i64, now: Timestamp) -> Room {
    let name = format!("web.{nr:032x}");
    let mut all: Change = change(fresh(&name), now);
    for _ in 0..messages {
        all = all.say().send(if nr % 3 == 0 { Side::Desk } else { Side::Contact });
    }
    all.conversation.revision = messages.unsigned_abs();
    let last = if nr % 50 == 0 { messages } else { 0 };
    let at = now.as_ms();
    let mut record = session(&name, 1, SessionState::Ended, 0);
    record.ended_at = Some(now);
    Room {
        nr,
        id: name.clone(),
        revision: messages,
        due: None,
        body: to_json(&all.conversation),
        entries: all.entries.iter().map(|it| Entry { n: it.n as i64, body: to_json(it) }).collect(),
        deliveries: all
            .deliveries
            .iter()
            .map(|it| {
                let n = it.id.n as i64;
                let waits = n == last;
                MovedDelivery {
                    n,
                    side: it.side.as_str().into(),
                    state: if waits { "pending" } else { "delivered" }.into(),
                    attempts: i64::from(!waits),
                    forgiven: 0,
                    created_at: at,
                    next_at: at,
                    lease: None,
                    has_turn: waits,
                    body: to_json(it),
                }
            })
            .collect(),
        attempts: (1..=messages).filter(|n| *n != last).map(|n| attempt(n, at)).collect(),
        sessions: vec![Session { id: record.id.to_string(), body: to_json(&record) }],
        bot_state: Some(
            json!({ "flow": "main", "step": "start", "memory": { "nr": nr } }).to_string(),
        ),
        inbox: (1..=messages)
            .map(|n| Remembered { account: "web".into(), source: format!("m-{n}"), at, entry: n })
            .collect(),
    }
}

fn attempt(delivery: i64, at: i64) -> Attempt {
    let calls = json!([{
        "method": "POST", "url": "https://desk.example/api/v1/conversations/7/messages", "at": at, "took_ms": 120,
        "status": 200, "answer": "{\"id\":7}"
    }]);
    let calls = Some(calls.to_string());
    Attempt { delivery, attempt: 1, at, note: "delivered".into(), by: None, calls }
}

fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}
