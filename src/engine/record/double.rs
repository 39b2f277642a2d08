//! Interfaces that two flow logs have records of: their traffic counts twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use compact_str::CompactString;
use datafusion::arrow::array::{ArrayRef, AsArray};

use super::tally::lock;

/// The flow log that delivered a file, by the name that AWS gives it:
/// `123456789012_vpcflowlogs_us-east-1_fl-0a1b_20260101T0000Z_1f2e.log.gz`.
///
/// See <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>.
pub(crate) fn flow_log_of(file_name: &str) -> Option<&str> {
    file_name.split('_').find(|part| part.strip_prefix("fl-").is_some_and(|id| !id.is_empty()))
}

/// The interfaces that each flow log has records of.
#[derive(Debug, Default)]
pub(crate) struct Interfaces {
    of_flow_logs: Mutex<BTreeMap<Arc<str>, HashSet<CompactString>>>,
}

impl Interfaces {
    /// Adds the interfaces of some records of a flow log.
    pub(crate) fn add(&self, flow_log: &Arc<str>, interfaces: &ArrayRef) {
        let found: HashSet<&str> = interfaces.as_string_view().iter().flatten().collect();
        let mut of_flow_logs = lock(&self.of_flow_logs);
        let known = of_flow_logs.entry(Arc::clone(flow_log)).or_default();
        for interface in found {
            if !known.contains(interface) {
                known.insert(interface.into());
            }
        }
    }

    /// A note for each pair of flow logs with interfaces in common, in order.
    pub(crate) fn notes(&self) -> Vec<String> {
        let of_flow_logs = lock(&self.of_flow_logs);
        let mut notes = Vec::new();
        for (place, (first, interfaces)) in of_flow_logs.iter().enumerate() {
            for (second, others) in of_flow_logs.iter().skip(place + 1) {
                let common: BTreeSet<&CompactString> = interfaces.intersection(others).collect();
                let Some(example) = common.first() else { continue };
                let more = match common.len() - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                notes.push(format!(
                    "{first} and {second} both have records of {example}{more}: that traffic counts twice"
                ));
            }
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn a_delivered_file_is_named_after_its_flow_log() {
        let name = "123456789012_vpcflowlogs_us-east-1_fl-0a1b_20260101T0000Z_1f2e.log.gz";
        assert_eq!(flow_log_of(name), Some("fl-0a1b"));
        assert_eq!(flow_log_of("fl-_a.log"), None);
        assert_eq!(flow_log_of("flow.log"), None);
    }

    #[test]
    fn pairs_of_flow_logs_with_the_same_interfaces_are_named() {
        let interfaces = Interfaces::default();
        let add = |flow_log: &str, enis: &[&str]| {
            let enis: ArrayRef = Arc::new(StringViewArray::from(enis.to_vec()));
            interfaces.add(&flow_log.into(), &enis);
        };
        add("fl-b", &["eni-2", "eni-1"]);
        add("fl-a", &["eni-1", "eni-1"]);
        add("fl-a", &["eni-2"]);
        add("fl-c", &["eni-3"]);
        assert_eq!(
            interfaces.notes(),
            ["fl-a and fl-b both have records of eni-1 and 1 more: that traffic counts twice"]
        );
    }
}
