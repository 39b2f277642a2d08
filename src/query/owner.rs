//! What addresses and interfaces may belong to. A sentence only names it; a run finds out what that is.

use std::path::PathBuf;

use ipnet::IpNet;

use crate::kind::TargetKind;

/// What the values of a test belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Resources of a kind, by ids, names or globs; none for any of that kind.
    Resources {
        /// The kind.
        kind: TargetKind,
        /// Which of that kind.
        selectors: Vec<String>,
    },
    /// Prefix lists, by ids, names or globs; none for any.
    PrefixLists {
        /// Which of them.
        selectors: Vec<String>,
    },
    /// Networks that the user has named.
    Networks {
        /// The names; none for all.
        names: Vec<String>,
        /// The networks of these names.
        networks: Vec<IpNet>,
    },
    /// The lines of a file.
    List(ListFile),
}

/// A file with a value on each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// The name of the list, if it has one in the config.
    pub name: Option<String>,
    /// The file.
    pub file: PathBuf,
}
