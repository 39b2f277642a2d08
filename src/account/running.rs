//! The running work of an account.

/// The running work to wait for after a cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Running {
    /// Nothing to wait for.
    Nothing,
    /// A query.
    Query,
    /// A change.
    Change,
}
