//! What can go wrong, and whether it may go away by itself.

use handover_core::port::store::StoreError;
use std::error::Error;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_postgres::error::SqlState;

/// How long a call tries anew what may go away by itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The first pause between two tries; each is twice the one before, up to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_LAST: Duration = Duration::from_millis(500);

/// A result of what was tried.
pub(super) type Tried<T> = Result<T, Failure>;

/// Why it could not be done, in words without secrets.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It will not be done, however often it is asked for.
    Refused(String),
    /// Nothing was written, and another try may go better: the connection was lost, the database restarts, two
    /// transactions were in each other's way.
    Passing(String),
    /// The connection was lost at the COMMIT, and it could not be found out what became of it.
    Unknown(String),
}

impl Failure {
    /// A time that has run out.
    pub(super) fn too_slow() -> Self {
        Self::Passing("the database does not answer".into())
    }
}

/// The failure in the port's words.
pub(super) fn told(failure: Failure) -> StoreError {
    StoreError(match failure {
        Failure::Refused(why) => why,
        Failure::Passing(why) => {
            format!("{why}; tried until the time for it was over, and nothing was written")
        }
        Failure::Unknown(why) => {
            format!("nobody knows whether it was written, as the connection was lost: {why}")
        }
    })
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let why = words(&error);
        let passes = match error.code() {
            Some(code) => may_pass(code),
            None => !is_ours(&why),
        };
        if passes { Self::Passing(why) } else { Self::Refused(why) }
    }
}

/// What the server said, without the values that it may show beside it; or what the connection met.
fn words(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        words = format!("{words}: {deeper}");
        source = deeper.source();
    }
    words
}

/// Whether what the server said may be otherwise a moment later and on another connection, by its code or the class of it.
fn may_pass(code: &SqlState) -> bool {
    const CLASSES: [&str; 5] = [
        "08", // the connection
        "40", // serialisation, deadlock
        "53", // no connection, memory or disk left
        "57", // shut down, starting up, cancelled as it took too long
        "58", // the disk
    ];
    const OTHERS: [&str; 6] = [
        "55P03", // a lock that another has
        "25006", // a server that can only be read: it has lost its place to another
        "25P03", // a transaction that was left alone
        "25P04", // a transaction that took too long
        "26000", // a connection on which our statements are not prepared, or no longer
        "0A000", // or are no longer what they were, as another version has changed the tables
    ];
    CLASSES.iter().any(|class| code.code().starts_with(class)) || OTHERS.contains(&code.code())
}

/// Whether it lies in what we ask, in how the database's address is written or in what the server shows for itself, and not
/// in the connection.
fn is_ours(words: &str) -> bool {
    ["error serializing", "error deserializing", "invalid", "expected", "authentication"]
        .iter()
        .any(|beginning| words.starts_with(beginning))
        || words.contains("invalid peer certificate")
}

/// Tries until a deadline, with pauses that grow.
pub(super) struct Tries {
    deadline: Instant,
    pause: Duration,
}

impl Tries {
    pub(super) fn until(deadline: Instant) -> Self {
        Self { deadline, pause: PAUSE_FIRST }
    }

    /// Waits before the next try; the failure itself when there is no time left for one.
    pub(super) async fn pause(&mut self, failure: Failure) -> Tried<()> {
        if Instant::now() + self.pause >= self.deadline {
            return Err(failure);
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_LAST);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_will_not() {
        for passes in ["40001", "40P01", "57P01", "57P03", "25006", "53300", "08006", "55P03"] {
            assert!(may_pass(&SqlState::from_code(passes)), "{passes}");
        }
        for stays in ["23505", "42P01", "22021", "28P01", "3D000", "54000"] {
            assert!(!may_pass(&SqlState::from_code(stays)), "{stays}");
        }
    }

    #[test]
    fn the_last_try_is_told_whether_something_may_have_been_written() {
        let told = |failure| told(failure).to_string();
        assert!(told(Failure::too_slow()).contains("nothing was written"));
        assert!(told(Failure::Unknown("gone".into())).contains("nobody knows"));
    }
}
