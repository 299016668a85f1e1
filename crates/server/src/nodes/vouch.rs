//! Whether this node may go on with what it has taken.
//!
//! The others free the leases of a node that has said nothing for a while ([`super::GONE`]). They cannot know whether it is
//! dead, stands still or was cut off. So a node that could not say in time that it lives makes no further call for what it
//! took before: whoever takes it anew looks at the receiver half a minute later, and what was sent last has arrived by then.

use async_trait::async_trait;
use handover_core::port::clock::Clock;
use handover_core::port::http::{CallError, Http, Reply, Request};
use handover_core::time::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long saying that one lives is good for: less than what it takes the others to see that one is gone.
const GOOD_FOR: Duration = Duration::from_secs(10);

tokio::task_local! {
    /// The term in which the delivery that is worked on was leased.
    static TERM: u64;
}

/// Whether this node may go on with what it has taken.
pub struct Vouch {
    clock: Arc<dyn Clock>,
    /// Where nobody else is there, nothing need be said.
    is_alone: bool,
    state: Mutex<State>,
    at_work: AtomicU64,
}

/// A moment by both clocks of the machine: one stands still while the machine sleeps, the other may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(Instant, pub(super) Timestamp);

#[derive(Default)]
struct State {
    /// What was leased in an earlier term is lost.
    term: u64,
    /// When the last word of this term that it lives was begun.
    said: Option<Moment>,
}

impl Vouch {
    pub(super) fn new(is_alone: bool, clock: Arc<dyn Clock>) -> Self {
        Self { clock, is_alone, state: Mutex::default(), at_work: AtomicU64::new(0) }
    }

    /// Deliveries that are worked on now.
    pub fn at_work(&self) -> u64 {
        self.at_work.load(Ordering::Relaxed)
    }

    /// To be asked before deliveries are leased.
    pub fn term(&self) -> u64 {
        self.lock().term
    }

    pub(super) fn now(&self) -> Moment {
        Moment(Instant::now(), self.clock.now())
    }

    /// Whether it has been so long since the last word that others may have freed what this node has.
    pub(super) fn is_over(&self) -> bool {
        self.lock().said.is_some_and(|said| !self.is_good(said))
    }

    /// What was taken so far is lost. Nothing is taken until others were told.
    pub(super) fn begin_anew(&self) {
        let mut state = self.lock();
        state.term += 1;
        state.said = None;
    }

    /// The others were told, at this moment or later. Says nothing if that came too late.
    pub(super) fn said(&self, at: Moment) {
        let mut state = self.lock();
        if state.said.is_none_or(|before| self.is_good(before)) {
            state.said = Some(at);
        }
    }

    fn is_good(&self, said: Moment) -> bool {
        let by_the_wall = self.clock.now().since_ms(said.1);
        let by_the_wall = Duration::from_millis(u64::try_from(by_the_wall).unwrap_or_default());
        said.0.elapsed().max(by_the_wall) < GOOD_FOR
    }

    /// Whether what is taken now may be worked on.
    pub fn may_take(&self) -> bool {
        self.is_alone || self.lock().said.is_some_and(|said| self.is_good(said))
    }

    fn may_call(&self) -> bool {
        let Ok(term) = TERM.try_with(|term| *term) else { return true };
        let state = self.lock();
        self.is_alone || (state.term == term && state.said.is_some_and(|said| self.is_good(said)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A delivery that was leased in a term. It counts as one that is worked on until it is dropped.
pub struct Taken {
    vouch: Arc<Vouch>,
    term: u64,
}

impl Taken {
    /// One that was leased after [`Vouch::term`] was asked for this term.
    pub fn new(vouch: &Arc<Vouch>, term: u64) -> Self {
        vouch.at_work.fetch_add(1, Ordering::Relaxed);
        Self { vouch: Arc::clone(vouch), term }
    }

    /// Works on it: no call is begun once it may be another's.
    pub async fn work<F: Future>(self, work: F) -> F::Output {
        TERM.scope(self.term, work).await
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.vouch.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes calls while the node may.
pub struct Vouched {
    vouch: Arc<Vouch>,
    http: Arc<dyn Http>,
}

impl Vouched {
    /// Calls by this client.
    pub fn new(vouch: Arc<Vouch>, http: Arc<dyn Http>) -> Self {
        Self { vouch, http }
    }
}

#[async_trait]
impl Http for Vouched {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        if !self.vouch.may_call() {
            let why = "this node was cut off from the others, who go on with it";
            return Err(CallError::NotSent(why.into()));
        }
        self.http.call(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::{GOOD_FOR, Taken, Vouch};
    use crate::nodes::tests::TestClock;
    use handover_core::port::clock::Clock;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::advance;

    fn vouch() -> (Arc<Vouch>, Arc<TestClock>) {
        let clock = Arc::new(TestClock::default());
        (Arc::new(Vouch::new(false, clock.clone() as Arc<dyn Clock>)), clock)
    }

    async fn may_call(vouch: &Arc<Vouch>, term: u64) -> bool {
        Taken::new(vouch, term).work(async { vouch.may_call() }).await
    }

    #[tokio::test(start_paused = true)]
    async fn promise_c_what_was_taken_before_a_silence_is_let_go() {
        let (vouch, _) = vouch();
        let term = vouch.term();
        assert!(!may_call(&vouch, term).await && !vouch.may_take(), "nobody knows of it yet");
        vouch.said(vouch.now());
        assert!(may_call(&vouch, term).await && vouch.may_take());
        advance(GOOD_FOR).await;
        assert!(!may_call(&vouch, term).await && !vouch.may_take() && vouch.is_over());
        // A word that comes too late brings nothing back.
        vouch.said(vouch.now());
        assert!(!may_call(&vouch, term).await && vouch.is_over());
        vouch.begin_anew();
        assert!(!vouch.is_over() && !may_call(&vouch, vouch.term()).await);
        vouch.said(vouch.now());
        assert!(may_call(&vouch, vouch.term()).await && !may_call(&vouch, term).await);
        assert!(vouch.may_call(), "what is no delivery is nobody else's");
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_counts_from_when_it_was_begun() {
        let (vouch, _) = vouch();
        let begun = vouch.now();
        advance(GOOD_FOR - Duration::from_secs(1)).await;
        vouch.said(begun);
        assert!(may_call(&vouch, 0).await);
        advance(Duration::from_secs(1)).await;
        assert!(!may_call(&vouch, 0).await);
    }

    /// A machine that slept: its steady clock stood still.
    #[tokio::test(start_paused = true)]
    async fn either_clock_is_enough() {
        let (vouch, clock) = vouch();
        vouch.said(vouch.now());
        clock.advance(GOOD_FOR);
        assert!(!may_call(&vouch, 0).await);
        clock.advance_ms(-3_600_000);
        assert!(may_call(&vouch, 0).await, "one that was set back says nothing");
        advance(GOOD_FOR).await;
        assert!(!may_call(&vouch, 0).await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_alone_need_say_nothing() {
        let vouch = Arc::new(Vouch::new(true, Arc::new(TestClock::default())));
        assert!(may_call(&vouch, 0).await && vouch.may_take() && !vouch.is_over());
        let taken = Taken::new(&vouch, 0);
        assert_eq!(vouch.at_work(), 1);
        drop(taken);
        assert_eq!(vouch.at_work(), 0);
    }
}
