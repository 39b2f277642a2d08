//! Events, as the service has discovered their fields.

use super::names::FIELDS;
use super::{Dash, Error, Value};

/// The events of a log, by the slots of [`FIELDS`].
#[derive(Debug)]
pub(crate) struct Log {
    pub(super) events: Vec<Vec<Value<'static>>>,
    pub(super) dash: Dash,
}

impl Log {
    /// Events from records: pairs of the service's name and text. `@timestamp` is in milliseconds.
    pub(crate) fn new<'a, R>(records: impl IntoIterator<Item = R>, dash: Dash) -> Result<Self, Error>
    where
        R: IntoIterator<Item = (&'a str, &'a str)>,
    {
        let events = records.into_iter().map(|record| event(record, dash)).collect::<Result<_, _>>()?;
        Ok(Self { events, dash })
    }

    /// The number of events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The events of a window, both ends included.
    #[must_use]
    pub(crate) fn within(&self, first: i64, last: i64) -> Self {
        let is_within = |event: &&Vec<Value<'static>>| match event[0] {
            Value::Time(time) => (first..=last).contains(&time.div_euclid(1000)),
            _ => false,
        };
        Self { events: self.events.iter().filter(is_within).cloned().collect(), dash: self.dash }
    }
}

fn event<'a>(record: impl IntoIterator<Item = (&'a str, &'a str)>, dash: Dash) -> Result<Vec<Value<'static>>, Error> {
    let mut event = vec![Value::Null; FIELDS.len()];
    for (name, text) in record {
        let slot = FIELDS.iter().position(|field| *field == name);
        let slot = slot.ok_or_else(|| Error::new(format!("no event has a field `{name}`")))?;
        event[slot] = match (name, dash) {
            ("@timestamp", _) => {
                Value::Time(text.parse().map_err(|_| Error::new(format!("`{text}` is no time in milliseconds")))?)
            }
            (_, Dash::Dropped) if text == "-" => Value::Null,
            _ => Value::Text(text.to_string().into()),
        };
    }
    Ok(event)
}
