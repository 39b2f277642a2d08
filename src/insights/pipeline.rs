//! The commands of a query, in order, and the steps that queries of records and of groups share.

use super::error::{Error, MAX_QUERY_CHARS};
use super::filter;
use super::format::Format;
use super::needed::needed;
use super::role;
use crate::field::{Field, FieldType};
use crate::query::plan::{Filter, Plan, Statuses};

/// The most rows that one query returns.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html>.
pub const MAX_ROWS: u64 = 100_000;

/// Returns a field that a plan needs and the service does not find in records of this format.
pub(super) fn unfound(plan: &Plan, format: &Format) -> Option<Field> {
    needed(plan, format).into_iter().find(|field| !format.finds(*field))
}

/// The commands of a query of records of this format.
pub(super) struct Pipeline<'a> {
    pub(super) format: &'a Format,
    commands: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(format: &'a Format) -> Self {
        Self { format, commands: Vec::new(), notes: Vec::new() }
    }

    pub(super) fn push(&mut self, command: impl Into<String>) {
        self.commands.push(command.into());
    }

    pub(super) fn extend(&mut self, commands: Vec<String>) {
        self.commands.extend(commands);
    }

    /// The text of the query, and the notes for the reader of its answer.
    pub(super) fn finish(self) -> Result<(String, Vec<String>), Error> {
        let text = self.commands.join("\n| ");
        let chars = text.chars().count();
        if chars > MAX_QUERY_CHARS {
            return Err(Error::TooLong { chars });
        }
        Ok((text, self.notes))
    }

    /// Parses the text of records, if a plan needs a field that the service does not find. Each field gets the name
    /// that the service gives it elsewhere, so that the rest of the query is the same for all logs.
    pub(super) fn parse(&mut self, plan: &Plan) -> Result<(), Error> {
        let Some(field) = unfound(plan, self.format) else { return Ok(()) };
        let values = self.format.values().ok_or(Error::SeveralFormats { field: field.name() })?;
        let name = |(place, value): (usize, &Option<Field>)| {
            value.map_or_else(|| format!("unknown_{place}"), |field| field.info().insights.to_string())
        };
        let names: Vec<String> = values.iter().enumerate().map(name).collect();
        self.push(format!("parse @message \"{}\" as {}", vec!["*"; names.len()].join(" "), names.join(", ")));
        Ok(())
    }

    /// Computes the role of records, if a plan reads it.
    pub(super) fn role(&mut self, plan: &Plan) -> Result<(), Error> {
        if plan.reads_role() {
            let column = role::column(self.format)?;
            self.push(format!("fields {}", column.text()));
            self.notes.extend(plan.note_of_role(|source| self.format.answers(source)));
        }
        Ok(())
    }

    /// Selects the records of a plan.
    pub(super) fn filter(&mut self, plan: &Plan) -> Result<(), Error> {
        if self.format.has(Field::Status) {
            match plan.selection.statuses {
                Statuses::Any => {}
                Statuses::Traffic { nodata: false, skipdata: false } => {
                    self.push("filter logStatus = \"OK\"");
                }
                Statuses::Traffic { nodata, skipdata } => {
                    let named = [(true, "\"OK\""), (nodata, "\"NODATA\""), (skipdata, "\"SKIPDATA\"")];
                    let words: Vec<&str> = named.iter().filter(|(seen, _)| *seen).map(|(_, word)| *word).collect();
                    self.push(format!("filter logStatus in [{}]", words.join(", ")));
                }
            }
        }
        if plan.selection.means != Filter::True {
            let (text, notes) = filter::emit(&plan.selection.means, self.format)?;
            self.notes.extend(notes);
            if let Some(text) = text {
                self.push(format!("filter {text}"));
            }
        }
        Ok(())
    }

    /// Sorts by keys, each a name and a direction. Two fields may have one name, which sorts once.
    pub(super) fn sort(&mut self, keys: &[(String, bool)]) {
        let is_first =
            |(place, (name, _)): &(usize, &(String, bool))| keys[..*place].iter().all(|(known, _)| known != name);
        let key = |(name, descending): &(String, bool)| format!("{name} {}", if *descending { "desc" } else { "asc" });
        let texts: Vec<String> = keys.iter().enumerate().filter(is_first).map(|(_, one)| key(one)).collect();
        if !texts.is_empty() {
            self.push(format!("sort {}", texts.join(", ")));
        }
    }

    pub(super) fn limit(&mut self, plan: &Plan) {
        let rows = plan.limit.rows().unwrap_or(MAX_ROWS);
        self.push(format!("limit {}", rows.min(MAX_ROWS)));
    }

    /// Adds a note on a sort key whose type the service orders by its own rules, if a limit makes the difference
    /// visible.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html>.
    pub(super) fn note_order(&mut self, plan: &Plan, name: &str, field_type: FieldType) {
        let rule = match field_type {
            FieldType::Address => "IPv6 addresses as text",
            FieldType::Text => "digits in text by their length",
            _ => return,
        };
        if plan.limit.rows().is_some() {
            self.notes.push(format!("the service orders {rule}: sorted by `{name}`, the limit may cut other rows"));
        }
    }
}
