//! Records whose values come by name, as in JSON and CSV, on their way to blocks.
//!
//! Values are checked like those of lines. Programs that convert records also change the notation of values: numbers
//! get a fraction, times become dates, account ids lose their zeros. All of these are understood.

use std::borrow::Cow;
use std::mem;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::engine::decode::{Gathering, Parsed, Span, parse, reason_of_value};
use crate::engine::record::{BATCH_ROWS, Halt, Layout, Slot, SlotKind, Unit};
use crate::field::Field;

use super::counter::Counter;
use super::log_file::LogFile;
use super::reader::Reader;
use super::stored_bytes::StoredBytes;

/// The largest number of bytes of text in a block.
const BLOCK_BYTES: usize = 1 << 20;

/// Digits of an account id.
const ACCOUNT_DIGITS: usize = 12;

/// The records of a file, on their way to blocks.
pub(super) struct FieldRecords<'r> {
    thread: &'r Reader<'r>,
    file: &'r LogFile,
    layout: &'r Layout,
    kinds: Vec<SlotKind>,
    needed: Vec<usize>,
    eager: Vec<usize>,
    gathering: Gathering,
    /// The text of the gathered records.
    text: Vec<u8>,
    /// The byte ranges of the current record's values, counted from the record's start in the text; then the values.
    spans: Vec<Span>,
    values: Vec<Parsed>,
    counter: Counter<'r>,
}

impl<'r> FieldRecords<'r> {
    /// The records of a file; `before` rows came before the first.
    pub(super) fn new(thread: &'r Reader<'r>, unit: &Unit, file: &'r LogFile, before: u64) -> Self {
        let layout = file.layout.as_ref();
        let kinds: Vec<SlotKind> = layout.slots().iter().map(Slot::kind).collect();
        let needed = thread.context.needed_slots(layout);
        let eager = thread.context.select.eager_slots(layout);
        let mut counter = Counter::new(thread, unit.file, layout, 0);
        counter.number = before;
        Self {
            thread,
            file,
            layout,
            gathering: Gathering::new(layout, &needed, &eager),
            needed,
            eager,
            text: Vec::new(),
            spans: Vec::with_capacity(kinds.len()),
            values: Vec::with_capacity(kinds.len()),
            kinds,
            counter,
        }
    }

    /// Adds a record; `value` gives the text of a slot, if the record has one.
    pub(super) fn push<'v>(
        &mut self,
        value: impl Fn(usize) -> Option<&'v str>,
        stored_bytes: &StoredBytes,
    ) -> Result<(), Halt> {
        self.counter.number += 1;
        let start = self.text.len();
        self.spans.clear();
        self.values.clear();
        for slot in 0..self.kinds.len() {
            let written = value(slot).unwrap_or_default();
            let text = plain(&self.layout.slots()[slot], self.kinds[slot], written);
            let Some(parsed) = parse(self.kinds[slot], text.as_bytes()) else {
                self.counter.malformed(|| reason_of_value(self.layout, slot, text.as_bytes()));
                self.text.truncate(start);
                return Ok(());
            };
            let begin = self.text.len() - start;
            self.text.extend_from_slice(text.as_bytes());
            self.spans.push(Span { start: offset(begin), end: offset(self.text.len() - start) });
            self.values.push(parsed);
        }
        if self.counter.is_visible(&self.text[start..], &self.spans, &self.values) {
            self.gathering.push(&self.spans, &self.values, offset(start));
        } else {
            self.text.truncate(start);
        }
        if self.gathering.rows() >= BATCH_ROWS || self.text.len() >= BLOCK_BYTES {
            self.emit(stored_bytes)?;
        }
        Ok(())
    }

    /// Counts something that is not a record.
    #[allow(clippy::unnecessary_wraps, reason = "it stands beside `push`, for which there may be no more room")]
    pub(super) fn push_malformed(&mut self, reason: String) -> Result<(), Halt> {
        self.counter.number += 1;
        self.counter.malformed(|| reason);
        Ok(())
    }

    /// Passes on the gathered records.
    pub(super) fn emit(&mut self, stored_bytes: &StoredBytes) -> Result<(), Halt> {
        self.thread.outlet.check_open()?;
        let gathered = mem::replace(&mut self.gathering, Gathering::new(self.layout, &self.needed, &self.eager));
        self.counter.counts.bytes += stored_bytes.take();
        self.counter.add_up();
        if gathered.rows() > 0 {
            self.thread.emit(&self.file.layout, self.file.flow_log.as_ref(), &gathered.finish(&self.text))?;
        }
        self.text.clear();
        Ok(())
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a block and one more record are smaller than 4 GiB")
}

/// The value in the notation of log lines.
fn plain<'t>(slot: &Slot, kind: SlotKind, text: &'t str) -> Cow<'t, str> {
    let text = text.trim();
    if matches!(text, "" | "-" | "null" | "None") {
        return "-".into();
    }
    match kind {
        SlotKind::Number(_) => without_fraction(text).into(),
        SlotKind::Time => {
            let text = without_fraction(text);
            seconds(text).map_or(text.into(), |seconds| seconds.to_string().into())
        }
        _ if *slot == Slot::Field(Field::Account) && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{text:0>ACCOUNT_DIGITS$}").into()
        }
        _ => text.into(),
    }
}

/// `24.0` is 24; a fraction that is not zero stays.
fn without_fraction(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction)) if !whole.is_empty() && fraction.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    }
}

/// The time that a date and a time of day name: as in RFC 3339, or without a zone in UTC, as Logs Insights and Athena
/// write it.
fn seconds(text: &str) -> Option<i64> {
    let has_date = text.get(4..5) == Some("-");
    if !has_date {
        return None;
    }
    let zoned = text.parse::<Timestamp>().ok();
    let unzoned = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    zoned.or_else(unzoned).map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_understood_however_programs_write_them() {
        for (field, written, expected) in [
            (Field::Bytes, "24.0", "24"),
            (Field::Bytes, "24", "24"),
            (Field::Bytes, "24.5", "24.5"),
            (Field::Bytes, ".0", ".0"),
            (Field::Bytes, "", "-"),
            (Field::DstPort, "null", "-"),
            (Field::Start, "1764000000", "1764000000"),
            (Field::Start, "1764000000.000", "1764000000"),
            (Field::Start, "2025-11-24T16:00:00Z", "1764000000"),
            (Field::Start, "2025-11-24T17:00:00.250+01:00", "1764000000"),
            (Field::Start, "2025-11-24 16:00:00.000", "1764000000"),
            (Field::Start, "2025-11-24", "1763942400"),
            (Field::Start, "yesterday", "yesterday"),
            (Field::Account, "12345678901", "012345678901"),
            (Field::Account, "unknown", "unknown"),
            (Field::Eni, " eni-1 ", "eni-1"),
        ] {
            let slot = Slot::Field(field);
            assert_eq!(plain(&slot, slot.kind(), written), expected, "{field:?} {written}");
        }
    }
}
