//! Accounts without AWS: plain files, and the embedded account, a folder that behaves like one.

pub mod demo;
mod embedded;
mod names;
mod plain;
mod state;

pub use embedded::Embedded;
pub use plain::{Error as PlainError, PlainFiles};
pub use state::Error as EmbeddedError;
