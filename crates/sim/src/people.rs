//! What contacts and agents do when their moment comes.

use crate::bot::{CRASH, HUMAN, MENU, TITLE};
use crate::exec::{Task, Work};
use crate::net::PICTURE;
use crate::plan::{Act, Deed};
use crate::shared::{AgentSaid, Mail, lock};
use crate::world::{Next, Say, Tell, World, name, now};
use handover_core::contact::Agent;
use handover_core::content::{Content, Media, MediaKind};
use handover_core::event::{ContactAct, DeskAct, FromContact, FromDesk};
use handover_core::ids::SourceId;
use handover_core::port::store::Store;
use handover_core::words::{END, START};
use handover_engine::Error;
use serde_json::json;
use std::sync::atomic::Ordering;

/// What the text of an act carries, and nothing else does.
pub(crate) fn token(act: &Act) -> String {
    format!("c{}m{}z", act.contact, act.n)
}

/// The whole texts that an act sends, in order.
pub(crate) fn contents(act: &Act) -> Vec<Content> {
    let token = token(act);
    let text = |words: &str| Content::text(format!("{words} {token}"));
    let start = || Content::payload(START);
    match act.deed {
        Deed::Says => vec![text("I say")],
        Deed::AsksForMenu => vec![text(MENU)],
        Deed::CrashesTheBot => vec![text(CRASH)],
        Deed::MakesTheBotAsk => vec![text(HUMAN)],
        Deed::SendsFile => vec![Content::Media(Media {
            kind: MediaKind::Image,
            url: format!("/files/x/{token}.png"),
            name: Some(format!("{token}.png")),
            mime: Some("image/png".into()),
            size_bytes: Some(PICTURE.len() as u64),
        })],
        Deed::PressesStart => vec![start()],
        Deed::PressesStartTwice => vec![start(), start()],
        Deed::TypesStart => vec![Content::text(format!(" {START} "))],
        Deed::StartsQueue => vec![Content::payload(format!("{START}:billing"))],
        Deed::TypesTitle => vec![Content::text(TITLE.to_uppercase())],
        Deed::PressesEnd => vec![Content::payload(END)],
        Deed::PressesEndTwice => vec![Content::payload(END), Content::payload(END)],
        Deed::TypesEnd => vec![Content::text(END)],
        _ => Vec::new(),
    }
}

/// What an agent writes.
pub(crate) fn agent_text(act: &Act) -> Option<String> {
    let token = token(act);
    match act.deed {
        Deed::AgentSays | Deed::AgentMacro => Some(format!("We answer {token}")),
        Deed::AgentEnds => Some(format!("Goodbye {token}\n\n{END}")),
        Deed::AgentSaysWithMarker => Some(END.replace('_', "\\_")),
        Deed::AgentNotes => Some(format!("Between us {token}")),
        _ => None,
    }
}

impl World {
    /// An act's moment has come.
    pub(crate) fn act(&mut self, index: usize) {
        let Some(act) = self.plan.acts.get(index).cloned() else { return };
        self.last_act = self.shared.now();
        self.shared.say(|| format!("c{} does {:?} ({})", act.contact, act.deed, token(&act)));
        let contents = contents(&act);
        if act.deed == Deed::Reads {
            return self.reads(&act);
        }
        if contents.is_empty() {
            return if self.vendor.is_some() {
                self.at_vendor(&act)
            } else {
                self.at_console(&act)
            };
        }
        let carries = matches!(
            act.deed,
            Deed::Says
                | Deed::AsksForMenu
                | Deed::CrashesTheBot
                | Deed::MakesTheBotAsk
                | Deed::SendsFile
        );
        for (part, content) in contents.into_iter().enumerate() {
            let source = SourceId::new(format!("s{}-{part}", act.n));
            let metadata = json!({ "name": name(act.contact), "plan": "gold" });
            let from = FromContact {
                source: Some(source),
                metadata: metadata.as_object().cloned(),
                verified: false,
                act: ContactAct::Said(content),
            };
            let token = carries.then(|| token(&act));
            self.says.push(Say { contact: act.contact, from, token, taken: false });
            self.later(
                i64::try_from(part).unwrap_or(0) * 150,
                Next::Say(self.says.len() - 1, false),
            );
        }
    }

    fn reads(&mut self, act: &Act) {
        let read = now(self.store.load(&self.id(act.contact))).flatten().map_or(0, |it| it.entries);
        let seen = ContactAct::Seen { delivered: read, read };
        let from = FromContact { source: None, metadata: None, verified: false, act: seen };
        self.says.push(Say { contact: act.contact, from, token: None, taken: false });
        self.later(0, Next::Say(self.says.len() - 1, false));
    }

    /// The latest conversation of a contact at the desk, as agents find it.
    pub(crate) fn link(&self, contact: usize) -> Option<String> {
        let all = self.vendor.as_ref()?.conversations();
        let mine = all.into_iter().rfind(|one| one.contact_name.contains(&name(contact)));
        mine.map(|one| one.id)
    }

