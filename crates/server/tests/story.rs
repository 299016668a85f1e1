//! The first five minutes, in a real browser: steps 1 to 5 with a contact's and an agent's window, on a desktop and a
//! phone, in light and in dark. What each saw lies in `target/screenshots`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use fantoccini::key::Key;
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::browser::{Driver, Look, Window};
use support::program::{PASSWORD, Program, free_address, log_of};
use tempfile::TempDir;

const DESKTOP: (u32, u32) = (1280, 800);
const PHONE: (u32, u32) = (390, 844);
const LOOKS: [Look; 4] = [
    Look { name: "desktop", size: DESKTOP, dark: false },
    Look { name: "phone", size: PHONE, dark: true },
    Look { name: "desktop", size: DESKTOP, dark: true },
    Look { name: "phone", size: PHONE, dark: false },
];

const MARKER: &str = "LIVECHAT_SESSION_END";
const COMPOSER: &str = "#text";
/// What the agent said last, as each side marks it.
const MARK: &str = "#entries .mine:last-of-type .mark";

struct Story {
    home: TempDir,
    program: Option<Program>,
    contact: Window,
    agent: Window,
}

impl Story {
    async fn begin(driver: &Driver, look: Look) -> Self {
        let home = tempfile::tempdir().unwrap();
        let program = Some(Program::start(&home.path().join("data"), free_address()));
        let (contact, agent) = tokio::join!(driver.window(look), driver.window(look));
        Self { home, program, contact, agent }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.program.as_ref().unwrap().address)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn both_shoot(&self, step: &str) {
        self.contact.shoot(&format!("{step}-contact")).await;
        self.agent.shoot(&format!("{step}-agent")).await;
        self.contact.is_sound().await;
        self.agent.is_sound().await;
    }

    /// Step 1: the bot greets, the contact asks for a human.
    async fn the_bot_greets(&self) {
        let metadata =
            "%7B%22name%22%3A%22Ada%20Lovelace%22%2C%22email%22%3A%22ada%40example.com%22%7D";
        self.contact.goto(&self.url(&format!("/chat/web?metadata={metadata}"))).await;
        self.contact.sees("Hello Ada Lovelace, I am the assistant").await;
        self.contact.sees("Talk to a human").await;
        self.contact.is_sound().await;
        self.contact.shoot("1-greeting-contact").await;
        self.contact.press("Talk to a human").await;
        self.contact.sees("Waiting for our team").await;
    }

    async fn sign_in(&self) {
        self.agent.goto(&self.url("/console")).await;
        self.agent.sees("Sign in").await;
        self.agent.shoot("2-sign-in-agent").await;
        self.agent.type_into("#login", "admin").await;
        self.agent.type_into("#password", PASSWORD).await;
        self.agent.press("Sign in").await;
    }

    /// Step 2: the console shows who waits, with what is known of them; both write.
    async fn they_meet(&self) {
        self.agent.sees("Waiting").await;
        self.agent.sees("Ada Lovelace").await;
        self.agent.shoot("2-waiting-agent").await;
        self.agent.click("a.line-waits").await;
        self.agent.sees("Hello Ada Lovelace, I am the assistant").await;
        self.looks_at_the_contact().await;
        self.agent.press("Accept").await;
        self.agent.sees("With you").await;
        self.contact.sees("Chatting with Admin").await;

        self.says(&self.agent, "Good morning, how can I **help**?").await;
        self.contact.sees("Good morning, how can I help?").await;
        self.marked(&self.agent, "read").await;

        self.contact.type_into(COMPOSER, "My order is ").await;
        self.agent
            .until(
                "the contact's typing",
                "return document.querySelector('#typing').innerText.includes('writing')",
            )
            .await;
        self.agent.shoot("2-typing-agent").await;
        self.contact.type_into(COMPOSER, "late\u{e007}").await;
        self.agent.sees("My order is late").await;
        self.marked(&self.contact, "read").await;

        self.agent.type_into(COMPOSER, "I am looking").await;
        self.contact.sees("is typing").await;
        self.contact.shoot("2-typing-contact").await;
        self.agent.type_into(COMPOSER, " into it\u{e007}").await;
        self.contact.sees("I am looking into it").await;
        self.both_shoot("2-talk").await;
    }

