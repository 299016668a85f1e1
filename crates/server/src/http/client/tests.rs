//! The client against servers of the test.

use super::{ANSWER_BYTES_MAX, FILE_BYTES_MAX, GuardedClient, same_holder};
use axum::Router;
use axum::body::Body;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::{get, post};
use handover_core::port::http::{CallError, Http, Reply, Request};
use std::collections::HashMap;
use std::time::Duration;

async fn call(allow: bool, url: &str) -> Result<Reply, CallError> {
    let request = Request { body: b"x".into(), ..Request::new("POST", url) };
    GuardedClient::new(allow).unwrap().call(request).await
}

#[tokio::test]
async fn private_networks_are_refused_in_every_spelling() {
    for url in [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.8/",
        "https://192.168.0.1:8443/",
        "http://0/",
        "http://user:secret@127.0.0.1/",
        "http://１２７.0.0.1/",
    ] {
        assert!(matches!(call(false, url).await, Err(CallError::Refused(_))), "{url}");
    }
}

#[tokio::test]
async fn what_is_no_address_of_the_web_is_refused() {
    for url in ["file:///etc/passwd", "ftp://x.example/", "x.example", "", "http://"] {
        assert!(matches!(call(true, url).await, Err(CallError::Refused(_))), "{url}");
    }
}

#[tokio::test]
async fn answers_are_read_up_to_the_cap_and_redirects_are_not_followed() {
    let router = Router::new()
        .route("/big", post(|| async { vec![b'x'; ANSWER_BYTES_MAX + 5] }))
        .route("/away", post(|| async { Redirect::temporary("/big") }))
        .route("/echo", post(|body: String| async { ([("x-kind", "echo")], body) }))
        .route("/get", get(|| async {}));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    assert_eq!(call(true, &format!("{base}/big")).await.unwrap().body.len(), ANSWER_BYTES_MAX);
    assert_eq!(call(true, &format!("{base}/away")).await.unwrap().status, 307);
    assert_eq!(call(true, &format!("{base}/get")).await.unwrap().status, 405);
    let echo = call(true, &format!("{base}/echo")).await.unwrap();
    assert_eq!((echo.header("x-kind"), echo.body.as_slice()), (Some("echo"), b"x".as_slice()));
}

#[tokio::test]
async fn whether_it_may_have_been_obeyed_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?token=secret", listener.local_addr().unwrap());
    let closer = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        socket.readable().await.unwrap();
    });
    let unknown = call(true, &url).await.unwrap_err();
    closer.await.unwrap();
    assert!(matches!(unknown, CallError::Unknown(_)), "{unknown}");
    let not_sent = call(true, &url).await.unwrap_err();
    assert!(matches!(not_sent, CallError::NotSent(_)), "{not_sent}");
    assert!(!format!("{unknown}{not_sent}").contains("secret"));
}

