//! Reads bytes as a file: text, JSON, CSV or gzip, as they look.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowlogs::engine::fuzz::read(bytes));
