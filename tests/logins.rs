//! Logins: profiles, roles, several accounts and Regions, and the way through a proxy, against moto on loopback.
#![cfg(all(unix, feature = "aws"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "aws/moto.rs"]
mod moto;
mod program;
#[path = "aws/proxy.rs"]
mod proxy;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use tempfile::TempDir;

use moto::{Network, Region, port};
use program::Ran;
use proxy::{Call, Proxy, Verdict};

/// Keys, a role that is assumed with them, and a second profile of the same account.
const CONFIG: &str = "[profile base]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = a-secret-key-of-the-profile

[profile dev]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = base
region = eu-west-3

[profile other]
aws_access_key_id = AKIAOTHER
aws_secret_access_key = secret
region = eu-west-3
";

/// The program with the config above, and no other login or Region.
fn flowlogs(endpoint: &str, args: &[&str]) -> (TempDir, Command) {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("config");
    fs::write(&config, CONFIG).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env_clear().stdin(Stdio::null()).env("HOME", folder.path()).env("AWS_ENDPOINT_URL", endpoint);
    command.env("AWS_CONFIG_FILE", config).env("AWS_SHARED_CREDENTIALS_FILE", PathBuf::from("/nonexistent"));
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    (folder, command)
}

fn ask(args: &[&str]) -> Ran {
    let (_folder, mut command) = flowlogs(&format!("http://127.0.0.1:{}", port()), args);
    Ran::of(&mut command)
}

#[test]
fn a_role_of_a_profile_is_assumed_in_the_regions_of_the_profile_or_the_flag() {
    let region = Region::new("eu-west-3");
    let network = Network::new(&region);
    region.done(&["create", "vpc", "prod"]);
    for args in [
        &["--profile", "dev"][..],
        &["--profile", "dev", "--region", "eu-west-3"],
        &["--profile", "base", "--region", "eu-west-3", "--role-arn", "arn:aws:iam::123456789012:role/Admin"],
    ] {
        let listed = ask(&[args, &["list", "-o", "csv"]].concat()).done();
        assert!(listed.contains(&network.vpc), "{args:?}: {listed}");
    }
    // moto takes the account from the role.
    let accounts = ["--profile", "base", "--region", "eu-west-3", "--accounts", "123456789012,210987654321"];
    let listed = ask(&[&accounts[..], &["--role-name", "Admin", "list", "-o", "csv"]].concat()).done();
    let rows: Vec<&str> = listed.lines().skip(1).collect();
    assert_eq!(rows.len(), 1, "{listed}");
    assert!(rows[0].starts_with("eu-west-3,123456789012,"), "{listed}");
}

#[test]
fn no_log_holds_a_secret() {
    let region = Region::new("eu-west-2");
    Network::new(&region);
    let args = ["--log-level", "trace", "--profile", "dev", "--region", "eu-west-2", "list"];
    let ran = ask(&args);
    assert!(ran.stderr.contains("DEBUG"), "{}", ran.stderr);
    for secret in ["a-secret-key-of-the-profile", "SecretAccessKey>", "SessionToken>"] {
        assert!(!ran.stderr.contains(secret), "{secret}: {}", ran.stderr);
    }
    ran.done();
}

#[test]
fn a_profile_that_is_not_there_is_answered_with_those_that_are() {
    ask(&["--profile", "dve", "list"]).fails(1, "there is no AWS profile `dve`");
    let ran = ask(&["--profile", "dve", "list"]);
    assert!(ran.stderr.contains("did you mean `dev`? There are: `base`, `dev`, `other`"), "{}", ran.stderr);
}

#[test]
fn a_place_that_is_named_twice_is_asked_once() {
    let region = Region::new("eu-central-2");
    Network::new(&region);
    region.done(&["create", "vpc", "prod"]);
    for args in [
        &["--profile", "other", "--region", "eu-central-2,eu-central-2"][..],
        &["--profile", "other,other", "--region", "eu-central-2"],
        &["--profile", "base,other", "--region", "eu-central-2"],
        &["--profile", "dev,other", "--region", "eu-central-2, eu-central-2"],
    ] {
        let listed = ask(&[args, &["list", "-o", "csv"]].concat()).done();
        assert_eq!(listed.lines().count(), 2, "{args:?}: {listed}");
    }
}

