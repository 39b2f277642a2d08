//! The checked meaning of a sentence: what both readers translate, one to one.
//!
//! A [`Plan`] says each thing once and typed. Its filter comes in two forms: the [`Condition`] as the user typed it,
//! from which the canonical sentence is printed, and the [`Filter`] that it means: `not` pushed down to the leaves,
//! presence explicit, either-side and by-direction fields spelled out in fields of the record. Readers of a plan use
//! the `Filter` only.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use ipnet::IpNet;

use super::address_set::AddressSet;
use super::owner::Owner;
use crate::field::{Field, FieldType, Origin};
use crate::function::Function;
use crate::kind::TargetKind;
use crate::query::window::Window;
use crate::value::{EpochSeconds, Row, Value};

/// A checked sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The traffic; never empty.
    pub targets: Vec<Target>,
    /// The window; `None` for the account's default.
    pub window: Option<Window>,
    /// The records.
    pub selection: Selection,
    /// The shape of the answer.
    pub shape: Shape,
    /// The requested order; empty for the default order.
    pub sort: Vec<SortKey>,
    /// The number of rows.
    pub limit: Limit,
    /// Whether to draw the result.
    pub chart: bool,
    /// Whether to continue with new records.
    pub follow: bool,
    /// The user's names for networks, for addresses that have no other name.
    pub networks: Vec<(IpNet, String)>,
    /// Notes for the reader of the answer.
    pub notes: Vec<String>,
    /// Notes on tests that were resolved when a run began: see [`Plan::resolved`].
    pub run_notes: Vec<String>,
}

/// The hint where a sum counts the same traffic at both of its ends.
pub const COUNT_ONCE: &str = "add `ingress` or `egress`, or group by `eni`, to count it once";

/// A kind and its selectors; none for all of the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kind.
    pub kind: TargetKind,
    /// Ids, names, or globs over either.
    pub selectors: Vec<String>,
}

/// The records that a plan is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The expression as typed, for printing.
    pub said: Option<Condition>,
    /// The filter that it means. It does not test the status, which [`Selection::statuses`] does.
    pub means: Filter,
    /// The kinds of records that are visible.
    pub statuses: Statuses,
}

/// The kinds of records that a sentence sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// All of them: the sentence names the field itself.
    Any,
    /// Records of traffic, and those that the sentence names.
    Traffic {
        /// `nodata` is named.
        nodata: bool,
        /// `skipdata` is named.
        skipdata: bool,
    },
}

/// A column of the record: a field of the table, or a column that only a file has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A field of the table.
    Field(Field),
    /// A column that the table does not know, by its name in the file: text, files only.
    Extra(String),
    /// A column of the plan's own result, by its place; after an aggregation only.
    Result(usize),
}

/// The expression as typed by the user, with types; the canonical sentence is printed from it.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of them hold.
    All(Vec<Condition>),
    /// At least one of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A test of one field.
    Test(Source, Check),
    /// Two fields against each other.
    Relation(Relation),
    /// `ipv4` or `ipv6`: the type, or the source address's family where there is no type.
    Family(Family),
    /// `nodata` or `skipdata`.
    Status(&'static str),
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The word for it in a record's `type`.
    #[must_use]
    pub const fn type_word(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// The meaning of a [`Condition`], in fields of the record.
///
/// There is no `not`: each leaf states what is present. A leaf is false if its field is absent, except for
/// [`Check::Absent`] and the `false` forms of [`Filter::Ported`].
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every record.
    True,
    /// No record.
    False,
    /// All of them hold; two or more.
    All(Vec<Filter>),
    /// At least one of them holds; two or more.
    Any(Vec<Filter>),
    /// A test of one field of the record, of `duration`, or of a result column.
    Test(Source, Check),
    /// A comparison of two of these; false if either is absent.
    Relation(Relation),
    /// Whether the record's protocol has ports. True for every record of a format that lacks the
    /// protocol (false when negated); a protocol that is absent has none.
    Ported(bool),
    /// The record's `type` is this (or, negated, is present and is not). If the format lacks the type, the source
    /// address decides.
    Family {
        /// The family.
        family: Family,
        /// Whether it must be another.
        negated: bool,
    },
    /// The family is unknown: neither the type nor the source address is present.
    FamilyAbsent,
}

/// A comparison of two values of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// The one on the left.
    pub left: Source,
    /// The operator.
    pub operator: Operator,
    /// The one on the right.
    pub right: Source,
}

