//! How a file comes onto the disk: streamed, counted, named by what is in it and not by what its sender says it is.

use crate::app::App;
use crate::http::error::Problem;
use crate::render::clean_name;
use crate::vault::random_text;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::{Stream, StreamExt};
use handover_core::content::{Media, MediaKind};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

/// The largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 10 * 1000 * 1000;
/// How much of a file's beginning tells its type.
const HEAD_BYTES: usize = 8192;
const NAME_CHARS_MAX: usize = 120;

/// What is known about a file, beside it on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) size_bytes: u64,
}

/// Types that a browser may show in place; all others are downloads. None of them can hold a program.
pub(super) fn shown_as(mime: &str) -> Option<MediaKind> {
    Some(match mime {
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" => MediaKind::Image,
        "video/mp4" | "video/webm" => MediaKind::Video,
        "audio/mpeg" | "audio/ogg" | "audio/wav" => MediaKind::Audio,
        _ => return None,
    })
}

/// Takes the body of a request as a file; its name comes in the header `X-File-Name`, percent-encoded.
///
/// # Errors
/// 413 as soon as it is known to be too large, without reading the rest; 422 when it is empty.
pub async fn receive(app: &App, headers: &HeaderMap, body: Body) -> Result<Media, Problem> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if told.and_then(|text| text.parse::<u64>().ok()).is_some_and(|bytes| bytes > FILE_BYTES_MAX) {
        return Err(too_large());
    }
    let name = headers.get("x-file-name").and_then(|value| value.to_str().ok()).unwrap_or_default();
    save(app, &percent_decoded(name), body.into_data_stream()).await
}

/// Keeps a file; the answer comes after it is on disk.
///
/// # Errors
/// 413 as soon as more than [`FILE_BYTES_MAX`] bytes have come, 422 when none came, 400 when the stream broke off.
pub async fn save<E>(
    app: &App,
    name: &str,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Media, Problem> {
    save_under(&folder(&app.data), name, bytes).await
}

async fn save_under<E>(
    folder: &Path,
    name: &str,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Media, Problem> {
    let id = random_text().map_err(Problem::internal)?;
    fs::create_dir_all(folder).await.map_err(Problem::not_stored)?;
    let part = folder.join(format!("{id}.part"));
    let written = match write(&part, bytes).await {
        Ok(written) => written,
        Err(problem) => {
            // What did not become a file must not fill the disk; if this fails too, there is nothing more to try.
            let _ = fs::remove_file(&part).await;
            return Err(problem);
        }
    };
    let kept = Kept {
        name: file_name(name, written.mime),
        mime: written.mime.into(),
        size_bytes: written.size_bytes,
    };
    put(folder, &id, &part, &kept).await.map_err(Problem::not_stored)?;
    Ok(media(&id, kept))
}

struct Written {
    mime: &'static str,
    size_bytes: u64,
}

async fn write<E>(
    path: &Path,
    mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Written, Problem> {
    let mut file = File::create_new(path).await.map_err(Problem::not_stored)?;
    let (mut head, mut size_bytes) = (Vec::new(), 0_u64);
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "broken_body",
                "The file broke off. Send it again.",
            )
        })?;
        size_bytes += chunk.len() as u64;
        if size_bytes > FILE_BYTES_MAX {
            return Err(too_large());
        }
        let rest = HEAD_BYTES.saturating_sub(head.len()).min(chunk.len());
        head.extend_from_slice(&chunk[..rest]);
        file.write_all(&chunk).await.map_err(Problem::not_stored)?;
    }
    if size_bytes == 0 {
        return Err(Problem::field("file", "The file is empty. Choose one with something in it."));
    }
    file.flush().await.map_err(Problem::not_stored)?;
    file.sync_all().await.map_err(Problem::not_stored)?;
    Ok(Written { mime: sniffed(&head), size_bytes })
}

async fn put(folder: &Path, id: &str, part: &Path, kept: &Kept) -> io::Result<()> {
    let about = serde_json::to_vec(kept).map_err(io::Error::other)?;
    let mut file = File::create_new(folder.join(format!("{id}.json"))).await?;
    file.write_all(&about).await?;
    file.flush().await?;
    file.sync_all().await?;
    fs::rename(part, folder.join(id)).await?;
    // The names themselves must be on disk too.
    File::open(folder).await?.sync_all().await
}

/// Finds a file that was kept, by its address under `/files/`.
pub async fn find(app: &App, url: &str) -> Option<Media> {
    let (id, _) = url.strip_prefix("/files/")?.split_once('/')?;
    let (_, kept) = look_up(&app.data, id).await?;
    Some(media(id, kept))
}

