//! The contact as Gorgias' customer.

use super::{Talk, fine, is_misliked, is_passing, refusal, write};
use crate::desk::gorgias::api;
use handover_core::delivery::ToDesk;
use handover_core::port::channel::{Outgoing, Step};
use serde_json::{Value, json};

/// The customer, and whether agents see what is known of the contact in its data.
pub(super) struct Customer {
    pub(super) id: u64,
    pub(super) data_shown: bool,
}

/// Finds or makes the customer and shows what is known of the contact.
pub(super) fn bring(talk: &mut Talk<'_>, job: &Outgoing<'_, ToDesk>) -> Result<Customer, Step> {
    let customer = match by(talk, "external_id", job.id.conversation.as_str())? {
        Some(customer) => customer,
        None => make(talk, job)?,
    };
    let Some(id) = number(&customer) else {
        return Err(Step::Reject { why: "Gorgias named no id for the customer".into() });
    };
    let data_shown = show(talk, job, &customer)?;
    Ok(Customer { id, data_shown })
}

/// Shows what is known of the contact in the customer's data. Another one's customer keeps what it has: writing
/// replaces all of it.
pub(super) fn show(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    customer: &Value,
) -> Result<bool, Step> {
    let conversation = &job.id.conversation;
    let ours = customer["external_id"] == conversation.as_str()
        || customer["email"] == write::placeholder(conversation);
    let (true, Some(id)) = (ours, number(customer)) else { return Ok(false) };
    let data = Value::Object(write::data(&job.job.contact));
    let shown = match customer.get("data") {
        Some(shown) => shown.clone(),
        None if job.attempts > 0 => {
            let reply = talk.get(&format!("customers/{id}"), &[])?;
            fine(reply)?["data"].take()
        }
        None => Value::Null,
    };
    if shown == data {
        return Ok(true);
    }
    let data = json!({ "data": data });
    let reply = talk.send("PUT", &format!("customers/{id}/data"), &data)?;
    if is_passing(reply) { Err(refusal(reply)) } else { Ok(api::is_fine(reply)) }
}

pub(super) fn number(customer: &Value) -> Option<u64> {
    api::id(&customer["id"])?.parse().ok()
}

fn make(talk: &mut Talk<'_>, job: &Outgoing<'_, ToDesk>) -> Result<Value, Step> {
    let conversation = &job.id.conversation;
    let email = write::email(&talk.settings, &job.job.contact, conversation);
    let mut body = json!({
        "name": write::name(&job.job.contact, conversation),
        "email": email,
        "external_id": conversation,
    });
    if talk.settings.channel == "sms" {
        body["channels"] = json!([
            { "type": "email", "address": email, "preferred": true },
            { "type": "phone", "address": write::number(conversation), "preferred": true },
        ]);
    }
    let reply = talk.send("POST", "customers", &body)?;
    if !is_misliked(reply) {
        let made = fine(reply)?;
        // Whoever we make is ours, whatever of it the answer repeats.
        return Ok(json!({ "id": made["id"], "external_id": conversation }));
    }
    // The address belongs to someone whom Gorgias knows already.
    by(talk, "email", &email)?.ok_or_else(|| refusal(reply))
}

fn by(talk: &mut Talk<'_>, field: &str, value: &str) -> Result<Option<Value>, Step> {
    let reply = talk.get("customers", &[(field, value)])?;
    fine(reply)?;
    let fits = |customer: &Value| {
        let told = customer.get(field).and_then(Value::as_str);
        number(customer).is_some() && told.is_none_or(|told| told.eq_ignore_ascii_case(value))
    };
    Ok(api::list(reply).into_iter().find(fits))
}
