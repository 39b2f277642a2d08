//! The files of a run, and the fields that they have.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Error;
use crate::engine::Geo;
use crate::engine::format::LogFile;
use crate::engine::record::{FirstMalformed, Layout, Slot};
use crate::engine::store::lines_before;
use crate::field::Origin;
use crate::query::plan::Source;
use crate::value::{FileProblem, Malformed};

use super::find::{Found, find};

/// The files to read, and how strict to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files, folders, patterns with `*`, `?`, `**` and `[..]`; `-` is standard input.
    pub paths: Vec<String>,
    /// The format of files without a header line, in the notation of flow logs.
    pub format: Option<String>,
    /// Whether a malformed line, or a file in a folder that is not a flow log, is an error.
    pub strict: bool,
    /// The memory that a query may use for groups and sorting.
    pub memory_limit_bytes: usize,
    /// The geolocation files.
    pub geo: Arc<Geo>,
}

/// Files that have the same fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Their names.
    pub files: Vec<String>,
    /// The fields, as sentences have them; further columns in backquotes.
    pub fields: Vec<String>,
}

/// Files that were found, and whose layouts are known.
#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "the files are what it holds")]
pub struct Files {
    pub(crate) files: Vec<Arc<LogFile>>,
    pub(crate) is_strict: bool,
    pub(crate) memory_limit_bytes: usize,
    pub(crate) geo: Arc<Geo>,
    skipped: Vec<FileProblem>,
    failed: Vec<FileProblem>,
}

impl Files {
    /// Finds the files of `options` and reads the head of each.
    ///
    /// A file that is named twice, or named and also found in a folder, is read once. A file that cannot be read is
    /// listed in [`Self::failed`], but is an error if it is the only one or with `strict`.
    ///
    /// # Errors
    ///
    /// [`Error::BadPattern`], [`Error::NoMatch`] for a path; [`Error::UnknownFormat`] for a named file that is not a
    /// flow log, or for any file with `strict`; [`Error::NoFiles`] if no flow log is left; [`Error::Read`],
    /// [`Error::Truncated`], [`Error::Damaged`] if none can be read, or for any file with `strict`;
    /// [`Error::BadFormat`].
    pub fn open(options: Options) -> Result<Self, Error> {
        let format = options
            .format
            .map(|format| Layout::parse_format(&format).map_err(|reason| Error::BadFormat { format, reason }))
            .transpose()?;
        let Found { files, skipped, mut failed } = find(&options.paths, format.as_ref())?;
        if !failed.is_empty() && (options.strict || files.is_empty()) {
            return Err(failed.remove(0));
        }
        if let (true, Some(FileProblem { file, reason })) = (options.strict, skipped.first().cloned()) {
            return Err(Error::UnknownFormat { file, reason, lacks_format: false });
        }
        if files.is_empty() {
            return Err(Error::NoFiles { skipped });
        }
        let failed = failed.iter().filter_map(Error::file_problem).collect();
        let Options { strict, memory_limit_bytes, geo, .. } = options;
        Ok(Self { files, is_strict: strict, memory_limit_bytes, geo, skipped, failed })
    }

    /// No files, for an answer that reads none.
    #[must_use]
    pub fn none() -> Self {
        let Options { memory_limit_bytes, geo, .. } = Options::default();
        Self { files: Vec::new(), is_strict: false, memory_limit_bytes, geo, skipped: Vec::new(), failed: Vec::new() }
    }

    /// Returns whether some file has this field of the record, or this extra column.
    ///
    /// Files without records are assumed to have every field.
    #[must_use]
    pub fn has(&self, source: &Source) -> bool {
        let mut layouts = self.layouts().peekable();
        if layouts.peek().is_none() {
            return true;
        }
        match source {
            Source::Field(field) => match field.info().origin {
                Origin::Record(_) => layouts.any(|layout| layout.all_slots().any(|slot| *slot == Slot::Field(*field))),
                _ => field.required().into_iter().all(|field| self.has(&Source::Field(field))),
            },
            Source::Extra(name) => {
                let slot = Slot::Extra(name.as_str().into());
                layouts.any(|layout| layout.all_slots().any(|known| *known == slot))
            }
            Source::Result(_) => true,
        }
    }

