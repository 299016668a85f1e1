//! A network of its own for one node, in which what it sends to the database's machine, or hears from there, can be lost
//! without a word, as behind a broken switch. It needs root, `unshare` and `nsenter` of util-linux, and `ip` of iproute2.

use rustix::process::{Pid, geteuid};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Both,
    /// The node is not heard, and hears the others.
    ToDatabase,
    /// The node is heard, and does not hear the others.
    FromDatabase,
}

impl Cut {
    pub(crate) const ALL: [Self; 3] = [Self::Both, Self::ToDatabase, Self::FromDatabase];
}

/// A network that two wires join with ours: one to the database, one to those who call the node.
pub(crate) struct Apart {
    /// The network lasts as long as this process.
    holder: Child,
    number: u32,
}

/// An address that leads nowhere.
const NOBODY: &str = "02:00:00:00:00:99";

impl Apart {
    /// None where this machine allows no such thing: then it is said why.
    pub(crate) fn make() -> Option<Self> {
        if !geteuid().is_root() {
            println!("SKIPPED: only root may make networks; run this test as root");
            return None;
        }
        let mut command = Command::new("unshare");
        // It ends when we do, however we end: it reads what we never write.
        let holder = command.args(["--net", "sh", "-c", "echo; exec cat"]);
        let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        // Its network is there once it says something.
        let mut line = [0];
        let said = std::io::Read::read(holder.stdout.as_mut()?, &mut line);
        let apart = Self { holder, number: std::process::id() };
        if !said.is_ok_and(|n| n > 0) || !apart.join() {
            println!("SKIPPED: this machine lets nobody make networks (or `ip` is missing)");
            return None;
        }
        Some(apart)
    }

    fn join(&self) -> bool {
        let own = |n| format!("{}/30", self.address(n));
        let pid = self.holder.id().to_string();
        for (wire, n) in [("d", 1), ("c", 5)] {
            let (here, there) = (self.end(wire), format!("far{wire}"));
            let words = ["link", "add", &here, "type", "veth", "peer", "name", &there];
            let joined = ip(&[&words[..], &["netns", &pid]].concat())
                && ip(&["addr", "add", &own(n), "dev", &here])
                && ip(&["link", "set", &here, "up"])
                && self.inside(&["addr", "add", &own(n + 1), "dev", &there])
                && self.inside(&["link", "set", &there, "up"]);
            if !joined {
                return false;
            }
        }
        self.inside(&["link", "set", "lo", "up"])
    }

    /// The process whose network it is.
    pub(crate) fn network(&self) -> Pid {
        Pid::from_child(&self.holder)
    }

    /// Where the database's machine is, for all nodes.
    pub(crate) fn database(&self) -> Ipv4Addr {
        self.address(1)
    }

    /// Where callers and desks are.
    pub(crate) fn callers(&self) -> Ipv4Addr {
        self.address(5)
    }

    /// Where the node is, for callers.
    pub(crate) fn node(&self) -> Ipv4Addr {
        self.address(6)
    }

    /// From now on packets are lost.
    pub(crate) fn cut(&self, cut: Cut) {
        let (here, node) = (self.end("d"), self.address(2).to_string());
        let database = self.address(1).to_string();
        let wrong = ["lladdr", NOBODY, "nud", "permanent"];
        if cut != Cut::FromDatabase {
            let words = ["neigh", "replace", &database, "dev", "fard"];
            assert!(self.inside(&[&words[..], &wrong[..]].concat()));
        }
        if cut != Cut::ToDatabase {
            let words = ["neigh", "replace", &node, "dev", &here];
            assert!(ip(&[&words[..], &wrong[..]].concat()));
        }
    }

    /// From now on none are.
    pub(crate) fn mend(&self, cut: Cut) {
        let (here, node) = (self.end("d"), self.address(2).to_string());
        let database = self.address(1).to_string();
        if cut != Cut::FromDatabase {
            assert!(self.inside(&["neigh", "del", &database, "dev", "fard"]));
        }
        if cut != Cut::ToDatabase {
            assert!(ip(&["neigh", "del", &node, "dev", &here]));
        }
    }

    fn end(&self, wire: &str) -> String {
        format!("hov{}{wire}", self.number)
    }

    /// Of the networks that are set aside for measuring, a piece for each test process.
    fn address(&self, host: u8) -> Ipv4Addr {
        let piece = self.number % 8192;
        Ipv4Addr::new(198, 18, (piece / 32) as u8, (piece % 32) as u8 * 8 + host)
    }

    fn inside(&self, words: &[&str]) -> bool {
        let net = format!("--net=/proc/{}/ns/net", self.holder.id());
        run(Command::new("nsenter").arg(net).arg("ip").args(words))
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        // They go with the network, if nobody is left in it.
        for wire in ["d", "c"] {
            ip(&["link", "del", &self.end(wire)]);
        }
    }
}

fn ip(words: &[&str]) -> bool {
    run(Command::new("ip").args(words))
}

fn run(command: &mut Command) -> bool {
    // Debian puts it where only root's shell looks.
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).output().is_ok_and(|done| done.status.success())
}
