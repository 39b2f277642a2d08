//! Text to [`plan::Plan`]: parse, check, print.
pub mod plan;
pub mod window;
