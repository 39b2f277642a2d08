//! The role of a record: the rule that tells requests from responses, in fields of the record.
//!
//! A SYN flag decides for certain. A record without one, in the middle of a long connection or of a protocol without
//! flags, is judged by its ports: the end at the port of a service is the server. Ports can mislead.

use super::plan::{Check, Filter, Order, Plan, Range, Source};
use crate::field::{Field, SYSTEM_PORTS, port_names};

/// The first port that Linux uses for clients: the table has no service from there on, and few services listen there.
///
/// Source: `ip_local_port_range` of <https://docs.kernel.org/networking/ip-sysctl.html>.
const FIRST_CLIENT_PORT: i64 = 32_768;

const TCP: i64 = 6;
const SYN: u8 = 2;
const SYN_ACK: u8 = 18;

/// Returns the roles, each with the filter of its records. The first filter that a record passes decides; a record that
/// passes none has no role.
#[must_use]
pub fn cases() -> [(Filter, &'static str); 4] {
    let (src, dst) = (Field::SrcPort, Field::DstPort);
    [
        (by_flags(SYN), "request"),
        (by_flags(SYN_ACK), "response"),
        (by_ports(src, dst), "request"),
        (by_ports(dst, src), "response"),
    ]
}

/// A TCP record in which these of the flags SYN and ACK are set.
fn by_flags(set: u8) -> Filter {
    let tcp = Check::Number { ranges: vec![Range { first: TCP, last: TCP }], negated: false };
    let flags = Check::Flags { set, mask: SYN_ACK, negated: false };
    Filter::All(vec![test(Field::Protocol, tcp), test(Field::Flags, flags)])
}

/// A record whose ports tell that the server's port is `server`.
fn by_ports(client: Field, server: Field) -> Filter {
    let of_service = |negated| Check::Number { ranges: service_ports(), negated };
    let only_server = vec![test(server, of_service(false)), test(client, of_service(true))];
    let compare = |order| Check::Compare { order, value: FIRST_CLIENT_PORT };
    let lower_server = vec![test(client, compare(Order::AtLeast)), test(server, compare(Order::Less))];
    // No port of a service is a client's: a record that passes one test for one end passes none for the other.
    Filter::All(vec![Filter::Ported(true), Filter::Any(vec![Filter::All(only_server), Filter::All(lower_server)])])
}

/// The ports of services: the system ports, and those that the table names.
fn service_ports() -> Vec<Range> {
    let (first, last) = SYSTEM_PORTS.into_inner();
    let mut ranges = vec![Range { first: first.into(), last: last.into() }];
    for port in port_names().map(|(_, port)| i64::from(port)) {
        if ranges.last().is_some_and(|range| range.last < port) {
            ranges.push(Range { first: port, last: port });
        }
    }
    ranges
}

fn test(field: Field, check: Check) -> Filter {
    Filter::Test(Source::Field(field), check)
}

impl Plan {
    /// Returns whether anything that the sentence names is read from the role of records.
    #[must_use]
    pub fn reads_role(&self) -> bool {
        self.named().iter().any(|source| matches!(source, Source::Field(field) if field.reads_role()))
    }

    /// Returns a note if roles are judged by ports alone, since the logs lack the other fields; `has` tells whether
    /// some queried log has a field.
    #[must_use]
    pub fn note_of_role(&self, has: impl Fn(&Source) -> bool) -> Option<String> {
        if !self.reads_role() {
            return None;
        }
        let lacking = [Field::Protocol, Field::Flags].into_iter().find(|field| !has(&Source::Field(*field)))?;
        Some(format!("the records have no `{}`: ports alone tell who asked whom", lacking.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_ports_are_sorted_and_no_client_has_one() {
        let ranges = service_ports();
        assert!(ranges.windows(2).all(|pair| pair[0].last < pair[1].first));
        assert!(ranges.iter().all(|range| range.last < FIRST_CLIENT_PORT));
        let is_service = |port| ranges.iter().any(|range| (range.first..=range.last).contains(&port));
        for (port, expected) in [(0, true), (22, true), (1023, true), (1024, false), (5432, true), (8443, false)] {
            assert_eq!(is_service(port), expected, "{port}");
        }
        assert!(is_service(27_017) && !is_service(50_051));
    }
}
