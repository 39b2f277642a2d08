//! Sets of whole numbers, as sorted ranges that do not overlap.

/// A whole number with a smallest and a largest value.
pub(super) trait Whole: Copy + Ord {
    const SMALLEST: Self;
    const LARGEST: Self;

    /// The next smaller number, if there is one.
    fn before(self) -> Option<Self>;

    /// The next larger number, if there is one.
    fn after(self) -> Option<Self>;
}

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl Whole for $number {
            const SMALLEST: Self = Self::MIN;
            const LARGEST: Self = Self::MAX;

            fn before(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn after(self) -> Option<Self> {
                self.checked_add(1)
            }
        }
    )*};
}

whole!(i64, u32, u128);

/// First and last number of each range, sorted and disjoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ranges<T>(Vec<(T, T)>);

impl<T: Whole> Ranges<T> {
    /// The numbers in any of `ranges`.
    pub(super) fn new(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut sorted: Vec<(T, T)> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut disjoint: Vec<(T, T)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match disjoint.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => disjoint.push((first, last)),
            }
        }
        Self(disjoint)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers that are in none of them.
    fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(T::SMALLEST);
        for (first, last) in &self.0 {
            gaps.extend(next.zip(first.before()).filter(|(from, to)| from <= to));
            next = last.after();
        }
        gaps.extend(next.map(|next| (next, T::LARGEST)));
        Self(gaps)
    }

    /// The numbers that are in both; at most as many ranges as the two have together.
    fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some((a_first, a_last)), Some((b_first, b_last))) = (left.peek(), right.peek()) {
            let (first, last) = (a_first.max(b_first), a_last.min(b_last));
            if first <= last {
                both.push((*first, *last));
            }
            if a_last < b_last {
                left.next();
            } else {
                right.next();
            }
        }
        Self(both)
    }
}

/// Keeps the numbers that are in `ranges` or, negated, outside.
pub(super) fn narrow<T: Whole>(numbers: &mut Option<Ranges<T>>, ranges: Ranges<T>, negated: bool) {
    let ranges = if negated { ranges.complement() } else { ranges };
    *numbers = Some(match numbers.take() {
        Some(left) => left.intersection(&ranges),
        None => ranges,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_sorted_and_joined() {
        assert_eq!(Ranges::new([(5_i64, 9), (1, 2), (8, 12), (2, 3)]).0, [(1, 3), (5, 12)]);
    }

    #[test]
    fn a_complement_reaches_to_both_ends() {
        assert_eq!(Ranges::new([(1_u32, 3), (5, u32::MAX)]).complement().0, [(0, 0), (4, 4)]);
        assert_eq!(Ranges::new([(0_u32, u32::MAX)]).complement().0, []);
        assert_eq!(Ranges::<u32>::new([]).complement().0, [(0, u32::MAX)]);
    }

    #[test]
    fn an_intersection_is_in_both() {
        let left = Ranges::new([(0_i64, 10), (20, 30)]);
        let right = Ranges::new([(5, 22), (25, 26), (30, 40)]);
        assert_eq!(left.intersection(&right).0, [(5, 10), (20, 22), (25, 26), (30, 30)]);
    }
}
