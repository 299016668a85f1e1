//! How contacts, people and settings look in answers.

use super::state::{
    CannedRow, ContactInbox, ContactRow, Inbox, State, User, WebhookRow, iso, seconds,
};
use serde_json::{Value, json};

impl State {
    pub(super) fn picture(&self, user: &User) -> String {
        format!("{}{}", self.base, user.picture)
    }

    pub(super) fn show_agent(&self, user: &User, account: i64) -> Value {
        json!({
            "id": user.id,
            "account_id": account,
            "availability_status": "online",
            "auto_offline": true,
            "confirmed": true,
            "email": user.email,
            "provider": "email",
            "available_name": user.name,
            "name": user.name,
            "role": role(user),
            "thumbnail": self.picture(user),
        })
    }

    pub(super) fn show_profile(&self, user: &User) -> Value {
        let accounts: Vec<Value> = user
            .accounts
            .iter()
            .filter_map(|id| self.accounts.get(id))
            .map(|account| {
                json!({
                    "id": account.id, "name": account.name, "status": "active", "active_at": iso(self.now),
                    "role": role(user), "permissions": [role(user)], "availability": "online",
                    "availability_status": "online", "auto_offline": true,
                })
            })
            .collect();
        json!({
            "access_token": user.token,
            "account_id": user.accounts.first(),
            "available_name": user.name,
            "avatar_url": self.picture(user),
            "confirmed": true,
            "display_name": null,
            "message_signature": null,
            "email": user.email,
            "id": user.id,
            "inviter_id": null,
            "name": user.name,
            "provider": "email",
            "pubsub_token": format!("pubsub-{}", user.id),
            "role": role(user),
            "ui_settings": {},
            "uid": user.email,
            "type": if user.administrator { json!("SuperAdmin") } else { Value::Null },
            "accounts": accounts,
        })
    }

    /// Secrets are for administrators.
    pub(super) fn show_inbox(&self, inbox: &Inbox, administrator: bool) -> Value {
        let mut shown = json!({
            "id": inbox.id,
            "avatar_url": "",
            "channel_id": inbox.channel_id,
            "name": inbox.name,
            "channel_type": inbox.channel_type,
            "greeting_enabled": false,
            "greeting_message": null,
            "working_hours_enabled": false,
            "enable_email_collect": true,
            "csat_survey_enabled": false,
            "enable_auto_assignment": true,
            "out_of_office_message": null,
            "working_hours": [],
            "timezone": "UTC",
            "callback_webhook_url": inbox.webhook_url.clone().unwrap_or_default(),
            "allow_messages_after_resolved": true,
            "lock_to_single_conversation": inbox.lock_to_single_conversation,
            "sender_name_type": "friendly",
            "business_name": null,
            "hmac_mandatory": inbox.hmac_mandatory,
        });
        let Some(map) = shown.as_object_mut() else { return shown };
        map.extend(inbox.settings.clone());
        if inbox.is_api() {
            map.insert("inbox_identifier".into(), json!(inbox.identifier));
            map.insert("webhook_url".into(), json!(inbox.webhook_url));
            map.insert("additional_attributes".into(), json!(inbox.additional));
            if administrator {
                map.insert("hmac_token".into(), json!(inbox.hmac_token));
                if self.version.signs_inbox_hooks() {
                    map.insert("secret".into(), json!(inbox.secret));
                }
            }
        }
        shown
    }

    pub(super) fn show_inbox_briefly(inbox: &Inbox) -> Value {
        json!({
            "id": inbox.id, "avatar_url": "", "channel_id": inbox.channel_id, "name": inbox.name,
            "channel_type": inbox.channel_type, "provider": null,
        })
    }

    pub(super) fn show_contact_inbox(&self, row: &ContactInbox) -> Value {
        json!({
            "source_id": row.source_id,
            "inbox": self.inboxes.get(&row.inbox).map(Self::show_inbox_briefly),
        })
    }

    pub(super) fn show_contact(&self, contact: &ContactRow, inboxes: bool) -> Value {
        let mut shown = json!({
            "additional_attributes": contact.additional,
            "availability_status": "offline",
            "email": contact.email,
            "id": contact.id,
            "name": contact.name,
            "phone_number": contact.phone,
            "identifier": contact.identifier,
            "thumbnail": contact.picture,
            "custom_attributes": contact.custom,
            "created_at": seconds(contact.created),
        });
        let Some(map) = shown.as_object_mut() else { return shown };
        if self.version.blocks() {
            map.insert("blocked".into(), json!(contact.blocked));
        }
        if let Some(at) = contact.last_activity {
            map.insert("last_activity_at".into(), json!(seconds(at)));
        }
        if inboxes {
            let rows: Vec<Value> = self
                .contact_inboxes
                .values()
                .filter(|row| row.contact == contact.id)
                .map(|row| self.show_contact_inbox(row))
                .collect();
            map.insert("contact_inboxes".into(), Value::Array(rows));
        }
        shown
    }

    pub(super) fn show_canned(row: &CannedRow) -> Value {
        json!({
            "id": row.id, "account_id": row.account, "short_code": row.short_code, "content": row.content,
            "created_at": iso(row.created), "updated_at": iso(row.created),
        })
    }

    pub(super) fn show_webhook(&self, row: &WebhookRow) -> Value {
        let mut shown = json!({
            "id": row.id, "name": row.name, "url": row.url, "account_id": row.account,
            "subscriptions": row.subscriptions,
        });
        if let Some(map) = shown.as_object_mut()
            && self.version.signs_account_hooks()
        {
            map.insert("secret".into(), json!(row.secret));
        }
        shown
    }
}

pub(super) fn role(user: &User) -> &'static str {
    if user.administrator { "administrator" } else { "agent" }
}
