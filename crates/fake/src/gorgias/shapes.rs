//! What the vendor's requests may hold, field by field.

use super::check::Kind::{Any, Flag, Int, Ints, Many, Map, One, Text, Texts, Time, Word};
use super::check::{Field, may, must};

/// No bound that matters.
const LONG: usize = 10_000_000;

/// Where messages may go.
pub(super) const CHANNELS: &[&str] = &[
    "aircall",
    "api",
    "chat",
    "contact_form",
    "email",
    "facebook",
    "facebook-mention",
    "facebook-messenger",
    "facebook-recommendations",
    "help-center",
    "instagram-ad-comment",
    "instagram-comment",
    "instagram-direct-message",
    "instagram-media",
    "instagram-mention",
    "internal-note",
    "phone",
    "sms",
    "twitter",
    "twitter-direct-message",
    "whatsapp",
    "yotpo-review",
];

/// By what they may have come.
const VIA: &[&str] = &[
    "aircall",
    "api",
    "chat",
    "contact_form",
    "email",
    "facebook",
    "facebook-messenger",
    "form",
    "gorgias_chat",
    "help-center",
    "helpdesk",
    "instagram",
    "internal-note",
    "offline_capture",
    "phone",
    "rule",
    "self_service",
    "shopify",
    "sms",
    "twilio",
    "twitter",
    "whatsapp",
    "yotpo",
    "zendesk",
];

const CHANNEL_OF_CUSTOMER: &[Field] =
    &[must("type", Text(100)), must("address", Text(320)), may("preferred", Flag)];

const CUSTOM_FIELD: &[Field] = &[must("id", Int), must("value", Any)];

pub(super) const CUSTOMER: &[Field] = &[
    may("name", Text(320)),
    may("firstname", Text(255)),
    may("lastname", Text(255)),
    may("email", Text(320)),
    may("external_id", Text(255)),
    may("language", Text(10)),
    may("timezone", Text(64)),
    may("note", Text(LONG)),
    may("channels", Many(CHANNEL_OF_CUSTOMER)),
    may("meta", Map),
    may("custom_fields", Many(CUSTOM_FIELD)),
];

pub(super) const CUSTOMER_DATA: &[Field] = &[must("data", Any), may("version", Time)];

/// How tickets and messages name a customer or user.
const PERSON: &[Field] = &[
    may("id", Int),
    may("email", Text(320)),
    may("name", Text(320)),
    may("firstname", Text(255)),
    may("lastname", Text(255)),
    may("external_id", Text(255)),
    may("language", Text(10)),
    may("timezone", Text(64)),
    may("channels", Many(CHANNEL_OF_CUSTOMER)),
    may("meta", Map),
];

const ADDRESS: &[Field] = &[may("address", Text(320)), may("name", Text(320))];

const SOURCE: &[Field] = &[
    may("type", Text(100)),
    may("from", One(ADDRESS)),
    may("to", Many(ADDRESS)),
    may("cc", Many(ADDRESS)),
    may("bcc", Many(ADDRESS)),
    may("extra", Map),
];

const ATTACHMENT: &[Field] = &[
    must("url", Text(2048)),
    must("name", Text(255)),
    must("content_type", Text(255)),
    may("size", Int),
    may("public", Flag),
    may("extra", Any),
];

const MACRO: &[Field] = &[must("id", Int)];

pub(super) const MESSAGE: &[Field] = &[
    must("channel", Word(CHANNELS)),
    must("from_agent", Flag),
    must("via", Word(VIA)),
    may("sender", One(PERSON)),
    may("receiver", One(PERSON)),
    may("source", One(SOURCE)),
    may("public", Flag),
    may("subject", Text(998)),
    may("body_text", Text(LONG)),
    may("body_html", Text(LONG)),
    may("stripped_text", Text(LONG)),
    may("stripped_html", Text(LONG)),
    may("external_id", Text(255)),
    may("message_id", Text(998)),
    may("integration_id", Int),
    may("attachments", Many(ATTACHMENT)),
    may("macros", Many(MACRO)),
    may("mention_ids", Ints),
    may("headers", Map),
    may("meta", Map),
    may("created_datetime", Time),
    may("sent_datetime", Time),
    may("failed_datetime", Time),
    may("opened_datetime", Time),
    may("last_sending_error", Map),
];

const TAG: &[Field] = &[may("id", Int), may("name", Text(256))];
const ASSIGNEE: &[Field] = &[may("id", Int), may("name", Text(320)), may("email", Text(320))];
const STATUSES: &[&str] = &["open", "closed"];
const PRIORITIES: &[&str] = &["critical", "high", "normal", "low"];

