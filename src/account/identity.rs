//! The account in use.

use super::place::Place;

/// An account and Region in use, and the login there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account and the Region.
    pub place: Place,
    /// The ARN of the user or session; `None` without a login.
    pub arn: Option<String>,
    /// The profile, if one was named.
    pub profile: Option<String>,
}
