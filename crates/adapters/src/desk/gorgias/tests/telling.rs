use super::{CONVERSATION, Job, PLACEHOLDER, account, body, entry, lines, said};
use handover_core::content::{Content, Media, MediaKind};
use handover_core::delivery::ToDeskAct;
use handover_core::entry::Actor;
use handover_core::port::channel::Step;
use handover_core::port::http::Reply;
use handover_core::session::EndCause;
use serde_json::{Value, json};

const LOOK: &str = "GET messages?ticket_id=4711&limit=100&order_by=created_datetime%3Adesc";

fn ours() -> String {
    format!("handover:{CONVERSATION}.9")
}

fn made() -> (u16, Value) {
    (201, json!({ "id": 1 }))
}

fn done() -> Step {
    Step::Done { link: None }
}

fn picture() -> Content {
    Content::Media(Media {
        kind: MediaKind::Image,
        url: "https://chat.example/files/1/cat.png".into(),
        name: Some("cat.png".into()),
        mime: Some("image/png".into()),
        size_bytes: Some(3),
    })
}

#[test]
fn rule_6_a_message_is_one_call() {
    let (requests, end) = Job::message(Content::text("a < b\nc")).walk(&[made()]);
    assert_eq!((lines(&requests), end), (vec!["POST tickets/4711/messages".to_owned()], done()));
    let message = body(&requests[0]);
    assert_eq!(message["sender"], json!({ "email": PLACEHOLDER }));
    assert_eq!(message["external_id"], ours(), "promise C");
    assert_eq!((&message["from_agent"], message.get("receiver")), (&json!(false), None));
    assert_eq!(
        (&message["body_text"], &message["body_html"]),
        (&json!("a < b\nc"), &json!("<p>a &lt; b<br>c</p>"))
    );
}

#[test]
fn promise_c_a_message_is_looked_up_before_it_is_sent_again() {
    let mut job = Job::message(Content::text("hello"));
    job.attempts = 2;
    let there = (200, json!({ "data": [{ "external_id": null }, { "external_id": ours() }] }));
    let (requests, end) = job.walk(&[there]);
    assert_eq!((lines(&requests), end), (vec![LOOK.to_owned()], done()));
    let (requests, end) = job.walk(&[(200, json!([])), made()]);
    assert_eq!((requests.len(), end), (2, done()));
}

#[test]
fn rule_15_a_closed_ticket_is_opened_again() {
    let mut job = Job::message(Content::text("hello"));
    job.job.session.closed_at_desk = true;
    let (requests, _) = job.walk(&[(202, json!({})), made()]);
    assert_eq!(lines(&requests), ["PUT tickets/4711", "POST tickets/4711/messages"]);
    assert_eq!(body(&requests[0]), json!({ "status": "open" }));
}

#[test]
fn a_real_address_is_the_tickets_customer() {
    let mut job = Job::message(Content::text("hello"));
    job.account = account(json!({ "contact_address": "real" }));
    let (requests, end) =
        job.walk(&[(200, json!({ "id": 4711, "customer": { "id": 44 } })), made()]);
    assert_eq!(lines(&requests), ["GET tickets/4711", "POST tickets/4711/messages"]);
    assert_eq!((&body(&requests[1])["sender"], end), (&json!({ "id": 44 }), done()));
}

#[test]
fn a_sender_by_address_that_is_refused_is_named_by_its_id() {
    let job = Job::message(Content::text("hello"));
    let ticket = (200, json!({ "id": 4711, "customer": { "id": 33 } }));
    let (requests, end) = job.walk(&[(400, json!({})), ticket, made()]);
    assert_eq!((&body(&requests[2])["sender"], end), (&json!({ "id": 33 }), done()));
    let (_, end) = job.walk(&[(404, json!({})), (404, json!({}))]);
    assert!(matches!(end, Step::Reject { why } if why.contains("4711 is gone")));
}

#[test]
fn rule_6_a_file_is_brought_along() {
    let job = Job::message(picture());
    let uploaded = json!([{ "url": "https://shop.gorgias.com/a/1", "name": "cat.png", "content_type": "image/png", "size": 3 }]);
    for answer in [uploaded.clone(), json!({ "data": uploaded }), uploaded[0].clone()] {
        let (requests, end) = job.walk(&[(200, json!("png")), (201, answer), made()]);
        assert_eq!(
            lines(&requests),
            [
                "GET https://chat.example/files/1/cat.png",
                "POST upload",
                "POST tickets/4711/messages"
            ]
        );
        assert!(requests[0].file);
        let form = String::from_utf8_lossy(&requests[1].body).into_owned();
        assert!(
            form.contains("name=\"cat.png\"; filename=\"cat.png\"") && form.contains("\"png\"")
        );
        assert!(requests[1].headers.iter().any(|(name, value)| name == "content-type"
            && value.starts_with("multipart/form-data; boundary=")));
        let message = body(&requests[2]);
        assert_eq!(message["attachments"], uploaded);
        assert_eq!((&message["body_text"], &end), (&json!("cat.png"), &done()));
    }
}

