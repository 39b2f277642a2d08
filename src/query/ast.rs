//! The syntax tree of a sentence, before anything is known about its words.
//!
//! Every node has the span of its text, so that a check can point at it. Names and values are kept as typed.

use super::address_set::AddressSet;
use super::plan::{Kept, Operator};
use crate::diagnostic::Span;
use crate::kind::TargetKind;

/// A sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence {
    /// The sentence from the config that takes the place of targets and stages.
    pub saved: Option<Name>,
    /// The traffic.
    pub targets: Vec<Target>,
    /// Window and stages, in the order of the text.
    pub clauses: Vec<Clause>,
}

/// A kind and its selectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The kind.
    pub kind: TargetKind,
    /// Ids, names, globs.
    pub selectors: Vec<String>,
    /// The place in the text.
    pub span: Span,
}

/// A window or a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// The window or the stage.
    pub kind: ClauseKind,
    /// The place in the text.
    pub span: Span,
}

/// A window or a stage.
#[derive(Clone, Debug, PartialEq)]
pub enum ClauseKind {
    /// `last 30m` and the others.
    Window(Window),
    /// `where EXPR`
    Where(Expression),
    /// `show F, G as name`
    Show(Vec<Shown>),
    /// `top N KEYS by F`
    Top {
        /// The number of groups.
        count: Name,
        /// The keys of the groups.
        keys: Vec<Key>,
        /// The measure that orders them.
        by: Option<Name>,
    },
    /// `conversations N by F`
    Conversations {
        /// The number of conversations, if it is given.
        count: Option<Name>,
        /// The measure that orders them.
        by: Option<Name>,
    },
    /// `AGG, ... by KEYS`
    Aggregate {
        /// The aggregates.
        aggregates: Vec<Aggregate>,
        /// The keys of the groups.
        keys: Vec<Key>,
    },
    /// `compare DURATION new`
    Compare {
        /// The time from one window to the other.
        by: Name,
        /// The groups that stay.
        kept: Kept,
    },
    /// `sort F desc, ...`
    Sort(Vec<SortKey>),
    /// `limit N`
    Limit(Name),
    /// `chart`
    Chart,
    /// `follow`
    Follow,
}

/// A window as typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// `last 30m`
    Last(Name),
    /// `since T`
    Since(Moment),
    /// `from T to T`, `since T until T`
    Between(Moment, Moment),
    /// `around T ±5m`
    Around(Moment, Name),
    /// `today`
    Today,
    /// `yesterday`
    Yesterday,
}

/// A time as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The time, or with `ago` the duration.
    pub text: String,
    /// Whether `ago` follows.
    pub ago: bool,
    /// The place in the text.
    pub span: Span,
}

/// A word and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Whether it was in backquotes.
    pub is_backquoted: bool,
    /// The place in the text.
    pub span: Span,
}

impl Name {
    /// A plain word.
    #[must_use]
    pub fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), is_backquoted: false, span }
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The form that it has.
    pub kind: ExpressionKind,
    /// Whether it is in parentheses.
    pub is_grouped: bool,
    /// The place in the text.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `a and b and c`
    All(Vec<Expression>),
    /// `a or b or c`
    Any(Vec<Expression>),
    /// `not a`
    Not(Box<Expression>),
    /// `F = V`
    Compare {
        /// The field.
        field: Name,
        /// The operator.
        operator: Operator,
        /// The place of the operator.
        operator_span: Span,
        /// The value.
        value: Literal,
    },
    /// `F in (a, b)`
    In {
        /// The field.
        field: Name,
        /// `not in`
        negated: bool,
        /// The values.
        items: Vec<Item>,
        /// The place of the values.
        items_span: Span,
    },
    /// `F in @name`, `F in file "bad.txt"`
    InList {
        /// The field.
        field: Name,
        /// `not in`
        negated: bool,
        /// The list.
        list: List,
    },
    /// `F ~ /regex/`
    Matches {
        /// The field.
        field: Name,
        /// `!~`
        negated: bool,
        /// The expression.
        regex: Literal,
    },
    /// `F like "glob*"`
    Like {
        /// The field.
        field: Name,
        /// `not like`
        negated: bool,
        /// The pattern.
        glob: Literal,
    },
    /// `F exists`
    Exists(Name),
    /// `src host A`, `net N`, `dst port P`
    Packet {
        /// The side, if one is named.
        side: Option<Name>,
        /// `host`, `net` or `port`.
        part: PacketPart,
        /// The values.
        items: Vec<Item>,
        /// The place of the values.
        items_span: Span,
    },
    /// `remote public`
    Set {
        /// The side.
        side: Name,
        /// The set.
        set: AddressSet,
    },
    /// `src sg web`, `dst vpc (staging, dev)`
    Resource {
        /// The side.
        side: Name,
        /// The kind of resource.
        kind: Name,
        /// The selectors of that kind; none for all of the kind.
        selectors: Vec<Literal>,
        /// Whether they are in brackets.
        is_bracketed: bool,
    },
    /// `flags S/SA`, `flags SA`
    FlagLetters(Name),
    /// `flags has syn, ack`
    FlagNames(Vec<Name>),
    /// `@name`
    Saved(Name),
    /// `reject`
    Word(Name),
    /// A value without a field.
    Stray(Literal),
}

/// The part of a packet that tcpdump's spelling names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketPart {
    /// An address.
    Host,
    /// A network.
    Net,
    /// A port.
    Port,
}

/// A value as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Its text: without quotes and escapes, without `$`, without slashes.
    pub text: String,
    /// The notation of the value.
    pub form: LiteralForm,
    /// The place in the text.
    pub span: Span,
}

/// The notation of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiteralForm {
    /// `10.0.0.1`, `5MB`, `web`
    Bare,
    /// `"web 1"`
    Quoted,
    /// `$name`
    Parameter,
    /// `/regex/`, with the letters that follow the second slash
    Regex(String),
}

/// A value or a range of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `22`
    One(Literal),
    /// `8000..8080`
    Range(Literal, Literal),
}

/// A list that is stored elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum List {
    /// `@name`
    Named(Name),
    /// `file "bad.txt"`
    File(Literal),
}

/// A column to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The field.
    pub name: Name,
    /// `as alias`
    pub alias: Option<Name>,
}

/// A key of groups.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// A field, or an address with a prefix length.
    Name(Name),
    /// `bin(5m)`
    Bin(Name),
}

/// A function over a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The function.
    pub function: Name,
    /// The argument.
    pub over: Option<Over>,
    /// `as alias`
    pub alias: Option<Name>,
    /// The place in the text.
    pub span: Span,
}

/// The argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// A field.
    Name(Name),
    /// Another function: `share(sum(bytes))`
    Call {
        /// That function.
        function: Name,
        /// The argument of that function.
        over: Option<Box<Over>>,
        /// The place in the text.
        span: Span,
    },
}

impl Over {
    /// The place in the text.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span,
            Self::Call { span, .. } => *span,
        }
    }
}

/// A column to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The column.
    pub name: Name,
    /// Whether `desc` or `asc` is given, and which.
    pub descending: Option<bool>,
}
