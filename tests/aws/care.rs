//! A life cycle that loses nothing: records, settings, and things that others attached stay.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::moto::{Network, Region, array, port};
use super::program::coverage;
use super::proxy::{Proxy, Verdict};
use super::terminal::Terminal;

fn retention(region: &Region, group: &str) -> serde_json::Value {
    let found = region.call("logs", "describe_log_groups", json!({"logGroupNamePrefix": group}));
    array(&found, "logGroups")[0]["retentionInDays"].clone()
}

/// The tests run one after the other, since each checks the whole Region.
#[test]
fn nothing_is_lost_and_nothing_of_others_is_touched() {
    let region = Region::new("ap-southeast-5");
    let network = Network::new(&region);
    records_stay_where_they_are_to_be_kept_and_the_doctor_never_deletes_them(&region, &network);
    a_role_that_others_attached_policies_to_is_named_with_them(&region);
    a_change_that_another_is_in_the_way_of_is_made_again(&region);
    an_interface_that_is_gone_meanwhile_does_not_fail_the_others(&region);
    a_script_takes_back_what_it_made_and_nothing_else(&region, &network);
    a_question_says_in_which_account_and_region_it_is_asked(&region);
    a_flow_log_within_a_vpc_that_has_one_is_said_to_cost_twice(&region, &network);
    what_a_flow_log_stands_on_is_created_again_where_it_is_gone(&region, &network);
    a_second_delete_ends_what_the_first_one_began(&region, &network);
}

fn records_stay_where_they_are_to_be_kept_and_the_doctor_never_deletes_them(region: &Region, network: &Network) {
    let group = format!("/fl-cli/{}", network.vpc);
    region.done(&["create", "vpc", "prod", "--retention", "365"]);
    region.call("logs", "create_log_stream", json!({"logGroupName": group, "logStreamName": "eni-1"}));
    let kept = region.done(&["delete", "vpc", "prod", "--keep-records", "--yes"]);
    assert!(kept.contains(&format!("log group {group} stays")), "{kept}");
    assert_eq!(
        (region.flow_logs(), region.log_groups(), region.roles()),
        (Vec::new(), vec![group.clone()], Vec::new())
    );
    let found = region.run_at(port(), &["doctor", "--min-age", "0s", "--fix", "--yes"]);
    assert_eq!(found.code, Some(1), "{}", found.stdout);
    assert!(found.stdout.contains("which keeps records"), "{}", found.stdout);
    assert_eq!(region.log_groups(), [group.as_str()]);

    // A create takes it over and keeps its retention, which is never shortened.
    let create = |more: &[&str]| region.done(&[&["create", "vpc", "prod"], more].concat());
    assert!(create(&[]).starts_with("created"));
    assert_eq!(retention(region, &group), 365);
    let again = create(&["--retention", "30", "--fields", "srcaddr,bytes", "--aggregation", "600"]);
    for part in ["still kept for 365 days", "it keeps its fields", "it keeps its interval of 60 s"] {
        assert!(again.starts_with("unchanged") && again.contains(part), "`{part}` is not in: {again}");
    }
    assert!(create(&["--retention", "400"]).contains("kept for 400 days now, before for 365"));
    assert_eq!(retention(region, &group), 400);
    region.done(&["delete", "vpc", "prod", "--yes"]);
    region.is_empty();
}

fn a_role_that_others_attached_policies_to_is_named_with_them(region: &Region) {
    region.done(&["create", "vpc", "prod"]);
    let role = region.roles().remove(0);
    let allowed = json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]);
    let document = json!({"Version": "2012-10-17", "Statement": allowed}).to_string();
    let policy = json!({"RoleName": role, "PolicyName": "of-audit", "PolicyDocument": document});
    region.call("iam", "put_role_policy", policy);
    region.fails(&["delete", "vpc", "prod", "--yes"], 1, "that this tool did not attach: of-audit");
    assert_eq!((region.flow_logs(), region.log_groups(), region.roles().len()), (Vec::new(), Vec::new(), 1));
    region.call("iam", "delete_role_policy", json!({"RoleName": role, "PolicyName": "of-audit"}));
    region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
    region.is_empty();
}

fn a_change_that_another_is_in_the_way_of_is_made_again(region: &Region) {
    let refused = [("DeleteLogGroup", "OperationAbortedException"), ("DeleteRole", "DeleteConflict")];
    let once = refused.map(|_| AtomicUsize::new(0));
    let proxy = Proxy::new(port(), move |call| {
        let of = refused.iter().position(|(action, _)| call.action == *action);
        match of.filter(|place| once[*place].fetch_add(1, Ordering::SeqCst) == 0) {
            Some(place) => Verdict::Refuse(refused[place].1, "a conflicting operation is in progress".into()),
            None => Verdict::Pass,
        }
    });
    region.done(&["create", "vpc", "prod"]);
    region.run_at(proxy.port, &["delete", "vpc", "prod", "--yes"]).done();
    region.is_empty();
}

fn an_interface_that_is_gone_meanwhile_does_not_fail_the_others(region: &Region) {
    let proxy = Proxy::new(port(), |call| {
        if call.action != "CreateFlowLogs" {
            return Verdict::Pass;
        }
        let body = "<CreateFlowLogsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-2</requestId>\
                    <flowLogIdSet><item>fl-0a1</item></flowLogIdSet><unsuccessful><item><resourceId>eni-9</resourceId>\
                    <error><code>InvalidNetworkInterfaceId.NotFound</code><message>gone</message></error></item>\
                    </unsuccessful></CreateFlowLogsResponse>";
        Verdict::Answer(body.into())
    });
    let created = region.run_at(proxy.port, &["create", "sg", "web"]).done();
    assert!(created.contains("gone meanwhile: eni-9"), "{created}");
    region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
    region.is_empty();
}

