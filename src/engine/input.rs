//! Paths to files whose layout is known: finds the files, and reads the head of each.

mod files;
mod find;
mod sniff;

pub use files::{Files, Options};
