//! Files that lie at a desk, and our own that go there.

use super::from_vendors::{TOKEN, open_at_a};
use super::{As, World};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::get;
use handover_core::content::{Content, Media};
use handover_core::event::{ContactAct, FromContact};
use handover_core::ids::SessionId;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::ServiceExt;

/// What the program of a test believes to be its address.
const PUBLIC_URL: &str = "http://127.0.0.1:8080";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

/// A desk that gives its files to those who know the key, and tells what is posted to it.
async fn vendor() -> (String, UnboundedReceiver<Value>) {
    let (sender, posts) = unbounded_channel();
    let private = |headers: HeaderMap, bytes: &'static [u8]| async move {
        match headers.get("authorization").is_some_and(|key| key == "k3y") {
            true => Ok(([("content-type", "text/html")], bytes)),
            false => Err(StatusCode::UNAUTHORIZED),
        }
    };
    let router = Router::new()
        .route("/a/plan%20b.png", get(move |headers| private(headers, PNG)))
        .route("/a/page.png", get(move |headers| private(headers, b"<html><script>1</script>")))
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route(
            "/post",
            axum::routing::post(move |body: axum::Json<Value>| {
                sender.send(body.0).unwrap();
                std::future::ready(())
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, posts)
}

async fn fetched(world: &World, path: &str) -> (u16, HeaderMap, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = world.router.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, 20 << 20).await.unwrap().to_vec())
}

/// The address that the contact gets for a file of the agent's.
async fn shown_as(world: &World, session: &str, id: &str, url: &str) -> String {
    let hook = json!({ "session": session, "id": id, "file": url, "picture": url }).to_string();
    assert_eq!(world.hook(Method::POST, &format!("/hooks/a/{TOKEN}"), &hook).await.status, 200);
    let read = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    let last = read.messages().last().unwrap();
    last["payload"]["content"]["url"].as_str().unwrap_or_else(|| panic!("{}", read.text)).into()
}

#[tokio::test]
async fn a_file_that_lies_at_the_desk_reaches_the_contact() {
    let (base, _posts) = vendor().await;
    let world = World::with_neighbours(true).await;
    let session = open_at_a(&world, json!({ "key": "k3y" })).await;
    let address = shown_as(&world, &session, "1", &format!("{base}/a/plan%20b.png?x=1")).await;
    let path = address.strip_prefix(PUBLIC_URL).unwrap();
    assert!(path.starts_with("/files/desk/a/"), "whole for programs: {address}");
    assert!(path.ends_with("/plan%20b.png"), "{path}");
    let (status, headers, bytes) = fetched(&world, path).await;
    assert_eq!((status, bytes.as_slice()), (200, PNG));
    assert_eq!(headers["content-type"], "image/png", "what is in it, not what the desk says");
    assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "private, max-age=3600");
    assert_eq!(headers["accept-ranges"], "bytes");
    let disposition = headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("inline") && disposition.contains("plan%20b.png"));

    let page = shown_as(&world, &session, "2", &format!("{base}/a/page.png")).await;
    let (_, headers, _) = fetched(&world, &page[page.find("/files/").unwrap()..]).await;
    let disposition = headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment"), "no page of the desk's runs as ours");
    for (id, path, status) in [("3", "/gone", 404), ("4", "/broken", 502)] {
        let address = shown_as(&world, &session, id, &format!("{base}{path}")).await;
        let path = &address[address.find("/files/").unwrap()..];
        assert_eq!(fetched(&world, path).await.0, status);
        let mut request = world.request(As::Nobody, Method::GET, path, None);
        for (name, value) in [("accept", "text/html,*/*;q=0.8"), ("accept-language", "de-DE,de")] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let told = world.send(request).await;
        assert_eq!(told.status, status);
        assert!(
            told.text.contains("<html lang=\"de\"") && told.text.contains("Diese Datei"),
            "rule 11"
        );
    }
}

#[tokio::test]
async fn nobody_else_can_have_us_fetch_anything() {
    let (base, _posts) = vendor().await;
    let world = World::with_neighbours(true).await;
    let session = open_at_a(&world, json!({ "key": "k3y" })).await;
    super::from_vendors::desk(&world, "b", json!({})).await;
    let address = shown_as(&world, &session, "1", &format!("{base}/a/page.png")).await;
    let path = &address[address.find("/files/").unwrap()..];
    let of_another = path.replace("/desk/a/", "/desk/b/");
    let changed = path.replacen("/desk/a/", "/desk/a/A", 1);
    for path in [of_another.as_str(), &changed, "/files/desk/a/aHR0cDovL3g/x", "/files/desk/a//x"] {
        assert_eq!(fetched(&world, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn our_own_files_are_brought_to_a_desk_from_the_disk() {
    let (base, mut posts) = vendor().await;
    let world = World::with_neighbours(true).await;
    let session = open_at_a(&world, json!({ "key": "k3y", "url": format!("{base}/post") })).await;
    let app = &world.running.app;
    let record = app.store.session(&SessionId::new(session)).await.unwrap().unwrap();
    let chunks = futures_util::stream::iter([Ok::<_, ()>(axum::body::Bytes::from_static(PNG))]);
    let media = crate::files::save(app, "naïve.png", chunks).await.unwrap();
    let bare = app.engine.file_at_desk(&record.desk, &media.url).await.unwrap();
    assert_eq!((bare.status, bare.body.as_slice()), (200, PNG));
    // Nothing listens at the public URL in this test.
    for base_url in ["", PUBLIC_URL] {
        let url = format!("{base_url}{}", media.url);
        let said = FromContact {
            source: None,
            metadata: None,
            verified: true,
            act: ContactAct::Said(Content::Media(Media { url, ..media.clone() })),
        };
        app.engine.from_contact(&record.channel, &record.contact.key, said).await.unwrap();
        let seen = loop {
            let post = tokio::time::timeout(Duration::from_secs(10), posts.recv());
            let post = post.await.unwrap().unwrap();
            if post["bytes"].is_number() {
                break post;
            }
        };
        assert_eq!((&seen["status"], &seen["bytes"]), (&json!(200), &json!(PNG.len())));
        assert_eq!(seen["type"], "image/png");
        let disposition = seen["disposition"].as_str().unwrap();
        assert!(disposition.ends_with("filename*=UTF-8''na%C3%AFve.png"), "{disposition}");
    }
}
