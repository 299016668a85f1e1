//! What tasks tell the loop.

use crate::shared::{Mail, lock};
use crate::world::{Next, World};

impl World {
    pub(crate) fn read_mail(&mut self) {
        loop {
            let mail: Vec<Mail> = std::mem::take(&mut *lock(&self.shared.mail));
            if mail.is_empty() {
                return;
            }
            mail.into_iter().for_each(|mail| self.read(mail));
        }
    }

    fn read(&mut self, mail: Mail) {
        match mail {
            Mail::Said(index, true) => {
                if let Some(say) = self.says.get_mut(index) {
                    say.taken = true;
                }
            }
            Mail::Said(index, false) => {
                let in_ms = self.shared.chance().between(500, 8000);
                self.later(in_ms, Next::Say(index, false));
            }
            Mail::Told(index, told) => self.told(index, told),
            Mail::Answered(index, status) => self.answered(index, status),
            Mail::Left(flight, in_ms) => self.later(in_ms, Next::Arrives(flight)),
            Mail::Leased(node, leased) => self.deliver(node, *leased),
            Mail::Hint(node) => {
                let time = self.shared.now();
                if let Some(node) = self.nodes.get_mut(node) {
                    node.next_tick = node.next_tick.min(time);
                }
            }
            Mail::Sessions if !self.looks_wait => {
                self.looks_wait = true;
                self.later(5000, Next::Look);
            }
            Mail::Sessions => {}
            Mail::Die(node) => {
                self.kill(node);
                let down_ms = self.nodes.get(node).map_or(1000, |node| node.down_ms);
                self.later(down_ms, Next::Up(node));
            }
            Mail::Ended(session) => self.ended(session),
            Mail::Looked(looked) => self.looked(looked),
        }
    }

    fn told(&mut self, index: usize, told: Option<bool>) {
        let in_ms = self.shared.chance().between(500, 8000);
        let Some(tell) = self.tells.get_mut(index).filter(|tell| !tell.over) else { return };
        if told == Some(false) {
            return self.later(in_ms, Next::Tell(index, false));
        }
        tell.over = true;
        if let (Some(true), Some(said)) = (told, tell.said)
            && let Some(said) = lock(&self.shared.agent_said).get_mut(said)
        {
            said.taken = true;
        }
    }
}
