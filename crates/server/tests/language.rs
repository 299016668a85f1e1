//! Contacts whose browsers speak other languages, on good days and bad: what they are told is in theirs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

mod support;

use handover::words::{Words, words};
use handover_core::language::{Language, fill};
use std::time::Duration;
use support::browser::{Driver, Look, Window};
use support::program::{Program, free_address, log_of};

const BROWSERS: [(&str, Language, Look); 4] = [
    ("de-DE", Language::German, Look { name: "phone", size: (390, 844), dark: false }),
    ("pl", Language::Polish, Look { name: "phone", size: (390, 844), dark: true }),
    ("fr-CA", Language::French, Look { name: "desktop", size: (1280, 800), dark: false }),
    ("pt-BR", Language::Portuguese, Look { name: "desktop", size: (1280, 800), dark: true }),
];
const OURS: &str = "const all = '#state, #offline:not([hidden]), .meta, .event-words, .day';
    return [...document.querySelectorAll(all)].map(it => it.innerText).join('\\n')";

/// Nothing that we say by ourselves is left in English.
async fn nothing_is_english(contact: &Window) {
    let ours = contact.run(OURS).await;
    let ours = ours.as_str().unwrap();
    let Words { waiting, sending, not_sent, connecting, again, .. } = *words(Language::English);
    for left in [waiting, sending, not_sent, connecting, again, "Today"] {
        assert!(!ours.contains(left), "{left:?} is left: {ours}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_speaks_the_browsers_language() {
    let driver = Driver::start().await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    let mut program = Program::start(&folder, free_address());
    let too_large = home.path().join("film.bin");
    std::fs::write(&too_large, vec![1_u8; 10_500_000]).unwrap();
    for (tag, language, look) in BROWSERS {
        let (own, address) = (words(language), program.address);
        let contact = driver.window(look).await;
        contact.speaks(tag).await;
        contact.goto(&format!("http://{address}/chat/web")).await;
        assert_eq!(contact.run("return document.documentElement.lang").await, language.code());
        let placeholder = contact.run("return document.querySelector('#text').placeholder").await;
        assert_eq!(placeholder, own.write);
        contact.press("Talk to a human").await;
        contact.sees(own.waiting).await;
        contact.sees(language.phrases().start_text).await;
        contact.is_sound().await;

        contact.attach("#file", &too_large).await;
        contact.sees(&fill(own.too_large, &[("mb", "10")])).await;
        nothing_is_english(&contact).await;
        contact.shoot(&format!("8-{tag}-refused")).await;

        tokio::task::spawn_blocking(move || program.stop(Duration::from_secs(10))).await.unwrap();
        contact.sees(own.connecting).await;
        contact.type_into("#text", "1 2 3\u{e007}").await;
        contact.sees(own.not_sent).await;
        nothing_is_english(&contact).await;
        contact.shoot(&format!("8-{tag}-offline")).await;

        let again = folder.clone();
        let started = tokio::task::spawn_blocking(move || Program::start(&again, address));
        program = started.await.unwrap();
        contact.no_longer_sees(own.not_sent).await;
        let script = "return [...document.querySelectorAll('#entries .mine')].filter(it => it.innerText.includes('1 2 3')).length";
        contact.until("the message", script).await;
        assert_eq!(contact.run(script).await, 1, "promises B and C");
        contact.close().await;
        println!("{tag}: told in {}", language.name());
    }
    program.kill();
    let log = log_of(&folder);
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}
