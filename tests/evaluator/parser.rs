//! Tokens to a checked query: text that is unsafe or outside the subset is an error here.

mod command;
pub(super) mod expression;
mod scope;

use super::Error;
use super::lexer::{Token, tokens};
use super::syntax::{Command, Query};
use scope::Scope;

/// The most `stats` commands that every class of log group accepts.
const MOST_STATS: usize = 2;

pub(super) struct Parser {
    tokens: Vec<Token>,
    place: usize,
    scope: Scope,
}

pub(super) fn parse(text: &str) -> Result<Query, Error> {
    let mut parser = Parser { tokens: tokens(text)?, place: 0, scope: Scope::default() };
    let mut commands = Vec::new();
    loop {
        let word = parser.word()?;
        if word == "limit" {
            let limit = parser.limit()?;
            parser.end()?;
            check_order(&commands)?;
            return Ok(Query { commands, limit });
        }
        commands.push(parser.command(&word)?);
        if parser.place == parser.tokens.len() {
            return Err(Error::new("no limit is said"));
        }
        parser.symbol("|")?;
    }
}

/// `sort` comes once, after all others; `fields` comes before `stats`; a query of records has a `fields`.
fn check_order(commands: &[Command]) -> Result<(), Error> {
    let count = |is: fn(&Command) -> bool| commands.iter().filter(|command| is(command)).count();
    let is_sort = |command: &Command| matches!(command, Command::Sort(_));
    let (stats, fields) = (|c: &Command| matches!(c, Command::Stats(_)), |c: &Command| matches!(c, Command::Fields(_)));
    let place = |is: fn(&Command) -> bool| commands.iter().position(is);
    if count(is_sort) > 1 || place(is_sort).is_some_and(|place| place + 1 < commands.len()) {
        return Err(Error::new("`sort` stands once and last but for `limit`"));
    }
    if count(stats) > MOST_STATS {
        return Err(Error::new("more than two `stats`"));
    }
    if let Some(place) = place(stats) {
        if commands[place..].iter().any(fields) {
            return Err(Error::new("`fields` behind `stats`"));
        }
    } else if count(fields) == 0 {
        return Err(Error::new("records without `fields`"));
    }
    Ok(())
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn next(&mut self) -> Result<Token, Error> {
        let token = self.peek().cloned().ok_or_else(|| Error::new("the query ends early"))?;
        self.place += 1;
        Ok(token)
    }

    fn end(&self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(token) => Err(Error::new(format!("{token:?} stands behind the end"))),
        }
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found == word)
    }

    /// Consumes the symbol if it is next; returns whether it was.
    fn takes(&mut self, symbol: &str) -> bool {
        let takes = self.is_symbol(symbol);
        self.place += usize::from(takes);
        takes
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.is_word(word);
        self.place += usize::from(takes);
        takes
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), Error> {
        if self.takes(symbol) {
            return Ok(());
        }
        Err(Error::new(format!("{:?} where `{symbol}` is expected", self.peek())))
    }

    fn word(&mut self) -> Result<String, Error> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            token => Err(Error::new(format!("{token:?} where a word is expected"))),
        }
    }

    fn number(&mut self) -> Result<f64, Error> {
        match self.next()? {
            Token::Number(number) => Ok(number),
            token => Err(Error::new(format!("{token:?} where a number is expected"))),
        }
    }
}
