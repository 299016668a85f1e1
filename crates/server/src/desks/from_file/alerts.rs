//! `[alerts]`: who is told when something needs an operator.

use super::{Reader, Table};
use crate::alerts::{QUEUE_AGE_S, Wanted, Webhook};
use crate::config::ConfigError;
use toml::de::DeValue;

/// The shortest queue age that can be asked for, in seconds: less is what a slow receiver takes.
const QUEUE_AGE_S_MIN: i64 = 30;
const QUEUE_AGE_S_MAX: i64 = 7 * 24 * 3600;

impl Reader<'_> {
    pub(super) fn alerts(&mut self, table: &Table<'_>) -> Result<(), ConfigError> {
        let (mut url, mut secret, mut queue_age_s) = (None, None, QUEUE_AGE_S);
        for (name, value) in table {
            let key = format!("alerts.{}", name.get_ref());
            self.seen(&key, name.span().start);
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("queue_age_s", DeValue::Integer(number)) => {
                    let seconds = i64::from_str_radix(number.as_str(), number.radix()).ok();
                    let fits = |s: &i64| (QUEUE_AGE_S_MIN..=QUEUE_AGE_S_MAX).contains(s);
                    let Some(seconds) = seconds.filter(fits) else {
                        return self.wrong(&key, format!("Seconds from {QUEUE_AGE_S_MIN} to {QUEUE_AGE_S_MAX} (a week) are needed."));
                    };
                    queue_age_s = seconds;
                }
                ("queue_age_s", _) => {
                    return self.wrong(&key, "A whole number of seconds is needed.");
                }
                ("url" | "secret", DeValue::String(text)) => {
                    let text = text.trim().to_owned();
                    if name.get_ref() == "url" {
                        url = Some(text);
                    } else {
                        secret = Some(text);
                    }
                }
                ("url" | "secret", DeValue::Table(source)) => {
                    let text = self.fetch(&key, source)?;
                    if name.get_ref() == "url" {
                        url = Some(text);
                    } else {
                        secret = Some(text);
                    }
                }
                ("url" | "secret", _) => {
                    return self.wrong(&key, "A text in quotes is needed, or { env = \"NAME\" }, or { file = \"PATH\" }.");
                }
                _ => {
                    return self.wrong(
                        &key,
                        "There is no such setting. There are: url, secret, queue_age_s.",
                    );
                }
            }
        }
        self.file.alerts = Wanted { webhook: self.webhook(url, secret)?, queue_age_s };
        Ok(())
    }

    fn webhook(
        &self,
        url: Option<String>,
        secret: Option<String>,
    ) -> Result<Option<Webhook>, ConfigError> {
        let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return self.wrong(
                "alerts.url",
                "An address is needed, such as https://ops.example.com/alerts.",
            );
        }
        let Some(secret) = secret.filter(|secret| !secret.is_empty()) else {
            return self.wrong("alerts.secret", "A secret is needed: posts are signed with it, so that the receiver knows who sent them.");
        };
        Ok(Some(Webhook { url, secret }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::FromFile;
    use crate::alerts::{Wanted, Webhook};

    fn read(text: &str) -> Result<Wanted, String> {
        let variable = |name: &str| (name == "ALERTS").then(|| "s3cret".to_owned());
        let file = FromFile::read("handover.toml", text, variable);
        file.map(|file| file.alerts).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_and_its_secret_are_read() {
        let wanted = read(
            "[alerts]\nurl = \"https://ops.example/a\"\nsecret = { env = \"ALERTS\" }\nqueue_age_s = 60",
        );
        let webhook = Webhook { url: "https://ops.example/a".into(), secret: "s3cret".into() };
        assert_eq!(wanted.unwrap(), Wanted { webhook: Some(webhook), queue_age_s: 60 });
        assert_eq!(read("").unwrap(), Wanted::default());
    }

    #[test]
    fn mistakes_are_named_with_line_and_fix() {
        for (text, line, says) in [
            ("[alerts]\nurl = \"ops.example\"", 2, "https://"),
            ("[alerts]\nurl = \"https://ops.example\"", 1, "alerts.secret"),
            ("[alerts]\nqueue_age_s = 5", 2, "30"),
            ("[alerts]\nqueue_age_s = \"5m\"", 2, "seconds"),
            ("[alerts]\n\nmail = \"x\"", 3, "queue_age_s"),
            ("[alerts]\nsecret = { env = \"NONE\" }", 2, "NONE"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.starts_with(&format!("handover.toml, line {line}: ")), "{problem}");
            assert!(problem.contains(says), "{problem}");
        }
    }
}
