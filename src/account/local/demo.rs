//! The demo account: a realistic embedded account that the program itself generates.
//!
//! Its network is always the same. Its records are generated in slots of ten minutes, each from its own seed, so that a
//! slot always has the same records. Whenever the account is read, the slots up to now are added, and those older than
//! a day are removed. The truth about a slot (the client and server of each connection, its purpose, and the rule that
//! decided it) is stored next to its records. The network has mistakes to be found: `demo-db` lacks a rule for
//! `worker`, the ACL of `prod-private-b` denies the traffic of the load balancer, and that of `bought-data-a` drops
//! answers to clients on low ports.

mod connection;
mod firewall;
mod habit;
mod network;
mod random;
mod record;
mod traffic;
mod ways;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::id::id_digits;
use super::slot::{SLOT_PREFIX, SLOT_S, slot_of};
use super::state::{Entry, Error, State};
use crate::account::inventory::Inventory;
use crate::account::settings::{DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS};
use crate::kind::TargetKind;
use crate::value::EpochSeconds;
use traffic::{LONGEST_S, SEED, Traffic};

/// The ages of the demo's first flow logs, in seconds.
const YOUNGEST_S: i64 = 20 * 60;
const OLD_S: i64 = 30 * 24 * 60 * 60;

/// The age of the oldest records, in seconds.
const KEPT_S: i64 = 24 * 60 * 60;

/// The demo's inventory.
pub(super) fn network() -> Inventory {
    let vpcs = network::vpcs();
    Inventory { routing: Some(ways::routing(&vpcs)), ..vpcs }
}

/// Creates the demo account in `folder`, or extends an existing one up to now.
///
/// # Errors
///
/// [`Error::Io`] if the folder cannot be written.
pub fn refresh(folder: &Path, now: EpochSeconds) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| failed("make", folder, source))?;
    let inventory = network();
    check_is_ours(folder, &inventory)?;
    let file = folder.join("inventory.json");
    let text = serde_json::to_string_pretty(&inventory).map_err(|error| failed("write", &file, error.into()))?;
    replace(&file, text.as_bytes())?;
    make_slots(folder, &inventory, now)?;
    create_first_flow_logs(folder, &inventory, now)
}

/// Checks that a folder is empty, or has a demo account of this or an earlier version: other files belong to the user.
fn check_is_ours(folder: &Path, demo: &Inventory) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|source| failed("read", folder, source))?;
    // A demo that was interrupted while it wrote its first file may have left the temporary one.
    let is_of_somebody = |name: &str| !name.starts_with("inventory.new-");
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().display().to_string()).collect();
    names.retain(|name| is_of_somebody(name));
    names.sort();
    let Some(first) = names.first() else { return Ok(()) };
    let is_demo = |there: &Inventory| {
        let first = demo.vpcs.first();
        there.account == demo.account && there.vpcs.iter().any(|vpc| first.is_some_and(|first| first.id == vpc.id))
    };
    let file = folder.join("inventory.json");
    let found = if file.exists() { "inventory.json" } else { first.as_str() };
    let there = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Inventory>(&text).ok());
    if there.as_ref().is_some_and(is_demo) {
        return Ok(());
    }
    Err(Error::NotADemo { folder: folder.into(), found: found.into() })
}

fn failed(action: &'static str, file: &Path, source: io::Error) -> Error {
    Error::Io { action, file: file.to_path_buf(), source }
}

/// Replaces a file atomically.
fn replace(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, file)).map_err(|source| failed("write", file, source))
}

