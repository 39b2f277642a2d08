//! Detects the layout of a text from its head, without guessing.
//!
//! A header line decides; otherwise `--format`, or the default format if most lines of the head are records of it. This
//! module does not open files.

use std::sync::Arc;

use crate::engine::decode::{BYTE_ORDER_MARK, Fault, LineReader, content, header, is_timestamp, plural};
use crate::engine::record::Layout;

/// The number of lines of the head that are tried.
const TRIED_LINES: usize = 50;

/// The result of examining a head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// Only blank lines and comments so far.
    Nothing,
    /// Records of this layout.
    Records(Layout),
    /// Not a flow log, with the reason.
    Other(String),
}

/// Examines the head of a file; `format` is the layout of files without a header line.
///
/// `is_whole` tells whether the file ends with the head; otherwise its last line may be cut off.
pub(crate) fn sniff(head: &[u8], is_whole: bool, format: Option<&Layout>) -> Sniffed {
    if head.contains(&0) {
        return Sniffed::Other("it holds binary data".into());
    }
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let lines: Vec<&[u8]> = match (is_whole, head.iter().rposition(|byte| *byte == b'\n')) {
        (true, _) => lines(head),
        (false, Some(last)) => lines(&head[..last]),
        (false, None) => return Sniffed::Nothing,
    };
    let Some(first) = lines.first() else { return Sniffed::Nothing };
    if let Some(slots) = header(first) {
        return Layout::new(slots)
            .map_or_else(|twice| Sniffed::Other(format!("its header line has `{twice}` twice")), Sniffed::Records);
    }
    sniff_records(&lines, format)
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').filter_map(content).take(TRIED_LINES).collect()
}

fn sniff_records(lines: &[&[u8]], format: Option<&Layout>) -> Sniffed {
    let first = lines[0].trim_ascii();
    if first.starts_with(b"{") || first.starts_with(b"[") {
        return Sniffed::Other("it looks like JSON".into());
    }
    let is_export = first.split(u8::is_ascii_whitespace).next().is_some_and(is_timestamp);
    let layout = format.cloned().unwrap_or_else(Layout::default_format).export(is_export);
    let mut reader = LineReader::new(Arc::new(layout.clone()));
    let mut fits = |line: &[u8]| reader.read(line).is_ok() && (format.is_some() || ends_as_default(&reader, line));
    let fitting = lines.iter().filter(|line| fits(line)).count();
    // A single malformed line in the head does not make it another format; a majority does.
    if fitting * 2 > lines.len() { Sniffed::Records(layout) } else { Sniffed::Other(misfit(&layout, lines, format)) }
}

/// Returns whether the last words of a record are those of the default format. Otherwise any 14 values might be taken
/// for a record.
fn ends_as_default(reader: &LineReader, line: &[u8]) -> bool {
    let word = |from_end: usize| reader.spans[reader.spans.len() - from_end].of(line);
    [&b"ACCEPT"[..], b"REJECT", b"-"].contains(&word(2)) && [&b"OK"[..], b"NODATA", b"SKIPDATA"].contains(&word(1))
}

/// The reason why lines are not records of the layout.
fn misfit(layout: &Layout, lines: &[&[u8]], format: Option<&Layout>) -> String {
    let named = if format.is_some() { "`--format`" } else { "the default format" };
    let mut reader = LineReader::new(Arc::new(layout.clone()));
    let what = match lines.iter().find_map(|line| reader.read(line).err().map(|fault| (fault, *line))) {
        Some((Fault::Count(found), _)) => {
            format!("lines of {found} {}, where {named} has {}", plural(found, "value"), layout.slots().len())
        }
        Some((fault, line)) => format!("lines that do not fit {named}: {}", reader.reason(fault, line)),
        None => format!("lines that do not fit {named}"),
    };
    format!("no header line, and {what}")
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
            ("{\"a\": 1}", "it looks like JSON"),
            ("PK\u{0}\u{3}", "it holds binary data"),
            ("see the manual\n", "no header line, and lines of 3 values, where the default format has 14"),
            (&RECORD.replace(" OK", " FINE"), "no header line, and lines that do not fit the default format"),
            (
                &RECORD.replace(" 22 ", " ssh "),
                "no header line, and lines that do not fit the default format: dstport is `ssh`, not a number from 0 to 65535",
            ),
            ("srcaddr srcaddr\n", "its header line has `srcaddr` twice"),
        ];
        for (text, reason) in cases {
            assert_eq!(sniff_text(text), Sniffed::Other(reason.into()));
        }
        let Sniffed::Other(reason) = sniff(RECORD.as_bytes(), true, Some(&layout("srcaddr dstaddr"))) else { panic!() };
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
