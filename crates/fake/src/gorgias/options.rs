//! What is not known of the real one, and how this one does it.

/// How this Gorgias behaves where the real one's behaviour is not confirmed. An adapter has to work with any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The status for an address that another customer has: 409 or 400.
    pub address_taken_status: u16,
    /// Whether `GET /tickets/{id}/messages` gives a bare list instead of `{data, meta}`.
    pub bare_ticket_messages: bool,
    /// Whether values in a hook's address are percent-encoded.
    pub hook_urls_encoded: bool,
    /// What stands for a value that is null where a hook's template names it.
    pub null_in_templates: &'static str,
    /// Whether a customer's message that comes by the API opens a closed ticket again.
    pub api_message_reopens: bool,
    /// Whether an agent cannot send when the customer has no address that could be answered to.
    pub agent_needs_address: bool,
    /// Whether agents' e-mails quote what was said before and end in a signature.
    pub quotes_history: bool,
    /// Failures in a row after which an integration is switched off: 100, or 500 as a newer page has it.
    pub failures_allowed: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address_taken_status: 409,
            bare_ticket_messages: false,
            hook_urls_encoded: true,
            null_in_templates: "",
            api_message_reopens: false,
            agent_needs_address: false,
            quotes_history: true,
            failures_allowed: 100,
        }
    }
}
