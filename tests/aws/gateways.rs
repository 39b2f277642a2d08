//! Flow logs of gateways: transit gateways, their attachments, regional NAT gateways; and fields with tags. moto
//! accepts any parameters of `CreateFlowLogs`, so the requests themselves are checked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::form::form;
use super::moto::{Region, array, port, text};
use super::program::coverage;
use super::proxy::{Call, Proxy, Verdict};

/// A transit gateway `core` with an attachment `to-prod`. moto has no zones in this Region; neither needs one.
struct Gateways {
    region: Region,
    gateway: String,
    attachment: String,
}

impl Gateways {
    fn new(region: &'static str) -> Self {
        let region = Region::new(region);
        let named = |kind: &str, name: &str| json!([{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]);
        let gateway = json!({"Description": "x", "TagSpecifications": named("transit-gateway", "core")});
        let gateway = region.call("ec2", "create_transit_gateway", gateway);
        let gateway = text(&gateway["TransitGateway"]["TransitGatewayId"]);
        let vpc = region.call("ec2", "create_vpc", json!({"CidrBlock": "10.0.0.0/16"}));
        let attachment = json!({
            "TransitGatewayId": gateway, "VpcId": vpc["Vpc"]["VpcId"], "SubnetIds": ["subnet-1"]
        });
        let attachment = region.call("ec2", "create_transit_gateway_vpc_attachment", attachment);
        let attachment = text(&attachment["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]);
        // moto loses the tags of this call.
        let tags = json!([{"Key": "Name", "Value": "to-prod"}]);
        region.call("ec2", "create_tags", json!({"Resources": [attachment], "Tags": tags}));
        Self { region, gateway, attachment }
    }
}

/// The parameters of the only call of an action.
fn parameters(proxy: &Proxy, action: &str) -> BTreeMap<String, String> {
    let requests = proxy.requests.lock().unwrap();
    let is_it = |body: &&str| body.split('&').any(|pair| pair == format!("Action={action}"));
    let bodies = requests.iter().map(|request| request.split_once("\r\n\r\n").unwrap().1);
    let [body] = bodies.filter(is_it).collect::<Vec<_>>().try_into().unwrap();
    form(body).into_iter().collect()
}

#[test]
fn transit_gateways_and_their_attachments_have_flow_logs_of_their_own_kind() {
    let Gateways { region, gateway, attachment } = &Gateways::new("mx-central-1");
    for (kind, word, name, id, resource_type) in [
        ("tgw", "transit-gateway", "core", gateway, "TransitGateway"),
        ("tgw-attachment", "tgw-attachments", "to-prod", attachment, "TransitGatewayAttachment"),
    ] {
        let plan = region.done(&["create", kind, name, "--dry-run"]);
        assert!(plan.contains("flow log of all its traffic (every 60 s)"), "{plan}");
        let planned = plan.lines().find_map(|line| line.trim_start().strip_prefix("ec2:CreateFlowLogs ")).unwrap();
        let planned: Value = serde_json::from_str(planned).unwrap();
        assert_eq!((&planned["ResourceType"], &planned["ResourceIds"]), (&json!(resource_type), &json!([id])));
        assert_eq!(planned.get("TrafficType"), None);
        region.is_empty();

        let proxy = Proxy::new(port(), |_| Verdict::Pass);
        let created = region.run_at(proxy.port, &["create", word, name]).done();
        assert!(created.starts_with(&format!("created {kind} {name} ({id}): fl-")), "{created}");
        let sent = parameters(&proxy, "CreateFlowLogs");
        assert_eq!(sent["ResourceType"], resource_type);
        assert_eq!(sent["ResourceId.1"], *id);
        assert_eq!(sent["MaxAggregationInterval"], "60");
        assert_eq!(sent.keys().filter(|key| key.starts_with("ResourceId.")).count(), 1);
        assert!(!sent.contains_key("TrafficType"), "{sent:?}");
        let format = &sent["LogFormat"];
        assert!(format.starts_with("${version} ${resource-type} ${account-id} ${tgw-id} ${tgw-attachment-id} "));
        for refused in ["action", "vpc-id", "interface-id", "ecs-cluster-arn", "reject-reason", "traffic-path"] {
            assert!(!format.contains(&format!("${{{refused}}}")), "{format}");
        }

        let listed = region.list();
        assert_eq!(
            (&listed[0]["kind"], &listed[0]["name"], &listed[0]["resource"]),
            (&json!(kind), &json!(name), &json!(id))
        );
        assert_eq!(coverage(&listed[0]), "1 of 1");
        assert_eq!(listed[0]["log_group"], format!("/fl-cli/{id}"));
        assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");
        let again = region.done(&["create", kind, id]);
        assert!(again.contains("unchanged") && again.contains("it exists and covers all its traffic"), "{again}");
        let rows: Vec<Value> = serde_json::from_str(&region.done(&["list", "--all", kind, "-o", "json"])).unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        let script =
            format!("let made = list(\"{kind}\"); print(made[0].resource + delete(\"{kind}\", \"{name}\")[0].action)");
        assert_eq!(region.done(&["--yes", "-e", &script]), format!("{id}deleted\n"));
        region.is_empty();
    }
    let named = region.done(&["-e", "print(transit_gateways(\"co*\")[0].id + transit_gateway_attachments()[0].kind)"]);
    assert_eq!(named, format!("{gateway}vpc\n"));
    refused_settings(region);
}

/// A setting that the service would refuse is an error before anything is created; a default that does not fit is left
/// out.
fn refused_settings(region: &Region) {
    for (options, part) in [
        (&["--traffic", "all"][..], "flow logs of transit gateways record all traffic: their records have no action"),
        (&["--aggregation", "600"], "aggregate over 60 seconds"),
        (&["--fields", "tgw-id,action"], "records of transit gateways have no field `action`"),
    ] {
        region.fails(&[&["create", "tgw", "core"], options].concat(), 2, part);
    }
    region.fails(
        &["create", "vpc", "*", "--yes", "--fields", "tgw-id"],
        2,
        "of network interfaces have no field `tgw-id`",
    );
    region.fails(&["-e", "create(\"tgw\", \"core\", #{ traffic: \"all\" })"], 2, "their records have no action");
    region.is_empty();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[create]\ntraffic = \"reject\"\naggregation_s = 600\nfields = [\"action\"]\n").unwrap();
    let proxy = Proxy::new(port(), |_| Verdict::Pass);
    let create = ["--config", &config.display().to_string(), "create", "tgw", "core"];
    region.run_at(proxy.port, &create).done();
    let sent = parameters(&proxy, "CreateFlowLogs");
    assert_eq!((sent.get("TrafficType"), sent["MaxAggregationInterval"].as_str()), (None, "60"));
    assert!(sent["LogFormat"].contains("${tgw-id}"), "{sent:?}");
    region.done(&["delete", "tgw", "core", "--yes"]);
    region.is_empty();
}

#[test]
fn who_may_not_list_transit_gateways_can_do_everything_else() {
    let region = Region::new("ap-southeast-7");
    region.call("ec2", "create_vpc", json!({"CidrBlock": "10.0.0.0/16"}));
    let refuse = |call: &Call| {
        let message = format!("User: x is not authorized to perform: ec2:{}", call.action);
        if call.action.contains("TransitGateway") {
            Verdict::Refuse("UnauthorizedOperation", message)
        } else {
            Verdict::Pass
        }
    };
    let proxy = Proxy::new(port(), refuse);
    let run = |args: &[&str]| region.run_at(proxy.port, args);
    assert_eq!(run(&["list", "-o", "json"]).done(), "[]\n");
    run(&["inventory"]).done();
    run(&["create", "sg", "nothing", "--dry-run"]).fails(1, "no sg matches `nothing`");
    // A resource that the caller may not see does not count as gone.
    let gateway = region.call("ec2", "create_transit_gateway", json!({"Description": "x"}));
    let gateway = text(&gateway["TransitGateway"]["TransitGatewayId"]);
    region.done(&["create", "tgw", &gateway]);
    for args in [&["doctor"][..], &["doctor", "--fix", "--yes"]] {
        let found = run(args);
        assert!(found.stdout.contains("not allowed `ec2:DescribeTransitGateways`"), "{}{}", found.stdout, found.stderr);
        assert!(!found.stdout.contains("no such resource"), "{}", found.stdout);
    }
    assert_eq!(run(&["list", "-o", "json"]).done().matches(&gateway).count(), 2);
    assert_eq!(run(&["delete", "tgw", &gateway, "--yes"]).code, Some(0));
    region.call("ec2", "delete_transit_gateway", json!({"TransitGatewayId": gateway}));
    for args in [&["create", "tgw", "core"][..], &["create", "tgw-attachment", "*", "--yes"]] {
        let ran = run(args);
        assert!(ran.stderr.contains("ec2:DescribeTransitGateway"), "{}", ran.stderr);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    }
    region.is_empty();
}

/// The answers of EC2 about a network with a regional NAT gateway, a zonal one, a gateway endpoint, and a transit
/// gateway that another account shares.
fn network(call: &Call) -> Verdict {
    let inside = match call.action.as_str() {
        "DescribeVpcs" => "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet>",
        "DescribeSubnets" => {
            "<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/24</cidrBlock></item>\
             </subnetSet>"
        }
        "DescribeNatGateways" => {
            "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><vpcId>vpc-1</vpcId><state>available</state>\
             <availabilityMode>regional</availabilityMode>\
             <tagSet><item><key>Name</key><value>out</value></item></tagSet></item>\
             <item><natGatewayId>nat-2</natGatewayId><vpcId>vpc-1</vpcId><state>available</state>\
             <availabilityMode>zonal</availabilityMode><natGatewayAddressSet><item>\
             <networkInterfaceId>eni-2</networkInterfaceId></item></natGatewayAddressSet></item></natGatewaySet>"
        }
        "DescribeNetworkInterfaces" => {
            "<networkInterfaceSet><item><networkInterfaceId>eni-2</networkInterfaceId><subnetId>subnet-1</subnetId>\
             <vpcId>vpc-1</vpcId><interfaceType>nat_gateway</interfaceType></item></networkInterfaceSet>"
        }
        "DescribeVpcEndpoints" => {
            "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType>\
             <vpcId>vpc-1</vpcId><serviceName>com.amazonaws.x.s3</serviceName><state>available</state>\
             <tagSet><item><key>Name</key><value>s3</value></item></tagSet></item></vpcEndpointSet>"
        }
        "DescribeTransitGateways" => {
            "<transitGatewaySet><item><transitGatewayId>tgw-1</transitGatewayId><state>available</state>\
             <ownerId>111111111111</ownerId></item></transitGatewaySet>"
        }
        "CreateFlowLogs" => "<flowLogIdSet><item>fl-1</item></flowLogIdSet>",
        _ => return Verdict::Pass,
    };
    Verdict::Answer(format!("<{0}Response>{inside}</{0}Response>", call.action))
}

#[test]
fn a_regional_nat_gateway_is_logged_itself_and_one_in_a_zone_by_its_interface() {
    let region = Region::new("us-iso-west-1");
    let proxy = Proxy::new(port(), network);
    let run = |args: &[&str]| region.run_at(proxy.port, args);
    let created = run(&["create", "nat", "out"]).done();
    assert!(created.contains("created nat out (nat-1): fl-1, log group /fl-cli/nat-1, all its traffic"), "{created}");
    let sent = parameters(&proxy, "CreateFlowLogs");
    assert_eq!((sent["ResourceType"].as_str(), sent["ResourceId.1"].as_str()), ("RegionalNatGateway", "nat-1"));
    assert_eq!(sent["TrafficType"], "ALL");
    assert!(sent["LogFormat"].ends_with("${reject-reason} ${resource-id}"), "{sent:?}");

    let planned = run(&["create", "nat", "nat-2", "--dry-run"]).done();
    assert!(planned.contains("\"ResourceIds\":[\"eni-2\"],\"ResourceType\":\"NetworkInterface\""), "{planned}");
    run(&["create", "endpoint", "s3"])
        .fails(1, "endpoint s3 (vpce-1) is a gateway endpoint, which has no network interface");
    run(&["create", "endpoint", "s4"]).fails(1, "no endpoint matches `s4`");
    run(&["create", "tgw", "tgw-1"]).fails(1, "tgw tgw-1 is owned by account 111111111111");
    run(&["create", "tgw", "tgw-1"]).fails(1, "only the owner of a transit gateway");
    let inventory: Value = serde_json::from_str(&run(&["inventory"]).done()).unwrap();
    assert_eq!(
        array(&inventory, "nat_gateways").iter().map(|one| one["regional"].clone()).collect::<Vec<_>>(),
        [json!(true), Value::Null]
    );
    // The flow log exists only in the answers: nothing else knows it.
    region.call("logs", "delete_log_group", json!({"logGroupName": "/fl-cli/nat-1"}));
    let role = "fl-cli-us-iso-west-1-nat-1";
    region.call("iam", "delete_role_policy", json!({"RoleName": role, "PolicyName": "flow-logs"}));
    region.call("iam", "delete_role", json!({"RoleName": role}));
    region.is_empty();
}

#[test]
fn fields_that_hold_tags_come_with_the_keys() {
    let region = Region::new("us-iso-east-1");
    let vpc = region.call("ec2", "create_vpc", json!({"CidrBlock": "10.0.0.0/16"}));
    let vpc = text(&vpc["Vpc"]["VpcId"]);
    region.fails(&["create", "vpc", &vpc, "--fields", "srcaddr,instance-tag"], 2, "needs the key of a tag");
    region.fails(&["create", "vpc", &vpc, "--fields", "srcaddr=x"], 2, "the field `srcaddr` takes no key");
    region.is_empty();
    let fields = "srcaddr,instance-tag-2=Env,instance-tag=cost center,asg-tag=team";
    let answer = |call: &Call| match call.action.as_str() {
        "DescribeNetworkInterfaces" | "DescribeSubnets" | "DescribeVpcs" | "CreateFlowLogs" => network(call),
        _ => Verdict::Pass,
    };
    let proxy = Proxy::new(port(), answer);
    let create = ["create", "vpc", "vpc-1", "--fields", fields];
    let plan = region.run_at(proxy.port, &[&create[..], &["--dry-run"]].concat()).done();
    assert!(plan.contains(r#""LogFormat":"${srcaddr} ${instance-tag-2} ${instance-tag} ${asg-tag}""#), "{plan}");
    let planned = r#""TagFieldSpecifications":[{"ResourceType":"instance","TagKeys":["cost center","Env"]},{"ResourceType":"auto-scaling-group","TagKeys":["team"]}]"#;
    assert!(plan.contains(planned), "{plan}");
    region.run_at(proxy.port, &create).done();
    let sent = parameters(&proxy, "CreateFlowLogs");
    let of = |key: &str| sent[&format!("TagFieldSpecification.{key}")].as_str();
    assert_eq!((of("1.ResourceType"), of("1.TagKey.1"), of("1.TagKey.2")), ("instance", "cost center", "Env"));
    assert_eq!((of("2.ResourceType"), of("2.TagKey.1")), ("auto-scaling-group", "team"));
    assert_eq!(sent["LogFormat"], "${srcaddr} ${instance-tag-2} ${instance-tag} ${asg-tag}");
    extension_keeps_the_tags(&region);
}

/// Resources that join get the same tags in their fields as the others.
fn extension_keeps_the_tags(region: &Region) {
    let there = "<flowLogSet><item><flowLogId>fl-9</flowLogId><resourceId>eni-1</resourceId>\
                 <logGroupName>/fl-cli/sg-1</logGroupName><deliverLogsPermissionArn>arn:aws:iam::1:role/a</deliverLogsPermissionArn>\
                 <trafficType>ALL</trafficType><logFormat>${srcaddr} ${interface-tag}</logFormat>\
                 <maxAggregationInterval>60</maxAggregationInterval>\
                 <tagFieldSpecificationSet><item><resourceType>network-interface</resourceType><tagKeySet><item>team</item>\
                 </tagKeySet></item></tagFieldSpecificationSet>\
                 <tagSet><item><key>Name</key><value>sg-1</value></item>\
                 <item><key>Project</key><value>flowlogs-cli</value></item></tagSet></item></flowLogSet>";
    let interface = |number: u32| {
        format!(
            "<item><networkInterfaceId>eni-{number}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
             <groupSet><item><groupId>sg-1</groupId></item></groupSet></item>"
        )
    };
    let interfaces = format!("<networkInterfaceSet>{}{}</networkInterfaceSet>", interface(1), interface(2));
    let group = "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName><vpcId>vpc-1</vpcId></item>\
                 </securityGroupInfo>";
    let groups = r#"{"logGroups": [{"logGroupName": "/fl-cli/sg-1", "logGroupArn": "arn:aws:logs:x:1:log-group:/fl-cli/sg-1"}]}"#;
    let answer = move |call: &Call| {
        let inside = match call.action.as_str() {
            "DescribeFlowLogs" => there,
            "DescribeNetworkInterfaces" => &interfaces,
            "DescribeSecurityGroups" => group,
            "DescribeLogGroups" => return Verdict::Answer(groups.into()),
            _ => return network(call),
        };
        Verdict::Answer(format!("<{0}Response>{inside}</{0}Response>", call.action))
    };
    let proxy = Proxy::new(port(), answer);
    let ran = region.run_at(proxy.port, &["create", "sg", "web", "--fields", "srcaddr,interface-tag=other"]);
    assert!(ran.stdout.contains("it keeps its fields"), "{}{}", ran.stdout, ran.stderr);
    let sent = parameters(&proxy, "CreateFlowLogs");
    assert_eq!(sent["ResourceId.1"], "eni-2");
    assert_eq!(sent["TagFieldSpecification.1.ResourceType"], "network-interface");
    assert_eq!(sent["TagFieldSpecification.1.TagKey.1"], "team");
}
