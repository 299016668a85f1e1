//! Signs of the contact's life, by the interface that contacts use.

use super::api::{Api, encoded};
use handover_core::port::desk::Presence;
use handover_core::port::directory::Account;
use handover_core::port::http::Request;
use handover_core::session::Session;
use serde_json::json;

pub(super) fn show(account: &Account, session: &Session, presence: Presence) -> Option<Request> {
    let api = Api::of(account).ok()?;
    let contact = encoded(session.id.conversation()?.as_str());
    let link = encoded(session.link.as_deref()?);
    let at = format!("/contacts/{contact}/conversations/{link}");
    Some(match presence {
        Presence::Typing(on) => {
            let status = if on { "on" } else { "off" };
            let url = api.public(&format!("{at}/toggle_typing?typing_status={status}"))?;
            Request::json("POST", url, &json!({ "typing_status": status }))
        }
        Presence::Read => {
            Request::json("POST", api.public(&format!("{at}/update_last_seen"))?, &json!({}))
        }
    })
}
