//! Spanish.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "Le estamos poniendo en contacto con nuestro equipo. En breve le atenderá una persona.",
    end_message: "¿Hemos respondido a su pregunta? Pulse el botón para volver al asistente o siga escribiendo.",
    end_label: "Terminar el chat",
    bot_failed: "Lo sentimos, algo ha fallado por nuestra parte. Inténtelo de nuevo en un momento.",
    not_delivered: "Lo sentimos, su último mensaje no se ha podido pasar a nuestro equipo. Inténtelo de nuevo más tarde.",
    attachment_unshown: "Un archivo adjunto no se pudo mostrar aquí.",
    over: "El chat con nuestro equipo ha terminado. El asistente está de vuelta.",
    expired: "El chat con nuestro equipo ha terminado porque nadie ha escrito desde hace un rato. El asistente está de vuelta.",
    unavailable: "Lo sentimos, ahora mismo no hay nadie de nuestro equipo disponible. Inténtelo de nuevo más tarde.",
    came_late: "El chat ya había terminado cuando llegó este mensaje, así que el contacto no lo recibió. Escriba de nuevo para tomar el relevo del bot.",
    attachment_missed: "El archivo adjunto {name} no se pudo mostrar al contacto porque no está disponible en ninguna parte. Envíelo de nuevo o envíe un enlace.",
    bot_failed_because: "El bot ha fallado: {why}",
    maybe_twice: "No se sabe si la línea {line} llegó. Se envía de nuevo y puede llegar dos veces.",
    contact_missed: "La línea {line} no se pudo entregar al contacto: {why}",
    desk_missed: "La línea {line} no se pudo entregar a la mesa de ayuda: {why}",
    desk_unreachable: "No se pudo contactar con la mesa de ayuda: {why}",
    desk_not_told: "No se pudo avisar a la mesa de ayuda: {why}",
    no_queue: "No hay ninguna cola llamada «{queue}»: se tomó la cola predeterminada.",
    closed_at_desk: "Cerrado en la mesa de ayuda: se ofrece al contacto terminar el chat.",
    opened_again: "Abierto de nuevo en la mesa de ayuda.",
};
