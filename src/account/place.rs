//! One of several accounts and Regions.

/// Where something is, among several accounts and Regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// The account's id.
    pub account: String,
}

impl Place {
    /// Both, as messages have it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.account, self.region)
    }
}
