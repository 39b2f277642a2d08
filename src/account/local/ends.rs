//! Detects traffic that was recorded at both ends, which a sum counts twice.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use compact_str::CompactString;

use crate::account::cancellation::Cancellation;
use crate::account::error::Error;
use crate::account::queries::Account;
use crate::query::plan::Plan;
use crate::query::window::Interval;
use crate::value::{Progress, Rows, Value};

/// Returns whether two interfaces recorded the same pair of addresses, among the newest records that `plan` sums.
/// Records without an interface or an address are ignored.
pub(super) async fn are_both_recorded(
    account: &impl Account,
    plan: &Plan,
    interval: Option<Interval>,
    cancellation: &Cancellation,
) -> Result<bool, Error> {
    let mut newest = Rows::default();
    match account.run(&plan.ends(), interval, &Arc::new(Progress::default()), &mut newest, cancellation).await {
        Err(Error::Engine(crate::engine::Error::FieldMissing { .. })) => return Ok(false),
        outcome => outcome?,
    };
    let mut seen: HashMap<(IpAddr, IpAddr), &CompactString> = HashMap::new();
    let both = newest.rows.iter().any(|row| {
        let [Value::Text(interface), Value::Address(source), Value::Address(destination)] = row.as_slice() else {
            return false;
        };
        let pair = (*source.min(destination), *source.max(destination));
        *seen.entry(pair).or_insert(interface) != interface
    });
    Ok(both)
}
