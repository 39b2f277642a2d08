//! The traffic of the demo's network in a slot: random connections, and the records of each.

use std::collections::HashMap;

use super::super::slot::SLOT_S;
use super::connection::{Connection, End, TRUTH_FIELDS, Volume};
use super::firewall::{Attempt, Outcome, Verdict};
use super::habit::{HABITS, Habit, Life, Party};
use super::network::nat_of;
use super::random::Random;
use super::record::{FIELDS, write_status};
use crate::account::inventory::{Interface, Inventory};
use crate::value::EpochSeconds;

pub(super) use super::record::LONGEST_S;

/// The number of connections in a slot at the peak; a day has about 300,000 records.
const CONNECTIONS_PER_SLOT: u64 = 700;

/// The seed of the demo account.
pub(super) const SEED: u64 = 0x5eed;

/// The records of a slot, and the truth about them.
pub(super) struct Slot {
    /// Flow log records, as text.
    pub(super) records: String,
    /// The connections behind the records, as CSV.
    pub(super) truth: String,
}

/// The habits of a network, with their interfaces resolved.
pub(super) struct Traffic<'a> {
    inventory: &'a Inventory,
    by_name: HashMap<&'a str, Vec<&'a Interface>>,
    /// The Availability Zones of subnets.
    zones: HashMap<&'a str, &'a str>,
    total_weight: u64,
    seed: u64,
}

impl<'a> Traffic<'a> {
    pub(super) fn new(inventory: &'a Inventory, seed: u64) -> Self {
        let mut by_name: HashMap<&str, Vec<&Interface>> = HashMap::new();
        for interface in &inventory.interfaces {
            by_name.entry(interface.name.as_deref().unwrap_or_default()).or_default().push(interface);
        }
        let zones = inventory.subnets.iter().map(|subnet| (subnet.id.as_str(), subnet.az.as_str())).collect();
        let total_weight = HABITS.iter().map(|habit| habit.weight).sum();
        Self { inventory, by_name, zones, total_weight, seed }
    }

    /// The slot that starts at `slot`, without records that end after `now`.
    pub(super) fn slot(&self, slot: EpochSeconds, now: EpochSeconds) -> Slot {
        let mut records = format!("{FIELDS}\n");
        let mut truth = format!("{TRUTH_FIELDS}\n");
        for connection in self.connections(slot) {
            for record in connection.records().iter().filter(|record| record.end <= now) {
                record.write(&mut records, self.inventory, self.zone(record.at));
            }
            connection.write_truth(&mut truth);
        }
        self.write_statuses(&mut records, slot, now);
        Slot { records, truth }
    }

