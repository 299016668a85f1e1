//! The fields of an account's form, as its manifest names them, and what people typed into them.

use crate::auth::{Fields, SignedIn};
use crate::vault::Vault;
use handover_core::ids::AccountId;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Account;
use handover_core::port::manifest::{Field, FieldKind, Manifest};
use handover_core::time::Timestamp;
use serde_json::{Map, Value};

/// How long a secret that was typed into a form is kept while the form has to be sent again.
const KEPT_MS: i64 = 30 * 60 * 1000;
const NAME_CHARS_MAX: usize = 80;

/// One field of the form.
pub(super) struct FieldView {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    /// `text`, `secret`, `url`, `bool`, or `choice` where only some values make sense.
    pub(super) input: &'static str,
    pub(super) required: bool,
    pub(super) value: String,
    /// Whether a secret is set.
    pub(super) set: bool,
    /// A secret that was typed and has not been saved, sealed.
    pub(super) kept: Option<String>,
    pub(super) choices: Vec<(String, String)>,
}

impl FieldView {
    /// A field that shows what an account holds, and of a secret only whether one is saved.
    pub(super) fn of(field: &Field, account: &Account, saved: Option<&Account>) -> Self {
        let text = account.text(field.name).unwrap_or_default();
        let choices = match field.kind {
            FieldKind::Choice(of) => {
                of.iter().map(|(value, label)| ((*value).into(), (*label).into())).collect()
            }
            _ => Vec::new(),
        };
        Self {
            name: field.name,
            label: field.label,
            help: field.help,
            input: match field.kind {
                FieldKind::Text => "text",
                FieldKind::Secret => "secret",
                FieldKind::Url => "url",
                FieldKind::Bool => "bool",
                FieldKind::Choice(_) => "choice",
            },
            required: field.required,
            set: field.kind == FieldKind::Secret
                && saved.is_some_and(|saved| saved.text(field.name).is_some()),
            kept: None,
            value: match field.kind {
                FieldKind::Secret => String::new(),
                FieldKind::Bool if account.flag(field.name) => "on".into(),
                _ => text.to_owned(),
            },
            choices,
        }
    }

    /// Lets it be chosen from these values only.
    pub(super) fn choose(&mut self, choices: Vec<(String, String)>) {
        self.input = "choice";
        if !choices.iter().any(|(value, _)| *value == self.value) {
            self.choices = vec![(String::new(), "Choose…".into())];
        }
        self.choices.extend(choices);
    }
}

/// An account without settings.
pub(super) fn blank(manifest: &Manifest) -> Account {
    Account {
        id: AccountId::new(""),
        vendor: manifest.vendor.into(),
        name: manifest.title.into(),
        settings: Map::new(),
    }
}

/// What was typed.
pub(super) fn read(manifest: &Manifest, fields: &Fields) -> Account {
    let mut account = blank(manifest);
    account.name = fields.text("name").chars().take(NAME_CHARS_MAX).collect();
    for field in manifest.fields {
        let value = match field.kind {
            FieldKind::Bool => Value::Bool(fields.is_on(field.name)),
            _ => Value::from(fields.text(field.name)),
        };
        if value != "" {
            account.settings.insert(field.name.into(), value);
        }
    }
    account
}

/// Keeps secrets that were typed while a form has to be sent again: sealed in the page, and opened for the same sign-in
/// and the same field only, and not for ever.
pub(super) struct Keeper<'a> {
    pub(super) vault: &'a Vault,
    pub(super) login: &'a str,
    pub(super) now: Timestamp,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(vault: &'a Vault, clock: &dyn Clock, by: &'a SignedIn) -> Self {
        Self { vault, login: &by.login, now: clock.now() }
    }

    /// Seals the secrets that were typed into the fields of a form and are not those that are saved.
    pub(super) fn keep(
        &self,
        account: &Account,
        saved: Option<&Account>,
        fields: &mut [FieldView],
    ) {
        let until = self.now.plus_ms(KEPT_MS).as_ms();
        for field in fields.iter_mut().filter(|field| field.input == "secret") {
            let known = saved.and_then(|saved| saved.text(field.name));
            let new = account.text(field.name).filter(|secret| known != Some(*secret));
            field.kept = new.and_then(|secret| {
                let place = self.place(&account.vendor, field.name);
                self.vault.seal(&place, &format!("{until} {secret}")).ok()
            });
        }
    }

    /// Puts the kept secrets where nothing new was typed.
    pub(super) fn restore(&self, manifest: &Manifest, fields: &Fields, account: &mut Account) {
        for field in manifest.fields.iter().filter(|field| field.kind == FieldKind::Secret) {
            let kept = fields.text(&format!("{}-kept", field.name));
            if account.text(field.name).is_none()
                && !kept.is_empty()
                && let Some(secret) = self.open(&account.vendor, field.name, kept)
            {
                account.settings.insert(field.name.into(), secret.into());
            }
        }
    }

    fn open(&self, vendor: &str, field: &str, kept: &str) -> Option<String> {
        let text = self.vault.open_sealed(&self.place(vendor, field), kept).ok()?;
        let (until, secret) = text.split_once(' ')?;
        let until = Timestamp::from_ms(until.parse().ok()?);
        (self.now < until).then(|| secret.to_owned())
    }

    fn place(&self, vendor: &str, field: &str) -> String {
        format!("form/{}/{vendor}/{field}", self.login)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_MS, Keeper};
    use crate::staff::tests::Browser;
    use handover_core::time::Timestamp;

    #[tokio::test]
    async fn a_kept_secret_opens_for_its_sign_in_and_its_time_only() {
        let browser = Browser::new().await;
        let vault = &browser.app.vault;
        let at = Timestamp::from_ms(1_700_000_000_000);
        let keeper = Keeper { vault, login: "a", now: at };
        let text = format!("{} s3cret", at.plus_ms(KEPT_MS).as_ms());
        let kept = vault.seal(&keeper.place("tried", "token"), &text).unwrap();
        assert_eq!(keeper.open("tried", "token", &kept).as_deref(), Some("s3cret"));
        assert_eq!(keeper.open("tried", "other", &kept), None);
        let late = Keeper { now: at.plus_ms(KEPT_MS), ..keeper };
        assert_eq!(late.open("tried", "token", &kept), None);
        let other = Keeper { vault, login: "b", now: at };
        assert_eq!(other.open("tried", "token", &kept), None);
    }
}
