//! The account, or the files, to work on.

use std::path::PathBuf;
#[cfg(feature = "local")]
use std::sync::Arc;

#[cfg(feature = "aws")]
use etcetera::BaseStrategy;

use super::config::AwsSettings;
#[cfg(feature = "local")]
use super::console::Terminal;
#[cfg(feature = "local")]
use super::error::Error;
#[cfg(feature = "local")]
use crate::account::Settings as CreateSettings;
#[cfg(feature = "aws")]
use crate::account::aws::{self, News};
#[cfg(feature = "local")]
use crate::account::inventory::Inventory;
#[cfg(feature = "local")]
use crate::engine::{self, Geo};
#[cfg(feature = "aws")]
use crate::query::glob::matches_glob;
use crate::query::multiplier::{BYTE_UNITS, multiplier};
#[cfg(feature = "local")]
use crate::session::Session;

/// The account, or the files, to work on.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Account or files")]
pub(crate) struct Place {
    /// Flow log files (a file, a folder, a glob, or `-` for standard input; may be given more than
    /// once), or the folder of an embedded account
    #[arg(long, value_name = "PATH", global = true, value_hint = clap::ValueHint::AnyPath)]
    pub(crate) local: Vec<String>,

    /// The AWS profile, or several: `a,b` [default: the environment's, or what the AWS SDK finds]
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", global = true, conflicts_with = "local")]
    pub(crate) profile: Option<String>,

    /// The AWS Region, or several: `a,b`, or `all` [default: `AWSFL_REGION`, the environment's, or the
    /// profile's]
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "REGION", global = true, conflicts_with = "local")]
    pub(crate) region: Option<String>,

    /// A role to assume with the login, by its ARN
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ARN", global = true, conflicts_with = "local", group = "role")]
    pub(crate) role_arn: Option<String>,

    /// Several accounts: `a,b`; in each the role of `--role-name` is assumed
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ID", global = true, value_delimiter = ',', requires = "role_name")]
    pub(crate) accounts: Vec<String>,

    /// The name of the role to assume in each of `--accounts`
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", global = true, conflicts_with_all = ["local", "role_arn"], requires = "accounts", group = "role")]
    pub(crate) role_name: Option<String>,

    /// The external id that the role asks for
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ID", global = true, requires = "role")]
    pub(crate) external_id: Option<String>,

    /// The name of the session of the role, which `CloudTrail` shows [default: flowlogs]
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", global = true, requires = "role")]
    pub(crate) role_session_name: Option<String>,

    /// The most that queries may cost, in US dollars, of this run or shell: the one that goes beyond it is stopped
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "USD", global = true, conflicts_with = "local", value_parser = parse_usd)]
    pub(crate) max_usd: Option<f64>,

    /// Whether nothing is opened.
    #[cfg(feature = "local")]
    #[arg(skip)]
    pub(crate) is_nowhere: bool,

    /// The settings of accounts on AWS, by the config file.
    #[arg(skip)]
    pub(crate) settings: AwsSettings,

    /// The settings of new flow logs, by the config file.
    #[cfg(feature = "local")]
    #[arg(skip)]
    pub(crate) create: CreateSettings,

    /// The bytes that queries have scanned and may scan, shared by all places that the shell opens.
    #[cfg(feature = "aws")]
    #[arg(skip)]
    pub(crate) budget: Arc<aws::Budget>,

    /// The network of plain files (`flowlogs inventory` prints one): names, and the targets
    /// `sg`, `nat` and `endpoint`
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) inventory: Option<PathBuf>,

    /// The format of files without a header line: '${interface-id} ${srcaddr} ...'
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(crate) format: Option<String>,

    /// Fail on the first malformed line or unreadable file instead of counting it
    #[arg(long, global = true)]
    pub(crate) strict: bool,

    /// A file in MMDB format that says where addresses are; may be given more than once
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) geo: Vec<PathBuf>,

    /// The most memory for groups and sorting, beyond which it spills to disk or fails
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_size, global = true)]
    pub(crate) memory_limit: usize,
}

#[cfg(feature = "local")]
impl Place {
    /// Applies the settings of the config file; called before anything is opened.
    pub(crate) fn configure(&mut self, settings: AwsSettings, create: CreateSettings, geo: Vec<PathBuf>) {
        self.create = create;
        if self.geo.is_empty() {
            self.geo = geo;
        }
        #[cfg(feature = "aws")]
        {
            self.budget = Arc::new(aws::Budget::of(self.max_usd, settings.usd_per_gb));
        }
        self.settings = settings;
    }

    /// The cost of a query, in US dollars, above which the user is asked before it runs.
    pub(crate) const fn ask_above_usd(&self) -> f64 {
        self.settings.ask_above_usd
    }

    /// The bytes that queries have scanned on AWS so far, and the cost in US dollars.
    #[cfg(feature = "aws")]
    #[allow(clippy::cast_precision_loss, reason = "an amount for people")]
    pub(crate) fn scanned(&self) -> (u64, f64) {
        let bytes = self.budget.scanned_bytes();
        (bytes, bytes as f64 / 1e9 * self.settings.usd_per_gb)
    }

