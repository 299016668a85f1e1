//! Each server runs in a process of its own, started from this same program.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts a server and reads the address that it prints first.
    pub fn start(arguments: &[&str]) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .arg("child")
            .args(arguments)
            .env("HANDOVER_LOG", "error")
            .env("HANDOVER_API_KEY", KEY)
            .env("HANDOVER_API_SECRET", SECRET)
            .env("HANDOVER_ADMIN_PASSWORD", "bench-bench")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line.split_once("http://")?;
                Some(rest.split(['/', ' ']).next()?.to_owned())
            })
            .ok_or("the server did not start")?;
        // Keeps the pipe open, so that later prints do not fail.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, address })
    }

    /// Resident memory in MB, where the system tells.
    pub fn resident_mb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key that the bench calls with.
pub const KEY: &str = "bench-key";
/// Its secret.
pub const SECRET: &str = "bench-secret";

/// Runs Handover on a folder, without the limits that a public server has.
pub fn handover(folder: &str) -> ExitCode {
    let folder = std::path::PathBuf::from(folder);
    let file = folder.join("handover.toml");
    let text = "allow_private_networks = true\napi_requests_per_s = 1000000\n";
    if let Err(error) = std::fs::write(&file, text) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let variable = |name: &str| std::env::var(name).ok();
    handover::cli::serve::run(handover::config::Given {
        listen: Some("127.0.0.1:0".into()),
        data: Some(folder.join("data")),
        file: Some(file),
        presets: handover::config::Presets {
            admin_password: variable("HANDOVER_ADMIN_PASSWORD"),
            api_key: variable("HANDOVER_API_KEY"),
            api_secret: variable("HANDOVER_API_SECRET"),
        },
    })
}
