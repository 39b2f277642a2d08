//! Paths, folders and patterns to files whose layout is known.
//!
//! The head of each file is read once, before any query, several files at a time. A file that cannot be read as a flow
//! log is an error if it was named, and is left out with its reason if it was found in a folder. A file or folder that
//! cannot be read at all is noted as failed; the caller decides whether the others are enough.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Error;
use crate::engine::format::LogFile;
use crate::engine::record::Layout;
use crate::engine::store::identity;
use crate::value::FileProblem;

use super::open::{Opened, Place, Unreadable, open_all};

/// The files that were found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<Arc<LogFile>>,
    /// Files in folders that are not flow logs, with the reasons.
    pub(super) skipped: Vec<FileProblem>,
    /// The errors of files and folders that cannot be read.
    pub(super) failed: Vec<Error>,
}

/// Opens the files of `paths`; `format` is the layout of files without a header line.
pub(super) fn find(paths: &[String], format: Option<&Layout>) -> Result<Found, Error> {
    let mut walk = Walk::default();
    for path in paths {
        walk.add_named(path)?;
    }
    let opened = open_all(&walk.places, format);
    let Walk { places, skipped, failed, .. } = walk;
    let mut found = Found { files: Vec::new(), skipped, failed };
    let mut layouts = HashSet::new();
    for (place, opened) in places.iter().zip(opened) {
        match opened {
            Ok(Opened::Log(mut file)) => {
                file.layout = shared(&mut layouts, file.layout);
                found.files.push(Arc::new(file));
            }
            Ok(Opened::Other(Unreadable { reason, lacks_format })) if place.is_named => {
                return Err(Error::UnknownFormat { file: place.name.clone(), reason, lacks_format });
            }
            Ok(Opened::Other(Unreadable { reason, .. })) => {
                found.skipped.push(FileProblem { file: place.name.clone(), reason });
            }
            Err(error) if error.file_problem().is_some() => found.failed.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Returns an equal value that is shared: most files of a flow log have the same layout.
fn shared<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, value: Arc<T>) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return Arc::clone(known);
    }
    known.insert(Arc::clone(&value));
    value
}

/// The paths that were found so far.
#[derive(Default)]
struct Walk {
    places: Vec<Place>,
    skipped: Vec<FileProblem>,
    failed: Vec<Error>,
    /// The files and folders seen so far: links can form cycles.
    seen: HashSet<Seen>,
}

/// The identity of a file: its number, or its canonical path on systems without file numbers.
#[derive(PartialEq, Eq, Hash)]
enum Seen {
    Number((u64, u64)),
    Path(PathBuf),
}

impl Walk {
    /// Adds a path that was named: a file, a folder, a pattern, `-`.
    fn add_named(&mut self, path: &str) -> Result<(), Error> {
        if path == "-" {
            let (path, name) = (PathBuf::from("-"), "standard input".into());
            self.places.push(Place { path, name, is_named: true, is_stream: true });
            return Ok(());
        }
        match fs::metadata(path) {
            Ok(metadata) => {
                self.add(Path::new(path), &metadata, true);
                Ok(())
            }
            Err(source) if source.kind() == io::ErrorKind::NotFound && path.contains(['*', '?', '[']) => {
                self.add_pattern(path)
            }
            Err(source) => {
                self.fail(Path::new(path), source);
                Ok(())
            }
        }
    }

    fn add_pattern(&mut self, pattern: &str) -> Result<(), Error> {
        let paths = glob::glob(pattern)
            .map_err(|error| Error::BadPattern { pattern: pattern.into(), reason: error.msg.into() })?;
        let mut is_empty = true;
        for path in paths {
            is_empty = false;
            match path {
                Err(error) => self.fail(error.path(), io::Error::from(error.error().kind())),
                Ok(path) => match fs::metadata(&path) {
                    Ok(metadata) => self.add(&path, &metadata, true),
                    Err(source) => self.fail(&path, source),
                },
            }
        }
        if is_empty { Err(Error::NoMatch { pattern: pattern.into() }) } else { Ok(()) }
    }

    /// Adds a file, or the files of a folder.
    fn add(&mut self, path: &Path, metadata: &Metadata, is_named: bool) {
        let name = path.display().to_string();
        // A pipe, such as the shell's `<(...)`, has bytes that can be read only once.
        let is_stream = !metadata.is_file() && !metadata.is_dir();
        if is_stream && !is_named {
            self.skipped.push(FileProblem { file: name, reason: "it is not a regular file".into() });
            return;
        }
        match self.is_new(path, metadata) {
            Err(source) => self.fail(path, source),
            Ok(false) => {}
            Ok(true) if metadata.is_dir() => self.walk(path),
            Ok(true) => self.places.push(Place { path: path.into(), name, is_named, is_stream }),
        }
    }

    /// Adds every file in a folder and its subfolders, in the order of their names.
    fn walk(&mut self, folder: &Path) {
        let paths = fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>());
        let mut paths = match paths {
            Ok(paths) => paths,
            Err(source) => return self.fail(folder, source),
        };
        paths.sort();
        for path in paths {
            match fs::metadata(&path) {
                Ok(metadata) => self.add(&path, &metadata, false),
                Err(source) if source.kind() == io::ErrorKind::NotFound => {
                    let file = path.display().to_string();
                    self.skipped.push(FileProblem { file, reason: "it is a broken link".into() });
                }
                Err(source) => self.fail(&path, source),
            }
        }
    }

    fn is_new(&mut self, path: &Path, metadata: &Metadata) -> io::Result<bool> {
        let seen = match identity(metadata) {
            Some(number) => Seen::Number(number),
            None => Seen::Path(fs::canonicalize(path)?),
        };
        Ok(self.seen.insert(seen))
    }

    fn fail(&mut self, path: &Path, source: io::Error) {
        self.failed.push(Error::Read { file: path.display().to_string(), source });
    }
}
