//! Style sheets, scripts and pictures of the pages: inside the program, from disk in debug builds.

use crate::app::Shared;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tower_http::compression::CompressionLayer;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

/// Stands in addresses instead of a hash while the files are read from disk.
const LIVE: &str = "live";

/// One hash for all files: a module may then import its neighbours by a relative path.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    if cfg!(debug_assertions) {
        return LIVE.to_owned();
    }
    let mut hash = Sha256::new();
    for path in Files::iter() {
        if let Some(file) = Files::get(&path) {
            hash.update(path.as_bytes());
            hash.update(file.metadata.sha256_hash());
        }
    }
    hex::encode(&hash.finalize()[..8])
});

/// The address of an asset: `url("base.css")`. It changes with its content, so it is kept for ever.
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", *VERSION)
}

/// An asset that is served at an address of its own, which other sites know; none when there is no such asset.
pub fn named(path: &str, headers: &HeaderMap) -> Option<Response> {
    Files::get(path).map(|file| answer(path, file, "public, max-age=300", headers))
}

/// `GET /assets/{version}/{path}`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/assets/{version}/{*path}", get(asset))
        .layer(CompressionLayer::new().gzip(true))
}

async fn asset(Path((version, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(file) = Files::get(&path) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    // A page of an older program asks for an older version: it gets today's file, which must not stay.
    let cache = if version == *VERSION && version != LIVE {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    answer(&path, file, cache, &headers)
}

fn answer(path: &str, file: EmbeddedFile, cache: &'static str, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let common = [
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::ETAG, tag.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type(path))], file.data.into_owned()).into_response()
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|known| opaque(known) == tag))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, asset, content_type, is_known, named, url};
    use axum::extract::Path;
    use axum::http::{HeaderMap, StatusCode, header};

    async fn fetch(path: &str, known: Option<&str>) -> axum::response::Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
        }
        asset(Path(("old".into(), path.into())), headers).await
    }

    #[test]
    fn every_asset_has_a_type_that_browsers_take() {
        for path in Files::iter() {
            assert_ne!(content_type(&path), "application/octet-stream", "{path}");
        }
    }

    #[tokio::test]
    async fn an_asset_is_sent_once_and_then_known() {
        let first = fetch("base.css", None).await;
        assert_eq!(first.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(first.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(fetch("base.css", Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
        // A proxy that compresses weakens the tag.
        let weak = [(header::IF_NONE_MATCH, format!("W/{tag}").parse().unwrap())];
        assert!(is_known(&weak.into_iter().collect(), &tag));
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_served() {
        for path in ["../Cargo.toml", "../src/lib.rs", "/etc/passwd", "nothing.css"] {
            assert_eq!(fetch(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn an_address_names_the_file() {
        assert!(url("base.css").starts_with("/assets/"));
        assert!(url("base.css").ends_with("/base.css"));
        assert!(named("nothing.css", &HeaderMap::new()).is_none());
    }
}
