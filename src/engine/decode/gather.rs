//! Gathers the columns of a block from lines: decoded values, or their byte ranges.
//!
//! Regular lines are processed many at a time, column by column; other lines come value by value from `LineReader`.
//! Every value of a line is checked, whether the query needs it or not.

use std::rc::Rc;

use datafusion::arrow::buffer::BooleanBuffer;
use fearless_simd::{Level, Simd, dispatch};

use crate::engine::record::{Layout, Slot, SlotKind, Status};
use crate::field::Field;
use crate::value::to_seconds;

use super::block::{Block, BlockText, StoredColumn};
use super::index::Index;
use super::ipv4::ipv4;
use super::line::{Parsed, Span, is_timestamp, parse};
use super::rules::Rules;
use super::values::Values;
use super::word;

/// A block under construction.
pub(crate) struct Gathering {
    visible: Vec<bool>,
    /// The needed columns, in the order of their slots.
    columns: Vec<(usize, Gathered)>,
}

/// One column.
enum Gathered {
    Values(Values),
    /// The byte ranges of values of this kind.
    Spans(SlotKind, Vec<Span>),
}

impl Gathered {
    fn push(&mut self, value: Parsed, span: Span) {
        match self {
            Self::Values(values) => values.push(value),
            Self::Spans(_, spans) => spans.push(span),
        }
    }

    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Values(values) => values.truncate(rows),
            Self::Spans(_, spans) => spans.truncate(rows),
        }
    }

    fn finish<'b>(self, text: &Rc<BlockText<'b>>) -> StoredColumn<'b> {
        match self {
            Self::Values(values) => StoredColumn::Array(values.finish()),
            Self::Spans(kind, spans) => StoredColumn::Spans(Rc::clone(text), kind, spans),
        }
    }
}

impl Gathering {
    /// Gathers the `needed` slots of the layout, which are sorted. Those that are `eager` are decoded now;
    /// of the others only the byte ranges are recorded.
    pub(crate) fn new(layout: &Layout, needed: &[usize], eager: &[usize]) -> Self {
        let column = |slot: &usize| {
            let kind = layout.slots()[*slot].kind();
            let values = Values::of(kind, 0).filter(|_| eager.contains(slot));
            (*slot, values.map_or_else(|| Gathered::Spans(kind, Vec::new()), Gathered::Values))
        };
        Self { visible: Vec::new(), columns: needed.iter().map(column).collect() }
    }

    /// Adds a record by its values and their spans, which count from `at` in the block's bytes.
    pub(crate) fn push(&mut self, spans: &[Span], values: &[Parsed], at: u32) {
        for (slot, column) in &mut self.columns {
            let span = spans[*slot];
            column.push(values[*slot], Span { start: span.start + at, end: span.end + at });
        }
        self.visible.push(true);
    }

    /// Adds the records of regular lines, which start at `at` in the block's bytes; `is_visible` decides by status and
    /// time. Returns the number of records, or `None` if a line is not plainly a record; then nothing is added.
    pub(crate) fn extend(
        &mut self,
        lines: &RegularLines<'_>,
        at: u32,
        mut is_visible: impl FnMut(Status, Option<i64>) -> bool,
    ) -> Option<usize> {
        let rows = self.rows();
        let is_good = dispatch!(Level::new(), simd => self.try_extend(simd, lines, at))
            && lines.add_visible(&mut self.visible, &mut is_visible).is_some();
        if !is_good {
            self.columns.iter_mut().for_each(|(_, values)| values.truncate(rows));
            self.visible.truncate(rows);
            return None;
        }
        Some(self.rows() - rows)
    }

    #[inline(always)]
    fn try_extend<S: Simd>(&mut self, simd: S, lines: &RegularLines<'_>, at: u32) -> bool {
        if !lines.is_led_well() || !lines.rules.hold(simd, lines.index, lines.text) {
            return false;
        }
        let mut columns = self.columns.iter_mut().peekable();
        for (slot, known) in lines.layout.slots().iter().enumerate() {
            let needed = columns.next_if(|(of, _)| *of == slot).map(|(_, values)| values);
            let is_good = match (known.kind(), needed) {
                (_, Some(Gathered::Values(values))) => values.extend(simd, lines.text, lines.values(slot)),
                (kind, needed) => {
                    if let Some(Gathered::Spans(_, spans)) = needed {
                        lines.add_spans(slot, at, spans);
                    }
                    kind != SlotKind::Address || lines.have_addresses(simd, slot)
                }
            };
            if !is_good {
                return false;
            }
        }
        true
    }

