//! Errors of AWS, in this project's words.

use std::error::Error as StdError;

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use indicatif::HumanBytes;

use super::naming::PROJECT;
use super::policy::Action;
use crate::account::cancellation::Cancelled;
use crate::account::select::Error as SelectError;
use crate::diagnostic::nearest;
use crate::insights;
use crate::query::plan::Plan;

/// An error of AWS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service answered with an error.
    #[error("cannot {doing}: {code}: {message}{}", of_request(request_id.as_deref()))]
    Refused {
        /// The action that failed.
        doing: String,
        /// The IAM action that was called.
        action: Action,
        /// The service's code.
        code: String,
        /// The service's message.
        message: String,
        /// The id of the request, for AWS Support.
        request_id: Option<String>,
    },
    /// There is no login, or it has expired.
    #[error("cannot {doing}: there is no valid AWS login: {reason}")]
    NoLogin {
        /// The action that failed.
        doing: String,
        /// The message of the service or the SDK.
        reason: String,
        /// The profile that was used.
        profile: Option<String>,
    },
    /// The login is not valid in this Region, which may not be enabled for the account.
    #[error(
        "cannot {doing}: {region} does not accept the login: {reason}; the Region may not be enabled for the account"
    )]
    NotEnabled {
        /// The action that failed.
        doing: String,
        /// The message of the service.
        reason: String,
        /// The Region.
        region: String,
        /// The profile that was used.
        profile: Option<String>,
    },
    /// The clock of this machine is wrong.
    #[error("cannot {doing}: the clock of this machine is wrong: {reason}")]
    WrongClock {
        /// The action that failed.
        doing: String,
        /// The message of the service.
        reason: String,
    },
    /// The role of a profile, or one that the user named, may not be assumed.
    #[error("cannot {doing}: the role cannot be assumed: {reason}")]
    NotAssumed {
        /// The action that failed.
        doing: String,
        /// The message of the service.
        reason: String,
    },
    /// `--profile nope`.
    #[error("there is no AWS profile `{profile}`")]
    NoProfile {
        /// The profile as it was named.
        profile: String,
        /// The existing profiles.
        known: Vec<String>,
    },
    /// Something between here and AWS answered, such as a proxy.
    #[error("cannot {doing}: the answer is not from AWS: HTTP {status}{}", of_body(body))]
    NotAws {
        /// The action that failed.
        doing: String,
        /// The status of the answer.
        status: u16,
        /// The first line of the answer.
        body: String,
    },
    /// The service did not answer.
    #[error("cannot {doing}: AWS did not answer: {reason}")]
    Unreachable {
        /// The action that failed.
        doing: String,
        /// The reason.
        reason: String,
    },
    /// Neither argument, environment nor profile names a Region.
    #[error("no AWS Region is set")]
    NoRegion,
    /// The service refused one of several resources.
    #[error("cannot {doing} {resource}: {code}: {message}")]
    Unsuccessful {
        /// The action that failed.
        doing: &'static str,
        /// The resource.
        resource: String,
        /// The service's code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// A resource with a name of ours, but without our tags.
    #[error("{what} is not tagged `{}={}`: it was created by something else and is left alone", PROJECT.0, PROJECT.1)]
    NotOurs {
        /// The resource.
        what: String,
    },
    /// The role's name belongs to another flow log: IAM names are case-insensitive.
    #[error("{what} belongs to `{owner}`")]
    OfAnother {
        /// The role.
        what: String,
        /// The `Name` of its flow log.
        owner: String,
    },
    /// The service's response is incomplete.
    #[error("cannot {doing}: the response has no {what}")]
    Incomplete {
        /// The action that failed.
        doing: String,
        /// The missing part.
        what: &'static str,
    },
    /// A flow log that was just listed does not exist any more.
    #[error("{what} is gone")]
    Gone {
        /// The flow log.
        what: String,
    },
    /// Log groups accept only certain retention periods.
    #[error("a log group cannot keep records for {days} days")]
    BadRetention {
        /// The requested period.
        days: u32,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// An action failed, and its changes were rolled back as far as possible.
    #[error("{cause}; {}", rolled_back(undone, left))]
    RolledBack {
        /// The failure.
        cause: Box<Self>,
        /// The resources that were created and then deleted.
        undone: Vec<String>,
        /// The resources that could not be deleted, with the reasons.
        left: Vec<String>,
    },
    /// A flow log is deleted, but its role or log group is not.
    #[error("{cause}; the flow log itself is deleted")]
    Remains {
        /// The reason.
        cause: Box<Self>,
    },
    /// A role has policies that this tool did not attach.
    #[error("the role {role} is held by policies that this tool did not attach: {}", policies.join(", "))]
    Held {
        /// Its name.
        role: String,
        /// The names or ARNs of the policies.
        policies: Vec<String>,
    },
    /// `create`, `doctor` or another command for a single account, used with several.
    #[error("this command takes one profile and one Region")]
    OnePlace,
    /// Several errors of independent steps.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<Self>),
    /// `show tgw.id`, where no record has the field.
    #[error("no queried flow log has the field {missing}: {}", of_flow_logs(flow_logs))]
    FieldMissing {
        /// The field.
        missing: String,
        /// The ids of the flow logs.
        flow_logs: Vec<String>,
    },
    /// The log groups of a target cannot be queried.
    #[error("{}", reasons.join("; "))]
    NotQueried {
        /// The reason for each log group.
        reasons: Vec<String>,
    },
    /// A selector selects nothing.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The consumer of the rows failed.
    #[error("cannot write the rows: {0}")]
    Sink(std::io::Error),
    /// The plan cannot be translated into a query of the service.
    #[error(transparent)]
    Insights(#[from] insights::Error),
    /// The list of a test is too long for a query, such as `remote.name != web` among thousands of interfaces.
    #[error("{source}")]
    ListTooLong {
        /// The error of the query that is too long.
        source: insights::Error,
        /// A shorter test with the same meaning.
        shorter: String,
    },
    /// The database of locations cannot be used.
    #[error(transparent)]
    Geo(crate::engine::Error),
    /// `p95(bytes)` over more log groups than one query takes.
    #[error("`{what}` {why}")]
    Unmergeable {
        /// The aggregate or field, in the query's words.
        what: String,
        /// The reason.
        why: Unmergeable,
    },
    /// The queries of the session have spent `--max-usd`.
    #[error("the queries have scanned as much as `--max-usd` allows: the query is stopped")]
    OverBudget,
    /// A query would cost more than is left of `--max-usd`.
    #[error("the query would scan {}, about {cost_usd:.4} USD, and `--max-usd` leaves {left_usd:.4} USD", HumanBytes(*bytes))]
    TooExpensive {
        /// The bytes that it would scan.
        bytes: u64,
        /// The cost, in US dollars.
        cost_usd: f64,
        /// The amount that is left, in US dollars.
        left_usd: f64,
    },
    /// The service repeated the token of a page, so that reading would never end.
    #[error("cannot read the answer of the query: the service gives the same page again and again")]
    RepeatedPage,
    /// The service ended a query before it was complete.
    #[error("the service ended the query: {status}")]
    QueryEnded {
        /// The service's status of the query.
        status: String,
    },
}

impl From<Cancelled> for Error {
    fn from(_: Cancelled) -> Self {
        Self::Interrupted
    }
}

/// Plans that cannot be computed from partial answers, or with names that are joined after a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmergeable {
    /// `distinct(src.addr)` over several formats.
    #[error("cannot be computed from the answers of several queries")]
    Aggregate,
    /// `show bytes | sort remote.name`
    #[error("cannot order records on AWS: names are joined after the query")]
    SortByName,
}

impl Unmergeable {
    const fn help(self) -> &'static str {
        match self {
            Self::Aggregate => {
                "count, sum, min, max and avg can; or ask for one target at a time, and group by `eni` or `remote.addr`"
            }
            Self::SortByName => "sort by `eni` or `remote.addr`, or group by the name",
        }
    }
}

