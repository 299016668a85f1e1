//! `handover deliveries`: what a running server gave up or has still to bring, and what can be done about it.

use super::server::{Server, Where, run_to_end};
use serde_json::{Value, json};
use std::fmt::Write;
use std::process::ExitCode;

/// What is to be done.
pub enum What {
    /// `list`.
    List {
        /// `dead` or `pending`.
        state: String,
        /// `--account`.
        account: Option<String>,
        /// `--limit`.
        limit: u32,
    },
    /// `show`.
    Show {
        /// The delivery, as lists show it.
        delivery: String,
    },
    /// `repeat`.
    Repeat {
        /// The deliveries, as lists show them; none with `all`.
        deliveries: Vec<String>,
        /// `--all`.
        all: bool,
        /// `--account`.
        account: Option<String>,
    },
    /// `skip`.
    Skip {
        /// The delivery, as lists show it.
        delivery: String,
        /// `--note`.
        note: String,
    },
}

/// Does it.
pub fn run(of: Where, what: What) -> ExitCode {
    run_to_end(act(of, what, |line| println!("{line}")))
}

/// Does it, telling each line.
///
/// # Errors
/// When it could not be done: says why and what to do.
pub async fn act(of: Where, what: What, mut tell: impl FnMut(&str)) -> Result<bool, String> {
    let (server, _) = Server::find(of)?;
    match what {
        What::List { state, account, limit } => {
            let account = account.map(|it| format!("&account={}", escaped(&it)));
            let path = format!(
                "/v1/deliveries?state={}&limit={limit}{}",
                escaped(&state),
                account.unwrap_or_default()
            );
            let answer = server.get(&path).await?;
            let list = answer["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().flat_map(brief).for_each(|line| tell(&line));
            if list.is_empty() {
                tell("There are none.");
            } else if !answer["next"].is_null() {
                tell("There are more: give a larger --limit.");
            }
        }
        What::Show { delivery } => {
            full(&server.get(&path(&delivery, "")?).await?).iter().for_each(|line| tell(line));
        }
        What::Repeat { deliveries, all, account } => {
            if all != deliveries.is_empty() {
                return Err(
                    "Name deliveries as \"handover deliveries list\" shows them, or give --all."
                        .into(),
                );
            }
            if account.is_some() && !all {
                return Err("--account goes with --all: it narrows down which are meant.".into());
            }
            if all {
                let body = json!({ "account": account });
                let answer = server.post("/v1/deliveries/repeat", Some(body)).await?;
                tell(&format!("Tried again: {}", answer["repeated"]));
            }
            for delivery in deliveries {
                server.post(&path(&delivery, "/repeat")?, None).await?;
                tell(&format!("{delivery} is tried again."));
            }
        }
        What::Skip { delivery, note } => {
            server.post(&path(&delivery, "/skip")?, Some(json!({ "note": note }))).await?;
            tell(&format!("{delivery} is skipped."));
        }
    }
    Ok(true)
}

/// The address of a delivery.
fn path(delivery: &str, then: &str) -> Result<String, String> {
    let parts = delivery.rsplit_once('.').filter(|(conversation, n)| {
        !conversation.is_empty() && !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit())
    });
    let (conversation, n) = parts.ok_or_else(|| {
        format!("\"{delivery}\" is no delivery. Name it as \"handover deliveries list\" shows it, such as 5f3c.7.")
    })?;
    Ok(format!("/v1/deliveries/{}/{n}{then}", escaped(conversation)))
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        // Writing to a text cannot fail.
        let _ = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
                write!(escaped, "{}", char::from(byte))
            }
            _ => write!(escaped, "%{byte:02X}"),
        };
        escaped
    })
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn brief(it: &Value) -> [String; 2] {
    let when = if it["ended_at"].is_null() {
        format!("waits since {}, next try {}", text(it, "waits_since"), text(it, "next_try_at"))
    } else {
        format!("{} {}", text(it, "state"), text(it, "ended_at"))
    };
    let head = format!(
        "{}.{}  {}  ({} {}, line {})",
        text(it, "conversation_id"),
        it["n"],
        text(it, "job"),
        text(it, "side"),
        text(it, "account"),
        it["entry"],
    );
    let reason = text(it, "reason");
    let reason = if reason.is_empty() { "not tried yet" } else { reason };
    [head, format!("    {when}: {reason}")]
}

fn full(it: &Value) -> Vec<String> {
    let mut lines = brief(it).to_vec();
    for attempt in it["history"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let who = attempt["by"].as_str().map(|by| format!("{by}: ")).unwrap_or_default();
        let (at, note) = (text(attempt, "at"), text(attempt, "note"));
        lines.push(format!("  {:>3}  {at}  {who}{note}", attempt["number"]));
        for call in attempt["calls"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let status = call["status"].as_u64().map_or("no answer".into(), |it| it.to_string());
            lines.push(format!(
                "         {} {} → {status} in {} ms",
                text(call, "method"),
                text(call, "url"),
                call["took_ms"]
            ));
            let answer = text(call, "answer");
            if !answer.is_empty() {
                lines.push(format!("           {answer}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_delivery_is_named_as_lists_show_it() {
        assert_eq!(path("5f3c.7", "/skip").unwrap(), "/v1/deliveries/5f3c/7/skip");
        for wrong in ["5f3c", "5f3c.", ".7", "5f3c.x", ""] {
            assert!(path(wrong, "").unwrap_err().contains("handover deliveries list"), "{wrong}");
        }
        assert_eq!(path("../x.7", "").unwrap(), "/v1/deliveries/%2E%2E%2Fx/7");
    }
}
