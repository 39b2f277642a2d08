//! The grammar as pest reads it, and its rules for single words.

use pest::Parser;

#[allow(missing_docs, reason = "the derive makes an undocumented variant for each rule of the grammar")]
mod derived {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/flowlogs.pest"]
    pub(in crate::query::parse) struct Grammar;
}

pub(super) use derived::{Grammar, Rule};

/// Returns whether a word is a keyword, which is a name only in quotes.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && Grammar::parse(Rule::unreserved, word).is_err()
}

/// Returns whether text without quotes reads back as itself, as a text value.
#[must_use]
pub fn is_bare_word(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && is_whole(Rule::bare, text)
}

/// Returns whether a result name without backquotes reads back as itself, where a sentence refers to it.
#[must_use]
pub fn is_bare_reference(text: &str) -> bool {
    is_whole(Rule::lone_word, text)
}

/// Returns whether a selector without quotes reads back as itself.
#[must_use]
pub fn is_bare_selector(text: &str) -> bool {
    is_whole(Rule::unreserved, text)
}

fn is_whole(rule: Rule, text: &str) -> bool {
    Grammar::parse(rule, text).is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_str() == text))
}
