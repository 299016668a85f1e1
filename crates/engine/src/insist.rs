//! Writing down what a try came to, also where the store is away for longer than it waits by itself.

use crate::{Engine, Error};
use handover_core::port::store::Leased;

/// How often the store is asked while a lease is held. One that may be back in a moment waits for that itself, for seconds;
/// one that answers at once that it cannot will hardly be better a moment later.
const ASKED_MAX: u32 = 20;

impl Engine {
    /// Asks the store again while the lease is held and the store fails, or others are faster all the time: what is not
    /// written down stands in its lane until the lease runs out, and is tried again then without anybody knowing what the
    /// try before came to. The lease keeps what was written after all from being written twice. Says as well whether the
    /// store failed before: then a lost lease may be one that was settled.
    pub(crate) async fn insist<T, F>(
        &self,
        leased: &Leased,
        mut ask: impl FnMut() -> F,
    ) -> (Result<T, Error>, bool)
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (mut asked, mut has_failed) = (0, false);
        loop {
            asked += 1;
            let done = ask().await;
            let again = matches!(done, Err(Error::Store(_) | Error::Busy));
            if !again || asked == ASKED_MAX || self.ports.clock.now() >= leased.until {
                return (done, has_failed);
            }
            has_failed |= matches!(done, Err(Error::Store(_)));
        }
    }
}
