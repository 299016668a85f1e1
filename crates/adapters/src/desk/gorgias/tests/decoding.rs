use super::{CONVERSATION, NOW, account, reply};
use crate::desk::gorgias::Gorgias;
use handover_core::contact::Agent;
use handover_core::content::{Content, MediaKind};
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::{ConversationId, SessionId};
use handover_core::marker;
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::desk::{At, Desk, FromHook, Hooked, What};
use handover_core::port::http::Reply;
use serde_json::{Value, json};

const MESSAGE: &str = include_str!("../fixtures/message_created.json");
const STATUS: &str = include_str!("../fixtures/status_updated.json");
const FORM: &str = include_str!("../fixtures/form.txt");
const STUDIO: &str = include_str!("../fixtures/studio.txt");

fn decode(query: &str, body: &[u8], answers: &[Reply]) -> Result<Hooked, DecodeError> {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let call = Call { method, query, headers: &[], body, at: NOW };
    Gorgias.decode(&account(json!({})), &call, answers)
}

fn post(body: &Value) -> Hooked {
    decode("", body.to_string().as_bytes(), &[]).unwrap()
}

fn events(hooked: Hooked) -> Vec<FromHook> {
    match hooked {
        Hooked::Events(events) => events,
        other => panic!("{other:?}"),
    }
}

fn did(event: &FromHook) -> &FromDesk {
    match &event.what {
        What::Did(did) => did,
        What::Typing { .. } => panic!("nobody types at Gorgias"),
    }
}

fn acts(hooked: Hooked) -> Vec<DeskAct> {
    events(hooked).iter().map(|event| did(event).act.clone()).collect()
}

fn text(text: &str) -> DeskAct {
    DeskAct::Said(Content::text(text))
}

/// The whole context with a part of the message changed.
fn message(change: Value) -> Value {
    let mut context: Value = serde_json::from_str(MESSAGE).unwrap();
    context["message"].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    context
}

#[test]
fn rule_8_the_whole_context_is_an_answer_with_its_files() {
    let happened = events(decode("", MESSAGE.as_bytes(), &[]).unwrap());
    let session = At::Session(SessionId::new(format!("{CONVERSATION}-2")));
    assert!(happened.iter().all(|event| event.at == session));
    let sources: Vec<_> =
        happened.iter().map(|event| did(event).source.as_ref().unwrap().to_string()).collect();
    assert_eq!(sources, ["90001", "90001/0", "90001/1"], "promise C");
    let first = did(&happened[0]);
    assert_eq!(first.act, text("Your parcel left this morning."), "no history, no signature");
    let mut ana = Agent::new("7", "Ana Lima");
    ana.picture = Some("https://files.example/ana.png".into());
    assert_eq!(first.agent, Some(ana));
    assert_eq!(first.done_at.unwrap().as_ms(), 1_777_885_500_250);
    let DeskAct::Said(Content::Media(label)) = &did(&happened[1]).act else { panic!() };
    assert_eq!((label.kind, label.name.as_deref()), (MediaKind::File, Some("label.pdf")));
    let DeskAct::Said(Content::Media(parcel)) = &did(&happened[2]).act else { panic!() };
    assert_eq!((parcel.kind, parcel.mime.as_deref()), (MediaKind::Image, Some("image/png")));
}

#[test]
fn what_is_no_agents_answer_is_ignored_and_says_why() {
    for (change, why) in [
        (json!({ "from_agent": false }), "contact"),
        (json!({ "external_id": "handover:c.9" }), "echo"),
        (
            json!({ "external_id": "handover:c.9", "channel": "internal-note", "public": false }),
            "echo",
        ),
        (json!({ "rule_id": 12 }), "rule"),
        (json!({ "via": "rule" }), "rule"),
        (
            json!({ "body_text": "", "stripped_text": "", "body_html": "", "attachments": [] }),
            "neither",
        ),
    ] {
        let context = message(change.clone());
        let mut hooked = post(&context);
        if let Hooked::Ask { or, .. } = hooked {
            assert_eq!(or, []);
            let answer = reply(200, &context["message"]);
            hooked = decode("", context.to_string().as_bytes(), &[answer]).unwrap();
        }
        let Hooked::Ignored { why: told } = hooked else { panic!("{change}: {hooked:?}") };
        assert!(told.contains(why), "rule 8, {change}: {told}");
    }
}

#[test]
fn rule_8_notes_stay_notes() {
    for change in [
        json!({ "channel": "internal-note", "public": false }),
        json!({ "channel": "internal-note" }),
        json!({ "public": false }),
    ] {
        let acts = acts(post(&message(change)));
        assert_eq!(acts, [DeskAct::Noted("Your parcel left this morning.".into())]);
    }
}

