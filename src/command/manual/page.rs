//! A page of the manual, for a terminal and for `man`.

use std::fmt::Write;

use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::output::width;

/// A page.
pub(crate) struct Page {
    /// The name, as `flowlogs help NAME` takes it.
    pub(crate) name: &'static str,
    /// One line.
    pub(crate) about: &'static str,
    pub(crate) parts: Vec<Part>,
}

/// A part of a page: a text, and a list.
pub(crate) struct Part {
    /// The heading, and the name of this part for `flowlogs help NAME`.
    pub(crate) name: &'static str,
    /// The text, in lines.
    pub(crate) text: String,
    /// Terms with their explanations.
    pub(crate) rows: Vec<(String, String)>,
}

/// The widest term that shares a line with its explanation, in characters.
const WIDEST_TERM: usize = 36;

impl Part {
    pub(crate) fn new(name: &'static str, text: &str, rows: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { name, text: text.into(), rows: rows.into_iter().collect() }
    }

    /// The part for a terminal, without its heading.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.text.lines() {
            let _ = writeln!(text, "  {line}");
        }
        let is_narrow = |term: &&str| width(term) <= WIDEST_TERM;
        let cells = self.rows.iter().map(|(term, _)| term.as_str()).filter(is_narrow).map(width).max().unwrap_or(4);
        for (term, meaning) in &self.rows {
            let cells = if is_narrow(&term.as_str()) {
                let _ = write!(text, "  {term}");
                cells - width(term)
            } else {
                let _ = write!(text, "  {term}\n  ");
                cells
            };
            let _ = writeln!(text, "{:cells$}  {meaning}", "");
        }
        text
    }
}

impl Page {
    /// The page for a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", self.about);
        for part in &self.parts {
            let _ = write!(text, "\n{}\n{}", part.name.to_uppercase(), part.text());
        }
        text
    }

    /// The page for `man`.
    pub(crate) fn roff(&self) -> String {
        let title = format!("flowlogs-{}", self.name);
        let mut roff = Roff::new();
        roff.control("TH", [title.as_str(), "7", "", concat!("flowlogs ", env!("CARGO_PKG_VERSION"))]);
        roff.control("SH", ["NAME"]);
        roff.text([roman(format!("{title} - {}", self.about.trim_end_matches('.')))]);
        for part in &self.parts {
            roff.control("SH", [part.name.to_uppercase().as_str()]);
            for line in part.text.lines() {
                roff.text([roman(line)]);
                roff.control("br", []);
            }
            for (term, meaning) in &part.rows {
                roff.control("TP", []);
                roff.text([bold(term.as_str())]);
                roff.text([roman(meaning.as_str())]);
            }
        }
        roff.control("SH", ["SEE ALSO"]);
        roff.text([italic("flowlogs"), roman("(1)")]);
        roff.to_roff()
    }
}
