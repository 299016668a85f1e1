//! German.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "Sie werden mit unserem Team verbunden. Gleich ist jemand für Sie da.",
    end_message: "Ist Ihre Frage beantwortet? Mit der Taste kehren Sie zum Assistenten zurück. Oder schreiben Sie einfach weiter.",
    end_label: "Chat beenden",
    bot_failed: "Bei uns ist leider etwas schiefgegangen. Bitte versuchen Sie es gleich noch einmal.",
    not_delivered: "Ihre letzte Nachricht konnte leider nicht an unser Team weitergegeben werden. Bitte versuchen Sie es später noch einmal.",
    attachment_unshown: "Ein Anhang konnte hier nicht angezeigt werden.",
    over: "Der Chat mit unserem Team ist beendet. Der Assistent ist wieder da.",
    expired: "Der Chat mit unserem Team ist beendet, weil eine Weile niemand geschrieben hat. Der Assistent ist wieder da.",
    unavailable: "Aus unserem Team ist im Moment leider niemand erreichbar. Bitte versuchen Sie es später noch einmal.",
    came_late: "Der Chat war schon beendet, als diese Nachricht kam. Der Kontakt hat sie nicht erhalten. Schreiben Sie noch einmal, um vom Bot zu übernehmen.",
    attachment_missed: "Der Anhang {name} konnte dem Kontakt nicht gezeigt werden, weil er nirgends abrufbar ist. Senden Sie ihn noch einmal oder senden Sie einen Link.",
    bot_failed_because: "Der Bot ist gescheitert: {why}",
    maybe_twice: "Ob Zeile {line} angekommen ist, ist nicht bekannt. Sie wird noch einmal gesendet und kann doppelt ankommen.",
    contact_missed: "Zeile {line} konnte dem Kontakt nicht zugestellt werden: {why}",
    desk_missed: "Zeile {line} konnte dem Helpdesk nicht zugestellt werden: {why}",
    desk_unreachable: "Der Helpdesk war nicht erreichbar: {why}",
    desk_not_told: "Dem Helpdesk konnte nicht Bescheid gegeben werden: {why}",
    no_queue: "Eine Warteschlange namens \"{queue}\" gibt es nicht: Die übliche wurde genommen.",
    closed_at_desk: "Am Helpdesk geschlossen: Dem Kontakt wird das Ende angeboten.",
    opened_again: "Am Helpdesk wieder geöffnet.",
};
