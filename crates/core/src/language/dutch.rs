//! Dutch.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "U wordt met ons team verbonden. Er is zo iemand voor u.",
    end_message: "Is uw vraag beantwoord? Druk op de knop om terug te gaan naar de assistent, of schrijf gewoon verder.",
    end_label: "Chat beëindigen",
    bot_failed: "Sorry, er is aan onze kant iets misgegaan. Probeer het zo nog eens.",
    not_delivered: "Sorry, uw laatste bericht kon niet aan ons team worden doorgegeven. Probeer het later nog eens.",
    attachment_unshown: "Een bijlage kon hier niet worden getoond.",
    over: "De chat met ons team is afgelopen. De assistent is er weer.",
    expired: "De chat met ons team is afgelopen omdat er een tijd niemand heeft geschreven. De assistent is er weer.",
    unavailable: "Sorry, op dit moment is niemand van ons team bereikbaar. Probeer het later nog eens.",
    came_late: "De chat was al afgelopen toen dit bericht kwam, dus het contact heeft het niet gekregen. Schrijf opnieuw om het van de bot over te nemen.",
    attachment_missed: "De bijlage {name} kon niet aan het contact worden getoond, omdat hij nergens op te halen is. Verzend hem opnieuw of verzend een link.",
    bot_failed_because: "De bot is mislukt: {why}",
    maybe_twice: "Het is niet bekend of regel {line} is aangekomen. Hij wordt opnieuw verzonden en kan twee keer aankomen.",
    contact_missed: "Regel {line} kon niet bij het contact worden bezorgd: {why}",
    desk_missed: "Regel {line} kon niet bij de helpdesk worden bezorgd: {why}",
    desk_unreachable: "De helpdesk was niet bereikbaar: {why}",
    desk_not_told: "De helpdesk kon niet worden ingelicht: {why}",
    no_queue: "Er is geen wachtrij met de naam \"{queue}\": de standaardwachtrij is gekozen.",
    closed_at_desk: "Bij de helpdesk gesloten: het contact krijgt het einde aangeboden.",
    opened_again: "Bij de helpdesk weer geopend.",
};
