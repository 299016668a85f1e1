//! A conversation's id follows from who talks where, so that two first messages at once meet in one conversation.

use handover_core::ids::{AccountId, ContactKey, ConversationId};
use sha2::{Digest, Sha256};

/// The id of the conversation between a contact and the bot of a channel account. Not a secret and no proof of
/// anything: it only names.
pub fn conversation_id(channel: &AccountId, contact: &ContactKey) -> ConversationId {
    let mut hash = Sha256::new();
    hash.update((channel.as_str().len() as u64).to_be_bytes());
    hash.update(channel.as_str());
    hash.update(contact.as_str());
    ConversationId::new(hex::encode(&hash.finalize()[..16]))
}

#[cfg(test)]
mod tests {
    use super::conversation_id;
    use handover_core::ids::{AccountId, ContactKey};

    #[test]
    fn channel_and_contact_do_not_run_into_each_other() {
        let a = conversation_id(&AccountId::new("ab"), &ContactKey::new("c"));
        let b = conversation_id(&AccountId::new("a"), &ContactKey::new("bc"));
        assert_ne!(a, b, "promise F");
        assert_eq!(a.as_str().len(), 32);
    }
}
