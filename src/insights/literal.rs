//! Literals of Logs Insights: what may stand in a query text, and nothing else.
//!
//! The service documents no escapes inside quotes, so what would need one is refused; inside a
//! regular expression it becomes a hexadecimal escape, which every engine reads alike.

use std::fmt::Write;

use super::error::Error;
use crate::escape;

/// Text in quotes.
pub(super) fn quote(text: &str) -> Result<String, Error> {
    let refuse = |reason| Err(Error::UnsafeText { value: text.to_string(), reason });
    if text.contains(escape::is_hidden) {
        return refuse("a control or invisible character");
    }
    if text.contains('\\') {
        return refuse("a backslash");
    }
    if text.contains('`') {
        return refuse("a backquote");
    }
    if text.chars().any(|c| !c.is_alphanumeric() && !c.is_ascii_graphic() && c != ' ') {
        return refuse("a character that is not a letter, digit or ASCII mark");
    }
    match (text.contains('"'), text.contains('\'')) {
        (true, true) => refuse("both kinds of quotes"),
        (true, false) => Ok(format!("'{text}'")),
        _ => Ok(format!("\"{text}\"")),
    }
}

/// A list of texts in quotes.
pub(super) fn quote_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<String, Error> {
    let quoted = texts.into_iter().map(quote).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", quoted.join(", ")))
}

/// A regular expression between slashes.
///
/// Only the syntax that Rust's `regex`, RE2 and Hyperscan share passes; marks that the query's own
/// lexer may stumble over are written as hexadecimal escapes.
pub(super) fn regex(pattern: &str) -> Result<String, Error> {
    let refuse = |reason| Err(Error::UnsafeRegex { regex: pattern.to_string(), reason });
    if !pattern.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return refuse("it has characters beyond printable ASCII");
    }
    for (part, reason) in [
        ("&&", "it intersects character classes"),
        ("--", "it may subtract character classes; write `-` once"),
        ("~~", "it may subtract character classes"),
        ("\\b{", "it has a one-sided word boundary"),
        ("\\<", "it has a one-sided word boundary"),
        ("\\>", "it has a one-sided word boundary"),
        ("\\u", "it has a Unicode escape"),
        ("\\U", "it has a Unicode escape"),
    ] {
        if pattern.contains(part) {
            return refuse(reason);
        }
    }
    if has_foreign_flags(pattern) {
        return refuse("of the flags, only `i`, `m` and `s` mean the same there");
    }
    let mut text = String::from("/");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => match chars.next() {
                Some(escaped) if escaped.is_ascii_alphanumeric() => {
                    text.push('\\');
                    text.push(escaped);
                    continue;
                }
                Some(escaped) if needs_escape(escaped) => escaped,
                Some(escaped) => {
                    text.push('\\');
                    text.push(escaped);
                    continue;
                }
                None => return refuse("it ends in a backslash"),
            },
            c if needs_escape(c) => c,
            c => {
                text.push(c);
                continue;
            }
        };
        push_escape(&mut text, literal);
    }
    text.push('/');
    Ok(text)
}

/// A character of ASCII as a hexadecimal escape.
fn push_escape(text: &mut String, c: char) {
    let _ = write!(text, "\\x{:02x}", u32::from(c));
}

/// Marks that mean something to the lexer of the query around the expression.
const fn needs_escape(c: char) -> bool {
    matches!(c, '/' | '"' | '\'' | '`' | '#')
}

/// Whether a `(?flags)` or `(?flags:` has a letter that the engines do not share.
fn has_foreign_flags(pattern: &str) -> bool {
    pattern.match_indices("(?").any(|(at, _)| {
        let flags = pattern[at + 2..].chars().take_while(|c| c.is_ascii_alphabetic() || *c == '-');
        let flags: String = flags.collect();
        // `(?P<name>` and `(?<name>` are groups.
        !flags.starts_with('P') && flags.chars().any(|c| !matches!(c, 'i' | 'm' | 's' | '-'))
    })
}

/// A pattern with `*` and `?` as a regular expression that matches the whole text.
pub(super) fn glob(pattern: &str) -> Result<String, Error> {
    if pattern.chars().any(|c| !c.is_ascii_graphic() && c != ' ') {
        let reason = "a character beyond printable ASCII";
        return Err(Error::UnsafeText { value: pattern.to_string(), reason });
    }
    let mut expression = String::from("^");
    for c in pattern.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c if c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | ':' | '/' | '@' | '%' | ',' | '=') => {
                expression.push(c);
            }
            c => push_escape(&mut expression, c),
        }
    }
    expression.push('$');
    // Only hexadecimal escapes are escaped so far; slashes are left.
    Ok(format!("/{}/", expression.replace('/', "\\x2f")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_quotes() {
        assert_eq!(quote("web 1").unwrap(), "\"web 1\"");
        assert_eq!(quote("a\"b").unwrap(), "'a\"b'");
        assert_eq!(quote("größe | limit 1").unwrap(), "\"größe | limit 1\"");
        for hostile in ["a\"b'c", "a\\", "a\nb", "a`b", "a\u{2028}b", "a\u{202e}b"] {
            assert!(quote(hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn a_regular_expression_cannot_leave_its_slashes() {
        assert_eq!(regex("^web-[0-9]+$").unwrap(), "/^web-[0-9]+$/");
        assert_eq!(regex("a/b").unwrap(), "/a\\x2fb/");
        assert_eq!(regex("a\\/b").unwrap(), "/a\\x2fb/");
        assert_eq!(regex("\\d+\\.\"").unwrap(), "/\\d+\\.\\x22/");
        assert_eq!(regex("(?i)prod # 1").unwrap(), "/(?i)prod \\x23 1/");
        for foreign in ["[a-z&&b]", "(?x)a b", "(?u:a)", "\\b{start}a", "ü", "a\n", "\\u0041"] {
            assert!(regex(foreign).is_err(), "{foreign:?}");
        }
    }

    #[test]
    fn a_glob_matches_the_whole_text_and_nothing_in_it_is_special() {
        assert_eq!(glob("web-*").unwrap(), "/^web-.*$/");
        assert_eq!(glob("a.b?/c").unwrap(), "/^a\\x2eb.\\x2fc$/");
        assert_eq!(glob("(x|y)").unwrap(), "/^\\x28x\\x7cy\\x29$/");
    }
}
