//! Expressions. Nothing depends on the precedence of operators, which is undocumented: each operand of `and`, `or` and
//! `not` is in parentheses, and no two other operators meet.

use regex::Regex;

use super::{Parser, Token};
use crate::evaluator::Error;
use crate::evaluator::function;
use crate::evaluator::syntax::{Comparison, Expr, Pattern};

impl Parser {
    /// An expression that is true or false.
    pub(super) fn test(&mut self) -> Result<Expr, Error> {
        let (expr, _) = self.expression()?;
        if is_test(&expr) { Ok(expr) } else { Err(Error::new("a value where a test is expected")) }
    }

    /// An expression that is not a test.
    pub(super) fn value(&mut self) -> Result<Expr, Error> {
        let (expr, _) = self.expression()?;
        if is_test(&expr) { Err(Error::new("a test where a value is expected")) } else { Ok(expr) }
    }

    /// An expression, and whether it is in parentheses.
    fn expression(&mut self) -> Result<(Expr, bool), Error> {
        if self.takes_word("not") {
            return Ok((Expr::Not(Box::new(self.enclosed_test()?)), false));
        }
        let (first, enclosed) = self.operand()?;
        for word in ["and", "or"] {
            if self.is_word(word) {
                if !enclosed || !is_test(&first) {
                    return Err(Error::new(format!("an operand of `{word}` is no test in parentheses")));
                }
                return Ok((self.chain(first, word)?, false));
            }
        }
        if let Some(operator) = self.arithmetic() {
            let (second, _) = self.operand()?;
            check_values(&[&first, &second])?;
            return Ok((Expr::Arithmetic(operator, Box::new([first, second])), false));
        }
        match self.comparison(first)? {
            Ok(comparison) => Ok((comparison, false)),
            Err(operand) => Ok((operand, enclosed)),
        }
    }

    fn chain(&mut self, first: Expr, word: &str) -> Result<Expr, Error> {
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(self.enclosed_test()?);
        }
        if self.is_word("and") || self.is_word("or") {
            return Err(Error::new("`and` meets `or`"));
        }
        Ok(if word == "and" { Expr::All(parts) } else { Expr::Any(parts) })
    }

    fn enclosed_test(&mut self) -> Result<Expr, Error> {
        self.symbol("(")?;
        let test = self.test()?;
        self.symbol(")")?;
        Ok(test)
    }

    /// A comparison with `left` on its left side, or `left` itself.
    fn comparison(&mut self, left: Expr) -> Result<Result<Expr, Expr>, Error> {
        let negated = self.takes_word("not");
        if self.takes_word("in") {
            check_values(&[&left])?;
            return Ok(Ok(Expr::In { value: Box::new(left), list: self.list()?, negated }));
        }
        if self.takes_word("like") {
            check_values(&[&left])?;
            return Ok(Ok(Expr::Like { value: Box::new(left), pattern: self.pattern()?, negated }));
        }
        if negated {
            return Err(Error::new("`not` where an operator is expected"));
        }
        if self.takes("=~") {
            check_values(&[&left])?;
            return Ok(Ok(Expr::Like { value: Box::new(left), pattern: self.pattern()?, negated }));
        }
        let Some(operator) = self.operator() else { return Ok(Err(left)) };
        let (right, _) = self.operand()?;
        check_values(&[&left, &right])?;
        if [&left, &right].iter().all(|side| matches!(side, Expr::Number(_) | Expr::Text(_))) {
            return Err(Error::new("a comparison of two constants"));
        }
        let is_equality = matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if !is_equality && [&left, &right].iter().any(|side| matches!(side, Expr::Text(_))) {
            return Err(Error::new("text compared by order"));
        }
        Ok(Ok(Expr::Compare(operator, Box::new([left, right]))))
    }

    fn operator(&mut self) -> Option<Comparison> {
        let Some(Token::Symbol(symbol)) = self.peek() else { return None };
        let operator = match *symbol {
            "=" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Greater,
            ">=" => Comparison::AtLeast,
            _ => return None,
        };
        self.place += 1;
        Some(operator)
    }

    fn list(&mut self) -> Result<Vec<Expr>, Error> {
        self.symbol("[")?;
        let mut list = Vec::new();
        loop {
            list.push(match self.next()? {
                Token::Number(number) => Expr::Number(number),
                Token::Text(text) => Expr::Text(text),
                token => return Err(Error::new(format!("{token:?} in a list"))),
            });
            if !self.takes(",") {
                break;
            }
        }
        self.symbol("]")?;
        Ok(list)
    }

    fn pattern(&mut self) -> Result<Pattern, Error> {
        Ok(match self.next()? {
            Token::Text(text) => Pattern::Part(text),
            Token::Regex(text) => Pattern::Regex(Regex::new(&text).map_err(|error| Error::new(error.to_string()))?),
            token => return Err(Error::new(format!("{token:?} where a pattern is expected"))),
        })
    }

    /// A name, a literal, a function, or an expression in parentheses (then the flag is true).
    fn operand(&mut self) -> Result<(Expr, bool), Error> {
        if self.takes("(") {
            let (expr, _) = self.expression()?;
            self.symbol(")")?;
            return Ok((expr, true));
        }
        let expr = match self.next()? {
            Token::Number(number) => Expr::Number(number),
            Token::Text(text) => Expr::Text(text),
            Token::Word(word) if self.is_symbol("(") => self.call(&word)?,
            Token::Word(word) => Expr::Slot(self.scope.slot(&word)?),
            token => return Err(Error::new(format!("{token:?} where a value is expected"))),
        };
        Ok((expr, false))
    }

    fn call(&mut self, name: &str) -> Result<Expr, Error> {
        self.symbol("(")?;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.expression()?.0);
            if !self.takes(",") {
                break;
            }
        }
        self.symbol(")")?;
        function::call(name, arguments).map(Expr::Call)
    }
}

fn check_values(operands: &[&Expr]) -> Result<(), Error> {
    if operands.iter().any(|operand| is_test(operand)) {
        return Err(Error::new("a test where a value is expected"));
    }
    Ok(())
}

/// Returns whether an expression is a test.
pub(in crate::evaluator) fn is_test(expr: &Expr) -> bool {
    match expr {
        Expr::Slot(_) | Expr::Number(_) | Expr::Text(_) | Expr::Arithmetic(..) => false,
        Expr::All(_) | Expr::Any(_) | Expr::Not(_) | Expr::Compare(..) | Expr::In { .. } | Expr::Like { .. } => true,
        Expr::Call(call) => function::is_test(call),
    }
}
