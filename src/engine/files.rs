//! Paths, folders and patterns to files whose layout is known.
//!
//! Each file's head is looked at once, before any query. What cannot be read as a flow log is an
//! error where it was named, and is left out with its reason where it was found in a folder.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use crate::field::Origin;
use crate::query::plan::Source;
use crate::value::SkippedFile;

use super::Error;
use super::layout::{Layout, Slot};
use super::look::{Look, look};
use super::parquet::ParquetFile;
use super::storage::{self, Raw};

/// Where records are read from, and how strictly.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files, folders, patterns with `*`, `?`, `**` and `[..]`; `-` is standard input.
    pub paths: Vec<String>,
    /// The format of files without a header line, as flow logs are created with.
    pub format: Option<String>,
    /// Whether a malformed line, and a file in a folder that is no flow log, is an error.
    pub strict: bool,
    /// How much memory a query may use for groups and sorting.
    pub memory_limit_bytes: usize,
}

/// Files that were found and looked at.
#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "the files are what it holds")]
pub struct Files {
    pub(super) files: Vec<Arc<LogFile>>,
    pub(super) is_strict: bool,
    pub(super) memory_limit_bytes: usize,
    skipped: Vec<SkippedFile>,
}

/// A file, and what stands where in it.
#[derive(Debug)]
pub(super) struct LogFile {
    /// As it was named, or found.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) layout: Arc<Layout>,
    pub(super) body: Body,
}

/// How a file's records are stored.
pub(super) enum Body {
    /// No records: nothing says what they would look like.
    Empty,
    /// Text, of so many bytes.
    Text { bytes: u64 },
    /// Text under gzip, of so many bytes there.
    Gzip { bytes: u64 },
    /// Columns.
    Parquet(ParquetFile),
    /// Text from a pipe, decompressed; there once.
    Stream { reader: Mutex<Option<Box<dyn Read + Send>>>, raw_bytes: Arc<AtomicU64> },
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Text { .. } => "Text",
            Self::Gzip { .. } => "Gzip",
            Self::Parquet(_) => "Parquet",
            Self::Stream { .. } => "Stream",
        })
    }
}

impl Files {
    /// Finds the files of `options` and looks at the head of each.
    ///
    /// A file that is named twice, or named and found in a folder, is read once.
    ///
    /// # Errors
    ///
    /// [`Error::Read`], [`Error::BadPattern`], [`Error::NoMatch`] for a path; [`Error::UnknownFormat`] for a named file
    /// that is no flow log, or any with `strict`; [`Error::NoFiles`] where no flow log is left;
    /// [`Error::Truncated`], [`Error::Damaged`]; [`Error::BadFormat`].
    pub fn open(options: Options) -> Result<Self, Error> {
        let format = options
            .format
            .map(|format| Layout::parse_format(&format).map_err(|reason| Error::BadFormat { format, reason }))
            .transpose()?;
        let mut opening = Opening { format, ..Opening::default() };
        for path in &options.paths {
            opening.open_named(path)?;
        }
        let Opening { files, skipped, .. } = opening;
        if let (true, Some(SkippedFile { file, reason })) = (options.strict, skipped.first().cloned()) {
            return Err(Error::UnknownFormat { file, reason });
        }
        if files.is_empty() {
            return Err(Error::NoFiles { skipped });
        }
        Ok(Self { files, is_strict: options.strict, memory_limit_bytes: options.memory_limit_bytes, skipped })
    }

    /// Whether some file has this field of the record, or this extra column.
    ///
    /// Files without any record could have every field.
    #[must_use]
    pub fn has(&self, source: &Source) -> bool {
        let mut layouts = self.layouts().peekable();
        if layouts.peek().is_none() {
            return true;
        }
        match source {
            Source::Field(field) => match field.info().origin {
                Origin::Record(_) => layouts.any(|layout| layout.place(*field).is_some()),
                _ => field.sources().into_iter().all(|field| self.has(&Source::Field(field))),
            },
            Source::Extra(name) => {
                let slot = Slot::Extra(name.as_str().into());
                layouts.any(|layout| layout.slots().contains(&slot))
            }
            Source::Result(_) => true,
        }
    }

