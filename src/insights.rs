//! Plan to CloudWatch Logs Insights text.
//!
//! The text is made for safety first: every operand stands in parentheses, since the service does
//! not document its precedence; values are typed literals from an allow-list; sort and limit are
//! always said. Nothing here runs a query or knows where it runs; [`Format`] says which fields the
//! queried logs have. Syntax: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>.

mod error;
mod filter;
mod format;
mod literal;

use crate::field::{FIELDS, Field, Origin};
use crate::function::Function;
use crate::query::missing::Missing;
use crate::query::plan::{
    Aggregate, Filter, GroupKey, Groups, KeyBy, Plan, Shape, ShownColumn, SortKey, Source, Statuses,
};

pub use error::{Error, MAX_QUERY_CHARS};
pub use format::Format;

/// The most rows that one query returns.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html>.
pub const MAX_ROWS: u64 = 100_000;

/// A query as the service takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The text.
    pub text: String,
    /// The service's name for each column of the plan, in the plan's order; empty for a column that
    /// the logs lack.
    pub columns: Vec<String>,
    /// The service's names for the sort keys of records; empty for groups.
    pub order: Vec<String>,
    /// Notes for the reader of the answer, beside the plan's own notes.
    pub notes: Vec<String>,
}

/// The Insights text of a plan over logs of this format.
///
/// # Errors
///
/// [`Error::FieldMissing`] where the sentence names a field that the logs lack,
/// [`Error::FilesOnly`] and [`Error::NeedsInventory`] for what the service cannot do,
/// [`Error::UnsafeText`] and [`Error::UnsafeRegex`] for values that are on no allow-list,
/// [`Error::TooLong`] over 10,000 characters.
pub fn emit(plan: &Plan, format: &Format) -> Result<Query, Error> {
    refuse_extra_columns(plan)?;
    match missing(plan, std::slice::from_ref(format)) {
        Some(missing) => Err(Error::FieldMissing { missing }),
        None => emit_part(plan, format),
    }
}

/// Returns a field that the sentence names and no log of these formats has.
#[must_use]
pub fn missing(plan: &Plan, formats: &[Format]) -> Option<Missing> {
    plan.first_missing(|source| formats.iter().any(|format| format.answers(source)))
}

/// The same as [`emit`] for some of the logs that a plan is about: what they lack and others have is
/// absent in them.
///
/// # Errors
///
/// The errors of [`emit`], but for [`Error::FieldMissing`].
pub fn emit_part(plan: &Plan, format: &Format) -> Result<Query, Error> {
    refuse_extra_columns(plan)?;
    let mut emitter = Emitter { format, lines: Vec::new(), notes: Vec::new(), computed: Vec::new() };
    emitter.emit_parse();
    let (columns, order) = match &plan.shape {
        Shape::Records { columns, .. } => emitter.emit_records(plan, columns)?,
        Shape::Groups(groups) => (emitter.emit_groups(plan, groups)?, Vec::new()),
    };
    let text = emitter.lines.join("\n| ");
    let chars = text.chars().count();
    if chars > MAX_QUERY_CHARS {
        return Err(Error::TooLong { chars });
    }
    Ok(Query { text, columns, order, notes: emitter.notes })
}

fn refuse_extra_columns(plan: &Plan) -> Result<(), Error> {
    match plan.named().into_iter().find(|source| matches!(source, Source::Extra(_))) {
        Some(extra) => {
            let advice = "the service knows the fields of the record; `flowlogs fields` lists them";
            Err(Error::FilesOnly { what: extra.name().trim_matches('`').into(), advice })
        }
        None => Ok(()),
    }
}

struct Emitter<'a> {
    format: &'a Format,
    lines: Vec<String>,
    notes: Vec<String>,
    /// Fields that had to be computed, by the name they got.
    computed: Vec<(Field, String)>,
}

