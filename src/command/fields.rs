//! `flowlogs fields`: the table of fields, or one of them in full.

use std::io::Write;

use super::error::Error;
use super::option::Output;
use super::out::Out;
use super::table::print_table;
use crate::diagnostic::nearest;
use crate::field::{FIELDS, Field, FieldType, Origin, RECORD_FIELDS_URL};
use crate::output::Format;
use crate::value::{Row, Value};

pub(super) fn fields(name: Option<&str>, options: &Output, out: &mut Out) -> Result<(), Error> {
    let format = options.format();
    match name {
        Some(name) if format == Format::Table => Ok(out.write_all(described(find(name)?).as_bytes())?),
        Some(name) => list(&[find(name)?], format, out),
        None => list(&FIELDS.iter().map(|info| info.field).collect::<Vec<_>>(), format, out),
    }
}

fn find(name: &str) -> Result<Field, Error> {
    Field::named(name).ok_or_else(|| Error::Usage {
        message: format!("unknown field `{name}`"),
        help: nearest(name, FIELDS.iter().map(|info| info.name)).map(|near| format!("did you mean `{near}`?")),
    })
}

fn list(fields: &[Field], format: Format, out: &mut Out) -> Result<(), Error> {
    let names = ["name", "type", "version", "record_field", "help", "also"];
    print_table(&names, fields.iter().map(|field| row(*field)).collect(), format, out)
}

fn row(field: Field) -> Row {
    let info = field.info();
    let version = if info.version == 0 { Value::Absent } else { Value::Int(info.version.into()) };
    let record = match info.origin {
        Origin::Record(record) => Value::word(record),
        _ => Value::Absent,
    };
    let text = |text: String| Value::Text(text.into());
    vec![
        Value::word(info.name),
        Value::word(field.field_type().name()),
        version,
        record,
        Value::word(info.help),
        text(field.spellings().join(" ")),
    ]
}

/// Returns the full description of a field.
pub(super) fn described(field: Field) -> String {
    let info = field.info();
    let sources: Vec<&str> = field.sources().into_iter().filter(|source| *source != field).map(Field::name).collect();
    let record = field.record_name().filter(|_| info.version > 0);
    let lines = [
        ("holds", field.field_type().name().to_string()),
        ("words", words(field.field_type()).join(", ")),
        ("example", info.example.to_string()),
        ("also", field.spellings().join(", ")),
        ("from", sources.join(", ")),
        ("version", record.map(|_| info.version.to_string()).unwrap_or_default()),
        ("record", record.map(|name| format!("{name} ({RECORD_FIELDS_URL})")).unwrap_or_default()),
        ("insights", info.insights.to_string()),
    ];
    let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
    let lines = lines.map(|(label, text)| format!("  {label:<10} {text}\n"));
    format!("{}  {}\n{}", info.name, info.help, lines.collect::<String>())
}

fn words(field_type: FieldType) -> Vec<String> {
    match field_type {
        FieldType::Word(words) | FieldType::OpenWord(words) => words.iter().map(ToString::to_string).collect(),
        FieldType::Code(names) => names.iter().map(|named| format!("{} ({})", named.word, named.code)).collect(),
        FieldType::Protocol => vec!["the keywords of the IANA registry".into()],
        _ => Vec::new(),
    }
}
