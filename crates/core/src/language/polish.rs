//! Polish.

use super::Phrases;

pub(super) const PHRASES: Phrases = Phrases {
    start_text: "Łączymy z naszym zespołem. Za chwilę ktoś odpowie.",
    end_message: "Czy udało się odpowiedzieć na pytanie? Przycisk poniżej przywraca asystenta. Można też po prostu pisać dalej.",
    end_label: "Zakończ czat",
    bot_failed: "Przepraszamy, coś poszło nie tak po naszej stronie. Prosimy spróbować ponownie za chwilę.",
    not_delivered: "Przepraszamy, ostatniej wiadomości nie udało się przekazać naszemu zespołowi. Prosimy spróbować ponownie później.",
    attachment_unshown: "Nie udało się wyświetlić załącznika.",
    over: "Rozmowa z naszym zespołem została zakończona. Asystent jest znów dostępny.",
    expired: "Rozmowa z naszym zespołem została zakończona, ponieważ od dłuższego czasu nikt nie pisał. Asystent jest znów dostępny.",
    unavailable: "Przepraszamy, w tej chwili nikt z naszego zespołu nie jest dostępny. Prosimy spróbować ponownie później.",
    came_late: "Gdy ta wiadomość nadeszła, rozmowa była już zakończona, więc rozmówca jej nie otrzymał. Aby przejąć rozmowę od bota, należy napisać ponownie.",
    attachment_missed: "Nie udało się pokazać rozmówcy załącznika {name}, ponieważ nie można go nigdzie pobrać. Należy wysłać go ponownie lub wysłać link.",
    bot_failed_because: "Błąd bota: {why}",
    maybe_twice: "Nie wiadomo, czy wiersz {line} dotarł. Zostanie wysłany ponownie i może dotrzeć dwa razy.",
    contact_missed: "Nie udało się dostarczyć wiersza {line} rozmówcy: {why}",
    desk_missed: "Nie udało się dostarczyć wiersza {line} do helpdesku: {why}",
    desk_unreachable: "Nie udało się połączyć z helpdeskiem: {why}",
    desk_not_told: "Nie udało się powiadomić helpdesku: {why}",
    no_queue: "Nie ma kolejki o nazwie „{queue}”: wybrano kolejkę domyślną.",
    closed_at_desk: "Zamknięto w helpdesku: rozmówcy zaproponowano zakończenie czatu.",
    opened_again: "Ponownie otwarto w helpdesku.",
};
