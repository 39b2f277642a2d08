//! Values as machines read them, for formats that have only text; absent is empty.

use std::io::Write;
use std::net::IpAddr;

use crate::value::{EpochSeconds, Value, flag_names, time_utc};

/// Writes values, millions of them, so it keeps work for the next value.
#[derive(Default)]
pub(super) struct Plain {
    number: itoa::Buffer,
    /// The day of the last time, and its text: `2026-11-23T`.
    day: Option<(i64, String)>,
}

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

impl Plain {
    /// Appends a value; flags are joined by `|`.
    pub(super) fn push(&mut self, to: &mut Vec<u8>, value: &Value) {
        match value {
            Value::Absent => {}
            Value::Int(number) => to.extend_from_slice(self.number.format(*number).as_bytes()),
            Value::Time(seconds) => self.push_time(to, *seconds),
            Value::Address(IpAddr::V4(address)) => {
                for (place, octet) in address.octets().into_iter().enumerate() {
                    if place > 0 {
                        to.push(b'.');
                    }
                    to.extend_from_slice(self.number.format(octet).as_bytes());
                }
            }
            Value::Address(address) => push_display(to, address),
            Value::Float(number) => push_display(to, number),
            Value::Network(network) => push_display(to, network),
            Value::Text(text) => to.extend_from_slice(text.as_bytes()),
            Value::Flags(flags) => {
                for (place, name) in flag_names(*flags).enumerate() {
                    if place > 0 {
                        to.push(b'|');
                    }
                    to.extend_from_slice(name.as_bytes());
                }
            }
        }
    }

    /// Appends the text of [`time_utc`]. Times of the same day begin alike, and all days in UTC have the same length.
    fn push_time(&mut self, to: &mut Vec<u8>, seconds: EpochSeconds) {
        let day = seconds.div_euclid(SECONDS_PER_DAY);
        if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
            let midnight = time_utc(seconds - seconds.rem_euclid(SECONDS_PER_DAY));
            let Some(begin) = midnight.strip_suffix("00:00:00Z") else { return push_display(to, &time_utc(seconds)) };
            self.day = Some((day, begin.to_string()));
        }
        let (_, begin) = self.day.as_ref().expect("it was just set");
        let second = seconds.rem_euclid(SECONDS_PER_DAY);
        to.extend_from_slice(begin.as_bytes());
        for (part, end) in [(second / 3600, b':'), (second / 60 % 60, b':'), (second % 60, b'Z')] {
            let [tens, ones] = [part / 10, part % 10].map(|digit| b'0' + u8::try_from(digit).unwrap_or_default());
            to.extend([tens, ones, end]);
        }
    }
}

fn push_display(to: &mut Vec<u8>, value: &impl std::fmt::Display) {
    write!(to, "{value}").expect("a Vec takes whatever is written");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(values: &[Value]) -> Vec<String> {
        let mut plain = Plain::default();
        let text = |value: &Value| {
            let mut to = Vec::new();
            plain.push(&mut to, value);
            String::from_utf8(to).unwrap()
        };
        values.iter().map(text).collect()
    }

    proptest! {
        #[test]
        fn values_are_written_as_each_displays(
            times: Vec<i64>,
            recent in proptest::collection::vec(-200_000..2_000_000_000_i64, 0..20),
            bits: u32, number: i64
        ) {
            let times: Vec<i64> = times.into_iter().chain(recent).map(|time| time / 3).collect();
            let expected: Vec<String> = times.iter().map(|time| time_utc(*time)).collect();
            prop_assert_eq!(plain(&times.into_iter().map(Value::Time).collect::<Vec<_>>()), expected);
            let address = IpAddr::from(bits.to_be_bytes());
            prop_assert_eq!(plain(&[Value::Address(address), Value::Int(number)]), [address.to_string(), number.to_string()]);
        }
    }

    #[test]
    fn what_has_no_number_is_text() {
        let values = [Value::Absent, Value::word("OK"), Value::Flags(18), Value::Flags(0), Value::Float(1.5)];
        assert_eq!(plain(&values), ["", "OK", "SYN|ACK", "", "1.5"]);
        let (v6, network) = ("2001:db8::1".parse().unwrap(), "10.0.0.0/8".parse().unwrap());
        assert_eq!(plain(&[Value::Address(v6), Value::Network(network)]), ["2001:db8::1", "10.0.0.0/8"]);
    }
}
