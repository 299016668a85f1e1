//! Budgets and ports: what built-in functions and methods may use of the turn.

use std::time::Duration;

use crate::{
    limits::{Limit, Limits},
    ports::Ports,
    problem::{Outcome, Stop},
    turn::Client,
    value::{DEPTH_MAX, Value},
};

/// The clock is read once in so many operations.
const OPS_PER_CLOCK: u64 = 1024;

pub(crate) struct World<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) ports: Ports<'a>,
    pub(crate) client: &'a Client,
    pub(crate) apps_endpoint: Option<&'a str>,
    fuel: u64,
    to_clock: u64,
    made_bytes: usize,
    requests: usize,
    deadline_ms: i64,
}

impl<'a> World<'a> {
    pub(crate) fn new(
        limits: &'a Limits,
        ports: Ports<'a>,
        client: &'a Client,
        endpoint: Option<&'a str>,
    ) -> Self {
        let turn_ms = i64::try_from(limits.turn_ms).unwrap_or(i64::MAX);
        World {
            limits,
            ports,
            client,
            apps_endpoint: endpoint,
            fuel: limits.fuel,
            to_clock: OPS_PER_CLOCK,
            made_bytes: 0,
            requests: 0,
            deadline_ms: ports.clock.now_ms().saturating_add(turn_ms),
        }
    }

    /// Pays for work. Walking over bytes is cheaper than an operation: 64 of them count as one.
    pub(crate) fn burn(&mut self, operations: u64) -> Outcome<()> {
        self.fuel = self.fuel.checked_sub(operations).ok_or(Stop::Limit(Limit::Fuel))?;
        match self.to_clock.checked_sub(operations) {
            Some(left) => self.to_clock = left,
            None => {
                self.to_clock = OPS_PER_CLOCK;
                self.time_left()?;
            }
        }
        Ok(())
    }

    pub(crate) fn burn_bytes(&mut self, bytes: usize) -> Outcome<()> {
        self.burn(u64::try_from(bytes / 64).unwrap_or(u64::MAX))
    }

    /// Accounts for bytes about to be made.
    pub(crate) fn make_bytes(&mut self, bytes: usize) -> Outcome<()> {
        if bytes > self.limits.value_bytes {
            return Err(Stop::Limit(Limit::ValueBytes));
        }
        self.made_bytes = self.made_bytes.saturating_add(bytes);
        if self.made_bytes > self.limits.made_bytes {
            return Err(Stop::Limit(Limit::MadeBytes));
        }
        self.burn_bytes(bytes)
    }

    pub(crate) fn made(&mut self, value: &Value) -> Outcome<()> {
        self.fits(value)?;
        self.make_bytes(value.weight())
    }

    fn fits(&self, value: &Value) -> Outcome<()> {
        self.fits_size((value.weight(), value.depth()))
    }

    /// Checks the weight and depth of a value that grew in place.
    pub(crate) fn fits_size(&self, (weight, depth): (usize, u16)) -> Outcome<()> {
        if depth > DEPTH_MAX {
            return Err(Stop::Limit(Limit::ValueDepth));
        }
        if weight > self.limits.value_bytes {
            return Err(Stop::Limit(Limit::ValueBytes));
        }
        Ok(())
    }

    pub(crate) fn time_left(&self) -> Outcome<Duration> {
        let left = self.deadline_ms.saturating_sub(self.ports.clock.now_ms());
        match u64::try_from(left) {
            Ok(left) if left > 0 => Ok(Duration::from_millis(left)),
            _ => Err(Stop::Limit(Limit::Time)),
        }
    }

    /// Opens the way for one more call outside, and says how long it may take.
    pub(crate) fn request(&mut self) -> Outcome<Duration> {
        self.requests += 1;
        if self.requests > self.limits.requests {
            return Err(Stop::Limit(Limit::Requests));
        }
        self.time_left()
    }

    /// A number below the bound.
    pub(crate) fn random_below(&self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        let high = (u128::from(self.ports.random.next()) * u128::from(bound)) >> 64;
        usize::try_from(high).unwrap_or(0)
    }
}
