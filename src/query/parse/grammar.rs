//! The grammar as pest reads it, and what it says of single words.

use pest::Parser;

#[allow(missing_docs, reason = "the derive makes an undocumented variant for each rule of the grammar")]
mod derived {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/flowlogs.pest"]
    pub(in crate::query::parse) struct Grammar;
}

pub(super) use derived::{Grammar, Rule};

/// Whether a word is one of the language's own, which is no name without quotes.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && Grammar::parse(Rule::unreserved, word).is_err()
}

/// Whether text reads back as itself without quotes, as a value that is text.
#[must_use]
pub fn is_bare_word(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && is_whole(Rule::bare, text)
}

/// Whether a result name reads back as itself without backquotes, where a sentence refers to it.
#[must_use]
pub fn is_bare_reference(text: &str) -> bool {
    is_whole(Rule::lone_word, text)
}

/// Whether a selector reads back as itself without quotes.
#[must_use]
pub fn is_bare_selector(text: &str) -> bool {
    is_whole(Rule::unreserved, text)
}

fn is_whole(rule: Rule, text: &str) -> bool {
    Grammar::parse(rule, text).is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_str() == text))
}
