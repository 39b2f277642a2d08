//! Inventories of earlier days, in a private folder: they name interfaces that are gone.
//!
//! A day's file has the resources of that day's last inventory, and those that disappeared earlier in the day.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::account::inventory::Inventory;
use crate::private::{private_file, private_folder};
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// The days for which inventories are kept.
const DAYS: i32 = 30;

/// An inventory, and the first second of its day.
pub(super) type OfDay = (EpochSeconds, Inventory);

/// The inventories of an account in a Region: a folder with a file for each day.
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// The inventories below `root`; `None` if the account or the Region cannot name a folder.
    pub(super) fn new(root: &Path, account: &str, region: &str) -> Option<Self> {
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (is_name(account) && is_name(region)).then(|| Self { folder: root.join(account).join(region) })
    }

    /// Keeps an inventory as that of a day, and removes inventories that are too old. Replaces the file as a whole,
    /// unless nothing has changed.
    ///
    /// # Errors
    ///
    /// I/O errors of the folder.
    pub(super) fn keep(&self, inventory: &Inventory, day: Date) -> io::Result<()> {
        private_folder().recursive(true).create(&self.folder)?;
        let file = self.folder.join(format!("{day}.json"));
        let before = Inventory::read(&file).ok();
        let mut whole = inventory.clone();
        if let Some(before) = &before {
            add_gone(&mut whole, before);
        }
        if before.as_ref() != Some(&whole) {
            replace(&file, &whole)?;
        }
        self.remove_before(day.saturating_sub(DAYS.days()))
    }

    /// Removes the files of the days before `first`, including those that an interrupted process left.
    fn remove_before(&self, first: Date) -> io::Result<()> {
        self.files()?.iter().filter(|(day, _)| *day < first).try_for_each(|(_, file)| fs::remove_file(file))
    }

    /// The inventories that may name what was recorded in a window, by day: those of its days and the last one before
    /// them; if there is none of these, the first one after. Unreadable files are left out.
    pub(super) fn of_window(&self, window: Interval) -> Vec<OfDay> {
        let whole = self.files().unwrap_or_default().into_iter().filter(|(_, file)| has_extension(file, "json"));
        let mut days: Vec<(EpochSeconds, PathBuf)> =
            whole.filter_map(|(day, file)| Some((first_second(day)?, file))).collect();
        let behind = days.partition_point(|(day, _)| *day <= window.until);
        days.truncate(behind.max(1));
        let first = days.partition_point(|(day, _)| *day <= window.from).saturating_sub(1);
        let read = |(day, file): (EpochSeconds, PathBuf)| match Inventory::read(&file) {
            Ok(inventory) => Some((day, inventory)),
            Err(error) => {
                tracing::debug!("a kept inventory is left out: {error}");
                None
            }
        };
        days.into_iter().skip(first).filter_map(read).collect()
    }

    /// The files whose names begin with a day, by day.
    fn files(&self) -> io::Result<Vec<(Date, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some(day) = name.split('.').next().and_then(|day| day.parse().ok()) {
                files.push((day, file));
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The last inventory of each account and Region below `root`, of one Region or of all. Unreadable files are left out.
#[must_use]
pub fn latest_inventories(root: &Path, region: Option<&str>) -> Vec<Inventory> {
    let folders = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_meant = |folder: &PathBuf| region.is_none_or(|region| folder.file_name().is_some_and(|name| name == region));
    let latest = |folder: PathBuf| {
        let files = Kept { folder }.files().unwrap_or_default();
        files.into_iter().rev().find(|(_, file)| has_extension(file, "json")).map(|(_, file)| file)
    };
    let regions = folders(root).flat_map(|account| folders(&account).collect::<Vec<_>>()).filter(is_meant);
    regions.filter_map(latest).filter_map(|file| Inventory::read(&file).ok()).collect()
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|own| own == extension)
}

/// The first second of a day in UTC.
fn first_second(day: Date) -> Option<EpochSeconds> {
    TimeZone::UTC.to_timestamp(day.into()).ok().map(jiff::Timestamp::as_second)
}

/// Writes a new file next to the old one, then replaces the old one.
fn replace(file: &Path, inventory: &Inventory) -> io::Result<()> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let text = serde_json::to_vec(inventory)?;
    let written = private_file().write(true).create(true).truncate(true).open(&new).and_then(|mut open| {
        open.write_all(&text)?;
        open.sync_all()?;
        fs::rename(&new, file)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// Adds the resources that existed earlier and are gone.
fn add_gone(now: &mut Inventory, earlier: &Inventory) {
    add(&mut now.vpcs, &earlier.vpcs, |vpc| &vpc.id);
    add(&mut now.subnets, &earlier.subnets, |subnet| &subnet.id);
    add(&mut now.instances, &earlier.instances, |instance| &instance.id);
    add(&mut now.security_groups, &earlier.security_groups, |group| &group.id);
    add(&mut now.network_acls, &earlier.network_acls, |acl| &acl.id);
    add(&mut now.nat_gateways, &earlier.nat_gateways, |nat| &nat.id);
    add(&mut now.endpoints, &earlier.endpoints, |endpoint| &endpoint.id);
    add(&mut now.interfaces, &earlier.interfaces, |interface| &interface.id);
}

fn add<T: Clone>(now: &mut Vec<T>, earlier: &[T], id: impl Fn(&T) -> &String) {
    let known: BTreeSet<String> = now.iter().map(|one| id(one).clone()).collect();
    now.extend(earlier.iter().filter(|one| !known.contains(id(one))).cloned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::inventory::{VERSION, Vpc};

    const DAY_S: EpochSeconds = 24 * 60 * 60;

    /// An inventory of VPCs.
    fn inventory(vpcs: &[&str]) -> Inventory {
        let vpc = |id: &&str| Vpc { id: (*id).into(), name: None, cidrs: Vec::new(), account: None };
        Inventory { version: VERSION, vpcs: vpcs.iter().map(vpc).collect(), ..Inventory::default() }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn kept(root: &Path) -> Kept {
        Kept::new(root, "123456789012", "eu-west-1").unwrap()
    }

    fn vpcs(inventory: &Inventory) -> Vec<&str> {
        inventory.vpcs.iter().map(|vpc| vpc.id.as_str()).collect()
    }

    #[test]
    fn a_day_has_what_is_there_and_what_was_there_earlier() {
        let root = tempfile::tempdir().unwrap();
        let kept = kept(root.path());
        kept.keep(&inventory(&["vpc-1", "vpc-2"]), day("2026-11-20")).unwrap();
        kept.keep(&inventory(&["vpc-3", "vpc-2"]), day("2026-11-20")).unwrap();
        let file = root.path().join("123456789012/eu-west-1/2026-11-20.json");
        assert_eq!(vpcs(&Inventory::read(&file).unwrap()), ["vpc-3", "vpc-2", "vpc-1"]);
        // An unchanged file is not rewritten.
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        kept.keep(&inventory(&["vpc-3", "vpc-2"]), day("2026-11-20")).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
        // Other users cannot read it.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        }
    }

    #[test]
    fn inventories_are_kept_for_thirty_days() {
        let root = tempfile::tempdir().unwrap();
        let kept = kept(root.path());
        for text in ["2026-10-01", "2026-10-20", "2026-10-21", "2026-11-20"] {
            kept.keep(&inventory(&["vpc-1"]), day(text)).unwrap();
            fs::write(kept.folder.join(format!("{text}.new-1")), "{").unwrap();
        }
        kept.keep(&inventory(&["vpc-1"]), day("2026-11-20")).unwrap();
        let mut left: Vec<String> = fs::read_dir(&kept.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["2026-10-21.json", "2026-10-21.new-1", "2026-11-20.json", "2026-11-20.new-1"]);
    }

    #[test]
    fn a_window_has_the_inventories_of_its_days_and_the_last_one_before() {
        let root = tempfile::tempdir().unwrap();
        let kept = kept(root.path());
        let all = ["2026-11-10", "2026-11-12", "2026-11-15", "2026-11-18"];
        for text in all {
            kept.keep(&inventory(&[text]), day(text)).unwrap();
        }
        let start = |text: &str| first_second(day(text)).unwrap();
        for (from, until, expected) in [
            ("2026-11-12", "2026-11-16", &all[1..3]),
            ("2026-11-13", "2026-11-15", &all[1..3]),
            ("2026-11-13", "2026-11-14", &all[1..2]),
            ("2026-11-20", "2026-11-21", &all[3..]),
            ("2026-11-01", "2026-11-12", &all[..2]),
            ("2026-11-01", "2026-11-02", &all[..1]),
        ] {
            let window = Interval { from: start(from), until: start(until) + DAY_S - 1 };
            let found = kept.of_window(window);
            let days: Vec<&str> = found.iter().map(|(_, inventory)| inventory.vpcs[0].id.as_str()).collect();
            assert_eq!(days, expected, "{from} {until}");
            assert!(found.iter().all(|(second, inventory)| *second == start(&inventory.vpcs[0].id)));
        }
        // Unreadable files are left out.
        fs::write(kept.folder.join("2026-11-18.json"), "{").unwrap();
        assert_eq!(kept.of_window(Interval { from: start("2026-11-20"), until: start("2026-11-21") }), []);
    }

    #[test]
    fn without_a_folder_there_is_none() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(kept(root.path()).of_window(Interval { from: 0, until: DAY_S }), []);
        assert!(Kept::new(root.path(), "../..", "eu-west-1").is_none());
    }
}
