//! The SDK's clients, created when the first call needs one.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::OnceCell;

use super::error::{self, Error};
use super::options::{News, Tell};
use super::policy::Action;
use super::quota::Quota;

/// Clients of one account in one Region.
pub(super) struct Clients {
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    sts: aws_sdk_sts::Client,
    pub(super) region: String,
    profile: Option<String>,
    /// The identity of the login, the same in each Region.
    caller: Arc<OnceCell<Caller>>,
    pub(super) quota: Quota,
    /// The receiver of messages for the user.
    tell: Option<Tell>,
}

/// The caller's identity.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The account's id.
    pub(super) account: String,
    /// The ARN of the user or session.
    pub(super) arn: String,
}

impl Caller {
    /// `aws`, `aws-cn`, ...
    pub(super) fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

impl Clients {
    /// Creates the clients of a login in the Region of `config`.
    ///
    /// # Errors
    ///
    /// [`Error::NoRegion`].
    pub(super) fn of(
        config: &SdkConfig,
        profile: Option<String>,
        caller: Arc<OnceCell<Caller>>,
        tell: Option<Tell>,
    ) -> Result<Self, Error> {
        let region = config.region().filter(|region| !region.as_ref().is_empty()).ok_or(Error::NoRegion)?.to_string();
        Ok(Self {
            ec2: aws_sdk_ec2::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            sts: aws_sdk_sts::Client::new(config),
            region,
            profile,
            caller,
            quota: Quota::default(),
            tell,
        })
    }

    /// The profile, if one was named.
    pub(super) const fn profile(&self) -> Option<&String> {
        self.profile.as_ref()
    }

    /// Passes a message on to the user.
    pub(super) fn tell(&self, news: News<'_>) {
        if let Some(tell) = &self.tell {
            tell(news);
        }
    }

    /// The caller's identity, requested once.
    pub(super) async fn caller(&self) -> Result<&Caller, Error> {
        let ask = async || {
            let doing = "get the caller's identity";
            let send = || self.sts.get_caller_identity().send();
            let identity = self.call(Action::GetCallerIdentity, doing, send).await?;
            match (identity.account, identity.arn) {
                (Some(account), Some(arn)) => Ok(Caller { account, arn }),
                _ => Err(Error::Incomplete { doing: doing.into(), what: "account" }),
            }
        };
        self.caller.get_or_try_init(ask).await
    }

    /// Converts an error of the SDK.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>, action: Action, doing: &str) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        error::from_sdk(error, action, doing, self.profile.as_ref(), &self.region)
    }
}
