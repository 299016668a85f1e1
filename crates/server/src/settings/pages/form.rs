//! What forms share: errors beside their fields, and what is said after saving.

use crate::http::error::Problem;
use crate::settings::SettingsError;
use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Problems of fields, in the order in which the form shows the fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Errors(Vec<(String, String)>);

impl Errors {
    /// The problems, sorted by the form's order.
    pub(super) fn new(problems: BTreeMap<String, String>, order: &[&str]) -> Self {
        let place = |name: &str| order.iter().position(|n| *n == name).unwrap_or(usize::MAX);
        let mut problems: Vec<_> = problems.into_iter().collect();
        problems.sort_by_key(|(name, _)| place(name));
        Self(problems)
    }

    /// One problem.
    pub(super) fn one(name: &str, problem: impl Into<String>) -> Self {
        Self(vec![(name.to_owned(), problem.into())])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is wrong with a field.
    pub(super) fn of(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, problem)| problem.as_str())
    }

    /// The attributes that tie a field to its help and its problem. `name` comes from our own code, never from outside.
    pub(super) fn aria(&self, name: &str) -> String {
        let mut text = format!("aria-describedby=\"{name}-help");
        if self.of(name).is_some() {
            text.push_str(&format!(" {name}-error\" aria-invalid=\"true\""));
        } else {
            text.push('"');
        }
        if self.0.first().is_some_and(|(first, _)| first == name) {
            text.push_str(" autofocus");
        }
        text
    }
}

/// `?done=`: what was done, as one of our own sentences.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    pub(super) fn sentence(&self) -> Option<&'static str> {
        Some(match self.done.as_str() {
            "saved" => "Saved. It counts from now on.",
            "added" => "Added.",
            "deleted" => "Deleted.",
            "desk_deleted" => "Deleted. What was open there has ended.",
            "hook" => "The hook has a new address. The old one is refused from now on.",
            "password" => "The new password counts from now on. Your other devices are signed out.",
            _ => return None,
        })
    }
}

/// Wrong fields, or a problem that no field can tell.
pub(super) fn fields_of(error: SettingsError) -> Result<BTreeMap<String, String>, Problem> {
    match error {
        SettingsError::Fields(fields) => Ok(fields),
        SettingsError::Refused(why) => Err(Problem::new(StatusCode::CONFLICT, "refused", why)),
        SettingsError::Store(error) => Err(error.into()),
        other => Err(Problem::internal(other)),
    }
}

/// An id made from a name: letters, digits and hyphens, `-2` and so on when it is taken.
pub(super) fn id_for(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut id = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.ends_with('-') && !id.is_empty() {
            id.push('-');
        }
        if id.len() >= 40 {
            break;
        }
    }
    let id = id.trim_end_matches('-');
    let id = if id.is_empty() { "account" } else { id };
    if !taken(id) && id != "new" {
        return id.to_owned();
    }
    let mut number = 2_u32;
    loop {
        let next = format!("{id}-{number}");
        if !taken(&next) {
            return next;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Errors, id_for};

    #[test]
    fn the_first_problem_of_the_form_gets_the_focus() {
        let problems = [("b".to_owned(), "x".to_owned()), ("a".to_owned(), "y".to_owned())];
        let errors = Errors::new(problems.into(), &["b", "a"]);
        assert!(errors.aria("b").contains("autofocus") && !errors.aria("a").contains("autofocus"));
        assert!(errors.aria("a").contains("a-help a-error"));
        assert!(!errors.aria("c").contains("invalid"));
    }

    #[test]
    fn an_id_is_plain_and_free() {
        assert_eq!(id_for("My Désk \"<b>\"", |_| false), "my-d-sk-b");
        assert_eq!(id_for("Desk", |id| id == "desk"), "desk-2");
        assert_eq!(id_for("../..", |_| false), "account");
        assert_eq!(id_for("new", |_| false), "new-2");
    }
}