/// A comparison operator that has an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Order {
    /// The operator as it is typed.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// The operator that holds exactly where this one does not.
    #[must_use]
    pub const fn complement(self) -> Self {
        match self {
            Self::Less => Self::AtLeast,
            Self::AtMost => Self::Greater,
            Self::Greater => Self::AtMost,
            Self::AtLeast => Self::Less,
        }
    }
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// One that has an order.
    Order(Order),
}

impl Operator {
    /// The operator as the canonical sentence has it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Order(order) => order.symbol(),
        }
    }

    /// The operator that holds exactly where this one does not.
    #[must_use]
    pub const fn complement(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Order(order) => Self::Order(order.complement()),
        }
    }

    /// Returns whether it holds between two values that compare like this.
    #[must_use]
    pub const fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Order(Order::Less) => ordering.is_lt(),
            Self::Order(Order::AtMost) => ordering.is_le(),
            Self::Order(Order::Greater) => ordering.is_gt(),
            Self::Order(Order::AtLeast) => ordering.is_ge(),
        }
    }
}

/// Whole numbers from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The smallest.
    pub first: i64,
    /// The largest.
    pub last: i64,
}

/// A check of one field. False if the field is absent, except for [`Check::Absent`].
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The record has a value there.
    Present,
    /// It has none. Never in a [`Condition`].
    Absent,
    /// A number on this side of another.
    Compare {
        /// The side.
        order: Order,
        /// The other number.
        value: i64,
    },
    /// A number in (or, negated, outside) these ranges; sorted, disjoint, at least one.
    Number {
        /// The ranges.
        ranges: Vec<Range>,
        /// Whether it must be outside.
        negated: bool,
    },
    /// An address in (or, negated, outside) these networks; at least one, each masked.
    Address {
        /// The networks; a single address is one of full length.
        networks: Vec<IpNet>,
        /// Whether it must be outside.
        negated: bool,
    },
    /// An address in (or, negated, outside) a named set.
    Set {
        /// The set.
        set: AddressSet,
        /// Whether it must be outside.
        negated: bool,
    },
    /// Text that is (or, negated, is not) one of these, to the letter; sorted, at least one.
    Text {
        /// The texts.
        words: Vec<String>,
        /// Whether it must be another.
        negated: bool,
    },
    /// Text that as a whole matches (or, negated, does not match) a pattern with `*` and `?`.
    Like {
        /// The pattern.
        glob: String,
        /// Whether it must not match.
        negated: bool,
    },
    /// Text in which a regular expression is found (or, negated, is not).
    Matches {
        /// The expression, in the syntax that crate `regex` and RE2 share.
        regex: String,
        /// Whether it must not be found.
        negated: bool,
    },
    /// A value that belongs (or, negated, does not belong) to something that is resolved at run time:
    /// [`Plan::resolved`].
    Belongs {
        /// The owner.
        owner: Owner,
        /// Whether it must not belong to it.
        negated: bool,
    },
    /// Of the flags in `mask`, exactly those in `set` are set (or, negated, are not).
    Flags {
        /// The flags that must be set; a subset of `mask`.
        set: u8,
        /// The flags that are tested.
        mask: u8,
        /// Whether it must be otherwise.
        negated: bool,
    },
}

impl Check {
    /// The check that holds where the field is present and this one does not.
    #[must_use]
    pub fn opposite(&self) -> Self {
        let mut opposite = self.clone();
        match &mut opposite {
            Self::Present => return Self::Absent,
            Self::Absent => return Self::Present,
            Self::Compare { order, .. } => *order = order.complement(),
            Self::Number { negated, .. }
            | Self::Address { negated, .. }
            | Self::Set { negated, .. }
            | Self::Text { negated, .. }
            | Self::Like { negated, .. }
            | Self::Matches { negated, .. }
            | Self::Belongs { negated, .. }
            | Self::Flags { negated, .. } => *negated = !*negated,
        }
        opposite
    }

