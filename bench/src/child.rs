//! Each server runs in a process of its own, started from this same program.

use handover::config::{Config, Presets};
use handover::http::serve::{Limits, serve};
use handover::settings::AccountKind;
use handover::start::start;
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
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

/// Runs Handover on a folder, without the rates that a public server has, with the console as its desk or a webhook
/// desk that posts to `sink`.
pub fn handover(folder: &str, sink: Option<&str>) -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match runtime.block_on(run(folder, sink)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &str, sink: Option<&str>) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    let address = listener.local_addr().map_err(words)?;
    let config = Config {
        public_url: "http://127.0.0.1:8080".into(),
        database: None,
        bus: None,
        key_file: None,
        events: None,
        listen: address,
        data: folder.into(),
        allow_private_networks: true,
        api_requests_per_s: NonZeroU32::MAX,
        presets: Presets {
            admin_password: Some("bench-bench".into()),
            api_key: Some(KEY.into()),
            api_secret: Some(SECRET.into()),
        },
        from_file: handover::desks::from_file::FromFile::default(),
    };
    let running = start(&config).await.map_err(words)?;
    let settings = &running.app.settings;
    if let Some(sink) = sink {
        let values = json!({ "url": format!("http://{sink}/hook"), "secret": "whsec_YmVuY2g=" });
        let desk = Account {
            id: AccountId::new("sink"),
            vendor: "webhook".into(),
            name: "Sink".into(),
            settings: values.as_object().cloned().unwrap_or_default(),
        };
        settings.save_account(AccountKind::Desk, desk).await.map_err(words)?;
        let mut livechat = settings.livechat();
        livechat.desk = Some("sink".into());
        livechat.policy.start_text = Some(String::new());
        settings.save_livechat(&livechat).await.map_err(words)?;
    }
    println!("http://{address}");
    let router = handover::http::router(running.app.clone());
    serve(listener, router, Limits::of_this_machine(), std::future::pending()).await;
    Ok(())
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
