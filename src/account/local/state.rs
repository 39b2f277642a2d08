//! The flow logs of an embedded account: `flow-logs.json`, which is replaced atomically.
//!
//! A change takes the lock, reads the file, writes a new file next to it, syncs and renames it. So a reader needs no
//! lock, and a process that is killed leaves either the old state or the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::account::expiry::Expiry;
use crate::account::resource::Resource;
use crate::account::written_by::{UnknownSchema, WrittenBy, check_schema};
use crate::value::EpochSeconds;

/// The version of the schema below.
const VERSION: u32 = 1;
/// The time that a change waits for another process; changes take milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_RETRY: Duration = Duration::from_millis(20);

/// An error of the folder of an embedded account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot {action} `{}`: {source}", file.display())]
    Io {
        /// The action that failed.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// `flow-logs.json` is not JSON of this schema.
    #[error("`{}` is not valid: {source}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The error, with line and column.
        source: serde_json::Error,
    },
    /// `"version": 9`
    #[error("`{}` has {source}", file.display())]
    UnknownVersion {
        /// The file.
        file: PathBuf,
        /// Its version, and the program that wrote it.
        source: UnknownSchema,
    },
    /// `create --traffic reject`
    #[error("an embedded account shows all traffic of an interface: a flow log cannot record a part of it")]
    PartOfTraffic,
    /// `demo --dir FOLDER`, where the folder has other files.
    #[error("`{}` is not the folder of a demo account: it has `{found}` already", folder.display())]
    NotADemo {
        /// The folder.
        folder: PathBuf,
        /// A file in it.
        found: String,
    },
    /// Another process is changing the account.
    #[error("{holder} is changing the account `{}`", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The process that holds the lock, as far as it is known.
        holder: String,
    },
}

impl Error {
    /// A hint for the user.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Locked { .. } => Some("try again when it is done".into()),
            Self::NotADemo { .. } => Some("name a folder that is empty, or that `flowlogs demo` made".into()),
            Self::PartOfTraffic => Some("leave it at `--traffic all`, and ask with `where reject`".into()),
            _ => None,
        }
    }
}

/// A flow log as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Its id.
    pub(super) id: String,
    /// The name of its kind.
    pub(super) kind: String,
    /// The resource's id; for instances, their name.
    pub(super) resource: String,
    /// Its log group.
    pub(super) log_group: String,
    /// The interfaces that it was created for; empty for a VPC or a subnet, which are covered as a whole.
    pub(super) interfaces: Vec<String>,
    /// The time when it was created.
    pub(super) created: EpochSeconds,
    /// The first second of its records.
    pub(super) records_from: EpochSeconds,
    /// Days that records are kept.
    pub(super) retention_days: u32,
    /// The aggregation interval, in seconds.
    pub(super) aggregation_s: u32,
    /// The expiry, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expiry: Option<Expiry>,
}

impl Entry {
    /// Returns whether it is the flow log of a resource.
    pub(super) fn is_of(&self, resource: &Resource) -> bool {
        let is_its = self.resource == resource.id && !resource.is_namesake_of(&self.interfaces);
        self.kind == resource.kind.name() && is_its
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    written_by: WrittenBy,
    flow_logs: Vec<Entry>,
}

/// The state file of one account.
pub(super) struct State {
    folder: PathBuf,
}

impl State {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("flow-logs.json")
    }

