//! Converts between values of queries, of JSON and of scripts.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{Array, Dynamic, EvalAltResult, INT, Map};
use serde_json::Value as Json;

use super::error::thrown;
use super::time::{self, Time};
use crate::value::{Column, ColumnType, Row, Rows, Unit, Value, flag_names, time_utc};

/// Converts a value of a row: numbers stay numbers, times compare, an absent value is `()`.
pub(super) fn from_value(value: &Value) -> Dynamic {
    match value {
        Value::Absent => Dynamic::UNIT,
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Time(seconds) => Dynamic::from(Time(*seconds)),
        Value::Address(address) => address.to_string().into(),
        Value::Network(network) => network.to_string().into(),
        Value::Text(text) => text.to_string().into(),
        Value::Flags(flags) => flag_names(*flags).map(|name| Dynamic::from(name.to_string())).collect::<Array>().into(),
    }
}

/// Converts a row to a map by columns.
pub(super) fn from_row(columns: &[String], row: &Row) -> Dynamic {
    let map: Map = columns.iter().zip(row).map(|(name, value)| (name.as_str().into(), from_value(value))).collect();
    map.into()
}

/// Converts JSON to a script's value.
pub(super) fn from_json(json: &Json) -> Dynamic {
    match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(bool) => (*bool).into(),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().unwrap_or(f64::NAN).into(), Dynamic::from)
        }
        Json::String(text) => text.clone().into(),
        Json::Array(entries) => entries.iter().map(from_json).collect::<Array>().into(),
        Json::Object(entries) => {
            entries.iter().map(|(key, value)| (key.as_str().into(), from_json(value))).collect::<Map>().into()
        }
    }
}

/// Converts a script's value to JSON: times as RFC 3339, values without a JSON form as their text.
pub(super) fn to_json(value: &Dynamic) -> Json {
    if value.is_unit() {
        return Json::Null;
    }
    if let Some(time) = time::of(value) {
        return time_utc(time.0).into();
    }
    if let Some(entries) = value.read_lock::<Array>() {
        return entries.iter().map(to_json).collect();
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map
            .iter()
            .map(|(key, value)| (key.to_string(), to_json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    if let Ok(bool) = value.as_bool() {
        return bool.into();
    }
    match (value.as_int(), value.as_float()) {
        (Ok(number), _) => number.into(),
        (_, Ok(number)) => number.into(),
        _ => value.to_string().into(),
    }
}

/// Converts an array of maps to rows; `columns` returns the columns for the names in the maps.
pub(super) fn to_rows(
    rows: &Array,
    columns: impl FnOnce(&BTreeSet<String>) -> Vec<Column>,
) -> Result<Rows, Box<EvalAltResult>> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        let Some(map) = row.read_lock::<Map>() else {
            let help = Some("rows are what `query` gives: an array of maps".to_string());
            return Err(thrown("type", &format!("expected a row, got {}", row.type_name()), help));
        };
        for name in map.keys() {
            if !names.contains(name.as_str()) {
                names.insert(name.to_string());
            }
        }
    }
    let mut columns = columns(&names);
    let cell = |row: &Dynamic, name: &str| {
        row.read_lock::<Map>().and_then(|map| map.get(name).map(to_value)).unwrap_or(Value::Absent)
    };
    let to_row = |row: &Dynamic| -> Row { columns.iter().map(|column| cell(row, &column.name)).collect() };
    let rows: Vec<Row> = rows.iter().map(to_row).collect();
    for (place, column) in columns.iter_mut().enumerate() {
        column.column_type = fitting(column.column_type, &rows, place);
    }
    Ok(Rows { columns, rows })
}

/// Returns the type that a column had in its answer, unless the values do not fit it any more.
fn fitting(known: ColumnType, rows: &[Row], place: usize) -> ColumnType {
    let values: Vec<&Value> = rows.iter().map(|row| &row[place]).filter(|value| **value != Value::Absent).collect();
    if values.is_empty() {
        known
    } else if values.iter().all(|value| matches!(value, Value::Int(_) | Value::Float(_))) {
        if known.is_number() { known } else { ColumnType::Measure { unit: Unit::Plain, adds_up: true } }
    } else if values.iter().all(|value| matches!(value, Value::Time(_))) {
        if known.is_time() { known } else { ColumnType::Time }
    } else {
        ColumnType::Text
    }
}

fn to_value(value: &Dynamic) -> Value {
    if value.is_unit() {
        return Value::Absent;
    }
    if let Some(time) = time::of(value) {
        return Value::Time(time.0);
    }
    if let Some(entries) = value.read_lock::<Array>() {
        let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
        return Value::Text(entries.join(", ").into());
    }
    match (value.as_int(), value.as_float()) {
        (Ok(number), _) => Value::Int(number),
        (_, Ok(number)) => Value::Float(number),
        _ => Value::Text(value.to_string().into()),
    }
}

/// Converts a map to parameters, the values of `$name` in a sentence.
pub(super) fn to_parameters(map: &Map) -> Result<BTreeMap<String, Vec<String>>, Box<EvalAltResult>> {
    map.iter().map(|(name, value)| Ok((name.to_string(), to_values(name, value)?))).collect()
}

fn to_values(name: &str, value: &Dynamic) -> Result<Vec<String>, Box<EvalAltResult>> {
    if let Some(entries) = value.read_lock::<Array>() {
        if entries.is_empty() {
            return Err(thrown("query", &format!("the parameter `${name}` is an empty list"), None));
        }
        return entries.iter().map(|entry| to_text(name, entry)).collect();
    }
    Ok(vec![to_text(name, value)?])
}

fn to_text(name: &str, value: &Dynamic) -> Result<String, Box<EvalAltResult>> {
    if let Some(time) = time::of(value) {
        return Ok(time_utc(time.0));
    }
    if value.is_string() || value.is::<INT>() || value.is::<f64>() {
        return Ok(value.to_string());
    }
    let message = format!("the parameter `${name}` is a {}", value.type_name());
    Err(thrown("query", &message, Some("parameters are texts, numbers and times, or lists of them".into())))
}