fn of_flow_logs(ids: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = ids.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn of_profiles(known: &[String]) -> String {
    known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn of_body(body: &str) -> String {
    if body.is_empty() { " without a text".into() } else { format!(": `{body}`") }
}

fn of_request(id: Option<&str>) -> String {
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

fn rolled_back(undone: &[String], left: &[String]) -> String {
    let mut parts = Vec::new();
    if undone.is_empty() && left.is_empty() {
        parts.push("nothing was created".to_string());
    }
    if !undone.is_empty() {
        parts.push(format!("rolled back: {}", undone.join(", ")));
    }
    if !left.is_empty() {
        parts.push(format!("could not be rolled back: {}", left.join("; ")));
    }
    parts.join("; ")
}

/// Error codes of throttled calls.
const THROTTLED: [&str; 5] =
    ["ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException", "EC2ThrottledException"];
/// Error codes of a conflict with another change of the same resource.
const CONFLICTS: [&str; 3] = ["OperationAbortedException", "ConcurrentModification", "ConcurrentModificationException"];
/// The error code for a role that has policies, also for a moment after the last one is deleted.
const DELETE_CONFLICT: &str = "DeleteConflict";
/// The error code for too many concurrent queries; for other calls, a quota of the account is used up.
const LIMIT_EXCEEDED: &str = "LimitExceededException";

/// Error codes of a missing permission.
const DENIED: [&str; 4] =
    ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"];
/// Error codes of a missing or expired login.
const LOGGED_OUT: [&str; 4] = ["ExpiredToken", "ExpiredTokenException", "InvalidToken", "UnauthorizedException"];
/// Error codes of an invalid login. A login that is valid in other Regions gets them in a Region that the account has
/// not enabled.
///
/// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>.
const NOT_ENABLED: [&str; 3] = ["AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"];
/// Error codes of a wrong clock, and parts of messages that come with other codes.
const WRONG_CLOCK: [&str; 4] =
    ["RequestExpired", "RequestTimeTooSkewed", "Signature expired", "Signature not yet current"];
/// The code of a response that has none, such as that of a proxy.
const UNKNOWN: &str = "unknown error";
/// Error codes of failures of the service itself.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>.
const FAULTS: [&str; 9] = [
    "InternalError",
    "InternalFailure",
    "ServerInternal",
    "ServiceFailure",
    "ServiceFailureException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
    UNKNOWN,
];
/// Retention periods that log groups can have.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
pub(super) const RETENTIONS_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

impl Error {
    /// Advice for the user.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Refused { message, .. } if message.contains("service control policy") => {
                Some("a service control policy of the organization denies it: its administrator can allow it".into())
            }
            Self::Refused { message, .. } if message.contains("permissions boundary") => {
                Some("the caller's permissions boundary does not allow it: its administrator can allow it".into())
            }
            Self::Refused { message, .. } if message.contains("KMS key") => Some(
                "the key's policy has to let CloudWatch Logs use it: \
                 https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"
                    .into(),
            ),
            Self::Refused { action, code, message, .. } if DENIED.contains(&code.as_str()) => Some(format!(
                "the caller is not allowed `{}`; `flowlogs policy` prints what each command needs",
                denied_action(message).unwrap_or(action.name())
            )),
            Self::Refused { action: Action::StartQuery, .. } if self.is_missing() => {
                Some("`flowlogs doctor` names flow logs that deliver to a log group that is gone".into())
            }
            Self::NoLogin { profile: Some(profile), .. } => {
                Some(format!("log in: `aws sso login --profile {profile}`"))
            }
            Self::NoLogin { profile: None, .. } => {
                Some("log in: `aws sso login`, or name a profile: `--profile NAME`".into())
            }
            Self::NotEnabled { region, profile, .. } => Some(format!(
                "if the login works in other Regions, enable the Region: `aws account enable-region --region-name {region}`; \
                 else log in: `aws sso login{}`",
                profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default()
            )),
            Self::WrongClock { .. } => Some("set the clock, best by NTP, and try again".into()),
            Self::OfAnother { .. } => Some(
                "IAM ignores the case of names: rename one, or name a role with `--role ARN`".into(),
            ),
            Self::NotAssumed { .. } => {
                Some("both the caller's policies and the role's trust policy have to allow `sts:AssumeRole`".into())
            }
            Self::NoProfile { profile, known } => Some(match nearest(profile, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? There are: {}", of_profiles(known)),
                None if known.is_empty() => "there are none: `aws configure` makes one".into(),
                None => format!("there are: {}", of_profiles(known)),
            }),
            Self::OverBudget | Self::TooExpensive { .. } => Some(
                "allow more, or ask for a shorter window; `explain --estimate` tells free of charge what a query would scan"
                    .into(),
            ),
            Self::NotAws { .. } => Some("a proxy may have answered: see HTTPS_PROXY and NO_PROXY".into()),
            Self::NoRegion => Some("name one: `--region eu-west-1`, AWS_REGION, or `region` in the profile".into()),
            Self::Unreachable { .. } => Some("check the network, the Region's name and AWS_ENDPOINT_URL".into()),
            Self::BadRetention { .. } => {
                Some(format!("retention periods in days: {}", RETENTIONS_DAYS.map(|days| days.to_string()).join(", ")))
            }
            Self::RolledBack { cause, left, .. } if left.is_empty() => cause.help(),
            Self::RolledBack { cause, .. } | Self::Remains { cause } => Some(match cause.help() {
                None => CLEAN_UP.into(),
                Some(help) => format!("{help}; {CLEAN_UP}"),
            }),
            Self::Several(errors) => errors.iter().find_map(Self::help),
            Self::Held { role, .. } => Some(format!(
                "take them off (`aws iam delete-role-policy`, `aws iam detach-role-policy`); then `flowlogs doctor --fix` \
                 deletes {role}"
            )),
            Self::OnePlace => Some("name one: `--profile NAME --region REGION`".into()),
            Self::FieldMissing { .. } => {
                Some("a flow log keeps its fields: `delete` it and `create` it with `--fields`".into())
            }
            Self::Select(error) => error.help(),
            Self::Insights(error) => error.help().map(Into::into),
            Self::ListTooLong { shorter, .. } => Some(shorter.clone()),
            Self::Unmergeable { why, .. } => Some(why.help().into()),
            Self::QueryEnded { status } if status == "Timeout" => {
                Some("a query may run for an hour: ask for a shorter window, or for fewer log groups".into())
            }
            _ => None,
        }
    }

    /// Adds a shorter test to the error, if the query is too long and there is such a test.
    pub(super) fn with_shorter(self, plan: &Plan) -> Self {
        match (self, plan.shorter_test()) {
            (Self::Insights(source @ insights::Error::TooLong { .. }), Some(shorter)) => {
                Self::ListTooLong { source, shorter }
            }
            (error, _) => error,
        }
    }

    /// Returns whether the service reports that the resource does not exist.
    pub(super) fn is_missing(&self) -> bool {
        let missing =
            ["ResourceNotFoundException", "NoSuchEntity", "NoSuchEntityException", "InvalidFlowLogId.NotFound"];
        matches!(self, Self::Refused { code, .. } | Self::Unsuccessful { code, .. } if missing.contains(&code.as_str()))
    }

    /// Returns whether the service reports that the resource exists already.
    pub(super) fn is_taken(&self) -> bool {
        let taken = [
            "ResourceAlreadyExistsException",
            "EntityAlreadyExists",
            "EntityAlreadyExistsException",
            "FlowLogAlreadyExists",
        ];
        matches!(self, Self::Refused { code, .. } | Self::Unsuccessful { code, .. } if taken.contains(&code.as_str()))
    }

    /// Returns whether the service refused the call. Without a response, or after a fault of the service, it may have
    /// succeeded.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { code, .. } => !FAULTS.contains(&code.as_str()),
            Self::NoLogin { .. }
            | Self::NotEnabled { .. }
            | Self::WrongClock { .. }
            | Self::NotAssumed { .. }
            | Self::Unsuccessful { .. } => true,
            _ => false,
        }
    }

    /// Returns whether the service would accept the call later: there are too many calls or queries at present.
    pub(super) fn is_throttled(&self, action: Action) -> bool {
        let Self::Refused { code, .. } = self else { return false };
        // For other calls this code means that a quota of the account is used up.
        let is_too_many_queries = action == Action::StartQuery && code == LIMIT_EXCEEDED;
        THROTTLED.contains(&code.as_str()) || is_too_many_queries
    }

    /// Returns whether the call conflicts with another change of the resource, perhaps one that has not propagated.
    pub(super) fn is_conflict(&self, action: Action) -> bool {
        let Self::Refused { code, .. } = self else { return false };
        let is_lag = action == Action::DeleteRole && code == DELETE_CONFLICT;
        CONFLICTS.contains(&code.as_str()) || is_lag
    }

    /// Returns whether the same call may succeed later: no response, a failure of the service, or too many calls.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused { code, .. } => {
                let code = code.as_str();
                FAULTS.contains(&code) || THROTTLED.contains(&code) || code == LIMIT_EXCEEDED
            }
            Self::NotAws { status, .. } => *status >= 500,
            Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// The service's message, to tell apart cases that have no error code of their own.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Refused { message, .. } | Self::Unsuccessful { message, .. } => message,
            _ => "",
        }
    }

    /// The name of the action that was denied.
    pub(super) fn denied(&self) -> Option<&str> {
        match self {
            Self::Refused { action, code, message, .. } if DENIED.contains(&code.as_str()) => {
                Some(denied_action(message).unwrap_or(action.name()))
            }
            _ => None,
        }
    }

    /// Returns no error, the only error, or all of them as one.
    pub(super) fn of(mut errors: Vec<Self>) -> Result<(), Self> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Self::Several(errors)),
        }
    }
}

