//! The most that a hostile sentence may cost: memory, and steps of the parser and of the check.
//!
//! Steps are counted rather than timed, so that a busy machine changes nothing: the parser counts its calls itself, and
//! every step of the check allocates memory. The times of the same sentences are printed by
//! `cargo run --release --no-default-features --example compile`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "limits/hostile.rs"]
mod hostile;

use std::alloc::System;

use cap::Cap;
use flowlogs::query::clock::Clock;
use flowlogs::query::{Context, compile, print};
use jiff::tz::TimeZone;

/// Counts the allocated memory.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// The most memory that a sentence may hold at a time.
const MOST_BYTES: usize = 64 << 20;
/// The most memory that may be allocated in all: some 2 KiB for each byte of the longest sentence. A product of two
/// lists would take a thousand times as much.
const MOST_BYTES_IN_ALL: usize = 128 << 20;
/// The columns of a drawn line: 200 of the sentence, 400 of a message, and the text around them.
const MOST_COLUMNS: usize = 620;

// There is only this test, so that no other one allocates at the same time.
#[test]
fn no_sentence_takes_more_memory_or_steps_than_it_may() {
    let clock = Clock { now: 1_795_435_200, zone: TimeZone::UTC };
    // Tables that are made once do not count for a sentence.
    compile("where src.addr = 10.0.0.1 and nosuch", &Context::new(clock.clone())).unwrap_err();
    let mut told = Vec::new();
    for hostile in hostile::sentences() {
        let mut context = Context::new(clock.clone());
        context.named.filters = hostile.saved.into_iter().collect();
        let (before, in_all_before) = (MEMORY.allocated(), MEMORY.total_allocated());
        // The peak counts from here.
        let peak_before = MEMORY.max_allocated();
        let drawn = match compile(&hostile.text, &context) {
            Ok(plan) => print::sentence(&plan),
            Err(error) => error.render("query", &hostile.text, false),
        };
        let peak = if MEMORY.max_allocated() > peak_before { MEMORY.max_allocated() - before } else { 0 };
        let in_all = MEMORY.total_allocated() - in_all_before;
        told.push(format!("{:30} {:6} bytes: peak {peak}, {in_all} in all", hostile.name, hostile.text.len()));
        assert!(peak <= MOST_BYTES, "{}: {peak} bytes at a time", hostile.name);
        assert!(in_all <= MOST_BYTES_IN_ALL, "{}: {in_all} bytes in all", hostile.name);
        if drawn.starts_with("error") {
            assert!(drawn.matches("error:").count() <= 20, "{}", hostile.name);
            let widest = drawn.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= MOST_COLUMNS, "{}: {widest} columns", hostile.name);
        }
    }
    println!("{}", told.join("\n"));
    assert!(told.len() > 25);
}
