//! The traffic of the demo's network: who talks to whom, how much, and when.

use std::fmt::Write;
use std::net::IpAddr;

use super::super::slot::SLOT_S;
use crate::account::inventory::{Interface, Inventory};
use crate::value::EpochSeconds;

/// The longest interval of a record, in seconds.
pub(super) const LONGEST_S: i64 = 60;

/// Flows of a slot at the peak; as internal flows are recorded at both ends, a day has about 300,000 records.
const FLOWS_PER_SLOT: u64 = 1_940;

const FIELDS: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
                      action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id \
                      pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path";

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>, small, and the same on every machine.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Skewed to small numbers, like the volumes of talkers in a network.
    const fn skewed(&mut self, bound: u64) -> u64 {
        let most = self.below(bound) + 1;
        self.below(most)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
        from.get(usize::try_from(self.below(count)).ok()?)
    }
}

/// The far side of a flow.
#[derive(Clone, Copy)]
enum Far {
    /// Interfaces of this name.
    Named(&'static str),
    /// Customers on the internet.
    Customers,
    /// Scanners on the internet.
    Scanners,
    /// An AWS service's public addresses.
    Service(&'static str),
    /// Servers on the internet.
    Servers,
}

/// A traffic pattern: interfaces of one name that send to one far side.
#[derive(Clone, Copy)]
struct Habit {
    /// The frequency relative to the other habits.
    weight: u64,
    /// The interfaces of this name send to `far`, or receive from it if the traffic comes in from the internet.
    near: &'static str,
    /// The far side.
    far: Far,
    is_inbound: bool,
    ports: &'static [u16],
    protocol: u8,
    /// The largest number of packets.
    packets: u64,
    accepted: bool,
    /// Whether it is quiet at night.
    is_daily: bool,
}

const fn habit(weight: u64, near: &'static str, far: Far, ports: &'static [u16], packets: u64) -> Habit {
    Habit { weight, near, far, is_inbound: false, ports, protocol: 6, packets, accepted: true, is_daily: true }
}

const fn inbound(habit: Habit) -> Habit {
    Habit { is_inbound: true, ..habit }
}

const fn refused(habit: Habit) -> Habit {
    Habit { accepted: false, packets: 3, ..habit }
}

const fn always(habit: Habit) -> Habit {
    Habit { is_daily: false, ..habit }
}

const fn udp(habit: Habit) -> Habit {
    Habit { protocol: 17, ..habit }
}

const SCANNED: &[u16] = &[22, 23, 445, 3389, 5900, 6379, 8080, 9200];

const HABITS: &[Habit] = &[
    inbound(habit(260, "shop-alb", Far::Customers, &[443, 443, 443, 80], 60)),
    habit(180, "shop-alb", Far::Named("web"), &[8080], 50),
    habit(160, "web", Far::Named("api"), &[9000], 40),
    habit(140, "api", Far::Named("orders-db"), &[5432], 90),
    habit(40, "api", Far::Service("DYNAMODB"), &[443], 20),
    habit(30, "checkout", Far::Named("orders-db"), &[5432], 40),
    habit(15, "invoice", Far::Named("dynamodb"), &[443], 10),
    habit(20, "web", Far::Named("s3"), &[443], 200),
    // The batch job goes to S3 through the NAT gateway, at night as well.
    always(habit(60, "worker", Far::Named("prod-nat-a"), &[443], 4_000)),
    always(habit(60, "prod-nat-a", Far::Service("S3"), &[443], 4_000)),
    habit(12, "prod-nat-b", Far::Servers, &[443], 60),
    always(refused(inbound(habit(110, "bastion", Far::Scanners, SCANNED, 3)))),
    always(refused(inbound(habit(60, "shop-alb", Far::Scanners, SCANNED, 3)))),
    always(inbound(habit(8, "bastion", Far::Scanners, &[22], 12))),
    // The traffic that the two mistakes reject.
    refused(habit(14, "worker", Far::Named("orders-db"), &[5432], 3)),
    refused(habit(18, "shop-alb", Far::Named("web"), &[8080], 3)),
    always(udp(habit(40, "api", Far::Servers, &[123], 2))),
    habit(10, "bastion", Far::Named("web"), &[22], 300),
    habit(50, "staging-web", Far::Named("staging-api"), &[8080], 20),
    habit(12, "staging-nat", Far::Servers, &[443], 80),
    always(habit(18, "ci", Far::Servers, &[443], 900)),
];

/// The habits of a network, with their interfaces resolved.
pub(super) struct Traffic<'a> {
    inventory: &'a Inventory,
    total_weight: u64,
}

/// One end of a flow.
#[derive(Clone, Copy)]
struct End<'a> {
    address: IpAddr,
    port: u16,
    interface: Option<&'a Interface>,
    service: &'a str,
}

