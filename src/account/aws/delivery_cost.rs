//! The cost of delivery to log groups.

use std::collections::HashMap;

use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use super::connection::Aws;
use super::error::Error;
use super::query::LogGroups;
use crate::account::flow_log::AnyFlowLog;
use crate::query::window::Interval;

/// US dollars per gigabyte delivered to a log group, for the first 10 TB of a month, by the class of the log group.
///
/// Source: "Vended Logs" of <https://aws.amazon.com/cloudwatch/pricing/>, which differs by Region.
const USD_PER_GB: f64 = 0.50;
const USD_PER_GB_INFREQUENT: f64 = 0.25;

const MONTH_S: i64 = 30 * 24 * 60 * 60;

/// Adds the approximate cost of each flow log in a month, from the bytes that its log group stores; flow logs of one
/// log group share its cost. The cost stays unknown if the log group does not report its size.
pub(super) async fn add(aws: &Aws, flow_logs: &mut [AnyFlowLog]) -> Result<(), Error> {
    let is_log_group = |flow_log: &&AnyFlowLog| flow_log.destination_type == "log group";
    let mut sharing: HashMap<String, u32> = HashMap::new();
    for flow_log in flow_logs.iter().filter(is_log_group) {
        *sharing.entry(flow_log.destination.clone()).or_default() += 1;
    }
    let names: Vec<&str> = sharing.keys().map(String::as_str).collect();
    let log_groups = LogGroups::read(aws, &names).await?;
    let now = jiff::Timestamp::now().as_second();
    for flow_log in flow_logs {
        let name = &flow_log.destination;
        let sharing = sharing.get(name).copied().map(f64::from);
        flow_log.usd_a_month = sharing.zip(usd_a_month(&log_groups, name, now)).map(|(sharing, usd)| usd / sharing);
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "an amount for people")]
fn usd_a_month(log_groups: &LogGroups, name: &str, now: i64) -> Option<f64> {
    let first = log_groups.first_second(name, now)?;
    let bytes = log_groups.stored_bytes(name, Interval { from: first, until: now }, now);
    let usd_per_gb = match log_groups.class(name) {
        Some(LogGroupClass::InfrequentAccess) => USD_PER_GB_INFREQUENT,
        _ => USD_PER_GB,
    };
    let months = (now - first + 1) as f64 / MONTH_S as f64;
    (bytes > 0).then(|| bytes as f64 / 1e9 * usd_per_gb / months)
}
