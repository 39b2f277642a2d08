//! The arguments, as clap reads them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::flags::QueryFlags;
use super::version;
use crate::command::{self, Asking, Color, Error, Output, Place, console};
use crate::diagnostic::nearest;
#[cfg(feature = "local")]
use crate::script;

/// The help heading of the options for a sentence.
const ASKED: &str = "Names and times in sentences";

fn after_help() -> String {
    format!(
        "Examples:\n  \
        flowlogs --local logs/ -e 'vpc where reject and dst.port = 22'\n  \
        flowlogs --local vpc.log.gz -e 'top 10 src.addr by bytes'\n  \
        flowlogs --local logs/ query vpc --reject --port 22\n  \
        flowlogs explain 'sg where remote public and local port 443'\n\n\
        `flowlogs help TOPIC` is about {}, a field or a function.\n\n\
        Of an option that is given twice the last one counts; -e, --param, --local, --geo, --allow-env and --allow-net add up.",
        command::manual::names().join(", ")
    )
}

/// Ask an AWS network what it is doing.
#[derive(Debug, Parser)]
#[command(
    name = "flowlogs",
    version,
    long_version = version::long(),
    max_term_width = 100,
    after_help = after_help(),
    disable_help_subcommand = true,
    args_override_self = true
)]
pub(super) struct Args {
    /// A line to run: a sentence, a command, a dot-command or Rhai; may be given more than once
    #[arg(short = 'e', value_name = "LINE")]
    pub(super) lines: Vec<String>,

    /// A value for `$NAME` in a sentence; several of one name make a list
    #[arg(long, value_name = "NAME=VALUE", global = true, help_heading = ASKED)]
    pub(super) param: Vec<String>,

    /// The config file, with names and settings [default: flowlogs/config.toml in the user's config folder]
    #[arg(long, value_name = "FILE", env = "FLOWLOGS_CONFIG", global = true, help_heading = ASKED)]
    pub(super) config: Option<PathBuf>,

    #[command(flatten)]
    pub(super) place: Place,

    #[command(flatten)]
    pub(super) output: Output,

    /// Read and print times in UTC instead of local time
    #[arg(long, global = true, overrides_with = "tz")]
    pub(super) utc: bool,

    /// Read and print times in this zone instead of local time, such as `Asia/Tokyo`
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, global = true, overrides_with = "utc")]
    pub(super) tz: Option<TimeZone>,

    /// Use of colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto, global = true)]
    pub(super) color: Color,

    /// Print only data and errors: no window, progress, notes or closing line
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Log messages of this level and above on standard error
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = LogLevel::Warn, env = "AWSFL_LOG_LEVEL", global = true)]
    pub(super) log_level: LogLevel,

    #[command(flatten)]
    pub(super) asking: Asking,

    #[cfg(feature = "local")]
    #[command(flatten)]
    pub(super) allowed: Allowed,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ask with flags instead of a sentence
    Query(Box<QueryFlags>),
    #[command(flatten)]
    Shared(command::Command),
    /// Run a Rhai script; `flowlogs FILE.rhai` is the same
    #[cfg(feature = "local")]
    Run(Script),
    /// Print the least IAM policy that a command needs, as JSON
    #[cfg(feature = "aws")]
    Policy(super::policy::Policy),
    /// Create the demo account, a realistic network, or bring it up to now; then open a shell on it,
    /// or run lines or a script
    #[cfg(feature = "local")]
    Demo {
        /// The folder of the account [default: flowlogs/demo in the user's data folder]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,

        /// A line to run; may be given more than once
        #[arg(short = 'e', value_name = "LINE")]
        lines: Vec<String>,

        /// A Rhai script, and its arguments
        #[arg(value_name = "SCRIPT", trailing_var_arg = true, conflicts_with = "lines")]
        script: Vec<String>,
    },
    /// Print a shell's completion script: `flowlogs completions fish | source`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Describe a command, a topic, a field or a function
    Help {
        /// Its name; none is the program itself
        about: Option<String>,
    },
    /// Print a page of the manual: `flowlogs man query | man -l -`
    Man {
        /// The command or the topic; none is the program itself
        page: Option<String>,

        /// Write every page below this folder instead, into `man1` and `man7`
        #[arg(long, value_name = "DIR", conflicts_with = "page")]
        dir: Option<PathBuf>,
    },
    /// Show each setting with its value and where it comes from
    Config,
    /// Show the filters, sentences, lists and networks that have a name in the config file
    Saved,
    /// Print the version
    Version,
    /// A script's file and its arguments
    #[cfg(feature = "local")]
    #[command(external_subcommand)]
    File(Vec<String>),
}

/// A script and its arguments.
#[cfg(feature = "local")]
#[derive(Debug, clap::Args)]
pub(super) struct Script {
    /// The script
    pub(super) file: PathBuf,

    /// Arguments, which its function `args()` returns
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) args: Vec<String>,
}

