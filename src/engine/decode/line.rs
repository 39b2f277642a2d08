//! Parses one line of text to the values of one record, each checked by its slot.
//!
//! A line is accepted as a whole or not at all: a wrong number of values, an invalid number or an invalid address make
//! it malformed, whatever the query asks for. The meaning of the values is not known here.
//!
//! See <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::record::{LINE_LIMIT_BYTES, Layout, Slot, SlotKind, Status};
use crate::value::{address_bits, to_seconds};

/// The mark that some Windows programs write before UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes of a value within its line or block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first byte.
    pub(crate) start: u32,
    /// The offset after the last byte.
    pub(crate) end: u32,
}

impl Span {
    /// The bytes within `text`.
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }
}

/// A value of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// `-`, or a MAC address.
    Absent,
    /// A number, or a time in seconds.
    Number(i64),
    /// An address as [`address_bits`] has it.
    Address(u128),
    /// Text, unchanged.
    Text,
}

/// The reason why a line is not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Too few or too many values.
    Count(usize),
    /// The value of this slot is not what the slot holds.
    Value(usize),
    /// More than [`LINE_LIMIT_BYTES`].
    TooLong,
    /// Bytes that are not UTF-8.
    NotText,
    /// No timestamp before the record, where a CloudWatch export has one.
    NoTimestamp,
}

/// Reads the lines of one layout.
#[derive(Debug)]
pub(crate) struct LineReader {
    layout: Arc<Layout>,
    kinds: Vec<SlotKind>,
    /// The byte ranges of the last line's values.
    pub(crate) spans: Vec<Span>,
    /// The values of the last line.
    pub(crate) values: Vec<Parsed>,
}

impl LineReader {
    /// A reader of lines of this layout.
    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let kinds: Vec<SlotKind> = layout.slots().iter().map(Slot::kind).collect();
        let slots = kinds.len();
        Self { layout, kinds, spans: Vec::with_capacity(slots), values: Vec::with_capacity(slots) }
    }

    /// Reads a line without its line end; `spans` and `values` are its record if it is one.
    pub(crate) fn read(&mut self, line: &[u8]) -> Result<(), Fault> {
        if line.len() > LINE_LIMIT_BYTES {
            return Err(Fault::TooLong);
        }
        self.split(line)?;
        self.values.clear();
        for slot in 0..self.spans.len() {
            match parse(self.kinds[slot], self.spans[slot].of(line)) {
                Some(value) => self.values.push(value),
                None => return Err(Fault::Value(slot)),
            }
        }
        Ok(())
    }

    /// Finds the values between blanks.
    ///
    /// A plain loop: every byte of an irregular line passes through it.
    #[allow(clippy::cast_possible_truncation, reason = "a line within the limit is shorter than 4 GiB")]
    fn split(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.spans.clear();
        let mut found = 0;
        let mut needs_timestamp = self.layout.is_export;
        let mut at = 0;
        let mut bits = 0;
        while at < line.len() {
            if is_blank(line[at]) {
                at += 1;
                continue;
            }
            let start = at;
            while at < line.len() && !is_blank(line[at]) {
                bits |= line[at];
                at += 1;
            }
            if needs_timestamp {
                if !is_timestamp(&line[start..at]) {
                    return Err(Fault::NoTimestamp);
                }
                needs_timestamp = false;
                continue;
            }
            found += 1;
            if found <= self.kinds.len() {
                self.spans.push(Span { start: start as u32, end: at as u32 });
            }
        }
        // Most lines are ASCII, so need no UTF-8 check.
        if !bits.is_ascii() && std::str::from_utf8(line).is_err() {
            return Err(Fault::NotText);
        }
        if found == self.kinds.len() { Ok(()) } else { Err(Fault::Count(found)) }
    }

    /// The reason why `line` is malformed, for the user.
    pub(crate) fn reason(&self, fault: Fault, line: &[u8]) -> String {
        match fault {
            Fault::Count(found) => {
                format!("{found} {} where the format has {}", plural(found, "value"), self.kinds.len())
            }
            Fault::Value(slot) => {
                let value = self.spans.get(slot).map_or(&[][..], |span| span.of(line));
                reason_of_value(&self.layout, slot, value)
            }
            Fault::TooLong => format!("longer than {} KiB", LINE_LIMIT_BYTES / 1024),
            Fault::NotText => "not UTF-8 text".into(),
            Fault::NoTimestamp => "no timestamp before the record".into(),
        }
    }
}

/// The reason why a value of the slot at `slot` is invalid; quotes the start of the value.
pub(crate) fn reason_of_value(layout: &Layout, slot: usize, value: &[u8]) -> String {
    let slot = &layout.slots()[slot];
    format!("{} is `{}`, not {}", slot.name(), shown(value), slot.kind().expected())
}