/// A server whose answers are files and the ways to them; `/seen` tells which proofs came along.
async fn files() -> String {
    let seen = |headers: HeaderMap| async move {
        let of = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        ["authorization", "api_access_token", "cookie", "x-own", "accept"]
            .map(|name| of(name).unwrap_or_default())
            .join("|")
    };
    let big = |bytes: u64| async move { vec![b'x'; usize::try_from(bytes).unwrap()] };
    let router = Router::new()
        .route("/seen", get(seen))
        .route("/most", get(move || big(FILE_BYTES_MAX)))
        .route("/more", get(move || big(FILE_BYTES_MAX + 1)))
        .route(
            "/to",
            get(|Query(to): Query<HashMap<String, String>>| async move {
                Redirect::temporary(&to["url"])
            }),
        )
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
        .route(
            "/endless",
            get(|| async {
                let chunk = || Ok::<_, std::convert::Infallible>(vec![0_u8; 64 * 1024]);
                Body::from_stream(futures_util::stream::repeat_with(chunk))
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

async fn file(url: &str) -> Result<Reply, CallError> {
    let request = Request::get(url)
        .header("authorization", "Basic s3cret")
        .header("api_access_token", "s3cret")
        .header("cookie", "s3cret")
        .header("x-own", "s3cret")
        .header("accept", "image/*");
    GuardedClient::new(true).unwrap().call(request.file()).await
}

#[tokio::test]
async fn a_file_is_followed_and_read_whole() {
    let base = files().await;
    let most = file(&format!("{base}/to?url=/to?url=/most")).await.unwrap();
    assert_eq!((most.status, most.body.len() as u64), (200, FILE_BYTES_MAX));
    for path in ["more", "endless"] {
        let refused = file(&format!("{base}/{path}")).await.unwrap_err();
        assert_eq!(refused.to_string(), "not allowed: the file is larger than 10 MB", "{path}");
    }
    let refused = file(&format!("{base}/round")).await.unwrap_err();
    assert!(matches!(&refused, CallError::Refused(why) if why.contains("too often")), "{refused}");
}

#[tokio::test]
async fn what_proves_us_stays_with_the_host_that_it_was_meant_for() {
    let (base, other) = (files().await, files().await);
    let text = |reply: Reply| String::from_utf8(reply.body).unwrap();
    let at_home = text(file(&format!("{base}/to?url=/seen")).await.unwrap());
    assert_eq!(at_home, "Basic s3cret|s3cret|s3cret|s3cret|image/*");
    let abroad = text(file(&format!("{base}/to?url={other}/seen")).await.unwrap());
    assert_eq!(abroad, "||||image/*");
    let back = format!("{base}/to?url={other}/to?url={base}/seen");
    assert_eq!(text(file(&back).await.unwrap()), "||||image/*", "what was dropped stays dropped");
}

#[test]
fn a_host_is_the_same_when_it_was_only_made_safe() {
    let same = |a: &str, b: &str| same_holder(&a.parse().unwrap(), &b.parse().unwrap());
    assert!(same("https://a.example/x", "https://a.example/y"));
    assert!(same("http://a.example/x", "https://a.example/y"));
    assert!(!same("https://a.example/x", "http://a.example/x"));
    assert!(!same("https://a.example/x", "https://a.example:8443/x"));
    assert!(!same("http://a.example:81/x", "https://a.example/x"));
    assert!(!same("https://a.example/x", "https://b.a.example/x"));
}

#[tokio::test]
async fn each_redirection_is_guarded() {
    // A literal is judged before anything is sent, so this server need not be reached for the second hop.
    let base = files().await;
    for to in ["file:///etc/passwd", "ftp://x.example/", "http://"] {
        let refused = file(&format!("{base}/to?url={to}")).await.unwrap_err();
        assert!(matches!(refused, CallError::Refused(_)), "{to}: {refused}");
    }
    let strict = GuardedClient::new(false).unwrap();
    assert!(strict.check("http://169.254.169.254/latest").is_err());
}

#[tokio::test]
async fn a_call_may_be_given_less_time() {
    let base = files().await;
    let request = Request { within_s: Some(1), ..Request::get(format!("{base}/slow")) };
    let began = tokio::time::Instant::now();
    let error = GuardedClient::new(true).unwrap().call(request).await.unwrap_err();
    assert_eq!(error, CallError::Unknown("it took too long".into()));
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// Promise C rests on it: whoever takes over a delivery counts on nothing leaving late.
#[test]
fn what_has_not_left_within_its_time_never_leaves() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let request =
            Request { within_s: Some(1), body: b"too late".into(), ..Request::new("POST", &url) };
        let client = GuardedClient::new(true).unwrap();
        let mut call = client.call(request);
        assert!(futures_util::poll!(&mut call).is_pending(), "it is connecting");
        // The whole process stands still, and meanwhile the connection is there.
        std::thread::sleep(Duration::from_millis(1100));
        assert_eq!(call.await, Err(CallError::Unknown("it took too long".into())));
        // What was started beside it would go on now.
        tokio::time::sleep(Duration::from_millis(50)).await;
    });
    drop(runtime);
    listener.set_nonblocking(true).unwrap();
    let mut came = Vec::new();
    if let Ok((mut socket, _)) = listener.accept() {
        socket.set_nonblocking(false).unwrap();
        std::io::Read::read_to_end(&mut socket, &mut came).unwrap();
    }
    assert_eq!(String::from_utf8_lossy(&came), "");
}