#[test]
fn all_regions_need_no_region() {
    let listed = ask(&["--profile", "base", "--region", "all", "list", "-o", "csv"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.starts_with("region,account,"), "{}", listed.stdout);
}

/// The Region that a call is signed for.
fn region_of(request: &str) -> &str {
    let scope = request.split("Credential=").nth(1).unwrap();
    scope.split('/').nth(2).unwrap()
}

/// Two Regions are enabled; in others, each service refuses the login in its own words.
fn opted_in_to_some(call: &Call) -> Verdict {
    let item = |(name, status): (&str, &str)| {
        format!("<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>")
    };
    let regions = [
        ("us-east-1", "opt-in-not-required"),
        ("ap-southeast-4", "opted-in"),
        ("af-south-1", "not-opted-in"),
        ("me-south-1", "not-opted-in"),
    ];
    if call.action == "DescribeRegions" {
        let items: String = regions.map(item).concat();
        return Verdict::Answer(format!(
            "<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
        ));
    }
    if !regions[2..].iter().any(|(name, _)| *name == region_of(&call.request)) {
        return Verdict::Pass;
    }
    let is_logs = call.request.to_lowercase().contains("x-amz-target:");
    match call.action.as_str() {
        "GetCallerIdentity" => {
            Verdict::Refuse("InvalidClientTokenId", "The security token included in the request is invalid".into())
        }
        _ if is_logs => Verdict::Refuse(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.".into(),
        ),
        _ => Verdict::Refuse("AuthFailure", "AWS was not able to validate the provided access credentials".into()),
    }
}

#[test]
fn only_regions_that_are_enabled_are_asked_and_one_that_is_not_fails_alone() {
    let region = Region::new("us-east-1");
    let network = Network::new(&region);
    region.done(&["create", "vpc", "prod"]);
    let proxy = Proxy::new(port(), opted_in_to_some);
    let list = |regions: &str| {
        let args = ["--profile", "base", "--region", regions, "list", "-o", "csv"];
        let (_folder, mut command) = flowlogs(&format!("http://127.0.0.1:{}", proxy.port), &args);
        Ran::of(&mut command)
    };
    let listed = list("all").done();
    assert!(listed.lines().count() == 2 && listed.contains(&network.vpc), "{listed}");
    let requests = proxy.requests.lock().unwrap().clone();
    let asked: BTreeSet<&str> = requests.iter().map(|request| region_of(request)).collect();
    assert_eq!(asked, BTreeSet::from(["us-east-1", "ap-southeast-4"]));

    let ran = list("us-east-1,af-south-1");
    assert!(ran.stdout.lines().count() == 2 && ran.stdout.contains(&network.vpc), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("af-south-1") && !ran.stderr.contains("sso login"), "{}", ran.stderr);
    ran.fails(1, "the Region may not be enabled for the account");
}

/// A server that answers each request by its body, and passes on the first line of each.
fn server(answer: impl Fn(&str) -> String + Clone + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, lines) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (sender, answer) = (sender.clone(), answer.clone());
            thread::spawn(move || {
                let first = answered(stream, answer);
                let _ = sender.send(first);
            });
        }
    });
    (port, lines)
}

fn answered(mut stream: TcpStream, answer: impl Fn(&str) -> String) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    let _ = reader.read_line(&mut first);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && !line.trim().is_empty() {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = String::new();
    let _ = reader.take(length).read_to_string(&mut body);
    let _ = stream.write_all(answer(&body).as_bytes());
    first.trim().to_string()
}