const CLEAN_UP: &str =
    "`flowlogs doctor --fix --min-age 0s` removes what is left, where no other create is running meanwhile";

/// Extracts the action from `... is not authorized to perform: iam:PassRole on resource: ...`.
fn denied_action(message: &str) -> Option<&str> {
    let named = message.split_once("to perform: ")?.1;
    let action = named.split_whitespace().next()?;
    action.contains(':').then_some(action)
}

/// Converts an error of the SDK.
pub(super) fn from_sdk<E>(
    error: &SdkError<E, HttpResponse>,
    action: Action,
    doing: &str,
    profile: Option<&String>,
    region: &str,
) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let (doing, profile) = (doing.to_string(), profile.cloned());
    let Some(service) = error.as_service_error() else { return from_dispatch(error, doing, profile) };
    let code = service.code().unwrap_or(UNKNOWN).to_string();
    let message = match (service.message(), error.raw_response()) {
        (Some(message), _) => without_blob(message),
        (None, Some(response)) if service.code().is_none() => {
            let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
            let body = body.lines().next().unwrap_or_default().trim().chars().take(BODY_LETTERS).collect();
            return Error::NotAws { doing, status: response.status().as_u16(), body };
        }
        (None, _) => DisplayErrorContext(service).to_string(),
    };
    let (is, reason) = (|codes: &[&str]| codes.contains(&code.as_str()), format!("{code}: {message}"));
    if WRONG_CLOCK.iter().any(|part| reason.contains(part)) {
        Error::WrongClock { doing, reason }
    } else if is(&LOGGED_OUT) {
        Error::NoLogin { doing, reason, profile }
    } else if is(&NOT_ENABLED) {
        Error::NotEnabled { doing, reason, region: region.into(), profile }
    } else {
        let request_id = service.meta().request_id().map(ToString::to_string);
        Error::Refused { doing, action, code, message, request_id }
    }
}

