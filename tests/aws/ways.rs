//! `why` on an account: throttled calls wait, and what may not be listed leaves the verdict open.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::moto::{Network, Region, array, port, text};
use super::proxy::{Proxy, Verdict};

/// The calls that tell the ways of packets.
const WAYS: [&str; 4] = [
    "DescribeRouteTables",
    "DescribeVpcPeeringConnections",
    "DescribeVpcBlockPublicAccessOptions",
    "DescribeVpcBlockPublicAccessExclusions",
];

fn why(region: &Region, port: u16, words: &[&str]) -> Value {
    let command = ["-o", "json", "why", "--no-records"];
    serde_json::from_str(&region.run_at(port, &[&command, words].concat()).done()).unwrap()
}

#[test]
fn throttled_calls_wait_and_refused_ones_leave_the_verdict_open() {
    let region = Region::new("us-gov-east-1");
    let network = Network::new(&region);
    let rule = json!({"GroupId": network.group, "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]});
    region.call("ec2", "authorize_security_group_ingress", rule);
    let instances = region.call("ec2", "describe_instances", json!({}));
    let addresses: Vec<String> = array(&instances, "Reservations")
        .iter()
        .flat_map(|reservation| array(reservation, "Instances"))
        .map(|instance| text(&instance["PrivateIpAddress"]))
        .collect();
    let between = [addresses[0].as_str(), addresses[1].as_str(), "443"];
    let outwards = [addresses[0].as_str(), "198.51.100.7", "443"];

    let free = why(&region, port(), &between);
    assert_eq!(free["verdict"], "allowed", "{free:#}");
    throttled_twice_a_call_says_the_same(&region, &between, &free);

    let refused = Proxy::new(port(), |call| refused_if(WAYS.contains(&call.action.as_str())));
    let answer = why(&region, refused.port, &outwards);
    assert_eq!(answer["verdict"], "cannot judge", "{answer:#}");
    assert!(answer.to_string().contains("the route tables are not known"), "{answer:#}");
    // The rules in between are known all the same.
    assert_eq!(why(&region, refused.port, &between)["verdict"], "allowed");

    // A refusal of the block of public access alone leaves the routes: nothing leads out of the VPC.
    let half = Proxy::new(port(), |call| refused_if(call.action.starts_with("DescribeVpcBlockPublicAccess")));
    assert_eq!(why(&region, half.port, &outwards)["verdict"], "denied");
}

fn refused_if(is_refused: bool) -> Verdict {
    let message = || "You are not authorized to perform this operation.".to_string();
    if is_refused { Verdict::Refuse("UnauthorizedOperation", message()) } else { Verdict::Pass }
}

fn throttled_twice_a_call_says_the_same(region: &Region, words: &[&str], expected: &Value) {
    let counts: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let throttled = Proxy::new(port(), move |call| {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(call.action.clone()).or_default();
        *count += 1;
        if *count > 2 {
            Verdict::Pass
        } else {
            Verdict::Refuse("RequestLimitExceeded", "Request limit exceeded.".into())
        }
    });
    assert_eq!(&why(region, throttled.port, words), expected);
    assert!(WAYS.iter().all(|action| throttled.count(action) >= 3));
}
