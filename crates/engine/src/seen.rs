//! What a try's calls looked like, kept for operators: short, and without secrets.

use crate::Ports;
use handover_core::port::directory::Account;
use handover_core::port::http::{CallError, Reply, Request};
use handover_core::port::manifest::{FieldKind, Manifest};
use handover_core::port::outbox::SeenCall;
use handover_core::port::place::HOOK_TOKEN;
use handover_core::time::Timestamp;

/// Bytes of an answer that are kept at most.
const ANSWER_BYTES_MAX: usize = 500;
/// Bytes of an answer that are looked through for secrets: what is kept cannot end within one.
const LOOKED_AT_BYTES: usize = 4 * ANSWER_BYTES_MAX;
/// Bytes of an address that are kept at most.
const URL_BYTES_MAX: usize = 300;
/// A setting so short hides nothing, and would be found in the middle of words.
const SECRET_BYTES_MIN: usize = 6;
/// Letters and digits in a row of which a part of a path is taken for a token.
const TOKEN_BYTES_MIN: usize = 16;
/// Parts of the names of fields whose values nobody should read.
const SECRET_NAMES: [&str; 7] =
    ["token", "secret", "password", "api_key", "apikey", "authorization", "signature"];
/// What stands where a secret stood.
const HIDDEN: &str = "(secret)";
/// Calls of one try that are kept: more are the adapter going on and on, and the first tell enough.
const CALLS_MAX: usize = 12;
/// How far back a clock may be put without anyone minding, in milliseconds.
const PUT_RIGHT_MS: i64 = 1000;

/// The calls of one try.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) calls: Vec<SeenCall>,
    /// Whether anything was asked of the receiver that may have changed something there.
    pub(crate) sent: bool,
    /// Whether the store failed when it was told what the try came to: then it may know all the same.
    pub(crate) may_be_settled: bool,
    latest: Option<Timestamp>,
    /// Whether the last call got no answer.
    pub(crate) is_silent: bool,
}

impl Seen {
    /// Whether the clock was set back since the last time, or since `begun`: then it says nothing about a lease.
    pub(crate) fn went_back(&mut self, begun: Timestamp, now: Timestamp) -> bool {
        let latest = self.latest.get_or_insert(begun);
        let back = now.plus_ms(PUT_RIGHT_MS) < *latest;
        *latest = now.max(*latest);
        back
    }

    /// Makes a call of an account, and keeps what it looked like.
    pub(crate) async fn call(
        &mut self,
        ports: &Ports,
        (account, manifest): (&Account, &Manifest),
        request: Request,
    ) -> Result<Reply, CallError> {
        let may_change = request.method != "GET";
        let at = ports.clock.now();
        let (method, url) = (request.method, address(&request.url));
        let file = request.file;
        let answer = ports.http.call(request).await;
        let has_left = !matches!(answer, Err(CallError::NotSent(_) | CallError::Refused(_)));
        self.sent |= may_change && has_left;
        self.is_silent = answer.is_err();
        if self.calls.len() >= CALLS_MAX {
            return answer;
        }
        let (status, said) = match &answer {
            Ok(reply) if file && (200..300).contains(&reply.status) => {
                (Some(reply.status), format!("(a file of {} bytes)", reply.body.len()))
            }
            Ok(reply) => (Some(reply.status), beginning(&reply.body)),
            Err(error) => (None, error.to_string()),
        };
        let hide = |text: &str| hidden(account, manifest, text);
        let mut said = hide(&said);
        cut(&mut said, ANSWER_BYTES_MAX);
        self.calls.push(SeenCall {
            method: method.to_owned(),
            url: hide(&url),
            at,
            took_ms: u32::try_from(ports.clock.now().since_ms(at).max(0)).unwrap_or(u32::MAX),
            status,
            answer: said,
        });
        answer
    }
}

/// An address without its query, a name and password in it, and parts of its path that look like tokens.
fn address(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let mut parts = rest.split('/');
    let host = parts.next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let mut shown = format!("{scheme}://{host}");
    for part in parts {
        shown.push('/');
        shown.push_str(if is_token(part) { HIDDEN } else { part });
    }
    cut(&mut shown, URL_BYTES_MAX);
    shown
}

/// Long, and of letters and digits both, as no word and no number is.
fn is_token(part: &str) -> bool {
    let longest = part.split(|c: char| !c.is_ascii_alphanumeric());
    let longest = longest.max_by_key(|run| run.len()).unwrap_or_default();
    let has = |is: fn(&u8) -> bool| longest.as_bytes().iter().any(is);
    longest.len() >= TOKEN_BYTES_MIN && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

/// The beginning of an answer on one line, without the values of fields that are named as secrets are.
fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT_BYTES)]);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    without_secret_fields(&text)
}