/// The noun for a count, `value` or `values`, without the number.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_string() } else { format!("{noun}s") }
}

/// A value for a message, shortened so that a garbled one does not fill the screen.
fn shown(value: &[u8]) -> String {
    const LETTERS: usize = 40;
    // A character has at most four bytes.
    let text = String::from_utf8_lossy(&value[..value.len().min(4 * (LETTERS + 1))]);
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// The line without its line end, unless it is blank or a comment.
pub(crate) fn content(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Nearly every line starts with a value.
    match line.first()? {
        b'#' => None,
        b' ' | b'\t' => match line.trim_ascii_start().first()? {
            b'#' => None,
            _ => Some(line),
        },
        _ => Some(line),
    }
}

/// The slots that a header line names, if it is one.
pub(crate) fn header(line: &[u8]) -> Option<Vec<Slot>> {
    Layout::header(std::str::from_utf8(line).ok()?)
}

/// Returns whether a byte separates values.
pub(crate) const fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Returns whether a word looks like an RFC 3339 timestamp, such as `2026-11-23T08:00:00.000Z`.
pub(crate) fn is_timestamp(word: &[u8]) -> bool {
    const FORM: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";
    word.len() > FORM.len()
        && FORM.iter().zip(word).all(|(form, byte)| match form {
            b'd' => byte.is_ascii_digit(),
            form => form == byte,
        })
        && word[FORM.len()..].iter().all(|byte| byte.is_ascii_digit() || b".:+-Z".contains(byte))
}

/// The parsed value, or `None` if it does not match the kind.
pub(crate) fn parse(kind: SlotKind, value: &[u8]) -> Option<Parsed> {
    if value.len() == 1 && value[0] == b'-' && kind != SlotKind::Status {
        return Some(Parsed::Absent);
    }
    match kind {
        SlotKind::Word(_) | SlotKind::Text => Some(Parsed::Text),
        SlotKind::Status => Status::of(value).map(|_| Parsed::Text),
        SlotKind::Number(max) => parse_digits(value).filter(|number| *number <= max).map(Parsed::Number),
        SlotKind::Time => parse_digits(value).map(|number| Parsed::Number(to_seconds(number))),
        SlotKind::Address => parse_address(value),
    }
}

/// Parses digits only: no sign, no fraction, nothing beyond `i64`.
fn parse_digits(value: &[u8]) -> Option<i64> {
    // Any 19 digits fit an unsigned number.
    if value.is_empty() || value.len() > 19 {
        return None;
    }
    let mut number: u64 = 0;
    for byte in value {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    i64::try_from(number).ok()
}

fn parse_address(value: &[u8]) -> Option<Parsed> {
    if is_mac(value) {
        return Some(Parsed::Absent);
    }
    let text = std::str::from_utf8(value).ok()?;
    let address = if text.contains(':') { text.parse().map(IpAddr::V6) } else { text.parse().map(IpAddr::V4) };
    Some(Parsed::Address(address_bits(address.ok()?)))
}

/// Returns whether a value is a MAC address, as records of EFA traffic have: six pairs of hexadecimal digits between
/// colons.
fn is_mac(value: &[u8]) -> bool {
    value.len() == 17
        && value.iter().enumerate().all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::value::address_from_bits;

    const RECORD: &str =
        "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

    fn reader() -> LineReader {
        LineReader::new(Arc::new(Layout::default_format()))
    }

    /// The record with the word at `place` replaced.
    fn with(place: usize, word: &str) -> String {
        let mut words: Vec<&str> = RECORD.split(' ').collect();
        words[place] = word;
        words.join(" ")
    }

    fn place(field: Field) -> usize {
        Layout::default_format().place(field).unwrap()
    }

    #[test]
    fn a_record_is_read_value_by_value() {
        let mut reader = reader();
        reader.read(RECORD.as_bytes()).unwrap();
        assert_eq!(reader.values[0], Parsed::Number(2));
        assert_eq!(reader.values[1], Parsed::Text);
        assert_eq!(reader.spans[1].of(RECORD.as_bytes()), b"123456789010");
        assert_eq!(reader.values[3], Parsed::Address(address_bits("172.31.16.139".parse().unwrap())));
        assert_eq!(reader.values[10], Parsed::Number(1_418_530_010));
    }

    #[test]
    fn several_blanks_and_tabs_between_values_are_fine() {
        let mut reader = reader();
        let line = format!("  {}\t ", RECORD.replace(' ', " \t "));
        assert_eq!(reader.read(line.as_bytes()), Ok(()));
        assert_eq!(reader.spans[13].of(line.as_bytes()), b"OK");
    }

    #[test]
    fn what_is_not_a_record_is_refused_as_a_whole_and_says_why() {
        let cases = [
            (with(0, "x"), "version is `x`, not a number from 0 to 2147483647"),
            (with(3, "10.0.0.256"), "srcaddr is `10.0.0.256`, not an address"),
            (with(3, "10.0.0.01"), "srcaddr is `10.0.0.01`, not an address"),
            (with(3, "10.0.0"), "srcaddr is `10.0.0`, not an address"),
            (with(4, "fe80::1%eth0"), "dstaddr is `fe80::1%eth0`, not an address"),
            (with(5, "65536"), "srcport is `65536`, not a number from 0 to 65535"),
            (with(6, "-1"), "dstport is `-1`, not a number from 0 to 65535"),
            (with(6, "+22"), "dstport is `+22`, not a number from 0 to 65535"),
            (with(7, "256"), "protocol is `256`, not a number from 0 to 255"),
            (with(8, "1.5"), "packets is `1.5`, not a whole number"),
            (with(9, "9223372036854775808"), "bytes is `9223372036854775808`, not a whole number"),
            (with(10, "2026-11-23"), "start is `2026-11-23`, not a time in seconds"),
            (with(4, &"é".repeat(41)), "dstaddr is `éééééééééééééééééééééééééééééééééééééééé…`, not an address"),
            (with(13, "OK more"), "15 values where the format has 14"),
            (with(13, ""), "13 values where the format has 14"),
            ("2".into(), "1 value where the format has 14"),
            (with(2, &"x".repeat(LINE_LIMIT_BYTES)), "longer than 64 KiB"),
        ];
        let mut reader = reader();
        for (line, reason) in cases {
            let fault = reader.read(line.as_bytes()).unwrap_err();
            assert_eq!(reader.reason(fault, line.as_bytes()), reason);
        }
        let line = with(2, "eni-?").replace('?', "\u{fffd}");
        assert_eq!(reader.read(line.as_bytes()), Ok(()));
        let line = RECORD.as_bytes().iter().map(|b| if *b == b'e' { 0xff } else { *b }).collect::<Vec<u8>>();
        assert_eq!(reader.read(&line), Err(Fault::NotText));
    }

    #[test]
    fn a_dash_is_absent_in_every_slot_but_the_status() {
        let mut reader = reader();
        let line = format!("{} OK", ["-"; 13].join(" "));
        reader.read(line.as_bytes()).unwrap();
        assert!(reader.values[..13].iter().all(|value| *value == Parsed::Absent));
        let line = ["-"; 14].join(" ");
        let fault = reader.read(line.as_bytes()).unwrap_err();
        assert_eq!(reader.reason(fault, line.as_bytes()), "log-status is `-`, not OK, NODATA or SKIPDATA");
    }

    #[test]
    fn a_status_is_one_of_three_in_any_case() {
        let mut reader = reader();
        for (status, is_one) in [("ok", true), ("NoData", true), ("skipdata", true), ("\"OK\"", false), ("OKAY", false)]
        {
            assert_eq!(reader.read(with(13, status).as_bytes()).is_ok(), is_one, "{status}");
        }
    }

    #[test]
    fn a_mac_address_is_absent_and_ipv6_is_an_address() {
        let mut reader = reader();
        reader.read(with(place(Field::SrcAddr), "0a:AB:00:11:22:ff").as_bytes()).unwrap();
        assert_eq!(reader.values[3], Parsed::Absent);
        for (text, canonical) in [("2001:DB8:0:0::1", "2001:db8::1"), ("::ffff:10.0.0.1", "10.0.0.1")] {
            reader.read(with(3, text).as_bytes()).unwrap();
            let Parsed::Address(bits) = reader.values[3] else { panic!("no address") };
            assert_eq!(address_from_bits(bits).to_string(), canonical);
        }
    }

    #[test]
    fn milliseconds_become_seconds() {
        for (text, seconds) in
            [("1700000000", 1_700_000_000), ("1700000000999", 1_700_000_000), ("99999999999", 99_999_999_999)]
        {
            assert_eq!(parse(SlotKind::Time, text.as_bytes()), Some(Parsed::Number(seconds)));
        }
    }

    #[test]
    fn an_export_has_a_timestamp_before_each_record() {
        let layout = Layout::default_format().export(true);
        let mut reader = LineReader::new(Arc::new(layout));
        assert_eq!(reader.read(format!("2026-11-23T08:00:00.000Z {RECORD}").as_bytes()), Ok(()));
        assert_eq!(reader.read(format!("2026-11-23T08:00:00+01:00 {RECORD}").as_bytes()), Ok(()));
        assert_eq!(reader.read(RECORD.as_bytes()), Err(Fault::NoTimestamp));
        assert_eq!(reader.read(b"2026-11-23T08:00:00Z"), Err(Fault::Count(0)));
    }
}
