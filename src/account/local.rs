//! Accounts without AWS: plain files, and the embedded account, a folder that behaves like an account.

pub mod demo;
mod doctor;
mod embedded;
mod ends;
mod folder;
mod id;
mod plain;
pub(super) mod record_ids;
mod slot;
pub(super) mod state;

pub use folder::Embedded;
pub use plain::PlainFiles;
pub use record_ids::Error as PlainError;
pub use state::Error as EmbeddedError;