/// Hides `"token": "..."` and its like.
fn without_secret_fields(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((name, value)) = next_field(rest) {
        let (before, after) = rest.split_at(value.start);
        shown.push_str(before);
        let name = name.to_ascii_lowercase();
        let kept = after.get(..value.len).unwrap_or(after);
        if SECRET_NAMES.iter().any(|secret| name.contains(secret)) {
            shown.push_str(HIDDEN);
        } else {
            shown.push_str(kept);
        }
        rest = after.get(value.len..).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

/// Where a text's value lies: without its quotes, or to the end where it was cut.
struct Value {
    start: usize,
    len: usize,
}

/// The next `"name": "value"` of a JSON text.
fn next_field(text: &str) -> Option<(&str, Value)> {
    let mut from = 0;
    loop {
        let colon = from + text.get(from..)?.find(':')?;
        from = colon + 1;
        let Some(name) = text.get(..colon)?.trim_end().strip_suffix('"') else { continue };
        let Some(open) = name.rfind('"') else { continue };
        let after = text.get(colon + 1..)?;
        let Some(value) = after.trim_start().strip_prefix('"') else { continue };
        return Some((
            name.get(open + 1..)?,
            Value { start: text.len() - value.len(), len: end_of(value) },
        ));
    }
}

/// Bytes up to the quote that ends a JSON text.
fn end_of(value: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in value.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index,
            _ => {}
        }
    }
    value.len()
}

/// What a receiver said, without secrets: it goes into transcripts, pages and logs.
pub(crate) fn clean(account: &Account, manifest: &Manifest, text: &str) -> String {
    hidden(account, manifest, &without_secret_fields(text))
}

/// A text without the account's own secrets.
fn hidden(account: &Account, manifest: &Manifest, text: &str) -> String {
    let fields = manifest.fields.iter().filter(|field| field.kind == FieldKind::Secret);
    let learnt = manifest.learnt.iter().filter(|learnt| learnt.secret).map(|learnt| learnt.name);
    let names = fields.map(|field| field.name).chain(learnt).chain([HOOK_TOKEN]);
    let secrets = names.filter_map(|name| account.text(name));
    let secrets = secrets.filter(|secret| secret.len() >= SECRET_BYTES_MIN);
    secrets.fold(text.to_owned(), |text, secret| {
        if text.contains(secret) { text.replace(secret, HIDDEN) } else { text }
    })
}

/// Cuts a text at a number of bytes, between two characters.
fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::{ANSWER_BYTES_MAX, address, beginning, cut, hidden};
    use handover_core::ids::AccountId;
    use handover_core::port::directory::Account;
    use handover_core::port::manifest::{Field, FieldKind, Manifest};
    use serde_json::json;

    #[test]
    fn addresses_lose_what_may_be_a_secret() {
        for (url, shown) in [
            (
                "https://desk.example/api/v1/tickets/42?key=s3cret",
                "https://desk.example/api/v1/tickets/42",
            ),
            ("https://ada:s3cret@desk.example/x#s3cret", "https://desk.example/x"),
            (
                "https://hooks.example/services/T0A1/xoxb1f4Kc93jfP0aQm",
                "https://hooks.example/services/T0A1/(secret)",
            ),
            (
                "https://api.example/bot123:AAf3kdP0dkq2mQ81xkq/send",
                "https://api.example/(secret)/send",
            ),
            (
                "http://127.0.0.1:9/conversations/conversation-notes",
                "http://127.0.0.1:9/conversations/conversation-notes",
            ),
        ] {
            assert_eq!(address(url), shown);
        }
        assert!(address(&format!("https://a.example/{}", "x/".repeat(400))).len() < 310);
    }

    #[test]
    fn answers_lose_the_values_of_secret_fields() {
        for (body, shown) in [
            (r#"{"id":7,"pubsub_token":"abc"}"#, r#"{"id":7,"pubsub_token":"(secret)"}"#),
            (
                r#"{"Password" : "a\"b", "name":"Ada"}"#,
                r#"{"Password" : "(secret)", "name":"Ada"}"#,
            ),
            (r#"{"api_key":"cut of"#, r#"{"api_key":"(secret)"#),
            (r#"{"note":"a: \"token\" b","token":7}"#, r#"{"note":"a: \"token\" b","token":7}"#),
            ("not json: \"at all\n", "not json: \"at all "),
            ("", ""),
        ] {
            assert_eq!(beginning(body.as_bytes()), shown);
        }
    }

    #[test]
    fn the_accounts_own_secrets_are_found_anywhere() {
        static FIELDS: [Field; 2] = [
            Field { name: "key", label: "", help: "", kind: FieldKind::Secret, required: true },
            Field { name: "url", label: "", help: "", kind: FieldKind::Url, required: true },
        ];
        let manifest = Manifest { fields: &FIELDS, ..Manifest::PLAIN };
        let settings =
            json!({ "key": "k-1234", "url": "https://a.example", "hook_token": "h-5678" });
        let account = Account {
            id: AccountId::new("d"),
            vendor: "v".into(),
            name: "D".into(),
            settings: settings.as_object().cloned().unwrap(),
        };
        let shown = hidden(&account, &manifest, "you sent k-1234 to https://a.example/h-5678");
        assert_eq!(shown, "you sent (secret) to https://a.example/(secret)");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut text = "ä".repeat(ANSWER_BYTES_MAX);
        cut(&mut text, ANSWER_BYTES_MAX - 1);
        assert_eq!(text, format!("{}…", "ä".repeat(249)));
    }
}
