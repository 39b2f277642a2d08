//! Translates a plan's filter and fields to expressions of the query engine, one to one.
//!
//! A leaf over an absent value is not false there, but unknown. That is equivalent: a filter has no `not` above its
//! leaves, and unknown records are not kept. Tests for absent values use `is null`, which is never unknown.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr_fn::{bitwise_and, ident, in_list, when};
use datafusion::logical_expr::{Expr, cast, lit};
use ipnet::IpNet;

use crate::engine::Error;
use crate::engine::record::{ADDRESS, Slot, TEXT, data_type};
use crate::field::{Field, Origin, Ratio};
use crate::query::plan::{Check, Filter, Operator, Order, Range, Relation, Source};
use crate::query::print;
use crate::query::window::Interval;

use super::geo::Geo;
use super::names::Names;
use super::scalar;
use super::table_column::TableColumn;

/// A value to test, show or group by, and its type.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) expr: Expr,
    pub(crate) data_type: DataType,
    /// Whether all its values are absent.
    is_absent: bool,
}

impl Operand {
    pub(crate) fn new(expr: Expr, data_type: DataType) -> Self {
        Self { expr, data_type, is_absent: false }
    }

    fn absent(data_type: DataType) -> Self {
        let null = ScalarValue::try_new_null(&data_type).unwrap_or(ScalarValue::Null);
        Self { expr: lit(null), data_type, is_absent: true }
    }
}

/// The sources of fields that records do not have: names and locations.
#[derive(Clone, Copy)]
pub(crate) struct Looked<'t> {
    /// The names, if there is an inventory.
    pub(crate) names: Option<&'t Names>,
    /// The locations of addresses.
    pub(crate) geo: &'t Arc<Geo>,
}

/// Lowers expressions of a plan over the columns of a table.
pub(crate) struct Lowering<'t> {
    /// The columns of the table.
    pub(crate) columns: &'t [TableColumn],
    /// The sources of fields that records do not have.
    pub(crate) looked: Looked<'t>,
    /// The columns of the result so far, for filters over groups.
    pub(crate) results: Vec<Operand>,
}

