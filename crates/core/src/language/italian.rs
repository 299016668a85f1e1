//! Italian.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "La stiamo mettendo in contatto con il nostro team. Tra poco qualcuno Le risponderà.",
    end_message: "Abbiamo risposto alla Sua domanda? Prema il pulsante per tornare all’assistente, oppure continui a scrivere.",
    end_label: "Termina la chat",
    bot_failed: "Ci dispiace, qualcosa è andato storto da parte nostra. Riprovi tra un momento.",
    not_delivered: "Ci dispiace, non è stato possibile inoltrare il Suo ultimo messaggio al nostro team. Riprovi più tardi.",
    attachment_unshown: "Non è stato possibile mostrare qui un allegato.",
    over: "La chat con il nostro team è terminata. L’assistente è di nuovo qui.",
    expired: "La chat con il nostro team è terminata perché nessuno ha scritto per un po’. L’assistente è di nuovo qui.",
    unavailable: "Ci dispiace, al momento nessuno del nostro team è raggiungibile. Riprovi più tardi.",
    came_late: "La chat era già terminata quando è arrivato questo messaggio, quindi il contatto non lo ha ricevuto. Scriva di nuovo per subentrare al bot.",
    attachment_missed: "Non è stato possibile mostrare al contatto l’allegato {name}, perché non è disponibile da nessuna parte. Lo invii di nuovo, oppure invii un link.",
    bot_failed_because: "Il bot non ha funzionato: {why}",
    maybe_twice: "Non si sa se la riga {line} sia arrivata. Viene inviata di nuovo e può arrivare due volte.",
    contact_missed: "Non è stato possibile consegnare la riga {line} al contatto: {why}",
    desk_missed: "Non è stato possibile consegnare la riga {line} all’helpdesk: {why}",
    desk_unreachable: "L’helpdesk non era raggiungibile: {why}",
    desk_not_told: "Non è stato possibile avvisare l’helpdesk: {why}",
    no_queue: "Non esiste una coda di nome «{queue}»: è stata presa quella predefinita.",
    closed_at_desk: "Chiusa all’helpdesk: al contatto viene offerto di terminare la chat.",
    opened_again: "Riaperta all’helpdesk.",
};
