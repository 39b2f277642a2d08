//! Lists in files: a value on each line, by the type of the field that is tested.

use std::io::{self, BufRead, Read};

use super::error::CheckError;
use super::literal::Wanted;
use crate::diagnostic::{Report, Span};
use crate::field::FieldType;
use crate::query::clock::Clock;
use crate::query::plan::{Check, Condition, Range, Source};

/// The most bytes of a list: ten million networks and more.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The reason why a list cannot be read. It never quotes a line: the user may not be allowed to read the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// A line is no value of the field; the number of the first line is 1.
    #[error("line {line}: expected {expected}")]
    Line {
        /// The number of the line.
        line: u64,
        /// The expected value.
        expected: String,
    },
    /// The list is too long.
    #[error("a list may have at most 256 MiB")]
    TooLong,
}

/// A list that was read.
pub struct Lines {
    /// The test that a value is among them.
    pub condition: Condition,
    /// A remark on something that the user may not expect.
    pub remark: Option<String>,
}

/// The test that a value is (or, negated, is not) among the lines of a list. `#` begins a comment.
///
/// # Errors
///
/// [`ListError`], by variant.
pub fn among_lines(source: &Source, negated: bool, mut list: impl BufRead, clock: &Clock) -> Result<Lines, ListError> {
    let field_type = source.field_type();
    let name = source.name();
    let wanted = Wanted { field: &name, span: Span::default() };
    let mut values = Values::new(field_type);
    let mut limited = list.by_ref().take(MAX_BYTES);
    let (mut line, mut number, mut masked) = (String::new(), 0, Vec::new());
    while limited.read_line(&mut line)? > 0 {
        number += 1;
        let value = line.trim_start_matches('\u{feff}').split('#').next().unwrap_or_default().trim();
        if !value.is_empty() {
            let kept = values.add(&wanted, value, clock);
            let is_masked = kept.map_err(|error| ListError::Line { line: number, expected: expected(&error) })?;
            masked.extend(is_masked.then_some(number));
        }
        line.clear();
    }
    if limited.limit() == 0 && !list.fill_buf()?.is_empty() {
        return Err(ListError::TooLong);
    }
    let remark = match masked.as_slice() {
        _ if values.is_empty() => Some("the list is empty".to_string()),
        [] => None,
        [line] => Some(format!("line {line} is read as the network that it is in")),
        [line, more @ ..] => {
            Some(format!("line {line} and {} more are read as the networks that they are in", more.len()))
        }
    };
    Ok(Lines { condition: values.condition(source, negated), remark })
}

/// The description of a valid line, in a user's words.
fn expected(error: &CheckError) -> String {
    let label = error.label().unwrap_or_default();
    label.strip_prefix("expected ").unwrap_or("a value of the field").to_string()
}

/// The values of a list so far.
enum Values {
    Networks(Vec<ipnet::IpNet>),
    Numbers(FieldType, Vec<i64>),
    Words(FieldType, Vec<String>),
}

impl Values {
    const fn new(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Address => Self::Networks(Vec::new()),
            field_type if field_type.is_numeric() => Self::Numbers(field_type, Vec::new()),
            field_type => Self::Words(field_type, Vec::new()),
        }
    }

    /// Adds a value. Returns whether it has bits beyond its prefix, and so is read as the network that it is in.
    fn add(&mut self, wanted: &Wanted<'_>, value: &str, clock: &Clock) -> Result<bool, CheckError> {
        match self {
            Self::Networks(networks) => {
                let (network, is_masked) = wanted.network(value)?;
                networks.push(network);
                return Ok(is_masked);
            }
            Self::Numbers(field_type, numbers) => numbers.push(wanted.number(value, *field_type, clock)?),
            Self::Words(FieldType::Word(known), words) => words.push(wanted.word(value, known)?),
            Self::Words(FieldType::OpenWord(known), words) => {
                let spelt = known.iter().find(|word| word.eq_ignore_ascii_case(value));
                words.push(spelt.map_or(value, |word| word).to_string());
            }
            Self::Words(_, words) => words.push(wanted.text(value)?),
        }
        Ok(false)
    }

    const fn is_empty(&self) -> bool {
        match self {
            Self::Networks(networks) => networks.is_empty(),
            Self::Numbers(_, numbers) => numbers.is_empty(),
            Self::Words(_, words) => words.is_empty(),
        }
    }

    fn condition(self, source: &Source, negated: bool) -> Condition {
        let check = match self {
            empty if empty.is_empty() => None,
            Self::Networks(mut networks) => {
                networks.sort_unstable();
                networks.dedup();
                Some(Check::Address { networks, negated })
            }
            Self::Numbers(_, mut numbers) => {
                numbers.sort_unstable();
                numbers.dedup();
                let ranges = numbers.into_iter().map(|number| Range { first: number, last: number });
                Some(Check::Number { ranges: ranges.collect(), negated })
            }
            Self::Words(_, mut words) => {
                words.sort_unstable();
                words.dedup();
                Some(Check::Text { words, negated })
            }
        };
        match check {
            Some(check) => Condition::Test(source.clone(), check),
            // An empty list contains no value, so every value is outside.
            None if negated => Condition::Test(source.clone(), Check::Present),
            None => Condition::Any(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::field::Field;
    use crate::query::print;

    fn read(field: Field, list: &str) -> Result<String, String> {
        let clock = Clock { now: 1_795_435_200, zone: TimeZone::UTC };
        let condition = among_lines(&Source::Field(field), false, list.as_bytes(), &clock);
        condition.map(|lines| print::condition(&lines.condition)).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_are_values_of_the_field() {
        for (field, list, expected) in [
            (
                Field::SrcAddr,
                "\u{feff}# bad\n10.1.2.3/8\r\n\n192.0.2.1 # scanner\n10.0.0.0/8\n2001:db8::/32",
                "src.addr in (10.0.0.0/8, 192.0.2.1, 2001:db8::/32)",
            ),
            (Field::DstPort, "ssh\n443\n22\n", "dst.port in (22, 443)"),
            (Field::Protocol, "tcp\n", "proto = tcp"),
            (Field::Action, "reject\n", "action = REJECT"),
            (Field::Eni, "eni-2\neni-1", "eni in (eni-1, eni-2)"),
        ] {
            assert_eq!(read(field, list).unwrap().to_lowercase(), expected.to_lowercase(), "{list}");
        }
    }

    #[test]
    fn an_empty_list_and_networks_with_bits_behind_their_prefix_are_remarked() {
        let remark = |list: &str| {
            let clock = Clock { now: 1_795_435_200, zone: TimeZone::UTC };
            among_lines(&Source::Field(Field::SrcAddr), true, list.as_bytes(), &clock).unwrap().remark
        };
        assert_eq!(remark("# nobody\n\n").unwrap(), "the list is empty");
        assert_eq!(remark("192.0.2.1\n10.1.2.3/8").unwrap(), "line 2 is read as the network that it is in");
        let several = remark("10.1.2.3/8\n10.0.0.0/8\n\n10.9.9.9/16").unwrap();
        assert_eq!(several, "line 1 and 1 more are read as the networks that they are in");
        assert_eq!(remark("10.0.0.0/8"), None);
    }

    #[test]
    fn an_error_tells_the_line_and_not_its_text() {
        let error = read(Field::SrcAddr, "10.0.0.1\n\nsecret\n").unwrap_err();
        assert!(error.starts_with("line 3: expected an address"), "{error}");
        assert!(!error.contains("secret"), "{error}");
        let error = read(Field::DstPort, "70000").unwrap_err();
        assert!(error.starts_with("line 1: expected 0 to 65535"), "{error}");
    }
}