impl Emitter<'_> {
    /// Takes the text of a record apart. Each name is the one that the service gives the field
    /// elsewhere, so that the rest of the query is the same for all logs.
    fn emit_parse(&mut self) {
        let Some(values) = &self.format.parsed else { return };
        let name = |(place, value): (usize, &Option<Field>)| {
            value.map_or_else(|| format!("unknown_{place}"), |field| field.info().insights.to_string())
        };
        let names: Vec<String> = values.iter().enumerate().map(name).collect();
        self.lines.push(format!("parse @message \"{}\" as {}", vec!["*"; names.len()].join(" "), names.join(", ")));
    }

    /// The names of the columns, and of what they are sorted by.
    fn emit_records(&mut self, plan: &Plan, columns: &[ShownColumn]) -> Result<(Vec<String>, Vec<String>), Error> {
        let mut shown = Vec::new();
        let mut names = Vec::new();
        for column in columns {
            let Source::Field(field) = column.source else { continue };
            if !self.format.has_sources(field) && !matches!(field.info().origin, Origin::Inventory(_)) {
                // A field that the format lacks is shown as absent.
                names.push(String::new());
                continue;
            }
            let (expression, name) = column_of(field)?;
            if !shown.contains(&expression) {
                shown.push(expression);
            }
            names.push(name);
        }
        let keys = if plan.sort.is_empty() { vec![SortKey::NEWEST_FIRST] } else { plan.sort.clone() };
        let mut order = Vec::new();
        let mut sort = Vec::new();
        for key in &keys {
            let Source::Field(field) = key.source else { continue };
            let (expression, name) = column_of(field)?;
            // Rows of one value are put in order by their reader, who has to see it.
            if !shown.contains(&expression) {
                shown.push(expression);
            }
            sort.push(format!("{name} {}", direction(key.descending)));
            order.push(name);
        }
        self.lines.push(format!("fields {}", shown.join(", ")));
        self.emit_filters(plan)?;
        self.lines.push(format!("sort {}", sort.join(", ")));
        self.emit_limit(plan);
        Ok((names, order))
    }

    fn emit_groups(&mut self, plan: &Plan, groups: &Groups) -> Result<Vec<String>, Error> {
        self.emit_filters(plan)?;
        let aliases = aliases(groups)?;
        let keys = groups.keys.iter().map(|key| self.key(key)).collect::<Result<Vec<_>, _>>()?;
        let mut calls = Vec::new();
        for (aggregate, alias) in groups.aggregates.iter().zip(&aliases) {
            calls.push(format!("{} as {alias}", self.call(aggregate, plan.selection.statuses)?));
        }
        if !self.computed.is_empty() {
            let computed: Vec<&str> = self.computed.iter().map(|(_, text)| text.as_str()).collect();
            self.lines.push(format!("fields {}", computed.join(", ")));
        }
        let mut stats = format!("stats {}", calls.join(", "));
        if !keys.is_empty() {
            let by: Vec<String> = keys.iter().map(|(by, _)| by.clone()).collect();
            stats.push_str(" by ");
            stats.push_str(&by.join(", "));
        }
        self.lines.push(stats);
        let columns: Vec<String> = keys.into_iter().map(|(_, name)| name).chain(aliases).collect();
        if let Some(having) = &groups.having {
            let text = filter::emit_having(&having.means, groups, &columns)?;
            self.lines.push(format!("filter {text}"));
        }
        let order = group_order(plan, groups, &columns);
        if !order.is_empty() {
            self.lines.push(format!("sort {}", order.join(", ")));
        }
        self.emit_limit(plan);
        Ok(columns)
    }

    fn emit_filters(&mut self, plan: &Plan) -> Result<(), Error> {
        if self.format.has(Field::Status) {
            match plan.selection.statuses {
                Statuses::Any => {}
                Statuses::Traffic { nodata: false, skipdata: false } => {
                    self.lines.push("filter logStatus = \"OK\"".into());
                }
                Statuses::Traffic { nodata, skipdata } => {
                    let named = [(true, "\"OK\""), (nodata, "\"NODATA\""), (skipdata, "\"SKIPDATA\"")];
                    let words: Vec<&str> = named.iter().filter(|(seen, _)| *seen).map(|(_, word)| *word).collect();
                    self.lines.push(format!("filter logStatus in [{}]", words.join(", ")));
                }
            }
        }
        if plan.selection.means != Filter::True {
            let (text, notes) = filter::emit(&plan.selection.means, self.format)?;
            self.notes.extend(notes);
            if let Some(text) = text {
                self.lines.push(format!("filter {text}"));
            }
        }
        Ok(())
    }

    fn emit_limit(&mut self, plan: &Plan) {
        let rows = plan.limit.rows().unwrap_or(MAX_ROWS);
        if plan.limit.rows().is_none_or(|rows| rows > MAX_ROWS) {
            self.notes
                .push(format!("one query returns at most {MAX_ROWS} rows: a longer answer takes several, by time"));
        }
        self.lines.push(format!("limit {}", rows.min(MAX_ROWS)));
    }

    /// Returns the text behind `by`, and the name of the column.
    fn key(&mut self, key: &GroupKey) -> Result<(String, String), Error> {
        match &key.by {
            KeyBy::Bin(seconds) => {
                let name = bin_name(*seconds);
                Ok((format!("bin({}) as {name}", bin_width(*seconds)), name))
            }
            KeyBy::Network(field, length) => Err(Error::FilesOnly {
                what: format!("{}/{length}", field.name()),
                advice: "the service cannot mask addresses: group by the address, or filter with `in`",
            }),
            KeyBy::Source(source) => {
                let name = self.operand(source)?;
                Ok((name.clone(), name))
            }
        }
    }

    /// The name of a field in a later command; what is computed is computed once, before it.
    fn operand(&mut self, source: &Source) -> Result<String, Error> {
        let Source::Field(field) = source else { return Ok(source.name()) };
        let (expression, name) = column_of(*field)?;
        if expression != name && !self.computed.iter().any(|(known, _)| known == field) {
            self.computed.push((*field, expression));
        }
        Ok(name)
    }

    fn call(&mut self, aggregate: &Aggregate, statuses: Statuses) -> Result<String, Error> {
        let Some(over) = &aggregate.over else { return Ok("count(*)".into()) };
        let operand = self.operand(over)?;
        Ok(match aggregate.function {
            Function::Count => self.counted(over)?,
            Function::Sum => format!("sum({operand})"),
            Function::Avg => format!("avg({operand})"),
            Function::Min => format!("min({operand})"),
            Function::Max => format!("max({operand})"),
            Function::Percentile(percent) => format!("pct({operand}, {percent})"),
            Function::Distinct => self.distinct(over, &operand, statuses)?,
        })
    }

    /// Counts the records that have a quantity: the `-` of one without is text to the service, which it counts.
    fn counted(&mut self, over: &Source) -> Result<String, Error> {
        let Source::Field(field) = over else { return Ok("count(*)".into()) };
        let flag = counted_name(*field);
        if !self.computed.iter().any(|(_, text)| text.ends_with(&flag)) {
            let value = value_of(*field)?;
            self.computed.push((*field, format!("if(isNumeric({value}), 1, 0) as {flag}")));
        }
        Ok(format!("sum({flag})"))
    }

    /// The service counts the `-` of a record without a value as a value of its own: it is taken
    /// off again where there can be one. Fields of version 2 always have a value in OK records.
    fn distinct(&mut self, over: &Source, operand: &str, statuses: Statuses) -> Result<String, Error> {
        let Source::Field(field) = over else { return Ok(format!("count_distinct({operand})")) };
        let always_there = field.sources().iter().all(|source| source.info().version == 2);
        if always_there && statuses == (Statuses::Traffic { nodata: false, skipdata: false }) {
            return Ok(format!("count_distinct({operand})"));
        }
        let flag = absent_name(*field);
        if !self.computed.iter().any(|(_, text)| text.ends_with(&flag)) {
            let value = value_of(*field)?;
            self.computed.push((*field, format!("if({value} = \"-\", 1, 0) as {flag}")));
        }
        Ok(format!("count_distinct({operand}) - max({flag})"))
    }
}

