//! What a person must do in Gorgias.

use super::settings::{MESSAGES_HOOK, STATUS_HOOK};
use handover_core::port::desk::ByHand;
use handover_core::port::directory::Account;
use handover_core::port::place::{HOOK_TOKEN, Place};
use handover_core::words::END;

/// What Gorgias fills in for the address that CSML Studio had.
const STUDIO: &str = "external_id={{ticket.external_id}}&ticket_id={{ticket.id}}&event_type={{event.type}}&event_id={{event.id}}&message_id={{event.object_id}}&text={{message.body_text}}&from_agent={{message.from_agent}}";
/// What the shorter context of a status has, as hand-written JSON: nothing in it can break the quotes.
const STATUS: &str = r#"{"event_type":"ticket-status-updated","event_id":"{{event.id}}","ticket_id":"{{ticket.id}}","external_id":"{{ticket.external_id}}","status":"{{ticket.status}}","closed_datetime":"{{ticket.closed_datetime}}","updated_datetime":"{{ticket.updated_datetime}}"}"#;

pub(super) fn steps(account: &Account, place: &Place) -> Vec<ByHand> {
    let mut steps = vec![ByHand {
        what: "In Gorgias, Settings → Macros → Create macro: a farewell that holds the word below. When an agent sends it, the contact is asked whether the chat is over.".into(),
        copy: vec![
            ("Macro's name".into(), "End the chat".into()),
            ("Macro's text".into(), format!("Thank you for writing to us. {END}")),
        ],
        seen_by_hook: false,
    }];
    let hook = place.hook(account);
    if account.text(MESSAGES_HOOK).is_none() {
        steps.push(ByHand {
            what: "Settings → HTTP integration → Add HTTP integration, with the trigger \"Ticket message created\", the method POST and the request content type application/json.".into(),
            copy: vec![
                ("Integration's name".into(), "Handover: messages".into()),
                ("URL".into(), hook.clone()),
                ("Request body (JSON)".into(), "{{context}}".into()),
            ],
            seen_by_hook: true,
        });
    }
    if account.text(STATUS_HOOK).is_none() {
        steps.push(ByHand {
            what: "A second HTTP integration in the same way, with the trigger \"Ticket status updated\": Gorgias does not let one have both. Without it a closed ticket is noticed up to half a minute later.".into(),
            copy: vec![
                ("Integration's name".into(), "Handover: status".into()),
                ("URL".into(), hook),
                ("Request body (JSON)".into(), STATUS.into()),
            ],
            seen_by_hook: false,
        });
    }
    let token = account.text(HOOK_TOKEN).unwrap_or_default();
    steps.push(ByHand {
        what: "Only if you keep the HTTP integration that you had for CSML Studio (method GET, trigger \"Ticket message created\"): replace its URL. It needs no other one for messages beside it.".into(),
        copy: vec![(
            "URL".into(),
            format!("{}/v1/livechat/gorgias/receive?{STUDIO}&key={token}", place.base_url),
        )],
        seen_by_hook: false,
    });
    steps
}
