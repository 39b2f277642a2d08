//! Saved sentences: `@name` alone, or with a window in place of its own.

use super::checker::{Checker, MAX_SAVED_BYTES};
use super::error::CheckError;
use crate::diagnostic::nearest;
use crate::query::ast::{ClauseKind, Name, Sentence};
use crate::query::parse::parse_sentence;

impl Checker<'_> {
    /// The sentence that is saved under a name; saved sentences within it are resolved, too.
    pub(super) fn unfolded(&mut self, sentence: &Sentence) -> Option<Sentence> {
        let Some(name) = &sentence.saved else { return Some(sentence.clone()) };
        let Some(text) = self.context.named.sentences.get(&name.text) else { return self.no_sentence(name) };
        if self.reading.contains(&name.text) {
            return self.fail(self.cycle(name));
        }
        self.saved_bytes += text.len();
        if self.saved_bytes > MAX_SAVED_BYTES {
            return self.fail(CheckError::SavedTooLong { span: name.span });
        }
        let saved = match parse_sentence(text) {
            Ok(saved) => saved,
            Err(error) => {
                let (name, reason, span) = (name.text.clone(), error.to_string(), name.span);
                return self.fail(CheckError::BadSaved { name, reason, span });
            }
        };
        self.reading.push(name.text.clone());
        let mut unfolded = self.unfolded(&Sentence {
            // A mistake in a saved sentence within it is reported at the outermost name.
            saved: saved.saved.map(|inner| Name { span: name.span, ..inner }),
            ..saved
        })?;
        let is_window = |kind: &ClauseKind| matches!(kind, ClauseKind::Window(_));
        if sentence.clauses.iter().any(|clause| is_window(&clause.kind)) {
            unfolded.clauses.retain(|clause| !is_window(&clause.kind));
            unfolded.clauses.extend(sentence.clauses.iter().cloned());
        }
        Some(unfolded)
    }

    /// The error for a saved sentence that contains itself.
    pub(super) fn cycle(&self, name: &Name) -> CheckError {
        let mut path: Vec<String> = self.reading.iter().map(|name| format!("@{name}")).collect();
        path.push(format!("@{}", name.text));
        CheckError::SavedCycle { name: name.text.clone(), path: path.join(" → "), span: name.span }
    }

    fn no_sentence<T>(&mut self, name: &Name) -> Option<T> {
        let named = &self.context.named;
        if named.filters.contains_key(&name.text) {
            return self.fail(CheckError::FilterAlone { name: name.text.clone(), span: name.span });
        }
        let suggestion = nearest(&name.text, named.sentences.keys().map(String::as_str)).map(|near| format!("@{near}"));
        self.fail(CheckError::UnknownSentence { name: name.text.clone(), suggestion, span: name.span })
    }
}
