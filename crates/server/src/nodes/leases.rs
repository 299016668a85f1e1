//! In whose name deliveries are leased, and how that ends.

use async_trait::async_trait;
use handover_core::port::store::Result;
use handover_core::time::Timestamp;
use handover_store::Postgres;

/// Leases by the number of who holds them.
#[async_trait]
pub trait Leases: Send + Sync {
    /// The number in whose name this node takes leases now.
    fn holder(&self) -> i64;

    /// Takes them in the name of a new number from now on.
    ///
    /// # Errors
    /// When the store fails: then all is as it was.
    async fn rename(&self) -> Result<i64>;

    /// Lets all leases of these numbers run out that have not yet; says how many. None of the numbers may be in use any more.
    ///
    /// # Errors
    /// When the store fails.
    async fn free(&self, holders: &[i64], now: Timestamp) -> Result<u64>;
}

#[async_trait]
impl Leases for Postgres {
    fn holder(&self) -> i64 {
        Self::holder(self)
    }

    async fn rename(&self) -> Result<i64> {
        Self::rename(self).await
    }

    async fn free(&self, holders: &[i64], now: Timestamp) -> Result<u64> {
        Self::free(self, holders, now).await
    }
}
