//! What creating a flow log came to.

/// What creating came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// A flow log was made.
    New {
        /// Its id.
        id: String,
        /// What else its maker should know.
        note: Option<String>,
    },
    /// It existed, and covers these interfaces now too.
    Extended {
        /// The interfaces that joined.
        interfaces: Vec<String>,
    },
    /// It existed and covers every interface.
    Unchanged,
}
