//! Portuguese, as in Brazil.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "Estamos colocando você em contato com a nossa equipe. Em breve alguém vai responder.",
    end_message: "A sua pergunta foi respondida? Toque no botão para voltar ao assistente ou continue escrevendo.",
    end_label: "Encerrar a conversa",
    bot_failed: "Desculpe, algo deu errado do nosso lado. Tente novamente daqui a pouco.",
    not_delivered: "Desculpe, não foi possível repassar a sua última mensagem à nossa equipe. Tente novamente mais tarde.",
    attachment_unshown: "Não foi possível mostrar um anexo aqui.",
    over: "A conversa com a nossa equipe terminou. O assistente está de volta.",
    expired: "A conversa com a nossa equipe terminou porque ninguém escreveu por algum tempo. O assistente está de volta.",
    unavailable: "Desculpe, no momento ninguém da nossa equipe está disponível. Tente novamente mais tarde.",
    came_late: "A conversa já tinha terminado quando esta mensagem chegou, por isso o contato não a recebeu. Escreva de novo para assumir o lugar do bot.",
    attachment_missed: "Não foi possível mostrar ao contato o anexo {name}, pois ele não está disponível em lugar nenhum. Envie-o de novo ou envie um link.",
    bot_failed_because: "O bot falhou: {why}",
    maybe_twice: "Não se sabe se a linha {line} chegou. Ela é enviada de novo e pode chegar duas vezes.",
    contact_missed: "Não foi possível entregar a linha {line} ao contato: {why}",
    desk_missed: "Não foi possível entregar a linha {line} à central de atendimento: {why}",
    desk_unreachable: "Não foi possível falar com a central de atendimento: {why}",
    desk_not_told: "Não foi possível avisar a central de atendimento: {why}",
    no_queue: "Não existe uma fila chamada \"{queue}\": foi usada a fila padrão.",
    closed_at_desk: "Fechada na central de atendimento: o fim da conversa é oferecido ao contato.",
    opened_again: "Reaberta na central de atendimento.",
};
