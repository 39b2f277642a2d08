//! Detects the format and the layout of a text from its head, without guessing.
//!
//! A header line decides; otherwise `--format`, or one of the formats that AWS uses by default, if most lines of the
//! head are records of it. In JSON and CSV either the names decide, or the log messages inside do as lines would. This
//! module does not open files.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::decode::{BYTE_ORDER_MARK, Fault, LineReader, content, header, is_blank, is_timestamp, plural};
use crate::engine::format::{Broken, CsvContent, CsvRows, CsvShape, Item, JsonShape, Pair, walk};
use crate::engine::record::{Halt, Layout, Slot};
use crate::field::Field;

/// The number of lines of the head that are tried.
const TRIED_LINES: usize = 50;

/// The result of examining a head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// Only blank lines and comments so far.
    Nothing,
    /// Lines of records of this layout.
    Records(Layout),
    /// JSON that holds records of this layout.
    Json(Layout, JsonShape),
    /// CSV that holds records of this layout.
    Csv(Layout, CsvShape),
    /// Lines in a format that is not known, with the reason: `--format` could tell it.
    NoHeader(String),
    /// Not a flow log, with the reason.
    Other(String),
}

/// Examines the head of a file; `format` is the layout of files without a header line.
///
/// `is_whole` tells whether the file ends with the head; otherwise its last line may be cut off.
pub(crate) fn sniff(head: &[u8], is_whole: bool, format: Option<&Layout>) -> Sniffed {
    if let Some(reason) = binary(head) {
        return Sniffed::Other(reason.into());
    }
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    if matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return sniff_json(head, is_whole, format);
    }
    sniff_csv(head, is_whole, format).unwrap_or_else(|| sniff_lines(head, is_whole, format))
}

/// The reason why a head is not text; `None` for text.
fn binary(head: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 3] = [
        (b"PAR1", "it is parquet inside gzip: decompress it first"),
        (b"\xff\xfe", "it is UTF-16 text: save it as UTF-8"),
        (b"\xfe\xff", "it is UTF-16 text: save it as UTF-8"),
    ];
    let known = kinds.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, reason)| *reason);
    known.or_else(|| head.contains(&0).then_some("it holds binary data"))
}

fn sniff_lines(head: &[u8], is_whole: bool, format: Option<&Layout>) -> Sniffed {
    let lines: Vec<&[u8]> = match (is_whole, head.iter().rposition(|byte| *byte == b'\n')) {
        (true, _) => lines(head),
        (false, Some(last)) => lines(&head[..last]),
        (false, None) => return Sniffed::Nothing,
    };
    let Some(first) = lines.first() else { return Sniffed::Nothing };
    let Some(slots) = header(first) else { return sniff_records(&lines, format) };
    match Layout::new(slots) {
        Ok(layout) => check_header(layout, &lines[1..]),
        Err(twice) => Sniffed::Other(format!("its header line has `{twice}` twice")),
    }
}

/// Checks that a header line fits at least one of the lines after it, if there are any.
fn check_header(layout: Layout, lines: &[&[u8]]) -> Sniffed {
    let mut reader = LineReader::new(Arc::new(layout.clone()));
    let mut fits = |line: &&[u8]| reader.read(line).is_ok() || header(line).is_some();
    if lines.is_empty() || lines.iter().any(&mut fits) {
        return Sniffed::Records(layout);
    }
    Sniffed::Other(misfit(&layout, lines, "its header line"))
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').filter_map(content).take(TRIED_LINES).collect()
}

