//! What the operator gives at start: flags before environment before file before defaults.

use crate::desks::from_file::FromFile;
use crate::events::{InFile, Wanted};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where the program listens unless told otherwise: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// The folder that holds everything, unless told otherwise.
pub const DEFAULT_DATA: &str = "data";

/// How many requests an API key may make each second, unless told otherwise.
pub const DEFAULT_API_REQUESTS_PER_S: NonZeroU32 = match NonZeroU32::new(50) {
    Some(rate) => rate,
    None => NonZeroU32::MIN,
};

/// What the program runs with.
#[derive(Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder that holds everything.
    pub data: PathBuf,
    /// The PostgreSQL database that nodes share; none is a file in the data folder. It holds a password: never show it.
    pub database: Option<String>,
    /// The NATS servers that carry hints between nodes, with commas in between; none is the database itself.
    pub bus: Option<String>,
    /// The stream of events; none when it is off.
    pub events: Option<Wanted>,
    /// The file with the key that seals secrets, the same on all nodes; none is `key` in the data folder.
    pub key_file: Option<PathBuf>,
    /// Where this program is reached from outside, without a slash at its end: desks post their hooks there.
    pub public_url: String,
    /// Whether bots and deliveries may call private networks. Off keeps a bot's author away from what only this
    /// machine can reach.
    pub allow_private_networks: bool,
    /// How many requests an API key may make each second, unless its channel says otherwise; one contact may send a
    /// fifth of that.
    pub api_requests_per_s: NonZeroU32,
    /// What the first run would make up otherwise.
    pub presets: Presets,
    /// Desks and livechat settings of the file.
    pub from_file: FromFile,
}

/// What the first run would make up otherwise.
#[derive(Clone, Default)]
pub struct Presets {
    /// The first agent's password (`HANDOVER_ADMIN_PASSWORD`).
    pub admin_password: Option<String>,
    /// The Chat API's key (`HANDOVER_API_KEY`).
    pub api_key: Option<String>,
    /// The Chat API's secret (`HANDOVER_API_SECRET`).
    pub api_secret: Option<String>,
}

/// The flags and variables that were given.
#[derive(Clone, Default)]
pub struct Given {
    /// `--listen` or `HANDOVER_LISTEN`.
    pub listen: Option<String>,
    /// `--data` or `HANDOVER_DATA`.
    pub data: Option<PathBuf>,
    /// `--config` or `HANDOVER_CONFIG`.
    pub file: Option<PathBuf>,
    /// `--database` or `HANDOVER_DATABASE`.
    pub database: Option<String>,
    /// `--bus` or `HANDOVER_BUS`.
    pub bus: Option<String>,
    /// `--events` or `HANDOVER_EVENTS`.
    pub events: Option<String>,
    /// `--key-file` or `HANDOVER_KEY_FILE`.
    pub key_file: Option<PathBuf>,
    /// `--public-url` or `HANDOVER_PUBLIC_URL`.
    pub public_url: Option<String>,
    /// From the environment.
    pub presets: Presets,
}

/// The file's settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<String>,
    data: Option<PathBuf>,
    database: Option<String>,
    bus: Option<String>,
    events: Option<InFile>,
    key_file: Option<PathBuf>,
    public_url: Option<String>,
    allow_private_networks: Option<bool>,
    api_requests_per_s: Option<NonZeroU32>,
    /// Read by [`FromFile`], which knows the lines; here they only have to be tables.
    #[serde(rename = "alerts")]
    _alerts: Option<toml::Table>,
    #[serde(rename = "livechat")]
    _livechat: Option<toml::Table>,
    #[serde(rename = "desks")]
    _desks: Option<toml::Table>,
}

/// Why the configuration cannot be used: names the place and the fix.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {problem}")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The file is not what it should be.
    #[error("{path}, line {line}: {problem}")]
    Malformed {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A value cannot be used.
    #[error("{field}: {problem}")]
    Field {
        /// Flag, variable or key.
        field: &'static str,
        /// What is wrong and how to mend it.
        problem: String,
    },
}

impl Config {
    /// Puts together what was given.
    ///
    /// # Errors
    /// Names the place and the fix.
    pub fn load(given: Given) -> Result<Self, ConfigError> {
        let (file, from_file) = match &given.file {
            Some(path) => read(path)?,
            None => Default::default(),
        };
        let listen = given.listen.or(file.listen).unwrap_or_else(|| DEFAULT_LISTEN.into());
        let listen: SocketAddr = listen.parse().map_err(|_| ConfigError::Field {
            field: "listen",
            problem: format!(
                "\"{listen}\" is not an address and a port. Write it like {DEFAULT_LISTEN}, or 0.0.0.0:8080 for all networks."
            ),
        })?;
        if given
            .presets
            .admin_password
            .as_ref()
            .is_some_and(|password| password.chars().count() < 8)
        {
            return Err(ConfigError::Field {
                field: "HANDOVER_ADMIN_PASSWORD",
                problem: "is shorter than 8 characters. Choose a longer one.".into(),
            });
        }
        let database = given.database.or(file.database).filter(|url| !url.is_empty());
        let bus = given.bus.or(file.bus).filter(|url| !url.is_empty());
        if bus.is_some() && database.is_none() {
            return Err(ConfigError::Field {
                field: "bus",
                problem: "is for nodes that share a database. Give --database as well, or leave --bus away.".into(),
            });
        }
        Ok(Self {
            events: Wanted::read(given.events, file.events, bus.as_deref())?,
            database,
            bus,
            key_file: given.key_file.or(file.key_file),
            listen,
            data: given.data.or(file.data).unwrap_or_else(|| DEFAULT_DATA.into()),
            public_url: public_url(given.public_url.or(file.public_url), listen)?,
            allow_private_networks: file.allow_private_networks.unwrap_or(false),
            api_requests_per_s: file.api_requests_per_s.unwrap_or(DEFAULT_API_REQUESTS_PER_S),
            presets: given.presets,
            from_file,
        })
    }
}

