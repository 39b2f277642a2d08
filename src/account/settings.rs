//! The settings of a new flow log.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::chosen_field::ChosenField;
use crate::diagnostic::nearest;
use crate::field::{FIELDS, Field, Origin};
use crate::kind::TargetKind;

/// The default retention of a log group, in days.
pub const DEFAULT_RETENTION_DAYS: u32 = 30;
/// The default aggregation interval, in seconds.
pub const DEFAULT_AGGREGATION_S: u32 = 60;
/// The aggregation intervals that flow logs can have.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>.
pub const AGGREGATIONS_S: [u32; 2] = [60, 600];
/// The most tags that a user can add. A resource has at most 50, some of which are this tool's own.
///
/// Source: <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>.
const MAX_TAGS: usize = 40;

/// The traffic that a flow log records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Traffic {
    /// Accepted and rejected traffic.
    #[default]
    All,
    /// Accepted traffic only.
    Accept,
    /// Rejected traffic only.
    Reject,
}

impl Traffic {
    /// Each variant with its name.
    pub const WORDS: [(&str, Self); 3] = [("all", Self::All), ("accept", Self::Accept), ("reject", Self::Reject)];
}

/// The class of a log group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogClass {
    /// All features of CloudWatch Logs.
    #[default]
    Standard,
    /// Half the ingestion price, with fewer features.
    InfrequentAccess,
}

impl LogClass {
    /// Each variant with its name.
    pub const WORDS: [(&str, Self); 2] = [("standard", Self::Standard), ("infrequent-access", Self::InfrequentAccess)];
}

/// The settings of a new flow log, from options, the config file, or a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The retention in days; `None` for [`DEFAULT_RETENTION_DAYS`], or for that of an existing log group.
    pub retention_days: Option<u32>,
    /// The aggregation interval in seconds, one of [`AGGREGATIONS_S`]; `None` for [`DEFAULT_AGGREGATION_S`].
    pub aggregation_s: Option<u32>,
    /// The fields of a record, by their AWS names; a field that holds a tag with its key: `instance-tag=team`. Empty
    /// for the account's default.
    pub fields: Vec<String>,
    /// The traffic that is recorded.
    pub traffic: Option<Traffic>,
    /// Tags of everything that is created.
    pub tags: BTreeMap<String, String>,
    /// The name of the log group, which may exist; `None` for the one that the Go tool gives it.
    pub log_group: Option<String>,
    /// The class of a log group that is created.
    pub log_class: Option<LogClass>,
    /// The ARN of the KMS key of a log group that is created.
    pub kms_key: Option<String>,
    /// The ARN of an existing role that delivers the records; `None` to create one.
    pub role: Option<String>,
    /// The path of a role that is created.
    pub role_path: Option<String>,
    /// The ARN of the permissions boundary of a role that is created.
    pub permissions_boundary: Option<String>,
    /// The time after which it expires; `None` for never.
    #[serde(deserialize_with = "read_lifetime")]
    pub lifetime: Option<SignedDuration>,
    /// Whether its records are deleted with it when it expires.
    pub drop_records: bool,
}

fn read_lifetime<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SignedDuration>, D::Error> {
    parse_lifetime(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}

/// Parses the lifetime of a flow log; a day has 24 hours.
///
/// # Errors
///
/// The expected form, if the text is not a positive duration.
pub fn parse_lifetime(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let lifetime = span.ok().filter(SignedDuration::is_positive);
    lifetime.ok_or_else(|| "expected a time such as `30m`, `2h` or `7d`".into())
}

/// An invalid setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Error {
    /// The problem.
    problem: String,
    /// A hint for the user.
    help: Option<String>,
}

impl Error {
    fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: Some(help.into()) }
    }

    /// A hint for the user.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

impl Settings {
    /// These settings, completed by `defaults`.
    #[must_use]
    pub fn or(&self, defaults: &Self) -> Self {
        let Self { fields, tags, .. } = self.clone();
        let makes_role = self.role_path.is_some() || self.permissions_boundary.is_some();
        Self {
            retention_days: self.retention_days.or(defaults.retention_days),
            aggregation_s: self.aggregation_s.or(defaults.aggregation_s),
            fields: if fields.is_empty() { defaults.fields.clone() } else { fields },
            traffic: self.traffic.or(defaults.traffic),
            tags: defaults.tags.clone().into_iter().chain(tags).collect(),
            log_group: self.log_group.clone().or_else(|| defaults.log_group.clone()),
            log_class: self.log_class.or(defaults.log_class),
            kms_key: self.kms_key.clone().or_else(|| defaults.kms_key.clone()),
            // A setting of a new role overrides the default role.
            role: self.role.clone().or_else(|| defaults.role.clone().filter(|_| !makes_role)),
            role_path: self.role_path.clone().or_else(|| defaults.role_path.clone()),
            permissions_boundary: (self.permissions_boundary.clone()).or_else(|| defaults.permissions_boundary.clone()),
            lifetime: self.lifetime.or(defaults.lifetime),
            drop_records: self.drop_records || defaults.drop_records,
        }
    }

