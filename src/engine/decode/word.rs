//! Parses numbers from text, many bytes at a time (SWAR) and mostly without branches: lengths of values are practically
//! random, so a branch on each byte would be mispredicted.
//!
//! Nothing here reports errors: a value that is not plainly valid is left to `decode`.
//!
//! See <https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/>.

/// The number of bytes after the last value that must be readable; their contents do not matter.
pub(crate) const PADDING_BYTES: usize = 16;

/// `0` in each byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The most digits that are parsed here: two times eight.
const MAX_DIGITS: usize = 16;

fn load<const BYTES: usize>(text: &[u8], at: usize) -> Option<&[u8; BYTES]> {
    text.get(at..)?.first_chunk()
}

/// The number between `start` and `end`, if it is one of at most 16 digits.
#[inline]
pub(crate) fn number(text: &[u8], start: usize, end: usize) -> Option<u64> {
    let length = end - start;
    if length <= 8 {
        return digits(text, start, length);
    }
    if length > MAX_DIGITS {
        return None;
    }
    let high = digits(text, start, length - 8)?;
    let low = digits(text, end - 8, 8)?;
    Some(high * 100_000_000 + low)
}

/// The number that one to eight digits make.
#[inline]
fn digits(text: &[u8], start: usize, length: usize) -> Option<u64> {
    const MASK: u64 = 0x0000_00ff_0000_00ff;
    let digits = spread(text, start, length)?;
    // Pairs of digits first, then pairs of pairs.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & MASK).wrapping_mul(100 + (1_000_000 << 32));
    let low = (pairs >> 16 & MASK).wrapping_mul(1 + (10_000 << 32));
    Some(high.wrapping_add(low) >> 32)
}

/// One to eight digits, each in a separate byte: the last one in the highest byte, zeros in front.
#[inline]
fn spread(text: &[u8], start: usize, length: usize) -> Option<u64> {
    let word = u64::from_le_bytes(*load(text, start)?);
    let digits = (word ^ ZEROS) << ((8 - length) * 8);
    let over_nine = digits.wrapping_add(0x7676_7676_7676_7676) | digits;
    (over_nine & 0x8080_8080_8080_8080 == 0).then_some(digits)
}

/// Returns whether the `length` bytes at two places are equal.
#[inline]
pub(crate) fn is_same(text: &[u8], one: usize, other: usize, length: usize) -> bool {
    if let (true, Some(a), Some(b)) = (length < 16, load(text, one), load(text, other)) {
        let differences = u128::from_le_bytes(*a) ^ u128::from_le_bytes(*b);
        return differences << (128 - 8 * length) == 0;
    }
    text[one..one + length] == text[other..other + length]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The result of `read` for `value`, with other bytes around it.
    fn within<T>(value: &str, read: impl Fn(&[u8], usize, usize) -> T) -> T {
        let text = format!("7.8 {value} 9.1{}", "5".repeat(PADDING_BYTES));
        read(text.as_bytes(), 4, 4 + value.len())
    }

    #[test]
    fn numbers_at_the_edges_are_read() {
        for number in (0..=16).flat_map(|digits| [10_u64.pow(digits) - 1, 10_u64.pow(digits)]) {
            let expected = (number < 10_u64.pow(16)).then_some(number);
            assert_eq!(within(&number.to_string(), super::number), expected, "{number}");
        }
        assert_eq!(within("007", number), Some(7));
        for wrong in ["-", "+1", "1.5", "/", ":", "12345678:", "a", "1 2", "\u{e9}"] {
            assert_eq!(within(wrong, number), None, "{wrong}");
        }
    }

    #[test]
    fn what_ends_with_the_text_is_left_to_others() {
        assert_eq!(number(b"22", 0, 2), None);
    }

    #[test]
    fn equal_bytes_are_equal_whatever_follows_them() {
        let text = b"10.0.0.1 10.0.0.1_10.0.0.2 ................";
        assert!(is_same(text, 0, 9, 8));
        assert!(!is_same(text, 0, 9, 9));
        assert!(!is_same(text, 0, 18, 8));
        assert!(is_same(text, 27, 27, 16));
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_standard_library(text in "[0-9]{1,18}|[0-9./:a]{1,17}") {
            prop_assert_eq!(within(&text, number), text.parse().ok().filter(|_| text.len() <= MAX_DIGITS));
        }
    }
}