/// Whether only this machine can reach an address.
pub fn is_loopback(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    let Some(host) = url.as_ref().and_then(|url| url.host_str()) else { return false };
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn public_url(given: Option<String>, listen: SocketAddr) -> Result<String, ConfigError> {
    let Some(given) = given else {
        let at_all = listen.ip().is_unspecified();
        let host = if at_all { format!("127.0.0.1:{}", listen.port()) } else { listen.to_string() };
        return Ok(format!("http://{host}"));
    };
    let url = given.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ']) => Ok(url.to_owned()),
        _ => Err(ConfigError::Field {
            field: "public_url",
            problem: format!(
                "\"{given}\" is no address of the web. Write it like https://chat.example.com."
            ),
        }),
    }
}

fn read(path: &Path) -> Result<(File, FromFile), ConfigError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: shown.clone(),
        problem: error.to_string(),
    })?;
    let file = toml::from_str(&text).map_err(|error| {
        let line = line_at(&text, error.span().map_or(0, |span| span.start));
        ConfigError::Malformed { path: shown.clone(), line, problem: error.message().to_owned() }
    })?;
    let variable = |name: &str| std::env::var(name).ok();
    Ok((file, FromFile::read(&shown, &text, variable)?))
}

/// The line of a place in a text, from 1.
pub(crate) fn line_at(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("handover.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Given { file: Some(path), ..Given::default() })
    }

    #[test]
    fn defaults_need_nothing() {
        let config = Config::load(Given::default()).unwrap();
        assert_eq!(config.listen.to_string(), DEFAULT_LISTEN);
        assert!(!config.allow_private_networks);
        assert_eq!(config.api_requests_per_s, DEFAULT_API_REQUESTS_PER_S);
    }

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("handover.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\ndata = \"elsewhere\"").unwrap();
        let given =
            Given { listen: Some("127.0.0.1:2".into()), file: Some(path), ..Given::default() };
        let config = Config::load(given).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.data, PathBuf::from("elsewhere"));
    }

    #[test]
    fn a_bus_needs_a_database() {
        let message = file("bus = \"nats://127.0.0.1\"").err().unwrap().to_string();
        assert!(message.starts_with("bus: ") && message.contains("--database"), "{message}");
        let config = file("bus = \"\"\ndatabase = \"\"").unwrap();
        assert!(config.bus.is_none() && config.database.is_none());
    }

    #[test]
    fn the_public_url_is_where_it_listens_unless_told_otherwise() {
        let of = |listen: &str, public_url: Option<&str>| {
            let public_url = public_url.map(str::to_owned);
            let given = Given { listen: Some(listen.into()), public_url, ..Given::default() };
            Config::load(given).map(|config| config.public_url)
        };
        assert_eq!(of("127.0.0.1:9", None).unwrap(), "http://127.0.0.1:9");
        assert_eq!(of("0.0.0.0:9", None).unwrap(), "http://127.0.0.1:9");
        let given = of("0.0.0.0:9", Some("https://chat.example/")).unwrap();
        assert_eq!(given, "https://chat.example");
        let message = of("0.0.0.0:9", Some("chat.example")).unwrap_err().to_string();
        assert!(message.starts_with("public_url: \"chat.example\""), "{message}");
    }

    #[test]
    fn addresses_that_only_this_machine_can_reach_are_known() {
        for (url, loopback) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost", true),
            ("http://[::1]:8080", true),
            ("http://chat.localhost", true),
            ("http://0.0.0.0:1", true),
            ("https://chat.example.com", false),
            ("http://192.168.0.7", false),
        ] {
            assert_eq!(is_loopback(url), loopback, "{url}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let message = file("listen = \"127.0.0.1:1\"\nlisten_on = 3\n").err().unwrap().to_string();
        assert!(message.contains("line 2") && message.contains("listen_on"), "{message}");
        let message = file("api_requests_per_s = 0").err().unwrap().to_string();
        assert!(message.contains("line 1") && message.contains("nonzero"), "{message}");
        let message = file("listen = \"nowhere\"").err().unwrap().to_string();
        assert!(message.starts_with("listen: "), "{message}");
    }
}