/// The path of a file in the data folder, and what is known about it.
pub(super) async fn look_up(data: &Path, id: &str) -> Option<(PathBuf, Kept)> {
    // Also keeps paths out of ids.
    if id.is_empty() || id.len() > 64 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let folder = folder(data);
    let about = fs::read(folder.join(format!("{id}.json"))).await.ok()?;
    Some((folder.join(id), serde_json::from_slice(&about).ok()?))
}

fn folder(data: &Path) -> PathBuf {
    data.join("uploads")
}

fn media(id: &str, kept: Kept) -> Media {
    Media {
        kind: shown_as(&kept.mime).unwrap_or(MediaKind::File),
        url: format!("/files/{id}/{}", percent_encoded(&kept.name)),
        name: Some(kept.name),
        mime: Some(kept.mime),
        size_bytes: Some(kept.size_bytes),
    }
}

/// The type of a file, by how it begins.
pub(super) fn sniffed(head: &[u8]) -> &'static str {
    match infer::get(head).map(|kind| kind.mime_type()) {
        Some("audio/x-wav") => "audio/wav",
        Some("audio/m4a" | "video/x-m4v") => "video/mp4",
        Some(mime) => mime,
        None => "application/octet-stream",
    }
}

/// A name and nothing more, whatever its sender has written.
pub(super) fn file_name(name: &str, mime: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = clean_name(last).trim().chars().take(NAME_CHARS_MAX).collect();
    match name.trim_matches('.') {
        "" if mime.starts_with("image/") => format!("picture.{}", &mime["image/".len()..]),
        "" => "file".to_owned(),
        _ => name,
    }
}

fn too_large() -> Problem {
    let mut problem = Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "file_too_large",
        format!("The file is too large: at most {} MB are taken.", FILE_BYTES_MAX / 1_000_000),
    );
    problem.field = Some("file".into());
    problem
}

pub(super) fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

pub(super) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{FILE_BYTES_MAX, file_name, percent_decoded, percent_encoded, save_under};
    use axum::body::Bytes;
    use futures_util::stream;
    use handover_core::content::MediaKind;
    use std::convert::Infallible;

    type Chunk = Result<Bytes, Infallible>;

    #[tokio::test]
    async fn a_file_is_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let png = Bytes::from_static(b"\x89PNG\r\n\x1a\n0000");
        let html = Bytes::from_static(b"<html><script>alert(1)</script>");
        for (name, bytes, kind, mime) in [
            ("a.html", png, MediaKind::Image, "image/png"),
            ("a.png", html, MediaKind::File, "text/html"),
            ("a.png", Bytes::from_static(b"what"), MediaKind::File, "application/octet-stream"),
        ] {
            let chunks: Vec<Chunk> = vec![Ok(bytes.slice(..2)), Ok(bytes.slice(2..))];
            let media = save_under(folder.path(), name, stream::iter(chunks)).await.unwrap();
            assert_eq!((media.kind, media.mime.as_deref()), (kind, Some(mime)));
            assert_eq!(media.size_bytes, Some(bytes.len() as u64));
            let id = media.url.split('/').nth(2).unwrap();
            assert_eq!(std::fs::read(folder.path().join(id)).unwrap(), bytes);
        }
    }

    #[tokio::test]
    async fn too_much_is_refused_before_the_rest_is_read_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let chunk = Bytes::from(vec![0; 1_000_000]);
        let mut taken = 0;
        let endless = stream::iter(std::iter::repeat_with(|| {
            taken += 1;
            Chunk::Ok(chunk.clone())
        }));
        let problem = save_under(folder.path(), "a", endless).await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.field.as_deref()), (413, Some("file")));
        assert_eq!(taken, FILE_BYTES_MAX / 1_000_000 + 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let none: Vec<Chunk> = vec![];
        assert_eq!(
            save_under(folder.path(), "a", stream::iter(none)).await.unwrap_err().status,
            422
        );
        let broken = vec![Ok(Bytes::from_static(b"a")), Err(())];
        assert_eq!(
            save_under(folder.path(), "a", stream::iter(broken)).await.unwrap_err().status,
            400
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_are_only_names() {
        for (told, name) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\a.txt", "a.txt"),
            ("a\"b;\r\nSet-Cookie: x.txt", "a\"b;Set-Cookie: x.txt"),
            ("naïve 文.pdf", "naïve 文.pdf"),
            ("..", "file"),
            ("", "file"),
        ] {
            assert_eq!(file_name(told, "application/pdf"), name);
        }
        assert_eq!(file_name("", "image/png"), "picture.png");
    }

    #[test]
    fn percent_encoding_goes_there_and_back() {
        for text in ["naïve 文/\"%.pdf", "100%", "%zz", ""] {
            assert_eq!(percent_decoded(&percent_encoded(text)), text);
        }
        assert_eq!(percent_decoded("%f"), "%f");
    }
}
