//! JSON: log messages as CloudWatch and forwarders wrap them, and records as objects.

mod guard;
mod walk;

use std::collections::HashMap;

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Part, Unit};
use crate::engine::store::{Storage, read_error};

use super::fields::FieldRecords;
use super::lines::Messages;
use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use super::stored_bytes::StoredBytes;
pub(crate) use walk::{Broken, Item, Pair, walk};

/// The contents of a JSON file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonShape {
    /// Log messages.
    Messages,
    /// Records, with the slot of each name.
    Records(HashMap<String, usize>),
}

/// JSON, wherever it is stored.
#[derive(Debug)]
pub(crate) struct Json {
    storage: Storage,
    shape: JsonShape,
}

impl Json {
    /// The JSON of this storage.
    pub(crate) const fn new(storage: Storage, shape: JsonShape) -> Self {
        Self { storage, shape }
    }
}

impl Records for Json {
    fn parts(&self, _: &LogFile, _: &ReadContext) -> Parts {
        Parts { parts: vec![Part::Whole], stored_bytes: self.storage.bytes() }
    }

    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        let opened = self.storage.open_ended(&file.path, &file.name, reader.context.visible.is_followed)?;
        let stored_bytes = StoredBytes::new(opened.raw_bytes);
        let json = opened.reader;
        let outcome = match &self.shape {
            JsonShape::Messages => {
                let mut messages = Messages::new(reader, unit, file, 0);
                let outcome = walk(json, &mut |item| match item {
                    Item::Message(message) => messages.push(message.as_bytes(), &stored_bytes),
                    Item::Record(_) => messages.push_malformed("a record among log messages".into(), &stored_bytes),
                    Item::Malformed(reason) => messages.push_malformed(reason, &stored_bytes),
                    Item::Envelope => Ok(()),
                });
                messages.read(&stored_bytes)?;
                outcome
            }
            JsonShape::Records(slots) => {
                let note_name = |name: &str| reader.context.tally.note_name(unit.file, name);
                let mut records = FieldRecords::new(reader, unit, file, 0);
                let outcome = walk(json, &mut |item| match item {
                    Item::Record(pairs) => match by_slot(pairs, slots, &file.layout, note_name) {
                        Ok(values) => records.push(|slot| values[slot], &stored_bytes),
                        Err(reason) => records.push_malformed(reason),
                    },
                    Item::Message(_) => records.push_malformed("a log message among records".into()),
                    Item::Malformed(reason) => records.push_malformed(reason),
                    Item::Envelope => Ok(()),
                });
                records.emit(&stored_bytes)?;
                outcome
            }
        };
        outcome.map_err(|broken| halted(broken, file))
    }

    fn extent(&self) -> Option<u64> {
        self.storage.bytes()
    }

    fn unit_name(&self) -> &'static str {
        "record"
    }
}

/// The values of a record by slot; the error is the reason why it is malformed. A name without a slot is noted.
fn by_slot<'p>(
    pairs: &'p [Pair],
    slots: &HashMap<String, usize>,
    layout: &Layout,
    note_name: impl Fn(&str),
) -> Result<Vec<Option<&'p str>>, String> {
    let mut values = vec![None; layout.slots().len()];
    for (name, text) in pairs {
        let Some(slot) = slots.get(name) else {
            note_name(name);
            continue;
        };
        if values[*slot].replace(text.as_str()).is_some() {
            return Err(format!("it has `{name}` twice"));
        }
    }
    Ok(values)
}

fn halted(broken: Broken, file: &LogFile) -> Halt {
    match broken {
        Broken::Halted(halt) => halt,
        Broken::Unreadable(error) => read_error(&file.name, error).into(),
        Broken::CutOff => Error::Truncated { file: file.name.clone() }.into(),
        Broken::Syntax(reason) => file.damaged(&reason).into(),
    }
}
