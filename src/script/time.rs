//! Points in time for scripts.

use jiff::Timestamp;
use rhai::{Dynamic, Engine};

use crate::value::{EpochSeconds, time_utc};

/// Seconds since 1970, which compare and whose difference is a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub(super) EpochSeconds);

impl Time {
    pub(super) fn now() -> Self {
        Self(Timestamp::now().as_second())
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Time>("time")
        .register_get("unix", |time: &mut Time| time.0)
        .register_fn("to_string", |time: &mut Time| time_utc(time.0))
        .register_fn("to_debug", |time: &mut Time| time_utc(time.0))
        .register_fn("+", |text: &str, time: Time| format!("{text}{}", time_utc(time.0)))
        .register_fn("+", |time: Time, text: &str| format!("{}{text}", time_utc(time.0)))
        .register_fn("-", |a: Time, b: Time| a.0.saturating_sub(b.0))
        .register_fn("-", |time: Time, seconds: i64| Time(time.0.saturating_sub(seconds)))
        .register_fn("+", |time: Time, seconds: i64| Time(time.0.saturating_add(seconds)))
        .register_fn("==", |a: Time, b: Time| a == b)
        .register_fn("!=", |a: Time, b: Time| a != b)
        .register_fn("<", |a: Time, b: Time| a < b)
        .register_fn("<=", |a: Time, b: Time| a <= b)
        .register_fn(">", |a: Time, b: Time| a > b)
        .register_fn(">=", |a: Time, b: Time| a >= b);
}

/// Returns the time in a value; `None` if it is of another type.
pub(super) fn of(value: &Dynamic) -> Option<Time> {
    value.clone().try_cast::<Time>()
}
