//! A plan of groups: its keys, aggregates, filter over groups, order and limit.

use super::column::{self, Column, ROLE};
use super::error::Error;
use super::filter;
use super::format::is_timestamp;
use super::names::{Names, means_something};
use super::pipeline::Pipeline;
use crate::field::{Field, FieldType};
use crate::function::Function;
use crate::kind::TargetKind;
use crate::query::plan::{Aggregate, Check, Filter, GroupKey, Groups, KeyBy, Plan, Source};

/// Emits the commands of a plan of groups; returns the names of the columns.
pub(super) fn emit(pipeline: &mut Pipeline<'_>, plan: &Plan, groups: &Groups) -> Result<Vec<String>, Error> {
    pipeline.filter(plan)?;
    let mut stats =
        Stats { plan, pipeline, values: Vec::new(), flags: Vec::new(), keys: Vec::new(), calls: Vec::new() };
    let keys = groups.keys.iter().map(|key| stats.key(key)).collect::<Result<Vec<_>, _>>()?;
    let calls = stats.calls(groups)?;
    let flags = stats.absence_flags(groups, &keys)?;
    let mut names = stats.names(&keys);
    let aliases: Vec<String> = groups.aggregates.iter().map(|aggregate| names.give(alias(aggregate))).collect();
    stats.calls = calls.into_iter().zip(&aliases).map(|(call, alias)| format!("{call} as {alias}")).collect();
    let columns: Vec<String> = keys.into_iter().chain(aliases).collect();
    let order = stats.order(groups, &columns, flags, &mut names);
    let commands = stats.commands();
    pipeline.extend(commands);
    if let Some(having) = &groups.having
        && let Some(text) = filter::emit_having(&having.means, groups, &columns)?
    {
        pipeline.push(format!("filter {text}"));
    }
    pipeline.sort(&order);
    pipeline.limit(plan);
    Ok(columns)
}

/// The parts of a `stats` command, and of the commands before it.
struct Stats<'p, 'a> {
    plan: &'p Plan,
    pipeline: &'p mut Pipeline<'a>,
    /// The columns that are computed before it, each once.
    values: Vec<Column>,
    /// Columns of 1 and 0 that are computed from these.
    flags: Vec<Column>,
    /// The keys after `by`.
    keys: Vec<String>,
    calls: Vec<String>,
}

impl Stats<'_, '_> {
    /// Adds a key; returns the name of its column.
    fn key(&mut self, key: &GroupKey) -> Result<String, Error> {
        let name = match &key.by {
            KeyBy::Bin(seconds) => {
                let width = bin_width(*seconds);
                let name = format!("bin_{width}");
                self.keys.push(format!("bin({width}) as {name}"));
                return Ok(name);
            }
            KeyBy::Network(field, length) => {
                return Err(Error::FilesOnly {
                    what: format!("{}/{length}", field.name()),
                    advice: "the service cannot mask addresses: group by the address, or filter with `in`",
                });
            }
            KeyBy::Since(_) => {
                let what = "two windows in one query".into();
                return Err(Error::FilesOnly { what, advice: "ask for each by itself" });
            }
            KeyBy::Source(Source::Field(field)) => self.grouped(*field)?,
            KeyBy::Source(source) => source.name(),
        };
        if !self.keys.contains(&name) {
            self.keys.push(name.clone());
        }
        Ok(name)
    }

    /// The name of the column by which a field is grouped or its distinct values are counted.
    fn grouped(&mut self, field: Field) -> Result<String, Error> {
        let has_macs = !self.plan.targets.iter().all(|target| has_no_efa(target.kind))
            && !field.sources().iter().all(|source| is_tested(&self.plan.selection.means, *source));
        let column = column::grouped(field, self.pipeline.format, has_macs)?;
        Ok(self.compute(column))
    }

    /// The name of a column. If it is computed, it is computed once, before `stats`.
    fn compute(&mut self, column: Column) -> String {
        let name = column.name.clone();
        if column.computed.is_some() && !self.values.contains(&column) {
            self.values.push(column);
        }
        name
    }