    /// Reads the flow logs; empty before the first one is created.
    pub(super) fn read(&self) -> Result<Vec<Entry>, Error> {
        let file = self.file();
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::Io { action: "read", file, source }),
        };
        if let Err(source) = check_schema(&text, VERSION) {
            return Err(Error::UnknownVersion { file, source });
        }
        match serde_json::from_str::<Document>(&text) {
            Ok(document) => Ok(document.flow_logs),
            Err(source) => Err(Error::Invalid { file, source }),
        }
    }

    /// Changes the flow logs; no other process can change them meanwhile.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Vec<Entry>) -> T) -> Result<T, Error> {
        let _lock = self.lock()?;
        let before = self.read()?;
        let mut entries = before.clone();
        let outcome = change(&mut entries);
        if entries != before {
            self.write(entries)?;
        }
        Ok(outcome)
    }

    /// The process that holds the lock right now.
    pub(super) fn holder(&self) -> Option<String> {
        let file = self.lock_file();
        let is_held = |lock: File| matches!(lock.try_lock(), Err(TryLockError::WouldBlock));
        File::open(&file).is_ok_and(is_held).then(|| holder(&file))
    }

    /// The file that an interrupted change left, if there is one; the file of a running change does not count.
    pub(super) fn leftover(&self) -> Option<PathBuf> {
        let leftover = self.leftover_file();
        (leftover.exists() && self.lock().is_ok() && leftover.exists()).then_some(leftover)
    }

    /// Removes the leftover of an interrupted change.
    pub(super) fn remove_leftover(&self) -> Result<(), Error> {
        let _lock = self.lock()?;
        let file = self.leftover_file();
        match fs::remove_file(&file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(Error::Io { action: "remove", file, source })
            }
            _ => Ok(()),
        }
    }

    fn leftover_file(&self) -> PathBuf {
        self.folder.join("flow-logs.json.new")
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.join("flow-logs.lock")
    }

    /// Takes the lock, which is held while the file is open; the system releases it when the process ends.
    fn lock(&self) -> Result<File, Error> {
        let file = self.lock_file();
        let io = |action| {
            let file = file.clone();
            move |source| Error::Io { action, file, source }
        };
        let mut lock =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&file).map_err(io("open"))?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_RETRY),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked { folder: self.folder.clone(), holder: holder(&file) });
                }
                Err(TryLockError::Error(source)) => return Err(io("lock")(source)),
            }
        }
        // Only the error message needs the process id: the lock itself does not depend on it.
        lock.set_len(0).map_err(io("write"))?;
        write!(lock, "{}", std::process::id()).map_err(io("write"))?;
        Ok(lock)
    }

    fn write(&self, flow_logs: Vec<Entry>) -> Result<(), Error> {
        let file = self.file();
        let new = self.leftover_file();
        let io = |source| Error::Io { action: "write", file: file.clone(), source };
        let document = Document { version: VERSION, written_by: WrittenBy, flow_logs };
        let text = serde_json::to_string_pretty(&document).map_err(|error| io(error.into()))?;
        let mut to = File::create(&new).map_err(io)?;
        to.write_all(text.as_bytes()).map_err(io)?;
        to.sync_all().map_err(io)?;
        fs::rename(&new, &file).map_err(io)?;
        // The rename is durable only after the folder is synced; Windows cannot open a folder as a file.
        if cfg!(unix) { File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(io) } else { Ok(()) }
    }
}

/// The process id in the lock file.
fn holder(lock: &Path) -> String {
    let process = fs::read_to_string(lock).ok().filter(|text| !text.is_empty());
    process.map_or_else(|| "another process".into(), |id| format!("process {}", id.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str) -> Entry {
        Entry {
            id: id.into(),
            kind: "vpc".into(),
            resource: "vpc-1".into(),
            log_group: "/fl-cli/vpc-1".into(),
            interfaces: Vec::new(),
            created: 0,
            records_from: 0,
            retention_days: 30,
            aggregation_s: 60,
            expiry: None,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::new(folder.path());
        assert_eq!(state.read().unwrap(), []);
        state.change(|entries| entries.push(entry("fl-1"))).unwrap();
        assert_eq!(state.read().unwrap(), [entry("fl-1")]);
    }

    #[test]
    fn a_half_written_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::new(folder.path());
        state.change(|entries| entries.push(entry("fl-1"))).unwrap();
        fs::write(folder.path().join("flow-logs.json.new"), "{\"version").unwrap();
        assert_eq!(state.read().unwrap(), [entry("fl-1")]);
        state.change(|entries| entries.push(entry("fl-2"))).unwrap();
        assert_eq!(state.read().unwrap().len(), 2);
    }

    #[test]
    fn changes_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let state = State::new(folder.path());
                scope.spawn(move || state.change(|entries| entries.push(entry(&format!("fl-{number}")))).unwrap());
            }
        });
        assert_eq!(State::new(folder.path()).read().unwrap().len(), 8);
    }

    #[test]
    fn a_bad_state_is_an_error_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("flow-logs.json"), "{\"version\": 1, \"flow_logs\": [{}]}").unwrap();
        let error = State::new(folder.path()).read().unwrap_err().to_string();
        assert!(error.contains("flow-logs.json") && error.contains("line 1 column"), "{error}");
    }
}
