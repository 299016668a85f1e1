//! Posting signed JSON to an address of the operator's, and what its answer means.

use crate::kit::webhook;
use handover_core::port::channel::Step;
use handover_core::port::http::{Reply, Request};
use handover_core::time::Timestamp;
use serde_json::Value;

/// A signed POST. The id is the same at each try, so that the receiver can tell a repeat (promise C).
pub fn signed(url: &str, secret: &str, id: &str, at: Timestamp, body: &Value) -> Step {
    let body = body.to_string().into_bytes();
    let Some(mut headers) = webhook::headers(secret, id, at, &body) else {
        return Step::Reject { why: "it could not be signed".into() };
    };
    headers.push(("content-type".into(), "application/json".into()));
    Step::Call(Request { headers, body, ..Request::new("POST", url) })
}

/// What an answer means: 2xx is taken, 408, 429 and 5xx come again, all else is refused for good.
pub fn outcome(reply: &Reply) -> Step {
    let status = reply.status;
    match status {
        200..=299 => Step::Done { link: None },
        408 | 429 | 500..=599 => Step::Retry {
            after_s: reply.header("retry-after").and_then(|text| text.trim().parse().ok()),
            why: format!("the receiver answered {status}{}", said(reply)),
        },
        300..=399 => Step::Reject {
            why: format!(
                "the receiver answered {status} (a redirection): give the address that it leads to"
            ),
        },
        _ => Step::Reject { why: format!("the receiver answered {status}{}", said(reply)) },
    }
}

/// Whether an answer that says it is JSON is none: it broke off on its way. What it should have held is not known, so
/// it must not be read as if it held nothing (promise C).
pub fn is_cut(reply: &Reply) -> bool {
    let says_json = reply.header("content-type").is_some_and(|told| told.contains("json"));
    says_json
        && !reply.body.is_empty()
        && serde_json::from_slice::<serde::de::IgnoredAny>(&reply.body).is_err()
}

/// The beginning of the answer, for the person who reads why it failed.
fn said(reply: &Reply) -> String {
    const CHARS_MAX: usize = 200;
    let text = String::from_utf8_lossy(&reply.body);
    let text: String =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(CHARS_MAX).collect();
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

#[cfg(test)]
mod tests {
    use super::{is_cut, outcome};
    use handover_core::port::channel::Step;
    use handover_core::port::http::Reply;

    fn reply(status: u16, retry_after: Option<&str>) -> Step {
        let headers = retry_after.map(|text| ("retry-after".to_owned(), text.to_owned()));
        outcome(&Reply {
            status,
            headers: headers.into_iter().collect(),
            body: b"no\n such".into(),
        })
    }

    #[test]
    fn each_status_has_its_meaning() {
        for status in [200, 201, 204] {
            assert_eq!(reply(status, None), Step::Done { link: None });
        }
        for status in [408, 429, 500, 503] {
            assert!(matches!(reply(status, None), Step::Retry { after_s: None, .. }), "{status}");
        }
        for status in [302, 400, 401, 404, 410, 422] {
            assert!(matches!(reply(status, None), Step::Reject { .. }), "{status}");
        }
    }

    #[test]
    fn half_an_answer_is_known_for_one() {
        for (mime, body, cut) in [
            ("application/json; charset=utf-8", "[{\"id\": 1}, {\"i", true),
            ("application/json", "[{\"id\": 1}]", false),
            ("application/json", "", false),
            ("text/html", "<h1>Hello", false),
        ] {
            let headers = vec![("content-type".to_owned(), mime.to_owned())];
            let answer = Reply { status: 200, headers, body: body.into() };
            assert_eq!(is_cut(&answer), cut, "{mime} {body}");
        }
    }

    #[test]
    fn the_receivers_wish_is_passed_on() {
        assert!(matches!(reply(429, Some("17")), Step::Retry { after_s: Some(17), .. }));
        assert!(matches!(reply(503, Some("tomorrow")), Step::Retry { after_s: None, .. }));
    }

    #[test]
    fn the_reason_is_one_short_line() {
        assert_eq!(
            reply(400, None),
            Step::Reject { why: "the receiver answered 400: no such".into() }
        );
    }
}
