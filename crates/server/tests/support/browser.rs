//! A headless browser, driven as a person would use it. Every wait is for a condition, with a limit.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Chromedriver, running. Ended when dropped, with its browsers.
pub(crate) struct Driver {
    child: Child,
    address: String,
}

impl Driver {
    pub(crate) async fn start() -> Self {
        let address = super::program::free_address();
        let child = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .arg("--allowed-ips=127.0.0.1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}: run ./test, which installs it"));
        let driver = Self { child, address: format!("http://{address}") };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(began.elapsed() < PATIENCE, "chromedriver does not answer");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        driver
    }

    /// A browser window of its own, with nothing in it from others.
    pub(crate) async fn window(&self, look: Look) -> Window {
        let profile = tempfile::tempdir().unwrap();
        let (width, height) = look.size;
        let arguments = [
            "--headless=new".to_owned(),
            // A container's root has no other way; the pages are ours.
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--disable-dev-shm-usage".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--no-first-run".into(),
            "--hide-scrollbars".into(),
            "--lang=en-US".into(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={width},{height}"),
        ];
        let capabilities = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&self.address)
            .await
            .unwrap_or_else(|error| panic!("chromium: {error}: run ./test, which installs it"));
        let window = Window { client, look, profile, driver: self.address.clone() };
        window.emulate().await;
        window
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a window looks.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) name: &'static str,
    pub(crate) size: (u32, u32),
    pub(crate) dark: bool,
}

/// A browser window.
pub(crate) struct Window {
    client: Client,
    pub(crate) look: Look,
    profile: TempDir,
    driver: String,
}

