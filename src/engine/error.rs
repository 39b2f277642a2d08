//! Errors of opening files and of running plans over them.

use std::io;
use std::path::PathBuf;

use datafusion::error::DataFusionError;

use crate::query::missing::Missing;
use crate::value::FileProblem;

/// An error of opening files, or of running a plan over them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path that does not exist, or may not be read.
    #[error("cannot read `{file}`: {source}")]
    Read {
        /// The file as it was named.
        file: String,
        /// The error of the system.
        source: io::Error,
    },
    /// `logs/[` as a file name pattern.
    #[error("`{pattern}` is not a file name pattern: {reason}")]
    BadPattern {
        /// The pattern as it was named.
        pattern: String,
        /// The reason.
        reason: String,
    },
    /// `logs/*.gz` without a matching file.
    #[error("no file matches `{pattern}`")]
    NoMatch {
        /// The pattern as it was named.
        pattern: String,
    },
    /// A folder without flow logs.
    #[error("no flow log files{}", reasons(.skipped))]
    NoFiles {
        /// The other files, and why each is not a flow log.
        skipped: Vec<FileProblem>,
    },
    /// A README; or records without a header line in a format other than the default one.
    #[error("`{file}` is not a flow log that can be read: {reason}")]
    UnknownFormat {
        /// The file.
        file: String,
        /// The reason.
        reason: String,
        /// Whether the format of its records is all that is missing.
        lacks_format: bool,
    },
    /// `--format ""`, or a field that occurs twice.
    #[error("`{format}` is not a record format: {reason}")]
    BadFormat {
        /// The format as it was given.
        format: String,
        /// The reason.
        reason: String,
    },
    /// A gzip or parquet file that was cut off.
    #[error("`{file}` is cut off: it ends before its data does")]
    Truncated {
        /// The file.
        file: String,
    },
    /// A gzip or parquet file whose contents are damaged.
    #[error("`{file}` is damaged: {reason}")]
    Damaged {
        /// The file.
        file: String,
        /// The reader's message.
        reason: String,
    },
    /// Two concatenated files of different formats.
    #[error("`{file}` changes its format at line {line}: there is another header line")]
    OtherHeader {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// `-`, named a second time.
    #[error("`{file}` can be read only once")]
    ReadTwice {
        /// The stream.
        file: String,
    },
    /// A field that the sentence names and no file has.
    #[error("no file has the field {missing}")]
    FieldMissing {
        /// The missing field or column.
        missing: Missing,
    },
    /// `show local.name` for files alone.
    #[error("`{name}` needs an inventory, and these files have none")]
    NeedsInventory {
        /// The field as it is typed.
        name: String,
    },
    /// `remote.country` without a geolocation file.
    #[error("`{name}` needs a geolocation file")]
    NeedsGeo {
        /// The field as it is typed.
        name: String,
    },
    /// A geolocation file that cannot be read.
    #[error("cannot read `{}`, a geolocation file: {reason}", file.display())]
    Geo {
        /// The file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A malformed line in a strict run.
    #[error("`{file}` {unit} {line} is malformed: {reason}")]
    StrictMalformed {
        /// The file.
        file: String,
        /// `line`, `record` or `row`.
        unit: &'static str,
        /// The number of it, from 1.
        line: u64,
        /// The reason.
        reason: String,
    },
    /// A regular expression that takes too much memory.
    #[error("cannot use the pattern `{pattern}`: {reason}")]
    BadRegex {
        /// The expression.
        pattern: String,
        /// The reason.
        reason: String,
    },
    /// Too many groups, or too many rows to sort.
    #[error("the query needs more than the {} of memory that it may use", size(*.limit_bytes))]
    Memory {
        /// The limit.
        limit_bytes: usize,
    },
    /// The rows could not be passed on; a closed pipe is one reason.
    #[error("cannot write the answer: {0}")]
    Sink(#[from] io::Error),
    /// The query engine refused the query or could not continue.
    #[error("the query engine failed: {source}")]
    Engine {
        /// The error of the query engine.
        source: Box<DataFusionError>,
    },
}

/// A size in the largest unit that divides it.
fn size(bytes: usize) -> String {
    const UNITS: [(usize, &str); 6] =
        [(1 << 30, "GiB"), (1_000_000_000, "GB"), (1 << 20, "MiB"), (1_000_000, "MB"), (1 << 10, "KiB"), (1000, "kB")];
    let unit = UNITS.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

/// The number of left-out files that a message names.
const NAMED_FILES: usize = 5;

fn reasons(skipped: &[FileProblem]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let named: Vec<String> =
        skipped.iter().take(NAMED_FILES).map(|file| format!("`{}`: {}", file.file, file.reason)).collect();
    let more = skipped.len().saturating_sub(NAMED_FILES);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!(" ({}{more})", named.join("; "))
}

impl Error {
    /// The file that cannot be read, or not to its end, with the reason, if other files can still be read; `None` for
    /// other errors.
    pub(crate) fn file_problem(&self) -> Option<FileProblem> {
        let (file, reason) = match self {
            Self::Read { file, source } => (file, source.to_string()),
            Self::Truncated { file } => (file, "it is cut off: it ends before its data does".into()),
            Self::Damaged { file, reason } => (file, format!("it is damaged: {reason}")),
            _ => return None,
        };
        Some(FileProblem { file: file.clone(), reason })
    }

    /// A hint at what to change.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::UnknownFormat { lacks_format: true, .. } => {
                "for records without a header line, give their format: \
                 `--format '${version} ${srcaddr} ...'`, as the flow log has it"
            }
            Self::BadFormat { .. } => {
                "list the fields in their order: `${interface-id} ${srcaddr} ${dstaddr} ${action}`"
            }
            Self::NoFiles { .. } => "name a folder or files that hold flow log records",
            Self::OtherHeader { .. } => "split the file there, so that each part has one format",
            Self::FieldMissing { .. } => "add the field to the flow log's format, or leave it out of the sentence",
            Self::NeedsInventory { .. } => "give one with `--inventory FILE`, or use `eni` or `remote.addr`",
            Self::NeedsGeo { .. } => "name one in MMDB format with `--geo FILE`, or under `[geo]` in the config file",
            Self::StrictMalformed { .. } => "without `--strict`, what is malformed is counted and left out",
            Self::Memory { .. } => {
                "raise `--memory-limit`, group by fewer keys, or narrow what is read with `where` or a window"
            }
            _ => return None,
        };
        Some(help.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_flow_logs_names_a_few_files_and_counts_the_rest() {
        let skipped = (0..7).map(|n| FileProblem { file: format!("f{n}"), reason: "JSON".into() }).collect();
        let message = Error::NoFiles { skipped }.to_string();
        assert!(message.starts_with("no flow log files (`f0`: JSON; `f1`"), "{message}");
        assert!(message.ends_with("`f4`: JSON; and 2 more)"), "{message}");
        assert_eq!(Error::NoFiles { skipped: Vec::new() }.to_string(), "no flow log files");
    }

    #[test]
    fn a_size_is_said_in_the_unit_that_it_was_given_in() {
        let sizes = [1 << 30, 64_000_000, 3 << 19, 1_500_000, 1001].map(size);
        assert_eq!(sizes, ["1 GiB", "64 MB", "1536 KiB", "1500 kB", "1001 bytes"]);
    }
}
