//! Files: taken, held to the limit, given out without power.

use super::{Answer, World, html};
use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::stream;
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";

async fn upload(world: &World, token: &str, name: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post("/v1/web/web/files")
        .header("authorization", format!("Bearer {token}"))
        .header("x-file-name", name)
        .header("content-type", "image/svg+xml")
        .body(body.into())
        .unwrap();
    world.send(request).await
}

#[tokio::test]
async fn a_picture_goes_up_and_into_the_chat() {
    let world = World::new().await;
    let token = world.contact().await;
    let media = upload(&world, &token, "a%22%3E%3Cb%3E%2F..%2Fcat.png", PNG).await.json();
    assert_eq!((&media["kind"], &media["name"]), (&json!("image"), &json!("cat.png")));
    let url = media["url"].as_str().unwrap();
    let say = json!({ "type": "say", "id": "1", "content": { "type": "file", "url": url } });
    assert_eq!(world.post(&token, json!([say])).await[0]["type"], "ack");
    assert!(html(&world.events(&token, 0).await).contains(&format!("<img src=\"{url}\"")));

    let shown = world.get(url, &[]).await;
    assert_eq!((shown.status, shown.body.as_ref()), (200, PNG));
    assert_eq!(shown.header("content-type"), "image/png");
    assert!(shown.header("content-disposition").starts_with("inline"));
    let part = world.get(url, &[("range", "bytes=0-3")]).await;
    assert_eq!((part.status, part.body.as_ref()), (206, &PNG[..4]));
}

#[tokio::test]
async fn no_file_can_run_as_a_page() {
    let world = World::new().await;
    let token = world.contact().await;
    let html = "<!DOCTYPE html><script>alert(1)</script>";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (name, body) in [("a.html", html), ("a.png", html), ("a.svg", svg), ("a.pdf", "%PDF-1.7")] {
        let media = upload(&world, &token, name, body).await.json();
        let answer = world.get(media["url"].as_str().unwrap(), &[]).await;
        assert!(answer.header("content-disposition").starts_with("attachment"), "{name}");
        assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let world = World::new().await;
    let token = world.contact().await;
    let request = Request::post("/v1/web/web/files")
        .header("authorization", format!("Bearer {token}"))
        .header("content-length", "1000000000")
        .body(Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()))
        .unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"]["field"], "file");
    assert!(answer.json()["error"]["message"].as_str().unwrap().contains("10 MB"));

    let chunk = Bytes::from(vec![0_u8; 1_000_000]);
    let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    assert_eq!(upload(&world, &token, "a", Body::from_stream(endless)).await.status, 413);
    assert_eq!(upload(&world, &token, "a", Body::empty()).await.status, 422);
}

#[tokio::test]
async fn only_contacts_send_files_and_only_known_files_are_given_out() {
    let world = World::new().await;
    assert_eq!(upload(&world, "nonsense", "a", PNG).await.status, 401);
    for path in
        ["/files/aaaaaaaaaaaaaaaaaaaaaaaaaa/a", "/files/..%2f..%2fkey/a", "/files/%2e%2e/key"]
    {
        assert_eq!(world.get(path, &[]).await.status, 404, "{path}");
    }
}