/// How a field is projected, and what the column is then called.
fn column_of(field: Field) -> Result<(String, String), Error> {
    let info = field.info();
    Ok(match info.origin {
        Origin::Record(_) | Origin::Time => (info.insights.to_string(), info.insights.to_string()),
        Origin::Derived => {
            let name = field.result_name();
            (format!("(endTime - startTime) as {name}"), name)
        }
        Origin::BySide { ingress, egress } => {
            let name = field.result_name();
            let (ingress, egress) = (ingress.info().insights, egress.info().insights);
            (format!("if(flowDirection = \"ingress\", {ingress}, {egress}) as {name}"), name)
        }
        Origin::Inventory(_) => return Err(Error::NeedsInventory { name: info.name.into() }),
        // The check asks for a side wherever a single value is needed.
        Origin::EitherSide(_) => unreachable!("`{}` has no single value", info.name),
    })
}

/// A field's value, for the command that may name it: that a name may be used in the command that gives
/// it is not documented.
fn value_of(field: Field) -> Result<String, Error> {
    let (value, name) = column_of(field)?;
    Ok(value.strip_suffix(&format!(" as {name}")).unwrap_or(&value).to_string())
}

/// The service's name for each aggregate: its result name, unless a field or a word of the query
/// language has it, or it is computed for a key or an aggregate. A name that is used twice fails there
/// with `Unknown symbols found`.
fn aliases(groups: &Groups) -> Result<Vec<String>, Error> {
    let mut taken = computed_names(groups)?;
    let computed = taken.len();
    for aggregate in &groups.aggregates {
        let name = &aggregate.name;
        let is_field = FIELDS.iter().any(|info| info.insights.eq_ignore_ascii_case(name));
        let mut alias = match aggregate.function {
            Function::Count if name == "count" => "flows".to_string(),
            _ if !is_field && !INSIGHTS_WORDS.contains(&name.to_ascii_lowercase().as_str()) => name.clone(),
            Function::Sum => format!("total_{name}"),
            _ => format!("{name}_value"),
        };
        while taken.iter().any(|known| known.eq_ignore_ascii_case(&alias)) {
            alias.push('_');
        }
        taken.push(alias);
    }
    Ok(taken.split_off(computed))
}

