//! Paths to files whose layout is known: finds the files, and reads the head of each.

mod files;
mod find;
mod open;
mod sniff;

pub use files::{Files, Options, Schema};
#[cfg(fuzzing)]
pub(crate) use open::open_bytes;