    /// The number of records.
    pub(crate) const fn rows(&self) -> usize {
        self.visible.len()
    }

    /// The records as a block; `bytes` is the text that contains the lines.
    pub(crate) fn finish(self, bytes: &[u8]) -> Block<'_> {
        let text = Rc::new(BlockText::new(bytes));
        let columns = self.columns.into_iter().map(|(slot, values)| (slot, values.finish(&text))).collect();
        let visible = self.visible.contains(&false).then(|| BooleanBuffer::from(self.visible.as_slice()));
        Block::new(self.visible.len(), visible, columns)
    }
}

/// Regular lines of a layout.
pub(crate) struct RegularLines<'t> {
    pub(crate) layout: &'t Layout,
    /// The rules of this layout.
    pub(crate) rules: &'t Rules,
    /// The starts of their values.
    pub(crate) index: &'t Index,
    /// The lines, with padding after them.
    pub(crate) text: &'t [u8],
}

impl RegularLines<'_> {
    /// The byte ranges of a slot's values; in an export, a timestamp precedes each record.
    fn values(&self, slot: usize) -> impl Iterator<Item = (usize, usize)> {
        self.index.values(slot + usize::from(self.layout.is_export))
    }

    /// Returns whether no line is a comment, and each has a timestamp if the layout requires one.
    fn is_led_well(&self) -> bool {
        self.index.values(0).all(|(start, end)| {
            self.text[start] != b'#' && (!self.layout.is_export || is_timestamp(&self.text[start..end]))
        })
    }

    /// Returns whether all values of a slot are addresses or absent. The addresses of a packet are mostly equal to
    /// those of the flow, which are checked themselves.
    #[inline(always)]
    fn have_addresses<S: Simd>(&self, simd: S, slot: usize) -> bool {
        let same = match self.layout.slots()[slot] {
            Slot::Field(Field::PktSrcAddr) => self.layout.place(Field::SrcAddr),
            Slot::Field(Field::PktDstAddr) => self.layout.place(Field::DstAddr),
            _ => None,
        };
        for ((start, end), (same_start, same_end)) in self.values(slot).zip(self.values(same.unwrap_or(slot))) {
            let length = end - start;
            let is_good = same.is_some()
                && same_end - same_start == length
                && word::is_same(self.text, start, same_start, length)
                || ipv4(simd, self.text, start, end).is_some()
                || parse(SlotKind::Address, &self.text[start..end]).is_some();
            if !is_good {
                return false;
            }
        }
        true
    }

    #[allow(clippy::cast_possible_truncation, reason = "a block is smaller than 4 GiB")]
    fn add_spans(&self, slot: usize, at: u32, spans: &mut Vec<Span>) {
        spans.extend(self.values(slot).map(|(start, end)| Span { start: at + start as u32, end: at + end as u32 }));
    }

    /// Adds for each line whether it is visible; `None` if a status is none.
    fn add_visible(
        &self,
        visible: &mut Vec<bool>,
        is_visible: &mut impl FnMut(Status, Option<i64>) -> bool,
    ) -> Option<()> {
        let Some(status) = self.layout.place(Field::Status) else {
            visible.resize(visible.len() + self.index.rows(), true);
            return Some(());
        };
        let starts = self.layout.place(Field::Start);
        let start_of = |row| {
            let (start, end) = self.values(starts?).nth(row)?;
            Some(to_seconds(word::number(self.text, start, end)?.cast_signed()))
        };
        for (row, (start, end)) in self.values(status).enumerate() {
            let status = &self.text[start..end];
            visible.push(status == b"OK" || is_visible(Status::of(status)?, start_of(row)));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::line::LineReader;
    use super::super::word::PADDING_BYTES;
    use super::*;
    use crate::engine::record::Layout;

    const FORMAT: &str = "version srcaddr interface-id pkt-srcaddr dstport bytes start log-status";

    /// Values of each slot, mostly valid.
    fn value() -> [&'static [&'static str]; 8] {
        [
            &["2", "5", "-", "2147483647", "2147483648", "x"],
            &["10.0.0.1", "198.51.100.17", "2001:db8::1", "-", "0a:ab:00:11:22:ff", "10.0.0.01", "10.0.0.256", "1.2.3"],
            &["eni-1", "-", "#", "eni-0123456789abcdef0"],
            &["10.0.0.1", "198.51.100.17", "198.51.100.18", "2001:db8::1", "2001:db8::2", "-", "10.0.0.1.1"],
            &["22", "0", "65535", "65536", "-", "99999", "123456"],
            &["0", "840", "99999999", "100000000", "9223372036854775807", "9223372036854775808", "-", "1.5"],
            &["1700000000", "1700000000999", "-", "0", "now"],
            &["OK", "nodata", "SKIPDATA", "ok", "-", "O"],
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        // Invalid values are at the ends of the lists and seldom chosen.
        let words =
            value().map(|values| (0..values.len(), 0..8_u8).prop_map(|(at, odd)| if odd == 0 { at } else { at % 2 }));
        (words, 0..20_u8).prop_map(|(places, odd)| {
            let words: Vec<&str> = places.iter().zip(value()).map(|(at, values)| values[*at]).collect();
            words.join(if odd == 0 { "  " } else { " " })
        })
    }

    /// Every column of a gathering, without hidden records.
    fn columns(gathering: Gathering, text: &[u8]) -> Vec<String> {
        let block = gathering.finish(text);
        let kept = block.visible.clone().map(Into::into);
        (0..8).map(|slot| format!("{:?}", block.column(slot, kept.as_ref()).unwrap())).collect()
    }

    proptest! {
        /// A block is read as a whole only if each of its lines is a record; then the records are the same.
        #[test]
        fn lines_that_are_read_as_a_block_are_what_each_is_by_itself(
            lines in proptest::collection::vec(line(), 1..20), is_export: bool, are_all_eager: bool
        ) {
            let layout = std::sync::Arc::new(Layout::parse_format(FORMAT).unwrap().export(is_export));
            let lead = if is_export { "2026-11-23T08:00:00.000Z " } else { "" };
            let lines: Vec<String> = lines.into_iter().map(|line| format!("{lead}{line}\n")).collect();
            let text = [lines.concat().as_bytes(), &[b'9'; PADDING_BYTES]].concat();
            let own = &text[..text.len() - PADDING_BYTES];
            let needed: Vec<usize> = (0..8).collect();
            let eager = if are_all_eager { &needed[..] } else { &needed[4..6] };
            let is_visible = |status: Status, _: Option<i64>| status != Status::NoData;

            let mut reader = LineReader::new(std::sync::Arc::clone(&layout));
            let mut by_line = Gathering::new(&layout, &needed, eager);
            let (mut at, mut records) = (0, 0);
            for line in &lines {
                if reader.read(line.trim_end_matches('\n').as_bytes()).is_ok() {
                    records += 1;
                    let status = Status::of(reader.spans[7].of(line.as_bytes())).unwrap();
                    if is_visible(status, None) {
                        by_line.push(&reader.spans, &reader.values, at);
                    }
                }
                at += u32::try_from(line.len()).unwrap();
            }

            let mut index = Index::default();
            let mut by_block = Gathering::new(&layout, &needed, eager);
            let is_regular = index.fill(own, 8 + usize::from(is_export));
            let rules = Rules::of(&layout);
            let regular = RegularLines { layout: &layout, rules: &rules, index: &index, text: &text };
            let added = if is_regular { by_block.extend(&regular, 0, is_visible) } else { None };
            prop_assert!(added.is_none() || added == Some(records) && records == lines.len());
            if added.is_some() {
                prop_assert_eq!(columns(by_block, own), columns(by_line, own));
            } else {
                prop_assert_eq!(by_block.rows(), 0);
                // Numbers as long as the largest are the only valid values that are left to the slower way.
                let is_long = |line: &String| line.contains("9223372036854775807") || line.contains("2147483647");
                let is_plain = lines.iter().all(|line| !line.contains("  ") && !is_long(line));
                prop_assert!(!is_plain || records < lines.len() || lines.iter().any(|line| line.starts_with('#')));
            }
        }
    }
}