    /// Returns whether it is a negated form (`!=`, `not in`, `!~`): on an either-side field, no side may match.
    #[must_use]
    pub const fn is_negated(&self) -> bool {
        match self {
            Self::Present | Self::Absent | Self::Compare { .. } => false,
            Self::Number { negated, .. }
            | Self::Address { negated, .. }
            | Self::Set { negated, .. }
            | Self::Text { negated, .. }
            | Self::Like { negated, .. }
            | Self::Matches { negated, .. }
            | Self::Belongs { negated, .. }
            | Self::Flags { negated, .. } => *negated,
        }
    }

    /// Returns whether a present number may pass it.
    #[must_use]
    pub fn admits(&self, number: i64) -> bool {
        match self {
            Self::Compare { order, value } => match order {
                Order::Less => number < *value,
                Order::AtMost => number <= *value,
                Order::Greater => number > *value,
                Order::AtLeast => number >= *value,
            },
            Self::Number { ranges, negated } => {
                ranges.iter().any(|range| (range.first..=range.last).contains(&number)) != *negated
            }
            Self::Flags { set, mask, negated } => {
                u8::try_from(number).is_ok_and(|flags| flags & mask == *set) != *negated
            }
            Self::Absent => false,
            _ => true,
        }
    }
}

/// The shape of an answer.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a plan has one, and there are few plans at a time")]
pub enum Shape {
    /// Records, with these columns.
    Records {
        /// The columns, in order; never empty.
        columns: Vec<ShownColumn>,
        /// The origin of the choice.
        chosen: Chosen,
    },
    /// Groups of records.
    Groups(Groups),
}

/// The origin of the columns of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Nobody: they are the default columns. A format may lack some of them.
    Nobody,
    /// A setting, for every sentence that names none. A format may lack some of them, too.
    Setting,
    /// The sentence.
    Sentence,
}

/// A column of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownColumn {
    /// The value that it shows.
    pub source: Source,
    /// The result name.
    pub name: String,
}

/// Groups of records and what is computed over each.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// The keys, in order; none makes one group of all.
    pub keys: Vec<GroupKey>,
    /// The aggregates, in order; never empty.
    pub aggregates: Vec<Aggregate>,
    /// The filter over the groups.
    pub having: Option<GroupSelection>,
    /// The stage that makes them.
    pub stage: GroupStage,
    /// The window that they are compared with.
    pub compare: Option<Compare>,
}

/// A comparison with an earlier window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compare {
    /// The seconds from the start of one window to that of the other.
    pub by_s: i64,
    /// The groups that stay.
    pub kept: Kept,
}

/// The groups that a comparison keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of them.
    All,
    /// The groups that the window before does not have.
    New,
    /// The groups that only the window before has.
    Gone,
}

/// The value in a column of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The value in the window itself.
    Now,
    /// The value in the window before.
    Before,
    /// The difference: now minus before.
    Change,
}

/// The stage that makes groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupStage {
    /// `count() by eni`
    Aggregates,
    /// `top 5 eni`
    Top,
    /// `conversations by bytes`: each is known at several interfaces, and counts at the one with the most bytes.
    Conversations(Measure),
}

impl GroupStage {
    /// Returns whether the stage itself may contain the number of rows.
    #[must_use]
    pub const fn takes_count(self) -> bool {
        matches!(self, Self::Top | Self::Conversations(_))
    }
}

/// The measure by which the largest groups are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Records.
    Flows,
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
}

impl Measure {
    /// The measure of this name; case does not count.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Flows, Self::Packets, Self::Bytes].into_iter().find(|one| one.name().eq_ignore_ascii_case(name))
    }

    /// The name as it is typed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flows => "flows",
            Self::Packets => "packets",
            Self::Bytes => "bytes",
        }
    }

    /// The size of a conversation, both directions together, by its measures.
    #[must_use]
    pub fn of_conversation(self, measures: &[Value]) -> f64 {
        let number = |place: usize| measures[place].as_f64().unwrap_or_default();
        match self {
            Self::Flows => number(0),
            Self::Packets => number(1) + number(3),
            Self::Bytes => number(2) + number(4),
        }
    }

    /// The field that is summed; `None` if records are counted.
    #[must_use]
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::Flows => None,
            Self::Packets => Some(Field::Packets),
            Self::Bytes => Some(Field::Bytes),
        }
    }
}

