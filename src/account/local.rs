//! Accounts without AWS: plain files, and the embedded account, a folder that behaves like one.

pub mod demo;
mod doctor;
mod embedded;
mod ends;
mod plain;
mod state;

use super::name::hash;
pub use embedded::Embedded;
pub use plain::{Error as PlainError, PlainFiles};
pub use state::Error as EmbeddedError;

/// The digits behind the prefix of an id, as many as AWS has: the same for the same name.
fn id_digits(name: &str) -> String {
    let hash = |seed| hash(seed, name);
    format!("{:016x}{:x}", hash(0xcbf2_9ce4_8422_2325), hash(0x9747_b28c) & 0xf)
}
