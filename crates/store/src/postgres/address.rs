//! Where the database is: `postgres://user:password@host:port/database?sslmode=...`.

use super::tls;
use handover_core::port::store::{Result, StoreError};
use percent_encoding::percent_decode_str;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Where PostgreSQL listens if nobody says otherwise.
const PORT: u16 = 5432;

/// How long a host may take to take a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a connection may be silent before it is asked whether it lives.
const SILENCE: Duration = Duration::from_secs(5);

/// How long the answer to that may take before it is asked again.
const SILENCE_AGAIN: Duration = Duration::from_secs(2);

/// How long what was sent may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

/// A database's address, read. It holds the password, so it is never shown; its name is.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Address {
    /// Reads an address. `sslmode` is `disable`, `prefer` (as when there is none), `require`, or `verify-full`, with
    /// `sslrootcert` the file of an authority of one's own.
    pub(super) fn read(url: &str) -> Result<Self> {
        let (url, mode, roots) = take_tls(url)?;
        let mut config: Config = url.parse().map_err(|_| unreadable())?;
        let (mode, tls) = match mode.as_deref() {
            Some("disable") => (SslMode::Disable, tls::unverified()),
            None | Some("prefer") => (SslMode::Prefer, tls::unverified()),
            Some("require") => (SslMode::Require, tls::unverified()),
            Some("verify-full") => (SslMode::Require, tls::verified(roots.as_deref())),
            Some(_) => {
                return Err(StoreError(
                    "sslmode is disable, prefer, require or verify-full in the database's address"
                        .into(),
                ));
            }
        };
        // What stands before an @ that was not written as %40 would be taken for the host, and shown.
        let strange =
            |host: &Host| matches!(host, Host::Tcp(name) if name.contains(['@', '/', ' ']));
        if config.get_hosts().is_empty() || config.get_hosts().iter().any(strange) {
            return Err(unreadable());
        }
        if config.get_user().is_none() || config.get_dbname().is_none() {
            return Err(unreadable());
        }
        config
            .ssl_mode(mode)
            .connect_timeout(CONNECT)
            .keepalives_idle(SILENCE)
            .keepalives_interval(SILENCE_AGAIN)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("handover");
        }
        Ok(Self { config, tls: tls.map_err(StoreError)? })
    }

    /// The hosts and the database, for errors.
    pub(super) fn name(&self) -> String {
        let ports = self.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(PORT);
        let hosts: Vec<String> = self
            .config
            .get_hosts()
            .iter()
            .enumerate()
            .map(|(index, host)| match host {
                Host::Tcp(name) => format!("{name}:{}", port(index)),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        format!("{}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }
}

/// What is wrong is not said more closely: that might show a part of the password.
fn unreadable() -> StoreError {
    StoreError(
        "the database's address cannot be read. It is postgres://user:password@host:port/database; signs such as @ : / ? # \
         in the password are written as %40 %3A %2F %3F %23"
            .into(),
    )
}

/// The address without `sslmode` and `sslrootcert`, and these two.
fn take_tls(url: &str) -> Result<(String, Option<String>, Option<String>)> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(unreadable());
    }
    let Some((front, query)) = url.split_once('?') else { return Ok((url.into(), None, None)) };
    let (mut mode, mut roots, mut others) = (None, None, Vec::new());
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = || percent_decode_str(value).decode_utf8().map(String::from).ok();
        match key {
            "sslmode" => mode = Some(decoded().ok_or_else(unreadable)?),
            "sslrootcert" => roots = Some(decoded().ok_or_else(unreadable)?),
            _ => others.push(pair),
        }
    }
    let query = others.join("&");
    let url = if query.is_empty() { front.to_owned() } else { format!("{front}?{query}") };
    Ok((url, mode, roots))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        Address::read(url).err().unwrap().to_string()
    }

    #[test]
    fn an_address_is_read() {
        let url = "postgres://ann:s%40crt@db-1:5433,db-2/handover?sslmode=require&options=-csearch_path%3Dh";
        let address = Address::read(url).unwrap();
        assert_eq!(address.config.get_user(), Some("ann"));
        assert_eq!(address.config.get_password(), Some(b"s@crt".as_slice()));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.config.get_options(), Some("-csearch_path=h"));
        assert_eq!(address.name(), "db-1:5433,db-2:5432/handover");
    }

    #[test]
    fn encryption_is_preferred_where_nothing_is_said() {
        for (query, mode) in [
            ("", SslMode::Prefer),
            ("?sslmode=prefer", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
        ] {
            let address = Address::read(&format!("postgres://ann@db/handover{query}")).unwrap();
            assert_eq!(address.config.get_ssl_mode(), mode, "{query}");
        }
        assert!(refused("postgres://ann@db/handover?sslmode=sometimes").contains("verify-full"));
    }

    #[test]
    fn a_file_of_authorities_is_told_by_name() {
        let said = refused("postgres://ann@db/h?sslmode=verify-full&sslrootcert=%2Fno%2Fsuch.pem");
        assert!(said.contains("/no/such.pem"), "{said}");
    }

    #[test]
    fn a_password_that_can_only_be_meant_so_is_taken_so() {
        for password in ["a/b", "a?b", "a:b"] {
            let address = Address::read(&format!("postgres://ann:{password}@db/handover")).unwrap();
            assert_eq!(address.config.get_password(), Some(password.as_bytes()));
            assert_eq!(address.name(), "db:5432/handover");
        }
    }

    /// Whatever is mistyped: the password is in no error.
    #[test]
    fn what_cannot_be_read_does_not_show_the_password() {
        for url in [
            "postgres://ann:hush@hush@db/handover",
            "postgres://ann:hush@db:hush/handover",
            "postgres://ann:hush@db/handover?hush=1",
            "postgres://ann:hush@db",
            "mysql://ann:hush@db/handover",
            "hush",
            "",
        ] {
            let said = refused(url);
            assert!(
                said.contains("postgres://user:password@host") && !said.contains("hush"),
                "{said}"
            );
        }
    }
}
