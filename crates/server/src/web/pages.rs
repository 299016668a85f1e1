//! The chat page, the widget's loader, and a page to try the widget on.

use super::web_channel;
use crate::app::Shared;
use crate::files::FILE_BYTES_MAX;
use crate::http::assets;
use crate::http::error::Problem;
use crate::settings::WEB_CHANNEL;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use tower_http::compression::CompressionLayer;

pub(super) fn routes() -> Router<Shared> {
    let to_chat = || async { Redirect::temporary(&format!("/chat/{WEB_CHANNEL}")) };
    Router::new()
        .route("/", get(to_chat))
        .route("/chat", get(to_chat))
        .route("/chat/{channel}", get(chat))
        .route("/widget.js", get(widget))
        .route("/demo", get(demo))
        .layer(CompressionLayer::new().gzip(true))
}

#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(default)]
    embed: Option<String>,
}

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage<'a> {
    channel: &'a str,
    title: &'a str,
    initial: String,
    logo: Option<&'a str>,
    embed: bool,
    file_bytes_max: u64,
}

async fn chat(
    State(app): State<Shared>,
    Path(channel): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Problem> {
    let account = web_channel(&app, &channel)?;
    let title = account.text("title").unwrap_or("Chat");
    let page = ChatPage {
        channel: account.id.as_str(),
        title,
        initial: title.chars().take(1).collect(),
        logo: account.text("logo_url"),
        embed: shown.embed.is_some(),
        file_bytes_max: FILE_BYTES_MAX,
    };
    let html = page.render().map_err(Problem::internal)?;
    let mut answer = Html(html).into_response();
    let policy =
        HeaderValue::from_str(&policy(account.text("allowed_sites"))).map_err(Problem::internal)?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(answer)
}

/// The chat page alone may be shown inside other sites: inside all, or inside those that the operator named.
fn policy(allowed_sites: Option<&str>) -> String {
    let sites: Vec<&str> = allowed_sites
        .unwrap_or_default()
        .split([' ', ',', '\n', '\t'])
        .filter(|site| site.starts_with("https://") || site.starts_with("http://"))
        .filter(|site| site.bytes().all(|b| b.is_ascii_graphic() && !b";'\"".contains(&b)))
        .collect();
    let ancestors =
        if sites.is_empty() { "*".to_owned() } else { format!("'self' {}", sites.join(" ")) };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self' https: http: data: blob:; media-src 'self' https: http: blob:; \
         base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
}

async fn widget(headers: HeaderMap) -> Result<Response, Problem> {
    assets::named("widget.js", &headers).ok_or_else(|| Problem::internal("the loader is missing"))
}

#[derive(Template)]
#[template(path = "demo.html")]
struct DemoPage {
    origin: String,
}

async fn demo(headers: HeaderMap) -> Result<Html<String>, Problem> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = text(header::HOST).unwrap_or("chat.example");
    let proxy = text(header::HeaderName::from_static("x-forwarded-proto"));
    let origin = format!("{}://{host}", if proxy == Some("https") { "https" } else { "http" });
    DemoPage { origin }.render().map(Html).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::policy;

    #[test]
    fn only_named_sites_may_show_the_chat() {
        assert!(policy(None).ends_with("frame-ancestors *"));
        let some = policy(Some("https://a.test, https://b.test:8443"));
        assert!(some.ends_with("frame-ancestors 'self' https://a.test https://b.test:8443"));
        let evil = policy(Some("https://a.test;script-src * 'unsafe-inline'"));
        assert!(!evil.contains("script-src *"), "{evil}");
    }

    #[test]
    fn no_page_may_run_scripts_of_others() {
        for word in ["unsafe", "script-src *", "default-src *"] {
            assert!(!policy(None).contains(word));
        }
    }
}
