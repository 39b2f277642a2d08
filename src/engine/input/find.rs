//! Paths, folders and patterns to files whose layout is known.
//!
//! The head of each file is read once, before any query. A file that cannot be read as a flow log is an error if it was
//! named, and is left out with its reason if it was found in a folder.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Error;
use crate::engine::format::{Empty, LogFile, Parquet, Records, Text};
use crate::engine::record::Layout;
use crate::engine::store::{self, Raw, Storage};
use crate::value::SkippedFile;

use super::sniff::{Sniffed, sniff};

/// The files that were found.
pub(super) struct Found {
    pub(super) files: Vec<Arc<LogFile>>,
    /// Files in folders that are not flow logs, with the reasons.
    pub(super) skipped: Vec<SkippedFile>,
}

/// Opens the files of `paths`; `format` is the layout of files without a header line.
pub(super) fn find(paths: &[String], format: Option<Layout>) -> Result<Found, Error> {
    let mut opening = Opening { format, ..Opening::default() };
    for path in paths {
        opening.open_named(path)?;
    }
    let Opening { files, skipped, .. } = opening;
    Ok(Found { files, skipped })
}

/// The files that were opened so far.
#[derive(Default)]
struct Opening {
    format: Option<Layout>,
    files: Vec<Arc<LogFile>>,
    skipped: Vec<SkippedFile>,
    /// The files and folders seen so far, by canonical path: links can form cycles.
    seen: HashSet<PathBuf>,
    /// Layouts seen so far, to be shared: most files of a flow log have the same one.
    layouts: HashSet<Arc<Layout>>,
}

/// The result of reading the head of a file.
enum Opened {
    Log(LogFile),
    Other(String),
}

impl Opening {
    /// Opens a path that was named: a file, a folder, a pattern, `-`.
    fn open_named(&mut self, path: &str) -> Result<(), Error> {
        if path == "-" {
            return self.open_stream("standard input", Box::new(io::stdin()));
        }
        match fs::metadata(path) {
            Ok(_) => self.open_path(Path::new(path)),
            Err(source) if source.kind() == io::ErrorKind::NotFound && path.contains(['*', '?', '[']) => {
                self.open_pattern(path)
            }
            Err(source) => Err(Error::Read { file: path.into(), source }),
        }
    }

    fn open_pattern(&mut self, pattern: &str) -> Result<(), Error> {
        let paths = glob::glob(pattern)
            .map_err(|error| Error::BadPattern { pattern: pattern.into(), reason: error.msg.into() })?;
        let mut is_empty = true;
        for path in paths {
            let path = path.map_err(|error| cannot_read(error.path(), io::Error::from(error.error().kind())))?;
            is_empty = false;
            self.open_path(&path)?;
        }
        if is_empty { Err(Error::NoMatch { pattern: pattern.into() }) } else { Ok(()) }
    }

    /// Opens a file that was named, or walks a folder.
    fn open_path(&mut self, path: &Path) -> Result<(), Error> {
        let metadata = fs::metadata(path).map_err(|source| cannot_read(path, source))?;
        if metadata.is_dir() {
            return self.walk(path);
        }
        let name = path.display().to_string();
        if !metadata.is_file() {
            // A pipe, such as the shell's `<(...)`: its bytes can be read only once.
            let file = fs::File::open(path).map_err(|source| cannot_read(path, source))?;
            return self.open_stream(&name, Box::new(file));
        }
        if !self.is_new(path)? {
            return Ok(());
        }
        match self.sniff_file(path, name.clone())? {
            Opened::Log(file) => self.files.push(Arc::new(file)),
            Opened::Other(reason) => return Err(Error::UnknownFormat { file: name, reason }),
        }
        Ok(())
    }

    /// Opens every file in a folder and its subfolders, in the order of their names.
    fn walk(&mut self, folder: &Path) -> Result<(), Error> {
        if !self.is_new(folder)? {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(|source| cannot_read(folder, source))?;
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| cannot_read(folder, source))?;
        paths.sort();
        for path in paths {
            self.open_found(&path)?;
        }
        Ok(())
    }

    /// Opens a path that was found in a folder.
    fn open_found(&mut self, path: &Path) -> Result<(), Error> {
        let file = path.display().to_string();
        let Ok(metadata) = fs::metadata(path) else {
            self.skipped.push(SkippedFile { file, reason: "it is a broken link".into() });
            return Ok(());
        };
        if metadata.is_dir() {
            return self.walk(path);
        }
        if !metadata.is_file() {
            self.skipped.push(SkippedFile { file, reason: "it is not a regular file".into() });
            return Ok(());
        }
        if !self.is_new(path)? {
            return Ok(());
        }
        match self.sniff_file(path, file.clone())? {
            Opened::Log(file) => self.files.push(Arc::new(file)),
            Opened::Other(reason) => self.skipped.push(SkippedFile { file, reason }),
        }
        Ok(())
    }