impl Window {
    /// Sets size and theme by the browser's own emulation, and looks whether a page can tell.
    async fn emulate(&self) {
        let (width, height) = self.look.size;
        let phone = width < 600;
        self.tell_browser(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone }),
        )
        .await;
        let theme = if self.look.dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": theme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tell_browser("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        // Both windows are looked at at once, as on two machines.
        self.tell_browser("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
    }

    /// Moves it to a time zone, such as `Asia/Kolkata`.
    pub(crate) async fn lives_in(&self, zone: &str) {
        self.tell_browser("Emulation.setTimezoneOverride", json!({ "timezoneId": zone })).await;
    }

    /// Makes it the browser of somebody who speaks this language, for servers and pages alike.
    pub(crate) async fn speaks(&self, tag: &str) {
        let agent = self.run("return navigator.userAgent").await;
        let parameters = json!({ "userAgent": agent, "acceptLanguage": tag });
        self.tell_browser("Emulation.setUserAgentOverride", parameters).await;
    }

    /// A word of the DevTools protocol.
    async fn tell_browser(&self, command: &str, parameters: Value) {
        let session = self.client.session_id().await.unwrap().expect("a session");
        let url = format!("{}/session/{session}/goog/cdp/execute", self.driver);
        let answer = super::api::client()
            .post(url)
            .json(&json!({ "cmd": command, "params": parameters }))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{command}: {}", answer.text().await.unwrap());
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
        let theme = self.run("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(theme, self.look.dark, "the theme is not what was asked for");
        let width = self.run("return innerWidth").await;
        assert_eq!(width, self.look.size.0, "the window has another size");
    }

    pub(crate) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Runs a script, gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    /// Waits until a script returns something true.
    pub(crate) async fn until(&self, what: &str, script: &str) -> Value {
        let began = Instant::now();
        loop {
            // A page that is just being left cannot answer.
            let got = self.client.execute(script, Vec::new()).await.unwrap_or(Value::Null);
            if !matches!(got, Value::Null | Value::Bool(false)) && got != json!("") && got != 0 {
                return got;
            }
            if began.elapsed() > PATIENCE {
                self.shoot("failed").await;
                panic!(
                    "{what} did not come about within {PATIENCE:?} at {}; the page says:\n{}",
                    self.look.name,
                    self.words().await
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// All that can be read on the page.
    pub(crate) async fn words(&self) -> String {
        let words = self.run("return document.body.innerText").await;
        words.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until somebody can read these words.
    pub(crate) async fn sees(&self, words: &str) {
        let script = format!("return document.body.innerText.includes({})", json!(words));
        self.until(&format!("reading {words:?}"), &script).await;
    }

    /// Waits until they are gone.
    pub(crate) async fn no_longer_sees(&self, words: &str) {
        let script = format!("return !document.body.innerText.includes({})", json!(words));
        self.until(&format!("{words:?} going away"), &script).await;
    }

    /// How many elements fit a selector and can be seen.
    pub(crate) async fn count(&self, selector: &str) -> u64 {
        let script = format!(
            "return [...document.querySelectorAll({})].filter(it => it.checkVisibility()).length",
            json!(selector)
        );
        self.run(&script).await.as_u64().unwrap_or_default()
    }

    /// Waits for an element that can be seen.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        let script = format!(
            "const seen = [...document.querySelectorAll({})].find(it => it.checkVisibility());
             document.querySelector('[data-found]')?.removeAttribute('data-found');
             seen?.setAttribute('data-found', '');
             return Boolean(seen)",
            json!(selector)
        );
        let began = Instant::now();
        loop {
            self.until(selector, &script).await;
            match self.client.find(Locator::Css("[data-found]")).await {
                Ok(found) => return found,
                // The page may draw itself anew in between.
                Err(error) if began.elapsed() > PATIENCE => panic!("{selector}: {error}"),
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Clicks on the first element of a selector that can be seen.
    pub(crate) async fn click(&self, selector: &str) {
        let began = Instant::now();
        loop {
            let clicked = self.find(selector).await.click().await;
            match clicked {
                Ok(()) => return,
                // The page may draw itself anew between finding and clicking.
                Err(error) if began.elapsed() > PATIENCE => panic!("{selector}: {error}"),
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Clicks on a button or link by its name, as it is read aloud; the last one where there are several.
    pub(crate) async fn press(&self, name: &str) {
        let mark = format!(
            "const named = [...document.querySelectorAll('button, a, summary, [role=option]')]
                 .filter(it => it.checkVisibility() && !it.disabled)
                 .filter(it => (it.getAttribute('aria-label') ?? it.innerText).trim().startsWith({}));
             document.querySelector('[data-proof]')?.removeAttribute('data-proof');
             named.at(-1)?.setAttribute('data-proof', '');
             return named.length > 0",
            json!(name)
        );
        self.until(&format!("a button named {name:?}"), &mark).await;
        self.click("[data-proof]").await;
    }

    pub(crate) async fn type_into(&self, selector: &str, words: &str) {
        self.find(selector).await.send_keys(words).await.unwrap();
    }

    /// Replaces what stands in a field.
    pub(crate) async fn fill(&self, selector: &str, words: &str) {
        let field = self.find(selector).await;
        field.clear().await.unwrap();
        field.send_keys(words).await.unwrap();
    }

    /// Chooses files as the file dialogue would.
    pub(crate) async fn attach(&self, selector: &str, file: &Path) {
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.send_keys(&file.display().to_string()).await.unwrap();
    }

    /// Keys, wherever the focus is.
    pub(crate) async fn keys(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".into());
        for key in keys.chars() {
            actions =
                actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    pub(crate) async fn key(&self, key: Key) {
        self.keys(&char::from(key).to_string()).await;
    }

    /// Moves the focus with the tab key until it is on something of this name.
    pub(crate) async fn tab_to(&self, name: &str) {
        let focused = format!(
            "const it = document.activeElement;
             const label = it.getAttribute('aria-label') ?? it.labels?.[0]?.innerText ?? it.innerText ?? '';
             return label.trim().startsWith({})",
            json!(name)
        );
        for _ in 0..60 {
            if self.run(&focused).await == true {
                return;
            }
            self.key(Key::Tab).await;
        }
        panic!(
            "{name:?} cannot be reached with the tab key; the page says:\n{}",
            self.words().await
        );
    }

    /// The same for the first element of a selector.
    pub(crate) async fn tab_to_inside(&self, selector: &str) {
        self.find(selector).await;
        let focused = format!("return document.activeElement?.matches({})", json!(selector));
        for _ in 0..60 {
            if self.run(&focused).await == true {
                return;
            }
            self.key(Key::Tab).await;
        }
        panic!("{selector} cannot be reached with the tab key");
    }

    /// Keeps what the window shows, where a person can look at it.
    pub(crate) async fn shoot(&self, step: &str) {
        let theme = if self.look.dark { "dark" } else { "light" };
        let folder = screenshots();
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{step}-{}-{theme}.png", self.look.name));
        // A page that is moving would look different each time.
        tokio::time::sleep(Duration::from_millis(120)).await;
        std::fs::write(path, self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Nothing may be wider than the window, and the console may hold no errors.
    pub(crate) async fn is_sound(&self) {
        let wide = self
            .run("return document.documentElement.scrollWidth > innerWidth ? document.documentElement.scrollWidth : 0")
            .await;
        assert_eq!(wide, 0, "the page is wider than the window ({})", self.look.name);
    }

    pub(crate) async fn close(self) {
        let _ = self.client.close().await;
        drop(self.profile);
    }
}

/// `target/screenshots`.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}