    fn flag(&mut self, flag: Column) -> String {
        let name = flag.name.clone();
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
        }
        name
    }

    /// The calls of all aggregates.
    fn calls(&mut self, groups: &Groups) -> Result<Vec<String>, Error> {
        let plan = self.plan;
        let tells = |place: usize| {
            let key = plan.sort.iter().position(|key| result_of(&key.source) == Some(place));
            // In ascending order, or before another key, groups without a value have to be sorted apart from zeros.
            let has_place = key.is_some_and(|key| !plan.sort[key].descending || key + 1 < plan.sort.len());
            has_place || groups.having.as_ref().is_some_and(|having| tells_zero(&having.means, place))
        };
        let places = groups.keys.len()..;
        groups.aggregates.iter().zip(places).map(|(aggregate, place)| self.call(aggregate, tells(place))).collect()
    }

    /// The call of an aggregate. The service may return 0 for a sum over nothing, which is absent here: if the rest of
    /// the query tells the two apart, the sum is made absent.
    fn call(&mut self, aggregate: &Aggregate, tells_zero: bool) -> Result<String, Error> {
        let Some(Source::Field(field)) = aggregate.over else { return Ok("count(*)".into()) };
        if aggregate.function == Function::Distinct {
            return self.distinct(field);
        }
        let mut operand = self.compute(column::shown(field)?);
        if let Some(role) = aggregate.role {
            operand = self.compute(column::in_role(field, role));
        }
        // Arithmetic keeps numbers and drops `-`, which would be the least value.
        let is_number = is_timestamp(field) || field == Field::Duration;
        let number = if is_number { operand.clone() } else { format!("{operand} * 1") };
        Ok(match aggregate.function {
            Function::Count => format!("sum({})", self.counted(field, &operand)),
            Function::Sum | Function::Rate | Function::Share if tells_zero => {
                format!("sum({operand}) + min({operand} * 0)")
            }
            Function::Sum | Function::Rate | Function::Share => format!("sum({operand})"),
            Function::Avg => format!("avg({operand})"),
            Function::Min => format!("min({number})"),
            Function::Max => format!("max({number})"),
            Function::Percentile(percent) => format!("pct({operand}, {percent})"),
            Function::Distinct => unreachable!("it is emitted above"),
        })
    }

    /// The flag of records that have a number: the service would count the `-` of the others, which is text.
    fn counted(&mut self, field: Field, operand: &str) -> String {
        let name = format!("{}_counted", field.result_name());
        self.flag(Column::computed(name, format!("if(isNumeric({operand}), 1, 0)")))
    }

    /// The service counts the `-` of records without a value as one more value, which is subtracted.
    fn distinct(&mut self, field: Field) -> Result<String, Error> {
        let operand = self.grouped(field)?;
        if is_timestamp(field) || is_tested(&self.plan.selection.means, field) {
            return Ok(format!("count_distinct({operand})"));
        }
        let flag = Column::computed(format!("{}_absent", field.result_name()), format!("if({operand} = \"-\", 1, 0)"));
        let flag = self.flag(flag);
        Ok(format!("count_distinct({operand}) - max({flag})"))
    }

    /// The names that are taken before aggregates get theirs.
    fn names(&self, keys: &[String]) -> Names {
        let mut names = Names::default();
        if self.plan.reads_role() {
            names.reserve(ROLE);
        }
        let computed = self.values.iter().chain(&self.flags).map(|column| &column.name);
        computed.chain(keys).for_each(|name| names.reserve(name));
        names
    }

    /// For each sort key, the name of a flag of the records without a value, if the order is ascending and some may
    /// lack one: the service puts absent values first, here they are last. A single group of all records is not sorted.
    fn absence_flags(&mut self, groups: &Groups, keys: &[String]) -> Result<Vec<Option<String>>, Error> {
        let mut flags = Vec::new();
        for key in self.plan.sort.iter().filter(|_| !keys.is_empty()) {
            let flag = match result_of(&key.source) {
                Some(place) if !key.descending => may_lack(groups, place).map(|(field, field_type)| {
                    let name = keys.get(place).map_or_else(|| Ok(column::shown(field)?.name), |key| Ok(key.clone()))?;
                    Ok::<_, Error>(filter::absence_flag(format!("no_{}", field.result_name()), &name, field_type))
                }),
                _ => None,
            };
            flags.push(flag.transpose()?.map(|flag| self.flag(flag)));
        }
        Ok(flags)
    }

    /// The sort keys: the requested ones, or the first default one; then the keys of the groups, so that no two groups
    /// tie.
    fn order(
        &mut self,
        groups: &Groups,
        columns: &[String],
        flags: Vec<Option<String>>,
        names: &mut Names,
    ) -> Vec<(String, bool)> {
        if groups.keys.is_empty() {
            return Vec::new();
        }
        let mut order: Vec<(String, bool)> = Vec::new();
        for (key, flag) in self.plan.sort.iter().zip(flags) {
            let Some(place) = result_of(&key.source) else { continue };
            order.extend(flag.map(|flag| (self.absence(flag, groups.keys.get(place), &columns[place], names), false)));
            if let Some(key) = groups.keys.get(place) {
                self.pipeline.note_order(self.plan, &key.name, key.field_type());
            }
            order.push((columns[place].clone(), key.descending));
        }
        if order.is_empty() {
            let first = self.plan.tie_breakers().first().copied();
            order.extend(first.map(|(place, descending)| (columns[place].clone(), descending)));
        }
        for key in &columns[..groups.keys.len()] {
            if !order.iter().any(|(name, _)| name == key) {
                order.push((key.clone(), false));
            }
        }
        order
    }

    /// The name of the column of groups that is 1 where all records of the group have the flag.
    fn absence(&mut self, flag: String, key: Option<&GroupKey>, column: &str, names: &mut Names) -> String {
        if key.is_some() {
            // The flag follows from the key, so it does not split groups.
            self.keys.push(flag.clone());
            return flag;
        }
        let alias = names.give(format!("no_{column}"));
        self.calls.push(format!("min({flag}) as {alias}"));
        alias
    }

    /// The commands up to `stats`.
    fn commands(&self) -> Vec<String> {
        let mut commands = column::fields(&self.values, &self.flags);
        let by = if self.keys.is_empty() { String::new() } else { format!(" by {}", self.keys.join(", ")) };
        commands.push(format!("stats {}{by}", self.calls.join(", ")));
        commands
    }
}

