//! Futures driven by hand: each waits for its moment or to be woken, and the seed says who goes on.

use handover_core::ids::SessionId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// What a task is for: whoever waits for it must learn that its node died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// A contact's message, by its number.
    Say(usize),
    /// A console agent's act, by its number.
    Tell(usize),
    /// A desk's hook, by its number.
    Hook(usize),
    /// Leases and timers.
    Drive,
    /// One delivery.
    Deliver,
    /// A look at what a desk holds of a session.
    Look(Option<SessionId>),
}

/// A future on its way.
pub(crate) struct Task {
    pub(crate) node: usize,
    pub(crate) work: Work,
    future: Pin<Box<dyn Future<Output = ()>>>,
    wake_at: Option<i64>,
    flag: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task {
    pub(crate) fn new(node: usize, work: Work, future: impl Future<Output = ()> + 'static) -> Self {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        Self { node, work, future: Box::pin(future), wake_at: None, flag }
    }

    pub(crate) fn is_ready(&self, now: i64) -> bool {
        self.flag.0.load(Ordering::Relaxed) || self.wake_at.is_some_and(|at| at <= now)
    }

    /// When it goes on by itself.
    pub(crate) fn wakes(&self) -> Option<i64> {
        self.wake_at
    }

    /// One step. `sleeps` tells afterwards until when it sleeps, if it does.
    pub(crate) fn poll(&mut self, sleeps: impl FnOnce() -> Option<i64>) -> bool {
        self.flag.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(self.flag.clone());
        let done = self.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        self.wake_at = sleeps();
        done
    }
}

/// Gives way to the others, until a moment.
pub(crate) struct Pause<F: Fn(i64) -> bool> {
    /// Says whether the moment has come; else notes it.
    pub(crate) due: F,
    pub(crate) until: i64,
    pub(crate) begun: bool,
}

impl<F: Fn(i64) -> bool + Unpin> Future for Pause<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let due = (self.due)(self.until);
        if std::mem::replace(&mut self.begun, true) && due {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}
