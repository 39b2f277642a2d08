//! The number of threads to use.

use std::num::NonZeroUsize;

/// The number of threads that can run at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
