//! Finds the values of regular text, and the bytes that are not part of a number, 64 bytes at a time with the
//! processor's widest SIMD instructions.
//!
//! Nearly all text is regular: printable ASCII, lines with as many values as the layout has, one space between them.
//! Other text is left to `decode`, which reads byte by byte and reports errors.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, i8x64, mask8x64, u8x64};

/// The number of bytes that are classified together, a bit of a word for each.
const STEP: usize = 64;

/// The values of a chunk of lines.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The start of each value, line by line; after the last one a sentinel, the length of the lines.
    starts: Vec<u16>,
    /// A bit for each byte that is neither a digit, nor the end of a value, nor a `-` by itself.
    others: Vec<u64>,
    slots: usize,
    rows: usize,
}

impl Index {
    /// Finds the values of whole lines; returns whether the lines are regular, with `slots` values each (at least two),
    /// and shorter than 64 KiB.
    pub(crate) fn fill(&mut self, lines: &[u8], slots: usize) -> bool {
        if slots < 2 || lines.len() > usize::from(u16::MAX) {
            return false;
        }
        self.slots = slots;
        // Values are not empty, so this is enough. A step writes 64 places, however many values it finds, and SIMD
        // loads of a line read past its end.
        let places = lines.len() / 2 + 1 + 2 * STEP + slots;
        if self.starts.len() < places {
            self.starts.resize(places, 0);
        }
        // A number may span two words.
        self.others.resize(lines.len() / STEP + 2, 0);
        dispatch!(Level::new(), simd => self.fill_with(simd, lines))
    }

    #[inline(always)]
    fn fill_with<S: Simd>(&mut self, simd: S, lines: &[u8]) -> bool {
        let mut found = 1;
        let mut is_after_end = 1;
        self.rows = 0;
        for (step, bytes) in lines.chunks(STEP).enumerate() {
            let masks = match bytes.first_chunk() {
                Some(bytes) => ByteMasks::of(simd, bytes),
                None => ByteMasks::of(simd, &padded(bytes)),
            };
            let starts = masks.ends << 1 | is_after_end;
            // Values are not empty.
            if masks.is_odd || masks.ends & starts != 0 {
                return false;
            }
            let is_next_end = lines.get((step + 1) * STEP).is_none_or(|next| *next <= b' ');
            let absent = masks.dashes & starts & (masks.ends >> 1 | u64::from(is_next_end) << (STEP - 1));
            self.others[step] = !(masks.digits | masks.ends | absent);
            is_after_end = masks.ends >> (STEP - 1);
            let Some(places) = self.starts.get_mut(found..).and_then(<[u16]>::first_chunk_mut) else { return false };
            found += write_places(simd, masks.ends, step * STEP + 1, places);
            self.rows += masks.line_ends.count_ones() as usize;
        }
        // A last line without a newline would not be counted as a row.
        lines.last().is_none_or(|last| *last == b'\n')
            && found == self.rows * self.slots + 1
            && (1..=self.rows).all(|row| lines[usize::from(self.starts[row * self.slots]) - 1] == b'\n')
    }

    /// The number of lines.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// The start and the end of each value of a slot, line by line.
    pub(crate) fn values(&self, slot: usize) -> impl Iterator<Item = (usize, usize)> {
        let lines = self.starts[slot..slot + self.rows * self.slots].chunks_exact(self.slots);
        lines.map(|places| (usize::from(places[0]), usize::from(places[1]) - 1))
    }

    /// `length` start offsets from this line on. Those beyond the line are of the next lines, or garbage that SIMD
    /// loads may read.
    #[inline]
    pub(crate) fn starts(&self, row: usize, length: usize) -> &[u16] {
        &self.starts[row * self.slots..][..length]
    }

    /// Returns whether the values from `start` to `end` contain only digits or are absent.
    #[inline(always)]
    pub(crate) fn is_numbers(&self, start: usize, end: usize) -> bool {
        // Longer runs of numbers are rare.
        let at_once = start.max(end.saturating_sub(STEP));
        self.others_in(at_once, end) == 0 && (at_once == start || self.is_numbers_before(start, at_once))
    }

    #[cold]
    fn is_numbers_before(&self, start: usize, end: usize) -> bool {
        (start..end).step_by(STEP).all(|start| self.others_in(start, end.min(start + STEP)) == 0)
    }

    /// The bits of `others` for 1 to 64 bytes, shifted to the high end of a word: nonzero if any of the bytes is not
    /// part of a number.
    #[inline(always)]
    fn others_in(&self, start: usize, end: usize) -> u64 {
        let (word, bit) = (start / STEP, start % STEP);
        let others = self.others[word] >> bit | self.others[word + 1] << 1 << (STEP - 1 - bit);
        others << (STEP - (end - start))
    }
}

/// The last bytes, padded with bytes that are neither blank nor newline.
fn padded(bytes: &[u8]) -> [u8; STEP] {
    let mut step = [b'-'; STEP];
    step[..bytes.len()].copy_from_slice(bytes);
    step
}

/// Classes of bytes, each a bit mask.
struct ByteMasks {
    /// Blanks and line ends.
    ends: u64,
    line_ends: u64,
    digits: u64,
    dashes: u64,
    /// Whether there are bytes that regular text does not have.
    is_odd: bool,
}

impl ByteMasks {
    #[inline(always)]
    fn of<S: Simd>(simd: S, bytes: &[u8; STEP]) -> Self {
        let bytes = u8x64::from_slice(simd, bytes);
        let line_ends = bytes.simd_eq(b'\n').to_bitmask();
        let ends = bytes.simd_eq(b' ').to_bitmask() | line_ends;
        // Signed, so that bytes from 0x80 on are low as well.
        let low = bytes.bitcast::<i8x64<S>>().simd_le(0x20).to_bitmask();
        let digits = (bytes - b'0').simd_le(9).to_bitmask();
        let dashes = bytes.simd_eq(b'-').to_bitmask();
        Self { ends, line_ends, digits, dashes, is_odd: low != ends }
    }
}