const fn result_of(source: &Source) -> Option<usize> {
    if let Source::Result(place) = source { Some(*place) } else { None }
}

/// The field that a result column comes from and the type of its values, if these may be absent.
fn may_lack(groups: &Groups, place: usize) -> Option<(Field, FieldType)> {
    let (source, field_type) = match (groups.keys.get(place), place.checked_sub(groups.keys.len())) {
        (Some(GroupKey { by: KeyBy::Source(source), .. }), _) => (source, source.field_type()),
        (None, Some(place)) => match groups.aggregates.get(place)? {
            Aggregate { function: Function::Count | Function::Distinct, .. } => return None,
            aggregate => (aggregate.over.as_ref()?, FieldType::Quantity),
        },
        _ => return None,
    };
    match source {
        Source::Field(field) if !is_timestamp(*field) => Some((*field, field_type)),
        _ => None,
    }
}

/// Returns whether the filter tells 0 from an absent value in the result column at a place.
fn tells_zero(filter: &Filter, place: usize) -> bool {
    let is_meant = |source: &Source| result_of(source) == Some(place);
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(|part| tells_zero(part, place)),
        Filter::Test(source, check) => is_meant(source) && (*check == Check::Absent || check.admits(0)),
        Filter::Relation(relation) => is_meant(&relation.left) || is_meant(&relation.right),
        _ => false,
    }
}

/// Returns whether targets of this kind have no records of Elastic Fabric Adapters.
const fn has_no_efa(kind: TargetKind) -> bool {
    matches!(kind, TargetKind::NatGateway | TargetKind::Endpoint)
}

/// Returns whether every record that passes the filter has a value in the field, since the filter tests it.
fn is_tested(filter: &Filter, field: Field) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().any(|part| is_tested(part, field)),
        Filter::Test(source, check) => *source == Source::Field(field) && *check != Check::Absent,
        _ => false,
    }
}

/// The service's name for an aggregate: its result name, unless that has another meaning for the service.
fn alias(aggregate: &Aggregate) -> String {
    let name = &aggregate.name;
    match aggregate.function {
        Function::Count if name == "count" => "flows".into(),
        _ if !means_something(name) => name.clone(),
        Function::Sum => format!("total_{name}"),
        _ => format!("{name}_value"),
    }
}

/// A width in the largest unit that divides it: the service silently caps 300s to 60s.
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