impl<'a> Traffic<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        Self { inventory, total_weight: HABITS.iter().map(|habit| habit.weight).sum() }
    }

    /// The records of the slot that starts at `slot`, without those that end after `now`.
    pub(super) fn slot(&self, slot: EpochSeconds, now: EpochSeconds) -> Vec<u8> {
        let mut random = Random(slot.cast_unsigned() ^ 0x5eed);
        let mut text = format!("{FIELDS}\n");
        let rhythm = rhythm(slot);
        for _ in 0..FLOWS_PER_SLOT {
            let Some(habit) = self.choose(&mut random) else { break };
            let keep = random.below(1_000);
            if habit.is_daily && keep >= rhythm {
                continue;
            }
            self.flow(&mut text, &mut random, habit, slot, now);
        }
        text.into_bytes()
    }

    fn choose(&self, random: &mut Random) -> Option<&'static Habit> {
        let mut place = random.below(self.total_weight);
        HABITS.iter().find(|habit| {
            let is_it = place < habit.weight;
            place = place.saturating_sub(habit.weight);
            is_it
        })
    }

    fn interfaces(&self, name: &str) -> Vec<&'a Interface> {
        self.inventory.interfaces.iter().filter(|interface| interface.name.as_deref() == Some(name)).collect()
    }

    fn flow(&self, text: &mut String, random: &mut Random, habit: &Habit, slot: i64, now: i64) {
        let mut near = self.interfaces(habit.near);
        let mut far = if let Far::Named(name) = habit.far { self.interfaces(name) } else { Vec::new() };
        if habit.near == "shop-alb" && matches!(habit.far, Far::Named("web")) {
            // The ACL of zone b denies only the load balancer of zone b.
            let is_b = |interface: &&&Interface| self.zone_b(interface);
            if habit.accepted {
                near.retain(|interface| !is_b(&interface));
            } else {
                near.retain(|interface| is_b(&interface));
                far.retain(|interface| is_b(&interface));
            }
        }
        let Some(near) = random.pick(&near).copied() else { return };
        let server_port = random.pick(habit.ports).copied().unwrap_or(0);
        let client_port = u16::try_from(32_768 + random.below(28_000)).unwrap_or(u16::MAX);
        let far = match habit.far {
            Far::Named(_) => random.pick(&far).map(|interface| (interface.addresses[0], Some(*interface), "-")),
            Far::Customers => Some((public(81, random.skewed(40_000)), None, "-")),
            Far::Scanners => Some((public(198, random.skewed(600)), None, "-")),
            Far::Service(service) => Some((public(52, random.skewed(30)), None, service)),
            Far::Servers => Some((public(142, random.skewed(80)), None, "-")),
        };
        let Some((far_address, far_interface, service)) = far else { return };
        let (near_port, far_port) =
            if habit.is_inbound { (server_port, client_port) } else { (client_port, server_port) };
        let near = End { address: near.addresses[0], port: near_port, interface: Some(near), service: "-" };
        let far = End { address: far_address, port: far_port, interface: far_interface, service };
        let (from, to) = if habit.is_inbound { (far, near) } else { (near, far) };
        let packets = if habit.accepted { 2 + random.skewed(habit.packets) } else { 1 + random.below(habit.packets) };
        let bytes = packets * (52 + random.below(900));
        let start = slot + i64::try_from(random.below(SLOT_S.cast_unsigned())).unwrap_or(0);
        let end = start + 10 + i64::try_from(random.below(LONGEST_S.cast_unsigned() - 10)).unwrap_or(0);
        if end > now {
            return;
        }
        let record = Record { from, to, protocol: habit.protocol, packets, bytes, start, end };
        // A group or an ACL rejects at the receiving interface; the sender saw the packet leave.
        record.write(text, self.inventory, from.interface, true, true);
        record.write(text, self.inventory, to.interface, false, habit.accepted);
    }

    fn zone_b(&self, interface: &Interface) -> bool {
        let subnet = self.inventory.subnets.iter().find(|subnet| subnet.id == interface.subnet);
        subnet.is_some_and(|subnet| subnet.az.ends_with('2'))
    }
}

/// The share of the day's peak traffic in a slot, in thousandths: highest at 15:00 UTC, lowest at 3:00.
fn rhythm(slot: EpochSeconds) -> u64 {
    let minutes = slot.rem_euclid(86_400) / 60;
    let from_peak = (minutes - 15 * 60).rem_euclid(24 * 60);
    let away = from_peak.min(24 * 60 - from_peak);
    (1_000 - away * 750 / (12 * 60)).cast_unsigned()
}

/// An address of the internet; the same number gives the same address.
fn public(first: u8, number: u64) -> IpAddr {
    let [b, c, d, ..] = Random(number ^ u64::from(first)).next().to_le_bytes();
    let address = if first == 198 { [198, 51, 100, d] } else { [first, b | 64, c, d] };
    IpAddr::from(address)
}

struct Record<'a> {
    from: End<'a>,
    to: End<'a>,
    protocol: u8,
    packets: u64,
    bytes: u64,
    start: EpochSeconds,
    end: EpochSeconds,
}

impl Record<'_> {
    /// Writes the record as an interface sees it; nothing if there is no interface.
    fn write(&self, text: &mut String, inventory: &Inventory, at: Option<&Interface>, is_egress: bool, accepted: bool) {
        let Some(at) = at else { return };
        let Self { from, to, .. } = self;
        let action = if accepted { "ACCEPT" } else { "REJECT" };
        let flags = match (self.protocol, accepted) {
            (6, true) => 3,
            (6, false) => 2,
            _ => 0,
        };
        let az = inventory.subnets.iter().find(|subnet| subnet.id == at.subnet).map_or("-", |subnet| &subnet.az);
        let instance = at.owner.as_deref().filter(|owner| owner.starts_with("i-")).unwrap_or("-");
        let (direction, path) = match (is_egress, to.interface.is_some()) {
            (false, _) => ("ingress", "-"),
            (true, true) => ("egress", "1"),
            (true, false) => ("egress", "8"),
        };
        let _ = writeln!(
            text,
            "5 {} {} {} {} {} {} {} {} {} {} {} {action} OK {} {} {instance} {flags} IPv4 {} {} {} {az} {} {} {direction} {path}",
            inventory.account,
            at.id,
            from.address,
            to.address,
            from.port,
            to.port,
            self.protocol,
            self.packets,
            self.bytes,
            self.start,
            self.end,
            at.vpc,
            at.subnet,
            from.address,
            to.address,
            inventory.region,
            from.service,
            to.service,
        );
    }
}