/// A filter over groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSelection {
    /// The expression as typed; its sources are [`Source::Result`].
    pub said: Condition,
    /// The filter that it means; its sources are [`Source::Result`].
    pub means: Filter,
}

/// A key of groups: a value that all records of a group share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKey {
    /// The value they share.
    pub by: KeyBy,
    /// The result name.
    pub name: String,
}

/// The value that a group shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyBy {
    /// The value of a field.
    Source(Source),
    /// The interval of this many seconds, aligned to UTC, that the record's time is in.
    Bin(i64),
    /// The network of this prefix length that the address is in; an IPv4 address is taken whole
    /// where the length is over 32.
    Network(Field, u8),
    /// Whether the record's time is at or after a second, as 1 or 0. Only comparisons of windows use it.
    Since(EpochSeconds),
}

/// One value computed over a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The function.
    pub function: Function,
    /// The field that it is computed over. `None` for `count`: a sentence counts records only. A `count` over a field
    /// counts the records that have it.
    pub over: Option<Source>,
    /// The role of the records that a sum adds up; other records add nothing. Only a sum has one.
    pub role: Option<&'static str>,
    /// The window that it is computed over, if two are compared.
    pub compared: Compared,
    /// The result name.
    pub name: String,
}

/// A column to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The column: a field for records, a result column for groups.
    pub source: Source,
    /// Largest first.
    pub descending: bool,
}

impl SortKey {
    /// The default order of records.
    pub const NEWEST_FIRST: Self = Self { source: Source::Field(Field::Time), descending: true };
}

/// The number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`DEFAULT_LIMIT`]; a longer answer is truncated.
    Default,
    /// This number, which was requested.
    Rows(u64),
    /// Everything.
    None,
}

/// The number of rows that are returned unless the sentence says otherwise; the Go tool's default.
pub const DEFAULT_LIMIT: u64 = 100;

impl Limit {
    /// The most rows to return, if there is a limit.
    #[must_use]
    pub const fn rows(self) -> Option<u64> {
        match self {
            Self::Default => Some(DEFAULT_LIMIT),
            Self::Rows(rows) => Some(rows),
            Self::None => None,
        }
    }
}

impl Plan {
    /// Returns whether no record or no group can match, so that nothing needs to be run.
    #[must_use]
    pub fn is_never(&self) -> bool {
        let having = if let Shape::Groups(groups) = &self.shape { groups.having.as_ref() } else { None };
        self.selection.means == Filter::False || having.is_some_and(|having| having.means == Filter::False)
    }

    /// The comparison with another window, if there is one.
    #[must_use]
    pub const fn compare(&self) -> Option<Compare> {
        if let Shape::Groups(groups) = &self.shape { groups.compare } else { None }
    }

    /// Returns whether a sum may count the same traffic at both of its ends: no test names the direction, and groups do
    /// not keep interfaces apart.
    #[must_use]
    pub fn sums_both_ends(&self) -> bool {
        const KEPT_APART: [Field; 6] =
            [Field::Direction, Field::Eni, Field::LocalAddr, Field::LocalPort, Field::RemoteAddr, Field::RemotePort];
        let is_of_traffic = |aggregate: &Aggregate| {
            let over = &aggregate.over;
            matches!(aggregate.function, Function::Sum | Function::Rate | Function::Share)
                && matches!(over, Some(Source::Field(Field::Bytes | Field::Packets)))
        };
        let Shape::Groups(groups) = &self.shape else { return false };
        let is_kept_apart = |source: &Source| matches!(source, Source::Field(field) if KEPT_APART.contains(field));
        let is_once = matches!(groups.stage, GroupStage::Conversations(_));
        !is_once && groups.aggregates.iter().any(is_of_traffic) && !self.named().iter().any(is_kept_apart)
    }

