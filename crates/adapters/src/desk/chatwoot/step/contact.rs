//! The contact at Chatwoot. Its identifier and its id in the inbox are our conversation's id, so that it is nobody
//! else's (promise F): a visitor who claims to be Ada does not become the Ada whom the agents know.

use super::text;
use super::walk::{Stop, Walk, reject};
use crate::desk::chatwoot::api::{Api, body, complaint, encoded, failure, went_well};
use crate::desk::chatwoot::json;
use handover_core::contact::Contact;
use handover_core::port::http::{Reply, Request};
use serde_json::{Map, Value, json};

const VALUE_CHARS_MAX: usize = 1000;
const NAME_CHARS_MAX: usize = 255;
/// Tries after which an earlier contact is left as it is.
const RENEWALS_MAX: u32 = 2;

/// A contact that is there.
pub(super) struct Found {
    pub(super) id: i64,
    name: String,
}

/// Finds the contact by its id in the inbox, or by its identifier.
pub(super) fn find(walk: &mut Walk<'_>) -> Result<Option<Found>, Stop> {
    match by_source(walk)? {
        Some(found) => Ok(Some(found)),
        None => by_identifier(walk),
    }
}

/// Finds it with what is known now, or makes it.
pub(super) fn find_or_make(walk: &mut Walk<'_>) -> Result<i64, Stop> {
    let may_be_there = walk.is_repeat() || walk.job.job.session.ordinal > 1;
    if may_be_there && let Some(found) = by_source(walk)? {
        renew(walk, found.id, &found.name)?;
        return Ok(found.id);
    }
    let refused = match make(walk)? {
        Ok(id) => return Ok(id),
        Err(refused) => refused,
    };
    let Some(found) = by_identifier(walk)? else {
        let why = complaint(refused);
        return Err(reject(format!("Chatwoot refused the contact: {why}")));
    };
    attach(walk, found.id)?;
    renew(walk, found.id, &found.name)?;
    Ok(found.id)
}

/// Brings name and attributes up to date. A name that an agent gave stays. What Chatwoot refuses is left, and what has
/// been tried often enough: the session matters more.
pub(super) fn renew(walk: &mut Walk<'_>, id: i64, name: &str) -> Result<(), Stop> {
    if walk.job.attempts >= RENEWALS_MAX {
        return Ok(());
    }
    let contact = &walk.job.job.contact;
    let nameless = name.trim().is_empty() || name == fallback_name(walk);
    let mut body = Map::new();
    body.insert("custom_attributes".into(), Value::Object(attributes(contact)));
    if let Some(name) = name_of(contact).filter(|_| nameless) {
        body.insert("name".into(), name.into());
    }
    let reach = reach(contact);
    let put = |api: &Api<'_>, body: &Map<String, Value>| {
        api.send("PUT", &format!("/contacts/{id}"), &Value::Object(body.clone()))
    };
    if !reach.is_empty() {
        let mut with_reach = body.clone();
        with_reach.extend(reach);
        if !refused(walk.ask(|api| put(api, &with_reach))?)? {
            return Ok(());
        }
    }
    refused(walk.ask(|api| put(api, &body))?)?;
    Ok(())
}

/// Makes it; gives the refusal when it, or one with its e-mail address or number, is there.
fn make<'a>(walk: &mut Walk<'a>) -> Result<Result<i64, &'a Reply>, Stop> {
    let contact = &walk.job.job.contact;
    let mut plain = Map::new();
    plain.insert("inbox_id".into(), walk.api.inbox_id.into());
    plain.insert("source_id".into(), walk.contact_source().into());
    plain.insert("identifier".into(), walk.contact_source().into());
    let name = name_of(contact).unwrap_or_else(|| fallback_name(walk));
    plain.insert("name".into(), name.into());
    plain.insert("custom_attributes".into(), Value::Object(attributes(contact)));
    if let Some(picture) = picture(contact) {
        plain.insert("avatar_url".into(), picture.into());
    }
    let reach = reach(contact);
    let post = |api: &Api<'_>, body: &Map<String, Value>| -> Request {
        api.send("POST", "/contacts", &Value::Object(body.clone()))
    };
    if !reach.is_empty() {
        let mut with_reach = plain.clone();
        with_reach.extend(reach);
        let reply = walk.ask(|api| post(api, &with_reach))?;
        if !refused(reply)? {
            return made(reply).map(Ok);
        }
        if complaint(reply).to_lowercase().contains("identifier") {
            return Ok(Err(reply));
        }
    }
    let reply = walk.ask(|api| post(api, &plain))?;
    if refused(reply)? { Ok(Err(reply)) } else { made(reply).map(Ok) }
}

