//! The books of a day: for each promise, how often it was broken.

use super::ledger::Ledger;
use super::load::{Counted, names_another};
use super::sink::{Arrival, Sink};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::port::store::DeliveryState;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Books {
    calls: u64,
    sent_again: u64,
    at_desk: usize,
    repeats: usize,
    sessions: usize,
    /// A: the bot spoke while people had the floor, or an agent while the bot had it.
    out_of_turn: usize,
    /// B
    lost: usize,
    given_up: usize,
    /// C
    doubled: usize,
    /// C: came to the desk twice, with the same id, and no line says that it may have.
    untold: usize,
    /// D
    out_of_order: usize,
    /// E: deliveries that are not at their end, open sessions without a timer.
    endless: usize,
    /// F
    crossed: u64,
    /// G
    unexplained: usize,
    /// Rule 18: sessions whose bot did not get exactly one terminal event.
    wrong_ends: usize,
}

impl Books {
    pub(crate) async fn of(counted: &Counted, ledger: &Ledger, sink: Option<&Sink>) -> Self {
        let mut books = Self {
            calls: counted.calls(),
            sent_again: counted.repeated,
            crossed: counted.crossed,
            ..Self::default()
        };
        let arrivals = sink.map(Sink::arrivals);
        let [talkers, writers, returners] = &counted.names;
        for (user, n) in talkers.iter().zip(&counted.talked) {
            let entries = books.transcript(user, ledger, arrivals.as_deref()).await;
            books.sequence(&said(&entries, Who::Contact), &numbers("", *n));
            books.answers(user, &entries);
        }
        let both = counted.written.iter().zip(&counted.answered);
        for (user, (to, from)) in writers.iter().zip(both) {
            let entries = books.transcript(user, ledger, arrivals.as_deref()).await;
            let mut expected = numbers("", *to);
            expected.insert(0, "start".into());
            books.sequence(&said(&entries, Who::Contact), &expected);
            let expected = numbers(&format!("api:agent {user} "), *from);
            books.sequence(&said(&entries, Who::Agent), &expected);
            let mut expected = vec!["1 session.opened".to_owned()];
            expected.extend((1..=*to).map(|n| format!("1 to {n} by {user}")));
            books.desk(user, &entries, arrivals.as_deref(), &expected);
        }
        for (user, rounds) in returners.iter().zip(&counted.returned) {
            let entries = books.transcript(user, ledger, arrivals.as_deref()).await;
            let (mut here, mut there) = (vec!["hello".to_owned()], Vec::new());
            for n in 1..=*rounds {
                here.extend(["a", "b", "c"].map(|part| format!("{n} {part}")));
                let middle = format!("round {n} by {user}");
                let parts = ["session.opened", &middle, "session.ended"];
                there.extend(parts.map(|part| format!("{n} {part}")));
            }
            books.sequence(&said(&entries, Who::Contact), &here);
            books.desk(user, &entries, arrivals.as_deref(), &there);
        }
        books
    }

    /// What holds in every conversation; gives its lines.
    async fn transcript(
        &mut self,
        user: &str,
        ledger: &Ledger,
        arrivals: Option<&[Arrival]>,
    ) -> Vec<Entry> {
        let (id, entries) = ledger.entries(user).await;
        let gaps = entries.iter().zip(1..).filter(|(entry, n)| entry.n != *n).count();
        self.lost += gaps;
        for record in ledger.store().deliveries(&id).await.unwrap() {
            self.endless += usize::from(!record.state.is_final());
            self.given_up += usize::from(record.state == DeliveryState::Dead);
        }
        let conversation = ledger.store().load(&id).await.unwrap().unwrap();
        let is_open = conversation.session.is_some();
        self.endless += usize::from(is_open && conversation.due.is_none());
        let (mut open, mut terminals) = (false, None);
        for entry in &entries {
            match &entry.body {
                Body::Started { .. } => {
                    self.sessions += 1;
                    self.wrong_ends += usize::from(terminals.is_some_and(|n| n != 1));
                    (open, terminals) = (true, Some(0));
                }
                Body::Ended { .. } => open = false,
                Body::Terminal { .. } => {
                    // One without a session counts as one too many.
                    self.wrong_ends += usize::from(terminals.is_none());
                    terminals = terminals.map(|n| n + 1);
                }
                Body::Message { .. } => {
                    let wrong = match entry.actor {
                        Actor::Bot => open,
                        Actor::Agent(_) => !open,
                        Actor::Contact | Actor::Gateway => false,
                    };
                    self.out_of_turn += usize::from(wrong);
                }
                _ => {}
            }
            let words = serde_json::to_string(&entry).unwrap();
            self.crossed += u64::from(names_another(&words, user));
            self.unexplained += usize::from(!explains_itself(entry));
        }
        let expected = usize::from(!is_open);
        self.wrong_ends += usize::from(terminals.is_some_and(|n| n != expected));
        let theirs = arrivals.into_iter().flatten().filter(|arrival| arrival.user == user);
        self.crossed += theirs.filter(|arrival| arrival.crossed).count() as u64;
        entries
    }

