//! Walks through JSON, and finds log messages and records wherever CloudWatch and forwarders put them.
//!
//! | Where | What |
//! |---|---|
//! | `message`, `@message`; a text in a list | a log message |
//! | `events`, `logEvents`, `records`, `results` | a list of these |
//! | `data`, below `records`, `kinesis`, `awslogs` | the same in base64, perhaps compressed |
//! | `field` and `value` in pairs | a row of Logs Insights |
//! | any other object | a record, by the names of its fields |
//!
//! Values are read as a stream, so a list may be of any length.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html> and
//! <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::engine::record::{Halt, LINE_LIMIT_BYTES};
use crate::engine::store::{READ_BYTES, Raw};

use super::guard::Guard;

/// The largest depth of `data` inside `data`.
const LAYERS: usize = 3;

/// The beginning of the messages that CloudWatch sends to test a destination.
const CONTROL_MESSAGE: &str = "CWL CONTROL MESSAGE";

/// The name and the text of a field; `-` is absent.
pub(crate) type Pair = (String, String);

/// An item found in JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// A log message: one or more lines of text.
    Message(&'a str),
    /// A record by the names of its fields.
    Record(&'a [Pair]),
    /// Something that is neither, with the reason.
    Malformed(String),
    /// An object that holds lists of messages, perhaps empty ones.
    Envelope,
}

/// The reason why a walk ends early.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The consumer of the items wants no more.
    Halted(Halt),
    /// The text cannot be read any further, or exceeds a limit.
    Unreadable(io::Error),
    /// The text ends within a value.
    CutOff,
    /// A syntax error in the last line, so nothing follows that could be found.
    Syntax(String),
}

/// Finds the items of `reader`, which holds JSON values one after another, with or without commas or newlines between.
pub(crate) fn walk(reader: impl Read, each: &mut dyn FnMut(Item<'_>) -> Result<(), Halt>) -> Result<(), Broken> {
    walk_layer(reader, each, LAYERS)
}

fn walk_layer(
    reader: impl Read,
    each: &mut dyn FnMut(Item<'_>) -> Result<(), Halt>,
    layers: usize,
) -> Result<(), Broken> {
    let mut guard = Guard::new(reader);
    guard.skip_mark().map_err(Broken::Unreadable)?;
    let mut has_next = guard.has_next().map_err(Broken::Unreadable)?;
    while has_next {
        let mut walker = Walker { each: &mut *each, halt: None, row: Vec::new(), layers };
        let outcome = Value(&mut walker).deserialize(&mut serde_json::Deserializer::from_reader(&mut guard));
        if let Some(halt) = walker.halt {
            return Err(Broken::Halted(halt));
        }
        has_next = match outcome {
            Ok(()) => guard.has_next().map_err(Broken::Unreadable)?,
            Err(error) if error.is_io() => return Err(Broken::Unreadable(error.into())),
            Err(error) if error.is_eof() => return Err(Broken::CutOff),
            Err(error) => {
                let reason = format!("it is not JSON: {}", without_place(&error));
                if !guard.skip_line(&error).map_err(Broken::Unreadable)? {
                    return Err(Broken::Syntax(reason));
                }
                each(Item::Malformed(reason)).map_err(Broken::Halted)?;
                true
            }
        };
    }
    Ok(())
}

/// The message of a syntax error. Its line and column count from the start of the value, so they would mislead.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_string()
}

/// The state of a walk through one value.
struct Walker<'e> {
    each: &'e mut dyn FnMut(Item<'_>) -> Result<(), Halt>,
    /// The error that the last call of `each` returned.
    halt: Option<Halt>,
    /// The fields of the current row of Logs Insights.
    row: Vec<Pair>,
    layers: usize,
}

