//! Bytes as a file: text, JSON, CSV and gzip, whichever they look like.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowlogs::engine::fuzz::read(bytes));
