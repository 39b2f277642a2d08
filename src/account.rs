//! Where records come from.

pub mod local;