fn sniff_records(lines: &[&[u8]], format: Option<&Layout>) -> Sniffed {
    let is_export = lines[0].split(u8::is_ascii_whitespace).find(|word| !word.is_empty()).is_some_and(is_timestamp);
    let formats = match format {
        Some(format) => vec![format.clone()],
        None => vec![Layout::default_format(), Layout::transit_gateway_format()],
    };
    for layout in formats {
        let layout = layout.export(is_export);
        // A single malformed line in the head does not make it another format; a majority does.
        let mut reader = LineReader::new(Arc::new(layout.clone()));
        let records = lines.iter().filter(|line| is_record(&layout, &mut reader, line, format.is_some())).count();
        if records * 2 > lines.len() {
            return Sniffed::Records(layout);
        }
    }
    let (layout, named) = match format {
        Some(format) => (format.clone(), "`--format`"),
        None => (Layout::default_format(), "the default format"),
    };
    let reason = format!("no header line, and {}", misfit(&layout.export(is_export), lines, named));
    Sniffed::NoHeader(cloud_wan(lines[0]).map_or(reason, Into::into))
}

/// Returns whether a line is a record of the layout. If the layout was not given, any line of as many values might pass
/// for one, so its action has to be one or absent, or the resource of a transit gateway has to be named.
fn is_record(layout: &Layout, reader: &mut LineReader, line: &[u8], is_given: bool) -> bool {
    if reader.read(line).is_err() {
        return false;
    }
    let word = |field| layout.place(field).map_or(&[][..], |place| reader.spans[place].of(line));
    is_given
        || [&b"ACCEPT"[..], b"REJECT", b"-"].iter().any(|action| action.eq_ignore_ascii_case(word(Field::Action)))
        || word(Field::ResourceType).starts_with(b"TransitGateway")
}

/// The reason why a record of Cloud WAN is not read: AWS does not document the order of its default fields.
fn cloud_wan(line: &[u8]) -> Option<&'static str> {
    let mut words = line.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    words.any(|word| word.starts_with(b"CoreNetwork")).then_some("no header line, and records of Cloud WAN")
}

/// The reason why lines are not records of the layout that `named` gives.
fn misfit(layout: &Layout, lines: &[&[u8]], named: &str) -> String {
    let mut reader = LineReader::new(Arc::new(layout.clone()));
    match lines.iter().find_map(|line| reader.read(line).err().map(|fault| (fault, *line))) {
        Some((Fault::Count(found), _)) => {
            format!("lines of {found} {}, where {named} has {}", plural(found, "value"), layout.slots().len())
        }
        Some((fault, line)) => format!("lines that do not fit {named}: {}", reader.reason(fault, line)),
        None => format!("lines that do not fit {named}"),
    }
}

/// Examines log messages; `found` takes the layout of their records.
fn sniff_messages(messages: &[String], format: Option<&Layout>, found: impl Fn(Layout) -> Sniffed) -> Sniffed {
    let text = messages.join("\n");
    match sniff_lines(text.as_bytes(), true, format) {
        Sniffed::Records(layout) => found(layout),
        Sniffed::NoHeader(reason) if text.lines().next().is_some_and(names_network) => {
            Sniffed::NoHeader(format!("its log messages are not understood: {reason}"))
        }
        Sniffed::NoHeader(_) | Sniffed::Other(_) => Sniffed::Other("its log messages are not flow log records".into()),
        other => other,
    }
}

/// Returns whether a line has the id of an interface or an address, as records in any format do.
fn names_network(line: &str) -> bool {
    line.split_whitespace().any(|word| word.starts_with("eni-") || word.parse::<IpAddr>().is_ok())
}

