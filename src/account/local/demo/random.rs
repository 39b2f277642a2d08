//! Random numbers that are the same on every machine.

/// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>: small, and its only state is the seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Skewed to small numbers, like the volumes of hosts in a network.
    pub(super) const fn skewed(&mut self, bound: u64) -> u64 {
        let most = self.below(bound) + 1;
        self.below(most)
    }

    pub(super) fn port(&mut self, ports: std::ops::RangeInclusive<u16>) -> u16 {
        let (first, last) = ports.into_inner();
        first + u16::try_from(self.below(u64::from(last - first) + 1)).unwrap_or(0)
    }

    pub(super) fn seconds(&mut self, below: i64) -> i64 {
        i64::try_from(self.below(below.max(1).cast_unsigned())).unwrap_or(0)
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
        from.get(usize::try_from(self.below(count)).ok()?)
    }
}
