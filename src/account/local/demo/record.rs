//! The records of a connection: one for each direction, interface and minute, as AWS writes them.
//!
//! The meaning of the fields, and the addresses that the interface of a NAT gateway records:
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html>.

use std::fmt::Write;
use std::net::IpAddr;

use super::connection::{Connection, End, Volume};
use super::firewall::Outcome;
use super::habit::Life;
use crate::account::inventory::{Interface, Inventory};
use crate::value::EpochSeconds;

/// The longest interval of a record, in seconds.
pub(super) const LONGEST_S: i64 = 60;

pub(super) const FIELDS: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action \
     log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id pkt-src-aws-service \
     pkt-dst-aws-service flow-direction traffic-path reject-reason";

const TCP: u8 = 6;
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// An end as one interface records it.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// The recorded address.
    pub(super) address: IpAddr,
    /// The address in the packet itself, the same at each interface.
    packet: IpAddr,
    pub(super) port: u16,
    service: &'static str,
}

/// A connection as one interface records it.
struct View<'a> {
    at: &'a Interface,
    /// Whether requests leave the interface, and answers enter it.
    asks: bool,
    client: Seen,
    server: Seen,
    /// The path of the traffic that leaves the interface.
    path: u8,
}

/// A record of traffic.
pub(super) struct Record<'a> {
    pub(super) at: &'a Interface,
    /// Whether the packets go from the client to the server.
    pub(super) is_request: bool,
    pub(super) client: Seen,
    pub(super) server: Seen,
    pub(super) protocol: u8,
    pub(super) volume: Volume,
    pub(super) start: EpochSeconds,
    pub(super) end: EpochSeconds,
    flags: u8,
    /// Whether the packets leave the interface.
    is_egress: bool,
    path: u8,
    is_accepted: bool,
    is_blocked: bool,
}

const SAME_VPC: u8 = 1;
const PEERING: u8 = 4;
const INTERNET_GATEWAY: u8 = 8;

impl<'a> Connection<'a> {
    /// Every record of the connection.
    pub(super) fn records(&self) -> Vec<Record<'a>> {
        let mut records = Vec::new();
        for view in self.views() {
            self.records_at(&view, &mut records);
        }
        records
    }

    /// The interfaces that the connection passes, each with what it records.
    fn views(&self) -> Vec<View<'a>> {
        let Self { client, server, .. } = self;
        let path = match (client.interface, server.interface, self.nat) {
            (Some(one), Some(other), _) if one.vpc != other.vpc => PEERING,
            (_, None, None) | (None, ..) => INTERNET_GATEWAY,
            _ => SAME_VPC,
        };
        let mut views = Vec::new();
        for (at, asks) in [(client.interface, true), (server.interface, false)] {
            let Some(at) = at else { continue };
            views.push(View { at, asks, client: seen(client, at), server: seen(server, at), path });
        }
        if let Some((at, port)) = self.nat {
            // On the inside, the record has the gateway instead of the server; on the outside, instead of the client.
            let gateway = at.addresses[0];
            let (inner, outer) = (seen(client, at), seen(server, at));
            views.push(View {
                at,
                asks: false,
                client: inner,
                server: Seen { address: gateway, ..outer },
                path: SAME_VPC,
            });
            let translated = Seen { address: gateway, packet: gateway, port, service: "-" };
            views.push(View { at, asks: true, client: translated, server: outer, path: INTERNET_GATEWAY });
        }
        views
    }

    fn records_at(&self, view: &View<'a>, records: &mut Vec<Record<'a>>) {
        let is_at_server = !view.asks && self.nat.is_none();
        let is_rejected = |is_request| match self.verdict.outcome {
            Outcome::Served => false,
            Outcome::RequestRejected | Outcome::Blocked => is_request && is_at_server,
            Outcome::AnswerRejected => !is_request && is_at_server,
        };
        let is_there = |is_request: bool| match self.verdict.outcome {
            Outcome::Served => true,
            Outcome::RequestRejected | Outcome::Blocked => is_request,
            // The answer leaves the server and is dropped.
            Outcome::AnswerRejected => is_request || is_at_server,
        };
        let windows = self.windows();
        for (place, (start, end)) in windows.iter().copied().enumerate() {
            for is_request in [true, false].into_iter().filter(|is_request| is_there(*is_request)) {
                let whole = if is_request { self.out } else { self.back };
                records.push(Record {
                    at: view.at,
                    is_request,
                    client: view.client,
                    server: view.server,
                    protocol: self.protocol,
                    volume: share(whole, place, windows.len()),
                    start,
                    end,
                    flags: self.flags(is_request, place, windows.len()),
                    is_egress: view.asks == is_request,
                    path: view.path,
                    is_accepted: !is_rejected(is_request),
                    is_blocked: self.verdict.outcome == Outcome::Blocked,
                });
            }
        }
    }

    /// The time of the connection, split by minutes.
    fn windows(&self) -> Vec<(EpochSeconds, EpochSeconds)> {
        let mut windows = Vec::new();
        let mut start = self.start;
        while start <= self.end {
            let next = (start.div_euclid(LONGEST_S) + 1) * LONGEST_S;
            windows.push((start, self.end.min(next - 1)));
            start = next;
        }
        windows
    }

    /// The TCP flags of one direction in one of the windows: those that AWS records, combined by OR.
    fn flags(&self, is_request: bool, place: usize, count: usize) -> u8 {
        if self.protocol != TCP || self.life == Life::Ongoing {
            return 0;
        }
        let opening = if is_request { SYN } else { SYN | ACK };
        if self.verdict.outcome != Outcome::Served {
            return opening;
        }
        let is_reset = is_request && self.client.port.is_multiple_of(16);
        let closing = if is_reset { RST } else { FIN };
        let is_first = if place == 0 { opening } else { 0 };
        is_first | if place + 1 == count { closing } else { 0 }
    }
}

