//! One of several accounts and Regions.

/// Appends the place to a message, if there are several places.
pub(crate) fn placed(place: Option<&Place>, what: String) -> String {
    match place {
        Some(place) => format!("{}: {what}", place.label()),
        None => what,
    }
}

/// A place among several accounts and Regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// The account's id.
    pub account: String,
}

impl Place {
    /// The account and the Region, for messages.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.account, self.region)
    }
}