impl Walker<'_> {
    fn found<E: serde::de::Error>(&mut self, item: Item<'_>) -> Result<(), E> {
        (self.each)(item).map_err(|halt| {
            self.halt = Some(halt);
            E::custom("no more items are needed")
        })
    }

    fn found_message<E: serde::de::Error>(&mut self, message: &str) -> Result<(), E> {
        if message.starts_with(CONTROL_MESSAGE) { Ok(()) } else { self.found(Item::Message(message)) }
    }

    /// Finds the items in base64 data; returns whether `data` is base64.
    fn found_data<E: serde::de::Error>(&mut self, data: &str) -> Result<bool, E> {
        let Ok(bytes) = BASE64_STANDARD.decode(data.trim()) else { return Ok(false) };
        if self.layers == 0 {
            return self.found(Item::Malformed("data inside data, too many times".into())).map(|()| true);
        }
        match walk_data(bytes, self.each, self.layers - 1) {
            Ok(()) => {}
            Err(Broken::Halted(halt)) => {
                self.halt = Some(halt);
                return Err(E::custom("no more items are needed"));
            }
            Err(Broken::Unreadable(error)) => self.found(Item::Malformed(format!("damaged data: {error}")))?,
            Err(Broken::CutOff) => self.found(Item::Malformed("data that is cut off".into()))?,
            Err(Broken::Syntax(reason)) => self.found(Item::Malformed(reason))?,
        }
        Ok(true)
    }
}

/// Finds the items of decoded base64 data: JSON, or lines of text, perhaps compressed.
fn walk_data(bytes: Vec<u8>, each: &mut dyn FnMut(Item<'_>) -> Result<(), Halt>, layers: usize) -> Result<(), Broken> {
    let decoded = Raw::open(Cursor::new(bytes)).and_then(|raw| raw.decoded(READ_BYTES)).map_err(Broken::Unreadable)?;
    let mut reader = BufReader::new(decoded);
    let start = reader.fill_buf().map_err(Broken::Unreadable)?.trim_ascii_start().first();
    if matches!(start, Some(b'{' | b'[')) {
        return walk_layer(reader, each, layers);
    }
    let mut line = Vec::new();
    loop {
        line.clear();
        // Reads one byte more than a record may have, to notice that it is too long.
        let read = reader.by_ref().take(LINE_LIMIT_BYTES as u64 + 1).read_until(b'\n', &mut line);
        if read.map_err(Broken::Unreadable)? == 0 {
            return Ok(());
        }
        let item = std::str::from_utf8(&line).map_or_else(|_| Item::Malformed("not UTF-8 text".into()), Item::Message);
        each(item).map_err(Broken::Halted)?;
    }
}

/// Any JSON value in which items are looked for.
struct Value<'w, 'e>(&'w mut Walker<'e>);

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log message or a record")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.found_message(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Value(self.0))?.is_some() {}
        let row = std::mem::take(&mut self.0.row);
        match row.iter().find(|(name, _)| name == "@message") {
            Some((_, message)) => self.0.found_message(message),
            None if row.is_empty() => Ok(()),
            None => self.0.found(Item::Record(&row)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self(walker) = self;
        let mut fields: Vec<Pair> = Vec::new();
        let mut message = None;
        let (mut is_control, mut is_envelope) = (false, false);
        while let Some(name) = object.next_key::<String>()? {
            match name.as_str() {
                "events" | "logEvents" | "records" | "Records" | "results" | "kinesis" | "awslogs" => {
                    is_envelope = true;
                    if is_control {
                        object.next_value::<IgnoredAny>()?;
                    } else {
                        object.next_value_seed(Value(walker))?;
                    }
                }
                _ => {
                    let Some(text) = object.next_value_seed(Scalar)? else { continue };
                    match name.as_str() {
                        "message" | "@message" => message = Some(text),
                        "messageType" => is_control = text == "CONTROL_MESSAGE",
                        "data" | "Data" if walker.found_data(&text)? => is_envelope = true,
                        _ => fields.push((name, text)),
                    }
                }
            }
        }
        match (message, fields.as_mut_slice()) {
            (Some(message), _) => walker.found_message(&message),
            _ if is_envelope => walker.found(Item::Envelope),
            (None, [(field, name), (value, text)]) if field == "field" && value == "value" => {
                walker.row.push((std::mem::take(name), std::mem::take(text)));
                Ok(())
            }
            (None, []) => Ok(()),
            (None, fields) => walker.found(Item::Record(fields)),
        }
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.0.found(neither(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.0.found(neither(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.0.found(neither(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.0.found(neither(value))
    }
}

fn neither(value: impl fmt::Display) -> Item<'static> {
    Item::Malformed(format!("`{value}` is neither a log message nor a record"))
}

/// The text of a value; `None` for a list or an object, `-` for null.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    /// A whole number is written without a fraction.
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some("-".into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
