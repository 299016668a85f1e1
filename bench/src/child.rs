//! Each server runs in a process of its own, started from this same program.

use crate::contact::{KEY, SECRET};
use crate::process;
use handover::config::{Config, Presets};
use handover::http::serve::{Limits, serve};
use handover::settings::AccountKind;
use handover::start::start;
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What Handover is run under, as a program and its arguments: a profiler.
pub static UNDER: OnceLock<Vec<String>> = OnceLock::new();

/// A running server; ended when dropped.
pub struct Server {
    child: Child,
    /// Whether it has something to write when it ends.
    profiled: bool,
    pub address: String,
    /// How long it took until it said that it is up.
    pub up_after: Duration,
}

impl Server {
    /// Starts one of ours and reads the address that it prints first.
    pub fn start(arguments: &[&str]) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("child").args(arguments);
        Self::run(command)
    }

    /// Starts Handover.
    pub fn handover(place: &Place) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let under = UNDER.get().and_then(|words| words.split_first());
        let mut command = match under {
            Some((profiler, arguments)) => {
                let mut command = Command::new(profiler);
                command.args(arguments).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.args(["child", "handover", &json!(place).to_string()]);
        if let Some(shim) = &place.slow_disk {
            command.env("LD_PRELOAD", shim);
        }
        let mut server = Self::run(command)?;
        server.profiled = under.is_some();
        Ok(server)
    }

    /// Starts any program that prints an address.
    pub fn run(mut command: Command) -> Result<Self, String> {
        let began = Instant::now();
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
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
        let up_after = began.elapsed();
        // Keeps the pipe open, so that later prints do not fail.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, profiled: false, address, up_after })
    }

    /// Resident memory in kilobytes.
    pub fn resident_kb(&self) -> f64 {
        process::resident_kb(self.child.id())
    }

    /// The processor's time used so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        process::cpu_s(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let asked =
            self.profiled && Command::new("kill").arg(self.child.id().to_string()).status().is_ok();
        if !asked {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Where a Handover keeps what is its own, and what it works with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Place {
    pub folder: PathBuf,
    /// A database that it shares with others; else a file in the folder.
    pub database: Option<String>,
    pub key_file: Option<PathBuf>,
    /// A webhook desk's address; else the console is the desk.
    pub sink: Option<String>,
    /// A library that makes each flush slower.
    pub slow_disk: Option<PathBuf>,
}

impl Place {
    /// On a file in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), database: None, key_file: None, sink: None, slow_disk: None }
    }

    #[must_use]
    pub fn with_sink(self, sink: &str) -> Self {
        Self { sink: Some(sink.to_owned()), ..self }
    }
}

/// Runs Handover without the rates that a public server has.
pub fn handover(place: &str) -> ExitCode {
    // What a measured server warns of should be seen.
    tracing_subscriber::fmt().with_env_filter("warn").with_writer(std::io::stderr).init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let place = serde_json::from_str(place).map_err(words);
    match place.and_then(|place| runtime.block_on(run(place))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(place: Place) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    let address = listener.local_addr().map_err(words)?;
    let config = Config {
        public_url: "http://127.0.0.1:8080".into(),
        database: place.database,
        bus: None,
        events: None,
        key_file: place.key_file,
        listen: address,
        data: place.folder,
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
    // Of several nodes the first sets it up.
    if let Some(sink) = place.sink
        && settings.account(AccountKind::Desk, &AccountId::new("sink")).is_none()
    {
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