    fn at_vendor(&mut self, act: &Act) {
        let (Some(vendor), Some(link)) = (self.vendor.clone(), self.link(act.contact)) else {
            return;
        };
        let agent = if act.n.is_multiple_of(3) { "Ben" } else { "Ana" };
        self.shared.touched.store(true, Ordering::Relaxed);
        let text = agent_text(act).unwrap_or_default();
        let message = match act.deed {
            Deed::AgentSays | Deed::AgentEnds => vendor.agent_says(&link, agent, &text),
            Deed::AgentMacro => {
                let message = vendor.agent_says(&link, agent, &text);
                vendor.agent_notes(&link, agent, "Answered by macro");
                vendor.closes(&link, agent);
                message
            }
            Deed::AgentSendsFile => vendor.agent_sends_file(
                &link,
                agent,
                &format!("{}.png", token(act)),
                "image/png",
                PICTURE,
            ),
            Deed::AgentSaysWithMarker => {
                vendor.agent_says(&link, agent, &text);
                return;
            }
            Deed::AgentNotes => {
                vendor.agent_notes(&link, agent, &text);
                return;
            }
            Deed::AgentCloses => return vendor.closes(&link, agent),
            Deed::AgentReopens => return vendor.reopens(&link, agent),
            Deed::AgentSnoozes => return vendor.snoozes(&link, agent),
            _ => return,
        };
        if message.is_empty() || act.deed == Deed::AgentSendsFile {
            return;
        }
        let (contact, token) = (act.contact, token(act));
        lock(&self.shared.agent_said).push(AgentSaid {
            contact,
            token,
            message,
            at: self.shared.now(),
            link: Some(link),
            clocks_apart: self.clocks_apart,
            taken: false,
        });
    }

    fn at_console(&mut self, act: &Act) {
        let Some(conversation) = now(self.store.load(&self.id(act.contact))).flatten() else {
            return;
        };
        let session = conversation.session;
        let token = token(act);
        let text = agent_text(act).unwrap_or_default();
        let what = match (act.deed, &session) {
            (
                Deed::AgentSays | Deed::AgentMacro | Deed::AgentEnds | Deed::AgentSaysWithMarker,
                Some(_),
            ) => DeskAct::Said(Content::text(text)),
            (Deed::AgentNotes, _) => DeskAct::Noted(text),
            (Deed::AgentCloses, Some(_)) => DeskAct::Closed,
            (Deed::AgentHandsBack, Some(_)) => DeskAct::HandedBack(None),
            (Deed::AgentAccepts | Deed::AgentSays, _) => DeskAct::Accepted,
            _ => return,
        };
        let anywhere = matches!(what, DeskAct::Noted(_) | DeskAct::Accepted);
        let mut said = None;
        if matches!(what, DeskAct::Said(_)) && act.deed != Deed::AgentSaysWithMarker {
            let at = self.shared.now();
            let mut all = lock(&self.shared.agent_said);
            said = Some(all.len());
            let (contact, message) = (act.contact, String::new());
            let link = None;
            let clocks_apart = self.clocks_apart;
            let taken = false;
            all.push(AgentSaid { contact, token, message, at, link, clocks_apart, taken });
        }
        let from = FromDesk {
            source: Some(SourceId::new(format!("t{}-{}", act.n, self.tells.len()))),
            agent: Some(Agent::new("ana", "Ana")),
            done_at: None,
            act: what,
        };
        let session = session.map(|session| session.id).filter(|_| !anywhere);
        self.tells.push(Tell { contact: act.contact, session, from, said, over: false });
        self.later(0, Next::Tell(self.tells.len() - 1, false));
        if act.deed == Deed::AgentMacro {
            let closing = Act { deed: Deed::AgentCloses, ..act.clone() };
            self.at_console(&closing);
        }
    }

    /// A contact's message goes to some node.
    pub(crate) fn send_say(&mut self, index: usize, again: bool) {
        let Some(say) = self.says.get(index) else { return };
        if say.taken && !again {
            return;
        }
        let Some((node, engine)) = self.some_node() else {
            return self.later(2000, Next::Say(index, again));
        };
        let (channel, key, from) =
            (self.channel(say.contact), self.key(say.contact), say.from.clone());
        let (shared, work) = (self.shared.clone(), Work::Say(index));
        self.tasks.push(Task::new(node, work, async move {
            let taken = engine.from_contact(&channel, &key, from).await.is_ok();
            shared.post(Mail::Said(index, taken));
        }));
        let again = lock(&self.shared.weather).says_again;
        if self.shared.permille(again) {
            let in_ms = self.sometime();
            self.later(in_ms, Next::Say(index, true));
        } else if self.is_stalled(node) {
            self.later(8000, Next::Say(index, false));
        }
    }

    /// At once, soon, in minutes, or in days.
    pub(crate) fn sometime(&self) -> i64 {
        let mut chance = self.shared.chance();
        match chance.index(8) {
            0..=2 => chance.between(0, 100),
            3..=4 => chance.between(100, 20_000),
            5..=6 => chance.between(60_000, 3_600_000),
            _ => chance.between(3_600_000, 6 * 86_400_000),
        }
    }

    /// A console agent's act goes to some node.
    pub(crate) fn send_tell(&mut self, index: usize, again: bool) {
        let Some(tell) = self.tells.get(index) else { return };
        if tell.over && !again {
            return;
        }
        let Some((node, engine)) = self.some_node() else {
            return self.later(2000, Next::Tell(index, again));
        };
        let (id, session, from) = (self.id(tell.contact), tell.session.clone(), tell.from.clone());
        let (shared, work) = (self.shared.clone(), Work::Tell(index));
        self.tasks.push(Task::new(node, work, async move {
            let done = match &session {
                Some(session) => engine.from_desk(session, from).await,
                None => engine.from_desk_to(&id, from).await,
            };
            let told = match done {
                Ok(_) => Some(true),
                Err(Error::NoSession | Error::NoConversation) => None,
                Err(_) => Some(false),
            };
            shared.post(Mail::Told(index, told));
        }));
        let again = lock(&self.shared.weather).says_again;
        if self.shared.permille(again) {
            let in_ms = self.sometime();
            self.later(in_ms, Next::Tell(index, true));
        }
    }
}
