//! Literals of Logs Insights: the only values that a query text may contain.
//!
//! The service documents no escapes inside quotes. Many tools put a backslash before a quote and before a backslash, as
//! is done here where nothing else works; invisible characters are refused.

use std::fmt::Write;

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSetBinaryOp, ClassSetItem, Flag, FlagsItem, FlagsItemKind, GroupKind,
    HexLiteralKind, LiteralKind, RepetitionKind, RepetitionRange, Visitor,
};

use super::error::Error;
use crate::escape;

/// Text in quotes.
pub(super) fn quote(text: &str) -> Result<String, Error> {
    if text.contains(escape::is_hidden) {
        let reason = "a control or invisible character";
        return Err(Error::UnsafeText { value: text.to_string(), reason });
    }
    // The other kind of quotes needs no escapes.
    if text.contains('"') && !text.contains(['\'', '\\']) {
        return Ok(format!("'{text}'"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A list of texts in quotes.
pub(super) fn quote_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<String, Error> {
    let quoted = texts.into_iter().map(quote).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", quoted.join(", ")))
}

/// A regular expression between slashes.
///
/// Only the syntax that Rust's `regex`, RE2 and Hyperscan read alike passes. A slash gets a backslash; other marks that
/// the query's own lexer may stumble over are written as hexadecimal escapes.
pub(super) fn regex(pattern: &str) -> Result<String, Error> {
    let refuse = |reason| Error::UnsafeRegex { regex: pattern.to_string(), reason };
    if !pattern.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err(refuse("it has characters beyond printable ASCII"));
    }
    let ast = Parser::new().parse(pattern).map_err(|_| refuse("it cannot be read"))?;
    ast::visit(&ast, Shared).map_err(refuse)?;
    let mut text = String::from("/");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some(escaped)) if !is_foreign(escaped) => text.extend(['\\', escaped]),
            (mark, None) if !is_foreign(mark) => text.push(mark),
            (mark, escaped) => push_escaped(&mut text, escaped.unwrap_or(mark)),
        }
    }
    text.push('/');
    Ok(text)
}

/// Returns whether the lexer of the surrounding query may stumble over the mark.
const fn is_foreign(c: char) -> bool {
    matches!(c, '/' | '"' | '\'' | '`' | '#')
}

/// Appends an ASCII mark, escaped as the expression needs it.
fn push_escaped(text: &mut String, mark: char) {
    if mark == '/' {
        text.push_str("\\/");
    } else {
        let _ = write!(text, "\\x{:02x}", u32::from(mark));
    }
}

/// Accepts the syntax that the engines share; the error is the reason why other syntax is refused.
struct Shared;

impl Visitor for Shared {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            // The parts of the last three are visited, too.
            Ast::Empty(_)
            | Ast::Dot(_)
            | Ast::ClassPerl(_)
            | Ast::Alternation(_)
            | Ast::Concat(_)
            | Ast::ClassBracketed(_) => Ok(()),
            Ast::ClassUnicode(_) => Err("it has a Unicode class"),
            Ast::Literal(literal) => check_literal(literal),
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::StartText
                | AssertionKind::EndText
                | AssertionKind::WordBoundary
                | AssertionKind::NotWordBoundary => Ok(()),
                _ => Err("it has a one-sided word boundary"),
            },
            Ast::Repetition(repetition) => check_repetition(&repetition.op.kind),
            Ast::Flags(flags) => check_flags(&flags.flags),
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(flags) => check_flags(flags),
                GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => Ok(()),
            },
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) | ClassSetItem::Union(_) => Ok(()),
            ClassSetItem::Literal(literal) => check_literal(literal),
            ClassSetItem::Range(range) => check_literal(&range.start).and_then(|()| check_literal(&range.end)),
            ClassSetItem::Unicode(_) => Err("it has a Unicode class"),
            ClassSetItem::Bracketed(_) => Err("it has a character class inside another: escape the inner `[`"),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Result<(), Self::Err> {
        Err("it intersects or subtracts character classes")
    }
}

fn check_literal(literal: &ast::Literal) -> Result<(), &'static str> {
    match literal.kind {
        LiteralKind::Verbatim
        | LiteralKind::Meta
        | LiteralKind::Superfluous
        | LiteralKind::Special(_)
        | LiteralKind::HexFixed(HexLiteralKind::X)
        | LiteralKind::HexBrace(HexLiteralKind::X) => Ok(()),
        LiteralKind::HexFixed(_) | LiteralKind::HexBrace(_) => Err("it has a Unicode escape"),
        LiteralKind::Octal => Err("it has an octal escape"),
    }
}

