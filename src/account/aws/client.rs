//! The SDK's clients, created when the first call needs one.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::{Builder, tls};
use tokio::sync::OnceCell;

use super::error::{self, Error};
use super::policy::Action;

/// Clients of one account in one Region.
pub(super) struct Clients {
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    sts: aws_sdk_sts::Client,
    pub(super) region: String,
    profile: Option<String>,
    caller: OnceCell<Caller>,
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
    /// Reads the SDK's default chain of environment, profiles and instance metadata.
    pub(super) async fn load(profile: Option<&String>, region: Option<&String>) -> Result<Self, Error> {
        let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
        let http = http.build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        if let Some(profile) = profile {
            // A named profile takes precedence over keys in the environment, as in the AWS CLI.
            let config = ProviderConfig::default().with_http_client(http);
            let login = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build();
            loader = loader.profile_name(profile).credentials_provider(login);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        let region = config.region().filter(|region| !region.as_ref().is_empty()).ok_or(Error::NoRegion)?.to_string();
        Ok(Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            region,
            profile: profile.cloned().or_else(|| std::env::var("AWS_PROFILE").ok()),
            caller: OnceCell::new(),
        })
    }

    /// The caller's identity; requested once.
    pub(super) async fn caller(&self) -> Result<&Caller, Error> {
        let ask = async || {
            let doing = "get the caller's identity";
            let identity = self.sts.get_caller_identity().send().await;
            let identity = identity.map_err(self.failed(Action::GetCallerIdentity, doing))?;
            match (identity.account, identity.arn) {
                (Some(account), Some(arn)) => Ok(Caller { account, arn }),
                _ => Err(Error::Incomplete { doing: doing.into(), what: "account" }),
            }
        };
        self.caller.get_or_try_init(ask).await
    }

    /// Converts an error of the SDK.
    pub(super) fn failed<E, R>(&self, action: Action, doing: impl Into<String>) -> impl FnOnce(SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let doing = doing.into();
        move |error| error::from_sdk(&error, action, doing, self.profile.as_ref())
    }
}
