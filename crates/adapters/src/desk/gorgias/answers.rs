//! A talk with the vendor written in a straight line: each answer is there already, or it is what must be asked next.

use handover_core::port::http::{Reply, Request};

/// The answers so far, taken one by one.
pub(super) struct Answers<'a> {
    left: std::slice::Iter<'a, Reply>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(so_far: &'a [Reply]) -> Self {
        Self { left: so_far.iter() }
    }

    /// The answer to this request.
    ///
    /// # Errors
    /// The request itself, when it has not been answered yet: send it.
    pub(super) fn to(&mut self, request: impl FnOnce() -> Request) -> Result<&'a Reply, Request> {
        self.left.next().ok_or_else(request)
    }
}
