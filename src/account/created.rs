//! The outcome of creating a flow log.

/// The outcome of creating a flow log, with notes for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// A flow log was created.
    New {
        /// Its id.
        id: String,
        /// Notes for the user.
        notes: Vec<String>,
    },
    /// It existed, and was extended to these interfaces.
    Extended {
        /// The interfaces that joined.
        interfaces: Vec<String>,
        /// Notes for the user.
        notes: Vec<String>,
    },
    /// It existed and covers every interface.
    Unchanged {
        /// Notes for the user.
        notes: Vec<String>,
    },
}