    /// Returns whether the Go tool can find the log group and the role by the flow log's `Name`.
    #[must_use]
    pub const fn is_shared_with_go_tool(&self) -> bool {
        self.log_group.is_none() && self.role.is_none() && self.role_path.is_none()
    }

    /// Checks the settings as far as possible without an account.
    ///
    /// # Errors
    ///
    /// [`Error`] for the first setting that no service accepts.
    pub fn check(&self) -> Result<(), Error> {
        if self.aggregation_s.is_some_and(|seconds| !AGGREGATIONS_S.contains(&seconds)) {
            return Err(Error::new("flow logs aggregate over 60 or 600 seconds", "the default is 60"));
        }
        check_fields(&self.fields)?;
        check_tags(&self.tags)?;
        self.log_group.as_deref().map_or(Ok(()), check_log_group)?;
        self.role_path.as_deref().map_or(Ok(()), check_path)?;
        check_arn(self.kms_key.as_ref(), "KMS key", ":kms:", "arn:aws:kms:REGION:ACCOUNT:key/ID")?;
        check_arn(self.role.as_ref(), "role", ":role/", "arn:aws:iam::ACCOUNT:role/NAME")?;
        let boundary = self.permissions_boundary.as_ref();
        check_arn(boundary, "permissions boundary", ":policy/", "arn:aws:iam::ACCOUNT:policy/NAME")?;
        if self.drop_records && self.lifetime.is_none() {
            let problem = "only a flow log that expires can drop its records then";
            return Err(Error::new(problem, "say when: `--for 2h`"));
        }
        if self.role.is_some() && (self.role_path.is_some() || boundary.is_some()) {
            let problem = "a role that is named is not created: it takes no path and no permissions boundary";
            return Err(Error::new(problem, "leave one of them out"));
        }
        Ok(())
    }
}

impl Settings {
    /// Checks that the settings suit a kind of resource.
    ///
    /// Source: <https://docs.aws.amazon.com/vpc/latest/tgw/flow-logs-api-cli.html>.
    ///
    /// # Errors
    ///
    /// [`Error`] for the first setting that the kind does not accept.
    pub fn check_for(&self, kind: TargetKind) -> Result<(), Error> {
        if kind.is_of_transit_gateways() {
            if self.traffic.is_some() {
                let problem = "flow logs of transit gateways record all traffic: their records have no action";
                return Err(Error::new(problem, "leave out `--traffic`"));
            }
            if self.aggregation_s.is_some_and(|seconds| seconds != DEFAULT_AGGREGATION_S) {
                let problem = "flow logs of transit gateways aggregate over 60 seconds";
                return Err(Error::new(problem, "leave out `--aggregation`"));
            }
        }
        let Some(other) = self.fields.iter().find(|text| !has_field(kind, text)) else { return Ok(()) };
        let of_kind = if kind.is_of_transit_gateways() { "transit gateways" } else { "network interfaces" };
        let help = "`flowlogs fields` tells where a field is: those of version 6 are of transit gateways alone";
        Err(Error::new(format!("records of {of_kind} have no field `{other}`"), help))
    }

    /// These settings as defaults for a kind of resource: without those that the kind does not accept.
    #[must_use]
    pub fn fitting(&self, kind: TargetKind) -> Self {
        let mut fitting = self.clone();
        if kind.is_of_transit_gateways() {
            fitting.traffic = None;
            fitting.aggregation_s = None;
        }
        if fitting.fields.iter().any(|text| !has_field(kind, text)) {
            fitting.fields = Vec::new();
        }
        fitting
    }
}

/// Returns whether the records of a kind of resource can have a chosen field.
fn has_field(kind: TargetKind, text: &str) -> bool {
    let is_in = if kind.is_of_transit_gateways() { Field::is_of_transit_gateways } else { Field::is_of_interfaces };
    Field::of_record(ChosenField::of(text).name).is_some_and(is_in)
}