#[test]
fn calls_go_through_the_proxy_of_the_environment() {
    let (port, lines) = server(|_| http("403 Forbidden", ""));
    let args = ["--profile", "base", "--region", "eu-west-1", "list"];
    let (_folder, mut command) = flowlogs("https://aws.invalid", &args);
    let ran = Ran::of(command.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}")));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(lines.recv().unwrap(), "CONNECT aws.invalid:443 HTTP/1.1");
    while lines.try_recv().is_ok() {}

    let (_folder, mut command) = flowlogs("https://aws.invalid", &args);
    command.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}")).env("NO_PROXY", "aws.invalid");
    Ran::of(&mut command).fails(1, "AWS did not answer");
    assert!(lines.try_recv().is_err(), "the proxy was asked");
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// An error in the form of STS, EC2 or CloudWatch Logs.
fn service_error(request: &str, code: &str, message: &str) -> String {
    if request.starts_with('{') {
        return http("400 Bad Request", &format!("{{\"__type\": \"{code}\", \"message\": \"{message}\"}}"));
    }
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let is_sts = request.contains("Action=GetCallerIdentity") || request.contains("Action=AssumeRole");
    let body = if is_sts {
        format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>")
    } else {
        format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>")
    };
    http("403 Forbidden", &body)
}

/// The output of a command whose every call gets this answer.
fn refused(args: &[&str], answer: impl Fn(&str) -> String + Clone + Send + 'static) -> String {
    let (port, _lines) = server(answer);
    let (_folder, mut command) = flowlogs(&format!("http://127.0.0.1:{port}"), &[args, &["list"]].concat());
    let ran = Ran::of(&mut command);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    ran.stderr
}

const ELSEWHERE: [&str; 4] = ["--profile", "base", "--region", "af-south-1"];

#[test]
fn each_refusal_is_called_what_it_is() {
    let of = |code: &'static str, message: &'static str| {
        refused(&ELSEWHERE, move |request| service_error(request, code, message))
    };
    let off = of("AuthFailure", "AWS was not able to validate the provided access credentials");
    assert!(off.contains("af-south-1 does not accept the login"), "{off}");
    assert!(off.contains("the Region may not be enabled for the account"), "{off}");
    assert!(off.contains("aws account enable-region --region-name af-south-1"), "{off}");

    let clock = of("RequestExpired", "Request has expired. Timestamp date is 2026-01-01");
    assert!(clock.contains("the clock of this machine is wrong") && !clock.contains("sso login"), "{clock}");

    let policy = "not authorized to perform: ec2:DescribeFlowLogs with an explicit deny in a service control policy";
    let denied = of("UnauthorizedOperation", policy);
    assert!(denied.contains("a service control policy of the organization denies it"), "{denied}");

    let blob = "You are not authorized. Encoded authorization failure message: AbCdEf0123456789";
    let denied = of("UnauthorizedOperation", blob);
    assert!(!denied.contains("AbCdEf") && denied.contains("flowlogs policy"), "{denied}");

    let html = refused(&ELSEWHERE, |_| http("502 Bad Gateway", "<html><body>proxy error</body></html>"));
    assert!(html.contains("the answer is not from AWS: HTTP 502: `<html><body>proxy error</body></html>`"), "{html}");
    assert!(html.contains("HTTPS_PROXY") && !html.contains("Unhandled"), "{html}");
    let empty = refused(&ELSEWHERE, |_| http("500 Internal Server Error", ""));
    assert!(empty.contains("the answer is not from AWS: HTTP 500 without a text"), "{empty}");
}

#[test]
fn a_role_that_may_not_be_assumed_is_called_that() {
    let denied = "User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: \
                  arn:aws:iam::1:role/Admin";
    let said = refused(&["--profile", "dev"], move |request| service_error(request, "AccessDenied", denied));
    assert!(said.contains(&format!("the role cannot be assumed: {denied}\n")), "{said}");
    assert!(said.contains("the role's trust policy") && !said.contains("sso login"), "{said}");
}
