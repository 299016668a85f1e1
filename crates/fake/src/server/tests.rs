use super::*;
use crate::chatwoot::{ADMIN_TOKEN, Chatwoot, Version};
use handover_core::port::clock::Clock;
use handover_core::time::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_790_000_000_000)
    }
}

/// A Chatwoot behind a socket, and a client.
struct Scene {
    vendor: Arc<Chatwoot>,
    base: String,
    client: reqwest::Client,
}

impl Scene {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let vendor = Arc::new(Chatwoot::new(Arc::new(Still), Version::V4_15).at(&base));
        let desk = Arc::new(Desk::new(vendor.clone(), &base, HookMood::Prompt));
        tokio::spawn(serve(desk, listener));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { vendor, base, client }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let call = self.client.post(format!("{}/api/v1/accounts/1{path}", self.base));
        let reply = call.header("api_access_token", ADMIN_TOKEN).json(&body).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        reply.json().await.unwrap()
    }

    /// Opens conversation 1 in an inbox whose hooks go to this address.
    async fn opens(&self, hook: &str) {
        self.post(
            "/inboxes",
            json!({"name": "C", "channel": {"type": "api", "webhook_url": hook}}),
        )
        .await;
        self.post("/contacts", json!({"inbox_id": 3, "name": "Zoë <b>", "identifier": "zoe"}))
            .await;
        self.post("/conversations", json!({"inbox_id": 3, "contact_id": 11})).await;
    }

    async fn page(&self) -> String {
        self.client.get(&self.base).send().await.unwrap().text().await.unwrap()
    }
}

#[tokio::test]
async fn the_page_says_how_to_connect_and_escapes_what_others_wrote() {
    let scene = Scene::new().await;
    let empty = scene.page().await;
    assert!(empty.contains(ADMIN_TOKEN) && empty.contains(&scene.base));
    scene.opens("").await;
    let page = scene.page().await;
    assert!(page.contains("Zoë &#60;b&#62;") && !page.contains("Zoë <b>"), "{page}");
}

#[tokio::test]
async fn the_composer_answers_notes_and_sends_files() {
    let scene = Scene::new().await;
    scene.opens("").await;
    let part = |name: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    for (what, text) in [("answer", "Hello"), ("note", "Careful")] {
        let file = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\nhi\r\n";
        let file = if what == "answer" { file } else { "" };
        let body = [
            part("conversation", "1"),
            part("agent", "Ben"),
            part("text", text),
            part("what", what),
            file.into(),
            "--b--\r\n".into(),
        ];
        let call = scene.client.post(format!("{}/_desk/say", scene.base));
        let call = call.header("content-type", "multipart/form-data; boundary=b");
        let reply = call.body(body.concat()).send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }
    let said = scene.vendor.conversations()[0].messages.clone();
    let texts: Vec<_> = said.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(texts, ["Hello", "", "Careful"]);
    assert_eq!(said[0].from, crate::vendor::From::Agent("Ben".into()));
    assert_eq!(said[1].files, ["a.txt"]);
    assert_eq!(said[2].from, crate::vendor::From::Note);
}

#[tokio::test]
async fn buttons_and_switches_work_and_other_sites_cannot_press_them() {
    let scene = Scene::new().await;
    scene.opens("").await;
    let press = |path: &str, form: &str, from: &str| {
        let call = scene.client.post(format!("{}/_desk/{path}", scene.base));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.header("sec-fetch-site", from.to_owned()).body(form.to_owned()).send()
    };
    let close = "conversation=1&agent=Ana&to=close";
    assert_eq!(press("status", close, "cross-site").await.unwrap().status(), 403);
    assert_eq!(scene.vendor.conversations()[0].status, "open");
    assert_eq!(press("status", close, "same-origin").await.unwrap().status(), 200);
    assert_eq!(scene.vendor.conversations()[0].status, "resolved");
    press("mood", "overloaded=on&hooks=late", "same-origin").await.unwrap();
    let call = scene.client.get(format!("{}/api", scene.base)).send().await.unwrap();
    assert_eq!(call.status(), 503);
    assert!(scene.page().await.contains("it is overloaded, hooks are held back"));
}

#[tokio::test]
async fn when_it_is_down_the_connection_breaks_off() {
    let scene = Scene::new().await;
    let mood = "down=on&hooks=prompt";
    let call = scene.client.post(format!("{}/_desk/mood", scene.base));
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    call.body(mood).send().await.unwrap();
    assert!(scene.client.get(format!("{}/api", scene.base)).send().await.is_err());
    assert!(scene.page().await.contains("it is down"));
}

#[tokio::test]
async fn hooks_are_posted_and_a_refused_one_marks_the_message() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/hooks/x", receiver.local_addr().unwrap());
    let scene = Scene::new().await;
    scene.opens(&hook).await;
    let answer = |status: &'static str| {
        let receiver = &receiver;
        async move {
            let (mut stream, _) = receiver.accept().await.unwrap();
            let mut head = vec![0; 65536];
            let length = stream.read(&mut head).await.unwrap();
            let reply =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(reply.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        }
    };
    let opened = answer("200 OK").await;
    assert!(opened.starts_with("POST /hooks/x HTTP/1.1"), "{opened}");
    assert!(opened.to_lowercase().contains("x-chatwoot-signature: sha256="));
    scene.vendor.agent_says("1", "Ana", "hi");
    answer("500 Internal Server Error").await;
    // The next hook is sent after the refusal has been told.
    answer("200 OK").await;
    assert!(scene.vendor.conversations()[0].messages[0].failed.is_some());
}
