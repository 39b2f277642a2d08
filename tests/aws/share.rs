//! A VPC that one account shares with another, as each of the two sees it.

use serde_json::Value;
use tempfile::TempDir;

use crate::moto::{Region, port};
use crate::program::Ran;
use crate::proxy::{Call, Proxy, Verdict};

/// The account of every caller in moto.
const CALLER: &str = "123456789012";
const OTHER: &str = "111111111111";

/// The answers of EC2 about the network: VPC and subnet of one owner, a security group of another, and two interfaces
/// in it.
fn network(of_vpc: &str, of_group: &str, of_interfaces: [&str; 2]) -> impl Fn(&Call) -> Verdict + use<> {
    let interface = |number: usize, owner: &str| {
        format!(
            "<item><networkInterfaceId>eni-{number}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
             <ownerId>{owner}</ownerId><interfaceType>interface</interfaceType>\
             <privateIpAddress>10.0.0.{number}</privateIpAddress>\
             <groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item></groupSet></item>"
        )
    };
    let vpc = format!(
        "<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>{of_vpc}</ownerId><cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet>"
    );
    let subnet = format!(
        "<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><ownerId>{of_vpc}</ownerId>\
         <cidrBlock>10.0.0.0/24</cidrBlock></item></subnetSet>"
    );
    let group = format!(
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName><ownerId>{of_group}</ownerId>\
         <vpcId>vpc-1</vpcId></item></securityGroupInfo>"
    );
    let [first, second] = of_interfaces;
    let interfaces =
        format!("<networkInterfaceSet>{}{}</networkInterfaceSet>", interface(1, first), interface(2, second));
    move |call| {
        let inside = match call.action.as_str() {
            "DescribeVpcs" => &vpc,
            "DescribeSubnets" => &subnet,
            "DescribeSecurityGroups" => &group,
            "DescribeNetworkInterfaces" => &interfaces,
            "CreateFlowLogs" => "<flowLogIdSet><item>fl-1</item></flowLogIdSet>",
            _ => return Verdict::Pass,
        };
        Verdict::Answer(format!("<{0}Response>{inside}</{0}Response>", call.action))
    }
}

#[test]
fn who_takes_part_in_a_vpc_logs_its_own_interfaces() {
    let region = Region::new("us-gov-east-1");
    let proxy = Proxy::new(port(), network(OTHER, CALLER, [CALLER, CALLER]));
    let run = |args: &[&str]| region.run_at(proxy.port, args);
    for (kind, id) in [("vpc", "vpc-1"), ("subnet", "subnet-1")] {
        let said = format!("{kind} {id} is owned by account {OTHER}");
        run(&["create", kind, id]).fails(1, &said);
        run(&["create", kind, id, "--dry-run"]).fails(1, "`create sg NAME`");
        run(&["create", kind, "*", "--yes"]).fails(1, &said);
    }
    assert_eq!((proxy.count("CreateLogGroup"), proxy.count("CreateRole")), (0, 0));
    assert_eq!(run(&["list", "-o", "json"]).done(), "[]\n");
    assert_eq!(run(&["doctor"]).done(), "nothing is wrong\n");
    let planned = run(&["create", "sg", "web", "--dry-run"]).done();
    assert!(planned.contains("flow log of 2 interfaces"), "{planned}");
    let asked = run(&["-e", "vpc vpc-1"]);
    assert!(!asked.stderr.contains("create vpc"), "{}", asked.stderr);
    asked.fails(1, &format!("vpc vpc-1 of account {OTHER} has no flow log"));

    // The printed inventory can be read.
    let printed = run(&["inventory"]).done();
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&document["vpcs"][0]["account"], &document["subnets"][0]["account"]), (&OTHER.into(), &OTHER.into()));
    assert_eq!(document["security_groups"][0].get("account"), None);
    let folder = TempDir::new().unwrap();
    let (inventory, records) = (folder.path().join("inventory.json"), folder.path().join("records.log"));
    std::fs::write(&inventory, printed).unwrap();
    // The service writes `unknown` for interfaces of services.
    let lines = format!("eni-1 {CALLER} 1 1 OK\neni-2 {CALLER} 2 1 OK\neni-3 {OTHER} 4 1 OK\neni-4 unknown 8 1 OK\n");
    std::fs::write(&records, format!("interface-id account-id bytes start log-status\n{lines}")).unwrap();
    let (inventory, records) = (inventory.display().to_string(), records.display().to_string());
    let ask =
        |sentence: &str| region.done(&["--local", &records, "--inventory", &inventory, "-o", "csv", "-e", sentence]);
    assert_eq!(ask("vpc vpc-1 | sum(bytes)"), "sum_bytes\n3\n");
    assert_eq!(ask("sg web | sum(bytes)"), "sum_bytes\n3\n");
    let by_account = format!("account,sum_bytes\nunknown,8\n{OTHER},4\n{CALLER},3\n");
    assert_eq!(ask("all | sum(bytes) by account"), by_account);
}

#[test]
fn who_shares_a_vpc_logs_the_interfaces_of_others_with_the_vpc_only() {
    let region = Region::new("us-gov-west-1");
    let proxy = Proxy::new(port(), network(CALLER, CALLER, [CALLER, OTHER]));
    let run = |args: &[&str]| -> Ran { region.run_at(proxy.port, args) };
    let created = run(&["create", "sg", "web"]).done();
    assert!(created.contains("log group /fl-cli/sg-1, 1 interface"), "{created}");
    let planned = run(&["create", "vpc", "vpc-1", "--dry-run"]).done();
    assert!(planned.contains("flow log of 2 interfaces"), "{planned}");
    let requests = proxy.requests.lock().unwrap();
    let request = requests.iter().find(|request| request.contains("Action=CreateFlowLogs")).unwrap();
    assert!(request.contains("ResourceId.1=eni-1") && !request.contains("eni-2"), "{request}");
}
