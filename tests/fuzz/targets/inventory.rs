//! Reads bytes as an inventory.
#![no_main]

use std::fs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = std::env::temp_dir().join(format!("flowlogs-fuzz-{}.json", std::process::id()));
    fs::write(&file, bytes).expect("the temporary folder is writable");
    // A malformed inventory is an error, never a crash.
    let _ = flowlogs::account::inventory::Inventory::read(&file);
});