/// Generates the slots of the last day: their records in the folder `records`, the truth about them in `truth`.
/// Generates those that are missing, and again those that were incomplete.
///
/// # Errors
///
/// [`Error::Io`] if the folder cannot be written.
pub(super) fn make_slots(folder: &Path, inventory: &Inventory, now: EpochSeconds) -> Result<(), Error> {
    let first = (now - KEPT_S).div_euclid(SLOT_S) * SLOT_S;
    let [records, truth] = ["records", "truth"].map(|name| folder.join(name));
    for folder in [&records, &truth] {
        fs::create_dir_all(folder).map_err(|source| failed("make", folder, source))?;
    }
    let name = |slot: i64| records.join(format!("{SLOT_PREFIX}{slot}.log.gz"));
    let name_of_truth = |slot: i64| truth.join(format!("{SLOT_PREFIX}{slot}.csv.gz"));
    let slots: Vec<i64> = (first..=now).step_by(usize::try_from(SLOT_S).unwrap_or(1)).collect();
    // A slot is incomplete if it was generated before its last records ended.
    let is_whole = |slot: i64| made_at(&name(slot)).is_some_and(|made| slot + SLOT_S + LONGEST_S < made);
    let missing: Vec<i64> = slots.iter().copied().filter(|slot| !is_whole(*slot)).collect();
    let traffic = Traffic::new(inventory, SEED);
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(slot) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let file = name(*slot);
                        let made = traffic.slot(*slot, now);
                        replace(&name_of_truth(*slot), &compressed(&made.truth))?;
                        replace(&file, &compressed(&made.records))?;
                        set_made_at(&file, now).map_err(|source| failed("write", &file, source))?;
                    }
                    Ok::<(), Error>(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    remove_before(&truth, first)?;
    remove_before(&records, first)
}

/// The time up to which a slot has records: its file's modification time.
fn made_at(file: &Path) -> Option<EpochSeconds> {
    let changed = fs::metadata(file).ok()?.modified().ok()?;
    i64::try_from(changed.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

fn set_made_at(file: &Path, now: EpochSeconds) -> io::Result<()> {
    let since = Duration::from_secs(now.max(0).cast_unsigned());
    fs::File::options().write(true).open(file)?.set_modified(UNIX_EPOCH + since)
}

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

fn remove_before(records: &Path, first: EpochSeconds) -> Result<(), Error> {
    let entries = fs::read_dir(records).map_err(|source| failed("read", records, source))?;
    for file in entries.flatten().map(|entry| entry.path()) {
        if slot_of(&file).is_some_and(|slot| slot < first) {
            fs::remove_file(&file).map_err(|source| failed("remove", &file, source))?;
        }
    }
    Ok(())
}

/// Creates the demo's first flow logs: of the VPCs, an instance group, and a NAT gateway. The one of the bought VPC is
/// new, so that most windows begin before it.
fn create_first_flow_logs(folder: &Path, inventory: &Inventory, now: EpochSeconds) -> Result<(), Error> {
    let marker: PathBuf = folder.join("flow-logs.json");
    if marker.exists() {
        return Ok(());
    }
    let first = [
        (TargetKind::Vpc, "prod"),
        (TargetKind::Vpc, "staging"),
        (TargetKind::SecurityGroup, "demo-web"),
        (TargetKind::NatGateway, "prod-nat-a"),
        (TargetKind::Subnet, "bought-app-a"),
        (TargetKind::Subnet, "bought-data-a"),
    ];
    State::new(folder).change(|entries| {
        for (kind, name) in first {
            let found = inventory.resources(kind).into_iter().find(|resource| resource.name.as_deref() == Some(name));
            let Some(resource) = found else { continue };
            let created = if name.starts_with("bought") { now - YOUNGEST_S } else { now - OLD_S };
            entries.push(Entry {
                id: format!("fl-{}", id_digits(name)),
                kind: kind.name().into(),
                resource: resource.id.clone(),
                log_group: resource.log_group(),
                interfaces: if kind.covers_whole() { Vec::new() } else { resource.interfaces },
                created,
                records_from: created,
                retention_days: DEFAULT_RETENTION_DAYS,
                aggregation_s: DEFAULT_AGGREGATION_S,
                expiry: None,
            });
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
