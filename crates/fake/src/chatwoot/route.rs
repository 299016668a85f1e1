//! From a described operation to what it does.

use super::answer::{Answer, Refusal, some};
use super::call::Call;
use super::describe::Meant;
use super::state::{State, User, iso};
use serde_json::{Value, json};

const ACCOUNT: &str = "/api/v1/accounts/{account_id}";
const PUBLIC: &str = "/public/api/v1/inboxes/{inbox_identifier}";
const CONVERSATION: &str = "/conversations/{conversation_id}";

/// Answers a request whose operation is known.
pub(super) fn answer(state: &mut State, call: &Call, meant: &Meant) -> Answer {
    let path = meant.operation.path.as_str();
    if path == "/api" {
        return some(json!({
            "version": state.version.to_string(), "timestamp": iso(state.now), "queue_services": "ok",
            "data_services": "ok",
        }));
    }
    if let Some(rest) = path.strip_prefix(PUBLIC) {
        return public(state, call, meant, rest);
    }
    let user = caller(state, call)?;
    match path.strip_prefix(ACCOUNT) {
        Some(rest) => {
            let account = number(meant, "account_id")?;
            state.accounts.get(&account).ok_or_else(Refusal::not_found)?;
            if !user.accounts.contains(&account) {
                return Err(Refusal::unauthorized("You are not authorized to access this account"));
            }
            application(state, call, meant, rest, account, &user)
        }
        None => some(state.show_profile(&user)),
    }
}

fn caller(state: &State, call: &Call) -> Result<User, Refusal> {
    let token = call.token.as_deref().ok_or_else(Refusal::no_session)?;
    state.users.iter().find(|user| user.token == token).cloned().ok_or_else(Refusal::bad_token)
}

/// What stands in the path; Rails finds nothing under what is no number.
fn number(meant: &Meant, name: &str) -> Result<i64, Refusal> {
    meant.names.get(name).and_then(|text| text.parse().ok()).ok_or_else(Refusal::not_found)
}

fn application(
    state: &mut State,
    call: &Call,
    meant: &Meant,
    rest: &str,
    account: i64,
    by: &User,
) -> Answer {
    if let Some(rest) = rest.strip_prefix(CONVERSATION) {
        let display_id = number(meant, "conversation_id")?;
        let id = state.conversation(account, display_id, by)?.id;
        return conversation(state, call, meant, rest, account, id, by);
    }
    let method = meant.operation.method.as_str();
    let administrators_only = matches!(
        (method, rest),
        ("POST" | "PATCH" | "DELETE", "/inbox_members")
            | ("POST", "/inboxes" | "/labels" | "/actions/contact_merge")
            | ("PATCH" | "DELETE", "/inboxes/{id}")
            | ("POST", "/inboxes/{id}/set_agent_bot" | "/inboxes/{id}/reset_secret")
            | ("DELETE", "/contacts/{id}")
    ) || rest.starts_with("/webhooks");
    if administrators_only && !by.administrator {
        return Err(Refusal::not_allowed());
    }
    let id = || number(meant, "id");
    match (method, rest) {
        ("GET", "") => some(json!({
            "id": account, "name": state.accounts.get(&account).map(|row| row.name.as_str()), "locale": "en",
            "domain": null, "support_email": null, "status": "active", "features": {}, "settings": {},
        })),
        ("GET", "/agents") => {
            let users = state.users.iter().filter(|user| user.accounts.contains(&account));
            some(users.map(|user| state.show_agent(user, account)).collect())
        }
        ("GET", "/labels") => {
            let labels =
                state.accounts.get(&account).map(|row| row.labels.clone()).unwrap_or_default();
            let shown: Vec<Value> = labels
                .iter()
                .zip(1..)
                .map(|(title, id)| json!({"id": id, "title": title, "description": null, "color": "#1f93ff", "show_on_sidebar": true}))
                .collect();
            some(json!({ "payload": shown }))
        }
        ("POST", "/labels") => create_label(state, account, call),
        ("GET", "/canned_responses") => state.list_canned(account, call),
        ("POST", "/canned_responses") => state.create_canned(account, call),
        ("PATCH", "/canned_responses/{id}") => state.update_canned(account, id()?, call),
        ("DELETE", "/canned_responses/{id}") => state.delete_canned(account, id()?),
        ("GET", "/contacts") => state.list_contacts(account, call),
        ("POST", "/contacts") => state.create_contact(account, call),
        ("GET", "/contacts/search") => state.search_contacts(account, call),
        ("POST", "/contacts/filter") => state.filter_contacts(account, call),
        ("GET", "/contacts/{id}") => state.get_contact(account, id()?, call),
        ("PUT", "/contacts/{id}") => state.update_contact(account, id()?, call),
        ("DELETE", "/contacts/{id}") => state.delete_contact(account, id()?),
        ("POST", "/contacts/{id}/contact_inboxes") => state.create_place(account, id()?, call),
        ("GET", "/contacts/{id}/contactable_inboxes") => state.contactable_inboxes(account, id()?),
        ("GET", "/contacts/{id}/conversations") => state.conversations_of_contact(account, id()?),
        ("POST", "/actions/contact_merge") => state.merge_contacts(account, call),
        ("GET", "/conversations") => state.list_conversations(account, call, by),
        ("POST", "/conversations") => state.create_conversation(account, call, by),
        ("GET", "/conversations/meta") => state.count_conversations(account, call, by),
        ("GET", "/inboxes") => state.list_inboxes(account, by),
        ("POST", "/inboxes") => state.create_inbox(account, call),
        ("GET", "/inboxes/{id}") => state.get_inbox(account, id()?, by),
        ("PATCH", "/inboxes/{id}") => state.update_inbox(account, id()?, call),
        ("DELETE", "/inboxes/{id}") => state.delete_inbox(account, id()?),
        ("POST", "/inboxes/{id}/reset_secret") => state.reset_secret(account, id()?),
        ("POST", "/inboxes/{id}/set_agent_bot") => state.set_agent_bot(account, id()?, call),
        ("GET", "/inboxes/{id}/agent_bot") => state.get_agent_bot(account, id()?),
        ("GET", "/inbox_members/{inbox_id}") => {
            state.list_members(account, number(meant, "inbox_id")?)
        }
        (_, "/inbox_members") => state.change_members(account, call),
        ("GET", "/webhooks") => state.list_webhooks(account),
        ("POST", "/webhooks") => state.create_webhook(account, call),
        ("PATCH", "/webhooks/{webhook_id}") => {
            state.update_webhook(account, number(meant, "webhook_id")?, call)
        }
        ("DELETE", "/webhooks/{webhook_id}") => {
            state.delete_webhook(account, number(meant, "webhook_id")?)
        }
        _ => Err(Refusal::not_found()),
    }
}