/// Examines JSON.
fn sniff_json(head: &[u8], is_whole: bool, format: Option<&Layout>) -> Sniffed {
    let mut messages = Vec::new();
    let mut records: Vec<Vec<Pair>> = Vec::new();
    let mut has_envelope = false;
    let outcome = walk(head, &mut |item| {
        match item {
            Item::Message(message) => messages.push(message.to_string()),
            Item::Record(pairs) => records.push(pairs.to_vec()),
            Item::Envelope => has_envelope = true,
            Item::Malformed(_) => {}
        }
        if messages.len() < TRIED_LINES { Ok(()) } else { Err(Halt::Closed) }
    });
    if !messages.is_empty() {
        return sniff_messages(&messages, format, |layout| Sniffed::Json(layout, JsonShape::Messages));
    }
    if let Some((layout, slots)) = layout_of_names(records.iter().flatten().map(|(name, _)| name.as_str())) {
        return Sniffed::Json(layout, JsonShape::Records(slots));
    }
    match outcome {
        Err(Broken::Unreadable(error)) => Sniffed::Other(format!("it is JSON that cannot be read: {error}")),
        _ if !is_whole => Sniffed::Nothing,
        Err(Broken::Syntax(reason)) => Sniffed::Other(reason),
        Err(Broken::CutOff) => Sniffed::Other("it is JSON that is cut off".into()),
        _ if has_envelope && records.is_empty() => Sniffed::Nothing,
        _ => Sniffed::Other("it is JSON without flow log messages or records".into()),
    }
}

/// Examines CSV; `None` if it is not CSV.
fn sniff_csv(head: &[u8], is_whole: bool, format: Option<&Layout>) -> Option<Sniffed> {
    let line = head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty())?;
    if !line.contains(&b',') {
        return None;
    }
    let mut rows = CsvRows::new(head);
    let names: Vec<String> = rows.next().ok()??.values().ok()?.into_iter().map(|name| name.trim().into()).collect();
    let columns = names.len();
    let csv = |layout, content| Sniffed::Csv(layout, CsvShape { columns, content });
    if let Some(column) = names.iter().position(|name| matches!(name.as_str(), "message" | "@message")) {
        let mut messages = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            messages.extend(row.values().ok().and_then(|values| Some((*values.get(column)?).to_string())));
        }
        if !is_whole {
            messages.pop();
        }
        return Some(sniff_messages(&messages, format, |layout| csv(layout, CsvContent::Messages(column))));
    }
    let Some((layout, slots)) = layout_of_names(names.iter().map(String::as_str)) else {
        // A tag in a line of blanks and values may have a comma, too.
        let is_csv = columns > line.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty()).count();
        let reason = "it is CSV, and its header row names neither fields nor a `message`";
        return is_csv.then(|| Sniffed::Other(reason.into()));
    };
    let column_of = |slot| names.iter().position(|name| slots.get(name) == Some(&slot)).expect("slots have names");
    let content = CsvContent::Records((0..layout.slots().len()).map(column_of).collect());
    if layout.slots().len() < columns {
        return Some(Sniffed::Other("its header row has a field twice".into()));
    }
    Some(csv(layout, content))
}

