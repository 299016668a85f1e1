use super::{CONVERSATION, Job, PLACEHOLDER, account, body, entry, lines, said};
use handover_core::content::Content;
use handover_core::delivery::ToDeskAct;
use handover_core::entry::{Actor, Body};
use handover_core::language::Language;
use handover_core::port::channel::Step;
use handover_core::session::EndCause;
use serde_json::{Value, json};

fn opening() -> Job {
    let mut job = Job::new(ToDeskAct::Open);
    job.transcript = vec![
        entry(1, Actor::Bot, said("Hello")),
        entry(2, Actor::Contact, said("My <b>parcel</b> is late")),
        entry(
            3,
            Actor::Contact,
            Body::Message { content: Content::payload("LIVECHAT_SESSION_START") },
        ),
    ];
    job
}

fn nobody() -> (u16, Value) {
    (200, json!({ "data": [] }))
}

fn customer() -> (u16, Value) {
    (200, json!({ "data": [{ "id": 33, "external_id": CONVERSATION }] }))
}

fn ok() -> (u16, Value) {
    (202, json!({}))
}

fn made(id: u64) -> (u16, Value) {
    (201, json!({ "id": id }))
}

fn done() -> Step {
    Step::Done { link: Some("4711".into()) }
}

#[test]
fn rule_1_customer_data_ticket_and_transcript() {
    let (requests, end) = opening().walk(&[nobody(), made(33), ok(), made(4711), made(2)]);
    assert_eq!(end, done());
    assert_eq!(
        lines(&requests),
        [
            &format!("GET customers?external_id={CONVERSATION}"),
            "POST customers",
            "PUT customers/33/data",
            "POST tickets",
            "POST tickets/4711/messages",
        ]
    );
    assert_eq!(
        body(&requests[1]),
        json!({ "name": "Eve", "email": PLACEHOLDER, "external_id": CONVERSATION })
    );
    let data = json!({ "name": "Eve", "email": "eve@mail.example", "contact_id": "eve", "verified": false });
    assert_eq!(body(&requests[2]), json!({ "data": data }));
    let session = format!("{CONVERSATION}-2");
    assert_eq!(
        body(&requests[3]),
        json!({
            "external_id": session, "channel": "api", "via": "api", "from_agent": false, "status": "open",
            "subject": "Chat with Eve", "customer": { "id": 33 }, "tags": [{ "name": "livechat" }],
            "meta": { "session": session },
            "messages": [{
                "channel": "api", "via": "api", "from_agent": false, "sender": { "id": 33 },
                "source": { "type": "api", "from": { "address": PLACEHOLDER, "name": "Eve" },
                    "to": [{ "address": "api@shop.example" }] },
                "body_text": "My <b>parcel</b> is late",
                "body_html": "<p>My &lt;b&gt;parcel&lt;&#x2F;b&gt; is late</p>",
                "external_id": format!("handover:{CONVERSATION}.9/first"),
            }],
        })
    );
    let note = body(&requests[4]);
    assert_eq!(
        note["body_text"],
        "What was said so far (times are UTC):\n2026-05-04 09:10 Bot: Hello\n\
         2026-05-04 09:10 Contact: My <b>parcel</b> is late\n2026-05-04 09:10 Contact: (asks for a human)"
    );
    assert_eq!(
        [
            &note["channel"],
            &note["from_agent"],
            &note["public"],
            &note["sender"],
            &note["receiver"]
        ],
        [
            &json!("internal-note"),
            &json!(true),
            &json!(false),
            &json!({ "email": "api@shop.example" }),
            &Value::Null
        ]
    );
}

#[test]
fn the_user_that_was_found_signs_notes() {
    let mut job = opening();
    job.account = account(json!({ "user_id": "7" }));
    let (requests, _) = job.walk(&[customer(), ok(), made(4711), made(2)]);
    assert_eq!(body(&requests[3])["sender"], json!({ "id": 7 }));
}

#[test]
fn an_address_that_is_taken_is_somebodys_whose_data_stays() {
    for status in [400, 409, 422] {
        let mut job = opening();
        job.account = account(json!({ "contact_address": "real" }));
        let known =
            (200, json!([{ "id": 44, "email": "Eve@mail.example", "data": { "vip": true } }]));
        let (requests, end) =
            job.walk(&[nobody(), (status, json!({})), known, made(4711), made(2)]);
        assert_eq!(end, done());
        assert_eq!(body(&requests[1])["email"], "eve@mail.example");
        assert_eq!(lines(&requests)[2], "GET customers?email=eve%40mail.example");
        assert_eq!(body(&requests[3])["customer"], json!({ "id": 44 }));
        let note = body(&requests[4])["body_text"].as_str().unwrap().to_owned();
        assert!(
            note.contains("email: eve@mail.example") && note.contains("verified: false"),
            "{note}"
        );
    }
}

