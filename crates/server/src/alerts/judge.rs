//! What is news and what was told before: no clock and no store, so that each case can be shown.

use handover_core::delivery::Side;
use handover_core::port::outbox::Waiting;
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Deliveries that were given up and are neither repeated nor skipped.
pub(super) const DELIVERIES_DEAD: &str = "deliveries_dead";
/// The oldest delivery that waits is too old.
pub(super) const QUEUE_OLD: &str = "queue_old";
/// A desk's hooks do not arrive.
pub(super) const HOOKS_LOST: &str = "hooks_lost";

/// When more of the same is told again, in milliseconds.
const AGAIN_MS: i64 = 15 * 60 * 1000;

/// How things are.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Now.
    pub now: Timestamp,
    /// Deliveries that were given up.
    pub dead: u64,
    /// Since when deliveries wait.
    pub waiting: Waiting,
    /// Desks whose hooks do not arrive, and that in words.
    pub hooks: Vec<(String, String)>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// A stable word: `deliveries_dead`, `queue_old`, `hooks_lost`.
    pub alert: Cow<'static, str>,
    /// The side or the desk that it is about; empty where it is about all.
    pub about: String,
    /// In words.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
    /// How many, or how old in seconds.
    pub value: u64,
    /// When it was last told, and how many it was then.
    told: (Timestamp, u64),
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    pub(super) raised: Raised,
    pub(super) at: Timestamp,
    /// Whether it is over.
    pub(super) over: bool,
}

/// What was told.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Judge(BTreeMap<String, Raised>);

/// What is wrong now, before it is known whether that is news.
struct Wrong {
    alert: &'static str,
    about: String,
    text: String,
    value: u64,
    /// Whether more of it is news, after a while.
    grows: bool,
}

impl Judge {
    /// What is wrong now.
    pub(super) fn raised(&self) -> Vec<Raised> {
        self.0.values().cloned().collect()
    }

    /// Compares how things are with what was told.
    pub(super) fn look(&mut self, seen: &Seen, queue_age_s: i64) -> Vec<News> {
        let mut news = Vec::new();
        let mut before = std::mem::take(&mut self.0);
        for wrong in wrong(seen, queue_age_s) {
            let key = format!("{}/{}", wrong.alert, wrong.about);
            let known = before.remove(&key);
            let told = known.as_ref().map(|known| known.told).filter(|(at, value)| {
                !(wrong.grows && wrong.value > *value && seen.now.since_ms(*at) >= AGAIN_MS)
            });
            let raised = Raised {
                alert: Cow::Borrowed(wrong.alert),
                about: wrong.about,
                text: wrong.text,
                since: known.map_or(seen.now, |known| known.since),
                value: wrong.value,
                told: told.unwrap_or((seen.now, wrong.value)),
            };
            if told.is_none() {
                news.push(News { raised: raised.clone(), at: seen.now, over: false });
            }
            self.0.insert(key, raised);
        }
        news.extend(before.into_values().map(|raised| News { raised, at: seen.now, over: true }));
        news
    }
}

