//! The account's settings, read with their defaults.

use handover_core::port::directory::Account;
use handover_core::port::manifest::{Field, FieldKind};

/// The learnt id of the user whose key is used: internal notes are in its name.
pub(super) const USER_ID: &str = "user_id";
/// The learnt id of the HTTP integration that tells of messages.
pub(super) const MESSAGES_HOOK: &str = "messages_integration";
/// The learnt id of the HTTP integration that tells of tickets closed and opened again.
pub(super) const STATUS_HOOK: &str = "status_integration";

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "base_url",
        label: "Base URL",
        help: "https://your-shop.gorgias.com, the address of your helpdesk. Settings → REST API shows it.",
        kind: FieldKind::Url,
        required: true,
    },
    Field {
        name: "username",
        label: "Username",
        help: "The e-mail address of the user whose key is given below. Internal notes are in this user's name.",
        kind: FieldKind::Text,
        required: true,
    },
    Field {
        name: "api_key",
        label: "API key",
        help: "Settings → REST API → Password (API key). An admin's key lets us set up the HTTP integrations for you.",
        kind: FieldKind::Secret,
        required: true,
    },
    Field {
        name: "channel",
        label: "Channel of tickets",
        help: "Agents cannot answer on the channel api inside Gorgias: their answer falls back to e-mail. It reaches the contact's chat all the same, but Gorgias also mails it to the address in the ticket, so keep placeholder addresses with it. With sms the answer box is one for text messages and the contact gets a made-up number: choose it only if no SMS integration is installed.",
        kind: FieldKind::Choice(&[
            ("api", "api: answers fall back to e-mail (recommended)"),
            ("sms", "sms: answers look like text messages"),
            ("email", "email: answers are e-mails"),
        ]),
        required: false,
    },
    Field {
        name: "contact_address",
        label: "Contact's e-mail address",
        help: "With a placeholder, what Gorgias mails reaches nobody; the real address stands in the customer's data. With the real one, the contact is the customer you may already know, and gets each answer by e-mail too. On web pages anyone can claim any address: take real ones only where the channel proves them.",
        kind: FieldKind::Choice(&[
            ("placeholder", "A placeholder that reaches nobody"),
            ("verified", "The real one where the channel proved it, else a placeholder"),
            ("real", "The real one wherever it is known"),
        ]),
        required: false,
    },
    Field {
        name: "keep",
        label: "Tickets",
        help: "Whether each chat gets a ticket of its own, or all chats of a contact share one, which is opened again.",
        kind: FieldKind::Choice(&[
            ("session", "A new one for each chat"),
            ("contact", "One for each contact"),
        ]),
        required: false,
    },
    Field {
        name: "keep_open",
        label: "Leave tickets open",
        help: "When a chat ends its ticket is closed, unless nobody answered it. Choose yes to leave that to the agents.",
        kind: FieldKind::Bool,
        required: false,
    },
];

/// What kind of address the contact gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Placeholder,
    Verified,
    Real,
}

/// The account's settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings<'a> {
    /// Without slash and `/api` at its end.
    pub(super) base_url: &'a str,
    pub(super) username: &'a str,
    pub(super) api_key: &'a str,
    pub(super) channel: &'a str,
    pub(super) address: Address,
    pub(super) per_contact: bool,
    pub(super) keep_open: bool,
    pub(super) user_id: Option<u64>,
}

impl<'a> Settings<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// The field that is missing.
    pub(super) fn of(account: &'a Account) -> Result<Self, &'static str> {
        let text = |field: &'static str| account.text(field).map(str::trim).ok_or(field);
        let base_url = text("base_url")?.trim_end_matches('/');
        Ok(Self {
            base_url: base_url.strip_suffix("/api").unwrap_or(base_url).trim_end_matches('/'),
            username: text("username")?,
            api_key: text("api_key")?,
            channel: account.text("channel").unwrap_or("api"),
            address: match account.text("contact_address") {
                Some("real") => Address::Real,
                Some("verified") => Address::Verified,
                _ => Address::Placeholder,
            },
            per_contact: account.text("keep") == Some("contact"),
            keep_open: account.flag("keep_open"),
            user_id: account.text(USER_ID).and_then(|id| id.parse().ok()),
        })
    }
}