/// Checks that each field is one of a record, and that a field that holds a tag comes with its key.
fn check_fields(fields: &[String]) -> Result<(), Error> {
    for text in fields {
        let field = ChosenField::of(text);
        let ChosenField { name, tag_key } = field;
        check_name(name)?;
        if !field.holds_tag() && tag_key.is_some() {
            return Err(Error::new(format!("the field `{name}` takes no key"), "only the fields of tags do"));
        }
        if field.holds_tag() && !tag_key.is_some_and(|key| (1..=128).contains(&key.chars().count())) {
            let help = format!("name it, in up to 128 characters: `{name}=KEY`");
            return Err(Error::new(format!("the field `{name}` needs the key of a tag"), help));
        }
        let is_there = |first: &str| fields.iter().any(|other| ChosenField::of(other).name == first);
        if let Some(first) = field.first().filter(|first| !is_there(first)) {
            let help = format!("name the first one as `{first}=KEY`");
            return Err(Error::new(format!("the field `{name}` is that of a second tag"), help));
        }
    }
    Ok(())
}

/// Checks that a field has the name that formats give it.
fn check_name(text: &str) -> Result<(), Error> {
    let names = FIELDS.iter().filter_map(|info| if let Origin::Record(name) = info.origin { Some(name) } else { None });
    if names.clone().any(|name| name == text) {
        return Ok(());
    }
    let help =
        nearest(text, names).map_or("`flowlogs fields` lists them".into(), |near| format!("did you mean `{near}`?"));
    Err(Error::new(format!("no flow log has a field `{text}`"), help))
}

/// Checks that every service accepts the tags.
///
/// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html> and
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>.
fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    let is_accepted = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    for (key, value) in tags {
        // IAM ignores the case of tag keys.
        let lower = key.to_lowercase();
        if ["name", "project"].contains(&lower.as_str()) || lower.starts_with("flowlogs:") {
            let help = "`Name`, `Project` and `flowlogs:...` say which resources belong together";
            return Err(Error::new(format!("the tag `{key}` is this tool's own"), help));
        }
        if lower.starts_with("aws:") {
            return Err(Error::new(format!("the tag `{key}` is reserved to AWS"), "choose another prefix than `aws:`"));
        }
        let is_fit = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !is_fit || !key.chars().chain(value.chars()).all(is_accepted) {
            let help = "a key has up to 128 characters, a value up to 256: letters, digits, blanks and `_.:/=+-@`";
            return Err(Error::new(format!("AWS does not accept the tag `{key}={value}`"), help));
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(Error::new(format!("{} tags are too many", tags.len()), format!("there may be {MAX_TAGS}")));
    }
    Ok(())
}

/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>.
fn check_log_group(name: &str) -> Result<(), Error> {
    let is_accepted = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
    if (1..=512).contains(&name.len()) && name.chars().all(is_accepted) && !name.starts_with("aws/") {
        return Ok(());
    }
    let help = "up to 512 letters, digits and `_-/.#`, and not `aws/` in front";
    Err(Error::new(format!("a log group cannot have the name `{name}`"), help))
}

/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>.
fn check_path(path: &str) -> Result<(), Error> {
    let is_closed = path.starts_with('/') && path.ends_with('/');
    if is_closed && path.len() <= 512 && path.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    let help = "a path begins and ends with `/`, such as `/network/`";
    Err(Error::new(format!("`{path}` is no path of a role"), help))
}