fn wrong(seen: &Seen, queue_age_s: i64) -> Vec<Wrong> {
    let mut found = Vec::new();
    if seen.dead > 0 {
        let text = match seen.dead {
            1 => "1 delivery was given up. Repeat or skip it under Activity.".to_owned(),
            dead => format!("{dead} deliveries were given up. Repeat or skip them under Activity."),
        };
        let about = String::new();
        found.push(Wrong { alert: DELIVERIES_DEAD, about, text, value: seen.dead, grows: true });
    }
    for side in [Side::Contact, Side::Desk, Side::Bot] {
        let age = seen.waiting.of(side).map(|since| seen.now.since_ms(since) / 1000);
        if let Some(age) = age.filter(|age| *age >= queue_age_s) {
            let who = match side {
                Side::Contact => "a contact's channel",
                Side::Desk => "a desk",
                Side::Bot => "a bot",
            };
            let text = format!(
                "A delivery to {who} has waited for more than {} minutes. Activity shows why it does not arrive.",
                queue_age_s.div_euclid(60).max(1)
            );
            let value = u64::try_from(age).unwrap_or(0);
            let about = side.as_str().to_owned();
            found.push(Wrong { alert: QUEUE_OLD, about, text, value, grows: false });
        }
    }
    for (desk, text) in &seen.hooks {
        let (about, text) = (desk.clone(), text.clone());
        found.push(Wrong { alert: HOOKS_LOST, about, text, value: 1, grows: false });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{AGAIN_MS, Judge, Seen};
    use handover_core::port::outbox::Waiting;
    use handover_core::time::Timestamp;

    const AGE_S: i64 = 600;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    /// What is told, in short: `+deliveries_dead 3`.
    fn look(judge: &mut Judge, seen: &Seen) -> Vec<String> {
        let news = judge.look(seen, AGE_S);
        let short = |news: &super::News| {
            let sign = if news.over { '-' } else { '+' };
            let raised = &news.raised;
            format!("{sign}{} {}{}", raised.alert, raised.about, raised.value)
        };
        news.iter().map(short).collect()
    }

    #[test]
    fn a_change_is_told_once() {
        let mut judge = Judge::default();
        let dead = |dead, ms| Seen { dead, now: at(ms), ..Seen::default() };
        assert_eq!(look(&mut judge, &dead(0, 0)), Vec::<String>::new());
        assert_eq!(look(&mut judge, &dead(1, 1)), ["+deliveries_dead 1"]);
        assert_eq!(look(&mut judge, &dead(1, 2)), Vec::<String>::new());
        assert_eq!(look(&mut judge, &dead(0, 3)), ["-deliveries_dead 1"]);
        assert_eq!(look(&mut judge, &dead(0, 4)), Vec::<String>::new());
        assert!(judge.raised().is_empty());
    }

    #[test]
    fn more_of_the_same_is_told_after_a_while() {
        let mut judge = Judge::default();
        let dead = |dead, ms| Seen { dead, now: at(ms), ..Seen::default() };
        look(&mut judge, &dead(1, 0));
        assert_eq!(look(&mut judge, &dead(9, AGAIN_MS - 1)), Vec::<String>::new());
        assert_eq!(look(&mut judge, &dead(9, AGAIN_MS)), ["+deliveries_dead 9"]);
        assert_eq!(
            look(&mut judge, &dead(8, 3 * AGAIN_MS)),
            Vec::<String>::new(),
            "fewer is no news"
        );
        assert_eq!(judge.raised()[0].since, at(0));
    }

    #[test]
    fn each_side_has_a_queue_of_its_own() {
        let mut judge = Judge::default();
        let waiting = Waiting { contact: Some(at(0)), desk: Some(at(300_000)), bot: None };
        let seen = |ms| Seen { waiting, now: at(ms), ..Seen::default() };
        assert_eq!(look(&mut judge, &seen(599_999)), Vec::<String>::new());
        assert_eq!(look(&mut judge, &seen(600_000)), ["+queue_old contact600"]);
        assert_eq!(look(&mut judge, &seen(900_000)), ["+queue_old desk600"]);
        let over = Seen { now: at(900_001), ..Seen::default() };
        assert_eq!(look(&mut judge, &over).len(), 2);
    }

    #[test]
    fn a_desk_whose_hooks_are_lost_is_told_by_name() {
        let mut judge = Judge::default();
        let hooks = vec![("d".to_owned(), "Support: its hooks do not arrive.".to_owned())];
        let seen = Seen { hooks, now: at(0), ..Seen::default() };
        assert_eq!(look(&mut judge, &seen), ["+hooks_lost d1"]);
        assert_eq!(judge.raised()[0].text, "Support: its hooks do not arrive.");
    }

    #[test]
    fn a_restart_does_not_tell_again() {
        let mut judge = Judge::default();
        let seen = Seen { dead: 2, now: at(0), ..Seen::default() };
        look(&mut judge, &seen);
        let kept = serde_json::to_value(&judge).unwrap();
        let mut again: Judge = serde_json::from_value(kept).unwrap();
        assert_eq!(look(&mut again, &seen), Vec::<String>::new());
    }
}