#[test]
fn a_claimed_address_is_not_taken_for_a_proven_one() {
    for (mode, verified, email) in [
        ("placeholder", true, PLACEHOLDER),
        ("verified", false, PLACEHOLDER),
        ("verified", true, "eve@mail.example"),
        ("real", false, "eve@mail.example"),
    ] {
        let mut job = opening();
        job.account = account(json!({ "contact_address": mode }));
        job.job.contact.verified = verified;
        let (requests, _) = job.walk(&[nobody(), made(33)]);
        assert_eq!(body(&requests[1])["email"], email, "promise F, {mode}");
    }
    let mut job = opening();
    job.account = account(json!({ "contact_address": "real" }));
    for odd in ["", "eve", "@", "eve@x", "eve @mail.example"] {
        job.job.contact.metadata.insert("email".into(), odd.into());
        let (requests, _) = job.walk(&[nobody(), made(33)]);
        assert_eq!(body(&requests[1])["email"], PLACEHOLDER, "{odd}");
    }
}

#[test]
fn promise_c_what_an_earlier_try_made_is_found() {
    let mut job = opening();
    job.attempts = 1;
    let ticket = json!({ "id": 4711, "external_id": format!("{CONVERSATION}-2"), "status": "open",
        "customer": { "id": 33, "email": PLACEHOLDER } });
    let tickets = (200, json!({ "data": [ticket] }));
    let data = json!({ "name": "Eve", "email": "eve@mail.example", "contact_id": "eve", "verified": false });
    let shown = (200, json!({ "id": 33, "data": data }));
    let first = json!({ "id": 1, "external_id": format!("handover:{CONVERSATION}.9/first") });
    let note = json!({ "id": 2, "external_id": format!("handover:{CONVERSATION}.9/transcript") });
    let look = "GET messages?ticket_id=4711&limit=100&order_by=created_datetime%3Adesc";
    let messages = (200, json!({ "data": [first] }));
    let (requests, end) = job.walk(&[tickets.clone(), messages, shown.clone(), made(2)]);
    assert_eq!(end, done());
    assert_eq!(
        lines(&requests),
        [
            &format!("GET tickets?external_id={CONVERSATION}-2"),
            look,
            "GET customers/33",
            "POST tickets/4711/messages",
        ]
    );
    let both = (200, json!([first, note]));
    let (requests, end) = job.walk(&[tickets, both, shown]);
    assert_eq!((requests.len(), end), (3, done()), "nothing is left to do");
    let (requests, _) = job.walk(&[nobody(), customer()]);
    assert_eq!(
        lines(&requests)[1],
        format!("GET customers?external_id={CONVERSATION}"),
        "nothing was made"
    );
}

#[test]
fn rule_20_a_ticket_for_each_contact_is_opened_again() {
    let mut job = opening();
    job.account = account(json!({ "keep": "contact" }));
    job.job.session.earlier_link = Some("4711".into());
    job.transcript.insert(2, entry(2, Actor::Gateway, Body::Ended { cause: EndCause::Expired }));
    job.transcript.insert(3, entry(2, Actor::Bot, said("Anything else?")));
    let closed = (
        200,
        json!({ "id": 4711, "status": "closed", "trashed_datetime": null,
        "customer": { "id": 33, "email": PLACEHOLDER } }),
    );
    let (requests, end) = job.walk(&[closed, ok(), ok(), made(1), made(2)]);
    assert_eq!(end, done());
    assert_eq!(
        lines(&requests),
        [
            "GET tickets/4711",
            "PUT tickets/4711",
            "PUT customers/33/data",
            "POST tickets/4711/messages",
            "POST tickets/4711/messages",
        ]
    );
    assert_eq!(body(&requests[1]), json!({ "status": "open" }));
    assert_eq!(body(&requests[3])["sender"], json!({ "id": 33 }));
    let note = body(&requests[4])["body_text"].as_str().unwrap().to_owned();
    assert!(note.contains("Anything else?") && !note.contains("Hello"), "only what is new: {note}");
    let trashed =
        (200, json!({ "id": 4711, "status": "open", "trashed_datetime": "2026-05-01T00:00:00Z" }));
    for gone in [(404, json!({})), trashed] {
        let (requests, end) = job.walk(&[gone, nobody(), customer(), ok(), made(5), made(2)]);
        assert_eq!(end, Step::Done { link: Some("5".into()) });
        assert_eq!(lines(&requests)[1], format!("GET tickets?external_id={CONVERSATION}"));
        assert_eq!(body(&requests[4])["external_id"], CONVERSATION);
    }
}

