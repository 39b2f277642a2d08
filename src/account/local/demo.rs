//! The demo account: a realistic embedded account that the program itself generates.
//!
//! Its network is always the same. Its records are generated in slots of ten minutes, each from its own seed, so that a
//! slot always has the same records. Whenever the account is read, the slots up to now are added, and those older than
//! a day are removed. Two mistakes wait to be found: `demo-db` lacks a rule for `worker`, and the ACL of
//! `prod-private-b` denies the traffic of the load balancer.

mod network;
mod traffic;

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
pub(super) use network::network;

/// The age of the oldest records, in seconds.
const KEPT_S: i64 = 24 * 60 * 60;

/// Creates the demo account in `folder`, or extends the existing one up to now.
///
/// # Errors
///
/// [`Error::Io`] where the folder cannot be written.
pub fn refresh(folder: &Path, now: EpochSeconds) -> Result<(), Error> {
    let records = folder.join("records");
    fs::create_dir_all(&records).map_err(|source| failed("make", &records, source))?;
    let inventory = network();
    let file = folder.join("inventory.json");
    let text = serde_json::to_string_pretty(&inventory).map_err(|error| failed("write", &file, error.into()))?;
    replace(&file, text.as_bytes())?;
    make_slots(&records, &inventory, now)?;
    create_first_flow_logs(folder, &inventory, now)
}

fn failed(action: &'static str, file: &Path, source: io::Error) -> Error {
    Error::Io { action, file: file.to_path_buf(), source }
}

/// Replaces a file atomically.
fn replace(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, file)).map_err(|source| failed("write", file, source))
}

/// Generates the slots of the last day: those that are missing, and again those that were not over yet.
///
/// # Errors
///
/// [`Error::Io`] where the folder cannot be written.
pub(super) fn make_slots(records: &Path, inventory: &Inventory, now: EpochSeconds) -> Result<(), Error> {
    let first = (now - KEPT_S).div_euclid(SLOT_S) * SLOT_S;
    let name = |slot: i64| records.join(format!("{SLOT_PREFIX}{slot}.log.gz"));
    let slots: Vec<i64> = (first..=now).step_by(usize::try_from(SLOT_S).unwrap_or(1)).collect();
    // A slot is incomplete if its last records still lay ahead when it was generated.
    let is_whole = |slot: i64| made_at(&name(slot)).is_some_and(|made| slot + SLOT_S + traffic::LONGEST_S < made);
    let missing: Vec<i64> = slots.iter().copied().filter(|slot| !is_whole(*slot)).collect();
    let traffic = traffic::Traffic::new(inventory);
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(slot) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let file = name(*slot);
                        replace(&file, &compressed(&traffic.slot(*slot, now)))?;
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
    remove_before(records, first)
}

/// The time up to which a slot has records, which is its file's modification time.
fn made_at(file: &Path) -> Option<EpochSeconds> {
    let changed = fs::metadata(file).ok()?.modified().ok()?;
    i64::try_from(changed.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

fn set_made_at(file: &Path, now: EpochSeconds) -> io::Result<()> {
    let since = Duration::from_secs(now.max(0).cast_unsigned());
    fs::File::options().write(true).open(file)?.set_modified(UNIX_EPOCH + since)
}

fn compressed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(text);
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

/// Creates the flow logs that the demo begins with: of the VPCs, a group, and a NAT gateway.
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
    ];
    State::new(folder).change(|entries| {
        for (kind, name) in first {
            let found = inventory.resources(kind).into_iter().find(|resource| resource.name.as_deref() == Some(name));
            let Some(resource) = found else { continue };
            entries.push(Entry {
                id: format!("fl-{}", id_digits(name)),
                kind: kind.name().into(),
                resource: resource.id.clone(),
                log_group: resource.log_group(),
                interfaces: if kind.covers_whole() { Vec::new() } else { resource.interfaces },
                created: now - 30 * 24 * 60 * 60,
                records_from: now - 30 * 24 * 60 * 60,
                retention_days: DEFAULT_RETENTION_DAYS,
                aggregation_s: DEFAULT_AGGREGATION_S,
                expiry: None,
            });
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochSeconds = 1_795_435_200;

    #[test]
    fn the_same_slot_has_the_same_records_whenever_it_is_made() {
        let inventory = network();
        let traffic = traffic::Traffic::new(&inventory);
        let slot = NOW - 3 * SLOT_S;
        let once = traffic.slot(slot, NOW);
        assert_eq!(once, traffic.slot(slot, NOW + 86_400));
        assert_ne!(once, traffic.slot(slot + SLOT_S, NOW));
        assert!(once.split(|byte| *byte == b'\n').count() > 500);
    }

    #[test]
    fn no_record_is_ahead_of_now() {
        let inventory = network();
        let text = traffic::Traffic::new(&inventory).slot(NOW - 100, NOW);
        let text = String::from_utf8(text).unwrap();
        let ends: Vec<i64> =
            text.lines().skip(1).map(|line| line.split(' ').nth(11).unwrap().parse().unwrap()).collect();
        assert!(!ends.is_empty() && ends.iter().all(|end| *end <= NOW));
    }

    #[test]
    fn a_day_is_kept_and_brought_up_to_now() {
        let folder = tempfile::tempdir().unwrap();
        let slots = |now| {
            refresh(folder.path(), now).unwrap();
            let mut slots: Vec<i64> = fs::read_dir(folder.path().join("records"))
                .unwrap()
                .filter_map(|entry| slot_of(&entry.unwrap().path()))
                .collect();
            slots.sort_unstable();
            slots
        };
        let before = slots(NOW);
        assert_eq!((before.len(), before[0], before[144]), (145, NOW - 86_400, NOW));
        let file = folder.path().join(format!("records/{SLOT_PREFIX}{NOW}.log.gz"));
        let whole = compressed(&traffic::Traffic::new(&network()).slot(NOW, NOW + 86_400));
        assert_ne!(fs::read(&file).unwrap(), whole);
        let after = slots(NOW + 1_200);
        // A slot that was incomplete when it was generated is complete now.
        assert_eq!(fs::read(&file).unwrap(), whole);
        assert_eq!((after.len(), after[0], after[144]), (145, NOW - 85_200, NOW + 1_200));
    }
}