fn check_arn(arn: Option<&String>, what: &str, part: &str, example: &str) -> Result<(), Error> {
    let is_one = |arn: &String| arn.starts_with("arn:") && arn.contains(part) && !arn.contains(char::is_whitespace);
    match arn {
        Some(arn) if !is_one(arn) => {
            Err(Error::new(format!("`{arn}` is not the ARN of a {what}"), format!("expected `{example}`")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(key: &str, value: &str) -> Settings {
        Settings { tags: BTreeMap::from([(key.into(), value.into())]), ..Settings::default() }
    }

    fn fields(names: &[&str]) -> Settings {
        Settings { fields: names.iter().map(ToString::to_string).collect(), ..Settings::default() }
    }

    #[test]
    fn transit_gateways_have_fields_of_their_own_and_take_less() {
        let all = Settings { traffic: Some(Traffic::All), ..Settings::default() };
        let slow = Settings { aggregation_s: Some(600), ..Settings::default() };
        let (own, others) = (fields(&["tgw-id", "srcaddr"]), fields(&["srcaddr", "action"]));
        for (settings, takes) in [(&all, false), (&slow, false), (&own, true), (&others, false)] {
            for kind in [TargetKind::TransitGateway, TargetKind::TransitGatewayAttachment] {
                assert_eq!(settings.check_for(kind).is_ok(), takes, "{settings:?}");
                assert_eq!(settings.fitting(kind).check_for(kind), Ok(()));
                assert_eq!(settings.fitting(kind) == *settings, takes);
            }
        }
        for (settings, takes) in [(&all, true), (&slow, true), (&own, false), (&others, true)] {
            assert_eq!(settings.check_for(TargetKind::Vpc).is_ok(), takes, "{settings:?}");
            assert_eq!(settings.fitting(TargetKind::Vpc) == *settings, takes);
        }
    }

    #[test]
    fn what_a_service_would_refuse_is_an_error_before_anything_is_created() {
        let text = |text: &str| Some(text.to_string());
        for (settings, problem) in [
            (Settings { aggregation_s: Some(61), ..Settings::default() }, "60 or 600"),
            (Settings { fields: vec!["scraddr".into()], ..Settings::default() }, "`scraddr`"),
            (fields(&["srcaddr=x"]), "takes no key"),
            (fields(&["instance-tag"]), "needs the key of a tag"),
            (fields(&["instance-tag="]), "needs the key of a tag"),
            (fields(&["instance-tag-2=a", "asg-tag=b"]), "is that of a second tag"),
            (tagged("project", "x"), "this tool's own"),
            (tagged("Name", "x"), "this tool's own"),
            (tagged("flowlogs:run", "x"), "this tool's own"),
            (tagged("aws:x", "x"), "reserved to AWS"),
            (tagged("a*", "x"), "does not accept"),
            (tagged("a", &"x".repeat(257)), "does not accept"),
            (Settings { log_group: text("a b"), ..Settings::default() }, "cannot have the name"),
            (Settings { role_path: text("network"), ..Settings::default() }, "no path of a role"),
            (Settings { kms_key: text("alias/logs"), ..Settings::default() }, "ARN of a KMS key"),
            (Settings { role: text("flow"), ..Settings::default() }, "ARN of a role"),
            (Settings { permissions_boundary: text("b"), ..Settings::default() }, "ARN of a permissions boundary"),
            (
                Settings { role: text("arn:aws:iam::1:role/a"), role_path: text("/a/"), ..Settings::default() },
                "takes no path",
            ),
        ] {
            let error = settings.check().unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
            assert!(error.help().is_some(), "{error}");
        }
        assert_eq!(tagged("cost-center", "12 a@b/c=d+e").check(), Ok(()));
        assert_eq!(tagged("empty", "").check(), Ok(()));
        assert_eq!(fields(&["instance-tag-2=a b", "instance-tag=b"]).check(), Ok(()));
        assert_eq!(Settings { role_path: text("/"), ..Settings::default() }.check(), Ok(()));
    }

    #[test]
    fn a_lifetime_has_units_up_to_weeks_and_is_above_zero() {
        for (text, seconds) in [("2h", 7_200), ("90m", 5_400), ("1d12h", 129_600), ("2w", 1_209_600), ("1s", 1)] {
            assert_eq!(parse_lifetime(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "2", "0s", "-2h", "1 month", "soon"] {
            assert!(parse_lifetime(text).is_err(), "{text}");
        }
        assert!(Settings { drop_records: true, ..Settings::default() }.check().is_err());
    }

    #[test]
    fn defaults_fill_in_what_is_left_open() {
        let defaults = Settings {
            retention_days: Some(7),
            traffic: Some(Traffic::Reject),
            role: Some("arn:aws:iam::1:role/a".into()),
            tags: BTreeMap::from([("team".into(), "net".into()), ("env".into(), "prod".into())]),
            ..Settings::default()
        };
        let merged = Settings { traffic: Some(Traffic::All), ..tagged("env", "dev") }.or(&defaults);
        assert_eq!((merged.retention_days, merged.traffic), (Some(7), Some(Traffic::All)));
        assert_eq!(merged.tags, BTreeMap::from([("team".into(), "net".into()), ("env".into(), "dev".into())]));
        assert_eq!(merged.role, defaults.role);
        let of_path = Settings { role_path: Some("/a/".into()), ..Settings::default() };
        assert_eq!(of_path.or(&defaults).role, None);
    }
}
