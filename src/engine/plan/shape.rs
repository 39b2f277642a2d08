//! Translates a plan to a query over the table of records: filter, columns or groups, order, limit.
//!
//! Columns of the answer are named by their place, so that no name of a sentence collides with one of the table. The
//! way that values are printed is not known here, only the kind of each column.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::expr_fn::{approx_percentile_cont, avg, count, count_distinct, max, min, sum};
use datafusion::logical_expr::expr_fn::ident;
use datafusion::logical_expr::{Expr, SortExpr, cast, lit};
use datafusion::prelude::DataFrame;

use crate::engine::Error;
use crate::engine::record::ADDRESS;
use crate::field::Field;
use crate::function::Function;
use crate::query::kind::Kind;
use crate::query::plan::{
    Aggregate, DEFAULT_LIMIT, GroupKey, Groups, KeyBy, Limit, Plan, Shape, ShownColumn, SortKey, Source,
};
use crate::query::window::Interval;

use super::lower::{Looked, Lowering, Operand, all};
use super::scalar;
use super::table_column::TableColumn;

/// A query and the kinds of its columns; further columns are not part of the answer.
pub(crate) struct Shaped {
    pub(crate) frame: DataFrame,
    pub(crate) kinds: Vec<Kind>,
    /// The order in which the rows of each batch still have to be sorted.
    pub(crate) order: Vec<ColumnOrder>,
}

/// A sort column and its direction; absent values come last in either direction.
pub(crate) struct ColumnOrder {
    pub(crate) column: String,
    pub(crate) descending: bool,
}

impl From<ColumnOrder> for SortExpr {
    fn from(order: ColumnOrder) -> Self {
        ident(order.column).sort(!order.descending, false)
    }
}

/// The query of a plan over a table with these columns; `comes_in_order` tells whether its batches are in order.
pub(crate) fn shape(
    table: DataFrame,
    columns: &[TableColumn],
    comes_in_order: bool,
    looked: Looked<'_>,
    plan: &Plan,
    interval: Option<Interval>,
) -> Result<Shaped, Error> {
    let mut lowering = Lowering { columns, looked, results: Vec::new() };
    let mut conditions: Vec<Expr> = interval.map(|interval| lowering.interval(interval)).into_iter().collect();
    conditions.push(lowering.filter(&plan.selection.means)?);
    let selected = table.filter(all(conditions)).map_err(failed)?;
    match &plan.shape {
        Shape::Records { columns, .. } => {
            let Shaped { frame, kinds, order } = records(selected, &lowering, plan, columns)?;
            if comes_in_order {
                return Ok(Shaped { frame, kinds, order });
            }
            let frame = limited(sort(frame, order)?, plan.limit)?;
            Ok(Shaped { frame, kinds, order: Vec::new() })
        }
        Shape::Groups(groups) => self::groups(selected, &mut lowering, plan, groups),
    }
}

fn failed(source: DataFusionError) -> Error {
    Error::Engine { source: Box::new(source) }
}

/// The number of rows to request: one more than the default limit, to know whether there are more.
pub(crate) fn fetch(limit: Limit) -> Option<usize> {
    let rows = match limit {
        Limit::Default => DEFAULT_LIMIT + 1,
        Limit::Rows(rows) => rows,
        Limit::None => return None,
    };
    Some(usize::try_from(rows).unwrap_or(usize::MAX))
}

fn limited(frame: DataFrame, limit: Limit) -> Result<DataFrame, Error> {
    match fetch(limit) {
        None => Ok(frame),
        rows => frame.limit(0, rows).map_err(failed),
    }
}

/// The name of a column of the answer.
fn result(place: usize) -> String {
    format!("result {place}")
}

/// The name of a sort key that the answer does not show.
fn order(place: usize) -> String {
    format!("order {place}")
}

fn by(column: String, descending: bool) -> ColumnOrder {
    ColumnOrder { column, descending }
}

fn sort(frame: DataFrame, order: Vec<ColumnOrder>) -> Result<DataFrame, Error> {
    frame.sort(order.into_iter().map(SortExpr::from).collect()).map_err(failed)
}

fn records(frame: DataFrame, lowering: &Lowering<'_>, plan: &Plan, shown: &[ShownColumn]) -> Result<Shaped, Error> {
    let keys = if plan.sort.is_empty() { vec![SortKey::NEWEST_FIRST] } else { plan.sort.clone() };
    let mut projection = Vec::new();
    let mut sorting = Vec::new();
    for (place, column) in shown.iter().enumerate() {
        projection.push(lowering.operand(&column.source)?.expr.alias(result(place)));
    }
    for (place, key) in keys.iter().enumerate() {
        projection.push(lowering.operand(&key.source)?.expr.alias(order(place)));
        sorting.push(by(order(place), key.descending));
    }
    let is_key = |place: usize| keys.iter().any(|key| is_same(&key.source, &shown[place].source));
    let ties = plan.tie_breakers().into_iter().filter(|(place, _)| !is_key(*place));
    sorting.extend(ties.map(|(place, descending)| by(result(place), descending)));
    let frame = frame.select(projection).map_err(failed)?;
    Ok(Shaped { frame, kinds: shown.iter().map(|column| Kind::of(&column.source)).collect(), order: sorting })
}

