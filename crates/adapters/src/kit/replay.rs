//! Straight-line code over calls and their answers: it runs again from its beginning with one answer more each time,
//! and stops at the first question that has none yet.

use handover_core::port::http::{Reply, Request};

/// The answers so far, in order.
#[derive(Debug, Clone)]
pub struct Answers<'a> {
    left: &'a [Reply],
}

impl<'a> Answers<'a> {
    /// From the first.
    pub fn new(so_far: &'a [Reply]) -> Self {
        Self { left: so_far }
    }

    /// The answer to the next question.
    ///
    /// # Errors
    /// The question itself, when there is no answer yet. It is made only then.
    pub fn ask(&mut self, question: impl FnOnce() -> Request) -> Result<&'a Reply, Request> {
        match self.left.split_first() {
            Some((answer, left)) => {
                self.left = left;
                Ok(answer)
            }
            None => Err(question()),
        }
    }
}