    /// On a phone, what is known about the contact is behind a button.
    async fn looks_at_the_contact(&self) {
        let phone = self.agent.look.size == PHONE;
        if phone {
            self.agent.press("About this contact").await;
        }
        self.agent.sees("ada@example.com").await;
        self.agent.sees("en-US").await;
        self.agent.sees("/chat/web").await;
        self.agent.sees("Unverified").await;
        self.agent.shoot("2-context-agent").await;
        if phone {
            self.agent.press("Close").await;
        }
    }

    async fn says(&self, window: &Window, words: &str) {
        window.type_into(COMPOSER, &format!("{words}\u{e007}")).await;
    }

    /// The last thing that somebody said was marked so.
    async fn marked(&self, window: &Window, mark: &str) {
        let script = format!(
            "const marks = [...document.querySelectorAll('#entries .mine .mark')];
             return marks.at(-1)?.getAttribute('data-mark') === {mark:?}"
        );
        window.until(&format!("the mark {mark:?} ({MARK})"), &script).await;
    }

    /// Pictures and files, both ways.
    async fn they_send_files(&self) {
        let picture = self.file("a \"quoted\" picture.png", &png());
        let letter = self.file("letter <b>.txt", b"Dear Ada,\n");
        for (from, to) in [(&self.contact, &self.agent), (&self.agent, &self.contact)] {
            let before = to.count("#entries a.picture img").await;
            from.attach("#file", &picture).await;
            let arrived = format!(
                "const all = [...document.querySelectorAll('#entries a.picture img')];
                 return all.length > {before} && all.every(it => it.complete && it.naturalWidth > 0)"
            );
            from.until("the own picture", &arrived).await;
            to.until("the other's picture", &arrived).await;
            let files = to.count("#entries a.file").await;
            from.attach("#file", &letter).await;
            let came =
                format!("return document.querySelectorAll('#entries a.file').length > {files}");
            from.until("the own file", &came).await;
            to.until("the other's file", &came).await;
            to.sees("letter <b>.txt").await;
        }
        self.both_shoot("2-files").await;
    }

    async fn signs_off(&self, step: &str) {
        self.agent.type_into(COMPOSER, "/sign").await;
        self.agent.find("#canned [role=option]").await;
        self.agent.shoot(&format!("3-canned-{step}-agent")).await;
        self.agent.key(Key::Enter).await;
        self.agent
            .until(
                "the canned text",
                &format!("return document.querySelector('#text').value.includes('{MARKER}')"),
            )
            .await;
        self.agent.key(Key::Enter).await;
        self.agent
            .until("the canned text going", "return document.querySelector('#text').value === ''")
            .await;
        self.agent.sees("End offered").await;
    }

    /// Step 3: the end is offered, the contact goes on, then ends; the bot takes over.
    async fn they_part(&self) {
        self.signs_off("first").await;
        let offer =
            self.contact.find(&format!("button[data-payload={MARKER}]:not([disabled])")).await;
        let label = offer.text().await.unwrap();
        assert!(!self.contact.words().await.contains(MARKER), "rule 13");
        self.both_shoot("3-offer").await;

        self.says(&self.contact, "One more thing").await;
        self.agent.sees("One more thing").await;
        self.agent.no_longer_sees("End offered").await;
        assert!(self.agent.words().await.contains("With you"), "rule 14: the session goes on");

        self.signs_off("second").await;
        self.contact.press(&label).await;
        self.contact.sees("Welcome back! I hope Admin could help you").await;
        self.contact
            .until(
                "the bot's state",
                "return document.querySelector('#state').innerText === 'Assistant'",
            )
            .await;
        self.agent.sees("With the bot").await;
        self.both_shoot("3-bot-again").await;
    }

    /// From 1 again: rule 20.
    async fn again(&self) {
        self.contact.press("Talk to a human").await;
        self.contact.sees("Waiting for our team").await;
        self.agent.press("Accept").await;
        self.contact.sees("Chatting with Admin").await;
        self.says(&self.contact, "Here I am again").await;
        self.agent.sees("Here I am again").await;
    }