/// The places of a step, in order.
#[allow(clippy::cast_possible_truncation, reason = "there are few")]
const PLACES: [u8; STEP] = {
    let mut places = [0; STEP];
    let mut at = 0;
    while at < STEP {
        places[at] = at as u8;
        at += 1;
    }
    places
};

/// Writes the positions of the set bits, from `base`, and garbage after them; returns how many are set.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "lines are read in blocks of less than 64 KiB")]
fn write_places<S: Simd>(simd: S, mut bits: u64, base: usize, places: &mut [u16; STEP]) -> usize {
    let count = bits.count_ones() as usize;
    let base = base as u16;
    // Processors with vectors of 64 bytes can compress them by a mask (AVX-512 VBMI2).
    if S::u8s::LEN == STEP {
        let set = u8x64::from_slice(simd, &PLACES).compress(mask8x64::from_bitmask(simd, bits));
        let (first, last) = simd.split_u8x64(set);
        for (half, places) in [first, last].into_iter().zip(places.chunks_exact_mut(STEP / 2)) {
            let (low, high) = simd.widen_u8x32(half);
            (low + base).store_slice(&mut places[..STEP / 4]);
            (high + base).store_slice(&mut places[STEP / 4..]);
            if count <= STEP / 2 {
                break;
            }
        }
        return count;
    }
    let mut at = 0;
    // Eight at a time, without a branch for each.
    while at < count {
        for place in &mut places[at..at + 8] {
            *place = base.wrapping_add(bits.trailing_zeros() as u16);
            bits &= bits.wrapping_sub(1);
        }
        at += 8;
    }
    count
}

/// The SIMD levels to test: this processor's, and lower ones.
#[cfg(test)]
pub(crate) fn levels() -> Vec<Level> {
    let widest = Level::new();
    let mut levels = vec![widest];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(widest.as_sse2().map(Simd::level));
        levels.extend(widest.as_sse4_2().map(Simd::level));
        levels.extend(widest.as_avx2().map(Simd::level));
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of each line, where the lines are regular.
    fn values(lines: &str, slots: usize) -> Option<Vec<Vec<&str>>> {
        let mut index = Index::default();
        index.fill(b"left over from before\n", 4);
        let is_regular = index.fill(lines.as_bytes(), slots);
        let column = |slot| index.values(slot).map(|(start, end)| &lines[start..end]).collect::<Vec<_>>();
        let columns = || (0..slots).map(column).collect::<Vec<_>>();
        is_regular.then(|| (0..index.rows()).map(|row| columns().iter().map(|column| column[row]).collect()).collect())
    }

    #[test]
    fn regular_lines_of_any_length_are_cut_at_spaces() {
        for width in 1..70 {
            let line = vec!["v".repeat(width), "-".into(), "w".repeat(70 - width)];
            let text = format!("{}\n", line.join(" ")).repeat(5);
            assert_eq!(values(&text, 3).unwrap(), vec![line; 5], "{width}");
        }
        assert_eq!(values("", 3), Some(Vec::new()));
        let short = "a b\n".repeat(100);
        assert_eq!(values(&short, 2).unwrap().len(), 100);
    }

    #[test]
    fn places_are_found_with_the_instructions_of_every_processor() {
        for bits in [0, 1, 1 << 63, 0xffff_ffff, 0x5555_5555_5555_5555, u64::MAX, 0x8000_0001_0000_0081] {
            let expected: Vec<u16> = (0..64_u16).filter(|at| bits >> at & 1 == 1).map(|at| at + 1000).collect();
            for level in levels() {
                let mut places = [0; STEP];
                let found = dispatch!(level, simd => write_places(simd, bits, 1000, &mut places));
                assert_eq!(places[..found], expected, "{bits:x} {level:?}");
            }
        }
    }

    #[test]
    fn only_digits_and_absent_values_are_numbers() {
        let mut index = Index::default();
        for padding in 0..70 {
            for (value, expected) in [
                ("0", true),
                ("9", true),
                ("-", true),
                ("--", false),
                ("-1", false),
                ("1-", false),
                ("/", false),
                (":", false),
            ] {
                let text = format!("{} {value} 12 {}\n", "x".repeat(padding + 1), "3".repeat(80));
                assert!(index.fill(text.as_bytes(), 4));
                let start = padding + 2;
                for end in [start + value.len(), start + value.len() + 3, text.len() - 1] {
                    assert_eq!(index.is_numbers(start, end), expected, "{text:?} {start} {end}");
                }
                assert!(!index.is_numbers(padding, text.len() - 1));
            }
        }
    }

    #[test]
    fn lines_that_need_a_closer_look_are_not_regular() {
        let regular = "one two three\n";
        assert!(values(&regular.repeat(9), 3).is_some());
        for cut in ["one two three", "one", "one two three\none"] {
            assert!(values(&[&regular.repeat(9), cut].concat(), 3).is_none(), "{cut:?}");
        }
        for odd in [
            "one  three\n",
            " one two\n",
            "one two \n",
            "one two\n",
            "one two three four\n",
            "one two\nthree\n",
            "one\ttwo three\n",
            "one two three\r\n",
            "one two thr\u{e9}e\n",
            "one two th\0ree\n",
            "\n",
            "one two\nthree four five six\n",
            "one two three four five six seven\n",
        ] {
            for before in 0..9 {
                let text = [regular.repeat(before).as_str(), odd, &regular.repeat(8 - before)].concat();
                assert!(values(&text, 3).is_none(), "{text:?}");
            }
        }
    }
}
