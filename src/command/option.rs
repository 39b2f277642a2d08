//! Options of every command.

use clap::ValueEnum;

use crate::output::Format;
use crate::query::columns::DefaultColumns;

/// Output options.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_field_names, reason = "the field is the flag `--output`")]
pub(crate) struct Output {
    /// The format of rows
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Table, global = true)]
    pub(crate) output: OutputFormat,

    /// Scale bytes and counts in tables and charts: 1.5 GB, 1.2M
    #[arg(long, global = true)]
    pub(crate) human: bool,

    /// The columns of records if a sentence names none: `seed` (the ends of the record and the packet), `interface`
    /// (the interface, its end and the far end), or fields, such as `time,eni,bytes`
    #[arg(long, value_name = "COLUMNS", global = true)]
    pub(crate) columns: Option<DefaultColumns>,

    /// Print the numbers of the run as one JSON object on standard error
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(crate) stats: Option<StatsFormat>,

    /// Exit with 3 when the default limit or a cap cut the answer
    #[arg(long, global = true)]
    pub(crate) fail_on_truncate: bool,

    /// Exit with 4 when the answer has a row, also one that is cut: for checks that run by themselves
    #[arg(long, global = true)]
    pub(crate) fail_if_rows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Table,
    /// One array of objects
    Json,
    /// One object a line
    Ndjson,
    /// A header line, then a line a row
    Csv,
}

impl Output {
    pub(crate) fn default_columns(&self) -> DefaultColumns {
        self.columns.clone().unwrap_or_default()
    }

    pub(crate) const fn format(&self) -> Format {
        match self.output {
            OutputFormat::Table => Format::Table,
            OutputFormat::Json => Format::Json,
            OutputFormat::Ndjson => Format::Ndjson,
            OutputFormat::Csv => Format::Csv,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatsFormat {
    /// One object
    Json,
}

/// The use of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Options for confirmation and dry runs.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Changes")]
pub(crate) struct Asking {
    /// Do not ask before something changes
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,

    /// Show what would be changed, and change nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
}
