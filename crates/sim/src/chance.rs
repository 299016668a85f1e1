//! Chance that a seed repeats (splitmix64). All that is random in a run comes from one of these.

/// Numbers that look random and follow from the seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Chance that follows from this seed.
    pub const fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike.
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(0x1234_5678_9abc_def1))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` up to, but not, `high`; `low` when there is none between them.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).max(1);
        low + i64::try_from(self.next() % span).unwrap_or(0)
    }

    /// An index below `len`; 0 when there is none.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.next() % (len.max(1) as u64)).unwrap_or(0)
    }

    /// Yes in so many of a thousand cases.
    pub fn permille(&mut self, of: u32) -> bool {
        of > 0 && self.next() % 1000 < u64::from(of)
    }
}
