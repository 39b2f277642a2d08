//! What goes on in an account.

/// What has to be waited for once it was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Running {
    /// Nothing: it may be left as it is.
    Nothing,
    /// A query.
    Query,
    /// A change.
    Change,
}
