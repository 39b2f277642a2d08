//! Flow logs that are active and deliver nothing, and flow logs that deliver to something other than a log group.

use serde_json::Value;

use super::canned::{self, item, own_tags};
use super::moto::{Region, port};
use super::proxy::{Proxy, Verdict};

/// A flow log of each state; the last two belong to others.
fn flow_logs() -> Vec<String> {
    let own = |number: usize, state: &[(&str, &str)]| {
        let (id, vpc) = (format!("fl-{number}"), format!("vpc-{number}"));
        let (group, tags) = (format!("/fl-cli/{vpc}"), own_tags(&vpc));
        let common = [
            ("flowLogId", id.as_str()),
            ("resourceId", &vpc),
            ("flowLogStatus", "ACTIVE"),
            ("logGroupName", &group),
            ("logDestinationType", "cloud-watch-logs"),
            ("tagSet", &tags),
        ];
        item(&[&common, state].concat())
    };
    let failed = |message| [("deliverLogsStatus", "FAILED"), ("deliverLogsErrorMessage", message)];
    let others = |id: &str, resource: &str, kind: &str, destination: &str| {
        let common = [("flowLogId", id), ("resourceId", resource), ("flowLogStatus", "ACTIVE")];
        item(&[&common[..], &[("logDestinationType", kind), ("logDestination", destination)]].concat())
    };
    vec![
        own(1, &failed("Access error")),
        own(2, &failed("Rate limited")),
        own(3, &[]),
        own(4, &failed("Unknown error")),
        own(5, &[("deliverLogsStatus", "SUCCESS")]),
        others("fl-6", "tgw-1", "s3", "arn:aws:s3:::archive"),
        others("fl-7", "vpc-6", "kinesis-data-firehose", "arn:aws:firehose:us-west-2:1:deliverystream/lake"),
    ]
}

#[test]
fn delivery_that_fails_is_shown_with_its_reason_and_what_is_new_is_neither_failed_nor_fine() {
    let region = Region::new("us-gov-west-1");
    let proxy = Proxy::new(port(), canned::network(6, &flow_logs()));
    let run = |args: &[&str]| region.run_at(proxy.port, args);
    let states = |args: &[&str]| -> Vec<(String, String)> {
        let rows: Vec<Value> = serde_json::from_str(&run(args).done()).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        rows.iter().map(|row| (text(&row["id"]), text(&row["status"]))).collect()
    };
    let own = [
        ("fl-1", "FAILED: Access error"),
        ("fl-2", "FAILED: Rate limited"),
        ("fl-3", "PENDING"),
        ("fl-4", "FAILED: Unknown error"),
        ("fl-5", "SUCCESS"),
    ]
    .map(|(id, state)| (id.to_string(), state.to_string()));
    let mut listed = states(&["-o", "json", "list"]);
    listed.sort();
    assert_eq!(listed, own);
    assert_eq!(states(&["-o", "json", "list", "--all"]).len(), 7);

    let found = run(&["doctor"]);
    let of_delivery: Vec<&str> = found.stdout.lines().filter(|line| line.contains("delivery:")).collect();
    assert_eq!(of_delivery.len(), 3, "{}", found.stdout);
    for (id, reason) in [("fl-1", "Access error"), ("fl-2", "Rate limited"), ("fl-4", "Unknown error")] {
        assert!(of_delivery.iter().any(|line| line.contains(id) && line.contains(reason)), "{id}: {of_delivery:?}");
    }
    assert_eq!(found.code, Some(1));

    let planned = run(&["delete", "all", "--dry-run"]).done();
    assert_eq!(planned.lines().count(), 5, "{planned}");
    assert!(!planned.contains("fl-6") && !planned.contains("fl-7"), "{planned}");
}

#[test]
fn a_key_that_does_not_let_the_service_in_is_called_that() {
    let region = Region::new("us-gov-west-1");
    let network = canned::network(1, &[]);
    let proxy = Proxy::new(port(), move |call| match call.action.as_str() {
        "CreateLogGroup" => {
            let message = "The specified KMS key does not exist or is not allowed to be used with LogGroup";
            Verdict::Refuse("AccessDeniedException", message.into())
        }
        "CreateRole" => Verdict::Refuse("ServiceFailureException", "none is wanted here".into()),
        _ => network(call),
    });
    let key = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1";
    let failed = region.run_at(proxy.port, &["create", "vpc", "vpc-1", "--kms-key", key]);
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    for part in ["The specified KMS key does not exist", "the key's policy has to let CloudWatch Logs use it"] {
        assert!(failed.stdout.contains(part), "`{part}` is not in: {}", failed.stdout);
    }
    assert!(!region.log_groups().contains(&"/fl-cli/vpc-1".into()), "{}", failed.stdout);
    assert!(!region.roles().contains(&"fl-cli-us-gov-west-1-vpc-1".into()), "{}", failed.stdout);
}

#[test]
fn every_arn_has_the_partition_of_the_caller() {
    let region = Region::new("us-gov-west-1");
    for partition in ["aws-us-gov", "aws-cn", "aws-iso", "aws-iso-b", "aws-eusc"] {
        let network = canned::network(1, &[]);
        let proxy = Proxy::new(port(), move |call| match call.action.as_str() {
            "GetCallerIdentity" => Verdict::Answer(format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><UserId>A</UserId>\
                 <Arn>arn:{partition}:sts::123456789012:assumed-role/dev/me</Arn></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>"
            )),
            _ => network(call),
        });
        let planned = region.run_at(proxy.port, &["create", "vpc", "vpc-1", "--dry-run"]).done();
        for arn in [
            format!("\"arn:{partition}:ec2:us-gov-west-1:123456789012:vpc-flow-log/*\""),
            format!("\"arn:{partition}:logs:us-gov-west-1:123456789012:log-group:/fl-cli/vpc-1:*\""),
            format!("\"arn:{partition}:iam::123456789012:role/fl-cli-us-gov-west-1-vpc-1\""),
            "\"vpc-flow-logs.amazonaws.com\"".into(),
        ] {
            assert!(planned.contains(&arn), "{arn} is not in: {planned}");
        }
        assert!(!planned.contains("arn:aws:"), "{planned}");
        let policy = region.run_at(proxy.port, &["policy", "create"]).done();
        assert!(!policy.contains("arn:aws:"), "{policy}");
    }
}
