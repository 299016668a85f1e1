//! What to mend when a part of the way fails, for desks of any kind. A desk's own adapter may know better.

use crate::config::is_loopback;
use crate::http::guard::is_public;
use handover_core::port::desk::Hop;
use reqwest::Url;
use std::net::IpAddr;

/// What to look at and mend. `why` is what failed, in words; `base_url` is where this program is reached from outside.
pub(super) fn hint(hop: Hop, why: &str, base_url: &str, kind: &str) -> String {
    let why = why.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if has(&["private network"]) {
        return "This program may not call addresses of private networks. If the desk lies in yours, write allow_private_networks = true in the configuration file and start again.".into();
    }
    if has(&["could not be reached", "connection refused", "dns"]) {
        return "Nothing answers at the desk's address. Look at it in the desk's settings: https:// or http://, name, port. Then see that the desk runs and that this machine may call it.".into();
    }
    match hop {
        Hop::Hook => return no_hook(&why, base_url),
        Hop::Marker if has(&["did not come back"]) => return no_hook(&why, base_url),
        Hop::Marker => return "The desk changed the word LIVECHAT_SESSION_END on its way. It must arrive as one whole word, in capitals, in a public message.".into(),
        Hop::Reached => return "The desk sends the answer as something that only agents may see. See that agents answer publicly and not by notes.".into(),
        _ => {}
    }
    if has(&["a choice is open"]) {
        return "Open the desk's settings, choose, and save.".into();
    }
    if has(&["401", "unauthor", "not accepted", "invalid token", "credential"]) {
        return "The desk does not take the credentials. Copy them anew from the account of an administrator. A proxy in front of the desk may also drop headers with an underscore in their names (in nginx: underscores_in_headers on).".into();
    }
    if has(&["403", "forbidden", "not allowed", "role", "permission"]) {
        return "The credentials are known but may not do this. They must belong to an administrator, or to a role that may read and write conversations and contacts.".into();
    }
    if has(&["429", "too many", "rate"]) {
        return "The desk's limit of requests is used up, perhaps by another program with the same account. Wait a minute and test again.".into();
    }
    if has(&["404", "not found", "410"]) {
        return "Something that was set up at the desk is no longer there, or the address leads elsewhere. Save the desk's settings again: what is missing is made anew.".into();
    }
    if has(&["500", "502", "503", "504"]) {
        return "The desk itself is in trouble. Look at its status page or its log, and test again later.".into();
    }
    if has(&["too long", "in time", "no answer came"]) {
        return "The desk answers too slowly or not at all. Test again in a minute; then look at the desk's own log.".into();
    }
    match hop {
        Hop::Credentials => format!("Look at the fields of this {kind} desk in Settings, Livechat, and save them again."),
        Hop::Opened | Hop::Message => "The desk refused it. Save the desk's settings again, so that what it needs is set up anew, and read the reason above.".into(),
        Hop::Answer => "The desk refused an answer in an agent's name. Real agents may still be able to answer; see that the credentials belong to someone who may answer.".into(),
        _ => "The session is over here all the same. Close its conversation at the desk by hand, and save the desk's settings again.".into(),
    }
}

/// Nothing came back: it is the way from the desk to us.
fn no_hook(why: &str, base_url: &str) -> String {
    if why.contains("private note") {
        return "The answer was written as a private note: public answers are what contacts see."
            .into();
    }
    if why.contains("ignored") {
        return "The hook came, but what it said could not be used. Two things may be set up for the same desk twice: an inbox, an integration, a second program.".into();
    }
    let own = match reach(base_url) {
        Reach::ThisMachine => format!(
            "This program says that it is reached at {base_url}, which only this machine can call. Give the address that the desk can call with --public-url or public_url in the configuration file, start again, and save the desk's settings. "
        ),
        Reach::Private => format!(
            "This program is reached at {base_url}, which lies in a private network: a desk elsewhere cannot call it, and many desks refuse to call such addresses. Give a public one with --public-url or public_url. "
        ),
        Reach::Perhaps => format!("The desk must be able to call {base_url}; try it from there. "),
    };
    if why.contains("none of them") {
        return "The desk's hooks arrive, so the address is right. See that it sends a hook for each new message, those of agents included, and that nothing filters them.".into();
    }
    format!(
        "{own}Then see at the desk that its integration or webhook is active and carries the address that the desk's page here shows, with the secret part at its end."
    )
}

#[derive(Debug, PartialEq, Eq)]
enum Reach {
    ThisMachine,
    Private,
    Perhaps,
}

/// Who can call an address, as far as the address itself tells.
fn reach(base_url: &str) -> Reach {
    if is_loopback(base_url) {
        return Reach::ThisMachine;
    }
    let url = Url::parse(base_url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Reach::Private,
        _ => Reach::Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, hint, reach};
    use handover_core::port::desk::Hop;

    #[test]
    fn each_failure_has_a_hint_that_names_what_to_mend() {
        for (hop, why, says) in [
            (Hop::Credentials, "token: the answer was 401", "administrator"),
            (Hop::Credentials, "token: the answer was 401", "underscores_in_headers"),
            (Hop::Credentials, "could not be reached: connection refused", "address"),
            (
                Hop::Opened,
                "not allowed: the address lies in a private network",
                "allow_private_networks",
            ),
            (Hop::Opened, "the desk answered 403", "role"),
            (Hop::Opened, "the desk answered 404", "Save the desk's settings"),
            (Hop::Message, "the desk answered 429: slow down", "limit"),
            (Hop::Message, "the desk answered 502", "status page"),
            (Hop::Message, "It was not delivered in time.", "slowly"),
            (Hop::Answer, "the desk answered 422", "answer"),
            (Hop::Hook, "No hook came after the answer.", "--public-url"),
            (Hop::Hook, "Hooks came, but none of them brought the answer.", "each new message"),
            (Hop::Hook, "The answer came back as a private note.", "public"),
            (Hop::Reached, "The answer is not for the contact to see.", "publicly"),
            (Hop::Marker, "The second answer did not come back.", "--public-url"),
            (Hop::Marker, "The marker was not found in what came back: Bye", "whole word"),
            (Hop::Ended, "the desk answered 422", "by hand"),
        ] {
            let hint = hint(hop, why, "http://127.0.0.1:8080", "Tried");
            assert!(hint.contains(says), "{hop:?}, {why}: {hint}");
        }
    }

    #[test]
    fn who_can_call_us_is_told_by_our_address() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", Reach::ThisMachine),
            ("http://localhost:8080", Reach::ThisMachine),
            ("http://[::1]:8080", Reach::ThisMachine),
            ("http://192.168.1.4", Reach::Private),
            ("https://chat.example.com", Reach::Perhaps),
        ] {
            assert_eq!(reach(url), expected, "{url}");
        }
    }
}
