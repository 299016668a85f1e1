//! Which of our deliveries a vendor holds, by the ids that we gave to what they brought.

use handover_core::ids::ConversationId;
use std::collections::BTreeMap;

/// How often each delivery of a conversation is there. An id is `prefix`, the delivery's id, and for a part of it a `.` or `/`
/// and the part's name; a delivery is there as often as the part of it that is there most often.
pub(crate) fn times<'a>(
    prefix: &str,
    conversation: &ConversationId,
    ids: impl Iterator<Item = &'a str>,
) -> BTreeMap<u64, u32> {
    let mut parts: BTreeMap<&str, u32> = BTreeMap::new();
    for id in ids {
        *parts.entry(id).or_default() += 1;
    }
    let mut times: BTreeMap<u64, u32> = BTreeMap::new();
    for (id, count) in parts {
        if let Some(n) = number(prefix, conversation, id) {
            let most = times.entry(n).or_default();
            *most = count.max(*most);
        }
    }
    times
}

fn number(prefix: &str, conversation: &ConversationId, id: &str) -> Option<u64> {
    let rest = id.strip_prefix(prefix)?.strip_prefix(conversation.as_str())?.strip_prefix('.')?;
    rest.split(['.', '/']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::times;
    use handover_core::ids::ConversationId;

    #[test]
    fn parts_are_no_repeats_and_others_are_none_of_ours() {
        let ids = [
            "ours:c.1",
            "ours:c.1.1",
            "ours:c.1.2",
            "ours:c.2/first",
            "ours:c.2/transcript",
            "ours:c.3",
            "ours:c.3",
            "ours:c.4.1",
            "ours:c.4.1",
            "ours:c.4",
            "ours:cc.5",
            "ours:d.6",
            "c.7",
            "ours:c.x",
            "ours:c",
            "ours:c8",
            "",
        ];
        let found = times("ours:", &ConversationId::new("c"), ids.into_iter());
        assert_eq!(Vec::from_iter(found), [(1, 1), (2, 1), (3, 2), (4, 2)]);
    }
}