/// The permissions of a script.
#[cfg(feature = "local")]
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "What scripts may do")]
pub(super) struct Allowed {
    /// Let scripts read this environment variable, beside FLOWLOGS_*; may be given more than once
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) allow_env: Vec<String>,

    /// Let scripts send JSON to this host, or to this port of it; may be given more than once
    #[arg(long, value_name = "HOST", global = true, value_parser = script::host)]
    pub(super) allow_net: Vec<String>,

    /// The folder below which scripts read files [default: that of the script]
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) read_dir: Option<PathBuf>,

    /// Let scripts write any file below this folder; without it only new ones below the current folder
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) write_dir: Option<PathBuf>,

    /// Refuse every change of an account
    #[arg(long, global = true)]
    pub(super) read_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    /// Nothing
    Off,
    /// Failures
    Error,
    /// Warnings
    Warn,
    /// Steps
    Info,
    /// Details
    Debug,
    /// Everything
    Trace,
}

/// Writes log messages of this level and above, of the program and its libraries, to standard error.
pub(super) fn start_log(level: LogLevel, colour: bool) {
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // The SDK's warnings come again as errors, in fewer words.
    let of_sdk = if level == LevelFilter::WARN { LevelFilter::OFF } else { level };
    // At the trace level, libraries log whole requests and responses, with keys and session tokens.
    let of_libraries = level.min(LevelFilter::DEBUG);
    let levels = Targets::new()
        .with_default(level)
        .with_targets(["aws", "hyper", "h2", "rustls"].map(|library| (library, of_libraries)))
        .with_targets([("aws_config", of_sdk.min(of_libraries)), ("aws_runtime", of_sdk.min(of_libraries))]);
    let log = tracing_subscriber::fmt::layer().with_writer(|| Log).with_ansi(colour).with_target(true);
    tracing_subscriber::registry().with(log).with(levels).init();
}

/// Standard error as the target of the log, a line at a time.
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        console::say_drawn(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads the process's arguments.
pub(super) fn read() -> Result<Args, clap::Error> {
    let given: Vec<OsString> = std::env::args_os().collect();
    let mut command = Args::command().color(match color(&given) {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    });
    let matches = command.try_get_matches_from_mut(&given)?;
    let mut args = Args::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    args.add_up(&given);
    Ok(args)
}

/// The value of `--color`, even if the arguments are invalid.
pub(super) fn color(given: &[OsString]) -> Color {
    let words: Vec<&str> = given.iter().filter_map(|word| word.to_str()).collect();
    let behind = words.windows(2).filter(|pair| pair[0] == "--color").map(|pair| pair[1]);
    let within = words.iter().filter_map(|word| word.strip_prefix("--color="));
    behind.chain(within).filter_map(|word| Color::from_str(word, false).ok()).next_back().unwrap_or(Color::Auto)
}

impl Args {
    /// Prepends the values of repeatable options that were given before a command to those given after it: clap keeps
    /// only the latter.
    fn add_up(&mut self, given: &[OsString]) {
        let Some((before, behind)) = around_command(given) else { return };
        let behind = Self::try_parse_from(behind).ok();
        let own = behind.as_ref();
        let before = &before;
        add(before, "param", &mut self.param, own.map(|own| &own.param));
        add(before, "local", &mut self.place.local, own.map(|own| &own.place.local));
        add(before, "geo", &mut self.place.geo, own.map(|own| &own.place.geo));
        #[cfg(feature = "local")]
        add(before, "allow_env", &mut self.allowed.allow_env, own.map(|own| &own.allowed.allow_env));
        #[cfg(feature = "local")]
        add(before, "allow_net", &mut self.allowed.allow_net, own.map(|own| &own.allowed.allow_net));
    }
}

/// Prepends the values of an option that stand before a command. If there are none after it, clap has kept them.
fn add<T: Clone + Send + Sync + 'static>(before: &ArgMatches, name: &str, all: &mut Vec<T>, own: Option<&Vec<T>>) {
    if own.is_some_and(|own| !own.is_empty()) {
        all.splice(0..0, before.get_many(name).into_iter().flatten().cloned());
    }
}

/// The options before a command, and the arguments without those options.
fn around_command(given: &[OsString]) -> Option<(ArgMatches, Vec<OsString>)> {
    let options = Args::command().get_arguments().cloned().collect::<Vec<_>>();
    let program = clap::Command::new("flowlogs").args_override_self(true).args(options);
    let before = program.allow_external_subcommands(true).try_get_matches_from(given).ok()?;
    let (command, rest) = before.subcommand()?;
    let rest = rest.get_many::<OsString>("").into_iter().flatten().cloned();
    let behind = given.iter().take(1).cloned().chain([command.into()]).chain(rest).collect();
    Some((before, behind))
}

/// Parses a time zone's IANA name.
fn parse_zone(name: &str) -> Result<TimeZone, String> {
    let zones = jiff::tz::db();
    zones.get(name).map_err(|_| {
        let names: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("there is no such zone; did you mean `{near}`?"),
            None => "there is no such zone; expected an IANA name such as Europe/Berlin, or UTC".into(),
        }
    })
}

/// Parses `NAME=VALUE` pairs; a repeated name gets several values.
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

/// Returns a suggestion for a word that is not a command.
pub(super) fn instead_of(word: &str) -> String {
    match nearest(word, Args::command().get_subcommands().map(clap::Command::get_name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`flowlogs --help` lists the commands".into(),
    }
}