fn made(reply: &Reply) -> Result<i64, Stop> {
    let body = body(reply);
    let inner = body.get("payload").unwrap_or(&body);
    let contact = inner.get("contact").unwrap_or(inner);
    contact.get("id").and_then(json::int).ok_or_else(|| Box::new(failure(reply)))
}

/// Whether it was refused as it is; other failures end the try.
fn refused(reply: &Reply) -> Result<bool, Stop> {
    match reply.status {
        400 | 404 | 409 | 422 => Ok(true),
        _ if went_well(reply) => Ok(false),
        _ => Err(Box::new(failure(reply))),
    }
}

fn by_source(walk: &mut Walk<'_>) -> Result<Option<Found>, Stop> {
    let path = format!("/contacts/{}", encoded(walk.contact_source()));
    let Some(url) = walk.api.public(&path) else { return Ok(None) };
    let reply = walk.ask(|_| Request::get(url))?;
    if went_well(reply) {
        return Ok(found(&body(reply)));
    }
    match reply.status {
        408 | 429 | 500.. => Err(Box::new(failure(reply))),
        _ => Ok(None),
    }
}

/// Search finds parts of words too, so only the very same identifier counts.
fn by_identifier(walk: &mut Walk<'_>) -> Result<Option<Found>, Stop> {
    let identifier = walk.contact_source();
    let list = walk.need(|api| api.get(&format!("/contacts/search?q={}", encoded(identifier))))?;
    let same = |one: &&Value| json::text(one, "identifier") == Some(identifier);
    Ok(json::items(&list).iter().find(same).and_then(found))
}

fn found(contact: &Value) -> Option<Found> {
    let name = json::text(contact, "name").unwrap_or_default().to_owned();
    Some(Found { id: contact.get("id").and_then(json::int)?, name })
}

/// Brings it into our inbox. It may be there: the answer is the same then. Where it is refused, Chatwoot gives it an id
/// of its own when the conversation is made.
fn attach(walk: &mut Walk<'_>, id: i64) -> Result<(), Stop> {
    let body = json!({ "inbox_id": walk.api.inbox_id, "source_id": walk.contact_source() });
    refused(walk.ask(|api| api.send("POST", &format!("/contacts/{id}/contact_inboxes"), &body))?)?;
    Ok(())
}

fn name_of(contact: &Contact) -> Option<String> {
    let name = text::clean(contact.name()?);
    let name: String = name.trim().chars().take(NAME_CHARS_MAX).collect();
    (!name.is_empty()).then_some(name)
}

/// The name of a contact who has told none.
fn fallback_name(walk: &Walk<'_>) -> String {
    let short: String = walk.contact_source().chars().take(6).collect();
    format!("Visitor {short}")
}

/// How it can be reached. Only what its channel has proved: Chatwoot knows people by these.
fn reach(contact: &Contact) -> Map<String, Value> {
    let mut reach = Map::new();
    if !contact.verified {
        return reach;
    }
    let known = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| contact.metadata.get(*key).and_then(Value::as_str));
        found.map(str::trim).map(str::to_owned)
    };
    if let Some(email) = known(&["email"]).filter(|email| is_email(email)) {
        reach.insert("email".into(), email.into());
    }
    if let Some(phone) = known(&["phone_number", "phone"]).filter(|phone| is_phone(phone)) {
        reach.insert("phone_number".into(), phone.into());
    }
    reach
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
}

/// `+` and up to 15 digits: Chatwoot takes no other form.
fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Chatwoot fetches it, so only one that its channel vouches for.
fn picture(contact: &Contact) -> Option<&str> {
    let keys = ["picture", "avatar_url", "avatar"];
    let url = keys.iter().find_map(|key| contact.metadata.get(*key).and_then(Value::as_str))?;
    (contact.verified && url.starts_with("https://")).then_some(url)
}

/// What its channel knows, flat: Chatwoot shows texts, numbers and yes or no.
pub(super) fn attributes(contact: &Contact) -> Map<String, Value> {
    let mut attributes = Map::new();
    attributes.insert("user_id".into(), contact.key.as_str().into());
    attributes.insert("verified".into(), contact.verified.into());
    for (key, value) in &contact.metadata {
        if key == "name" || attributes.contains_key(key) {
            continue;
        }
        let flat = match value {
            Value::Null => continue,
            Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::String(text) => cut(text).into(),
            nested => cut(&nested.to_string()).into(),
        };
        attributes.insert(key.clone(), flat);
    }
    attributes
}

fn cut(text: &str) -> String {
    text::clean(text).chars().take(VALUE_CHARS_MAX).collect()
}
