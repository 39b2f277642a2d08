//! The work that is running in an account.

/// The running work that has to be waited for when it is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Running {
    /// Nothing: there is no need to wait.
    Nothing,
    /// A query.
    Query,
    /// A change.
    Change,
}
