//! Commands.

use super::{Parser, Token};
use crate::evaluator::Error;
use crate::evaluator::function;
use crate::evaluator::syntax::{Aggregate, Arithmetic, Call, Command, Expr, Shown, Slot, SortKey, Stats, Total};

/// The most rows that the service returns.
const MOST_ROWS: f64 = 100_000.0;

impl Parser {
    pub(super) fn command(&mut self, word: &str) -> Result<Command, Error> {
        match word {
            "fields" => self.fields(),
            "filter" => self.test().map(Command::Filter),
            "stats" => self.stats().map(Command::Stats),
            "sort" => self.sort().map(Command::Sort),
            other => Err(Error::new(format!("`{other}` is no command of the subset"))),
        }
    }

    pub(super) fn limit(&mut self) -> Result<usize, Error> {
        let rows = self.number()?;
        if rows.fract() != 0.0 || !(1.0..=MOST_ROWS).contains(&rows) {
            return Err(Error::new(format!("limit {rows}")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        Ok(rows as usize)
    }

    fn fields(&mut self) -> Result<Command, Error> {
        let mut shown: Vec<Shown> = Vec::new();
        let mut next = self.scope.next();
        loop {
            let column = self.shown(&mut next)?;
            if shown.iter().any(|other| other.name == column.name) {
                return Err(Error::new(format!("`{}` is shown twice", column.name)));
            }
            shown.push(column);
            if !self.takes(",") {
                break;
            }
        }
        for column in shown.iter().filter(|column| column.computed.is_some()) {
            self.scope.add(column.name.clone());
        }
        Ok(Command::Fields(shown))
    }

    fn shown(&mut self, next: &mut Slot) -> Result<Shown, Error> {
        let expr = self.value()?;
        if !self.takes_word("as") {
            let name = match (&expr, &self.tokens[self.place - 1]) {
                (Expr::Slot(_), Token::Word(name)) => name.clone(),
                _ => return Err(Error::new("what is computed has no name")),
            };
            let slot = self.scope.slot(&name)?;
            return Ok(Shown { name, computed: None, slot });
        }
        let name = self.word()?;
        self.scope.give(&name)?;
        let slot = *next;
        *next += 1;
        Ok(Shown { name, computed: Some(expr), slot })
    }

    fn stats(&mut self) -> Result<Stats, Error> {
        let mut aggregates: Vec<(String, Total)> = Vec::new();
        loop {
            let total = self.total()?;
            if !self.takes_word("as") {
                return Err(Error::new("an aggregate has no name"));
            }
            let name = self.word()?;
            self.scope.give(&name)?;
            aggregates.push((name, total));
            if !self.takes(",") {
                break;
            }
        }
        let mut keys = Vec::new();
        if self.takes_word("by") {
            loop {
                let key = self.key()?;
                if keys.iter().any(|(name, _)| *name == key.0) {
                    return Err(Error::new(format!("`{}` is a key twice", key.0)));
                }
                keys.push(key);
                if !self.takes(",") {
                    break;
                }
            }
        }
        let names = keys.iter().map(|(name, _)| name).chain(aggregates.iter().map(|(name, _)| name));
        let names = names.cloned().collect();
        self.scope.replace(names);
        Ok(Stats { keys, aggregates })
    }

    fn key(&mut self) -> Result<(String, Expr), Error> {
        let word = self.word()?;
        if word != "bin" {
            return Ok((word.clone(), Expr::Slot(self.scope.slot(&word)?)));
        }
        self.symbol("(")?;
        let width = match self.next()? {
            Token::Period(count, unit) => function::bin_width(count, &unit)?,
            token => return Err(Error::new(format!("{token:?} where a period is expected"))),
        };
        self.symbol(")")?;
        self.scope.slot("@timestamp")?;
        if !self.takes_word("as") {
            return Err(Error::new("`bin` has no name"));
        }
        let name = self.word()?;
        self.scope.give(&name)?;
        Ok((name, Expr::Call(Call::Bin(width))))
    }

    /// One aggregate, or an arithmetic operation on two.
    fn total(&mut self) -> Result<Total, Error> {
        let left = self.total_operand()?;
        let Some(operator) = self.arithmetic() else { return Ok(left) };
        Ok(Total::Arithmetic(operator, Box::new([left, self.total_operand()?])))
    }

    fn total_operand(&mut self) -> Result<Total, Error> {
        if self.takes("(") {
            let total = self.total()?;
            self.symbol(")")?;
            return Ok(total);
        }
        if let Some(Token::Number(number)) = self.peek() {
            let number = *number;
            self.place += 1;
            return Ok(Total::Number(number));
        }
        let name = self.word()?;
        self.symbol("(")?;
        let aggregate = self.aggregate(&name)?;
        self.symbol(")")?;
        Ok(Total::Aggregate(aggregate))
    }

    fn aggregate(&mut self, function: &str) -> Result<Aggregate, Error> {
        if function == "count" && self.takes("*") {
            return Ok(Aggregate::Records);
        }
        let over = self.value()?;
        Ok(match function {
            "count" => Aggregate::Count(over),
            "sum" => Aggregate::Sum(over),
            "avg" => Aggregate::Avg(over),
            "min" => Aggregate::Min(over),
            "max" => Aggregate::Max(over),
            "count_distinct" => Aggregate::Distinct(over),
            "pct" => {
                self.symbol(",")?;
                let percent = self.number()?;
                if !(0.0..=100.0).contains(&percent) {
                    return Err(Error::new(format!("the percentile {percent}")));
                }
                Aggregate::Percentile(over, percent)
            }
            other => return Err(Error::new(format!("`{other}` is no aggregate of the subset"))),
        })
    }

    fn sort(&mut self) -> Result<Vec<SortKey>, Error> {
        let mut keys: Vec<SortKey> = Vec::new();
        loop {
            let name = self.word()?;
            let slot = self.scope.slot(&name)?;
            let descending = match self.word().as_deref() {
                Ok("asc") => false,
                Ok("desc") => true,
                _ => return Err(Error::new(format!("`sort {name}` has no direction"))),
            };
            if keys.iter().any(|key| key.slot == slot) {
                return Err(Error::new(format!("sorted by `{name}` twice")));
            }
            keys.push(SortKey { name, slot, descending });
            if !self.takes(",") {
                return Ok(keys);
            }
        }
    }

    pub(super) fn arithmetic(&mut self) -> Option<Arithmetic> {
        let Some(Token::Symbol(symbol)) = self.peek() else { return None };
        let operator = match *symbol {
            "+" => Arithmetic::Add,
            "-" => Arithmetic::Subtract,
            "*" => Arithmetic::Multiply,
            "/" => Arithmetic::Divide,
            "^" => Arithmetic::Power,
            "%" => Arithmetic::Remainder,
            _ => return None,
        };
        self.place += 1;
        Some(operator)
    }
}