#[test]
fn the_words_are_found_wherever_they_stand() {
    for (change, words) in [
        (json!({ "stripped_text": null }), "Your parcel left this morning."),
        (json!({ "stripped_text": "None", "body_text": "Hello" }), "Hello"),
        (json!({ "stripped_text": "None", "body_text": "None" }), "None"),
        (json!({ "stripped_text": null, "body_text": "null" }), "null"),
        (
            json!({ "stripped_text": null, "body_text": "Hello\n-- \nAna\nShop", "stripped_signature": null }),
            "Hello",
        ),
        (
            json!({ "stripped_text": null, "body_text": null, "body_html": "<p>Hello &amp; welcome</p><div class=\"gmail_quote\">old</div>" }),
            "Hello & welcome",
        ),
        (
            json!({ "stripped_text": null, "body_text": "> only history", "body_html": "" }),
            "> only history",
        ),
    ] {
        let mut change = change;
        change["attachments"] = json!([]);
        assert_eq!(acts(post(&message(change.clone()))), [text(words)], "{change}");
    }
    let file = json!({ "stripped_text": "", "stripped_signature": "Ana",
        "body_text": "Ana\n\nOn Tue, 5 May 2026, Eve <eve@x.example> wrote:\nIs it there?", "body_html": "",
        "attachments": [{ "url": "https://x.example/a.pdf", "name": "a.pdf", "content_type": "application/pdf" }] });
    let sent = acts(post(&message(file)));
    assert!(
        matches!(&sent[..], [DeskAct::Said(Content::Media(_))]),
        "no history goes along: {sent:?}"
    );
    let lost = json!({ "stripped_text": "", "body_text": "", "body_html": "",
        "attachments": [{ "name": "a.pdf", "content_type": "application/pdf" }] });
    let asked = decode("", message(lost).to_string().as_bytes(), &[]).unwrap();
    let Hooked::Ask { or, .. } = asked else { panic!("its address may be known there: {asked:?}") };
    let said: Vec<DeskAct> = or
        .into_iter()
        .filter_map(|event| match event.what {
            What::Did(did) => Some(did.act),
            What::Typing { .. } => None,
        })
        .collect();
    assert_eq!(said, [DeskAct::Said(Content::unshown("a.pdf"))], "rule 11: not without a word");
    let picture = json!({ "stripped_text": null, "body_text": "", "attachments": [],
        "body_html": "<p><img src=\"https://uploads.example/9/a.png\"></p>" });
    let asked = decode("", message(picture).to_string().as_bytes(), &[]).unwrap();
    assert!(
        matches!(asked, Hooked::Ask { or, .. } if or.len() == 1),
        "a pasted picture is no empty message"
    );
}

#[test]
fn rule_13_the_marker_survives_all_stripping() {
    for change in [
        json!({ "stripped_text": "Bye LIVECHAT_SESSION_END" }),
        json!({ "stripped_text": "Bye", "body_text": "Bye\n-- \nAna\nLIVECHAT_SESSION_END" }),
        json!({ "stripped_text": "Bye", "stripped_signature": "LIVECHAT_SESSION_END" }),
        json!({ "stripped_text": "Bye", "body_html": "<p>Bye</p><div class='gmail_signature'>LIVECHAT_SESSION_END</div>" }),
        json!({ "stripped_text": "Bye LIVECHAT&#95;SESSION&#95;END" }),
        json!({ "stripped_text": null, "body_text": null, "body_html": "Bye <b>LIVECHAT&#95;SESSION&#95;END</b>" }),
        json!({ "stripped_text": "Bye LIVECHAT\\_SESSION\\_END" }),
    ] {
        let acts = acts(post(&message(change.clone())));
        let Some(DeskAct::Said(Content::Text { text })) = acts.last() else {
            panic!("the offer stands last, after the files: {acts:?}")
        };
        let marked = marker::take(text);
        assert_eq!((marked.text.as_str(), marked.found), ("Bye", true), "{change}: {text}");
    }
    let quoted = json!({ "stripped_text": null, "attachments": [],
        "body_text": "No, wait.\n\nOn Monday, Ana <ana@shop.example> wrote:\n> Bye LIVECHAT_SESSION_END" });
    assert_eq!(
        acts(post(&message(quoted))),
        [text("No, wait.")],
        "what was quoted was offered before"
    );
}