#[test]
fn rule_11_a_file_that_cannot_be_passed_on_is_told_by_its_address() {
    let job = Job::message(picture());
    let uploaded = (201, json!([{ "url": "https://shop.gorgias.com/a/1" }]));
    let ticket = (200, json!({ "customer": { "id": 33 } }));
    for answers in [
        vec![(404, json!({})), made()],
        vec![(200, json!("png")), (413, json!({})), made()],
        vec![(200, json!("png")), (201, json!({})), made()],
        vec![(200, json!("png")), uploaded, (400, json!({})), ticket, (400, json!({})), made()],
    ] {
        let (requests, end) = job.walk(&answers);
        assert_eq!((requests.len(), end), (answers.len(), done()));
        let message = body(requests.last().unwrap());
        assert_eq!(message["body_text"], "cat.png (https://chat.example/files/1/cat.png)");
        assert_eq!(message.get("attachments"), None);
    }
    for answers in [vec![(503, json!({}))], vec![(200, json!("png")), (429, json!({}))]] {
        assert!(matches!(job.walk(&answers).1, Step::Retry { .. }));
    }
    let mut tired = Job::message(picture());
    tired.attempts = 3;
    let (requests, _) = tired.walk(&[(200, json!([])), made()]);
    assert_eq!(lines(&requests), [LOOK, "POST tickets/4711/messages"], "promise E");
}

#[test]
fn rule_12_the_end_is_told_and_the_ticket_closed() {
    for (settings, cause, closes) in [
        (json!({}), EndCause::ContactEnded, true),
        (json!({ "keep_open": true }), EndCause::ContactEnded, false),
        (json!({}), EndCause::DeskClosed, false),
        (json!({}), EndCause::NoAgent, false),
    ] {
        let mut job = Job::new(ToDeskAct::Ended { cause });
        job.account = account(settings);
        job.job.session.link = Some("4711".into());
        let (requests, end) = job.walk(&[made(), (202, json!({}))]);
        assert_eq!((requests.len(), &end), (1 + usize::from(closes), &done()), "{cause:?}");
        let note = body(&requests[0]);
        assert_eq!(
            (&note["channel"], &note["external_id"]),
            (&json!("internal-note"), &json!(ours()))
        );
        if closes {
            assert_eq!(body(&requests[1]), json!({ "status": "closed" }));
        }
    }
    let mut again = Job::new(ToDeskAct::Ended { cause: EndCause::Expired });
    again.attempts = 1;
    again.job.session.link = Some("4711".into());
    let (requests, _) = again.walk(&[(200, json!([{ "external_id": ours() }])), (202, json!({}))]);
    assert_eq!(lines(&requests), [LOOK, "PUT tickets/4711"], "promise C");
}

#[test]
fn a_session_without_a_ticket_has_nobody_to_tell() {
    let job = Job::new(ToDeskAct::Ended { cause: EndCause::DeskFailed });
    let (requests, end) = job.walk(&[(200, json!({ "data": [] }))]);
    assert_eq!(lines(&requests), [format!("GET tickets?external_id={CONVERSATION}-2")]);
    assert_eq!(end, done());
    let gone = Job::message(Content::text("x"));
    let mut gone = Job { attempts: 0, ..gone };
    gone.job.session.link = None;
    assert!(matches!(gone.walk(&[(200, json!([]))]).1, Step::Reject { .. }));
}

#[test]
fn rule_11_trouble_is_told_with_what_was_lost() {
    let mut job = Job::new(ToDeskAct::Trouble { text: "It was blocked.".into(), of: Some(3) });
    job.job.session.link = Some("4711".into());
    job.transcript = vec![entry(3, Actor::Bot, said("Can you hear me?"))];
    let (requests, end) = job.walk(&[made()]);
    assert_eq!((requests.len(), end), (1, done()));
    assert_eq!(
        body(&requests[0])["body_text"],
        "It was blocked.\nThe message was: Can you hear me?"
    );
}

#[test]
fn promise_b_what_was_said_waits_for_a_key_to_be_mended() {
    let job = Job::message(Content::text("hello"));
    for status in [401, 403, 429, 500] {
        assert!(matches!(job.walk(&[(status, json!({}))]).1, Step::Retry { .. }), "{status}");
    }
    let Step::Call(_) = job.step(&[]) else { panic!() };
    let limited =
        Reply { status: 429, headers: vec![("retry-after".into(), "7".into())], body: Vec::new() };
    assert!(matches!(job.step(&[limited]), Step::Retry { after_s: Some(7), .. }));
}
