//! English.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "You are being connected with our team. Someone will be with you shortly.",
    end_message: "Has your question been answered? Press the button to return to the assistant, or just write on.",
    end_label: "End the chat",
    bot_failed: "Sorry, something went wrong on our side. Please try again in a moment.",
    not_delivered: "Sorry, your last message could not be passed on to our team. Please try again later.",
    attachment_unshown: "An attachment could not be shown here.",
    over: "The chat with our team has ended. The assistant is back.",
    expired: "The chat with our team has ended because nobody wrote for a while. The assistant is back.",
    unavailable: "Sorry, nobody of our team can be reached right now. Please try again later.",
    came_late: "The chat had ended when this message came, so the contact did not get it. Write again to take over from the bot.",
    attachment_missed: "The attachment {name} could not be shown to the contact, as it can be fetched nowhere. Send it again, or send a link.",
    bot_failed_because: "The bot failed: {why}",
    maybe_twice: "It is not known whether line {line} arrived. It is sent again and may arrive twice.",
    contact_missed: "Line {line} could not be delivered to the contact: {why}",
    desk_missed: "Line {line} could not be delivered to the desk: {why}",
    desk_unreachable: "The desk could not be reached: {why}",
    desk_not_told: "The desk could not be told: {why}",
    no_queue: "There is no queue called \"{queue}\": the default queue was taken.",
    closed_at_desk: "Closed at the desk: the contact is offered the end.",
    opened_again: "Opened again at the desk.",
};