/// The layout of records whose values have names, and the slot of each name; `None` if most names are not those of
/// fields. The timestamp of a log event is the start of a record that has no start.
fn layout_of_names<'n>(names: impl Iterator<Item = &'n str>) -> Option<(Layout, HashMap<String, usize>)> {
    let mut slots: Vec<Slot> = Vec::new();
    let mut of_names = HashMap::new();
    let mut known = 0;
    let mut timestamp = None;
    for name in names {
        if of_names.contains_key(name) || timestamp.is_some_and(|known| known == name) {
            continue;
        }
        if name == "@timestamp" {
            timestamp = Some(name);
            continue;
        }
        let slot = Slot::named(name);
        known += usize::from(matches!(slot, Slot::Field(_)));
        let place = slots.iter().position(|known| *known == slot).unwrap_or(slots.len());
        if place == slots.len() {
            slots.push(slot);
        }
        of_names.insert(name.to_string(), place);
    }
    let start = Slot::Field(Field::Start);
    if let Some(name) = timestamp {
        let slot = if slots.contains(&start) { Slot::Extra(name.into()) } else { start };
        of_names.insert(name.into(), slots.len());
        slots.push(slot);
    }
    if known < 2 || known * 2 <= of_names.len() {
        return None;
    }
    Some((Layout::new(slots).ok()?, of_names))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str =
        "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

    fn sniff_text(text: &str) -> Sniffed {
        sniff(text.as_bytes(), true, None)
    }

    fn layout(names: &str) -> Layout {
        Layout::parse_format(names).unwrap()
    }

    #[test]
    fn a_header_line_decides_even_where_a_format_is_given() {
        let text = "\u{feff}# made by hand\r\n\r\naction made-up srcaddr\r\nACCEPT x 10.0.0.1\r\n";
        assert_eq!(
            sniff(text.as_bytes(), true, Some(&layout("srcaddr"))),
            Sniffed::Records(layout("action made-up srcaddr"))
        );
    }

    #[test]
    fn header_less_records_are_of_the_default_format_or_of_the_one_that_is_given() {
        assert_eq!(sniff_text(RECORD), Sniffed::Records(Layout::default_format()));
        let format = layout("interface-id srcaddr");
        assert_eq!(sniff(b"eni-1 10.0.0.1\n", true, Some(&format)), Sniffed::Records(format));
    }

    #[test]
    fn a_cloudwatch_export_has_a_timestamp_in_front() {
        let line = format!("2026-11-23T08:00:00.000Z {RECORD}\n");
        let export = Layout::default_format().export(true);
        assert_eq!(sniff_text(&line), Sniffed::Records(export));
        let format = layout("interface-id srcaddr");
        let export = format.clone().export(true);
        assert_eq!(sniff(b"2026-11-23T08:00:00.000Z eni-1 10.0.0.1", true, Some(&format)), Sniffed::Records(export));
    }

    #[test]
    fn what_is_no_flow_log_says_what_it_looks_like() {
        let cases = [
            ("{\"a\": 1}", "it is JSON without flow log messages or records"),
            ("PK\u{0}\u{3}", "it holds binary data"),
            ("see the manual\n", "no header line, and lines of 3 values, where the default format has 14"),
            (
                &RECORD.replace(" OK", " FINE"),
                "no header line, and lines that do not fit the default format: log-status is `FINE`, not OK, NODATA or SKIPDATA",
            ),
            (&RECORD.replace("ACCEPT", "FINE"), "no header line, and lines that do not fit the default format"),
            (
                &RECORD.replace(" 22 ", " ssh "),
                "no header line, and lines that do not fit the default format: dstport is `ssh`, not a number from 0 to 65535",
            ),
            ("srcaddr srcaddr\n", "its header line has `srcaddr` twice"),
        ];
        for (text, reason) in cases {
            let sniffed = sniff_text(text);
            let is_header_missing = reason.starts_with("no header line");
            let expected =
                if is_header_missing { Sniffed::NoHeader(reason.into()) } else { Sniffed::Other(reason.into()) };
            assert_eq!(sniffed, expected);
        }
        let format = layout("srcaddr dstaddr");
        let Sniffed::NoHeader(reason) = sniff(RECORD.as_bytes(), true, Some(&format)) else { panic!() };
        assert_eq!(reason, "no header line, and lines of 14 values, where `--format` has 2");
    }

    #[test]
    fn one_malformed_line_among_records_does_not_change_the_layout() {
        assert_eq!(
            sniff_text(&format!("bogus line\n{RECORD}\n{RECORD}\n")),
            Sniffed::Records(Layout::default_format())
        );
    }

    #[test]
    fn a_cut_last_line_is_not_looked_at() {
        assert_eq!(
            sniff(format!("{RECORD}\n{}", &RECORD[..20]).as_bytes(), false, None),
            Sniffed::Records(Layout::default_format())
        );
        assert_eq!(sniff(b"# comment\n# comm", false, None), Sniffed::Nothing);
        assert_eq!(sniff(b"2 12345", false, None), Sniffed::Nothing);
        assert_eq!(sniff(b"\r\n\r\n", true, None), Sniffed::Nothing);
    }
}