#[test]
fn the_studios_address_is_asked_about() {
    let asked = decode(STUDIO.trim(), b"", &[]).unwrap();
    let Hooked::Ask { request, or } = asked else { panic!("{asked:?}") };
    assert_eq!(
        (request.method, request.url.as_str()),
        ("GET", "https://shop.gorgias.com/api/tickets/4711/messages/90001")
    );
    assert_eq!(or, [], "rule 8: it does not tell a note from an answer");
    let told: Value = serde_json::from_str(MESSAGE).unwrap();
    let answered = decode(STUDIO.trim(), b"", &[reply(200, &told["message"])]).unwrap();
    assert_eq!(answered, decode("", MESSAGE.as_bytes(), &[]).unwrap(), "the same by either way");
    for status in [401, 404, 429, 500] {
        let refused = decode(STUDIO.trim(), b"", &[reply(status, &json!({}))]).unwrap();
        assert!(matches!(refused, Hooked::Ignored { why } if why.contains(&status.to_string())));
    }
    let own = STUDIO.trim().replace("=True", "=false");
    assert!(matches!(decode(&own, b"", &[]).unwrap(), Hooked::Ignored { .. }), "no call for it");
    let unknown = STUDIO.trim().replace("=True", "={{message.from_agent}}");
    assert!(matches!(decode(&unknown, b"", &[]).unwrap(), Hooked::Ask { .. }));
}

#[test]
fn without_the_messages_id_the_newest_ones_are_looked_at() {
    let query = "ticket_id=4711&from_agent=1&text=hello";
    let Hooked::Ask { request, .. } = decode(query, b"", &[]).unwrap() else { panic!() };
    assert!(
        request.url.ends_with("/messages?ticket_id=4711&limit=10&order_by=created_datetime%3Adesc")
    );
    let told = |id: u64, at: &str| {
        json!({ "id": id, "from_agent": true, "channel": "chat", "public": true,
            "body_text": id.to_string(), "created_datetime": at })
    };
    let list = [
        told(3, "2026-05-04T09:09:00Z"),
        told(2, "2026-05-04T09:08:00Z"),
        told(1, "2026-05-03T09:00:00Z"),
    ];
    for list in [json!(list), json!({ "data": list, "meta": {} })] {
        let happened = events(decode(query, b"", &[reply(200, &list)]).unwrap());
        assert!(happened.iter().all(|event| event.at == At::Link("4711".into())));
        let acts: Vec<_> = happened.iter().map(|event| did(event).act.clone()).collect();
        assert_eq!(acts, [text("2"), text("3")], "oldest first, and nothing of yesterday");
    }
}

#[test]
fn forms_and_flat_objects_are_read_leniently() {
    let wanted = [text("Good morning! ça va & you?")];
    let happened = events(decode("", FORM.as_bytes(), &[]).unwrap());
    assert_eq!(did(&happened[0]).act, wanted[0]);
    assert_eq!(happened[0].at, At::Link("4711".into()), "no id of ours: the ticket's own");
    assert_eq!(did(&happened[0]).agent, Some(Agent::new("ana.lima@shop.example", "ana.lima")));
    let context = MESSAGE.replace('\n', " ");
    for body in [
        json!({ "context": context }),
        json!(context),
        json!([serde_json::from_str::<Value>(MESSAGE).unwrap()]),
    ] {
        assert_eq!(post(&body), decode("", MESSAGE.as_bytes(), &[]).unwrap(), "{body}");
    }
    let flat = json!({ "ticket_id": "4711", "message_id": "90001", "from_agent": "True", "channel": "email",
        "public": "True", "text": "Hello", "event_type": "ticket-message-created" });
    let Hooked::Ask { or, .. } = post(&flat) else { panic!("its files are not told") };
    assert_eq!(did(&or[0]).act, text("Hello"), "and if nobody answers, this is certain");
    let note = json!({ "ticket_id": 4711, "message_id": 5, "from_agent": "true", "channel": "internal-note", "text": "psst" });
    assert_eq!(acts(post(&note)), [DeskAct::Noted("psst".into())]);
}

#[test]
fn a_message_or_ticket_on_its_own_is_read_too() {
    let context: Value = serde_json::from_str(MESSAGE).unwrap();
    let alone = events(post(&context["message"]));
    assert_eq!(alone[0].at, At::Link("4711".into()));
    let wrapped = events(post(&context));
    let dids =
        |events: &[FromHook]| events.iter().map(|event| did(event).clone()).collect::<Vec<_>>();
    assert_eq!(dids(&alone), dids(&wrapped));
    let mut ticket = context["ticket"].clone();
    ticket["status"] = "closed".into();
    assert_eq!(acts(post(&ticket)), [DeskAct::Closed]);
}

