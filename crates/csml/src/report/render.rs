//! Findings as text with the line and a caret.

use std::fmt;

use super::{Diagnostic, Report};

/// More of a line than this is not shown.
pub(super) const LINE_CHARS_MAX: usize = 400;

impl Diagnostic {
    /// The line of source with a caret below the place.
    pub fn excerpt(&self) -> Option<String> {
        let source = self.source_line.as_deref()?;
        let number = self.line.to_string();
        let gap = " ".repeat(number.len());
        let column = usize::try_from(self.column.saturating_sub(1)).unwrap_or(0);
        // Tabs stay tabs, so that the caret stands below its sign in any width.
        let lead: String =
            source.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        Some(format!(" {gap} |\n {number} | {}\n {gap} | {lead}^", source.trim_end()))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if self.line > 0 {
            write!(f, "\n  --> {}, line {}, column {}", self.flow, self.line, self.column)?;
        } else {
            write!(f, "\n  --> {}", self.flow)?;
        }
        if let Some(excerpt) = self.excerpt() {
            write!(f, "\n{excerpt}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl Report {
    /// All findings as text for a terminal, errors first, and a line with their numbers.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (word, list) in [("error", &self.errors), ("warning", &self.warnings)] {
            for finding in list {
                text.push_str(&format!("{word}[{}]: {finding}\n\n", finding.kind.name()));
            }
        }
        let count = |number: usize, word: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {word}{plural}")
        };
        let errors = count(self.errors.len(), "error");
        let warnings = count(self.warnings.len(), "warning");
        text.push_str(&format!("{errors}, {warnings}\n"));
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render().trim_end())
    }
}

impl std::error::Error for Report {}