    /// Promise B and C in the contact's window.
    async fn a_reload_keeps_everything_once(&self) {
        let shown = "return [...document.querySelectorAll('#entries .entry:not([hidden])')].map(it => it.dataset.n + ' ' + (it.querySelector('.bubble, .picture img')?.innerText ?? '')).join('\\n')";
        let before = self.contact.run(shown).await;
        self.contact.reload().await;
        self.contact.sees("Here I am again").await;
        let numbers = before.as_str().unwrap().lines().count();
        let script = format!(
            "return document.querySelectorAll('#entries .entry:not([hidden])').length >= {numbers}"
        );
        self.contact.until("all entries", &script).await;
        assert_eq!(self.contact.run(shown).await, before);
        self.contact.shoot("4-reloaded-contact").await;
    }

    /// The program goes away while the contact writes, and comes back.
    async fn a_lost_connection_loses_nothing(&mut self) {
        let program = self.program.take().unwrap();
        let address = program.address;
        tokio::task::spawn_blocking(move || program.stop(Duration::from_secs(10))).await.unwrap();
        self.contact.sees("What you write is kept").await;
        self.agent.sees("The connection is lost").await;
        self.says(&self.contact, "Written while nothing worked").await;
        self.says(&self.agent, "Answered while nothing worked").await;
        self.both_shoot("4-offline").await;
        let folder = self.home.path().join("data");
        let started = tokio::task::spawn_blocking(move || Program::start(&folder, address));
        self.program = Some(started.await.unwrap());
        for (window, words) in [
            (&self.agent, "Written while nothing worked"),
            (&self.contact, "Answered while nothing worked"),
        ] {
            let count = format!(
                "return [...document.querySelectorAll('#entries .message')].filter(it => it.innerText.includes('{words}')).length"
            );
            window.until(words, &count).await;
            assert_eq!(window.run(&count).await, 1, "promise C: {words}");
        }
        self.contact.no_longer_sees("What you write is kept").await;
        self.agent.no_longer_sees("The connection is lost").await;
    }

    /// Step 4: settings with errors beside the field, and a bot that is wrong.
    async fn settings_are_saved(&self) {
        self.agent.goto(&self.url("/settings/livechat")).await;
        self.agent.sees("Session timeout").await;
        self.agent.is_sound().await;
        self.agent.shoot("4-settings-agent").await;
        self.agent
            .run("document.querySelector('#start_text').scrollIntoView({ block: 'center' })")
            .await;
        self.agent.click("#start_silent").await;
        self.agent.sees("Nothing is said").await;
        self.agent.shoot("4-settings-texts-agent").await;
        self.agent.click("#start_silent").await;
        self.agent.no_longer_sees("Nothing is said").await;
        for wrong in ["168", "-1"] {
            self.agent.fill("#timeout", wrong).await;
            self.agent.press("Save").await;
            self.agent.find("#timeout-error").await;
            self.agent.sees("more than 0 and less than 168 hours").await;
        }
        self.agent.shoot("4-settings-error-agent").await;

        self.agent.goto(&self.url("/settings/bots")).await;
        let bot = r#"{"id":"x","name":"Wrong","default_flow":"Default","flows":[{"id":"1","name":"Default","content":"start:\n  say \"hi\n","commands":[]}]}"#;
        let file = self.file("bot.json", bot.as_bytes());
        self.agent.attach("#files", &file).await;
        self.agent.press("Check and upload").await;
        self.agent.sees("nothing was changed").await;
        self.agent.sees("line 2").await;
        self.agent.is_sound().await;
        self.agent.shoot("4-bot-error-agent").await;
    }

    /// Step 5: a short timeout, silence, and the bot says so by itself.
    async fn silence_ends_it(&self) {
        self.agent.goto(&self.url("/settings/livechat")).await;
        self.agent.fill("#timeout", "2s").await;
        self.agent.press("Save").await;
        self.agent.sees("Saved").await;
        self.agent.shoot("5-saved-agent").await;
        self.contact.sees("The session expired because nobody wrote for a while").await;
        self.contact.shoot("5-expired-contact").await;
        self.agent.goto(&self.url("/console?tab=ended")).await;
        self.agent.sees("Ada Lovelace").await;
        self.agent.shoot("5-ended-agent").await;
    }

