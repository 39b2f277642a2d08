//! Traffic of transit gateways and regional NAT gateways, whichever flow log records it.

use serde_json::{Value, json};

use super::logs_service::{Group, LogsService};
use super::moto::{Region, port, text};
use super::program::Ran;
use super::proxy::{Proxy, Verdict};
use super::quick;
use super::records::{self, now};
use super::terraform::named;

use flowlogs::field::Field;

const GATEWAY_FIELDS: &str = "version resource-type tgw-id tgw-attachment-id tgw-pair-attachment-id srcaddr dstaddr srcport \
                              dstport protocol packets bytes start end log-status tcp-flags flow-direction \
                              packets-lost-no-route packets-lost-blackhole";

/// Two transit gateways, of which the first has two attachments, and a VPC without a flow log of ours.
///
/// Each record has a power of two as its bytes, so that a sum tells which records it includes.
struct Account {
    region: Region,
    gateways: [String; 2],
    attachments: [String; 3],
}

/// A record in the service: these values, and some of the other fields.
fn event(values: &[(&str, &str)]) -> Vec<(String, String)> {
    let value = |name: &str| match values.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => (*value).to_string(),
        None if name == "log-status" => "OK".into(),
        None if name == "flow-direction" => "ingress".into(),
        None if ["srcaddr", "dstaddr"].contains(&name) => "10.0.0.9".into(),
        None => "6".into(),
    };
    let names = GATEWAY_FIELDS.split_whitespace();
    let insights = |name: &str| Field::of_record(name).unwrap().info().insights.to_string();
    let mut event: Vec<(String, String)> = names.map(|name| (insights(name), value(name))).collect();
    event.push(("@timestamp".into(), format!("{}000", value("start"))));
    event
}

impl Account {
    fn new(name: &'static str) -> Self {
        let region = Region::new(name);
        let gateway = |name: &str| {
            let tags = named("transit-gateway", name);
            let made =
                region.call("ec2", "create_transit_gateway", json!({"Description": "x", "TagSpecifications": tags}));
            text(&made["TransitGateway"]["TransitGatewayId"])
        };
        let gateways = ["core", "edge"].map(gateway);
        let attachment = |(gateway, name): (usize, &str)| {
            let vpc = region.call("ec2", "create_vpc", json!({"CidrBlock": "10.0.0.0/16"}));
            let asked = json!({
                "TransitGatewayId": gateways[gateway], "VpcId": vpc["Vpc"]["VpcId"], "SubnetIds": ["subnet-1"]
            });
            let made = region.call("ec2", "create_transit_gateway_vpc_attachment", asked);
            let id = text(&made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]);
            // moto loses the tags of this call.
            let tags = json!([{"Key": "Name", "Value": name}]);
            region.call("ec2", "create_tags", json!({"Resources": [id], "Tags": tags}));
            id
        };
        let attachments = [(0, "to-prod"), (0, "to-dev"), (1, "to-edge")].map(attachment);
        Self { region, gateways, attachments }
    }

    fn create_flow_log(&self, kind: &str, resource: &str, group: &str) {
        let flow_log = json!({
            "ResourceIds": [resource], "ResourceType": kind, "LogGroupName": group,
            "LogFormat": records::format(GATEWAY_FIELDS),
            "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/theirs"
        });
        let made = self.region.call("ec2", "create_flow_logs", flow_log);
        assert_eq!(made["Unsuccessful"], json!([]));
    }

    fn group(&self, name: &str, records: &[(usize, usize, u32)]) -> Group {
        let start = now() - 300;
        let event = |(gateway, attachment, bytes): &(usize, usize, u32)| {
            event(&[
                ("tgw-id", &self.gateways[*gateway]),
                ("tgw-attachment-id", &self.attachments[*attachment]),
                ("bytes", &bytes.to_string()),
                ("start", &start.to_string()),
            ])
        };
        Group { name: name.into(), created: 0, events: records.iter().map(event).collect() }
    }

    fn ask(&self, service: &LogsService, sentence: &str) -> Ran {
        let mut command = self.region.command(port(), &["-o", "csv", "-e", sentence]);
        Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()))
    }
}

