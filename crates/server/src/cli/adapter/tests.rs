//! What is printed for files that people keep, and for files that nobody should.

use super::recorded::Recorded;
use super::{Adapter, Kind, Recording, try_decode};
use crate::desks::scripted::Scripted;
use handover_adapters::{channels, desks};
use handover_core::time::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;

fn decoded(adapter: &Adapter, text: &str, ending: Option<&str>) -> Value {
    adapter.decode(&Recorded::read(text.as_bytes(), ending), Timestamp::from_ms(0))
}

#[test]
fn what_was_read_is_shown_whole() {
    let desk = Adapter::Desk(&Scripted);
    let hook = r#"{"link":"t-1","id":"m1","text":"Hello","picture":"https://x.example/p"}"#;
    let event = json!({
        "at": { "link": "t-1" },
        "source": "m1",
        "agent": { "id": "7", "name": "Bob", "picture": "https://x.example/p" },
        "done_at": null,
        "act": "said",
        "content": { "type": "text", "text": "Hello" },
    });
    let shown = decoded(&desk, hook, Some("json"));
    assert_eq!(shown, json!({ "vendor": "scripted", "events": [event] }));
    let typing = decoded(&desk, r#"{"session":"s","typing":true}"#, None);
    let event = json!({ "at": { "session": "s" }, "act": "typing", "name": "Bob", "on": true });
    assert_eq!(typing["events"], json!([event]));
    assert_eq!(decoded(&desk, "{}", None)["ignored"], "it says nothing");
    let refused = json!({ "field": "body", "problem": "This is not JSON." });
    assert_eq!(decoded(&desk, "nonsense", None)["refused"], refused);
    let asks = r#"{"link":"l","text":"Hi","ask":"https://me:pw@x.example/m?token=t&id=5"}"#;
    let asks = decoded(&desk, asks, None);
    assert_eq!(asks["asks"], "GET https://x.example/m?token=***&id=5");
    assert_eq!(asks["or"][0]["content"]["text"], "Hi");
}

#[test]
fn a_file_is_known_by_what_is_in_it() {
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (text, ending, method, query, kind, body) in [
        ("{\"a\":1}", None, "POST", "", json, "{\"a\":1}"),
        ("[1]", Some("txt"), "POST", "", json, "[1]"),
        ("{broken", None, "POST", "", json, "{broken"),
        ("broken", Some("json"), "POST", "", json, "broken"),
        ("a=1&b=%20\n", Some("form"), "POST", "", form, "a=1&b=%20"),
        ("a=1&b=x y", None, "POST", "", form, "a=1&b=x y"),
        ("a=1&b=x y\n", Some("txt"), "GET", "a=1&b=x y", "", ""),
        ("?a=1\n", None, "GET", "a=1", "", ""),
        ("https://x.example/r?a=1&t=two words#x", None, "GET", "a=1&t=two words", "", ""),
        ("/v1/livechat/gorgias/receive?a=1", None, "GET", "a=1", "", ""),
        ("GET /receive?a=1 HTTP/1.1\r\nHost: x\r\n\r\n", None, "GET", "a=1", "", ""),
        ("https://x.example/r", None, "GET", "", "", ""),
        ("plain words", None, "POST", "", "application/octet-stream", "plain words"),
        (r#"{"method":"get","url":"https://x.example/r?a=1"}"#, None, "GET", "a=1", "", ""),
        (
            r#"{"method":"POST","path":"/r","headers":{"Content-Type":["x/y"]},"body":{"a":1}}"#,
            None,
            "POST",
            "",
            "x/y",
            "{\"a\":1}",
        ),
        (
            r#"{"method":"POST","path":"/r","headers":[["Content-Type","x/y"]],"body":"a=1"}"#,
            None,
            "POST",
            "",
            "x/y",
            "a=1",
        ),
        (
            r#"{"method":"POST","path":"/r","event":1}"#,
            None,
            "POST",
            "",
            json,
            r#"{"method":"POST","path":"/r","event":1}"#,
        ),
    ] {
        let hook = Recorded::read(text.as_bytes(), ending);
        assert_eq!((hook.method.as_str(), hook.query.as_str()), (method, query), "{text}");
        assert_eq!(hook.header("content-type").unwrap_or_default(), kind, "{text}");
        assert_eq!(String::from_utf8_lossy(&hook.body), body, "{text}");
    }
}

#[test]
fn the_studios_desks_are_read_without_an_account() {
    let gorgias = Adapter::of(Kind::Desk, "gorgias").unwrap_or_else(|problem| panic!("{problem}"));
    let hook = "https://chat.example/v1/livechat/gorgias/receive?external_id=s-1&ticket_id=5&event_type=ticket-message-created&event_id=1&message_id=7&text=Hi&from_agent=True&key=s3cret";
    let shown = decoded(&gorgias, hook, None);
    assert!(shown["asks"].as_str().unwrap().ends_with("/messages/7"), "{shown}");
    // It may be an answer or a note: nothing is taken without having asked (rule 8).
    assert_eq!(shown["or"], json!([]));
    assert!(!shown.to_string().contains("s3cret"));
    let chatwoot =
        Adapter::of(Kind::Desk, "chatwoot").unwrap_or_else(|problem| panic!("{problem}"));
    let hook = r#"{"event":"message_created","id":9,"content":"Hello","message_type":"outgoing","private":false,"created_at":"2026-03-01T12:00:00.000Z","sender":{"id":7,"name":"Bob","type":"user"},"conversation":{"id":42,"status":"open"},"account":{"id":1}}"#;
    let event = &decoded(&chatwoot, hook, None)["events"][0];
    assert_eq!((&event["at"]["link"], &event["agent"]["name"]), (&json!("42"), &json!("Bob")));
}

#[test]
fn a_request_of_the_chat_api_needs_no_key() {
    let api = Adapter::of(Kind::Channel, "api").unwrap_or_else(|problem| panic!("{problem}"));
    let body =
        r#"{"client":{"user_id":"ada"},"payload":{"content_type":"text","content":{"text":"Hi"}}}"#;
    let request = json!({
        "method": "POST", "path": "/v1/api/chat", "body": body,
        "headers": { "X-Api-Key": "k|123", "X-Api-Signature": "sha256=00" },
    });
    for text in [body.to_owned(), request.to_string()] {
        let shown = decoded(&api, &text, None);
        assert_eq!(shown["events"][0]["content"]["text"], "Hi", "{shown}");
    }
}

#[test]
fn mistakes_are_told_before_anything_is_read() {
    let recording = |vendor: &str, file: &str, header: &str| Recording {
        kind: Kind::Desk,
        vendor: vendor.into(),
        file: PathBuf::from(file),
        query: None,
        headers: vec![header.into()],
    };
    let problem = try_decode(&recording("gorgeous", "/none", "a: b")).unwrap_err();
    assert!(problem.contains("\"gorgeous\"") && problem.contains("chatwoot"), "{problem}");
    let problem = try_decode(&recording("webhook", "/none/at/all.json", "a: b")).unwrap_err();
    assert!(problem.starts_with("/none/at/all.json: "), "{problem}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hook.json");
    std::fs::write(&file, "{}").unwrap();
    let problem = try_decode(&recording("webhook", file.to_str().unwrap(), "nonsense"));
    assert!(problem.unwrap_err().contains("'name: value'"));
    let shown = try_decode(&recording("webhook", file.to_str().unwrap(), "a: b")).unwrap();
    assert_eq!(shown["refused"]["field"], "body");
}

/// Things that no vendor sends, and that someone will.
fn hostile() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = [
        "", " ", "\0", "null", "true", "0", "-1", "1e999", "\"\"", "[]", "{}", "[[]]", "{", "}", "\"",
        "{\"\":\"\"}", "\u{feff}{}", "?", "=", "&", "&&&", "a=", "=b", "%", "%%%", "a=%", "a=%f", "a=%zz",
        "a=%00", "a=%ff%fe", "a=é&\u{202e}=1", "http://", "https://", "GET ", "GET  HTTP/", "/", "//", "#",
        "{\"event\":{}}", "{\"event\":null,\"id\":-1}", "{\"event\":[1]}", "{\"id\":18446744073709551616}",
        "{\"ticket\":[],\"message\":7,\"event\":\"\"}", "{\"ticket\":{\"id\":{}},\"message\":{\"id\":[]}}",
        "{\"method\":\"\",\"url\":\"\"}", "{\"method\":\"POST\",\"url\":\"\",\"headers\":7,\"body\":7}",
        "{\"method\":\"POST\",\"url\":\"?\",\"headers\":[[],[1],[1,2],[\"a\",null]]}",
        "{\"event\":\"message_created\",\"content\":\"\u{0}\u{202e}\",\"attachments\":{},\"created_at\":\"x\"}",
        "{\"event\":\"message_created\",\"message_type\":\"outgoing\",\"id\":1e400,\"conversation\":[]}",
        "{\"event\":\"message_created\",\"message_type\":\"outgoing\",\"id\":9,\"conversation\":{\"id\":9},\"created_at\":\"9999999-99-99\",\"attachments\":[null,7,{\"data_url\":7}],\"sender\":7}",
        "external_id=&ticket_id=&event_type=&event_id=&message_id=&text=&from_agent=",
        "ticket_id=99999999999999999999&message_id=-1&text=%F0%9F&from_agent=maybe",
        "<html><body><p>LIVECHAT_SESSION_END<", "--boundary\r\nContent-Disposition: form-data\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    files.push((0..=255).collect());
    files.push(b"{\"event\":\"\xff\xfe\"}".to_vec());
    files.push("[".repeat(100_000).into_bytes());
    files.push("{\"a\":".repeat(100_000).into_bytes());
    files.push("a=1&".repeat(100_000).into_bytes());
    files.push(format!("{{\"content\":\"{}\"}}", "é<b>&lt;".repeat(50_000)).into_bytes());
    // What vendors do send, cut off anywhere and with any byte changed.
    let whole = r#"{"event":"message_created","id":7,"message_type":"outgoing","content":"né","conversation":{"id":3,"status":"open"},"created_at":"2026-01-01T00:00:00Z","ticket":{"id":1,"status":"closed"},"message":{"id":"2","from_agent":"True","body_html":"<p>x</p>"}}"#;
    for n in 0..whole.len() {
        files.push(whole.as_bytes()[..n].to_vec());
        let mut changed = whole.as_bytes().to_vec();
        changed[n] = b'"' ^ (n as u8 % 7);
        files.push(changed);
    }
    files
}

#[test]
fn no_file_whatever_it_holds_makes_an_adapter_panic() {
    let adapters: Vec<Adapter> = desks()
        .iter()
        .map(|desk| Adapter::Desk(*desk))
        .chain(channels().iter().map(|channel| Adapter::Channel(*channel)))
        .collect();
    for (n, bytes) in hostile().iter().enumerate() {
        for ending in [None, Some("json"), Some("form"), Some("txt")] {
            let mut hook = Recorded::read(bytes, ending);
            for adapter in &adapters {
                let shown = adapter.decode(&hook, Timestamp::from_ms(i64::MAX));
                assert!(shown.is_object(), "{n}");
            }
            hook.query = String::from_utf8_lossy(bytes).into_owned();
            for method in ["GET", "PUT", ""] {
                hook.method = method.into();
                for adapter in &adapters {
                    assert!(adapter.decode(&hook, Timestamp::from_ms(0)).is_object(), "{n}");
                }
            }
        }
    }
}