    /// What was delivered, in the reader's own clock: that of Kolkata is half an hour off everybody else's.
    async fn times_are_the_readers_own(&self) {
        self.agent.lives_in("Asia/Kolkata").await;
        self.agent.goto(&self.url("/activity")).await;
        let own = "const all = [...document.querySelectorAll('main time')];
            const form = { timeZone: 'Asia/Kolkata', hour: '2-digit', minute: '2-digit' };
            const clock = new Intl.DateTimeFormat('en-US', form);
            const is_own = it => it.textContent.includes(clock.format(new Date(it.dateTime)).slice(0, 5));
            return all.length > 0 && all.every(it => is_own(it) && it.title.endsWith(' UTC'))";
        self.agent.until("the overview's times", own).await;
        self.agent.click(".talks a").await;
        self.agent.sees("times are in your own clock").await;
        self.agent.until("the timeline's times", own).await;
        self.agent.is_sound().await;
        self.agent.shoot("6-timeline-agent").await;
    }

    /// The widget on a page of somebody else.
    async fn the_widget_opens_and_closes(&self) {
        let widget = "const frame = [...document.body.children].map(it => it.shadowRoot?.querySelector('iframe')).find(it => it);";
        self.agent.goto(&self.url("/demo")).await;
        self.agent.until("the launcher", "const it = [...document.body.children].find(it => it.shadowRoot)?.shadowRoot.querySelector('button'); it?.focus(); return Boolean(it)").await;
        self.agent.shoot("6-demo-agent").await;
        self.agent.key(Key::Enter).await;
        self.agent.until("the widget's greeting", &format!("{widget} return !frame.hidden && frame.contentDocument.body.innerText.includes('Hello Robin Example')")).await;
        self.agent.shoot("6-widget-agent").await;
        self.agent.key(Key::Escape).await;
        self.agent.until("the widget closing", &format!("{widget} return frame.hidden")).await;
    }

    async fn end(self) {
        let log = log_of(&self.home.path().join("data"));
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
        tokio::join!(self.contact.close(), self.agent.close());
    }
}

/// A picture of one colour, 120 by 80.
fn png() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/picture.png")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_reaches_a_human_and_comes_back() {
    let driver = Driver::start().await;
    for look in LOOKS {
        let began = std::time::Instant::now();
        let mut story = Story::begin(&driver, look).await;
        story.the_bot_greets().await;
        story.sign_in().await;
        story.they_meet().await;
        story.they_send_files().await;
        story.they_part().await;
        story.again().await;
        story.a_reload_keeps_everything_once().await;
        story.a_lost_connection_loses_nothing().await;
        story.settings_are_saved().await;
        story.silence_ends_it().await;
        story.times_are_the_readers_own().await;
        story.the_widget_opens_and_closes().await;
        story.end().await;
        let theme = if look.dark { "dark" } else { "light" };
        println!("{} in {theme}: {:.1} s", look.name, began.elapsed().as_secs_f64());
    }
}

/// Signing in, accepting and answering without a pointer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_needs_no_mouse() {
    let driver = Driver::start().await;
    let story = Story::begin(&driver, LOOKS[0]).await;
    story.the_bot_greets().await;
    let agent = &story.agent;
    agent.goto(&story.url("/console")).await;
    agent.tab_to("Login").await;
    agent.keys("admin").await;
    agent.tab_to("Password").await;
    agent.keys(PASSWORD).await;
    agent.key(Key::Enter).await;
    agent.sees("Ada Lovelace").await;
    agent.tab_to_inside("a.line-waits").await;
    agent.key(Key::Enter).await;
    agent.find("#composer").await;
    agent.tab_to("Accept").await;
    agent.shoot("7-keyboard-agent").await;
    agent.key(Key::Enter).await;
    agent.sees("With you").await;
    agent.tab_to_inside("#text").await;
    agent.keys("Hello from the keyboard").await;
    agent.key(Key::Enter).await;
    story.contact.sees("Hello from the keyboard").await;
    story.end().await;
}
