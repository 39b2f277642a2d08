//! The meaning of a text, with names resolved to slots.

use std::net::IpAddr;

use regex::Regex;

use super::Error;

/// A checked query.
#[derive(Debug)]
pub(crate) struct Query {
    pub(super) commands: Vec<Command>,
    /// The rows that are returned.
    pub(crate) limit: usize,
}

impl Query {
    /// Parses a text of the subset.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        super::parser::parse(text)
    }

    /// The number of keys of `sort`; 0 without a `sort`.
    pub(crate) fn sort_keys(&self) -> usize {
        let keys = |command: &Command| if let Command::Sort(keys) = command { keys.len() } else { 0 };
        self.commands.iter().map(keys).sum()
    }

    /// Whether the query groups.
    pub(crate) fn has_stats(&self) -> bool {
        self.commands.iter().any(|command| matches!(command, Command::Stats(_)))
    }
}

/// A place in a row.
pub(super) type Slot = usize;

#[derive(Debug)]
pub(super) enum Command {
    /// Columns that are shown; those with an expression are computed and go to the next slot.
    Fields(Vec<Shown>),
    Filter(Expr),
    Stats(Stats),
    Sort(Vec<SortKey>),
}

#[derive(Debug)]
pub(super) struct Shown {
    pub(super) name: String,
    /// `None` for a value that exists already.
    pub(super) computed: Option<Expr>,
    pub(super) slot: Slot,
}

#[derive(Debug)]
pub(super) struct Stats {
    pub(super) keys: Vec<(String, Expr)>,
    pub(super) aggregates: Vec<(String, Total)>,
}

#[derive(Debug)]
pub(super) struct SortKey {
    pub(super) name: String,
    pub(super) slot: Slot,
    pub(super) descending: bool,
}

/// A value computed over a group.
#[derive(Debug)]
pub(super) enum Total {
    Aggregate(Aggregate),
    Number(f64),
    Arithmetic(Arithmetic, Box<[Total; 2]>),
}

#[derive(Debug)]
pub(super) enum Aggregate {
    Records,
    Count(Expr),
    Sum(Expr),
    Avg(Expr),
    Min(Expr),
    Max(Expr),
    Percentile(Expr, f64),
    Distinct(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Debug)]
pub(super) enum Expr {
    Slot(Slot),
    Number(f64),
    Text(String),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Comparison, Box<[Expr; 2]>),
    Arithmetic(Arithmetic, Box<[Expr; 2]>),
    In { value: Box<Expr>, list: Vec<Expr>, negated: bool },
    Like { value: Box<Expr>, pattern: Pattern, negated: bool },
    Call(Call),
}

#[derive(Debug)]
pub(super) enum Pattern {
    Part(String),
    Regex(Regex),
}

/// A function with its arguments checked.
#[derive(Debug)]
pub(super) enum Call {
    IsPresent(Slot),
    IsNumeric(Box<Expr>),
    IsIp(Family, Box<Expr>),
    InSubnet(Box<Expr>, Subnet),
    If(Box<[Expr; 3]>),
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    Coalesce(Vec<Expr>),
    Floor(Box<Expr>),
    Contains(Box<[Expr; 2]>),
    Concat(Vec<Expr>),
    ToMillis(Box<Expr>),
    /// The interval that contains a point in time, with its width in milliseconds.
    Bin(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Any,
    V4,
    V6,
}

/// A network whose address is its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet {
    pub(super) address: IpAddr,
    pub(super) length: u8,
}