    /// Files of folders that were left out, and why.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedFile] {
        &self.skipped
    }

    /// The files and how long each is; `None` where something comes through a pipe.
    #[must_use]
    pub fn extent(&self) -> Option<Vec<(PathBuf, u64)>> {
        let length = |file: &Arc<LogFile>| match file.body {
            Body::Text { bytes } | Body::Gzip { bytes } => Some((file.path.clone(), bytes)),
            Body::Empty | Body::Parquet(_) => Some((file.path.clone(), 0)),
            Body::Stream { .. } => None,
        };
        self.files.iter().map(length).collect()
    }

    /// The layouts of the files that have records.
    pub(super) fn layouts(&self) -> impl Iterator<Item = &Arc<Layout>> {
        self.files.iter().filter(|file| !matches!(file.body, Body::Empty)).map(|file| &file.layout)
    }
}

/// Files so far.
#[derive(Default)]
struct Opening {
    format: Option<Layout>,
    files: Vec<Arc<LogFile>>,
    skipped: Vec<SkippedFile>,
    /// What was seen, by its real place: links can lead in circles.
    seen: HashSet<PathBuf>,
    /// Most files of a flow log have the same layout.
    layouts: HashSet<Arc<Layout>>,
}

/// What looking at a file found.
enum Found {
    Log(LogFile),
    Other(String),
}