    fn is_new(&mut self, path: &Path) -> Result<bool, Error> {
        let real = fs::canonicalize(path).map_err(|source| cannot_read(path, source))?;
        Ok(self.seen.insert(real))
    }

    fn sniff_file(&mut self, path: &Path, name: String) -> Result<Opened, Error> {
        let file = fs::File::open(path).map_err(|source| cannot_read(path, source))?;
        let bytes = file.metadata().map_err(|source| cannot_read(path, source))?.len();
        let raw = Raw::open(file).map_err(|source| cannot_read(path, source))?;
        if raw.is_parquet() {
            return Ok(match Parquet::open(path, &name)? {
                Ok((parquet, layout)) => Opened::Log(self.file(name, path, layout, Box::new(parquet))),
                Err(reason) => Opened::Other(reason),
            });
        }
        let storage = Storage::of_file(&raw, bytes);
        let mut reader = raw.decoded();
        let head = self.sniff_head(reader.as_mut(), &name)?.1;
        Ok(match records(head, storage) {
            Ok((layout, records)) => Opened::Log(self.file(name, path, layout, records)),
            Err(reason) => Opened::Other(reason),
        })
    }

    /// Opens a pipe, and keeps its head.
    fn open_stream(&mut self, name: &str, reader: Box<dyn Read + Send>) -> Result<(), Error> {
        let raw = Raw::open(reader).map_err(|source| cannot_read(Path::new(name), source))?;
        if raw.is_parquet() {
            let reason = "parquet is read from files only: its index is at the end".into();
            return Err(Error::UnknownFormat { file: name.into(), reason });
        }
        let raw_bytes = raw.counter();
        let mut rest = raw.decoded();
        let (head, sniffed) = self.sniff_head(rest.as_mut(), name)?;
        let storage = Storage::pipe(io::Cursor::new(head).chain(rest), raw_bytes);
        let (layout, records) =
            records(sniffed, storage).map_err(|reason| Error::UnknownFormat { file: name.into(), reason })?;
        let file = self.file(name.into(), Path::new(name), layout, records);
        self.files.push(Arc::new(file));
        Ok(())
    }

    /// Reads the head of a text; returns it and the detected format.
    fn sniff_head(&self, reader: &mut dyn Read, name: &str) -> Result<(Vec<u8>, Sniffed), Error> {
        let mut head = Vec::new();
        for bytes in HEAD_BYTES {
            let missing = bytes - head.len() as u64;
            reader.take(missing).read_to_end(&mut head).map_err(|error| store::read_error(name, error))?;
            let is_whole = (head.len() as u64) < bytes;
            let sniffed = sniff(&head, is_whole, self.format.as_ref());
            if is_whole || sniffed != Sniffed::Nothing {
                return Ok((head, sniffed));
            }
        }
        Ok((head, Sniffed::Other("there is no record in its first MiB".into())))
    }

    fn file(&mut self, name: String, path: &Path, layout: Layout, records: Box<dyn Records>) -> LogFile {
        LogFile { name, path: path.into(), layout: self.shared(layout), records }
    }

    fn shared(&mut self, layout: Layout) -> Arc<Layout> {
        if let Some(known) = self.layouts.get(&layout) {
            return Arc::clone(known);
        }
        let layout = Arc::new(layout);
        self.layouts.insert(Arc::clone(&layout));
        layout
    }
}

/// The records after a head, one line per format; the error is the reason why there are none.
fn records(head: Sniffed, storage: Storage) -> Result<(Layout, Box<dyn Records>), String> {
    match head {
        Sniffed::Nothing => Ok((Layout::default_format(), Box::new(Empty))),
        Sniffed::Records(layout) => Ok((layout, Box::new(Text::new(storage)))),
        Sniffed::Other(reason) => Err(reason),
    }
}

/// The sizes of a head that are tried in turn: usually the first is enough, comments may need more.
const HEAD_BYTES: [u64; 3] = [8 << 10, 128 << 10, 1 << 20];

fn cannot_read(path: &Path, source: io::Error) -> Error {
    Error::Read { file: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::Part;

    const RECORD: &str =
        "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n";

    #[test]
    fn a_pipe_is_looked_at_and_then_read_from_its_start() {
        let mut opening = Opening::default();
        opening.open_stream("standard input", Box::new(io::Cursor::new(RECORD))).unwrap();
        let file = &opening.files[0];
        let (outlet, _open) = tokio::sync::mpsc::channel(1);
        let times = file.records.times(file, &Part::Whole, &outlet).unwrap();
        assert_eq!((times.newest, times.rows), (1_418_530_010, 1));
        let parquet = opening.open_stream("standard input", Box::new(io::Cursor::new("PAR1")));
        assert!(matches!(parquet, Err(Error::UnknownFormat { .. })));
    }
}
