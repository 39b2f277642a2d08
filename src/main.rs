//! The `flowlogs` program; all of it is in the library.

use std::process::ExitCode;

/// Arrow columns are allocated and freed by the thousand, in several threads: with the allocator of the C library,
/// counting records of parquet files takes a third longer.
#[cfg(feature = "local")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    flowlogs::cli::main()
}