impl Opening {
    /// Opens what was named: a file, a folder, a pattern, `-`.
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
            let path = path.map_err(|error| read_error(error.path(), io::Error::from(error.error().kind())))?;
            is_empty = false;
            self.open_path(&path)?;
        }
        if is_empty { Err(Error::NoMatch { pattern: pattern.into() }) } else { Ok(()) }
    }

    /// Opens a file that was named, or walks a folder.
    fn open_path(&mut self, path: &Path) -> Result<(), Error> {
        let metadata = fs::metadata(path).map_err(|source| read_error(path, source))?;
        if metadata.is_dir() {
            return self.walk(path);
        }
        let name = path.display().to_string();
        if !metadata.is_file() {
            // A pipe, as the shell's `<(...)` makes: what is read from it once is gone.
            let file = fs::File::open(path).map_err(|source| read_error(path, source))?;
            return self.open_stream(&name, Box::new(file));
        }
        if !self.is_new(path)? {
            return Ok(());
        }
        match self.look_at(path, name.clone())? {
            Found::Log(file) => self.files.push(Arc::new(file)),
            Found::Other(reason) => return Err(Error::UnknownFormat { file: name, reason }),
        }
        Ok(())
    }

    /// Opens every file in a folder and below, in the order of their names.
    fn walk(&mut self, folder: &Path) -> Result<(), Error> {
        if !self.is_new(folder)? {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(|source| read_error(folder, source))?;
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| read_error(folder, source))?;
        paths.sort();
        for path in paths {
            self.open_found(&path)?;
        }
        Ok(())
    }

    /// Opens what was found in a folder.
    fn open_found(&mut self, path: &Path) -> Result<(), Error> {
        let file = path.display().to_string();
        let Ok(metadata) = fs::metadata(path) else {
            self.skipped.push(SkippedFile { file, reason: "it is a link to nowhere".into() });
            return Ok(());
        };
        if metadata.is_dir() {
            return self.walk(path);
        }
        if !metadata.is_file() {
            self.skipped.push(SkippedFile { file, reason: "it is no regular file".into() });
            return Ok(());
        }
        if !self.is_new(path)? {
            return Ok(());
        }
        match self.look_at(path, file.clone())? {
            Found::Log(file) => self.files.push(Arc::new(file)),
            Found::Other(reason) => self.skipped.push(SkippedFile { file, reason }),
        }
        Ok(())
    }

    fn is_new(&mut self, path: &Path) -> Result<bool, Error> {
        let real = fs::canonicalize(path).map_err(|source| read_error(path, source))?;
        Ok(self.seen.insert(real))
    }

    fn look_at(&mut self, path: &Path, name: String) -> Result<Found, Error> {
        let file = fs::File::open(path).map_err(|source| read_error(path, source))?;
        let bytes = file.metadata().map_err(|source| read_error(path, source))?.len();
        let raw = Raw::open(file).map_err(|source| read_error(path, source))?;
        if raw.is_parquet() {
            return Ok(match ParquetFile::open(path, &name)? {
                Ok((parquet, layout)) => {
                    let layout = self.shared(layout);
                    Found::Log(LogFile { name, path: path.into(), layout, body: Body::Parquet(parquet) })
                }
                Err(reason) => Found::Other(reason),
            });
        }
        let body = if raw.is_gzip() { Body::Gzip { bytes } } else { Body::Text { bytes } };
        let mut reader = raw.decoded();
        let head = self.look_at_head(reader.as_mut(), &name)?.1;
        Ok(match head {
            Look::Nothing => Found::Log(self.file(name, path, Layout::default_format(), Body::Empty)),
            Look::Records(layout) => Found::Log(self.file(name, path, layout, body)),
            Look::Other(reason) => Found::Other(reason),
        })
    }

    /// Opens a pipe, whose head has to be kept.
    fn open_stream(&mut self, name: &str, reader: Box<dyn Read + Send>) -> Result<(), Error> {
        let raw = Raw::open(reader).map_err(|source| read_error(Path::new(name), source))?;
        if raw.is_parquet() {
            let reason = "parquet is read from files only: its index stands at the end".into();
            return Err(Error::UnknownFormat { file: name.into(), reason });
        }
        let raw_bytes = raw.counter();
        let mut rest = raw.decoded();
        let (head, look) = self.look_at_head(rest.as_mut(), name)?;
        let reader: Box<dyn Read + Send> = Box::new(io::Cursor::new(head).chain(rest));
        let body = Body::Stream { reader: Mutex::new(Some(reader)), raw_bytes };
        let (layout, body) = match look {
            Look::Nothing => (Layout::default_format(), Body::Empty),
            Look::Records(layout) => (layout, body),
            Look::Other(reason) => return Err(Error::UnknownFormat { file: name.into(), reason }),
        };
        let file = self.file(name.into(), Path::new(name), layout, body);
        self.files.push(Arc::new(file));
        Ok(())
    }

    /// The head of a text, and what it looks like.
    fn look_at_head(&self, reader: &mut dyn Read, name: &str) -> Result<(Vec<u8>, Look), Error> {
        let mut head = Vec::new();
        for bytes in HEAD_BYTES {
            let wanted = bytes - head.len() as u64;
            reader.take(wanted).read_to_end(&mut head).map_err(|error| storage::error(name, error))?;
            let is_whole = (head.len() as u64) < bytes;
            let look = look(&head, is_whole, self.format.as_ref());
            if is_whole || look != Look::Nothing {
                return Ok((head, look));
            }
        }
        Ok((head, Look::Other("no record stands in its first MiB".into())))
    }

    fn file(&mut self, name: String, path: &Path, layout: Layout, body: Body) -> LogFile {
        LogFile { name, path: path.into(), layout: self.shared(layout), body }
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

/// How much of a text is looked at: mostly the first is enough, comments may need more.
const HEAD_BYTES: [u64; 3] = [8 << 10, 128 << 10, 1 << 20];

fn read_error(path: &Path, source: io::Error) -> Error {
    Error::Read { file: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    const RECORD: &str =
        "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
        folder
    }

    /// Opens paths within the folder.
    fn open(folder: &tempfile::TempDir, paths: &[&str], strict: bool) -> Result<Files, Error> {
        let paths = paths.iter().map(|path| folder.path().join(path).display().to_string()).collect();
        Files::open(Options { paths, strict, ..Options::default() })
    }

    /// The names of files within the folder.
    fn names<'f>(folder: &tempfile::TempDir, files: impl Iterator<Item = &'f str>) -> Vec<&'f str> {
        let prefix = folder.path().to_str().unwrap().len() + 1;
        files.map(|name| &name[prefix..]).collect()
    }

    #[test]
    fn a_folder_is_walked_in_order_and_what_is_no_flow_log_is_left_out_with_its_reason() {
        let folder = folder(&[
            ("b/2.log", RECORD),
            ("b/1.log", RECORD),
            ("a.json", "{}"),
            ("README.md", "# hello\nworld\n"),
            ("c", ""),
        ]);
        let files = open(&folder, &[""], false).unwrap();
        assert_eq!(names(&folder, files.files.iter().map(|file| file.name.as_str())), ["b/1.log", "b/2.log", "c"]);
        assert_eq!(names(&folder, files.skipped().iter().map(|file| file.file.as_str())), ["README.md", "a.json"]);
        assert_eq!(files.skipped()[1].reason, "it looks like JSON");
        assert!(matches!(open(&folder, &[""], true), Err(Error::UnknownFormat { .. })));
        assert!(matches!(open(&folder, &["a.json"], false), Err(Error::UnknownFormat { .. })));
    }

    #[test]
    fn patterns_find_files_and_a_file_is_read_once() {
        let folder = folder(&[("a/1.log", RECORD), ("a/2.log", RECORD), ("b/[x].log", RECORD)]);
        let files = open(&folder, &["**/1.log", "a", "a/2.log", "b/[x].log"], false).unwrap();
        assert_eq!(
            names(&folder, files.files.iter().map(|file| file.name.as_str())),
            ["a/1.log", "a/2.log", "b/[x].log"]
        );
        assert!(matches!(open(&folder, &["*.gz"], false), Err(Error::NoMatch { .. })));
        assert!(matches!(open(&folder, &["a***"], false), Err(Error::BadPattern { .. })));
        assert!(matches!(open(&folder, &["nowhere"], false), Err(Error::Read { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_in_circles_or_nowhere_are_no_trouble() {
        let folder = folder(&[("a/1.log", RECORD)]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink("gone", folder.path().join("a/broken")).unwrap();
        let files = open(&folder, &[""], false).unwrap();
        assert_eq!(files.files.len(), 1);
        assert_eq!(files.skipped()[0].reason, "it is a link to nowhere");
    }

    #[test]
    fn a_folder_without_flow_logs_is_an_error_and_one_with_empty_files_is_not() {
        assert!(
            matches!(open(&folder(&[("a.json", "{}")]), &[""], false), Err(Error::NoFiles { skipped }) if skipped.len() == 1)
        );
        assert!(matches!(open(&folder(&[]), &[""], false), Err(Error::NoFiles { .. })));
        let files = open(&folder(&[("a", ""), ("b", "# nothing\n\n")]), &[""], false).unwrap();
        assert!(files.has(&Source::Field(Field::Vpc)));
    }

    #[test]
    fn a_pipe_is_looked_at_and_then_read_from_its_start() {
        let mut opening = Opening::default();
        opening.open_stream("standard input", Box::new(io::Cursor::new(RECORD))).unwrap();
        let Body::Stream { reader, .. } = &opening.files[0].body else { panic!("no stream") };
        let mut text = String::new();
        reader.lock().unwrap().take().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, RECORD);
        let parquet = opening.open_stream("standard input", Box::new(io::Cursor::new("PAR1")));
        assert!(matches!(parquet, Err(Error::UnknownFormat { .. })));
    }

    #[test]
    fn a_field_is_there_if_some_file_has_it() {
        let folder = folder(&[("a", RECORD), ("b", "srcaddr made-up flow-direction\n10.0.0.1 x egress\n")]);
        let files = open(&folder, &[""], false).unwrap();
        for (source, expected) in [
            (Source::Field(Field::Direction), true),
            (Source::Field(Field::Time), true),
            (Source::Field(Field::Duration), true),
            (Source::Field(Field::LocalAddr), true),
            (Source::Field(Field::Vpc), false),
            (Source::Extra("made-up".into()), true),
            (Source::Extra("MADE-UP".into()), false),
        ] {
            assert_eq!(files.has(&source), expected, "{source:?}");
        }
    }
}