impl Lowering<'_> {
    /// The operand of a source.
    pub(crate) fn operand(&self, source: &Source) -> Result<Operand, Error> {
        match source {
            Source::Field(field) => self.field(*field),
            Source::Extra(name) => Ok(self.slot(Slot::Extra(name.as_str().into()))),
            Source::Result(place) => {
                let result = self.results.get(*place).cloned();
                result.ok_or_else(|| Error::FieldMissing { missing: source.clone().into() })
            }
        }
    }

    fn slot(&self, slot: Slot) -> Operand {
        let data_type = data_type(slot.kind());
        let column = TableColumn::Slot(slot);
        if self.columns.contains(&column) {
            Operand::new(ident(column.name()), data_type)
        } else {
            Operand::absent(data_type)
        }
    }

    fn field(&self, field: Field) -> Result<Operand, Error> {
        match field.info().origin {
            Origin::Record(_) => Ok(self.slot(Slot::Field(field))),
            Origin::Time => Ok(self.slot(Slot::Field(Field::Start))),
            Origin::Derived => {
                let [start, end] = [Field::Start, Field::End].map(|field| self.slot(Slot::Field(field)));
                Ok(Operand::new(end.expr - start.expr, DataType::Int64))
            }
            Origin::Ratio(ratio) => self.ratio(ratio),
            Origin::Role => Ok(self.role()),
            Origin::BySide { by, sides } => self.by_side(by, sides),
            // A plan names one side wherever a single value is needed.
            Origin::EitherSide(_) => Err(Error::FieldMissing { missing: Source::Field(field).into() }),
            Origin::Geo(what, key) => {
                let place = scalar::location(self.looked.geo, what).call(vec![self.field(key)?.expr]);
                Ok(Operand::new(place, scalar::type_of_location(what)))
            }
            Origin::Inventory(key) => {
                let names = self.looked.names.ok_or_else(|| Error::NeedsInventory { name: field.name().into() })?;
                let key = self.field(key)?;
                let name = if key.data_type == ADDRESS {
                    let interface = self.slot(Slot::Field(Field::Eni));
                    scalar::name_of_address(names, field).call(vec![key.expr, interface.expr])
                } else {
                    scalar::name_of_interface(names, field).call(vec![key.expr])
                };
                Ok(Operand::new(name, TEXT))
            }
        }
    }

    /// A ratio; absent where a number is absent, or the divisor is 0.
    fn ratio(&self, ratio: Ratio) -> Result<Operand, Error> {
        let number = |field| cast(self.slot(Slot::Field(field)).expr, DataType::Float64);
        let seconds = || -> Result<Expr, Error> {
            let seconds = number(Field::End) - number(Field::Start);
            first_of(vec![(seconds.clone().gt(lit(1.0)), seconds.clone()), (seconds.is_not_null(), lit(1.0))])
        };
        let expr = match ratio {
            Ratio::BitsPerSecond => number(Field::Bytes) * lit(8.0) / seconds()?,
            Ratio::PacketsPerSecond => number(Field::Packets) / seconds()?,
            Ratio::BytesPerPacket => {
                let packets = number(Field::Packets);
                first_of(vec![(packets.clone().not_eq(lit(0.0)), number(Field::Bytes) / packets)])?
            }
        };
        Ok(Operand::new(expr, DataType::Float64))
    }

    /// The role of the record. It is a function call, since it occurs in many places of a query and its rule is long.
    fn role(&self) -> Operand {
        let mut arguments = scalar::ROLE_FIELDS.map(|field| self.slot(Slot::Field(field)).expr).to_vec();
        arguments.push(ident(TableColumn::Ported.name()));
        Operand::new(scalar::role().call(arguments), TEXT)
    }

    /// `number` for a record of this role; 0 for other records, and where `number` is absent.
    pub(crate) fn in_role(&self, number: Expr, role: &str) -> Result<Expr, Error> {
        let is_added = self.role().expr.eq(text(role)).and(number.clone().is_not_null());
        first_of(vec![(is_added, number), (lit(true), lit(0_i64))])
    }

    /// The value of the side that the word in `by` selects.
    fn by_side(&self, by: Field, sides: [(&str, Field); 2]) -> Result<Operand, Error> {
        let by = self.field(by)?.expr;
        let [(first, one), (second, other)] = sides.map(|(word, side)| (word, self.slot(Slot::Field(side))));
        let data_type = one.data_type;
        let cases = vec![(by.clone().eq(text(first)), one.expr), (by.eq(text(second)), other.expr)];
        Ok(Operand::new(first_of(cases)?, data_type))
    }

    /// The condition that the time is in the interval.
    pub(crate) fn interval(&self, interval: Interval) -> Expr {
        let start = self.slot(Slot::Field(Field::Start));
        start.expr.between(lit(interval.from), lit(interval.until))
    }

    /// The condition that `filter` holds.
    pub(crate) fn filter(&self, filter: &Filter) -> Result<Expr, Error> {
        Ok(match filter {
            Filter::True => lit(true),
            Filter::False => lit(false),
            Filter::All(parts) => all(self.filters(parts)?),
            Filter::Any(parts) => any(self.filters(parts)?),
            Filter::Relation(Relation { left, operator, right }) => {
                relate(self.operand(left)?, *operator, self.operand(right)?)
            }
            Filter::Test(source, check) => test(&self.operand(source)?, check)?,
            Filter::Ported(true) => ident(TableColumn::Ported.name()),
            Filter::Ported(false) => !ident(TableColumn::Ported.name()),
            Filter::Family { family, negated: false } => ident(TableColumn::Family.name()).eq(text(family.type_word())),
            Filter::Family { family, negated: true } => {
                ident(TableColumn::Family.name()).not_eq(text(family.type_word()))
            }
            Filter::FamilyAbsent => ident(TableColumn::Family.name()).is_null(),
        })
    }

    fn filters(&self, parts: &[Filter]) -> Result<Vec<Expr>, Error> {
        parts.iter().map(|part| self.filter(part)).collect()
    }
}

/// The value of the first case whose condition holds; absent if none does.
fn first_of(cases: Vec<(Expr, Expr)>) -> Result<Expr, Error> {
    let mut cases = cases.into_iter();
    let Some((condition, value)) = cases.next() else { return Ok(lit(ScalarValue::Null)) };
    let mut first = when(condition, value);
    for (condition, value) in cases {
        first = first.when(condition, value);
    }
    first.end().map_err(|error| Error::Engine { source: Box::new(error) })
}

/// A comparison of two values.
fn relate(left: Operand, operator: Operator, right: Operand) -> Expr {
    if left.is_absent || right.is_absent {
        return lit(false);
    }
    // An average and a sum are of different types.
    let is_same_type = left.data_type == right.data_type;
    let [left, right] =
        [left, right].map(|operand| if is_same_type { operand.expr } else { cast(operand.expr, DataType::Float64) });
    match operator {
        Operator::Equal => left.eq(right),
        Operator::NotEqual => left.not_eq(right),
        Operator::Order(order) => compare(left, order, right),
    }
}

