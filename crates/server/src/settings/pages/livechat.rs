//! Settings → Livechat.

use super::desk_view::HealthView;
use super::form::{Done, Errors, fields_of};
use super::hours;
use crate::app::Shared;
use crate::auth::{Admin, CheckedForm, Fields, SignedIn};
use crate::settings::glance::look_at;
use crate::settings::look::look_again;
use crate::settings::{AccountKind, Livechat, close, desks as kinds};
use crate::staff::{Frame, Trouble, page, page_with};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use handover_core::language::{Language, Phrases};
use handover_core::policy::{self, ExpiredAt, OnDeskClosed};
use handover_core::session::SessionRecord;
use std::collections::BTreeMap;

const ORDER: &[&str] = &[
    "desk",
    "language",
    "start_text",
    "end_message",
    "end_label",
    "timeout",
    "expired_at",
    "on_desk_closed",
];

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/settings/livechat", get(show).post(save))
}

/// A desk in the list.
struct DeskRow {
    id: String,
    name: String,
    kind: &'static str,
    summary: &'static str,
    health: HealthView,
    ours: bool,
    editable: bool,
    chosen: bool,
}

/// A kind of desk that can be added.
struct Vendor {
    vendor: &'static str,
    title: &'static str,
    summary: &'static str,
}

#[derive(Template)]
#[template(path = "settings/livechat.html")]
struct LivechatPage {
    frame: Frame,
    errors: Errors,
    desks: Vec<DeskRow>,
    no_desk: bool,
    vendors: Vec<Vendor>,
    timeout: String,
    timeout_words: String,
    expired_at: &'static str,
    languages: [Language; 8],
    language: Language,
    /// What is said where no own text is set.
    shipped: &'static Phrases,
    start_text: String,
    start_silent: bool,
    end_message: String,
    end_label: String,
    on_desk_closed: &'static str,
}

async fn show(
    State(app): State<Shared>,
    Admin(by): Admin,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let now = app.settings.livechat();
    let timeout = hours::show(now.policy.timeout_s);
    let open = close::open(&app).await?;
    Ok(page(&view(&app, &by, now, timeout, Errors::default(), &open).done(done.sentence())))
}

async fn save(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let (livechat, mut problems) = read(&fields, &app.settings.livechat());
    if problems.is_empty() {
        match app.settings.save_livechat(&livechat).await {
            Ok(()) => {
                look_again(&app);
                return Ok(Redirect::to("/settings/livechat?done=saved").into_response());
            }
            Err(error) => problems = fields_of(error)?,
        }
    }
    if let Some(problem) = problems.remove("timeout_s") {
        problems.insert("timeout".into(), problem);
    }
    let timeout = fields.text("timeout").to_owned();
    let open = close::open(&app).await?;
    let shown = view(&app, &by, livechat, timeout, Errors::new(problems, ORDER), &open);
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

/// What the form says, on top of what is set; and what is wrong with it.
fn read(fields: &Fields, before: &Livechat) -> (Livechat, BTreeMap<String, String>) {
    let mut problems = BTreeMap::new();
    let mut wrong = |name: &str, problem: String| {
        problems.insert(name.to_owned(), problem);
    };
    let timeout_s = hours::parse(fields.text("timeout")).unwrap_or_else(|problem| {
        wrong("timeout", problem);
        before.policy.timeout_s
    });
    let expired_at = match fields.text("expired_at") {
        "once" => ExpiredAt::Once,
        "next_message" => ExpiredAt::NextMessage,
        _ => {
            wrong("expired_at", "Choose one of the two.".into());
            before.policy.expired_at
        }
    };
    let on_desk_closed = match fields.text("on_desk_closed") {
        "offer_end" => OnDeskClosed::OfferEnd,
        "end" => OnDeskClosed::End,
        "ignore" => OnDeskClosed::Ignore,
        _ => {
            wrong("on_desk_closed", "Choose one of the three.".into());
            before.policy.on_desk_closed
        }
    };
    let language = match fields.text("language") {
        "" => before.policy.language,
        code => Language::of_code(code).unwrap_or_else(|| {
            wrong("language", "Choose one of the list.".into());
            before.policy.language
        }),
    };
    // An empty field leaves the words to us.
    let own = |name: &str| {
        let text = fields.text(name).replace("\r\n", "\n");
        (!text.trim().is_empty()).then_some(text)
    };
    let start_text = match fields.text("start_silent") {
        "" => own("start_text"),
        _ => Some(String::new()),
    };
    let policy = policy::Livechat {
        timeout_s,
        language,
        end_message: own("end_message"),
        end_label: own("end_label"),
        start_text,
        on_desk_closed,
        expired_at,
        ..before.policy.clone()
    };
    let desk = Some(fields.text("desk")).filter(|desk| !desk.is_empty()).map(str::to_owned);
    (Livechat { desk, policy }, problems)
}

impl LivechatPage {
    fn done(mut self, what: Option<&'static str>) -> Self {
        self.frame = self.frame.done(what);
        self
    }
}

fn view(
    app: &Shared,
    by: &SignedIn,
    livechat: Livechat,
    timeout: String,
    errors: Errors,
    open: &[SessionRecord],
) -> LivechatPage {
    let desks = app.settings.accounts(AccountKind::Desk);
    let desks = desks.iter().map(|account| {
        let manifest = AccountKind::Desk.manifest(&account.vendor);
        DeskRow {
            kind: manifest.map_or("Unknown", |manifest| manifest.title),
            health: HealthView::of(&look_at(app, account, open), app.clock.now()),
            ours: manifest.is_some_and(|manifest| manifest.capabilities.pulls),
            id: account.id.to_string(),
            name: account.name.clone(),
            summary: manifest.map_or("Its kind is not known to this version.", |m| m.summary),
            editable: manifest.is_some_and(|manifest| !manifest.fields.is_empty()),
            chosen: livechat.desk.as_deref() == Some(account.id.as_str()),
        }
    });
    let vendors = kinds().map(|desk| desk.manifest());
    let vendors = vendors.filter(|manifest| !manifest.fields.is_empty());
    LivechatPage {
        frame: Frame::new(by, "livechat"),
        desks: desks.collect(),
        no_desk: livechat.desk.is_none(),
        vendors: vendors
            .map(|m| Vendor { vendor: m.vendor, title: m.title, summary: m.summary })
            .collect(),
        timeout_words: hours::parse(&timeout).map(hours::words).unwrap_or_default(),
        timeout,
        expired_at: match livechat.policy.expired_at {
            ExpiredAt::Once => "once",
            ExpiredAt::NextMessage => "next_message",
        },
        languages: Language::ALL,
        language: livechat.policy.language,
        shipped: livechat.policy.language.phrases(),
        start_silent: livechat.policy.start_text.as_deref().is_some_and(str::is_empty),
        start_text: livechat.policy.start_text.unwrap_or_default(),
        end_message: livechat.policy.end_message.unwrap_or_default(),
        end_label: livechat.policy.end_label.unwrap_or_default(),
        on_desk_closed: match livechat.policy.on_desk_closed {
            OnDeskClosed::OfferEnd => "offer_end",
            OnDeskClosed::End => "end",
            OnDeskClosed::Ignore => "ignore",
        },
        errors,
    }
}
