//! What all pages of agents share: the frame around them, their headers, and how they tell of trouble.

#[cfg(test)]
pub(crate) mod tests;

use crate::auth::SignedIn;
use crate::http::error::Problem;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// The frame around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Who looks at it.
    pub name: String,
    /// Whether they may change the settings.
    pub admin: bool,
    /// The token for forms.
    pub csrf: String,
    /// The page's word in the navigation.
    pub here: &'static str,
    /// What to say at the top after something was done.
    pub done: Option<&'static str>,
}

impl Frame {
    /// The frame for someone's page.
    pub fn new(by: &SignedIn, here: &'static str) -> Self {
        Self {
            name: by.member.name.clone(),
            admin: by.member.is_admin(),
            csrf: by.csrf.clone(),
            here,
            done: None,
        }
    }

    /// The same, telling what was done.
    #[must_use]
    pub fn done(mut self, what: Option<&'static str>) -> Self {
        self.done = what;
        self
    }

    /// The first letters of the name, for the round picture.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }

    /// `aria-current` for a link of the navigation.
    pub fn current(&self, link: &str) -> &'static str {
        if self.here == link { "page" } else { "false" }
    }
}

/// The first letters of at most two words of a name.
pub fn initials(name: &str) -> String {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).collect()
}

/// Draws a page.
pub fn page(template: &impl Template) -> Response {
    match template.render() {
        // Nobody who uses the browser after them sees what an agent saw.
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// Draws a page with a status.
pub fn page_with(status: StatusCode, template: &impl Template) -> Response {
    (status, page(template)).into_response()
}

/// A problem, told as a page.
#[derive(Debug, Clone)]
pub struct Trouble(pub Problem);

impl<T: Into<Problem>> From<T> for Trouble {
    fn from(problem: T) -> Self {
        Self(problem.into())
    }
}

#[derive(Template)]
#[template(path = "staff/trouble.html")]
struct TroublePage<'a> {
    title: &'a str,
    message: &'a str,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let title = match self.0.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            status if status.is_server_error() => "Something went wrong",
            _ => "That did not work",
        };
        let page = TroublePage { title, message: &self.0.message };
        let mut answer = page_with(self.0.status, &page);
        if let Some(wait_s) = self.0.retry_after_s {
            answer.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
        }
        answer
    }
}
