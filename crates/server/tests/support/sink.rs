//! A desk's far end: it writes down whatever is posted to it, in the order in which it comes.

use super::api::Api;
use super::load::names_another;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One post.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The same when a post is repeated.
    pub(crate) id: String,
    /// The contact.
    pub(crate) user: String,
    /// Which session of the contact, and what was said or happened.
    pub(crate) what: String,
    /// Whether it names somebody else.
    pub(crate) crossed: bool,
}

/// How long it takes to answer: so much longer is a post on its way.
const SLOW: Duration = Duration::from_millis(30);

type Arrivals = Arc<Mutex<Vec<Arrival>>>;

/// A desk's far end, as long as the test's runtime.
pub(crate) struct Sink {
    url: String,
    arrivals: Arrivals,
}

impl Sink {
    pub(crate) async fn start(address: IpAddr) -> Self {
        let arrivals = Arrivals::default();
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&arrivals));
        let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, arrivals }
    }

    /// New sessions go here from now on.
    pub(crate) async fn connect(&self, api: &Api) {
        let desk = json!({
            "vendor": "webhook",
            "settings": { "url": self.url, "secret": "the secret of the sink" },
        });
        let path = "/v1/settings/desks/sink?connect=false";
        api.until_answered(Method::PUT, path, &desk).await;
        let chosen = json!({ "desk": "sink" });
        api.until_answered(Method::PUT, "/v1/settings/livechat", &chosen).await;
    }

    /// All that came.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }
}

async fn take(State(all): State<Arrivals>, headers: HeaderMap, Json(body): Json<Value>) {
    let user = body["contact"]["id"].as_str().unwrap_or_default().to_owned();
    let what = match body["type"].as_str() {
        Some("message.created") => body["message"]["text"].as_str().unwrap_or("no text"),
        kind => kind.unwrap_or("no type"),
    };
    let arrival = Arrival {
        id: headers["webhook-id"].to_str().unwrap().to_owned(),
        what: format!("{} {what}", body["session"]["ordinal"]),
        crossed: names_another(&body.to_string(), &user),
        user,
    };
    all.lock().unwrap().push(arrival);
    tokio::time::sleep(SLOW).await;
}
