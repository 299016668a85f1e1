//! The languages in which Handover speaks for itself: to the contact in theirs, at the desk in the operator's.

mod dutch;
mod english;
mod french;
mod german;
mod italian;
mod phrases;
mod polish;
mod portuguese;
mod spanish;

#[cfg(test)]
mod tests;

pub use phrases::{Phrases, fill};

use serde::{Deserialize, Serialize};

/// A language that there are words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Italian.
    #[serde(rename = "it")]
    Italian,
    /// Portuguese, as in Brazil.
    #[serde(rename = "pt")]
    Portuguese,
    /// Dutch.
    #[serde(rename = "nl")]
    Dutch,
    /// Polish.
    #[serde(rename = "pl")]
    Polish,
}

impl Language {
    /// All of them, in the order in which lists show them.
    pub const ALL: [Self; 8] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Italian,
        Self::Portuguese,
        Self::Dutch,
        Self::Polish,
    ];

    /// The code of ISO 639-1, for the settings, the API and the `lang` of pages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Dutch => "nl",
            Self::Polish => "pl",
        }
    }

    /// What its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::Italian => "Italiano",
            Self::Portuguese => "Português",
            Self::Dutch => "Nederlands",
            Self::Polish => "Polski",
        }
    }

    /// The language with exactly this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language of a tag as browsers, vendors and people write it (`pt-BR`, `de_AT`, `EN`). Of a list
    /// (`sv,fr-FR;q=0.8`) the first that there are words for.
    pub fn of_tag(tags: &str) -> Option<Self> {
        tags.split(',').find_map(|tag| {
            let tag = tag.split(';').next().unwrap_or_default();
            let primary = tag.split(['-', '_']).next().unwrap_or_default();
            Self::of_code(&primary.trim().to_ascii_lowercase())
        })
    }

    /// What Handover says in it.
    pub const fn phrases(self) -> &'static Phrases {
        match self {
            Self::English => &english::PHRASES,
            Self::German => &german::PHRASES,
            Self::French => &french::PHRASES,
            Self::Spanish => &spanish::PHRASES,
            Self::Italian => &italian::PHRASES,
            Self::Portuguese => &portuguese::PHRASES,
            Self::Dutch => &dutch::PHRASES,
            Self::Polish => &polish::PHRASES,
        }
    }
}
