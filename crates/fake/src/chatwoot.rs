//! A believable Chatwoot.
