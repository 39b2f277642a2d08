//! The grey text after the cursor: the rest of an earlier line, the meaning of a value, or possible next words.

use rustyline::hint::Hint;

use super::complete::{complete, words_before};
use super::known::Known;
use super::line::{self, Line};
use crate::field::{Field, FieldType, port_names, protocol_word};
use crate::query::parse::is_keyword;

/// The text after the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ShellHint {
    /// The rest of an earlier line; the right arrow key inserts it.
    Rest(String),
    /// A note that cannot be inserted.
    Note(String),
}

impl Hint for ShellHint {
    fn display(&self) -> &str {
        let (Self::Rest(text) | Self::Note(text)) = self;
        text
    }

    fn completion(&self) -> Option<&str> {
        if let Self::Rest(rest) = self { Some(rest) } else { None }
    }
}

/// The meaning of the last word of a sentence, or, after a blank, the possible next words.
pub(super) fn hint(text: &str, known: &Known) -> Option<String> {
    const SHOWN: usize = 4;
    if line::classify(text) != Line::Sentence {
        return None;
    }
    if !text.ends_with(' ') {
        return meaning(text).map(|meaning| format!("  {meaning}"));
    }
    let words = complete(text, known).words;
    let shown = words.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("  ");
    (!shown.is_empty()).then(|| if words.len() > SHOWN { format!("  {shown} ...") } else { format!("  {shown}") })
}

/// The meaning of the last value: the name for the number of a port or a protocol, and vice versa.
fn meaning(text: &str) -> Option<String> {
    let mut words = words_before(text);
    let value = words.next().filter(|value| text.ends_with(value))?;
    // Between a field and its last value there may be other values of the list, and keywords.
    let is_between = |word: &&str| {
        let is_of_list = ["in", "not", "between"].iter().any(|one| one.eq_ignore_ascii_case(word));
        is_of_list || Field::named(word).is_none() && !is_keyword(word)
    };
    let subject = words.find(|word| !is_between(word))?;
    let is_port = subject.eq_ignore_ascii_case("port");
    let field_type = if is_port { FieldType::Port } else { Field::named(subject)?.field_type() };
    let number = value.parse::<u16>().ok();
    match (field_type, number) {
        (FieldType::Port, Some(number)) => {
            // The longest of several names says most.
            let names = port_names().filter(|(_, port)| *port == number).map(|(name, _)| name);
            names.max_by_key(|name| name.len()).map(String::from)
        }
        (FieldType::Port, None) => {
            port_names().find(|(name, _)| name.eq_ignore_ascii_case(value)).map(|(_, port)| port.to_string())
        }
        (FieldType::Protocol, Some(number)) => protocol_word(number.into()).map(String::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_by_its_other_name() {
        for (text, expected) in [
            ("vpc where dst.port = 5432", Some("  postgresql")),
            ("vpc where dst.port in (22, 443", Some("  https")),
            ("vpc where src port 22", Some("  ssh")),
            ("vpc where dst.port = ssh", Some("  22")),
            ("vpc where proto = 6", Some("  TCP")),
            ("vpc where dst.port = 1", None),
            ("vpc where bytes > 443", None),
            ("vpc where dst.port = 22 and bytes > 443", None),
            ("vpc where dst.port = 443)", None),
            ("let x = 443", None),
        ] {
            assert_eq!(hint(text, &Known::default()).as_deref(), expected, "{text}");
        }
        let next = hint("vpc where remote ", &Known::default());
        assert_eq!(next.as_deref(), Some("  vpc  subnet  instance  sg ..."));
    }

    #[test]
    fn only_what_was_typed_before_is_taken_into_the_line() {
        assert_eq!(ShellHint::Rest("eject".into()).completion(), Some("eject"));
        assert_eq!(ShellHint::Note("  ssh".into()).completion(), None);
    }
}