#[test]
fn json_that_the_message_broke_is_asked_about() {
    let body = "{\"ticket_id\": \"4711\", \"message_id\": \"90001\", \"from_agent\": \"True\", \"text\": \"She said \"no\"\"}";
    assert!(matches!(decode("", body.as_bytes(), &[]).unwrap(), Hooked::Ask { .. }));
    let lines = "{\"ticket_id\": 4711, \"message_id\": 9, \"from_agent\": true, \"channel\": \"internal-note\", \"text\": \"a\nb\"}";
    assert_eq!(acts(decode("", lines.as_bytes(), &[]).unwrap()), [DeskAct::Noted("a b".into())]);
}

#[test]
fn rule_15_a_status_closes_and_opens() {
    let happened = events(decode("", STATUS.as_bytes(), &[]).unwrap());
    let closed = did(&happened[0]);
    assert_eq!(happened[0].at, At::Conversation(ConversationId::new(CONVERSATION)));
    assert_eq!(closed.act, DeskAct::Closed);
    assert_eq!(closed.source.as_ref().unwrap().as_str(), "ticket/4711/closed/1777887000");
    assert_eq!(closed.done_at.unwrap().as_ms(), 1_777_887_000_000);
    let open = STATUS.replace("closed\"", "open\"").replace("\"open_datetime", "\"closed_datetime");
    assert_eq!(acts(decode("", open.as_bytes(), &[]).unwrap()), [DeskAct::Reopened]);
    let snoozed = open.replace("\"None\"", "\"2026-05-05T08:00:00\"");
    let acts = acts(decode("", snoozed.as_bytes(), &[]).unwrap());
    assert_eq!(acts.len(), 2);
    assert!(matches!(&acts[1], DeskAct::Noted(note) if note.contains("2026-05-05T08:00:00")));
}

#[test]
fn a_status_that_is_not_told_is_asked_about() {
    let query = "ticket_id=4711&event_type=ticket-status-updated";
    let Hooked::Ask { request, or } = decode(query, b"", &[]).unwrap() else { panic!() };
    assert_eq!((request.url.as_str(), or.len()), ("https://shop.gorgias.com/api/tickets/4711", 0));
    let ticket =
        json!({ "id": 4711, "status": "closed", "closed_datetime": "2026-05-04T09:30:00+00:00" });
    let closed = events(decode(query, b"", &[reply(200, &ticket)]).unwrap());
    assert_eq!(did(&closed[0]).source.as_ref().unwrap().as_str(), "ticket/4711/closed/1777887000");
}

#[test]
fn other_events_are_notes_or_nothing() {
    let of = |kind: &str| {
        let mut context: Value = serde_json::from_str(MESSAGE).unwrap();
        context["event"]["type"] = kind.into();
        context["message"]["last_sending_error"] = json!({ "error": "no such address" });
        post(&context)
    };
    let failed = acts(of("ticket-message-failed"));
    assert!(matches!(&failed[..], [DeskAct::Noted(note)] if note.contains("no such address")));
    assert!(matches!(&acts(of("ticket-self-unsnoozed"))[..], [DeskAct::Noted(_)]));
    for kind in ["ticket-created", "ticket-assignment-updated", "ticket-handed-over"] {
        assert!(matches!(of(kind), Hooked::Ignored { why } if why.contains(kind)));
    }
}

#[test]
fn what_cannot_be_read_names_the_field() {
    for (query, body, field) in [
        ("", "", "body"),
        ("key=x", "", "body"),
        ("", "{}", "body"),
        ("", "[]", "body"),
        ("", "{\"a\":", "body"),
        ("", "{\"hello\":1}", "body"),
        ("text=a&from_agent=true", "", "ticket_id"),
        ("ticket_id=%3Bdrop&message_id=../x&from_agent=true", "", "ticket_id"),
    ] {
        let error = decode(query, body.as_bytes(), &[]).unwrap_err();
        assert!(
            matches!(&error, DecodeError::Field { field: told, .. } if told == field),
            "{query}{body}: {error}"
        );
    }
}

#[test]
fn nothing_breaks_on_what_is_cut_or_mixed_up() {
    for fixture in [MESSAGE, STATUS, FORM, STUDIO] {
        for at in 0..fixture.len() {
            let bytes = fixture.as_bytes();
            let mut mixed = bytes.to_vec();
            mixed[at] = mixed[at].wrapping_mul(31).wrapping_add(7);
            for part in [&bytes[..at], &bytes[at..], &mixed] {
                let _ = decode("", part, &[]);
                let _ = decode(&String::from_utf8_lossy(part), b"", &[]);
                let answer = Reply { status: 200, headers: Vec::new(), body: part.to_vec() };
                let _ = decode(STUDIO, b"", &[answer]);
            }
        }
    }
}
