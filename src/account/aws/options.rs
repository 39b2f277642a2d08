//! The options of an account on AWS, and messages to the user.

use std::path::PathBuf;
use std::sync::Arc;

use super::budget::Budget;
use crate::engine::Geo;

/// A message to the user before the answer is complete.
#[derive(Clone, Copy, Debug)]
pub enum News<'n> {
    /// A note on a long wait, or on a difference from the request.
    Note(&'n str),
    /// A failure in one of several places; the others still answer.
    Failed(&'n str),
}

/// The receiver of messages for the user.
pub type Tell = Arc<dyn Fn(News<'_>) + Send + Sync>;

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN; with several accounts, its name.
    pub arn: String,
    /// The external id that the role's trust policy may require.
    pub external_id: Option<String>,
    /// The name of the session, shown by `CloudTrail`; `None` for `flowlogs`.
    pub session_name: Option<String>,
}

/// The account to use, and the way to report to the user.
#[derive(Default)]
pub struct Options {
    /// The profile; `None` for the SDK's default chain.
    pub profile: Option<String>,
    /// The Region; `None` for that of the profile or the environment.
    pub region: Option<String>,
    /// The role to assume with the profile's login.
    pub role: Option<Role>,
    /// The accounts to assume the role in, each a place.
    pub accounts: Vec<String>,
    /// The receiver of messages.
    pub tell: Option<Tell>,
    /// The price of scanning a gigabyte, in US dollars.
    pub usd_per_gb: f64,
    /// The folder in which inventories are kept for later days; `None` to keep none.
    pub inventories: Option<PathBuf>,
    /// The limit on the bytes that queries scan; several places share it.
    pub budget: Arc<Budget>,
    /// The locations of addresses.
    pub geo: Arc<Geo>,
}

impl Options {
    /// The cost of scanning `bytes`, in US dollars.
    pub(super) fn cost_usd(&self, bytes: u64) -> f64 {
        cost_usd(bytes, self.usd_per_gb)
    }
}

/// The cost of scanning `bytes` at a price, in US dollars.
#[allow(clippy::cast_precision_loss, reason = "a price for people")]
pub(super) fn cost_usd(bytes: u64, usd_per_gb: f64) -> f64 {
    bytes as f64 / 1e9 * usd_per_gb
}
