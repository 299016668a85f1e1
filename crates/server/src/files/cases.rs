//! What every keeper of files must do: one list of cases for all of them.

use super::blobs::{Blobs, FileId};
use super::keep::{FILE_BYTES_MAX, save_in};
use super::serve::given;
use super::wound::CHUNK_BYTES;
use super::{Folder, InDatabase};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use futures_util::stream;
use handover_core::content::{Media, MediaKind};
use handover_store::Postgres;
use handover_store::conformance::server;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

type Chunk = Result<Bytes, Infallible>;

/// A keeper with nothing in it, and another one that has to find what the first keeps.
struct Pair {
    name: &'static str,
    one: Box<dyn Blobs>,
    other: Box<dyn Blobs>,
    folders: Vec<TempDir>,
}

async fn pairs() -> [Pair; 2] {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = || Box::new(Folder::new(folder.path()));
    let (one, other) = (in_folder(), in_folder());
    let in_folder = Pair { name: "folder", one, other, folders: vec![folder] };
    let url = server::database();
    let folders = vec![tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let node = async |data: &Path| {
        let database = Arc::new(Postgres::open(&url).await.unwrap());
        Box::new(InDatabase::new(database, data))
    };
    let (one, other) = (node(folders[0].path()).await, node(folders[1].path()).await);
    [in_folder, Pair { name: "database", one, other, folders }]
}

impl Pair {
    async fn save(&self, name: &str, bytes: &[u8]) -> Media {
        let chunks = bytes.chunks(70_000).map(|chunk| Chunk::Ok(Bytes::copy_from_slice(chunk)));
        save_in(&*self.one, name, stream::iter(chunks)).await.unwrap()
    }

    /// What the other node gives out.
    async fn get(
        &self,
        media: &Media,
        method: Method,
        headers: &[(&str, &str)],
    ) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(media.url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = given(&*self.other, &id(media), request).await.unwrap().unwrap();
        let (parts, body) = answer.into_parts();
        (parts.status.as_u16(), parts.headers, to_bytes(body, 20 << 20).await.unwrap().to_vec())
    }

    /// What lies in the folders for files.
    fn lying(&self) -> Vec<String> {
        let found = self.folders.iter().filter_map(|it| it.path().join("uploads").read_dir().ok());
        found.flatten().map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn id(media: &Media) -> FileId {
    FileId::read(media.url.split('/').nth(2).unwrap()).unwrap()
}

/// Bytes of which no two parts are alike.
fn film(bytes: usize) -> Vec<u8> {
    (0_u64..).flat_map(u64::to_le_bytes).take(bytes).collect()
}

#[tokio::test]
async fn a_file_is_what_is_in_it_on_every_node() {
    let png = b"\x89PNG\r\n\x1a\n0000".as_slice();
    let html = b"<html><script>alert(1)</script>".as_slice();
    for pair in pairs().await {
        for (name, bytes, kind, mime) in [
            ("a.html", png, MediaKind::Image, "image/png"),
            ("a.png", html, MediaKind::File, "text/html"),
            ("naïve 文.png", b"what", MediaKind::File, "application/octet-stream"),
        ] {
            let media = pair.save(name, bytes).await;
            assert_eq!((media.kind, media.mime.as_deref()), (kind, Some(mime)), "{}", pair.name);
            assert_eq!(media.size_bytes, Some(bytes.len() as u64));
            let (kept, read) = pair.other.read(&id(&media)).await.unwrap().unwrap();
            assert_eq!(read, bytes, "{}", pair.name);
            assert_eq!((kept.name.as_str(), kept.mime.as_str()), (name, mime));
            assert_eq!(pair.other.about(&id(&media)).await.unwrap(), Some(kept));
        }
    }
}

#[tokio::test]
async fn it_is_given_out_whole_with_the_same_headers() {
    for pair in pairs().await {
        let film = film(2 * CHUNK_BYTES as usize + 1);
        let media = pair.save("film.bin", &film).await;
        let (status, headers, bytes) = pair.get(&media, Method::GET, &[]).await;
        assert_eq!(status, 200, "{}", pair.name);
        assert!(bytes == film, "{}", pair.name);
        let mut names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        let all = [
            "accept-ranges",
            "cache-control",
            "content-disposition",
            "content-length",
            "content-security-policy",
            "content-type",
            "cross-origin-resource-policy",
            "etag",
            "last-modified",
            "x-content-type-options",
        ];
        assert_eq!(names, all, "{}", pair.name);
        assert_eq!(headers["content-length"], film.len().to_string());
        assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'");
        let (status, of_head, none) = pair.get(&media, Method::HEAD, &[]).await;
        assert_eq!((status, none.len()), (200, 0), "{}", pair.name);
        assert_eq!(of_head, headers, "{}", pair.name);
        let known = headers["etag"].to_str().unwrap();
        let (status, _, none) = pair.get(&media, Method::GET, &[("if-none-match", known)]).await;
        assert_eq!((status, none.len()), (304, 0), "{}", pair.name);
        let known = headers["last-modified"].to_str().unwrap();
        let (status, ..) = pair.get(&media, Method::GET, &[("if-modified-since", known)]).await;
        assert_eq!(status, 304, "{}", pair.name);
    }
}

#[tokio::test]
async fn a_film_can_be_wound() {
    let size = 2 * CHUNK_BYTES as usize + 1;
    let (film, edge) = (film(size), CHUNK_BYTES as usize);
    for pair in pairs().await {
        let media = pair.save("film.bin", &film).await;
        for (range, part) in [
            ("bytes=0-1".to_owned(), 0..2),
            (format!("bytes={}-{}", edge - 3, edge + 3), edge - 3..edge + 4),
            (format!("bytes={edge}-"), edge..size),
            ("bytes=-7".to_owned(), size - 7..size),
            (format!("bytes={}-", size - 1), size - 1..size),
        ] {
            let (status, headers, bytes) =
                pair.get(&media, Method::GET, &[("range", &range)]).await;
            assert_eq!(status, 206, "{} {range}", pair.name);
            assert!(bytes == film[part.clone()], "{} {range}", pair.name);
            let told = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            assert_eq!(headers["content-range"], told, "{} {range}", pair.name);
            assert_eq!(headers["content-length"], part.len().to_string());
            assert_eq!(headers["content-type"], "application/octet-stream");
        }
        let beyond = format!("bytes={size}-");
        let (status, headers, _) = pair.get(&media, Method::GET, &[("range", &beyond)]).await;
        assert_eq!(status, 416, "{}", pair.name);
        assert_eq!(headers["content-range"], format!("bytes */{size}"));
    }
}

#[tokio::test]
async fn only_what_was_kept_lies_anywhere() {
    for pair in pairs().await {
        let media = pair.save("a", &film(FILE_BYTES_MAX as usize)).await;
        let id = id(&media);
        let mut lying = pair.lying();
        lying.sort_unstable();
        match pair.name {
            // Those who upgrade, and their backups, find it under these names.
            "folder" => assert_eq!(lying, [id.to_string(), format!("{id}.json")]),
            _ => assert!(lying.is_empty(), "{lying:?}"),
        }
        let (_, read) = pair.other.read(&id).await.unwrap().unwrap();
        assert_eq!(read.len() as u64, FILE_BYTES_MAX, "{}", pair.name);
    }
}

#[tokio::test]
async fn too_much_is_refused_before_the_rest_is_read_and_leaves_nothing() {
    for pair in pairs().await {
        let chunk = Bytes::from(vec![0; 1_000_000]);
        let mut taken = 0;
        let endless = stream::iter(std::iter::repeat_with(|| {
            taken += 1;
            Chunk::Ok(chunk.clone())
        }));
        let problem = save_in(&*pair.one, "a", endless).await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.field.as_deref()), (413, Some("file")));
        assert_eq!(taken, FILE_BYTES_MAX / 1_000_000 + 1, "{}", pair.name);
        let none = stream::iter(Vec::<Chunk>::new());
        assert_eq!(save_in(&*pair.one, "a", none).await.unwrap_err().status, 422);
        let broken = stream::iter([Ok(Bytes::from_static(b"a")), Err(())]);
        assert_eq!(save_in(&*pair.one, "a", broken).await.unwrap_err().status, 400);
        assert_eq!(pair.lying(), Vec::<String>::new(), "{}", pair.name);
    }
}

#[tokio::test]
async fn what_nobody_kept_is_not_there() {
    for pair in pairs().await {
        pair.save("a", b"a").await;
        let unknown = FileId::read("abc").unwrap();
        assert_eq!(pair.other.about(&unknown).await.unwrap(), None, "{}", pair.name);
        assert_eq!(pair.other.read(&unknown).await.unwrap(), None, "{}", pair.name);
        let request = Request::get("/files/abc/a").body(Body::empty()).unwrap();
        assert!(given(&*pair.other, &unknown, request).await.unwrap().is_none(), "{}", pair.name);
    }
    for text in ["", "../key", "a.json", "a/b", "ä", &"a".repeat(65)] {
        assert_eq!(FileId::read(text), None, "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_answered_and_leaves_nothing() {
    let server = server::Server::start();
    let database = Arc::new(Postgres::open(&server.database()).await.unwrap());
    let data = tempfile::tempdir().unwrap();
    let keeper = InDatabase::new(database, data.path());
    let save = async || {
        let chunks = stream::iter([Chunk::Ok(Bytes::from_static(b"a"))]);
        save_in(&keeper, "a", chunks).await
    };
    let media = save().await.unwrap();
    server.stop();
    let request = Request::get(media.url.as_str()).body(Body::empty()).unwrap();
    let id = id(&media);
    let (saved, unread) = tokio::join!(save(), given(&keeper, &id, request));
    assert_eq!(saved.unwrap_err().status, 503, "promise B");
    let unread = unread.unwrap_err();
    assert_eq!((unread.status.as_u16(), unread.code), (503, "file_not_read"), "it is there");
    assert_eq!(std::fs::read_dir(data.path().join("uploads")).unwrap().count(), 0);
    server.start_again();
    save().await.unwrap();
    assert!(keeper.read(&id).await.unwrap().is_some_and(|(_, body)| body == b"a"));
}