/// A test of a value.
fn test(operand: &Operand, check: &Check) -> Result<Expr, Error> {
    if operand.is_absent {
        return Ok(lit(*check == Check::Absent));
    }
    let value = || operand.expr.clone();
    let number = |number| number_of_type(number, &operand.data_type);
    Ok(match check {
        Check::Present => value().is_not_null(),
        Check::Absent => value().is_null(),
        Check::Compare { order, value: other } => compare(value(), *order, number(*other)),
        Check::Number { ranges, negated } => negate(*negated, in_ranges(operand, ranges)),
        Check::Address { networks, negated } => negate(*negated, in_networks(value(), networks)),
        Check::Set { set, negated } => negate(set.is_complement() != *negated, in_networks(value(), &set.networks())),
        Check::Text { words, negated } => match words.as_slice() {
            [word] => negate(*negated, value().eq(text(word))),
            words => in_list(value(), words.iter().map(|word| text(word)).collect(), *negated),
        },
        Check::Like { glob, negated } => negate(*negated, scalar::like(glob)?.call(vec![value()])),
        Check::Matches { regex, negated } => negate(*negated, scalar::matches(regex)?.call(vec![value()])),
        Check::Belongs { owner, .. } => return Err(Error::NeedsInventory { name: print::owner(owner) }),
        Check::Flags { set, mask, negated } => {
            negate(*negated, bitwise_and(value(), number(i64::from(*mask))).eq(number(i64::from(*set))))
        }
    })
}

/// The negation of an unknown value is unknown too.
fn negate(negated: bool, expr: Expr) -> Expr {
    if negated { !expr } else { expr }
}

fn compare(value: Expr, order: Order, other: Expr) -> Expr {
    match order {
        Order::Less => value.lt(other),
        Order::AtMost => value.lt_eq(other),
        Order::Greater => value.gt(other),
        Order::AtLeast => value.gt_eq(other),
    }
}

fn in_ranges(operand: &Operand, ranges: &[Range]) -> Expr {
    let number = |number| number_of_type(number, &operand.data_type);
    let (single, wide): (Vec<&Range>, Vec<&Range>) = ranges.iter().partition(|range| range.first == range.last);
    let mut parts: Vec<Expr> = Vec::new();
    match single.as_slice() {
        [] => {}
        [one] => parts.push(operand.expr.clone().eq(number(one.first))),
        many => {
            let numbers = many.iter().map(|range| number(range.first)).collect();
            parts.push(in_list(operand.expr.clone(), numbers, false));
        }
    }
    for range in wide {
        parts.push(operand.expr.clone().between(number(range.first), number(range.last)));
    }
    any(parts)
}

fn in_networks(value: Expr, networks: &[IpNet]) -> Expr {
    scalar::address_in(networks).call(vec![value])
}

/// A number to compare with values of this type.
fn number_of_type(number: i64, data_type: &DataType) -> Expr {
    #[allow(clippy::cast_precision_loss, reason = "compared with an average or an estimate")]
    match data_type {
        DataType::Float64 => lit(number as f64),
        DataType::Decimal128(precision, scale) => {
            lit(ScalarValue::Decimal128(Some(i128::from(number)), *precision, *scale))
        }
        _ => lit(number),
    }
}

/// A literal of the type that text columns have.
pub(crate) fn text(text: &str) -> Expr {
    lit(ScalarValue::Utf8View(Some(text.into())))
}

/// The conjunction.
pub(crate) fn all(parts: Vec<Expr>) -> Expr {
    balanced(parts, Expr::and).unwrap_or_else(|| lit(true))
}

/// The disjunction.
fn any(parts: Vec<Expr>) -> Expr {
    balanced(parts, Expr::or).unwrap_or_else(|| lit(false))
}

/// Joins neighbours until one is left. A long chain nested to one side would overflow the stack when it is traversed.
fn balanced(mut parts: Vec<Expr>, join: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    while parts.len() > 1 {
        let mut joined = Vec::with_capacity(parts.len().div_ceil(2));
        let mut left = parts.into_iter();
        while let Some(first) = left.next() {
            joined.push(match left.next() {
                Some(second) => join(first, second),
                None => first,
            });
        }
        parts = joined;
    }
    parts.pop()
}