    /// The files by the fields that they have.
    #[must_use]
    pub fn schemas(&self) -> Vec<Schema> {
        let mut schemas: Vec<Schema> = Vec::new();
        for file in self.files.iter().filter(|file| !file.records.is_empty()) {
            let slot = |slot: &Slot| match slot {
                Slot::Field(field) => field.name().to_string(),
                Slot::Extra(name) => format!("`{name}`"),
            };
            let fields: Vec<String> = file.layout.all_slots().map(slot).collect();
            match schemas.iter_mut().find(|schema| schema.fields == fields) {
                Some(schema) => schema.files.push(file.name.clone()),
                None => schemas.push(Schema { files: vec![file.name.clone()], fields }),
            }
        }
        schemas
    }

    /// Files in folders that were left out, with the reasons.
    #[must_use]
    pub fn skipped(&self) -> &[FileProblem] {
        &self.skipped
    }

    /// Files and folders that cannot be read, with the reasons.
    #[must_use]
    pub fn failed(&self) -> &[FileProblem] {
        &self.failed
    }

    /// Returns whether a run continues without a file that fails: not if it is the only one, nor in a strict run.
    pub(crate) fn goes_on(&self) -> bool {
        !self.is_strict && self.files.len() + self.failed.len() > 1
    }

    /// Returns whether the files come from more than one flow log, by their names.
    pub(crate) fn has_several_flow_logs(&self) -> bool {
        let mut flow_logs = self.files.iter().filter_map(|file| file.flow_log.as_ref());
        flow_logs.next().is_some_and(|first| flow_logs.any(|other| other != first))
    }

    /// The files and their lengths; `None` if one of them is a pipe.
    #[must_use]
    pub fn extent(&self) -> Option<Vec<(PathBuf, u64)>> {
        let length = |file: &Arc<LogFile>| Some((file.path.clone(), file.records.extent()?));
        self.files.iter().map(length).collect()
    }

    /// A malformed line with the name of its file, counted from the start of the file.
    pub(crate) fn named(&self, malformed: FirstMalformed) -> Malformed {
        let FirstMalformed { file, origin, line, reason } = malformed;
        let file = &self.files[file];
        let (name, unit) = (file.name.clone(), file.records.unit_name());
        Malformed { file: name, unit, line: line + lines_before(&file.path, origin), reason }
    }

    /// A note on a name in later records of a file that the first ones do not have, so that its values are not read.
    pub(crate) fn note_of_name(&self, file: usize, name: &str) -> String {
        let file = &self.files[file].name;
        format!("`{file}`: records further on have `{name}`, which the first ones do not have: it is not read")
    }

    /// The layouts of the files that have records.
    pub(crate) fn layouts(&self) -> impl Iterator<Item = &Arc<Layout>> {
        self.files.iter().filter(|file| !file.records.is_empty()).map(|file| &file.layout)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        assert_eq!(files.skipped()[1].reason, "it is JSON without flow log messages or records");
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
        assert_eq!(files.skipped()[0].reason, "it is a broken link");
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
    fn files_of_the_same_fields_have_one_schema() {
        let other = "srcaddr made-up flow-direction\n10.0.0.1 x egress\n";
        let folder = folder(&[("a", RECORD), ("aws-region=eu-west-1/b", other), ("c", RECORD), ("d", "")]);
        let schemas = open(&folder, &[""], false).unwrap().schemas();
        assert_eq!(schemas.iter().map(|schema| schema.files.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(schemas[1].fields, ["src.addr", "`made-up`", "dir", "region"]);
        assert_eq!((schemas[0].fields.len(), schemas[0].fields[2].as_str()), (14, "eni"));
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
