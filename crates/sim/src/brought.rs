//! What must stand at the desk and at the contact's program when all is quiet.

use crate::check::{Fail, Known, carries, token_in};
use crate::shared::Post;
use handover_core::capability::plain;
use handover_core::delivery::{Job, Side, ToDeskAct};
use handover_core::entry::{Actor, Body, Entry};
use handover_core::port::store::DeliveryState;
use handover_fake::vendor::{From, Message};
use std::collections::BTreeMap;

/// What a line says that tells of a doubt: before or while it came about, not when it is found.
const TWICE: &str = "arrive";

impl Known {
    pub(crate) fn trouble(&self, of: u64, word: &str) -> usize {
        let line = format!("ine {of} ");
        let told = self.entries.iter().filter(|entry| match &entry.body {
            Body::Trouble { text } => text.contains(&line) && text.contains(word),
            _ => false,
        });
        told.count()
    }

    /// What was to be brought to the desk is there once, in order.
    pub(crate) fn brought(&self, fail: Fail<'_>) {
        let messages: Vec<&Message> = self.at_desk.iter().flat_map(|it| &it.messages).collect();
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for id in messages.iter().filter_map(|message| message.our_id.as_deref()) {
            *ids.entry(id).or_default() += 1;
        }
        for (id, count) in ids.into_iter().filter(|(_, count)| *count > 1) {
            let n = self.delivery_of(id);
            let of = self.deliveries.iter().find(|it| Some(it.delivery.id.n) == n);
            let doubts = of.map_or(0, |it| self.trouble(it.delivery.entry, TWICE));
            if count > 1 + doubts {
                fail(format!("promise C: {id} stands {count} times at the desk"));
            }
        }
        for record in self.deliveries.iter().filter(|it| it.delivery.side == Side::Desk) {
            let Job::ToDesk(job) = &record.delivery.job else { continue };
            let ToDeskAct::Message { content } = &job.act else { continue };
            let of = record.delivery.entry;
            let Some(token) = token_in(&plain(content)) else { continue };
            let is_it = |message: &&&Message| {
                let files = message.files.iter().any(|file| file.contains(&token));
                message.from == From::Contact && (message.text.contains(&token) || files)
            };
            let there = messages.iter().filter(is_it).filter(|it| !self.opens(it)).count();
            let why = match record.state {
                DeliveryState::Delivered if there == 0 => "is told as delivered and is not there",
                DeliveryState::Dead if self.trouble(of, "could not be delivered") == 0 => {
                    "was given up without a word"
                }
                _ if there > 1 + self.trouble(of, TWICE) => "stands there twice",
                _ => continue,
            };
            fail(format!("promises B and C: {token} (line {of}) {why} at the desk"));
        }
        let lost = self.entries.iter().find(|entry| match &entry.body {
            Body::Trouble { text } => text.contains("is not there"),
            _ => false,
        });
        if let Some(lost) = lost {
            fail(format!("promise G: a look did not find what is there (line {})", lost.n));
        }
        for one in &self.at_desk {
            let lines: Vec<u64> = one
                .messages
                .iter()
                .filter(|message| message.from == From::Contact && !self.opens(message))
                .filter_map(|it| self.line_of(&format!("{} {}", it.text, it.files.join(" "))))
                .collect();
            if lines.windows(2).any(|pair| pair[0] > pair[1]) {
                fail(format!("promise D: at the desk the lines stand in the order {lines:?}"));
            }
        }
    }

    /// Whether a message was written when a session was opened.
    fn opens(&self, message: &Message) -> bool {
        let Some(n) = message.our_id.as_deref().and_then(|id| self.delivery_of(id)) else {
            return false;
        };
        self.deliveries.iter().any(|it| {
            let opens = matches!(&it.delivery.job, Job::ToDesk(job) if job.act == ToDeskAct::Open);
            it.delivery.id.n == n && opens
        })
    }

    fn delivery_of(&self, our_id: &str) -> Option<u64> {
        let (_, rest) = our_id.split_once(self.conversation.id.as_str())?;
        rest.strip_prefix('.')?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    fn line_of(&self, text: &str) -> Option<u64> {
        let token = token_in(text)?;
        let said = |entry: &&Entry| entry.actor == Actor::Contact && carries(entry, &token);
        self.entries.iter().find(said).map(|entry| entry.n)
    }

    /// What was posted to the contact's program came once, in order.
    pub(crate) fn posted(&self, posts: &[Post], fail: Fail<'_>) {
        for record in self.deliveries.iter().filter(|it| it.delivery.side == Side::Contact) {
            let id = record.delivery.id.to_string();
            let came = posts.iter().filter(|post| post.request_id == id).count();
            let of = record.delivery.entry;
            let doubts = self.trouble(of, TWICE);
            if came > 1 + doubts {
                fail(format!(
                    "promise C: line {of} came {came} times, and the transcript tells of {doubts} doubts"
                ));
            }
            if came == 0 && record.state == DeliveryState::Delivered {
                fail(format!("promise B: line {of} is told as delivered and never came"));
            }
            let told = self.trouble(of, "could not be delivered");
            if record.state == DeliveryState::Dead && told == 0 {
                fail(format!("promise B: line {of} was given up without a word"));
            }
        }
        let mut seen: Vec<(&str, u64)> = Vec::new();
        for post in posts {
            if !seen.iter().any(|(id, _)| *id == post.request_id) {
                seen.push((&post.request_id, post.entry));
            }
        }
        if let Some(pair) = seen.windows(2).find(|pair| pair[0].1 > pair[1].1) {
            fail(format!("promise D: line {} came after line {}", pair[1].1, pair[0].1));
        }
        for post in posts {
            let theirs = token_in(&post.text)
                .is_some_and(|token| !token.starts_with(&format!("c{}m", self.contact)));
            if theirs {
                fail(format!("promise F: another's words came: {}", post.text));
            }
        }
    }
}