    /// The plan that readers run instead, if the answer is computed from another one: for conversations their groups by
    /// interface, which is the last key; for a rate or a share a sum; for a comparison the groups of one window. `None`
    /// if readers run this plan.
    #[must_use]
    pub fn in_parts(&self) -> Option<Self> {
        let Shape::Groups(groups) = &self.shape else { return None };
        let is_conversations = matches!(groups.stage, GroupStage::Conversations(_));
        let is_derived = groups.aggregates.iter().any(|aggregate| aggregate.function.is_derived());
        if !is_conversations && !is_derived && groups.compare.is_none() {
            return None;
        }
        let mut parts = groups.now();
        for aggregate in &mut parts.aggregates {
            aggregate.function = aggregate.function.base(aggregate.over.is_some());
        }
        if is_conversations {
            let eni = Field::Eni;
            parts.keys.push(GroupKey { by: KeyBy::Source(Source::Field(eni)), name: eni.result_name() });
        }
        let shape = Shape::Groups(Groups { stage: GroupStage::Aggregates, ..parts });
        Some(Self { shape, sort: Vec::new(), limit: Limit::None, chart: false, ..self.clone() })
    }

    /// The plan for the interface and both addresses of some thousand of the newest records that this plan is about:
    /// they tell whether [both ends](Plan::sums_both_ends) of some traffic are recorded.
    #[must_use]
    pub fn ends(&self) -> Self {
        const RECORDS: u64 = 2_000;
        let column = |field: Field| ShownColumn { source: Source::Field(field), name: field.result_name() };
        let columns = [Field::Eni, Field::SrcAddr, Field::DstAddr].map(column).to_vec();
        Self {
            shape: Shape::Records { columns, chosen: Chosen::Sentence },
            sort: Vec::new(),
            limit: Limit::Rows(RECORDS),
            chart: false,
            ..self.clone()
        }
    }

    /// The fields of the sentence whose values come from geolocation files.
    #[must_use]
    pub fn located(&self) -> Vec<Field> {
        let located = |source: Source| match source {
            Source::Field(field) if matches!(field.info().origin, Origin::Geo(..)) => Some(field),
            _ => None,
        };
        self.named().into_iter().filter_map(located).collect()
    }

    /// Returns everything that the sentence names, without default columns. The filter is taken as typed, so that an
    /// error can name its sources.
    #[must_use]
    pub fn named(&self) -> Vec<Source> {
        let mut named = Vec::new();
        if let Some(said) = &self.selection.said {
            said.collect_sources(&mut named);
        }
        match &self.shape {
            Shape::Records { columns, chosen: Chosen::Sentence } => {
                named.extend(columns.iter().map(|column| column.source.clone()));
            }
            Shape::Records { .. } => {}
            Shape::Groups(groups) => {
                named.extend(groups.keys.iter().map(GroupKey::source));
                named.extend(groups.aggregates.iter().filter_map(|aggregate| aggregate.over.clone()));
            }
        }
        named.extend(self.sort.iter().map(|key| key.source.clone()));
        named.retain(|source| !matches!(source, Source::Result(_)));
        let mut seen = HashSet::new();
        named.retain(|source| seen.insert(source.clone()));
        named
    }
}

impl Groups {
    /// The same plan with all groups of the window itself, without a comparison.
    #[must_use]
    pub fn now(&self) -> Self {
        let mut groups = Self { having: None, compare: None, ..self.clone() };
        groups.aggregates.retain(|aggregate| aggregate.compared == Compared::Now);
        groups
    }

    /// The groups over no records: without keys there is one, in which counts are zero and other aggregates absent.
    #[must_use]
    pub fn of_nothing(&self) -> Vec<Row> {
        let value = |function| match function {
            Function::Count | Function::Distinct => Value::Int(0),
            _ => Value::Absent,
        };
        let row = self.aggregates.iter().map(|aggregate| value(aggregate.function)).collect();
        if self.keys.is_empty() { vec![row] } else { Vec::new() }
    }
}

impl Filter {
    pub(super) fn for_each_source(&mut self, change: &mut impl FnMut(&mut Source)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.for_each_source(change)),
            Self::Test(source, _) => change(source),
            Self::Relation(relation) => [&mut relation.left, &mut relation.right].into_iter().for_each(change),
            Self::True | Self::False | Self::Ported(_) | Self::Family { .. } | Self::FamilyAbsent => {}
        }
    }
}

