//! How a file comes onto the disk: streamed, counted, named by what is in it and not by what its sender says it is.

use super::blobs::{Blobs, FileId, Kept, Part};
use crate::app::App;
use crate::http::error::Problem;
use crate::render::clean_name;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::{Stream, StreamExt};
use handover_core::content::{Media, MediaKind};
use std::io;
use std::path::Path;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

/// The largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 10 * 1000 * 1000;
/// How much of a file's beginning tells its type.
const HEAD_BYTES: usize = 8192;
/// After how many seconds to ask again for what could not be read.
const READ_RETRY_S: u32 = 5;
const NAME_CHARS_MAX: usize = 120;

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
    save_in(&*app.files, name, bytes).await
}

pub(super) async fn save_in<E>(
    files: &dyn Blobs,
    name: &str,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Media, Problem> {
    let id = FileId::new().map_err(Problem::internal)?;
    fs::create_dir_all(files.parts()).await.map_err(Problem::not_stored)?;
    let path = files.parts().join(format!("{id}.part"));
    match keep(files, &id, &path, name, bytes).await {
        Ok(kept) => Ok(media(&id, kept)),
        Err(problem) => {
            // What did not become a file must not fill the disk; if this fails too, there is nothing more to try.
            let _ = fs::remove_file(&path).await;
            Err(problem)
        }
    }
}

async fn keep<E>(
    files: &dyn Blobs,
    id: &FileId,
    path: &Path,
    name: &str,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Kept, Problem> {
    let mut file = File::create_new(path).await.map_err(Problem::not_stored)?;
    let Written { mime, size_bytes } = write(&mut file, bytes).await?;
    let kept = Kept { name: file_name(name, mime), mime: mime.into(), size_bytes };
    let part = Part { path: path.to_owned(), file };
    files.keep(id, &kept, &part).await.map_err(Problem::not_stored)?;
    Ok(kept)
}

struct Written {
    mime: &'static str,
    size_bytes: u64,
}

async fn write<E>(
    file: &mut File,
    mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Written, Problem> {
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
    Ok(Written { mime: sniffed(&head), size_bytes })
}

/// Finds a file that was kept, by its address under `/files/`.
///
/// # Errors
/// 503 when it cannot be looked up now.
pub async fn find(app: &App, url: &str) -> Result<Option<Media>, Problem> {
    let id = url.strip_prefix("/files/").and_then(|rest| rest.split_once('/'));
    let Some(id) = id.and_then(|(id, _)| FileId::read(id)) else { return Ok(None) };
    let kept = app.files.about(&id).await.map_err(not_read)?;
    Ok(kept.map(|kept| media(&id, kept)))
}

/// 503: a file that may well be there could not be read.
pub(super) fn not_read(reason: io::Error) -> Problem {
    tracing::error!(%reason, "a file could not be read");
    let words = "The file cannot be read just now. Please try again in a few seconds.";
    Problem::later("file_not_read", READ_RETRY_S, words)
}

fn media(id: &FileId, kept: Kept) -> Media {
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
    use super::{file_name, percent_decoded, percent_encoded};

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
