//! What ran in the same data folder before: its lock tells that it is dead, so nobody need wait for its leases.

use super::Nodes;
use crate::bus::NodeId;
use handover_core::port::store::Result;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The file's name in the data folder.
const NAME: &str = "node";

/// Who runs in a data folder, as its file says.
#[derive(Serialize, Deserialize)]
struct Held {
    /// The machine: folders that many machines see may have locks that they do not.
    machine: String,
    node: String,
}

/// The data folder's file, locked for as long as this lives.
pub struct Place {
    file: File,
}

impl Place {
    /// Takes the place, and says who had it before on this machine and is dead. None where another process has it, or
    /// where there are no locks.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn take(folder: &Path, machine: &str) -> std::io::Result<Option<(Self, Option<NodeId>)>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(folder.join(NAME))?;
        if file.try_lock().is_err() {
            return Ok(None);
        }
        let mut text = String::new();
        // What cannot be read is nobody's.
        let _ = file.read_to_string(&mut text);
        let before = serde_json::from_str(&text).ok();
        let before = before.filter(|held: &Held| held.machine == machine);
        Ok(Some((Self { file }, before.map(|held| NodeId::of(&held.node)))))
    }

    /// Writes who has it now.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn keep(&mut self, machine: &str, own: &NodeId) -> std::io::Result<()> {
        let held = Held { machine: machine.to_owned(), node: own.as_str().to_owned() };
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(serde_json::to_string(&held)?.as_bytes())
    }
}

impl Nodes {
    /// Takes the data folder's place, and frees at once what its earlier process held if that is dead. Without a place the
    /// others find that out, a little later.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle_in(&self, folder: &Path) -> Result<Option<Place>> {
        let machine = self.read().about.name.clone();
        let unknown = |error: std::io::Error| {
            tracing::warn!(%error, "nobody knows who ran in this folder before; the others will find out");
        };
        let Some((mut place, before)) = Place::take(folder, &machine).unwrap_or_else(|error| {
            unknown(error);
            None
        }) else {
            return Ok(None);
        };
        if let Some(before) = before {
            self.bury(&before).await?;
        }
        if let Err(error) = place.keep(&machine, self.own()) {
            unknown(error);
        }
        Ok(Some(place))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::bus::NodeId;

    #[test]
    fn who_was_there_before_is_known_once_it_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let take = |machine: &str| Place::take(folder.path(), machine).unwrap();
        let (mut first, before) = take("here").unwrap();
        assert_eq!(before, None);
        first.keep("here", &NodeId::of("quite a long name")).unwrap();
        assert!(take("here").is_none(), "it still runs");
        drop(first);
        let (mut second, before) = take("here").unwrap();
        assert_eq!(before, Some(NodeId::of("quite a long name")));
        second.keep("here", &NodeId::of("two")).unwrap();
        drop(second);
        assert_eq!(take("here").unwrap().1, Some(NodeId::of("two")));
        assert_eq!(take("elsewhere").unwrap().1, None, "a lock says nothing of another machine");
        std::fs::write(folder.path().join("node"), "{").unwrap();
        assert_eq!(take("here").unwrap().1, None);
    }
}
