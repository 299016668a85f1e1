//! The chat page, the widget's loader, and a page to try the widget on.

use super::web_channel;
use crate::app::Shared;
use crate::files::FILE_BYTES_MAX;
use crate::http::assets;
use crate::http::error::Problem;
use crate::settings::WEB_CHANNEL;
use crate::words::{Words, of_header, words};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use handover_adapters::channel::web::TEXT_CHARS_MAX;
use handover_core::language::Language;
use serde::Deserialize;
use serde_json::Value;
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
    /// What the site says of the contact's language.
    #[serde(default)]
    language: Option<String>,
    /// What the site says of the contact.
    #[serde(default)]
    metadata: Option<String>,
}

impl Shown {
    /// The language in which the page is to be: by the same rule as the session's.
    fn language(self, headers: &HeaderMap, otherwise: Language) -> Language {
        let metadata = self.metadata.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let told = metadata.as_ref().and_then(|metadata| metadata.get("language")?.as_str());
        let language = match told.or(self.language.as_deref()) {
            Some(tag) => Language::of_tag(tag),
            None => of_header(headers),
        };
        language.unwrap_or(otherwise)
    }
}

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage<'a> {
    channel: &'a str,
    language: Language,
    words: &'static Words,
    /// The same for the page's scripts.
    words_json: String,
    title: &'a str,
    initial: String,
    logo: Option<&'a str>,
    embed: bool,
    file_bytes_max: u64,
    text_chars_max: usize,
}

async fn chat(
    State(app): State<Shared>,
    Path(channel): Path<String>,
    Query(shown): Query<Shown>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = web_channel(&app, &channel)?;
    let embed = shown.embed.is_some();
    let language = shown.language(&headers, app.settings.language());
    let words = words(language);
    let title = account.text("title").unwrap_or("Chat");
    let page = ChatPage {
        channel: account.id.as_str(),
        language,
        words,
        words_json: serde_json::to_string(words).map_err(Problem::internal)?,
        title,
        initial: title.chars().take(1).collect(),
        logo: account.text("logo_url"),
        embed,
        file_bytes_max: FILE_BYTES_MAX,
        text_chars_max: TEXT_CHARS_MAX,
    };
    let html = page.render().map_err(Problem::internal)?;
    let mut answer = Html(html).into_response();
    let policy =
        HeaderValue::from_str(&policy(account.text("allowed_sites"))).map_err(Problem::internal)?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("accept-language"));
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
    use super::{Shown, policy};
    use axum::http::HeaderMap;
    use axum::http::header::ACCEPT_LANGUAGE;
    use handover_core::language::Language;

    #[test]
    fn a_page_is_in_the_language_that_its_session_will_have() {
        let by = |metadata: &str, language: &str, accepts: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let shown = Shown { embed: None, language: some(language), metadata: some(metadata) };
            let mut headers = HeaderMap::new();
            if let Ok(accepts) = accepts.parse() {
                headers.insert(ACCEPT_LANGUAGE, accepts);
            }
            shown.language(&headers, Language::Dutch).code()
        };
        assert_eq!(by("", "", "pt-BR,pt;q=0.9,en;q=0.8"), "pt");
        assert_eq!(by("", "de", "pt-BR"), "de", "the site knows better than the browser");
        assert_eq!(by(r#"{"language":"fr_FR"}"#, "", "pt-BR"), "fr");
        assert_eq!(by(r#"{"language":"sv"}"#, "", "pt-BR"), "nl", "no words: the operator's");
        assert_eq!(by("", "", "sv-SE,de;q=0.5"), "nl");
        assert_eq!(by("no json", "", ""), "nl");
        assert_eq!(by(r#"{"language":7}"#, "", "*"), "nl");
    }

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
