//! What is running in an account.

/// What is running when work is cancelled, and has to be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Running {
    /// Nothing: it may be left as it is.
    Nothing,
    /// A query.
    Query,
    /// A change.
    Change,
}
