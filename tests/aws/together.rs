//! Two commands on one account at once: neither rolls back or clears away resources that the other one made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::moto::{Network, Region, port};
use super::program::coverage;
use super::proxy::{Proxy, Verdict};

fn wait_for(flag: &AtomicBool) {
    for _ in 0..600 {
        if flag.load(Ordering::SeqCst) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("it does not come within a minute");
}

fn denied() -> Verdict {
    Verdict::Refuse("UnauthorizedOperation", "You are not authorized to perform this operation.".into())
}

/// The tests run one after the other, since each checks the whole Region.
#[test]
fn two_commands_at_once_leave_alone_what_the_other_one_made() {
    let region = Arc::new(Region::new("ap-east-2"));
    let network = Network::new(&region);
    an_extension_that_fails_leaves_that_of_another(&region, &network);
    a_create_makes_again_what_a_delete_took_away_meanwhile(&region, &network);
    a_create_that_fails_leaves_what_another_made_meanwhile(&region, &network);
    a_create_that_fails_does_not_take_log_group_and_role_from_under_another(&region);
    what_is_young_is_not_an_orphan(&region);
}

/// Another create runs from beginning to end while the first one is about to create its flow logs, which is refused.
fn a_create_that_fails_leaves_what_another_made_meanwhile(region: &Arc<Region>, network: &Network) {
    for (kind, selector, id, flow_logs) in
        [("vpc", "prod", network.vpc.as_str(), 1), ("instance", "web", "instance-web", 2)]
    {
        let other = Arc::clone(region);
        let (kind_of_other, selector_of_other) = (kind.to_string(), selector.to_string());
        let proxy = Proxy::new(port(), move |call| {
            if call.action != "CreateFlowLogs" {
                return Verdict::Pass;
            }
            let created = other.done(&["create", &kind_of_other, &selector_of_other]);
            assert!(created.starts_with("created"), "{created}");
            denied()
        });
        let failed = region.run_at(proxy.port, &["create", kind, selector]);
        assert_eq!(failed.code, Some(1), "{}{}", failed.stdout, failed.stderr);
        assert_eq!(region.flow_logs().len(), flow_logs, "{}", failed.stdout);
        assert_eq!(region.log_groups(), [format!("/fl-cli/{id}")], "{}", failed.stdout);
        assert_eq!(region.roles().len(), 1, "{}", failed.stdout);
        assert_eq!(region.done(&["doctor", "--min-age", "0s"]), "nothing is wrong\n");
        region.done(&["delete", "all", "--yes"]);
        region.is_empty();
    }
}

/// The first create fails and rolls back while the second one, which took over its log group and role, has not yet
/// created its flow logs.
fn a_create_that_fails_does_not_take_log_group_and_role_from_under_another(region: &Arc<Region>) {
    let (has_taken_over, is_rolled_back) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let taken_over = Arc::clone(&has_taken_over);
    let first = Proxy::new(port(), move |call| {
        if call.action != "CreateFlowLogs" {
            return Verdict::Pass;
        }
        wait_for(&taken_over);
        denied()
    });
    let (taken_over, rolled_back) = (Arc::clone(&has_taken_over), Arc::clone(&is_rolled_back));
    let second = Proxy::new(port(), move |call| {
        if call.action == "CreateFlowLogs" {
            taken_over.store(true, Ordering::SeqCst);
            wait_for(&rolled_back);
        }
        Verdict::Pass
    });
    let create = ["create", "vpc", "prod"];
    let failing = {
        let (region, is_rolled_back) = (Arc::clone(region), Arc::clone(&is_rolled_back));
        thread::spawn(move || {
            let failed = region.run_at(first.port, &create);
            is_rolled_back.store(true, Ordering::SeqCst);
            failed
        })
    };
    // The first one has created log group and role.
    while region.roles().is_empty() || region.log_groups().is_empty() {
        thread::sleep(Duration::from_millis(50));
    }
    let created = region.run_at(second.port, &create).done();
    assert!(created.starts_with("created vpc prod"), "{created}");
    assert_eq!(failing.join().unwrap().code, Some(1));
    assert_eq!((region.flow_logs().len(), region.log_groups().len(), region.roles().len()), (1, 1, 1));
    assert_eq!(region.done(&["doctor", "--min-age", "0s"]), "nothing is wrong\n");
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

/// Two creates extend the same flow log; the call of one is refused after the other is done.
fn an_extension_that_fails_leaves_that_of_another(region: &Arc<Region>, network: &Network) {
    region.done(&["create", "sg", "web"]);
    network.run_instances(region, "more", 1);
    let other = Arc::clone(region);
    let proxy = Proxy::new(port(), move |call| {
        if call.action != "CreateFlowLogs" {
            return Verdict::Pass;
        }
        assert!(other.done(&["create", "sg", "web"]).starts_with("extended"));
        denied()
    });
    let failed = region.run_at(proxy.port, &["create", "sg", "web"]);
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    let listed = region.list();
    assert_eq!(coverage(&listed[0]), "3 of 3", "{}", failed.stdout);
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

/// A delete runs from beginning to end while a create is about to create its flow logs.
fn a_create_makes_again_what_a_delete_took_away_meanwhile(region: &Arc<Region>, network: &Network) {
    region.done(&["create", "sg", "web"]);
    network.run_instances(region, "more", 1);
    let other = Arc::clone(region);
    let proxy = Proxy::new(port(), move |call| {
        if call.action == "CreateFlowLogs" && !other.roles().is_empty() {
            other.done(&["delete", "sg", "web", "--yes"]);
        }
        Verdict::Pass
    });
    region.run_at(proxy.port, &["create", "sg", "web"]);
    let whole = (region.flow_logs().len(), region.log_groups().len(), region.roles().len());
    assert!([(1, 1, 1), (0, 0, 0)].contains(&whole), "{whole:?}");
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

/// The doctor clears away resources that a create has just made and not yet used only if it is told to include young
/// ones.
fn what_is_young_is_not_an_orphan(region: &Arc<Region>) {
    let other = Arc::clone(region);
    let proxy = Proxy::new(port(), move |call| {
        if call.action == "CreateFlowLogs" {
            assert_eq!(other.done(&["doctor", "--fix", "--yes"]), "nothing is wrong\n");
        }
        Verdict::Pass
    });
    region.run_at(proxy.port, &["create", "vpc", "prod"]).done();
    assert_eq!((region.flow_logs().len(), region.log_groups().len(), region.roles().len()), (1, 1, 1));
    region.done(&["delete", "all", "--yes"]);
    let tags = json!({"Name": "vpc-gone", "Project": "flowlogs-cli"});
    region.call("logs", "create_log_group", json!({"logGroupName": "/fl-cli/vpc-gone", "tags": tags}));
    assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");
    region.fails(&["doctor", "--min-age", "0s"], 1, "no flow log delivers to the log group /fl-cli/vpc-gone");
    region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
    region.is_empty();
}