/// The names that what is computed before or by the aggregation may get.
fn computed_names(groups: &Groups) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for key in &groups.keys {
        match &key.by {
            KeyBy::Bin(seconds) => names.push(bin_name(*seconds)),
            KeyBy::Source(Source::Field(field)) => names.push(column_of(*field)?.1),
            KeyBy::Source(_) | KeyBy::Network(..) => {}
        }
    }
    for aggregate in &groups.aggregates {
        if let Some(Source::Field(field)) = aggregate.over {
            names.extend([column_of(field)?.1, counted_name(field), absent_name(field)]);
        }
    }
    Ok(names)
}

fn bin_name(seconds: i64) -> String {
    format!("bin_{}", bin_width(seconds))
}

/// The name of the column that is 1 where a record has a number.
fn counted_name(field: Field) -> String {
    format!("{}_counted", field.result_name())
}

/// The name of the column that is 1 where a record has no value.
fn absent_name(field: Field) -> String {
    format!("{}_absent", field.result_name())
}

/// Commands, functions and operators of Logs Insights that an alias could be taken for.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>.
const INSIGHTS_WORDS: [&str; 46] = [
    "abs",
    "and",
    "anomaly",
    "as",
    "asc",
    "avg",
    "bin",
    "by",
    "case",
    "ceil",
    "coalesce",
    "count",
    "datefloor",
    "dateceil",
    "dedup",
    "desc",
    "diff",
    "display",
    "earliest",
    "fields",
    "filter",
    "floor",
    "head",
    "if",
    "in",
    "join",
    "latest",
    "like",
    "limit",
    "max",
    "min",
    "not",
    "now",
    "or",
    "order",
    "parse",
    "pattern",
    "pct",
    "search",
    "sort",
    "source",
    "stats",
    "stddev",
    "sum",
    "tail",
    "values",
];

fn group_order(plan: &Plan, groups: &Groups, columns: &[String]) -> Vec<String> {
    if groups.keys.is_empty() {
        return Vec::new();
    }
    let mut places: Vec<(usize, bool)> = plan
        .sort
        .iter()
        .filter_map(|key| match key.source {
            Source::Result(place) => Some((place, key.descending)),
            _ => None,
        })
        .collect();
    // The keys tell all groups apart, so nothing more is needed behind them.
    let defaults = plan.tie_breakers();
    let first = if places.is_empty() { defaults.first().copied() } else { None };
    places.extend(first);
    for key in 0..groups.keys.len() {
        if !places.iter().any(|(place, _)| *place == key) {
            places.push((key, false));
        }
    }
    places.into_iter().map(|(place, descending)| format!("{} {}", columns[place], direction(descending))).collect()
}

const fn direction(descending: bool) -> &'static str {
    if descending { "desc" } else { "asc" }
}

/// A width in the largest unit it divides by: the service silently caps 300s to 60s.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html>.
fn bin_width(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}
