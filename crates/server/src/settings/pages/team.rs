//! Settings → Team: who answers, and one's own name and password.

use super::form::{Done, Errors};
use crate::app::Shared;
use crate::auth::{self, AgentError, Agents, CheckedForm, Member, Role, SignedIn};
use crate::http::error::Problem;
use crate::staff::{Frame, Trouble, page, page_with};
use crate::vault::random_text;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings/team", get(list).post(add))
        .route("/settings/team/me", get(me).post(save_me))
        .route("/settings/team/me/password", post(save_password))
        .route("/settings/team/{id}/remove", post(remove))
        .route("/settings/team/{id}/role", post(role))
        .route("/settings/team/{id}/password", post(new_password))
}

#[derive(Template)]
#[template(path = "settings/team.html")]
struct TeamPage {
    frame: Frame,
    errors: Errors,
    me: String,
    members: Vec<Member>,
    name: String,
    login: String,
    role: &'static str,
    /// Someone's new login and password, shown this once.
    once: Option<(String, String)>,
}

async fn list(
    State(app): State<Shared>,
    by: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    Ok(page(&team(&app, &by, done.sentence()).await?))
}

async fn team(
    app: &Shared,
    by: &SignedIn,
    done: Option<&'static str>,
) -> Result<TeamPage, Trouble> {
    Ok(TeamPage {
        frame: Frame::new(by, "team").done(done),
        errors: Errors::default(),
        me: by.member.id.clone(),
        members: Agents::new(&*app.records).list().await?,
        name: String::new(),
        login: String::new(),
        role: "agent",
        once: None,
    })
}

async fn add(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let role = if fields.text("role") == "admin" { Role::Admin } else { Role::Agent };
    let member = Member {
        id: uuid::Uuid::now_v7().simple().to_string(),
        name: fields.text("name").to_owned(),
        login: fields.text("login").to_owned(),
        role,
    };
    let password = random_text().map_err(Problem::internal)?;
    match Agents::new(&*app.records).create(&member, &password).await {
        Ok(_) => {
            let mut shown = team(&app, &by, None).await?;
            shown.once = Some((member.login, password));
            Ok(page(&shown))
        }
        Err(AgentError::Field { field, problem }) => {
            let mut shown = team(&app, &by, None).await?;
            shown.errors = Errors::one(field, problem);
            (shown.name, shown.login, shown.role) = (member.name, member.login, role.as_str());
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(error) => Err(error.into()),
    }
}

async fn remove(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { by, .. } = form.admin()?;
    Agents::new(&*app.records).remove(&id).await?;
    auth::end_others(&app, &id, None).await?;
    let to = if by.member.id == id { "/login" } else { "/settings/team?done=deleted" };
    Ok(Redirect::to(to).into_response())
}

async fn role(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { fields, .. } = form.admin()?;
    let agents = Agents::new(&*app.records);
    let Some(member) = agents.get(&id).await? else { return Err(Trouble(gone())) };
    let role = if fields.text("role") == "admin" { Role::Admin } else { Role::Agent };
    agents.update(&Member { role, ..member }).await?;
    Ok(Redirect::to("/settings/team?done=saved").into_response())
}

/// Someone forgot the password: an administrator makes a new one.
async fn new_password(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { by, .. } = form.admin()?;
    let agents = Agents::new(&*app.records);
    let Some(member) = agents.get(&id).await? else { return Err(Trouble(gone())) };
    let password = random_text().map_err(Problem::internal)?;
    agents.set_password(&id, &password).await?;
    let stay = (by.member.id == id).then_some(by.login.as_str());
    auth::end_others(&app, &id, stay).await?;
    let mut shown = team(&app, &by, None).await?;
    shown.once = Some((member.login, password));
    Ok(page(&shown))
}

#[derive(Template)]
#[template(path = "settings/me.html")]
struct MePage {
    frame: Frame,
    errors: Errors,
    name: String,
    login: String,
}

fn own(by: &SignedIn, done: Option<&'static str>) -> MePage {
    MePage {
        frame: Frame::new(by, "team").done(done),
        errors: Errors::default(),
        name: by.member.name.clone(),
        login: by.member.login.clone(),
    }
}

async fn me(by: SignedIn, Query(done): Query<Done>) -> Response {
    page(&own(&by, done.sentence()))
}

async fn save_me(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form;
    let member = Member {
        name: fields.text("name").to_owned(),
        login: fields.text("login").to_owned(),
        ..by.member.clone()
    };
    match Agents::new(&*app.records).update(&member).await {
        Ok(()) => Ok(Redirect::to("/settings/team/me?done=saved").into_response()),
        Err(AgentError::Field { field, problem }) => {
            let mut shown = own(&by, None);
            shown.errors = Errors::one(field, problem);
            (shown.name, shown.login) = (member.name, member.login);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(error) => Err(error.into()),
    }
}

async fn save_password(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form;
    let agents = Agents::new(&*app.records);
    // A password may begin or end with a space, so the fields are taken as they are.
    let raw = |name: &str| fields.0.get(name).map_or("", String::as_str);
    let (now, new, again) = (raw("now"), raw("password"), raw("again"));
    let mut shown = own(&by, None);
    if new != again {
        shown.errors = Errors::one("again", "This is not the same as the new password.");
    } else if agents.sign_in(&by.member.login, now).await?.is_none() {
        shown.errors = Errors::one("now", "This is not your password.");
    } else {
        match agents.set_password(&by.member.id, new).await {
            Ok(()) => {
                auth::end_others(&app, &by.member.id, Some(&by.login)).await?;
                return Ok(Redirect::to("/settings/team/me?done=password").into_response());
            }
            Err(AgentError::Field { field, problem }) => {
                shown.errors = Errors::one(field, problem);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

fn gone() -> Problem {
    Problem::not_found("There is no such agent any more.")
}
