//! What a run came to, and what several runs of the same come to together.

use serde::Serialize;
use std::collections::BTreeMap;

/// What one run came to. Whatever does not apply is left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// By name, with the unit at the end.
    pub of: BTreeMap<&'static str, f64>,
    /// What went wrong: failed, lost, doubled, out of order.
    pub faults: u64,
    /// How idle the machine was before it.
    pub idle_before: f64,
    /// What has to be known to read it; why there is nothing, if there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Figures {
    #[must_use]
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.of.insert(name, value);
        self
    }

    #[must_use]
    pub fn faults(mut self, faults: u64) -> Self {
        self.faults += faults;
        self
    }

    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    pub fn get(&self, name: &str) -> Option<f64> {
        self.of.get(name).copied()
    }
}

/// What a row should reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Nothing: it is what others are measured against, or is only told.
    None,
    /// This much of the rate of what it is beside.
    Ratio(f64),
    /// A figure, at most.
    AtMost(&'static str, f64),
}

/// A row of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub group: &'static str,
    pub name: String,
    /// The row that it is measured against.
    pub beside: Option<String>,
    pub goal: Goal,
    pub rounds: Vec<Figures>,
}

/// The middle of some figures, the lowest and the highest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub lowest: f64,
    pub highest: f64,
}

impl Spread {
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (lowest, highest) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Some(Self { median, lowest, highest })
    }
}

impl Row {
    /// One figure over all rounds.
    pub fn spread(&self, name: &str) -> Option<Spread> {
        Spread::of(self.rounds.iter().filter_map(|round| round.get(name)))
    }

    /// How its rate stands to that of another, round by round: what slows both slows neither ratio.
    pub fn ratio(&self, beside: &Self) -> Option<Spread> {
        let both = self.rounds.iter().zip(&beside.rounds);
        Spread::of(both.filter_map(|(own, other)| Some(own.get("per_s")? / other.get("per_s")?)))
    }

    /// What was noted, each once.
    pub fn notes(&self) -> Vec<&str> {
        let mut notes: Vec<&str> =
            self.rounds.iter().filter_map(|round| round.note.as_deref()).collect();
        notes.dedup();
        notes
    }

    pub fn faults(&self) -> u64 {
        self.rounds.iter().map(|round| round.faults).sum()
    }

    /// Whether it reached its goal; none when it has none.
    pub fn reached(&self, ratio: Option<Spread>) -> Option<bool> {
        match self.goal {
            Goal::None => None,
            Goal::Ratio(reach) => Some(ratio?.median >= reach),
            Goal::AtMost(figure, most) => Some(self.spread(figure)?.median <= most),
        }
    }
}