pub(super) const TICKET: &[Field] = &[
    must("messages", Many(MESSAGE)),
    may("via", Word(VIA)),
    may("channel", Word(CHANNELS)),
    may("from_agent", Flag),
    may("external_id", Text(255)),
    may("status", Word(STATUSES)),
    may("priority", Word(PRIORITIES)),
    may("subject", Text(998)),
    may("language", Text(10)),
    may("customer", One(PERSON)),
    may("tags", Many(TAG)),
    may("meta", Map),
    may("assignee_user", One(ASSIGNEE)),
    may("assignee_team", One(ASSIGNEE)),
    may("custom_fields", Many(CUSTOM_FIELD)),
    may("spam", Flag),
    may("is_unread", Flag),
    may("created_datetime", Time),
    may("opened_datetime", Time),
    may("closed_datetime", Time),
    may("trashed_datetime", Time),
    may("snooze_datetime", Time),
    may("updated_datetime", Time),
    may("last_message_datetime", Time),
    may("last_received_message_datetime", Time),
];

pub(super) const TICKET_CHANGE: &[Field] = &[
    may("via", Word(VIA)),
    may("channel", Word(CHANNELS)),
    may("from_agent", Flag),
    may("external_id", Text(255)),
    may("status", Word(STATUSES)),
    may("priority", Word(PRIORITIES)),
    may("subject", Text(998)),
    may("language", Text(10)),
    may("customer", One(PERSON)),
    may("tags", Many(TAG)),
    may("meta", Map),
    may("assignee_user", One(ASSIGNEE)),
    may("assignee_team", One(ASSIGNEE)),
    may("custom_fields", Many(CUSTOM_FIELD)),
    may("spam", Flag),
    may("is_unread", Flag),
    may("opened_datetime", Time),
    may("closed_datetime", Time),
    may("trashed_datetime", Time),
    may("snooze_datetime", Time),
    may("updated_datetime", Time),
    may("last_message_datetime", Time),
    may("last_received_message_datetime", Time),
];

pub(super) const TAGS_OF_TICKET: &[Field] = &[may("ids", Ints), may("names", Texts)];

/// The methods that a hook may use.
pub(super) const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// The forms that a hook's body may have.
pub(super) const CONTENT_TYPES: &[&str] =
    &["application/json", "application/x-www-form-urlencoded"];

/// Triggers that may stand together in one integration: those with the whole context, the two with the short one, and
/// the one on its own.
pub(super) const TRIGGER_GROUPS: [&[&str]; 3] = [
    &[
        "ticket-created",
        "ticket-updated",
        "ticket-message-created",
        "ticket-self-unsnoozed",
        "ticket-message-failed",
    ],
    &["ticket-assignment-updated", "ticket-status-updated"],
    &["ticket-handed-over"],
];

const TRIGGERS: &[Field] = &[
    may("ticket-created", Flag),
    may("ticket-updated", Flag),
    may("ticket-message-created", Flag),
    may("ticket-self-unsnoozed", Flag),
    may("ticket-message-failed", Flag),
    may("ticket-assignment-updated", Flag),
    may("ticket-status-updated", Flag),
    may("ticket-handed-over", Flag),
];

const OAUTH2: &[Field] = &[
    may("token_url", Text(2048)),
    may("client_id", Text(1024)),
    may("client_secret", Text(1024)),
    may("token_location", Text(255)),
    may("token_key", Text(255)),
    may("scopes", Any),
];

const HTTP: &[Field] = &[
    may("id", Int),
    must("url", Text(2048)),
    must("method", Word(METHODS)),
    may("headers", Map),
    may("form", Any),
    may("hmac_secret", Text(1024)),
    may("request_content_type", Word(CONTENT_TYPES)),
    may("response_content_type", Word(CONTENT_TYPES)),
    may("triggers", One(TRIGGERS)),
    may("oauth2", One(OAUTH2)),
];

const HTTP_CHANGE: &[Field] = &[
    may("id", Int),
    may("url", Text(2048)),
    may("method", Word(METHODS)),
    may("headers", Map),
    may("form", Any),
    may("hmac_secret", Text(1024)),
    may("request_content_type", Word(CONTENT_TYPES)),
    may("response_content_type", Word(CONTENT_TYPES)),
    may("triggers", One(TRIGGERS)),
    may("oauth2", One(OAUTH2)),
];

pub(super) const INTEGRATION: &[Field] = &[
    must("name", Text(255)),
    must("type", Word(&["http"])),
    must("http", One(HTTP)),
    may("description", Text(1024)),
    may("managed", Flag),
    may("business_hours_id", Int),
    may("deactivated_datetime", Time),
];

pub(super) const INTEGRATION_CHANGE: &[Field] = &[
    must("name", Text(255)),
    may("type", Word(&["http"])),
    may("http", One(HTTP_CHANGE)),
    may("description", Text(1024)),
    may("managed", Flag),
    may("business_hours_id", Int),
    may("deactivated_datetime", Time),
];
