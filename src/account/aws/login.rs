//! Logins: a profile or the SDK's default chain, and optionally a role that is assumed with it. Each is read once, for
//! any number of Regions.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::{SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use tokio::sync::OnceCell;

use super::client::{Caller, Clients};
use super::error::Error;
use super::options::{Role, Tell};

/// The name of the sessions of assumed roles, which `CloudTrail` shows.
const SESSION_NAME: &str = "flowlogs";

/// A login, independent of the Region.
#[derive(Clone)]
pub(super) struct Login {
    config: SdkConfig,
    profile: Option<String>,
    caller: Arc<OnceCell<Caller>>,
}

impl Login {
    /// Reads a profile, or the SDK's default chain of environment, profiles and instance metadata.
    ///
    /// # Errors
    ///
    /// [`Error::NoProfile`].
    pub(super) async fn load(profile: Option<&String>, region: Option<&String>) -> Result<Self, Error> {
        let http = http_client();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.clone()));
        }
        let Some(profile) = profile else {
            let profile = std::env::var("AWS_PROFILE").ok();
            return Ok(Self { config: loader.load().await, profile, caller: Arc::default() });
        };
        let known = profiles();
        if !known.contains(profile) {
            return Err(Error::NoProfile { profile: profile.clone(), known: known.into_iter().collect() });
        }
        let config = loader.profile_name(profile).load().await;
        // A named profile takes precedence over keys in the environment, as in the AWS CLI. Assuming the profile's role
        // needs a Region.
        let of_profile = ProviderConfig::default().with_http_client(http).with_region(config.region().cloned());
        let login = ProfileFileCredentialsProvider::builder().configure(&of_profile).profile_name(profile).build();
        let config = config.into_builder().credentials_provider(SharedCredentialsProvider::new(login)).build();
        Ok(Self { config, profile: Some(profile.clone()), caller: Arc::default() })
    }

    /// The login of a role that is assumed with this one.
    pub(super) async fn assuming(self, role: &Role) -> Self {
        let mut provider = AssumeRoleProvider::builder(&role.arn).configure(&self.config);
        provider = provider.session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME));
        if let Some(external_id) = &role.external_id {
            provider = provider.external_id(external_id);
        }
        let credentials = SharedCredentialsProvider::new(provider.build().await);
        let config = self.config.into_builder().credentials_provider(credentials).build();
        Self { config, profile: self.profile, caller: Arc::default() }
    }

    /// Creates the clients in a Region; `None` for the Region of the profile or the environment.
    ///
    /// # Errors
    ///
    /// [`Error::NoRegion`].
    pub(super) fn clients(&self, region: Option<&String>, tell: Option<Tell>) -> Result<Clients, Error> {
        let config = match region {
            Some(region) => self.config.to_builder().region(Region::new(region.clone())).build(),
            None => self.config.clone(),
        };
        Clients::of(&config, self.profile.clone(), Arc::clone(&self.caller), tell)
    }
}

/// An HTTP client that uses the proxy of the environment (`HTTPS_PROXY`, `NO_PROXY`), as the SDK's own client does.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(aws_sdk_ec2::config::RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build()
    })
}

/// The names of the profiles in the files of the AWS CLI.
fn profiles() -> BTreeSet<String> {
    let files = [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
    let path = |(variable, name): (&str, &str)| match std::env::var_os(variable) {
        Some(path) => Some(PathBuf::from(path)),
        None => etcetera::home_dir().ok().map(|home| home.join(".aws").join(name)),
    };
    let texts = files.into_iter().filter_map(path).filter_map(|path| fs::read_to_string(path).ok());
    texts.flat_map(|text| profiles_of(&text)).collect()
}

/// The profiles of a file: `[profile dev]` in the config file, `[dev]` in the credentials file.
fn profiles_of(text: &str) -> Vec<String> {
    let section = |line: &str| Some(line.trim().strip_prefix('[')?.split_once(']')?.0.trim().to_string());
    let name = |section: String| match section.split_once(char::is_whitespace) {
        Some(("profile", name)) => Some(name.trim().to_string()),
        Some(_) => None,
        None => Some(section),
    };
    text.lines().filter_map(section).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_named_in_both_kinds_of_files() {
        let text =
            "[default]\nregion = x\n [profile dev ] # comment\n[sso-session corp]\n[services s]\nkey = [no]\n[plain]";
        assert_eq!(profiles_of(text), ["default", "dev", "plain"]);
    }
}
