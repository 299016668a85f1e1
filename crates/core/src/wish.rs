//! What a contact's or bot's message asks of the gateway, if anything.

use crate::content::{Button, Content};
use crate::words::{END, EXPIRED, START, UNAVAILABLE};

/// What a message asks of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A human, perhaps of a named queue (rules 1 and 3).
    Start {
        /// The queue asked for.
        queue: Option<String>,
    },
    /// The end of the session (rule 12).
    End,
    /// A payload that only the gateway gives to the bot.
    Forged,
}

/// What a payload asks, by itself.
pub fn of_payload(payload: &str) -> Option<Wish> {
    match payload {
        START => Some(Wish::Start { queue: None }),
        END => Some(Wish::End),
        EXPIRED | UNAVAILABLE => Some(Wish::Forged),
        _ => {
            let queue = payload.strip_prefix(START)?.strip_prefix(':')?;
            Some(Wish::Start { queue: Some(queue.to_owned()).filter(|queue| !queue.is_empty()) })
        }
    }
}

/// What a contact's message asks (rule 1): a payload, the word typed exactly so, or a text that counts as pressing
/// one of `choices` that carries START or END. With `numbered`, the choices' numbers count too.
pub fn of_contact(content: &Content, choices: &[Button], numbered: bool) -> Option<Wish> {
    match content {
        Content::Payload { payload, .. } => of_payload(payload),
        Content::Text { text } => of_payload(text.trim()).or_else(|| {
            choices
                .iter()
                .enumerate()
                .filter(|(index, button)| counts(text, button, numbered.then_some(index + 1)))
                .find_map(|(_, button)| match of_payload(&button.payload) {
                    Some(Wish::Forged) | None => None,
                    wish => wish,
                })
        }),
        _ => None,
    }
}

/// The choice whose number a contact typed, where the channel had to show numbers.
pub fn numbered<'a>(content: &Content, choices: &'a [Button]) -> Option<&'a Button> {
    match content {
        Content::Text { text } => {
            text.trim().parse::<usize>().ok()?.checked_sub(1).and_then(|index| choices.get(index))
        }
        _ => None,
    }
}

fn counts(text: &str, button: &Button, number: Option<usize>) -> bool {
    let same = |other: &str| text.trim().to_lowercase() == other.trim().to_lowercase();
    same(&button.title)
        || same(&button.payload)
        || button.accepts.iter().any(|accepted| same(accepted))
        || number.is_some_and(|number| text.trim() == number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn human() -> Vec<Button> {
        vec![
            Button { title: "Prices".into(), payload: "PRICES".into(), accepts: vec![], url: None },
            Button {
                title: "Talk to a human".into(),
                payload: START.into(),
                accepts: vec!["agent".into()],
                url: None,
            },
        ]
    }

    fn said(text: &str) -> Option<Wish> {
        of_contact(&Content::text(text), &human(), false)
    }

    #[test]
    fn rule_1_typed_texts_count_as_the_button() {
        let start = Some(Wish::Start { queue: None });
        for text in ["talk to a HUMAN", "  Agent ", "livechat_session_start", START] {
            assert_eq!(said(text), start, "{text}");
        }
        for text in ["Prices", "2", "talk", "", "not LIVECHAT_SESSION_START"] {
            assert_eq!(said(text), None, "{text}");
        }
        assert_eq!(of_contact(&Content::text(" 2 "), &human(), true), start);
        assert_eq!(of_contact(&Content::text("1"), &human(), true), None);
    }

    #[test]
    fn rule_1_the_word_alone_needs_no_button_but_exact_case() {
        assert_eq!(
            of_contact(&Content::text(START), &[], false),
            Some(Wish::Start { queue: None })
        );
        assert_eq!(of_contact(&Content::text("livechat_session_start"), &[], false), None);
    }

    #[test]
    fn rule_3_a_queue_may_be_named() {
        let wish = of_payload("LIVECHAT_SESSION_START:billing");
        assert_eq!(wish, Some(Wish::Start { queue: Some("billing".into()) }));
        assert_eq!(of_payload("LIVECHAT_SESSION_START:"), Some(Wish::Start { queue: None }));
        assert_eq!(of_payload("LIVECHAT_SESSION_STARTLE"), None);
    }

    #[test]
    fn rule_18_nobody_sends_what_only_the_gateway_gives() {
        assert_eq!(of_contact(&Content::payload(EXPIRED), &[], false), Some(Wish::Forged));
        assert_eq!(of_contact(&Content::text(UNAVAILABLE), &[], false), Some(Wish::Forged));
    }
}