/// An end as the interface `at` records it: its own address is always the primary one.
fn seen(end: &End<'_>, at: &Interface) -> Seen {
    let is_own = end.interface.is_some_and(|interface| interface.id == at.id);
    let primary = at.addresses.iter().find(|address| address.is_ipv4() == end.address.is_ipv4());
    let address = primary.filter(|_| is_own).map_or(end.address, |primary| *primary);
    Seen { address, packet: end.address, port: end.port, service: end.service }
}

/// The share of one of `count` windows in a volume; the first one also gets the remainder.
fn share(whole: Volume, place: usize, count: usize) -> Volume {
    let count = u64::try_from(count).unwrap_or(1).max(1);
    let of = |number: u64| number / count + if place == 0 { number % count } else { 0 };
    Volume { packets: of(whole.packets), bytes: of(whole.bytes) }
}

impl Record<'_> {
    /// Writes the record as a line.
    pub(super) fn write(&self, text: &mut String, inventory: &Inventory, az: &str) {
        let (from, to) = if self.is_request { (self.client, self.server) } else { (self.server, self.client) };
        let at = self.at;
        let instance = at.owner.as_deref().filter(|owner| owner.starts_with("i-")).unwrap_or("-");
        let family = if from.address.is_ipv4() { "IPv4" } else { "IPv6" };
        let action = if self.is_accepted { "ACCEPT" } else { "REJECT" };
        let direction = if self.is_egress { "egress" } else { "ingress" };
        let _ = write!(
            text,
            "8 {} {} {} {} {} {} {} {} ",
            inventory.account, at.id, from.address, to.address, from.port, to.port, self.protocol, self.volume.packets
        );
        // Traffic that Block Public Access drops has no byte count.
        let _ = if self.is_blocked { write!(text, "-") } else { write!(text, "{}", self.volume.bytes) };
        let _ = write!(
            text,
            " {} {} {action} OK {} {} {instance} {} {family} {} {} {} {az} {} {} {direction} ",
            self.start,
            self.end,
            at.vpc,
            at.subnet,
            self.flags,
            from.packet,
            to.packet,
            inventory.region,
            from.service,
            to.service,
        );
        let _ = if self.is_egress { write!(text, "{}", self.path) } else { write!(text, "-") };
        text.push_str(if self.is_blocked { " BPA\n" } else { " -\n" });
    }
}

/// Writes a record of an interval without traffic, or with lost records.
pub(super) fn write_status(
    text: &mut String,
    inventory: &Inventory,
    at: &Interface,
    az: &str,
    status: &str,
    (start, end): (EpochSeconds, EpochSeconds),
) {
    let _ = writeln!(
        text,
        "8 {} {} - - - - - - - {start} {end} - {status} {} {} - - - - - {} {az} - - - - -",
        inventory.account, at.id, at.vpc, at.subnet, inventory.region
    );
}
