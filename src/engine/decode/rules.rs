//! Checks the numbers of a line without parsing any of them.
//!
//! A line is a record only if all of its values match its layout, whether a query needs them or not. Most numbers are
//! not needed: checking that they are digits, and not too many, is enough.

use fearless_simd::prelude::*;
use fearless_simd::u16x32;

use crate::engine::record::{Layout, SlotKind};

use super::index::Index;

/// The number of lengths that one instruction compares.
const LANES: usize = 32;

/// The estimated length of a run of numbers: a word of `others` covers 64 bytes.
const RUN_BYTES: u32 = 64;

/// Longer numbers are rare.
const USUAL_DIGITS: u32 = 10;

/// The number of digits that can be compared at once.
const WORD_BYTES: usize = 8;

/// The rules of a layout.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The longest allowed value in bytes, plus one for its separator; `u16::MAX` for text.
    longest: Vec<[u16; LANES]>,
    /// Runs of adjacent numbers: the first value, and the one after the last.
    runs: Vec<(usize, usize)>,
    /// Values that have to be compared with a largest number, as their length is not sufficient.
    largest: Vec<Largest>,
}

/// The largest number of a value.
#[derive(Debug)]
struct Largest {
    value: usize,
    /// The number of its digits.
    digits: usize,
    /// Its digits, the first one in the highest byte.
    text: u64,
}

impl Rules {
    /// The rules of this layout.
    pub(crate) fn of(layout: &Layout) -> Self {
        let lead = usize::from(layout.is_export);
        let values = lead + layout.slots().len();
        let mut rules =
            Self { longest: vec![[u16::MAX; LANES]; values.div_ceil(LANES)], runs: Vec::new(), largest: Vec::new() };
        let mut run_bytes = 0;
        for (slot, known) in layout.slots().iter().enumerate() {
            let largest = match known.kind() {
                SlotKind::Number(max) => max,
                SlotKind::Time => i64::MAX,
                SlotKind::Address | SlotKind::Status | SlotKind::Word(_) | SlotKind::Text => continue,
            };
            let value = lead + slot;
            rules.bound(value, largest);
            let bytes = (largest.ilog10() + 1).min(USUAL_DIGITS) + 1;
            match rules.runs.last_mut() {
                Some((_, behind)) if *behind == value && run_bytes + bytes <= RUN_BYTES => {
                    *behind += 1;
                    run_bytes += bytes;
                }
                _ => {
                    rules.runs.push((value, value + 1));
                    run_bytes = bytes;
                }
            }
        }
        rules
    }

    /// Bounds the numbers of a value. If a number with as many digits as `largest` could be too large and has too many
    /// digits to compare in a word, it is left to `LineReader`.
    #[allow(clippy::cast_possible_truncation, reason = "a number has few digits")]
    fn bound(&mut self, value: usize, largest: i64) {
        let text = largest.to_string();
        let mut digits = text.len() - 1;
        if text.len() <= WORD_BYTES {
            digits = text.len();
            let text = text.bytes().fold(0, |text, digit| text << 8 | u64::from(digit));
            self.largest.push(Largest { value, digits, text });
        }
        self.longest[value / LANES][value % LANES] = digits as u16 + 1;
    }

    /// Returns whether all numbers of the lines are valid by the layout, or absent; `text` has padding after the lines.
    #[inline(always)]
    pub(crate) fn hold<S: Simd>(&self, simd: S, index: &Index, text: &[u8]) -> bool {
        let mut hold = true;
        for row in 0..index.rows() {
            let starts = index.starts(row, self.longest.len() * LANES + 1);
            hold &= self.are_short(simd, starts) && self.are_numbers(index, starts) && self.are_small(starts, text);
        }
        hold
    }

    #[inline(always)]
    fn are_short<S: Simd>(&self, simd: S, starts: &[u16]) -> bool {
        let mut are_short = true;
        for (part, longest) in self.longest.iter().enumerate() {
            let these = u16x32::from_slice(simd, &starts[part * LANES..][..LANES]);
            let next = u16x32::from_slice(simd, &starts[part * LANES + 1..][..LANES]);
            are_short &= (next - these).simd_le(u16x32::from_slice(simd, longest)).all_true();
        }
        are_short
    }

