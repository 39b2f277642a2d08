//! Text to tokens.

use super::Error;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(f64),
    /// A number and the unit after it: `5m`.
    Period(u64, String),
    Text(String),
    Regex(String),
    Symbol(&'static str),
}

/// The longer ones first.
const SYMBOLS: [&str; 19] =
    ["!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "|", "+", "-", "*", "^", "%", "/"];

/// The most characters that the service takes.
const LONGEST: usize = 10_000;

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let length = text.chars().count();
    if length > LONGEST {
        return Err(Error::new(format!("{length} characters; the service takes {LONGEST}")));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => string(rest, first)?,
            '/' if expects_regex(&tokens) => regex(rest)?,
            c if c.is_ascii_digit() => number(rest)?,
            c if is_word(c) => word(rest)?,
            _ => symbol(rest)?,
        };
        tokens.push(token);
        rest = rest[length..].trim_start_matches([' ', '\n']);
    }
    Ok(tokens)
}

/// A pattern comes only after `like` and `=~`; elsewhere a slash is a division.
fn expects_regex(tokens: &[Token]) -> bool {
    match tokens.last() {
        Some(Token::Word(word)) => word == "like",
        Some(Token::Symbol(symbol)) => *symbol == "=~",
        _ => false,
    }
}

/// Letters, digits, `@` and `.` are documented; the underscore occurs in the service's own samples (`count_distinct`,
/// aliases).
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_')
}

fn word(text: &str) -> Result<(Token, usize), Error> {
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let word = &text[..length];
    if word.rfind('@').is_some_and(|place| place > 0) || word.starts_with('.') || word.ends_with('.') {
        return Err(Error::new(format!("`{word}` is no name")));
    }
    Ok((Token::Word(word.to_string()), length))
}

/// No escape is documented. Tools that run against the service put a backslash before a quote and before a backslash;
/// no other escape is accepted here.
fn string(text: &str, quote: char) -> Result<(Token, usize), Error> {
    if quote == '\'' {
        return single_quoted(text);
    }
    let mut body = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(body), place + 1)),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => body.push(escaped),
                _ => return Err(Error::new("a backslash before neither a quote nor a backslash")),
            },
            c if c.is_control() => return Err(Error::new("a control character in a string")),
            c => body.push(c),
        }
    }
    Err(Error::new("a string has no end"))
}

/// Single quotes enclose text with double quotes, in which nothing is escaped.
fn single_quoted(text: &str) -> Result<(Token, usize), Error> {
    let body = &text[1..];
    let end = body.find('\'').ok_or_else(|| Error::new("a string has no end"))?;
    let body = &body[..end];
    if !body.contains('"') || body.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(Error::new(format!("'{body}' stands in single quotes without need, or has a backslash")));
    }
    Ok((Token::Text(body.to_string()), end + 2))
}

/// A slash inside a pattern has a backslash before it.
fn regex(text: &str) -> Result<(Token, usize), Error> {
    let mut chars = text.char_indices().skip(1);
    let end = loop {
        match chars.next() {
            Some((_, '\\')) => drop(chars.next()),
            Some((place, '/')) => break place,
            Some(_) => {}
            None => return Err(Error::new("a pattern has no end")),
        }
    };
    let (body, rest) = (&text[1..end], &text[end + 1..]);
    if body.contains(|c: char| matches!(c, '"' | '\'' | '`' | '#') || c.is_control()) {
        return Err(Error::new(format!("/{body}/ has a quote, a comment or a control character")));
    }
    if body.contains("\\x2f") {
        return Err(Error::new(format!("/{body}/ has a slash that no other tool writes so")));
    }
    if rest.starts_with(is_word) {
        return Err(Error::new(format!("unexpected symbol found behind /{body}/")));
    }
    Ok((Token::Regex(body.to_string()), end + 1))
}

fn number(text: &str) -> Result<(Token, usize), Error> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let rest = &text[digits..];
    let unit = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let wrong = || Error::new(format!("`{}` is no number", &text[..digits + unit]));
    let token = if unit == 0 {
        Token::Number(text[..digits].parse().map_err(|_| wrong())?)
    } else {
        Token::Period(text[..digits].parse().map_err(|_| wrong())?, rest[..unit].to_string())
    };
    Ok((token, digits + unit))
}

fn symbol(text: &str) -> Result<(Token, usize), Error> {
    let symbol = SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol));
    let symbol = symbol.ok_or_else(|| Error::new(format!("unexpected symbol at {text:.20}")))?;
    Ok((Token::Symbol(symbol), symbol.len()))
}