/// The most repetitions that RE2 takes: <https://github.com/google/re2/wiki/Syntax>.
const MOST_REPETITIONS: u32 = 1000;

fn check_repetition(kind: &RepetitionKind) -> Result<(), &'static str> {
    use RepetitionRange::{AtLeast, Bounded, Exactly};
    let most = match kind {
        RepetitionKind::Range(Exactly(most) | AtLeast(most) | Bounded(_, most)) => *most,
        RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 0,
    };
    if most > MOST_REPETITIONS { Err("it repeats a part more than 1000 times") } else { Ok(()) }
}

fn check_flags(flags: &ast::Flags) -> Result<(), &'static str> {
    let is_shared = |item: &FlagsItem| {
        use Flag::{CaseInsensitive, DotMatchesNewLine, MultiLine};
        matches!(
            item.kind,
            FlagsItemKind::Negation | FlagsItemKind::Flag(CaseInsensitive | MultiLine | DotMatchesNewLine)
        )
    };
    if flags.items.iter().all(is_shared) {
        Ok(())
    } else {
        Err("of the flags, only `i`, `m` and `s` mean the same there")
    }
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
            c if c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | ':' | '@' | '%' | ',' | '=') => {
                expression.push(c);
            }
            c => push_escaped(&mut expression, c),
        }
    }
    Ok(format!("/{expression}$/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_quotes() {
        assert_eq!(quote("web 1").unwrap(), r#""web 1""#);
        assert_eq!(quote(r#"a"b"#).unwrap(), r#"'a"b'"#);
        assert_eq!(quote("größe | limit 1").unwrap(), r#""größe | limit 1""#);
        assert_eq!(quote(r#"a"b'c"#).unwrap(), r#""a\"b'c""#);
        assert_eq!(quote(r"a\").unwrap(), r#""a\\""#);
        assert_eq!(quote(r#"\""#).unwrap(), r#""\\\"""#);
        assert_eq!(quote("a`b €").unwrap(), r#""a`b €""#);
        for hostile in ["a\nb", "a\u{2028}b", "a\u{202e}b"] {
            assert!(quote(hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn a_regular_expression_cannot_leave_its_slashes() {
        assert_eq!(regex("^web-[0-9]+$").unwrap(), "/^web-[0-9]+$/");
        assert_eq!(regex("a/b").unwrap(), r"/a\/b/");
        assert_eq!(regex(r"a\/b").unwrap(), r"/a\/b/");
        assert_eq!(regex(r"a\\/b").unwrap(), r"/a\\\/b/");
        assert_eq!(regex(r#"\d+\.""#).unwrap(), r"/\d+\.\x22/");
        assert_eq!(regex("(?i)prod # 1").unwrap(), r"/(?i)prod \x23 1/");
    }

    #[test]
    fn a_regular_expression_has_only_the_syntax_that_the_engines_share() {
        for shared in ["web--1", "a&&b", r"[\[a]", "[[:alpha:]_]", "(?P<n>a{2,3})|b*?", r"\bx\b", r"\x41", "(?i:a)"] {
            assert!(regex(shared).is_ok(), "{shared:?}");
        }
        for foreign in [
            "[a[bc]]",
            "[^a[^b]]",
            "[a-z&&b]",
            "[a--b]",
            "(?x)a b",
            "(?u:a)",
            "(?U)a+",
            r"\b{start}a",
            r"\<a",
            r"\u0041",
            r"\u{41}",
            r"\pL",
            r"[\p{Greek}]",
            "a{1001}",
            "ü",
            "a\n",
        ] {
            assert!(regex(foreign).is_err(), "{foreign:?}");
        }
    }

    #[test]
    fn a_glob_matches_the_whole_text_and_nothing_in_it_is_special() {
        assert_eq!(glob("web-*").unwrap(), "/^web-.*$/");
        assert_eq!(glob("a.b?/c").unwrap(), "/^a\\x2eb.\\/c$/");
        assert_eq!(glob("(x|y)").unwrap(), "/^\\x28x\\x7cy\\x29$/");
    }
}
