//! EC2 with answers that a test words: a small network, and flow logs of any form.

#![allow(dead_code, reason = "each test uses a part")]

use crate::proxy::{Call, Verdict};

/// An element of a list, from names and texts.
pub(crate) fn item(pairs: &[(&str, &str)]) -> String {
    let elements: Vec<String> = pairs.iter().map(|(name, text)| format!("<{name}>{text}</{name}>")).collect();
    format!("<item>{}</item>", elements.concat())
}

/// The tags of the resources that this tool creates for a `Name`.
pub(crate) fn own_tags(name: &str) -> String {
    let pairs = [("Name", name), ("Project", "flowlogs-cli")];
    pairs.iter().map(|(key, value)| item(&[("key", key), ("value", value)])).collect()
}

/// VPCs `vpc-1` and so on, each with a subnet and an interface of the same number; and these flow logs.
pub(crate) fn network(vpcs: usize, flow_logs: &[String]) -> impl Fn(&Call) -> Verdict + Send + Sync + use<> {
    let each = |of: &dyn Fn(usize) -> String| (1..=vpcs).map(of).collect::<String>();
    let vpc =
        |number: usize| item(&[("vpcId", &format!("vpc-{number}")), ("cidrBlock", &format!("10.{number}.0.0/16"))]);
    let subnet = |number: usize| {
        let block = format!("10.{number}.0.0/24");
        item(&[("subnetId", &format!("subnet-{number}")), ("vpcId", &format!("vpc-{number}")), ("cidrBlock", &block)])
    };
    let interface = |number: usize| {
        item(&[
            ("networkInterfaceId", &format!("eni-{number}")),
            ("subnetId", &format!("subnet-{number}")),
            ("vpcId", &format!("vpc-{number}")),
            ("interfaceType", "interface"),
            ("privateIpAddress", &format!("10.{number}.0.4")),
        ])
    };
    let lists = [
        ("DescribeVpcs", "vpcSet", each(&vpc)),
        ("DescribeSubnets", "subnetSet", each(&subnet)),
        ("DescribeNetworkInterfaces", "networkInterfaceSet", each(&interface)),
        ("DescribeSecurityGroups", "securityGroupInfo", String::new()),
        ("DescribeFlowLogs", "flowLogSet", flow_logs.concat()),
    ];
    move |call| match lists.iter().find(|(action, ..)| *action == call.action) {
        Some((action, list, items)) => {
            Verdict::Answer(format!("<{action}Response><{list}>{items}</{list}></{action}Response>"))
        }
        None => Verdict::Pass,
    }
}
