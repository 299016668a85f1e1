//! The inbox in which chats appear, and what it tells.

use super::{Setup, Stop, wrong};
use crate::desk::chatwoot::api::{body, went_well};
use crate::desk::chatwoot::json;
use serde_json::{Value, json};

const INBOX: &str = "Handover";
/// The first release that signs the hooks of API inboxes.
const SIGNS_FROM: (u32, u32) = (4, 13);

impl Setup<'_> {
    /// Finds the inbox by its name, or makes it; its hooks come to us.
    pub(super) fn inbox(&mut self, at: &str) -> Result<Value, Stop> {
        let name = self.account.text("inbox").map_or(INBOX, str::trim).to_owned();
        let list = self.need("GET", &format!("{at}/inboxes"), None)?;
        let named: Vec<&Value> = json::items(&list)
            .iter()
            .filter(|inbox| json::text(inbox, "name").is_some_and(|it| it.trim() == name))
            .collect();
        let is_api = |inbox: &&Value| json::text(inbox, "channel_type") == Some("Channel::Api");
        let ours = |inbox: &&Value| hook_of(inbox) == Some(self.hook.as_str());
        let mut apis = named.iter().copied().filter(is_api);
        let found = apis.clone().find(ours).or_else(|| apis.next()).cloned();
        let inbox = match found {
            Some(inbox) => self.pointed(at, &name, inbox)?,
            None if !named.is_empty() => {
                return Err(wrong(
                    "inbox",
                    &format!(
                        "Chatwoot has an inbox named {name}, but it is none of the kind API. Enter another name; an inbox is made for it."
                    ),
                ));
            }
            None => self.made(at, &name)?,
        };
        if json::text(&inbox, "inbox_identifier").is_some() {
            return Ok(inbox);
        }
        let Some(id) = json::id(&inbox, "id") else { return Ok(inbox) };
        let whole = self.ask("GET", &format!("{at}/inboxes/{id}"), None)?;
        Ok(if went_well(whole) { body(whole) } else { inbox })
    }

    fn made(&mut self, at: &str, name: &str) -> Result<Value, Stop> {
        let request = json!({
            "name": name,
            "channel": { "type": "api", "webhook_url": self.hook },
            "enable_auto_assignment": true,
            "greeting_enabled": false,
        });
        let inbox = self.need("POST", &format!("{at}/inboxes"), Some(&request))?;
        self.said.push(format!("The inbox {name} was made; its hooks come here."));
        Ok(inbox)
    }

    fn pointed(&mut self, at: &str, name: &str, inbox: Value) -> Result<Value, Stop> {
        if hook_of(&inbox) == Some(self.hook.as_str()) {
            self.said.push(format!("The inbox {name} was found; its hooks come here."));
            return Ok(inbox);
        }
        let id = json::id(&inbox, "id").unwrap_or_default();
        let request = json!({ "channel": { "webhook_url": self.hook } });
        let changed = self.need("PATCH", &format!("{at}/inboxes/{id}"), Some(&request))?;
        self.said.push(format!("The inbox {name} was found; its hooks now come here."));
        Ok(if changed.get("id").is_some() { changed } else { inbox })
    }

    pub(super) fn secrets(&mut self, inbox: &Value, version: Option<String>) {
        if let Some(identifier) = json::text(inbox, "inbox_identifier") {
            self.learn("inbox_identifier", identifier);
        }
        let secret = json::text(inbox, "secret");
        let signs = secret.is_some() && version.as_deref().is_some_and(signs);
        // An empty secret takes the place of one that was learnt before the server was put back.
        self.learn("secret", secret.unwrap_or_default());
        self.learnt.insert("signs".into(), signs.into());
        self.said.push(if signs {
            "Chatwoot signs its hooks; each signature is checked.".into()
        } else {
            "This Chatwoot does not sign its hooks; the secret in their address is checked.".into()
        });
        self.learn("version", version.unwrap_or_default());
    }
}

fn hook_of(inbox: &Value) -> Option<&str> {
    json::text(inbox, "webhook_url").or_else(|| json::text(inbox, "callback_webhook_url"))
}

fn signs(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= SIGNS_FROM,
        _ => false,
    }
}
