//! The fields of the record that the query of a plan reads.

use std::collections::BTreeSet;

use super::format::{Format, is_timestamp};
use crate::field::Field;
use crate::query::plan::{Filter, KeyBy, Plan, Shape, Source, Statuses};

/// Returns the fields that a query of these records reads; the record's time needs no field.
pub(super) fn needed(plan: &Plan, format: &Format) -> BTreeSet<Field> {
    let mut fields = BTreeSet::new();
    if plan.selection.statuses != Statuses::Any {
        fields.insert(Field::Status);
    }
    of_filter(&plan.selection.means, format, &mut fields);
    match &plan.shape {
        Shape::Records { columns, .. } => columns.iter().for_each(|column| of_source(&column.source, &mut fields)),
        Shape::Groups(groups) => {
            for key in &groups.keys {
                if let KeyBy::Source(source) = &key.by {
                    of_source(source, &mut fields);
                }
            }
            let over = groups.aggregates.iter().filter_map(|aggregate| aggregate.over.as_ref());
            over.for_each(|source| of_source(source, &mut fields));
        }
    }
    plan.sort.iter().for_each(|key| of_source(&key.source, &mut fields));
    fields.retain(|field| !is_timestamp(*field) && format.has(*field));
    fields
}

fn of_filter(filter: &Filter, format: &Format, fields: &mut BTreeSet<Field>) {
    match filter {
        Filter::True | Filter::False => {}
        Filter::All(parts) | Filter::Any(parts) => parts.iter().for_each(|part| of_filter(part, format, fields)),
        Filter::Test(source, _) => of_source(source, fields),
        Filter::Relation(relation) => {
            of_source(&relation.left, fields);
            of_source(&relation.right, fields);
        }
        Filter::Ported(_) => drop(fields.insert(Field::Protocol)),
        Filter::Family { .. } | Filter::FamilyAbsent => {
            fields.insert(if format.has(Field::Type) { Field::Type } else { Field::SrcAddr });
        }
    }
}

fn of_source(source: &Source, fields: &mut BTreeSet<Field>) {
    if let Source::Field(field) = source {
        fields.extend(field.sources());
    }
}