#[test]
fn a_transit_gateway_is_asked_by_name_and_answered_by_whatever_records_it() {
    let account = Account::new("mx-central-1");
    let [core, edge] = &account.gateways;
    let [to_prod, to_dev, to_edge] = &account.attachments;
    account.create_flow_log("TransitGateway", core, "core");
    account.create_flow_log("TransitGatewayAttachment", to_prod, "to-prod");
    account.create_flow_log("TransitGatewayAttachment", to_edge, "to-edge");
    let groups = vec![
        account.group("core", &[(0, 0, 1), (0, 1, 2)]),
        account.group("to-prod", &[(0, 0, 1)]),
        account.group("to-edge", &[(1, 2, 4)]),
    ];
    let service = LogsService::start(groups, quick());
    for (target, bytes) in [
        ("tgw core", 3),
        (&format!("transit-gateway {core}"), 3),
        // The flow log of the attachment itself answers; the other one is narrowed.
        ("tgw-attachment to-prod", 1),
        (&format!("tgw-attachment {to_dev}"), 2),
        ("tgw-attachment \"to-*\"", 7),
        ("tgw edge", 4),
        (&format!("tgw {edge}, core"), 7),
        ("tgw core, tgw-attachment to-prod", 3),
        ("tgw", 7),
        ("tgw-attachment", 7),
    ] {
        let ran = account.ask(&service, &format!("{target} | sum(bytes)"));
        assert_eq!(ran.stdout, format!("sum_bytes\n{bytes}\n"), "{target}: {}", ran.stderr);
        assert!(!ran.stderr.contains("twice"), "{target}: {}", ran.stderr);
    }
    let shown = account.ask(&service, "tgw edge").done();
    let mut lines = shown.lines();
    assert!(lines.next().unwrap().starts_with("time,tgw_attachment,tgw_pair_attachment,dir,packets,bytes,"), "{shown}");
    assert!(lines.next().unwrap().contains(to_edge.as_str()), "{shown}");
    for (sentence, part) in [
        ("tgw core where reject", "no queried flow log has the field `action`"),
        ("tgw cora", "did you mean `core`?"),
        // Records of transit gateways are in answers for targets of their own kinds only.
        ("all", "has no flow log"),
        ("vpc", "has no flow log of kind `vpc`"),
    ] {
        let ran = account.ask(&service, &format!("{sentence} | count()"));
        assert_eq!(ran.code, Some(1), "{sentence}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(part), "{sentence}: {}", ran.stderr);
    }
    let explained: Vec<Value> = serde_json::from_str(&account.region.done(&[
        "-o",
        "json",
        "explain",
        "--targets",
        &format!("tgw-attachment {to_dev}"),
    ]))
    .unwrap();
    assert_eq!(explained[0]["log_group"], "core");
    assert!(text(&explained[0]["records"]).contains(&format!("tgw.attachment = {to_dev}")), "{explained:?}");
}

const NAT_FIELDS: &str =
    "interface-id resource-id vpc-id srcaddr dstaddr protocol bytes start end action log-status flow-direction";

/// A record of a VPC's flow log: of an interface, or of a regional NAT gateway.
fn event_of_vpc(vpc: &str, interface: &str, gateway: &str, bytes: u32) -> Vec<(String, String)> {
    let start = (now() - 300).to_string();
    let bytes = bytes.to_string();
    let values =
        [interface, gateway, vpc, "10.0.0.9", "10.0.0.9", "6", &bytes, &start, &start, "ACCEPT", "OK", "egress"];
    let insights = |name: &str| Field::of_record(name).unwrap().info().insights.to_string();
    let mut event: Vec<(String, String)> =
        NAT_FIELDS.split_whitespace().zip(values).map(|(name, value)| (insights(name), value.to_string())).collect();
    event.push(("@timestamp".into(), format!("{start}000")));
    event
}

#[test]
fn a_regional_nat_gateway_is_answered_by_its_own_flow_log_or_by_that_of_its_vpc() {
    let region = Region::new("ap-southeast-7");
    let vpc = region.call("ec2", "create_vpc", json!({"CidrBlock": "10.0.0.0/16"}));
    let vpc = text(&vpc["Vpc"]["VpcId"]);
    let create = |kind: &str, resource: &str, group: &str, fields: &str| {
        let flow_log = json!({
            "ResourceIds": [resource], "ResourceType": kind, "LogGroupName": group, "TrafficType": "ALL",
            "LogFormat": records::format(fields), "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/theirs"
        });
        assert_eq!(region.call("ec2", "create_flow_logs", flow_log)["Unsuccessful"], json!([]));
    };
    create("VPC", &vpc, "of-vpc", NAT_FIELDS);
    create("RegionalNatGateway", "nat-0123456789abcdef2", "of-nat", NAT_FIELDS);
    let gateways = [("nat-0123456789abcdef1", "out"), ("nat-0123456789abcdef2", "up")].map(|(id, name)| {
        format!(
            "<item><natGatewayId>{id}</natGatewayId><vpcId>{vpc}</vpcId><state>available</state>\
             <availabilityMode>regional</availabilityMode>\
             <tagSet><item><key>Name</key><value>{name}</value></item></tagSet></item>"
        )
    });
    let answer = format!(
        "<DescribeNatGatewaysResponse><natGatewaySet>{}</natGatewaySet></DescribeNatGatewaysResponse>",
        gateways.concat()
    );
    let proxy = Proxy::new(port(), move |call| match call.action.as_str() {
        "DescribeNatGateways" => Verdict::Answer(answer.clone()),
        _ => Verdict::Pass,
    });
    let of_vpc = vec![
        event_of_vpc(&vpc, "eni-0123456789abcdef1", "-", 1),
        event_of_vpc(&vpc, "-", "nat-0123456789abcdef1", 2),
        event_of_vpc(&vpc, "-", "nat-0123456789abcdef2", 4),
    ];
    let groups = vec![
        Group { name: "of-vpc".into(), created: 0, events: of_vpc },
        Group { name: "of-nat".into(), created: 0, events: vec![event_of_vpc(&vpc, "-", "nat-0123456789abcdef2", 4)] },
    ];
    let service = LogsService::start(groups, quick());
    for (target, bytes) in [
        ("nat out", 2),
        ("nat nat-0123456789abcdef2", 4),
        ("nat", 6),
        (&format!("vpc {vpc}"), 7),
        (&format!("nat up, vpc {vpc}"), 7),
        ("all", 7),
    ] {
        let mut command = region.command(proxy.port, &["-o", "csv", "-e", &format!("{target} | sum(bytes)")]);
        let ran = Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()));
        assert_eq!(ran.stdout, format!("sum_bytes\n{bytes}\n"), "{target}: {}", ran.stderr);
    }
    let explained = region.run_at(proxy.port, &["-o", "json", "explain", "--targets", "nat out"]).done();
    let explained: Vec<Value> = serde_json::from_str(&explained).unwrap();
    assert_eq!((&explained[0]["log_group"], explained.len()), (&json!("of-vpc"), 1));
    assert!(text(&explained[0]["records"]).contains("resource = nat-0123456789abcdef1"), "{explained:?}");
}

#[test]
fn what_create_made_of_a_transit_gateway_is_asked() {
    let account = Account::new("ap-southeast-6");
    let created = account.region.done(&["create", "tgw", "core"]);
    assert!(created.starts_with("created tgw core"), "{created}");
    let groups = vec![account.group(&format!("/fl-cli/{}", account.gateways[0]), &[(0, 0, 1), (0, 1, 2)])];
    let service = LogsService::start(groups, quick());
    for (target, bytes) in [("tgw core", 3), ("tgw", 3), ("tgw-attachment to-dev", 2)] {
        let ran = account.ask(&service, &format!("{target} | sum(bytes)"));
        assert_eq!(ran.stdout, format!("sum_bytes\n{bytes}\n"), "{target}: {}", ran.stderr);
    }
    let ran = account.ask(&service, "tgw edge | count()");
    assert!(
        ran.stderr.contains(&format!("create one: `flowlogs create tgw {}`", account.gateways[1])),
        "{}",
        ran.stderr
    );
}