/// Returns whether two sources have the same values: a record's time is its start.
fn is_same(one: &Source, other: &Source) -> bool {
    let plain = |source: &Source| match source {
        Source::Field(Field::Time) => Source::Field(Field::Start),
        source => source.clone(),
    };
    plain(one) == plain(other)
}

fn groups(frame: DataFrame, lowering: &mut Lowering<'_>, plan: &Plan, groups: &Groups) -> Result<Shaped, Error> {
    let mut operands = Vec::new();
    let mut kinds = Vec::new();
    for key in &groups.keys {
        operands.push(self::key(lowering, key)?);
        kinds.push(Kind::of_key(key));
    }
    let keys = operands.len();
    for aggregate in &groups.aggregates {
        operands.push(self::aggregate(lowering, aggregate)?);
        kinds.push(Kind::of_aggregate(aggregate));
    }
    // Grouping by numbers is faster than by bytes, even of the same length.
    let is_address_key = |place: usize| place < keys && operands[place].data_type == ADDRESS;
    let places = 0..operands.len();
    let mut named: Vec<Expr> = places
        .clone()
        .map(|place| {
            let value = operands[place].expr.clone();
            let value = if is_address_key(place) { scalar::number_of_address().call(vec![value]) } else { value };
            value.alias(result(place))
        })
        .collect();
    let aggregates = named.split_off(keys);
    let results = places.map(|place| {
        let value = ident(result(place));
        if is_address_key(place) { scalar::address_of_number().call(vec![value]).alias(result(place)) } else { value }
    });
    let results = results.collect::<Vec<_>>();
    let mut frame = frame.aggregate(named, aggregates).and_then(|frame| frame.select(results)).map_err(failed)?;
    let results = operands.into_iter().enumerate();
    lowering.results = results.map(|(place, operand)| Operand::new(ident(result(place)), operand.data_type)).collect();
    if let Some(having) = &groups.having {
        frame = frame.filter(lowering.filter(&having.means)?).map_err(failed)?;
    }
    let mut sorting = Vec::new();
    let mut sorted = Vec::new();
    for key in &plan.sort {
        let Source::Result(place) = key.source else {
            return Err(Error::FieldMissing { missing: key.source.clone().into() });
        };
        sorted.push(place);
        sorting.push(by(result(place), key.descending));
    }
    let ties = plan.tie_breakers().into_iter().filter(|(place, _)| !sorted.contains(place));
    sorting.extend(ties.map(|(place, descending)| by(result(place), descending)));
    let frame = limited(sort(frame, sorting)?, plan.limit)?;
    Ok(Shaped { frame, kinds, order: Vec::new() })
}

fn key(lowering: &Lowering<'_>, key: &GroupKey) -> Result<Operand, Error> {
    match &key.by {
        KeyBy::Source(source) => lowering.operand(source),
        KeyBy::Bin(width_s) => {
            let time = lowering.operand(&Source::Field(Field::Time))?.expr;
            // Times are not negative, so the remainder is the distance from the start of the bin.
            Ok(Operand::new(time.clone() - time % lit(*width_s), DataType::Int64))
        }
        KeyBy::Since(second) => {
            let time = lowering.operand(&Source::Field(Field::Time))?.expr;
            Ok(Operand::new(cast(time.gt_eq(lit(*second)), DataType::Int64), DataType::Int64))
        }
        KeyBy::Network(field, length) => {
            let address = lowering.operand(&Source::Field(*field))?;
            Ok(Operand::new(scalar::network_of(*length).call(vec![address.expr]), address.data_type))
        }
    }
}

/// The type of sums: 10 digits more than a number has, enough for any number of records.
const SUM: DataType = DataType::Decimal128(29, 0);

fn aggregate(lowering: &Lowering<'_>, aggregate: &Aggregate) -> Result<Operand, Error> {
    let Some(over) = &aggregate.over else {
        return Ok(Operand::new(count(lit(1_i64)), DataType::Int64));
    };
    let Operand { expr, data_type, .. } = lowering.operand(over)?;
    let expr = match aggregate.role {
        Some(role) => lowering.in_role(expr, role)?,
        None => expr,
    };
    Ok(match aggregate.function {
        Function::Count => Operand::new(count(expr), DataType::Int64),
        // Sums of 64-bit numbers could overflow silently.
        Function::Sum | Function::Rate | Function::Share => Operand::new(sum(scalar::wide().call(vec![expr])), SUM),
        Function::Avg => Operand::new(avg(cast(expr, DataType::Float64)), DataType::Float64),
        Function::Min => Operand::new(min(expr), data_type),
        Function::Max => Operand::new(max(expr), data_type),
        Function::Distinct => Operand::new(count_distinct(expr), DataType::Int64),
        Function::Percentile(percent) => {
            let values = cast(expr, DataType::Float64).sort(true, false);
            let fraction = lit(ScalarValue::Float64(Some(f64::from(percent) / 100.0)));
            Operand::new(approx_percentile_cont(values, fraction, None), DataType::Float64)
        }
    })
}
