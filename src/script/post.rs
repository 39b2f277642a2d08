//! JSON that a script sends, to hosts that the command line names.
//!
//! The path of a URL is often a secret, as that of a webhook is: messages name the host alone. An error that nobody
//! catches also shows the script's line, so such a URL comes from the environment.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanBytes;
use rhai::{Dynamic, EvalAltResult};
use ureq::http::Uri;
use ureq::http::uri::Authority;
use ureq::tls::{Certificate, TlsConfig};
use ureq::{Agent, Timeout};

use super::convert::to_json;
use super::error::thrown;
use super::library::{Library, functions};
use super::limit::ANSWER_BYTES;
use super::world::World;
use crate::escape;

type Thrown = Box<EvalAltResult>;

/// The time for a call, from the lookup of the host to the end of its answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The characters of a refusal that are shown.
const REFUSAL_SHOWN: usize = 200;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    functions! { library, world:
        "post", "post(url, json)",
        "Sends a map, an array or a JSON text to a host that --allow-net names; gives the text of its answer, after a --dry-run \"\".",
        [url: &str, json: Dynamic] post(&world, url, &json);
    }
}

/// Reads the name of a host that scripts may send to, with or without a port: `hooks.example.com`, `localhost:8080`.
///
/// # Errors
///
/// A sentence about what is wrong with it.
pub fn host(text: &str) -> Result<String, String> {
    let is_host = |host: Authority| host.as_str() == text && !text.contains(['@', '*']) && is_whole(&host);
    if text.parse().is_ok_and(is_host) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("it is not a host such as `hooks.example.com`".into())
    }
}

fn post(world: &World, url: &str, json: &Dynamic) -> Result<String, Thrown> {
    let Target { uri, host } = Target::of(url)?;
    if !world.rules.allow_net.iter().any(|allowed| is_named(allowed, &uri)) {
        let help = Some(format!("`--allow-net {host}` lets them"));
        return Err(thrown("net", &format!("scripts may not send to `{host}`"), help));
    }
    let body = body(json)?;
    if world.rules.dry_run {
        world.console.note(&format!("would send {} to {host}", HumanBytes(body.len() as u64)));
        return Ok(String::new());
    }
    let sent = world.runtime().spawn_blocking(move || send(uri, &host, body));
    let sent = world.wait(sent)?.unwrap_or_else(|error| Err(error.to_string()));
    sent.map_err(|error| thrown("net", &error, None))
}

/// The target of a call.
struct Target {
    uri: Uri,
    /// The host, with the port if the URL has one.
    host: String,
}

impl Target {
    fn of(url: &str) -> Result<Self, Thrown> {
        let bad = |what: &str| thrown("net", what, Some("for example `https://hooks.example.com/alerts`".into()));
        let uri: Uri = url.parse().map_err(|_| bad("this is not a URL"))?;
        let (Some("https" | "http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(bad("a URL begins with `https://` or `http://`, and a host"));
        };
        if authority.as_str().contains('@') {
            return Err(bad("a URL with a password in it is not sent to"));
        }
        if !is_whole(authority) {
            return Err(bad("a URL has a host, and a port from 0 to 65535 if it has one"));
        }
        let host = authority.as_str().to_ascii_lowercase();
        Ok(Self { uri, host })
    }
}

/// Whether there is a host, and a number behind its colon.
fn is_whole(authority: &Authority) -> bool {
    !authority.host().is_empty() && (authority.port_u16().is_some() || authority.as_str() == authority.host())
}

/// Whether this is the host, and the port if one is named.
fn is_named(allowed: &str, uri: &Uri) -> bool {
    let Some(host) = uri.host().map(str::to_ascii_lowercase) else { return false };
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    allowed == host || allowed == format!("{host}:{port}")
}

/// The JSON text of what is sent.
fn body(json: &Dynamic) -> Result<String, Thrown> {
    let Ok(text) = json.clone().into_string() else { return Ok(to_json(json).to_string()) };
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            let help = Some("send a map, such as `#{ text: \"...\" }`".into());
            Err(thrown("net", &format!("this text is not JSON: {error}"), help))
        }
    }
}

/// Sends it once; a redirection, which might lead to another host, is a refusal.
fn send(uri: Uri, host: &str, body: String) -> Result<String, String> {
    let agent: Agent = Agent::config_builder()
        .tls_config(tls())
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("flowlogs/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let secrets = [uri.path_and_query().map(ToString::to_string), Some(uri.path().to_string())];
    let mut answer =
        agent.post(uri).content_type("application/json").send(body).map_err(|error| failure(host, &error))?;
    let text = answer.body_mut().with_config().limit(ANSWER_BYTES).lossy_utf8(true).read_to_string();
    if answer.status().is_success() {
        return text.map_err(|error| failure(host, &error));
    }
    // Some hosts repeat what they were asked for.
    let text = text.unwrap_or_default();
    let is_secret = |part: &String| part.len() > 1;
    let text = secrets.into_iter().flatten().filter(is_secret).fold(text, |text, part| text.replace(&part, "..."));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = escape::text(&text).chars().take(REFUSAL_SHOWN).collect();
    let colon = if shown.is_empty() { "" } else { ": " };
    Err(format!("{host} answered {}{colon}{shown}", answer.status()))
}

/// TLS with the certificates that the system trusts, as the SDK of AWS has it: those of a company's proxy are among them.
fn tls() -> TlsConfig {
    let trusted = rustls_native_certs::load_native_certs().certs;
    let trusted: Vec<_> = trusted.iter().map(|trusted| Certificate::from_der(trusted).to_owned()).collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    TlsConfig::builder().root_certs(trusted.into()).unversioned_rustls_crypto_provider(provider).build()
}

/// A sentence about a call without an answer.
fn failure(host: &str, error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(Timeout::Global | Timeout::PerCall) => {
            format!("{host} did not answer within {} s", PATIENCE.as_secs())
        }
        ureq::Error::BodyExceedsLimit(_) => format!("{host} answered with more than {}", HumanBytes(ANSWER_BYTES)),
        ureq::Error::Io(error) => format!("sending to {host} failed: {error}"),
        error => format!("sending to {host} failed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_with_or_without_its_port() {
        let is = |allowed: &str, url: &str| is_named(&host(allowed).unwrap(), &Target::of(url).unwrap().uri);
        assert!(is("hooks.example.com", "https://hooks.example.com/secret"));
        assert!(is("Hooks.Example.com", "https://HOOKS.example.com:8443/secret"));
        assert!(is("hooks.example.com:443", "https://hooks.example.com/"));
        assert!(is("hooks.example.com:80", "http://hooks.example.com"));
        assert!(is("[::1]:8080", "http://[::1]:8080/"));
        assert!(!is("hooks.example.com:443", "http://hooks.example.com/"));
        assert!(!is("example.com", "https://hooks.example.com/"));
        assert!(!is("hooks.example.com", "https://hooks.example.com.evil.net/"));
        assert!(!is("hooks.example.com", "https://evil.net/?hooks.example.com"));
    }

    #[test]
    fn what_is_no_host_or_no_url_is_refused() {
        for text in [
            "",
            "https://example.com",
            "example.com/path",
            "me@example.com",
            "*.example.com",
            "*",
            "a b",
            ":80",
            "h:",
            "h:99999",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
        for url in ["", "example.com", "/path", "ftp://example.com/", "https://", "https://hooks.example.com@evil.net/"]
        {
            assert!(Target::of(url).is_err(), "{url}");
        }
    }
}