    /// Returns whether the config file marks the profile as production.
    #[cfg(feature = "aws")]
    pub(crate) fn is_production(&self) -> bool {
        let profile = self.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok()).unwrap_or_default();
        let is_marked = |profile: &str| self.settings.production.iter().any(|glob| matches_glob(glob, profile.trim()));
        self.local.is_empty() && profile.split(',').any(is_marked)
    }

    #[cfg(not(feature = "aws"))]
    #[allow(clippy::unused_self, reason = "with the feature its profile is looked at")]
    pub(crate) const fn is_production(&self) -> bool {
        false
    }

    /// The same place, with other records.
    pub(crate) fn at(&self, path: String) -> Self {
        Self { local: vec![path], inventory: None, ..self.clone() }
    }

    /// The account on AWS, with the same profile and Region.
    #[cfg(feature = "aws")]
    pub(crate) fn on_aws(&self) -> Self {
        Self { local: Vec::new(), inventory: None, ..self.clone() }
    }

    /// Opens the account or the files; without local paths, the account is on AWS.
    pub(crate) fn open(&self, terminal: Terminal) -> Result<Session, Error> {
        Ok(self.open_bare(terminal)?.with_defaults(self.create.clone()))
    }

    fn open_bare(&self, terminal: Terminal) -> Result<Session, Error> {
        if self.is_nowhere {
            return Ok(Session::nowhere());
        }
        if self.local.is_empty() {
            return self.open_aws(terminal);
        }
        let options = engine::Options {
            paths: self.local.clone(),
            format: self.format.clone(),
            strict: self.strict,
            memory_limit_bytes: self.memory_limit,
            geo: Arc::new(Geo::new(self.geo.clone())),
        };
        Ok(Session::open(options, self.inventory.as_deref())?)
    }

    #[cfg(feature = "aws")]
    #[allow(clippy::unnecessary_wraps, reason = "without the feature there is nothing to open")]
    fn open_aws(&self, terminal: Terminal) -> Result<Session, Error> {
        Ok(Session::open_aws(aws::Options {
            profile: self.profile.clone(),
            region: self.region(),
            role: self.role(),
            accounts: self.accounts.clone(),
            tell: Some(Arc::new(move |news| match news {
                News::Note(text) => terminal.note(text),
                News::Failed(text) => terminal.error(text, None),
            })),
            usd_per_gb: self.settings.usd_per_gb,
            budget: Arc::clone(&self.budget),
            geo: Arc::new(Geo::new(self.geo.clone())),
            inventories: inventories_folder().filter(|_| self.settings.keep_inventories),
        }))
    }

    /// The role to assume.
    #[cfg(feature = "aws")]
    fn role(&self) -> Option<aws::Role> {
        let arn = self.role_arn.clone().or_else(|| self.role_name.clone())?;
        Some(aws::Role { arn, external_id: self.external_id.clone(), session_name: self.role_session_name.clone() })
    }

    #[cfg(not(feature = "aws"))]
    #[allow(clippy::unused_self, reason = "with the feature its profile and Region are opened")]
    fn open_aws(&self, _: Terminal) -> Result<Session, Error> {
        Err(Error::Usage {
            message: "no records to read".into(),
            help: Some(
                "name files with `--local PATH`, or try `flowlogs demo`; this flowlogs was built without the feature \
                 `aws`"
                    .into(),
            ),
        })
    }

    /// The Region that was named. The variable is read here and not by clap: it may be set while files are read.
    #[cfg(feature = "aws")]
    fn region(&self) -> Option<String> {
        let of_environment = || std::env::var("AWSFL_REGION").ok().filter(|region| !region.is_empty());
        self.region.clone().or_else(of_environment)
    }

    /// Returns the name for the shell's prompt; `region` is the Region in use, if known.
    pub(crate) fn name(&self, region: Option<String>) -> String {
        let Some(path) = self.local.first() else { return self.aws_name(region) };
        let name = std::path::Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| path.clone())
    }

    #[cfg(feature = "aws")]
    fn aws_name(&self, region: Option<String>) -> String {
        let or = |named: Option<String>, variable| named.or_else(|| std::env::var(variable).ok());
        let parts = [or(self.profile.clone(), "AWS_PROFILE"), or(region.or_else(|| self.region()), "AWS_REGION")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "aws".into() } else { parts.join(" ") }
    }

    #[cfg(not(feature = "aws"))]
    #[allow(clippy::unused_self, reason = "with the feature its profile and Region are named")]
    fn aws_name(&self, _: Option<String>) -> String {
        String::new()
    }
}

/// The last inventories read from AWS, of one Region or of all; empty if none are kept.
#[cfg(feature = "local")]
#[cfg_attr(not(feature = "aws"), allow(unused_variables, reason = "without the feature there is no AWS"))]
pub(crate) fn kept_inventories(region: Option<&str>) -> Vec<Inventory> {
    #[cfg(feature = "aws")]
    return inventories_folder().map(|folder| aws::latest_inventories(&folder, region)).unwrap_or_default();
    #[cfg(not(feature = "aws"))]
    Vec::new()
}

/// The folder in which inventories are kept.
#[cfg(feature = "aws")]
fn inventories_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("flowlogs").join("inventories"))
}

/// Parses an amount of US dollars.
#[cfg(feature = "aws")]
fn parse_usd(text: &str) -> Result<f64, String> {
    let usd = text.parse::<f64>().ok().filter(|usd| usd.is_finite() && *usd >= 0.0);
    usd.ok_or_else(|| "expected an amount of US dollars, such as 0.50".into())
}

/// Parses bytes: `512MiB`, `1GB` or a plain number.
fn parse_size(text: &str) -> Result<usize, String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let by = multiplier(unit.trim()).and_then(|by| usize::try_from(by).ok());
    let by = by.ok_or_else(|| format!("the units are {}", BYTE_UNITS.join(", ")))?;
    let size = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(by));
    size.filter(|size| *size >= MIN_MEMORY_BYTES)
        .ok_or_else(|| "expected a size of 16MiB or more, such as 512MiB".into())
}

/// A scan's buffers do not fit into less.
const MIN_MEMORY_BYTES: usize = 16 << 20;