/// The longest excerpt, in characters, of a response that is not from AWS.
const BODY_LETTERS: usize = 80;

/// Converts an error that occurred before the service answered. Only the SDK's messages tell the kinds apart: the error
/// types differ by the source of the login.
fn from_dispatch(error: &dyn StdError, doing: String, profile: Option<String>) -> Error {
    let reason = reasons(error);
    let has = |parts: &[&str]| parts.iter().any(|part| reason.to_lowercase().contains(part));
    if let Some(message) = denied_role(&reason) {
        Error::NotAssumed { doing, reason: message }
    } else if has(&["credential", "sso token", "token has expired"]) {
        Error::NoLogin { doing, reason, profile }
    } else {
        Error::Unreachable { doing, reason }
    }
}

/// The service's message that a role cannot be assumed, without the SDK's details around it.
fn denied_role(reason: &str) -> Option<String> {
    if denied_action(reason) != Some("sts:AssumeRole") {
        return None;
    }
    let message = reason.split_once("message: \"").map_or(reason, |(_, rest)| rest);
    Some(message.split('"').next().unwrap_or_default().to_string())
}

/// A message without the encoded part that only `aws sts decode-authorization-message` can read.
fn without_blob(message: &str) -> String {
    match message.split_once("Encoded authorization failure message: ") {
        Some((message, blob)) => {
            let rest = blob.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
            format!("{}{rest}", message.trim_end())
        }
        None => message.into(),
    }
}

