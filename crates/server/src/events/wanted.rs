//! What the operator wants of the stream.

use crate::config::ConfigError;
use serde::Deserialize;
use std::num::{NonZeroU8, NonZeroU16};

/// The stream, unless told otherwise.
const STREAM: &str = "HANDOVER";
/// What all subjects begin with, unless told otherwise.
const SUBJECT: &str = "handover.events";
/// How long a stream that we make keeps events, unless told otherwise.
const MAX_AGE_DAYS: NonZeroU16 = match NonZeroU16::new(30) {
    Some(days) => days,
    None => NonZeroU16::MIN,
};
/// NATS allows no more copies.
const REPLICAS_MAX: u8 = 5;

/// What the operator wants of the stream.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The NATS server, or several with commas between them. It may hold a password: never show it.
    pub url: String,
    /// The stream's name.
    pub stream: String,
    /// What all subjects begin with.
    pub subject: String,
    /// How long a stream that we make keeps events, in days.
    pub max_age_days: NonZeroU16,
    /// How many servers of a cluster keep a stream that we make.
    pub replicas: NonZeroU8,
}

/// The table `[events]` of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InFile {
    url: Option<String>,
    stream: Option<String>,
    subject: Option<String>,
    max_age_days: Option<NonZeroU16>,
    replicas: Option<NonZeroU8>,
}

impl Wanted {
    /// Puts together what was given: `flag` is `--events`, `bus` what hints go by. None when no stream is wanted.
    ///
    /// # Errors
    /// Names the field and the fix.
    pub fn read(
        flag: Option<String>,
        file: Option<InFile>,
        bus: Option<&str>,
    ) -> Result<Option<Self>, ConfigError> {
        let flag = flag.filter(|url| !url.is_empty());
        if flag.is_none() && file.is_none() {
            return Ok(None);
        }
        let file = file.unwrap_or_default();
        let url = flag.or(file.url.filter(|url| !url.is_empty())).or(bus.map(str::to_owned));
        let url = url.ok_or_else(|| wrong("events.url", "is missing. Give the NATS server that keeps the stream, like nats://host:4222, or --bus if it is the same."))?;
        let stream = file.stream.unwrap_or_else(|| STREAM.into());
        if stream.is_empty() || !stream.chars().all(is_of_a_word) {
            return Err(wrong(
                "events.stream",
                "is no name of a stream. Use letters, digits, - and _ only.",
            ));
        }
        let subject = file.subject.unwrap_or_else(|| SUBJECT.into());
        let is_word = |word: &str| !word.is_empty() && word.chars().all(is_of_a_word);
        if !subject.split('.').all(is_word) {
            return Err(wrong(
                "events.subject",
                "is no beginning of a subject. Use words of letters, digits, - and _ with dots between them.",
            ));
        }
        let replicas = file.replicas.unwrap_or(NonZeroU8::MIN);
        if replicas.get() > REPLICAS_MAX {
            return Err(wrong("events.replicas", "is more than 5, which NATS does not allow."));
        }
        let max_age_days = file.max_age_days.unwrap_or(MAX_AGE_DAYS);
        Ok(Some(Self { url, stream, subject, max_age_days, replicas }))
    }
}

/// Whether a sign can stand in a word of a subject.
pub(super) fn is_of_a_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_')
}

fn wrong(field: &'static str, problem: &str) -> ConfigError {
    ConfigError::Field { field, problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::{InFile, Wanted};

    fn read(flag: Option<&str>, file: Option<&str>, bus: Option<&str>) -> Result<String, String> {
        let file: Option<InFile> = file.map(|file| toml::from_str(file).unwrap());
        let wanted = Wanted::read(flag.map(str::to_owned), file, bus);
        let wanted = wanted.map_err(|error| error.to_string())?;
        Ok(wanted.map_or("off".into(), |it| format!("{} {} {}", it.url, it.stream, it.subject)))
    }

    #[test]
    fn it_is_off_unless_wanted_and_goes_where_the_hints_go_unless_told_otherwise() {
        assert_eq!(read(None, None, Some("nats://bus")).unwrap(), "off");
        assert_eq!(read(Some(""), None, Some("nats://bus")).unwrap(), "off");
        let default = "nats://bus HANDOVER handover.events";
        assert_eq!(read(None, Some(""), Some("nats://bus")).unwrap(), default);
        let file = "url = \"nats://file\"\nstream = \"LOG\"\nsubject = \"a.b\"";
        assert_eq!(read(None, Some(file), Some("nats://bus")).unwrap(), "nats://file LOG a.b");
        assert_eq!(read(Some("nats://flag"), Some(file), None).unwrap(), "nats://flag LOG a.b");
    }

    #[test]
    fn mistakes_are_named() {
        for (file, field) in [
            ("", "events.url: "),
            ("url = \"x\"\nstream = \"a.b\"", "events.stream: "),
            ("url = \"x\"\nsubject = \"a.>\"", "events.subject: "),
            ("url = \"x\"\nsubject = \"a..b\"", "events.subject: "),
            ("url = \"x\"\nreplicas = 7", "events.replicas: "),
        ] {
            let said = read(None, Some(file), None).unwrap_err();
            assert!(said.starts_with(field), "{said}");
        }
        assert!(toml::from_str::<InFile>("max_age_days = 0").is_err());
    }
}
