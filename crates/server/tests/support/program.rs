//! The real program, in a process of its own.

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// The key that the tests call with.
pub(crate) const KEY: &str = "proof-key";
/// Its secret.
pub(crate) const SECRET: &str = "proof-secret";
/// The first agent's password.
pub(crate) const PASSWORD: &str = "proof-password";

/// The program, running. Killed when dropped.
pub(crate) struct Program {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it said when it was up, a line each.
    pub(crate) said: Vec<String>,
    /// From the start of the process until it said that it was up.
    pub(crate) up_after: Duration,
}

impl Program {
    /// Starts it and waits until it is up. Its log is in `<folder>.log`.
    pub(crate) fn start(folder: &Path, address: SocketAddr) -> Self {
        Self::run(command(folder, address), folder, address)
    }

    /// The same of another build of the program.
    pub(crate) fn start_other(build: &Path, folder: &Path, address: SocketAddr) -> Self {
        Self::run(command_of(&[build.as_os_str()], folder, address), folder, address)
    }

    /// The same in the network of another process.
    pub(crate) fn start_beside(network: Pid, folder: &Path, address: SocketAddr) -> Self {
        let net = format!("--net=/proc/{}/ns/net", network.as_raw_pid());
        let words = ["nsenter", &net, env!("CARGO_BIN_EXE_handover")];
        Self::run(command_of(&words, folder, address), folder, address)
    }

    fn run(mut command: Command, folder: &Path, address: SocketAddr) -> Self {
        let started = Instant::now();
        let mut child =
            command.stdout(Stdio::piped()).stderr(log(folder)).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut said = Vec::new();
        for line in lines.by_ref().map_while(Result::ok) {
            let last = line.trim_start().starts_with("data ");
            said.push(line);
            if last {
                break;
            }
        }
        let up_after = started.elapsed();
        // Keeps the pipe open, so that what it says later does not fail.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let program = Self { child, address, said, up_after };
        let said = &program.said;
        assert!(
            said.iter().any(|line| line.contains("http://")),
            "it did not come up; it said {said:?}, and its log {}",
            log_of(folder)
        );
        program
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        let ended = self.child.try_wait().expect("it can be asked");
        if let Some(status) = ended {
            println!("it ended: {status}");
        }
        ended.is_none()
    }

    /// Runs it until it ends by itself.
    pub(crate) fn run_to_end(folder: &Path, address: SocketAddr) -> Output {
        command(folder, address).output().expect("the program starts")
    }

    /// Stands still from now on: SIGSTOP.
    pub(crate) fn pause(&self) {
        kill_process(self.pid(), Signal::STOP).expect("it can be paused");
    }

    /// Goes on: SIGCONT.
    pub(crate) fn wake(&self) {
        kill_process(self.pid(), Signal::CONT).expect("it can be woken");
    }

    /// Ends it the hard way: SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop (SIGTERM); says how it ended and how long that took.
    pub(crate) fn stop(mut self, limit: Duration) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it can be asked");
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return (status, asked.elapsed());
            }
            assert!(asked.elapsed() < limit, "it did not stop within {limit:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, address: SocketAddr) -> Command {
    command_of(&[env!("CARGO_BIN_EXE_handover")], folder, address)
}

fn command_of(program: &[impl AsRef<OsStr>], folder: &Path, address: SocketAddr) -> Command {
    // A write beyond a limit is then an error and no signal: as on a full disk.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .args(program)
        .arg("serve")
        .arg("--data")
        .arg(folder)
        .arg("--listen")
        .arg(address.to_string())
        .env("HANDOVER_API_KEY", KEY)
        .env("HANDOVER_API_SECRET", SECRET)
        .env("HANDOVER_ADMIN_PASSWORD", PASSWORD)
        .env("HANDOVER_LOG", "info")
        .env("NO_COLOR", "1")
        .env_remove("HANDOVER_CONFIG")
        .stdin(Stdio::null());
    let file = folder.with_extension("toml");
    if file.exists() {
        command.arg("--config").arg(file);
    }
    command
}

fn log(folder: &Path) -> File {
    File::options().create(true).append(true).open(folder.with_extension("log")).expect("a log")
}

/// The log of all runs on a folder.
pub(crate) fn log_of(folder: &Path) -> String {
    std::fs::read_to_string(folder.with_extension("log")).unwrap_or_default()
}

/// An address that stays free between runs: below the ports that systems give to outgoing connections.
pub(crate) fn free_address() -> SocketAddr {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 8_000) as u16;
    (0..2_000)
        .map(|_| first + GIVEN.fetch_add(1, Ordering::Relaxed))
        .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}
