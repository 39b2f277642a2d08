//! Where the values of regular text stand, found 64 bytes at a time.
//!
//! Nearly all text is regular: printable ASCII, lines of as many values as the layout has, one space
//! between them. Anything else is left to `decode`, which reads byte by byte and says what is wrong.

/// Bytes that are looked at together.
const STEP: usize = 64;

/// Where the values of some lines start.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The start of each value, line by line, and the place behind the last line end.
    starts: Vec<u32>,
    slots: usize,
    rows: usize,
}

impl Index {
    /// Finds the values of whole lines; whether they are regular lines of so many values each, two or
    /// more.
    pub(super) fn fill(&mut self, lines: &[u8], slots: usize) -> bool {
        if slots < 2 {
            return false;
        }
        self.slots = slots;
        self.rows = memchr::memchr_iter(b'\n', lines).count();
        let values = self.rows * slots;
        // A step writes 64 places, whatever it finds; the last slot's places reach as far as a line more.
        self.starts.resize(values + 1 + STEP.max(slots), 0);
        let mut found = 1;
        let mut is_after_end = 1;
        for (step, bytes) in lines.chunks(STEP).enumerate() {
            let (ends, is_odd) = match bytes.first_chunk() {
                Some(bytes) => ends(bytes),
                None => ends(&padded(bytes)),
            };
            // No value is empty.
            if is_odd || ends & (ends << 1 | is_after_end) != 0 {
                return false;
            }
            is_after_end = ends >> (STEP - 1);
            let Some(places) = self.starts.get_mut(found..).and_then(<[u32]>::first_chunk_mut) else { return false };
            found += write_places(ends, step * STEP + 1, places);
        }
        // A last line without its end would not be among the rows.
        lines.last().is_none_or(|last| *last == b'\n')
            && found == values + 1
            && (1..=self.rows).all(|row| lines[self.starts[row * slots] as usize - 1] == b'\n')
    }

    /// How many lines there are.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Where the values of a slot start and end, line by line.
    pub(super) fn values(&self, slot: usize) -> impl Iterator<Item = (usize, usize)> {
        let lines = self.starts[slot..slot + self.rows * self.slots].chunks_exact(self.slots);
        lines.map(|places| (places[0] as usize, places[1] as usize - 1))
    }
}

/// The last bytes, filled up with what is neither blank nor line end.
fn padded(bytes: &[u8]) -> [u8; STEP] {
    let mut step = [b'-'; STEP];
    step[..bytes.len()].copy_from_slice(bytes);
    step
}

/// Writes the places behind the set bits, and what comes to hand after them; returns how many are set.
#[allow(clippy::cast_possible_truncation, reason = "lines are read in blocks, much smaller than 4 GiB")]
#[inline]
fn write_places(mut bits: u64, base: usize, places: &mut [u32; STEP]) -> usize {
    let count = bits.count_ones() as usize;
    let mut at = 0;
    // By eight, without asking for each whether it is the last.
    while at < count {
        for place in &mut places[at..at + 8] {
            *place = base as u32 + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        at += 8;
    }
    count
}

/// Which bytes end a value, a bit for each; and whether there are any that regular text has not.
///
/// Plain loops, from which the compiler makes vectors.
#[inline]
fn ends(bytes: &[u8; STEP]) -> (u64, bool) {
    let mut ends = [0; STEP];
    let mut odd = 0;
    for at in 0..STEP {
        ends[at] = u8::from(bytes[at] == b' ') | u8::from(bytes[at] == b'\n');
        // Signed, so that bytes from 0x80 on are low as well.
        odd |= ends[at] ^ u8::from(bytes[at].cast_signed() <= 0x20);
    }
    (pack(&ends), odd != 0)
}

/// Bytes that are 0 or 1 as bits, the first one lowest.
#[inline]
fn pack(flags: &[u8; STEP]) -> u64 {
    /// Moves the bits of eight bytes side by side into the highest.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (words, _) = flags.as_chunks();
    let bits = words.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56);
    bits.enumerate().fold(0, |mask, (place, bits)| mask | bits << (8 * place))
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
    fn each_flag_becomes_its_bit() {
        for at in 0..STEP {
            let mut flags = [0; STEP];
            flags[at] = 1;
            assert_eq!(pack(&flags), 1 << at);
        }
        assert_eq!(pack(&[1; STEP]), u64::MAX);
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
