//! The numbers that are kept, and what to say about new ones.

use crate::Failed;
use crate::cases::Case;
use std::path::PathBuf;
use toml::{Table, Value};

/// Where they are kept, from the root of the repository.
pub(crate) const FILE: &str = "crates/counts/instructions.toml";

/// How far a count may move, in hundredths. Between compilers of the same release, libraries of the system and processors
/// counts move by a few; what is worth to be known moves them by more.
const MAY_MOVE_PERCENT: u64 = 10;

const HEAD: &str =
    "# Instructions of each case, by processor and profile. Written by: counts --accept\n\n";

/// The numbers for this processor and profile, among all that the file has.
pub(crate) struct Kept {
    all: Table,
    place: String,
}

/// Numbers of another processor or profile say nothing about this one.
fn place() -> String {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    format!("{}-{profile}", std::env::consts::ARCH)
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instructions.toml")
}

impl Kept {
    /// Reads the file.
    ///
    /// # Errors
    /// When there is none, or it is not what was written.
    pub(crate) fn read() -> Result<Self, Failed> {
        let text = std::fs::read_to_string(path()).map_err(|error| format!("{FILE}: {error}"))?;
        Ok(Self { all: text.parse()?, place: place() })
    }

    pub(crate) fn of(&self, name: &str) -> Option<u64> {
        u64::try_from(self.all.get(&self.place)?.get(name)?.as_integer()?).ok()
    }

    pub(crate) fn put(&mut self, name: &str, count: u64) {
        let here = self.all.entry(self.place.clone()).or_insert_with(|| Table::new().into());
        if let (Some(here), Ok(count)) = (here.as_table_mut(), i64::try_from(count)) {
            here.insert(name.to_owned(), Value::Integer(count));
        }
    }

    pub(crate) fn write(&self) -> Result<(), Failed> {
        Ok(std::fs::write(path(), format!("{HEAD}{}", toml::to_string(&self.all)?))?)
    }
}

/// What a count says beside the one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    More,
    Less,
    /// None is kept.
    Unknown,
}

impl Verdict {
    pub(crate) fn of(kept: Option<u64>, now: u64) -> Self {
        match kept {
            None => Self::Unknown,
            Some(kept) if now * 100 > kept * (100 + MAY_MOVE_PERCENT) => Self::More,
            Some(kept) if now * 100 < kept * (100 - MAY_MOVE_PERCENT) => Self::Less,
            Some(_) => Self::Same,
        }
    }

    pub(crate) fn word(self, kept: Option<u64>, now: u64) -> String {
        let kept = kept.unwrap_or(now).max(1);
        let permille = (i128::from(now) - i128::from(kept)) * 1000 / i128::from(kept);
        let sign = if permille < 0 { "-" } else { "+" };
        let moved = format!("{sign}{}.{} %", permille.abs() / 10, permille.abs() % 10);
        match self {
            Self::Same => moved,
            Self::More => format!("{moved}  TOO MUCH"),
            Self::Less => format!("{moved}  better"),
            Self::Unknown => "not kept yet".to_owned(),
        }
    }
}

/// Says what to do; false when something takes too much, or nothing says what it may take.
pub(crate) fn tell(verdicts: &[(&Case, Verdict)]) -> bool {
    let names = |wanted: Verdict| {
        let named = verdicts.iter().filter(|(_, verdict)| *verdict == wanted);
        named.map(|(case, _)| format!("{} ({})", case.name, case.what)).collect::<Vec<_>>()
    };
    let (more, less, unknown) =
        (names(Verdict::More), names(Verdict::Less), names(Verdict::Unknown));
    let accept = "Keep the new numbers, and say why in the commit: .ci/counts --accept";
    if !more.is_empty() {
        println!("More than {MAY_MOVE_PERCENT} % slower: {}.", more.join(", "));
        println!(
            "Find what costs it, or if it is worth it (or only the compiler is new): {accept}"
        );
    }
    if !less.is_empty() {
        println!("More than {MAY_MOVE_PERCENT} % faster: {}.", less.join(", "));
        println!("So that it stays so: {accept}");
    }
    if !unknown.is_empty() {
        println!("No numbers are kept in [{}] of {FILE} for: {}.", place(), unknown.join(", "));
        println!("{accept}");
    }
    more.is_empty() && unknown.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Kept, Verdict, tell};
    use crate::cases::CASES;

    #[test]
    fn a_tenth_may_be_moved_and_no_more() {
        let of = |now| Verdict::of(Some(1000), now);
        let all = [of(899), of(900), of(1000), of(1100), of(1101), Verdict::of(None, 1)];
        use Verdict::{Less, More, Same, Unknown};
        assert_eq!(all, [Less, Same, Same, Same, More, Unknown]);
        assert_eq!(of(1101).word(Some(1000), 1101), "+10.1 %  TOO MUCH");
        assert_eq!(of(995).word(Some(1000), 995), "-0.5 %");
    }

    #[test]
    fn what_became_slower_fails_and_what_nobody_has_measured() {
        let case = &CASES[0];
        assert!(tell(&[(case, Verdict::Same), (case, Verdict::Less)]));
        assert!(!tell(&[(case, Verdict::Same), (case, Verdict::More)]));
        assert!(!tell(&[(case, Verdict::Same), (case, Verdict::Unknown)]));
    }

    #[test]
    fn the_file_names_cases_that_there_are() {
        let kept = Kept::read().unwrap();
        let places = kept.all.values().filter_map(toml::Value::as_table);
        for name in places.flat_map(toml::Table::keys) {
            assert!(CASES.iter().any(|case| case.name == name), "{name}");
        }
    }
}
