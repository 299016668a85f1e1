//! The words of a mail without what mail programs put below them: the history and the signature.

/// How each language says that someone wrote something: how the line begins, and the verb in it.
const WROTE: &[(&str, &str)] = &[
    ("On ", "wrote"),
    ("Le ", "écrit"),
    ("Am ", "schrieb"),
    ("Den ", "skrev"),
    ("El ", "escribió"),
    ("Em ", "escreveu"),
    ("Il ", "scritto"),
    ("Op ", "schreef"),
];
const ORIGINAL: &[&str] = &[
    "original message",
    "forwarded message",
    "message d'origine",
    "message transféré",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "oorspronkelijk bericht",
];
const FROM: &[&str] = &["From:", "De :", "De:", "Von:", "Da:", "Van:", "*From:*"];
const SENT: &[&str] = &[
    "Sent:",
    "Date:",
    "Envoyé",
    "Gesendet:",
    "Datum:",
    "Enviado",
    "Inviato:",
    "Verzonden:",
    "*Sent:*",
    "*Date:*",
];
const SENT_FROM: &[&str] = &["Sent from my ", "Envoyé de mon ", "Von meinem ", "Get Outlook for "];

/// The text without the messages that it answers. Empty when there is nothing else.
pub fn without_history(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let begins = (0..lines.len()).find(|&at| history_begins(&lines[at..])).unwrap_or(lines.len());
    let mut own = &lines[..begins];
    while let Some((last, before)) = own.split_last()
        && (last.trim().is_empty() || last.starts_with('>'))
    {
        own = before;
    }
    own.join("\n").trim().to_owned()
}

/// The text without the signature below `-- `, or the line that a phone adds.
pub fn without_signature(text: &str) -> String {
    let signs = |line: &str| {
        line.trim_end() == "--"
            || SENT_FROM.iter().any(|words| line.trim_start().starts_with(words))
    };
    let own: Vec<&str> = text.lines().take_while(|line| !signs(line)).collect();
    own.join("\n").trim().to_owned()
}

fn history_begins(lines: &[&str]) -> bool {
    let Some(first) = lines.first().map(|line| line.trim()) else { return false };
    someone_wrote(first, lines)
        || first.starts_with("--")
            && ORIGINAL.iter().any(|words| first.to_lowercase().contains(words))
        || starts(first, FROM)
            && first.len() > 6
            && lines.iter().skip(1).take(3).any(|line| starts(line.trim(), SENT))
}

/// `On Monday, Ada <ada@example.com> wrote:`, perhaps broken over three lines, above what she wrote.
fn someone_wrote(first: &str, lines: &[&str]) -> bool {
    let first = first.trim_start_matches("> ");
    WROTE.iter().filter(|(start, _)| first.starts_with(start)).any(|(_, verb)| {
        (1..=lines.len().min(3)).any(|count| {
            let head = lines[..count].join(" ");
            let quoted = || {
                lines[count..]
                    .iter()
                    .find(|line| !line.trim().is_empty())
                    .is_some_and(|line| line.starts_with('>'))
            };
            head.trim_end().ends_with(':')
                && head.contains(verb)
                && (head.contains('@') || quoted())
        })
    })
}

fn starts(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::{without_history, without_signature};

    #[test]
    fn history_is_left_out() {
        let table = [
            (
                "Yes.\n\nOn Tue, 5 May 2026 at 10:00, Ada <ada@x.example> wrote:\n\n> Is it there?",
                "Yes.",
            ),
            (
                "Yes.\nOn Tue, 5 May 2026 at 10:00, Ada\n<ada@x.example> wrote:\nIs it there?",
                "Yes.",
            ),
            ("Oui.\n\nLe mar. 5 mai 2026 à 10:00, Ada a écrit :\n> Bonjour", "Oui."),
            (
                "Ja.\n\nAm Di., 5. Mai 2026 um 10:00 Uhr schrieb Ada <ada@x.example>:\n> Hallo",
                "Ja.",
            ),
            ("Yes.\n\n-----Original Message-----\nFrom: Ada", "Yes."),
            (
                "Yes.\n\nFrom: Ada <ada@x.example>\nSent: Monday\nTo: Shop\nSubject: x\n\nhello",
                "Yes.",
            ),
            ("Yes.\n> old\n> older\n", "Yes."),
            ("> your question\nMy answer", "> your question\nMy answer"),
            ("On Monday you wrote:\nnothing at all", "On Monday you wrote:\nnothing at all"),
            ("From: our shop with love", "From: our shop with love"),
            ("- a list\n-- of things", "- a list\n-- of things"),
            ("On ", "On "),
            ("> only\n> history", ""),
            ("", ""),
        ];
        for (text, own) in table {
            assert_eq!(without_history(text), own.trim(), "{text}");
        }
    }

    #[test]
    fn signatures_are_left_out() {
        let table = [
            ("Yes.\n-- \nBob\nShop", "Yes."),
            ("Yes.\n--\nBob", "Yes."),
            ("Yes.\n\nSent from my telephone", "Yes."),
            ("a -- b\n--- c", "a -- b\n--- c"),
            ("-- \nBob", ""),
        ];
        for (text, own) in table {
            assert_eq!(without_signature(text), own, "{text}");
        }
    }
}