    /// The connections of the slot that starts at `slot`.
    pub(super) fn connections(&self, slot: EpochSeconds) -> Vec<Connection<'a>> {
        let mut random = Random::new(slot.cast_unsigned() ^ self.seed);
        let rhythm = rhythm(slot);
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS_PER_SLOT {
            let Some(habit) = self.choose(&mut random) else { break };
            let is_kept = random.below(1_000) < rhythm || !habit.is_daily;
            if is_kept {
                connections.extend(self.connection(&mut random, habit, slot));
            }
        }
        connections
    }

    fn zone(&self, interface: &Interface) -> &'a str {
        self.zones.get(interface.subnet.as_str()).copied().unwrap_or("-")
    }

    fn choose(&self, random: &mut Random) -> Option<&'static Habit> {
        let mut place = random.below(self.total_weight);
        HABITS.iter().find(|habit| {
            let is_it = place < habit.weight;
            place = place.saturating_sub(habit.weight);
            is_it
        })
    }

    /// An end of a party: an interface of the network, at any of its addresses, or an internet address.
    fn end(&self, random: &mut Random, party: Party, port: u16, other: Option<&Interface>) -> Option<End<'a>> {
        if let Some((address, service)) = party.outside(random) {
            return Some(End { interface: None, address, port, service });
        }
        let Party::Named(name) = party else { return None };
        // An interface does not talk to itself over the network.
        let is_other = |interface: &&&Interface| other.is_none_or(|other| other.id != interface.id);
        let interfaces: Vec<&Interface> = self.by_name.get(name)?.iter().filter(is_other).copied().collect();
        let interface = *random.pick(&interfaces)?;
        let v4: Vec<_> = interface.addresses.iter().filter(|address| address.is_ipv4()).collect();
        Some(End { interface: Some(interface), address: **random.pick(&v4)?, port, service: "-" })
    }

    fn connection(&self, random: &mut Random, habit: &Habit, slot: EpochSeconds) -> Option<Connection<'a>> {
        let has_ports = habit.protocol != 1;
        let client_port = if has_ports { random.port(habit.ephemeral.ports()) } else { 0 };
        let server_port = random.pick(habit.ports).copied().unwrap_or(0);
        let client = self.end(random, habit.client, client_port, None)?;
        let mut server = self.end(random, habit.server, server_port, client.interface)?;
        if client.address.is_ipv6() {
            server.address = *server.interface?.addresses.iter().find(|address| address.is_ipv6())?;
        }
        let nat =
            client.interface.filter(|_| server.interface.is_none()).and_then(|client| nat_of(self.inventory, client));
        let nat = nat.map(|nat| (nat, random.port(1_024..=65_535)));
        let verdict = self.judge(&client, &server, habit.protocol);
        let (start, end) = times(random, habit.life, slot);
        let is_served = verdict.outcome == Outcome::Served;
        let minutes = (end - start).cast_unsigned() / 60 + 1;
        let out = volume(random, if is_served { habit.packets } else { 3 }, minutes + 1, 240);
        let most_back = if is_served { out.packets + habit.packets / 2 } else { 2 };
        let back = volume(random, most_back, minutes + 1, 1_300);
        let end = if is_served { end } else { end.min(start + 3) };
        let purpose = habit.purpose;
        let life = if is_served { habit.life } else { Life::Short };
        Some(Connection {
            purpose,
            client,
            server,
            protocol: habit.protocol,
            nat,
            verdict,
            out,
            back,
            start,
            end,
            life,
        })
    }

    fn judge(&self, client: &End<'a>, server: &End<'a>, protocol: u8) -> Verdict {
        let Some(at) = server.interface else {
            return Verdict { outcome: Outcome::Served, by: "the internet".into() };
        };
        let attempt = Attempt {
            client: client.address,
            client_port: client.port,
            client_interface: client.interface,
            server: at,
            server_port: server.port,
            protocol,
        };
        attempt.judge(self.inventory)
    }

    /// Writes minutes without traffic at a rarely used database, and now and then a lost record.
    fn write_statuses(&self, records: &mut String, slot: EpochSeconds, now: EpochSeconds) {
        let mut random = Random::new(slot.cast_unsigned() ^ self.seed ^ 0xda7a);
        for (name, status, minutes) in [("bought-db", "NODATA", 3), ("staging-nat", "SKIPDATA", random.below(2))] {
            let Some(at) = self.by_name.get(name).and_then(|interfaces| interfaces.first()) else { continue };
            for _ in 0..minutes {
                let start = slot + random.seconds(SLOT_S / LONGEST_S) * LONGEST_S;
                if start + LONGEST_S - 1 <= now {
                    let interval = (start, start + LONGEST_S - 1);
                    write_status(records, self.inventory, at, self.zone(at), status, interval);
                }
            }
        }
    }
}

/// The start and the end of a connection, both within the slot.
fn times(random: &mut Random, life: Life, slot: EpochSeconds) -> (EpochSeconds, EpochSeconds) {
    let last = slot + SLOT_S - 1;
    match life {
        Life::Ongoing => (slot, last),
        Life::Long => {
            let start = slot + random.seconds(SLOT_S / 2);
            (start, (start + 120 + random.seconds(SLOT_S / 2)).min(last))
        }
        Life::Short => {
            let start = slot + random.seconds(SLOT_S);
            (start, (start + random.seconds(25)).min(last))
        }
    }
}

/// A random volume with at least `least` packets.
fn volume(random: &mut Random, most: u64, least: u64, packet_bytes: u64) -> Volume {
    let packets = least + random.skewed(most.max(1));
    Volume { packets, bytes: packets * (52 + random.below(packet_bytes)) }
}

/// The share of the day's peak traffic in a slot, in thousandths: highest at 15:00 UTC, lowest at 3:00.
fn rhythm(slot: EpochSeconds) -> u64 {
    let minutes = slot.rem_euclid(86_400) / 60;
    let from_peak = (minutes - 15 * 60).rem_euclid(24 * 60);
    let away = from_peak.min(24 * 60 - from_peak);
    (1_000 - away * 750 / (12 * 60)).cast_unsigned()
}