impl Condition {
    /// The condition that a text field is one of these words; without words, no record fulfils it.
    #[must_use]
    pub fn one_of(field: Field, words: impl IntoIterator<Item = String>) -> Self {
        let words: BTreeSet<String> = words.into_iter().collect();
        if words.is_empty() {
            return Self::Any(Vec::new());
        }
        Self::Test(Source::Field(field), Check::Text { words: words.into_iter().collect(), negated: false })
    }

    /// The condition that at least one of these holds; a single one is returned as it is.
    #[must_use]
    pub fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }

    pub(super) fn for_each_source(&mut self, change: &mut impl FnMut(&mut Source)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.for_each_source(change)),
            Self::Not(part) => part.for_each_source(change),
            Self::Test(source, _) => change(source),
            Self::Relation(relation) => [&mut relation.left, &mut relation.right].into_iter().for_each(change),
            Self::Family(_) | Self::Status(_) => {}
        }
    }

    pub(super) fn names_family(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::names_family),
            Self::Not(part) => part.names_family(),
            Self::Family(_) => true,
            Self::Test(..) | Self::Relation(_) | Self::Status(_) => false,
        }
    }

    fn collect_sources(&self, sources: &mut Vec<Source>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect_sources(sources)),
            Self::Not(part) => part.collect_sources(sources),
            // Any field that identifies the interface tells whether it belongs to a resource; the type or the source
            // address tell the family: see `Plan::first_missing`.
            Self::Test(Source::Field(Field::Eni), Check::Belongs { .. }) | Self::Family(_) => {}
            Self::Test(source, _) => sources.push(source.clone()),
            Self::Relation(relation) => sources.extend([relation.left.clone(), relation.right.clone()]),
            Self::Status(_) => sources.push(Source::Field(Field::Status)),
        }
    }
}

impl Source {
    /// The name as typed; an extra column is in backquotes.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Field(field) => field.name().to_string(),
            Self::Extra(name) => format!("`{name}`"),
            Self::Result(place) => format!("column {place}"),
        }
    }

    /// The name in results.
    #[must_use]
    pub fn result_name(&self) -> String {
        match self {
            Self::Field(field) => field.result_name(),
            Self::Extra(name) => name.clone(),
            Self::Result(place) => format!("column_{place}"),
        }
    }

    /// Returns the type of its values; an extra column is text.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        match self {
            Self::Field(field) => field.field_type(),
            Self::Extra(_) | Self::Result(_) => FieldType::Text,
        }
    }
}

impl GroupKey {
    /// The source of the groups' values.
    #[must_use]
    pub fn source(&self) -> Source {
        match &self.by {
            KeyBy::Source(source) => source.clone(),
            KeyBy::Bin(_) | KeyBy::Since(_) => Source::Field(Field::Time),
            KeyBy::Network(field, _) => Source::Field(*field),
        }
    }

    /// Returns the type of the values that groups share.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        match &self.by {
            KeyBy::Source(source) => source.field_type(),
            KeyBy::Bin(_) => FieldType::Time,
            KeyBy::Network(..) => FieldType::Address,
            KeyBy::Since(_) => FieldType::Number,
        }
    }
}

impl Aggregate {
    /// Returns the type of the values.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        match (self.function, &self.over) {
            (Function::Count | Function::Distinct, _) | (_, None) => FieldType::Quantity,
            (_, Some(over)) => over.field_type(),
        }
    }

    /// Returns whether the values are points in time.
    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(self.function, Function::Min | Function::Max)
            && self.compared != Compared::Change
            && self.over.as_ref().is_some_and(|over| over.field_type() == FieldType::Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opposite_of_a_check_admits_what_it_does_not() {
        let checks = [
            Check::Compare { order: Order::Less, value: 10 },
            Check::Number { ranges: vec![Range { first: 3, last: 5 }], negated: false },
            Check::Flags { set: 2, mask: 18, negated: false },
        ];
        for check in checks {
            for number in 0..32 {
                assert_ne!(check.admits(number), check.opposite().admits(number), "{check:?} {number}");
            }
        }
    }
}
