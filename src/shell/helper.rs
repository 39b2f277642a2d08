//! Answers the line editor while the user types.

use std::borrow::Cow;
use std::sync::Arc;

use owo_colors::OwoColorize;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::complete::complete;
use super::highlight;
use super::hint::{ShellHint, hint};
use super::history::visible;
use super::known::Known;
use super::line;
use crate::escape;
use crate::query;

/// Completes, hints, colours and validates.
pub(super) struct ShellHelper {
    pub(super) known: Arc<Known>,
    pub(super) context: query::Context,
    pub(super) colour: bool,
    /// Whether the prompt shows a warning.
    pub(super) is_production: bool,
    files: FilenameCompleter,
    history: HistoryHinter,
}

impl ShellHelper {
    pub(super) fn new(known: Arc<Known>, context: query::Context, colour: bool, is_production: bool) -> Self {
        let (files, history) = (FilenameCompleter::new(), HistoryHinter::new());
        Self { known, context, colour, is_production, files, history }
    }
}

impl Completer for ShellHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let completion = complete(&line[..pos], &self.known);
        if completion.is_file {
            return self.files.complete(line, pos, context);
        }
        let pair = |word: String| Pair { display: word.clone(), replacement: word };
        Ok((completion.start, completion.words.into_iter().map(pair).collect()))
    }
}

impl Hinter for ShellHelper {
    type Hint = ShellHint;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<ShellHint> {
        if pos < line.len() || line.is_empty() {
            return None;
        }
        let rest = self.history.hint(line, pos, context).map(ShellHint::Rest);
        rest.or_else(|| hint(line, &self.known).map(ShellHint::Note))
    }
}

impl Highlighter for ShellHelper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        // Pasted text may hide control characters that the terminal would obey.
        let is_hidden = |letter: char| escape::is_hidden(letter) && !matches!(letter, '\n' | '\t');
        if line.contains(is_hidden) {
            return Cow::Owned(visible(line));
        }
        if self.colour { Cow::Owned(highlight::highlight(line, pos, &self.context)) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match (self.colour, self.is_production) {
            (false, _) => Cow::Borrowed(prompt),
            (true, false) => Cow::Owned(prompt.green().bold().to_string()),
            (true, true) => Cow::Owned(prompt.white().on_red().bold().to_string()),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colour { Cow::Owned(hint.dimmed().to_string()) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colour
    }
}

impl Validator for ShellHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let is_complete = line::is_complete(context.input());
        Ok(if is_complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Helper for ShellHelper {}
