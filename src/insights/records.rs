//! A plan of records: its columns, filters, order and limit.

use super::column::{self, Column};
use super::error::Error;
use super::filter;
use super::format::is_timestamp;
use super::pipeline::Pipeline;
use crate::field::Origin;
use crate::query::plan::{Plan, ShownColumn, SortKey, Source};

/// The names of the columns and of the sort keys.
pub(super) struct Names {
    pub(super) columns: Vec<String>,
    pub(super) order: Vec<String>,
}

/// Emits the commands of a plan of records.
pub(super) fn emit(pipeline: &mut Pipeline<'_>, plan: &Plan, columns: &[ShownColumn]) -> Result<Names, Error> {
    let mut shown: Vec<Column> = Vec::new();
    let mut show = |column: Column| {
        let name = column.name.clone();
        if !shown.contains(&column) {
            shown.push(column);
        }
        name
    };
    let mut names = Names { columns: Vec::new(), order: Vec::new() };
    for column in columns {
        let Source::Field(field) = column.source else { continue };
        let is_there = pipeline.format.has_required(field) || matches!(field.info().origin, Origin::Inventory(_));
        // A field that the format lacks is shown as absent.
        names.columns.push(if is_there { show(column::shown(field)?) } else { String::new() });
    }
    let mut flags = Vec::new();
    let mut sort = Vec::new();
    let default = [SortKey::NEWEST_FIRST];
    for key in if plan.sort.is_empty() { &default } else { plan.sort.as_slice() } {
        let Source::Field(field) = key.source else { continue };
        // The reader orders rows with equal keys, so it needs the keys.
        let name = show(column::grouped(field, pipeline.format, false)?);
        if !key.descending && !is_timestamp(field) {
            // In ascending order, the service puts `-` and missing values first; here they are last.
            let flag = filter::absence_flag(format!("no_{}", field.result_name()), &name, field.field_type());
            sort.push((flag.name.clone(), false));
            flags.push(flag);
        }
        pipeline.note_order(plan, field.name(), field.field_type());
        sort.push((name.clone(), key.descending));
        names.order.push(name);
    }
    pipeline.extend(column::fields(&shown, &flags));
    pipeline.filter(plan)?;
    pipeline.sort(&sort);
    pipeline.limit(plan);
    Ok(names)
}