/// An error and its causes, each once, without the SDK's internal details.
fn reasons(error: &dyn StdError) -> String {
    const NOISE: [&str; 3] = ["dispatch failure", "other", "io error"];
    let mut parts: Vec<String> = Vec::new();
    let mut error = Some(error);
    while let Some(part) = error {
        let text = part.to_string();
        let text = text.lines().next().unwrap_or_default().trim_end_matches(". Attempted:").to_string();
        if !parts.contains(&text) && !NOISE.contains(&text.as_str()) {
            parts.push(text);
        }
        error = part.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str) -> Error {
        let (code, message) = (code.to_string(), message.to_string());
        Error::Refused { doing: "x".into(), action: Action::CreateFlowLogs, code, message, request_id: None }
    }

    #[test]
    fn the_missing_action_is_named_by_the_message_or_by_the_call() {
        let passed =
            refused("UnauthorizedOperation", "User: u is not authorized to perform: iam:PassRole on resource: r");
        assert_eq!(passed.denied(), Some("iam:PassRole"));
        assert!(passed.help().unwrap().contains("`iam:PassRole`"));
        assert_eq!(refused("AccessDenied", "no").denied(), Some("ec2:CreateFlowLogs"));
        assert_eq!(refused("InvalidParameter", "no").denied(), None);
    }

    #[test]
    fn a_role_that_may_not_be_assumed_is_called_that() {
        let reason = "an error occurred: service error: Error { code: \"AccessDenied\", message: \"User: u is not \
                      authorized to perform: sts:AssumeRole on resource: r\", aws_request_id: \"1\" }";
        let expected = "User: u is not authorized to perform: sts:AssumeRole on resource: r";
        assert_eq!(denied_role(reason).as_deref(), Some(expected));
        assert_eq!(denied_role("no credentials"), None);
    }

    #[test]
    fn an_encoded_message_is_left_out() {
        let message = "You are not authorized. Encoded authorization failure message: AbC-_9 (see the manual)";
        assert_eq!(without_blob(message), "You are not authorized.(see the manual)");
        assert_eq!(without_blob("You are not authorized."), "You are not authorized.");
    }

    #[test]
    fn a_fault_of_the_service_may_have_done_it() {
        assert!(refused("AccessDenied", "no").is_refusal());
        assert!(!refused("InternalError", "oops").is_refusal());
    }

    #[test]
    fn a_roll_back_says_what_is_left() {
        let rolled_back = |left: Vec<String>| Error::RolledBack {
            cause: Box::new(Error::Interrupted),
            undone: vec!["role r".into()],
            left,
        };
        assert_eq!(rolled_back(Vec::new()).to_string(), "interrupted; rolled back: role r");
        let left = rolled_back(vec!["log group g: no".into()]);
        assert_eq!(left.to_string(), "interrupted; rolled back: role r; could not be rolled back: log group g: no");
        assert!(left.help().unwrap().contains("doctor --fix"));
    }
}