    #[inline(always)]
    fn are_numbers(&self, index: &Index, starts: &[u16]) -> bool {
        let mut are_numbers = true;
        for (first, behind) in &self.runs {
            are_numbers &= index.is_numbers(usize::from(starts[*first]), usize::from(starts[*behind]) - 1);
        }
        are_numbers
    }

    #[inline(always)]
    fn are_small(&self, starts: &[u16], text: &[u8]) -> bool {
        let mut are_small = true;
        for Largest { value, digits, text: largest } in &self.largest {
            let start = usize::from(starts[*value]);
            let length = usize::from(starts[*value + 1]) - 1 - start;
            let Some(word) = text.get(start..).and_then(<[u8]>::first_chunk) else { return false };
            let number = u64::from_be_bytes(*word) >> (8 * (WORD_BYTES - digits));
            are_small &= length < *digits || number <= *largest;
        }
        are_small
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;

    use super::super::index::levels;
    use super::*;

    /// Returns whether the rules of a format hold for lines.
    fn hold(format: &str, lines: &str) -> bool {
        let layout = Layout::parse_format(format).unwrap();
        let mut index = Index::default();
        assert!(index.fill(lines.as_bytes(), layout.slots().len()), "{lines:?} is not regular");
        let rules = Rules::of(&layout);
        let text = format!("{lines}{}", "9".repeat(WORD_BYTES));
        let hold = |level| dispatch!(level, simd => rules.hold(simd, &index, text.as_bytes()));
        let all: Vec<bool> = levels().into_iter().map(hold).collect();
        assert_eq!(all, vec![all[0]; all.len()], "{format} {lines}");
        all[0]
    }

    #[test]
    fn numbers_are_digits_up_to_the_largest_or_absent() {
        for (format, value, expected) in [
            ("srcport", "0", true),
            ("srcport", "65535", true),
            ("srcport", "65536", false),
            ("srcport", "99999", false),
            ("srcport", "100000", false),
            ("srcport", "-", true),
            ("srcport", "--", false),
            ("srcport", "-1", false),
            ("srcport", "1-", false),
            ("srcport", "+1", false),
            ("srcport", "1.5", false),
            ("srcport", "/", false),
            ("srcport", ":", false),
            ("protocol", "255", true),
            ("protocol", "256", false),
            ("bytes", "999999999999999999", true),
            ("bytes", "1e3", false),
            ("start", "1700000000", true),
            ("start", "now", false),
            ("version", "999999999", true),
            // Valid, but left to the line-by-line reader.
            ("version", "2147483647", false),
            ("bytes", "9223372036854775807", false),
            ("action", "anything", true),
            ("srcaddr", "anything", true),
        ] {
            for other in ["1", "-", "25"] {
                let before = hold(&format!("dstport {format}"), &format!("{other} {value}\n1 2\n"));
                let behind =
                    hold(&format!("{format} interface-id dstport"), &format!("2 eni 3\n{value} eni {other}\n"));
                assert_eq!((before, behind), (expected, expected), "{format} {value}");
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_seen_at_every_place() {
        let format = "start end packets bytes";
        for length in 1..=18 {
            let numbers = ["1".repeat(length), "2".repeat(19 - length), "3".repeat(18), "4".repeat(length)].join(" ");
            let lines = format!("{numbers}\n").repeat(3);
            assert!(hold(format, &lines), "{lines}");
            for at in lines.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at) {
                let wrong = [&lines[..at], "x", &lines[at + 1..]].concat();
                assert!(!hold(format, &wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn a_long_layout_is_looked_at_to_its_end() {
        let fields: Vec<String> = (0..69).map(|field| format!("field-{field}")).chain(["dstport".into()]).collect();
        let line = |port: &str| format!("{}{port}\n", "x ".repeat(69));
        assert!(hold(&fields.join(" "), &line("22").repeat(9)));
        assert!(!hold(&fields.join(" "), &[line("22").repeat(8), line("123456")].concat()));
        assert!(!hold(&fields.join(" "), &[line("22").repeat(8), line("x")].concat()));
    }
}