    /// What came, against what should have come.
    fn sequence(&mut self, found: &[String], expected: &[String]) {
        let mut first = HashMap::new();
        for (place, what) in found.iter().enumerate() {
            if first.contains_key(what) {
                self.doubled += 1;
            }
            first.entry(what).or_insert(place);
        }
        let known: HashSet<&String> = expected.iter().collect();
        self.doubled += found.iter().filter(|what| !known.contains(what)).count();
        let places: Vec<usize> =
            expected.iter().filter_map(|what| first.get(what).copied()).collect();
        self.lost += expected.len() - places.len();
        self.out_of_order += places.windows(2).filter(|two| two[0] > two[1]).count();
    }

    /// What the bot said to a talker: each message asks it to repeat something that is said only once.
    fn answers(&mut self, user: &str, entries: &[Entry]) {
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        let own = entries.iter().filter(|entry| entry.actor == Actor::Contact);
        for own in own.filter(|entry| entry.source.is_some()) {
            let id = own.source.as_ref().unwrap();
            expected.push(format!("{id}"));
            let ends = [".", ","].map(|end| format!(" {user} {id}{end}"));
            for answer in entries.iter().filter(|it| it.cause == (Cause::Turn { of: own.n })) {
                let words = answer.content().map(|it| serde_json::to_string(it).unwrap());
                let words = words.unwrap_or_default();
                if ends.iter().any(|end| words.contains(end.as_str())) {
                    found.push((answer.n, format!("{id}")));
                }
            }
        }
        found.sort();
        let found: Vec<String> = found.into_iter().map(|(_, id)| id).collect();
        self.sequence(&found, &expected);
    }

    /// What came to the desk of one contact.
    fn desk(
        &mut self,
        user: &str,
        entries: &[Entry],
        arrivals: Option<&[Arrival]>,
        expected: &[String],
    ) {
        let Some(arrivals) = arrivals else { return };
        let (mut found, mut ids) = (Vec::new(), HashSet::new());
        for arrival in arrivals.iter().filter(|arrival| arrival.user == user) {
            self.at_desk += 1;
            if ids.insert(&arrival.id) {
                found.push(arrival.what.clone());
                continue;
            }
            self.repeats += 1;
            let n = arrival.id.rsplit('.').next().unwrap().parse().unwrap();
            let told = entries.iter().any(|entry| {
                entry.cause == (Cause::Delivery { n }) && matches!(entry.body, Body::Trouble { .. })
            });
            self.untold += usize::from(!told);
        }
        self.sequence(&found, expected);
    }

    fn violations(&self) -> [u64; 10] {
        let Self { out_of_turn, lost, given_up, doubled, untold, out_of_order, .. } = self;
        let Self { endless, unexplained, wrong_ends, .. } = self;
        let all = [out_of_turn, lost, given_up, doubled, untold, out_of_order];
        let [a, b, c, d, e, f] = all.map(|n| *n as u64);
        [a, b, c, d, e, f, *endless as u64, self.crossed, *unexplained as u64, *wrong_ends as u64]
    }

    /// Prints them; no promise was broken.
    pub(crate) fn close(&self, day: &str) {
        println!("{day}: {self}");
        assert_eq!(self.violations(), [0; 10], "{self:?}");
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls answered, {} sent again; {} posts at the desk, {} of them repeats that the transcript tells; \
             {} sessions\n  A out of turn {}, B lost {}, given up {}, C doubled {}, repeats untold {}, D out of order {}, \
             E without end {}, F crossed {}, G unexplained {}, rule 18: wrong ends {}",
            self.calls,
            self.sent_again,
            self.at_desk,
            self.repeats,
            self.sessions,
            self.out_of_turn,
            self.lost,
            self.given_up,
            self.doubled,
            self.untold,
            self.out_of_order,
            self.endless,
            self.crossed,
            self.unexplained,
            self.wrong_ends,
        )
    }
}

enum Who {
    Contact,
    Agent,
}

/// The ids under which somebody sent messages, in the transcript's order.
fn said(entries: &[Entry], who: Who) -> Vec<String> {
    let is_theirs = |entry: &&Entry| match (&who, &entry.actor) {
        (Who::Contact, Actor::Contact) => true,
        (Who::Agent, Actor::Agent(_)) => entry.content().is_some(),
        _ => false,
    };
    let theirs = entries.iter().filter(is_theirs);
    theirs.filter_map(|entry| Some(entry.source.as_ref()?.to_string())).collect()
}

fn numbers(before: &str, count: u64) -> Vec<String> {
    (1..=count).map(|n| format!("{before}{n}")).collect()
}

/// Promise G: what was ignored or went wrong says why, and the bot speaks because of something.
fn explains_itself(entry: &Entry) -> bool {
    match &entry.body {
        Body::Ignored { what, why } => !what.is_empty() && !why.is_empty(),
        Body::Trouble { text } => !text.is_empty(),
        Body::Message { .. } | Body::Fenced { .. } => match entry.actor {
            Actor::Bot => matches!(entry.cause, Cause::Turn { .. } | Cause::Rule { .. }),
            Actor::Contact | Actor::Agent(_) => entry.cause == Cause::Sent,
            Actor::Gateway => entry.cause != Cause::Sent,
        },
        _ => true,
    }
}
