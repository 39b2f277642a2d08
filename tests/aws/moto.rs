//! moto on loopback, and boto3 to look at it from outside.

#![allow(dead_code, reason = "each test uses a part")]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Ran;

/// The Python environment of `tests/run`.
fn python() -> PathBuf {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests"));
    let venv = env::var_os("FLOWLOGS_TEST_VENV").map_or_else(|| root.join(".venv"), PathBuf::from);
    let python = venv.join("bin").join("python");
    assert!(python.exists(), "{} is not there: run ./tests/run, which installs moto", python.display());
    python
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join("tests/aws").join(name)
}

/// The port of moto, which all tests share; each test has its own Region.
pub(crate) fn port() -> u16 {
    static MOTO: OnceLock<(u16, Child)> = OnceLock::new();
    MOTO.get_or_init(start).0
}

fn start() -> (u16, Child) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(python());
    command.arg(script("server.py")).arg(port.to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return (port, child);
        }
        if let Some(status) = child.try_wait().unwrap() {
            panic!("moto does not start ({status}): run ./tests/run, which installs it");
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("moto does not answer within a minute");
}

/// A Region of moto with nothing but the resources that AWS itself creates.
pub(crate) struct Region {
    pub(crate) name: &'static str,
    bridge: Mutex<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Region {
    pub(crate) fn new(name: &'static str) -> Self {
        Self::at(name, port())
    }

    /// A Region whose calls go to a proxy in front of moto.
    pub(crate) fn at(name: &'static str, port: u16) -> Self {
        let mut command = Command::new(python());
        environment(&mut command, name, port);
        command.arg(script("bridge.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { name, bridge: Mutex::new((child, to, from)) }
    }

    /// A call of boto3.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "arguments are made where they are passed")]
    pub(crate) fn call(&self, service: &str, method: &str, arguments: Value) -> Value {
        self.try_call(service, method, arguments).unwrap_or_else(|error| panic!("{service} {method}: {error}"))
    }

    /// A call of boto3 that may be refused.
    #[allow(clippy::needless_pass_by_value, reason = "arguments are made where they are passed")]
    pub(crate) fn try_call(&self, service: &str, method: &str, arguments: Value) -> Result<Value, String> {
        let mut bridge = self.bridge.lock().unwrap();
        writeln!(bridge.1, "{}", json!([service, method, arguments])).unwrap();
        let mut line = String::new();
        bridge.2.read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        if answer.get("ok").is_some() { Ok(answer["ok"].take()) } else { Err(text(&answer["error"])) }
    }

    pub(crate) fn command(&self, port: u16, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        environment(&mut command, self.name, port);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the command line against a port: moto's, or that of a proxy in front of it.
    pub(crate) fn run_at(&self, port: u16, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(port, args))
    }

    #[track_caller]
    pub(crate) fn done(&self, args: &[&str]) -> String {
        self.run_at(port(), args).done()
    }

    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str], code: i32, part: &str) {
        let ran = self.run_at(port(), args);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(code), "{args:?}: {said}");
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }

    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        serde_json::from_str(&self.done(&["list", "-o", "json"])).unwrap()
    }

    pub(crate) fn flow_logs(&self) -> Vec<Value> {
        array(&self.call("ec2", "describe_flow_logs", json!({})), "FlowLogs")
    }

    /// The names of log groups in moto.
    pub(crate) fn log_groups(&self) -> Vec<String> {
        let groups = self.call("logs", "describe_log_groups", json!({"logGroupNamePrefix": "/fl-cli/"}));
        array(&groups, "logGroups").iter().map(|group| text(&group["logGroupName"])).collect()
    }

    /// The names of the Region's roles.
    pub(crate) fn roles(&self) -> Vec<String> {
        let prefix = format!("fl-cli-{}-", self.name);
        let roles = self.call("iam", "list_roles", json!({"MaxItems": 1000}));
        let names = array(&roles, "Roles");
        names.iter().map(|role| text(&role["RoleName"])).filter(|name| name.starts_with(&prefix)).collect()
    }

    #[track_caller]
    pub(crate) fn is_empty(&self) {
        let left = (self.flow_logs(), self.log_groups(), self.roles());
        assert_eq!(left, (Vec::new(), Vec::new(), Vec::new()), "{}", self.name);
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if let Ok(mut bridge) = self.bridge.lock() {
            let _ = bridge.0.kill();
            let _ = bridge.0.wait();
        }
    }
}

fn environment(command: &mut Command, region: &str, port: u16) {
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("TZ", "UTC")
        .env("HOME", "/nonexistent");
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"));
    command.env("AWS_REGION", region).env("AWS_DEFAULT_REGION", region).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "example");
}

pub(crate) fn array(answer: &Value, key: &str) -> Vec<Value> {
    answer[key].as_array().cloned().unwrap_or_default()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_string()
}

/// A network with one resource of each kind, named `x`, and two instances.
pub(crate) struct Network {
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) group: String,
    pub(crate) nat: String,
    pub(crate) endpoint: String,
}

impl Network {
    pub(crate) fn new(region: &Region) -> Self {
        let named = |kind: &str, name: &str| json!([{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]);
        let call = |method: &str, arguments| region.call("ec2", method, arguments);
        let vpc = call("create_vpc", json!({"CidrBlock": "10.0.0.0/16", "TagSpecifications": named("vpc", "prod")}));
        let vpc = text(&vpc["Vpc"]["VpcId"]);
        let tags = named("subnet", "prod-a");
        let subnet =
            call("create_subnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/20", "TagSpecifications": tags}));
        let subnet = text(&subnet["Subnet"]["SubnetId"]);
        let group = call("create_security_group", json!({"GroupName": "web", "Description": "x", "VpcId": vpc}));
        let group = text(&group["GroupId"]);
        let address = call("allocate_address", json!({"Domain": "vpc"}));
        let tags = named("natgateway", "out");
        let nat = json!({"SubnetId": subnet, "AllocationId": address["AllocationId"], "TagSpecifications": tags});
        let nat = text(&call("create_nat_gateway", nat)["NatGateway"]["NatGatewayId"]);
        let endpoint = json!({
            "VpcId": vpc, "VpcEndpointType": "Interface", "SubnetIds": [subnet], "SecurityGroupIds": [group],
            "ServiceName": format!("com.amazonaws.{}.logs", region.name),
            "TagSpecifications": named("vpc-endpoint", "logs")
        });
        let endpoint = text(&call("create_vpc_endpoint", endpoint)["VpcEndpoint"]["VpcEndpointId"]);
        let network = Self { vpc, subnet, group, nat, endpoint };
        network.run_instances(region, "web", 2);
        network
    }

    pub(crate) fn run_instances(&self, region: &Region, name: &str, count: usize) {
        let arguments = json!({
            "ImageId": "ami-12c6146b", "MinCount": count, "MaxCount": count, "SubnetId": self.subnet,
            "SecurityGroupIds": [self.group],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        });
        region.call("ec2", "run_instances", arguments);
    }
}
