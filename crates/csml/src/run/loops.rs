//! Foreach loops.

use super::{
    Machine,
    frame::{Loop, ResumedLoop},
};
use crate::{
    code::{Code, Slot, Target},
    lex::Pos,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    state::Hold,
    tree::Name,
    value::{self, Value},
};

impl Machine<'_> {
    pub(super) fn loop_start(
        &mut self,
        value: Slot,
        index: Option<Slot>,
        next: &mut Target,
    ) -> Outcome<()> {
        let items = self.pop();
        let characters = match &items.kind {
            value::Kind::List(_) => None,
            value::Kind::Text(text) => {
                self.world.make_bytes(text.len())?;
                Some(text.chars().map(|c| Name::from(c.encode_utf8(&mut [0; 4]) as &str)).collect())
            }
            _ => {
                let message =
                    format!("foreach walks arrays and strings, this is {}", items.type_name());
                return Err(Stop::fatal(Problem::new(Kind::NotIterable, message).at(items.at)));
            }
        };
        self.loops.push(Loop { items, characters, next: 0 });
        let start = next.saturating_sub(1);
        let is_resumed = self.frames.len() == 1
            && self.resuming.front().is_some_and(|resumed| resumed.start == start);
        if !is_resumed {
            return Ok(());
        }
        if let Some(resumed) = self.resuming.pop_front() {
            self.loop_resume(value, index, resumed.index);
            *next = resumed.then;
        }
        Ok(())
    }

    /// Takes up a loop behind a hold: at the saved index, with the list as it is now.
    fn loop_resume(&mut self, value: Slot, index: Option<Slot>, saved: usize) {
        let Some(walk) = self.loops.last_mut() else {
            return;
        };
        walk.next = saved.saturating_add(1);
        let at = walk.items.at;
        if let Some(item) = walk.item(saved) {
            self.set_local(value, item);
            if let Some(index) = index {
                self.set_local(index, Value::count(saved, at));
            }
        }
    }

    /// Sets up the way back behind a hold, and says where it begins.
    pub(super) fn resume(&mut self, code: &Code, hold: &Hold) -> Target {
        let Some(resume) = code.resumes.get(hold.number) else {
            return 0;
        };
        let mut sites = Vec::new();
        let mut around = resume.inner;
        while let Some(site) = around.and_then(|site| code.loop_sites.get(site)) {
            sites.push(site);
            around = site.outer;
        }
        let mut then = resume.behind;
        for (level, site) in sites.iter().rev().enumerate().collect::<Vec<_>>().into_iter().rev() {
            let index = hold.loops.get(level).copied().unwrap_or(0);
            self.resuming.push_front(ResumedLoop { start: site.start, index, then });
            then = site.list;
        }
        then
    }

    pub(super) fn loop_next(
        &mut self,
        value: Slot,
        index: Option<Slot>,
        end: Target,
        at: Pos,
        next: &mut Target,
    ) {
        let round = self.loops.last_mut().and_then(|walk| {
            let item = walk.item(walk.next)?;
            walk.next += 1;
            Some((item, walk.next - 1))
        });
        match round {
            Some((item, number)) => {
                self.set_local(value, item);
                if let Some(index) = index {
                    self.set_local(index, Value::count(number, at));
                }
            }
            None => {
                self.loop_leave(value, index);
                *next = end;
            }
        }
    }

    /// The names of a loop are gone after it.
    pub(super) fn loop_leave(&mut self, value: Slot, index: Option<Slot>) {
        self.loops.pop();
        if let Some(frame) = self.frames.last_mut() {
            frame.set(value, None);
            if let Some(index) = index {
                frame.set(index, None);
            }
        }
    }
}
