//! French.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "Nous vous mettons en relation avec notre équipe. Quelqu’un va vous répondre dans un instant.",
    end_message: "Avons-nous répondu à votre question ? Appuyez sur le bouton pour revenir à l’assistant, ou continuez simplement à écrire.",
    end_label: "Terminer la conversation",
    bot_failed: "Désolé, un problème est survenu de notre côté. Veuillez réessayer dans un instant.",
    not_delivered: "Désolé, votre dernier message n’a pas pu être transmis à notre équipe. Veuillez réessayer plus tard.",
    attachment_unshown: "Une pièce jointe n’a pas pu être affichée ici.",
    over: "La conversation avec notre équipe est terminée. L’assistant est de retour.",
    expired: "La conversation avec notre équipe est terminée, car personne n’a écrit depuis un moment. L’assistant est de retour.",
    unavailable: "Désolé, personne de notre équipe n’est joignable pour le moment. Veuillez réessayer plus tard.",
    came_late: "La conversation était déjà terminée à l’arrivée de ce message : le contact ne l’a pas reçu. Écrivez de nouveau pour prendre le relais du bot.",
    attachment_missed: "La pièce jointe {name} n’a pas pu être montrée au contact, car elle n’est accessible nulle part. Envoyez-la de nouveau, ou envoyez un lien.",
    bot_failed_because: "Le bot a échoué : {why}",
    maybe_twice: "On ne sait pas si la ligne {line} est arrivée. Elle est renvoyée et peut arriver deux fois.",
    contact_missed: "La ligne {line} n’a pas pu être remise au contact : {why}",
    desk_missed: "La ligne {line} n’a pas pu être remise au service d’assistance : {why}",
    desk_unreachable: "Le service d’assistance est resté injoignable : {why}",
    desk_not_told: "Le service d’assistance n’a pas pu être prévenu : {why}",
    no_queue: "Il n’existe pas de file d’attente « {queue} » : la file par défaut a été choisie.",
    closed_at_desk: "Fermée au service d’assistance : la fin est proposée au contact.",
    opened_again: "Rouverte au service d’assistance.",
};
