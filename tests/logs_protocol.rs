//! The loopback service of CloudWatch Logs keeps the protocol that clients are tested against.
#![cfg(feature = "local")]

mod evaluator;
mod logs_service;