#[test]
fn rule_21_taking_over_goes_on_in_the_ticket_and_puts_no_words_into_the_contacts_mouth() {
    let mut job = opening();
    job.job.session.link = Some("4711".into());
    let ticket = (
        200,
        json!({ "id": 4711, "status": "open", "customer": { "id": 33, "email": PLACEHOLDER } }),
    );
    let (requests, end) = job.walk(&[ticket, ok(), made(2)]);
    assert_eq!(end, done());
    assert_eq!(body(&requests[2])["channel"], "internal-note");
}

#[test]
fn for_text_messages_the_contact_has_a_number_that_nobody_has() {
    let mut job = opening();
    job.account = account(json!({ "channel": "sms" }));
    let (requests, _) = job.walk(&[nobody(), made(33), ok(), made(4711), made(2)]);
    let number = body(&requests[1])["channels"][1]["address"].as_str().unwrap().to_owned();
    assert!(number.starts_with("+999") && number[1..].bytes().all(|byte| byte.is_ascii_digit()));
    let ticket = body(&requests[3]);
    assert_eq!(
        (&ticket["channel"], &ticket["messages"][0]["source"]["type"]),
        (&json!("sms"), &json!("sms"))
    );
    assert_eq!(ticket["messages"][0]["source"]["from"]["address"], number);
}

#[test]
fn a_contact_of_whom_nothing_is_known_has_a_ticket_too() {
    let mut job = opening();
    job.job.contact.metadata.clear();
    job.transcript.clear();
    let (requests, end) = job.walk(&[customer(), ok(), made(4711)]);
    assert_eq!((requests.len(), end), (3, done()), "no transcript, no note");
    let ticket = body(&requests[2]);
    assert_eq!(ticket["subject"], "Chat with Visitor 012345");
    assert_eq!(ticket["messages"][0]["body_text"], "A visitor asks for a person.");
}

#[test]
fn agents_read_what_was_said_under_words_in_the_operators_language() {
    let mut job = opening();
    job.job.language = Language::German;
    let (requests, _) = job.walk(&[customer(), ok(), made(4711), made(2)]);
    let note = body(&requests[3])["body_text"].as_str().unwrap().to_owned();
    assert!(note.contains("Was bisher gesagt wurde (Zeiten in UTC):"), "{note}");
    assert!(!note.contains("What was said"), "{note}");
}

#[test]
fn a_long_transcript_gives_way_at_its_beginning() {
    let mut job = opening();
    job.transcript =
        (0..500).map(|n| entry(n, Actor::Bot, said(&format!("{n} {}", "é".repeat(200))))).collect();
    let (requests, _) = job.walk(&[customer(), ok(), made(4711), made(2)]);
    let note = body(&requests[3])["body_text"].as_str().unwrap().to_owned();
    assert!(note.chars().count() < 31_000);
    assert!(note.contains("earlier lines are left out") && note.contains("Bot: 499 "));
}

#[test]
fn rule_5_a_refusal_ends_the_opening_at_once_and_an_outage_does_not() {
    for status in [401, 403, 400, 404] {
        assert!(
            matches!(opening().walk(&[(status, json!({}))]).1, Step::Reject { .. }),
            "{status}"
        );
    }
    for status in [408, 429, 500, 503] {
        assert!(matches!(opening().walk(&[(status, json!({}))]).1, Step::Retry { .. }), "{status}");
    }
    let mut job = opening();
    job.account.settings.remove("api_key");
    assert!(matches!(job.walk(&[]).1, Step::Reject { why } if why.contains("api_key")));
}

#[test]
fn data_that_the_user_may_not_write_stands_in_the_note() {
    let (requests, end) = opening().walk(&[customer(), (403, json!({})), made(4711), made(2)]);
    assert_eq!(end, done());
    assert!(body(&requests[3])["body_text"].as_str().unwrap().contains("contact_id: eve"));
}
