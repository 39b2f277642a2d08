//! The outcome of creating a flow log.

/// The outcome of creating a flow log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// A flow log was created.
    New {
        /// Its id.
        id: String,
        /// A note for the user.
        note: Option<String>,
    },
    /// It existed, and was extended to these interfaces.
    Extended {
        /// The interfaces that joined.
        interfaces: Vec<String>,
    },
    /// It existed and covers every interface.
    Unchanged,
}
