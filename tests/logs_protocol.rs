//! The loopback service of CloudWatch Logs speaks the protocol that clients are tested against.
#![cfg(feature = "local")]

mod evaluator;
mod logs_service;
