//! Chance that a seed repeats.

/// Numbers that look random and follow from the seed (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    /// From `HANDOVER_SEED`, or from what is given. Printed, so that a failure can be run again.
    pub(crate) fn new(seed: u64) -> Self {
        let given = std::env::var("HANDOVER_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or(seed);
        println!("seed {seed} (HANDOVER_SEED={seed} repeats it)");
        Self(seed)
    }

    /// A number from `low` up to, but not, `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (mixed ^ (mixed >> 31)) % (high - low)
    }
}
