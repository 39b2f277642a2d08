//! What is named to files whose layout is known: finding them, and looking at the head of each.

mod files;
mod find;
mod sniff;

pub use files::{Files, Options};