/// A script undoes its own changes: what it created is deleted, what it extended covers the same as before.
fn a_script_takes_back_what_it_made_and_nothing_else(region: &Region, network: &Network) {
    region.done(&["create", "sg", "web"]);
    network.run_instances(region, "more", 1);
    let script = "let made = create(\"sg\", \"web\") + create(\"vpc\", \"prod\");\
                  for one in made { print(`${one.action} ${one.joined.len}`); }\
                  for one in delete(made) { print(one.action); }\
                  delete(list(\"sg\"))";
    let ran = region.run_at(port(), &["-e", script]);
    assert_eq!(ran.stdout, "extended 1\ncreated 0\ndeleted\nshrunk\n", "{}", ran.stderr);
    // A script must not delete a flow log that existed before.
    assert!(ran.stderr.contains("`--yes` confirms beforehand"), "{}", ran.stderr);
    let listed = region.list();
    assert_eq!((listed.len(), coverage(&listed[0])), (1, "2 of 3".into()));
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

fn a_question_says_in_which_account_and_region_it_is_asked(region: &Region) {
    let endpoint = format!("http://127.0.0.1:{}", port());
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_REGION", region.name),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    region.done(&["create", "vpc", "prod"]);
    let mut asked = Terminal::start(&["delete", "vpc", "prod"], &environment, 120);
    asked.wait_for(&format!("in 123456789012 {}:", region.name));
    asked.keys("n\r");
    assert_eq!(asked.exit_code(), 1);
    region.done(&["delete", "vpc", "prod", "--yes"]);
    region.is_empty();
}

fn a_flow_log_within_a_vpc_that_has_one_is_said_to_cost_twice(region: &Region, network: &Network) {
    let said = |args: &[&str]| region.done(args).contains("records the same traffic: it is stored and paid for twice");
    assert!(!said(&["create", "subnet", "prod-a"]));
    region.done(&["delete", "subnet", "prod-a", "--yes"]);
    assert!(!said(&["create", "vpc", "prod"]));
    assert!(said(&["create", "subnet", "prod-a"]) && said(&["create", "nat", &network.nat]));
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

fn what_a_flow_log_stands_on_is_created_again_where_it_is_gone(region: &Region, network: &Network) {
    let group = format!("/fl-cli/{}", network.vpc);
    region.done(&["create", "vpc", "prod"]);
    let role = region.roles().remove(0);
    let named = json!({"RoleName": role, "PolicyName": "flow-logs"});
    let policy = || region.call("iam", "get_role_policy", named.clone())["PolicyDocument"].take();
    let (flow_logs, before) = (region.flow_logs(), policy());
    for again in [&["doctor", "--fix", "--yes"][..], &["create", "vpc", "prod"]] {
        region.call("iam", "delete_role_policy", named.clone());
        region.call("iam", "delete_role", json!({"RoleName": role}));
        region.fails(&["doctor"], 1, &format!("there is no role arn:aws:iam::123456789012:role/{role}"));
        region.call("logs", "delete_log_group", json!({"logGroupName": group}));
        region.fails(&["doctor"], 1, &format!("there is no log group {group}"));
        region.run_at(port(), again).done();
        assert_eq!((region.log_groups(), region.roles()), (vec![group.clone()], vec![role.clone()]));
        assert_eq!((policy(), retention(region, &group)), (before.clone(), json!(30)));
        assert_eq!(region.flow_logs(), flow_logs);
        assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");
    }
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

fn a_second_delete_ends_what_the_first_one_began(region: &Region, network: &Network) {
    let group = format!("/fl-cli/{}", network.vpc);
    for (refused, left) in
        [(&["DeleteLogGroup"][..], [1, 0]), (&["DeleteRole"], [0, 1]), (&["DeleteLogGroup", "DeleteRole"], [1, 1])]
    {
        region.done(&["create", "vpc", "prod"]);
        region.call("logs", "create_log_stream", json!({"logGroupName": group, "logStreamName": "eni-1"}));
        let proxy = Proxy::new(
            port(),
            move |call| {
                if refused.contains(&call.action.as_str()) { denied() } else { Verdict::Pass }
            },
        );
        let first = region.run_at(proxy.port, &["delete", "vpc", "prod", "--yes"]);
        assert!(first.stdout.contains("the flow log itself is deleted"), "{}", first.stdout);
        assert_eq!((first.code, [region.log_groups().len(), region.roles().len()]), (Some(1), left));
        // A command with nothing to delete asks no question.
        region.fails(&["delete", "subnet", "prod-a", "--yes"], 1, "no subnet matches `prod-a`");
        region.fails(&["delete", "vpc", "prod"], 2, "this would delete the flow logs of vpc prod");
        let second = region.done(&["delete", "vpc", "prod", "--yes"]);
        assert!(second.starts_with(&format!("deleted vpc prod ({})", network.vpc)), "{second}");
        region.is_empty();
        region.fails(&["delete", "vpc", "prod", "--yes"], 1, "no vpc matches `prod`");
    }
}

fn denied() -> Verdict {
    Verdict::Refuse("AccessDenied", "You are not authorized".into())
}