fn create_label(state: &mut State, account: i64, call: &Call) -> Answer {
    let title = call.text("title").unwrap_or_default().to_lowercase();
    if title.is_empty() {
        return Err(Refusal::invalid("title", "Title can't be blank"));
    }
    let Some(account) = state.accounts.get_mut(&account) else { return Err(Refusal::not_found()) };
    if account.labels.contains(&title) {
        return Err(Refusal::invalid("title", "Title has already been taken"));
    }
    account.labels.push(title.clone());
    some(
        json!({"id": account.labels.len(), "title": title, "description": null, "color": "#1f93ff", "show_on_sidebar": true}),
    )
}

fn conversation(
    state: &mut State,
    call: &Call,
    meant: &Meant,
    rest: &str,
    account: i64,
    id: i64,
    by: &User,
) -> Answer {
    let message = || number(meant, "message_id");
    match (meant.operation.method.as_str(), rest) {
        ("GET", "") => Ok(state.conversations.get(&id).map(|row| state.show_conversation(row))),
        ("PATCH", "") => {
            state.set_priority(id, call)?;
            Ok(state.conversations.get(&id).map(|row| state.show_conversation(row)))
        }
        ("POST", "/toggle_status") => state.toggle_status(id, call, by),
        ("POST", "/toggle_priority") => state.set_priority(id, call),
        ("POST", "/toggle_typing_status") => state.typing(id, call, by),
        ("POST", "/custom_attributes") => state.set_attributes(id, call),
        ("POST", "/assignments") => state.create_assignment(account, id, call),
        ("GET", "/labels") => {
            let labels = state.conversations.get(&id).map(|row| row.labels.clone());
            some(json!({ "payload": labels }))
        }
        ("POST", "/labels") => state.set_labels(account, id, call),
        ("POST", "/update_last_seen") => state.agent_saw(id),
        ("GET", "/messages") => state.list_messages(id, call),
        ("POST", "/messages") => state.create_message(id, call, by),
        ("PATCH", "/messages/{message_id}") if state.version.sets_message_status() => {
            state.update_message(id, message()?, call)
        }
        ("DELETE", "/messages/{message_id}") => state.delete_message(id, message()?),
        _ => Err(Refusal::not_found()),
    }
}

fn public(state: &mut State, call: &Call, meant: &Meant, rest: &str) -> Answer {
    let name = |name: &str| meant.names.get(name).map_or("", String::as_str);
    let inbox = name("inbox_identifier");
    let source = name("contact_identifier");
    let method = meant.operation.method.as_str();
    match (method, rest) {
        ("GET", "") => return state.show_public_inbox(inbox),
        ("POST", "/contacts") => return state.create_public_contact(inbox, call),
        ("GET", "/contacts/{contact_identifier}") => {
            return state.get_public_contact(inbox, source);
        }
        ("PATCH", "/contacts/{contact_identifier}") => {
            return state.update_public_contact(inbox, source, call);
        }
        _ => {}
    }
    let place = state.public_place(inbox, source)?.clone();
    let rest =
        rest.strip_prefix("/contacts/{contact_identifier}/conversations").unwrap_or_default();
    match (method, rest) {
        ("POST", "") => return state.create_public_conversation(&place, call),
        ("GET", "") => return state.list_public_conversations(&place),
        _ => {}
    }
    let id = state.public_conversation(place.id, number(meant, "conversation_id")?)?.id;
    match (method, rest.strip_prefix("/{conversation_id}").unwrap_or_default()) {
        ("GET", "") => {
            Ok(state.conversations.get(&id).map(|row| state.show_public_conversation(row)))
        }
        ("POST", "/toggle_status") => state.toggle_public_status(id, place.contact),
        ("POST", "/toggle_typing") => state.public_typing(id, place.contact, call),
        ("POST", "/update_last_seen") => {
            state.contact_saw(id);
            Ok(None)
        }
        ("GET", "/messages") => state.list_public_messages(id, call),
        ("POST", "/messages") => state.create_public_message(id, place.contact, call),
        _ => Err(Refusal::not_found()),
    }
}
