//! The arguments, as clap reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Error;
use super::flags::QueryFlags;
use crate::output::Format;

/// Ask an AWS network what it is doing.
#[derive(Debug, Parser)]
#[command(
    name = "flowlogs",
    version,
    max_term_width = 100,
    after_help = "Examples:\n  \
        flowlogs --local logs/ -e 'vpc where reject and dst.port = 22'\n  \
        flowlogs --local vpc.log.gz -e 'top 10 src.addr by bytes'\n  \
        flowlogs --local logs/ query vpc --reject --port 22\n  \
        flowlogs explain 'sg where remote public and local port 443'\n\n\
        Exit codes: 0 done, 1 failed, 2 usage, 3 truncated (with --fail-on-truncate), 130 interrupted"
)]
pub(super) struct Args {
    /// A sentence to run; may be given more than once
    #[arg(short = 'e', value_name = "SENTENCE")]
    pub(super) sentences: Vec<String>,

    #[command(flatten)]
    pub(super) place: Place,

    #[command(flatten)]
    pub(super) output: Output,

    /// A value for `$NAME` in a sentence; several of one name make a list
    #[arg(long, value_name = "NAME=VALUE", global = true)]
    pub(super) param: Vec<String>,

    /// Read and print times in UTC instead of local time
    #[arg(long, global = true)]
    pub(super) utc: bool,

    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto, global = true)]
    pub(super) color: Color,

    /// Print data and errors only: no window, progress, notes or closing line
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// The config file, for saved filters [default: flowlogs/config.toml in the user's config folder]
    #[arg(long, value_name = "FILE", env = "FLOWLOGS_CONFIG", global = true)]
    pub(super) config: Option<PathBuf>,

    /// What to log on standard error
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = LogLevel::Warn, env = "AWSFL_LOG_LEVEL", global = true)]
    pub(super) log_level: LogLevel,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// Where the records are.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Place {
    /// Flow log files (a file, a folder, a glob, or `-` for standard input; may be given more than
    /// once), or the folder of an embedded account
    #[arg(long, value_name = "PATH", global = true)]
    pub(super) local: Vec<String>,

    /// The AWS profile [default: the environment's, or what the AWS SDK finds]
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", global = true, conflicts_with = "local")]
    pub(super) profile: Option<String>,

    /// The AWS Region [default: the environment's, or the profile's]
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "REGION", global = true, conflicts_with = "local")]
    pub(super) region: Option<String>,

    /// The format of files without a header line: '${interface-id} ${srcaddr} ...'
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(super) format: Option<String>,

    /// Fail on the first malformed line or unreadable file instead of counting it
    #[arg(long, global = true)]
    pub(super) strict: bool,

    /// The most memory for groups and sorting, beyond which it spills to disk or fails
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_size, global = true)]
    pub(super) memory_limit: usize,
}

/// How the answer is printed.
#[derive(Clone, Debug, clap::Args)]
#[allow(clippy::struct_field_names, reason = "the field is the flag `--output`")]
pub(super) struct Output {
    /// How to print rows
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Table, global = true)]
    pub(super) output: OutputFormat,

    /// Print the numbers of the run as one JSON object on standard error
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(super) stats: Option<StatsFormat>,

    /// Exit with 3 when the default limit or a cap cut the answer
    #[arg(long, global = true)]
    pub(super) fail_on_truncate: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ask with flags instead of a sentence
    Query(Box<QueryFlags>),
    /// Create the flow logs of resources; of one that exists, cover interfaces that joined since
    #[cfg(feature = "local")]
    Create(super::lifecycle::Create),
    /// List the flow logs that this tool created
    #[cfg(feature = "local")]
    List(super::lifecycle::List),
    /// Delete flow logs with all that was made for them
    #[cfg(feature = "local")]
    Delete(super::lifecycle::Delete),
    /// Look for what is not as it should be in an account; exit 1 on findings
    #[cfg(feature = "local")]
    Doctor(super::lifecycle::Doctor),
    /// Print what there is in an account's network, as JSON
    #[cfg(feature = "local")]
    Inventory,
    /// Print the least IAM policy that a command needs on AWS, as JSON
    #[cfg(feature = "aws")]
    Policy {
        /// The command: create, list, delete, doctor or inventory [default: all of them]
        #[arg(value_parser = super::policy::parse_command)]
        command: Option<crate::account::aws::policy::Command>,
    },
    /// Make the demo account, a network that feels real, or bring it up to now; and ask it
    #[cfg(feature = "local")]
    Demo {
        /// The folder of the account [default: flowlogs/demo in the user's data folder]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,

        /// A sentence to run; may be given more than once
        #[arg(short = 'e', value_name = "SENTENCE")]
        sentences: Vec<String>,
    },
    /// Show what a sentence means, and its Logs Insights text; reads nothing
    Explain {
        /// The sentence
        sentence: String,
    },
    /// Show the fields of the language
    Fields {
        /// One field, by any of its names
        name: Option<String>,
    },
    /// Print the version
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
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
    pub(super) const fn format(&self) -> Format {
        match self.output {
            OutputFormat::Table => Format::Table,
            OutputFormat::Json => Format::Json,
            OutputFormat::Ndjson => Format::Ndjson,
            OutputFormat::Csv => Format::Csv,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StatsFormat {
    /// One object
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    /// Nothing
    Off,
    /// What failed
    Error,
    /// What looks wrong
    Warn,
    /// What is done
    Info,
    /// How it is done
    Debug,
    /// Everything
    Trace,
}

/// Logs to standard error what the program and its libraries say of this level and above.
pub(super) fn start_log(level: LogLevel) {
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // What the SDK warns of comes back as an error, in fewer words.
    let of_sdk = if level == LevelFilter::WARN { LevelFilter::OFF } else { level };
    let levels = Targets::new().with_default(level).with_targets([("aws_config", of_sdk), ("aws_runtime", of_sdk)]);
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(true);
    tracing_subscriber::registry().with(log).with(levels).init();
}

/// `NAME=VALUE` pairs; a name that comes again gets one more value.
pub(super) fn parameters(pairs: &[String]) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| Error::Usage {
            message: format!("`--param {pair}` has no name and value"),
            help: Some("for example `--param port=22`".into()),
        })?;
        parameters.entry(name.trim_start_matches('$').to_string()).or_default().push(value.to_string());
    }
    Ok(parameters)
}

/// Bytes, from `512MiB`, `1GB` or a plain number.
fn parse_size(text: &str) -> Result<usize, String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let by: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err("the units are kB, MB, GB, KiB, MiB and GiB".into()),
    };
    let size = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(by));
    size.filter(|size| *size >= MIN_MEMORY_BYTES)
        .ok_or_else(|| "expected a size of 16MiB or more, such as 512MiB".into())
}

/// Below this, not even the buffers of a scan fit.
const MIN_MEMORY_BYTES: usize = 16 << 20;
