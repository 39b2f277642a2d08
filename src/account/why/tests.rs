//! The expected judgements were worked out by hand, from the rules that AWS documents.

use serde_json::{Value as Json, json};

use super::*;

/// A VPC with a public and two private subnets, a NAT gateway, a peered VPC, and ACLs that allow everything.
fn network() -> Json {
    let subnet = |id: &str, vpc: &str, cidr: &str| json!({"id": id, "vpc": vpc, "cidr": cidr, "az": "z1"});
    let interface = |id: &str, name: &str, vpc: &str, subnet: &str, address: &str, groups: &[&str]| {
        json!({"id": id, "kind": "instance", "name": name, "vpc": vpc, "subnet": subnet, "addresses": [address],
               "security_groups": groups})
    };
    let group = |id: &str, vpc: &str, ingress: Json| json!({"id": id, "name": id, "vpc": vpc, "ingress": ingress, "egress": [{"peer": "0.0.0.0/0"}, {"peer": "::/0"}]});
    let entry = |number: u16, egress: bool, cidr: &str| json!({"number": number, "egress": egress, "allow": true, "cidr": cidr});
    let open = json!([
        entry(100, false, "0.0.0.0/0"),
        entry(100, true, "0.0.0.0/0"),
        entry(101, false, "::/0"),
        entry(101, true, "::/0")
    ]);
    let acl = |id: &str, subnet: &str| json!({"id": id, "vpc": "vpc-a", "subnets": [subnet], "entries": open});
    let table = |id: &str, subnets: &[&str], routes: Json| json!({"id": id, "vpc": "vpc-a", "subnets": subnets, "routes": routes});
    let route = |to: &str, via: &str| json!({"to": to, "via": via});
    let mut nat = interface("eni-nat", "nat", "vpc-a", "s-pub", "10.0.0.5", &[]);
    nat["kind"] = "nat".into();
    nat["owner"] = "nat-1".into();
    nat["public_addresses"] = json!(["203.0.113.1"]);
    json!({
        "version": 1, "account": "1", "region": "r",
        "vpcs": [{"id": "vpc-a", "cidrs": ["10.0.0.0/16"]}, {"id": "vpc-b", "cidrs": ["10.1.0.0/16"]}],
        "subnets": [subnet("s-pub", "vpc-a", "10.0.0.0/24"), subnet("s-1", "vpc-a", "10.0.1.0/24"),
                    subnet("s-2", "vpc-a", "10.0.2.0/24"), subnet("s-b", "vpc-b", "10.1.1.0/24")],
        "nat_gateways": [{"id": "nat-1", "vpc": "vpc-a"}],
        "security_groups": [
            group("sg-web", "vpc-a", json!([])),
            group("sg-db", "vpc-a", json!([{"protocol": 6, "ports": [5432, 5432], "peer": "sg-web"}])),
            group("sg-b", "vpc-b", json!([{"protocol": 6, "ports": [443, 443], "peer": "sg-web"}])),
        ],
        "network_acls": [acl("acl-pub", "s-pub"), acl("acl-1", "s-1"), acl("acl-2", "s-2"), acl("acl-b", "s-b")],
        "interfaces": [
            interface("eni-web", "web", "vpc-a", "s-1", "10.0.1.5", &["sg-web"]),
            interface("eni-near", "near", "vpc-a", "s-1", "10.0.1.6", &["sg-db"]),
            interface("eni-db", "db", "vpc-a", "s-2", "10.0.2.5", &["sg-db"]),
            interface("eni-b", "b", "vpc-b", "s-b", "10.1.1.5", &["sg-b"]),
            nat,
        ],
        "routing": {
            "route_tables": [
                table("rtb-pub", &["s-pub"], json!([route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-1")])),
                table("rtb-1", &["s-1", "s-2"], json!([
                    route("10.0.0.0/16", "local"), route("10.1.0.0/16", "pcx-1"), route("10.8.0.0/16", "tgw-1"),
                    route("0.0.0.0/0", "nat-1")
                ])),
                {"id": "rtb-b", "vpc": "vpc-b", "main": true,
                 "routes": [route("10.1.0.0/16", "local"), route("10.0.0.0/16", "pcx-1")]},
            ],
            "peerings": [{"id": "pcx-1", "vpcs": ["vpc-a", "vpc-b"]}],
            "block_public_access": {"mode": "off"},
        },
    })
}

/// The verdict about a question, with its reasons.
fn judged(network: &Json, source: &str, target: &str, service: &str, client_ports: RangeInclusive<u16>) -> String {
    let network: Inventory = serde_json::from_value(network.clone()).unwrap();
    let question = Question {
        source: source.into(),
        target: target.into(),
        service: Some(Service::parse(service).unwrap()),
        client_ports,
        interfaces: Vec::new(),
    };
    let answer = answer(&network, &question).unwrap();
    let reasons = answer.cases.iter().flat_map(|case| case.judgement.reasons()).map(|piece| piece.by.as_str());
    format!("{}: {}", answer.verdict().words(), reasons.collect::<Vec<_>>().join("; "))
}

fn verdict(network: &Json, source: &str, target: &str, service: &str) -> String {
    judged(network, source, target, service, CLIENT_PORTS)
}

/// The network with one part replaced, by JSON pointer.
fn with(pointer: &str, value: Json) -> Json {
    let mut network = network();
    *network.pointer_mut(pointer).unwrap() = value;
    network
}

#[track_caller]
fn assert_judged(said: &str, expected: &str) {
    assert!(said.starts_with(expected), "{said}\nis not\n{expected}");
}

#[test]
fn a_rule_about_a_group_lets_its_members_in() {
    assert_eq!(verdict(&network(), "web", "db", "5432"), "allowed: ");
    assert_judged(&verdict(&network(), "web", "db", "5433"), "denied: no rule of sg-db (sg-db) lets it in");
    assert_judged(&verdict(&network(), "web", "db", "5432/udp"), "denied: no rule of sg-db");
    assert_judged(&verdict(&network(), "10.0.9.9", "db", "5432"), "denied: ");
    // Over the peering too, but not if that is not active.
    assert_eq!(verdict(&network(), "web", "b", "443"), "allowed: ");
    let apart = with("/routing/peerings", json!([]));
    assert_judged(&verdict(&apart, "web", "b", "443"), "denied: no rule of sg-b");
}

#[test]
fn of_the_entries_of_an_acl_the_lowest_number_decides_and_answers_are_judged_by_themselves() {
    let entries = |entries: Json| with("/network_acls/2/entries", entries);
    let all =
        |number: u16, egress: bool| json!({"number": number, "egress": egress, "allow": true, "cidr": "0.0.0.0/0"});
    let deny = |number: u16| json!({"number": number, "egress": false, "allow": false, "protocol": 6, "ports": [5000, 6000], "cidr": "10.0.1.0/24"});
    let first = entries(json!([all(100, false), all(100, true), deny(90)]));
    let said = verdict(&first, "web", "db", "5432");
    assert_eq!(said, "denied: acl-2 ingress entry 90: denies TCP 5000-6000 from 10.0.1.0/24");
    let last = entries(json!([deny(110), all(100, false), all(100, true)]));
    assert_eq!(verdict(&last, "web", "db", "5432"), "allowed: ");
    let none = entries(json!([all(100, false)]));
    assert_judged(&verdict(&none, "web", "db", "5432"), "denied: no egress entry of acl-2 is about it");
    let ephemeral = json!({"number": 100, "egress": true, "allow": true, "protocol": 6, "ports": [32768, 65535], "cidr": "0.0.0.0/0"});
    let ephemeral = entries(json!([all(100, false), ephemeral]));
    assert_judged(&verdict(&ephemeral, "web", "db", "5432"), "denied in part: no egress entry");
    assert_eq!(judged(&ephemeral, "web", "db", "5432", 40_000..=40_000), "allowed: ");
    assert_judged(&judged(&ephemeral, "web", "db", "5432", 2_000..=2_000), "denied: ");
    // Within a subnet no ACL applies.
    let closed = with("/network_acls/1/entries", json!([]));
    assert_eq!(verdict(&closed, "web", "near", "5432"), "allowed: ");
    assert_judged(&verdict(&closed, "web", "db", "5432"), "denied: ");
}

#[test]
fn the_most_specific_route_is_taken_wherever_it_leads() {
    let routes = |routes: Json| with("/routing/route_tables/1/routes", routes);
    let local = json!({"to": "10.0.0.0/16", "via": "local"});
    let peering = json!({"to": "10.1.0.0/16", "via": "pcx-1"});
    let gone = json!({"to": "10.1.1.0/24", "via": "pcx-9", "blackhole": true});
    assert_judged(
        &verdict(&routes(json!([local, gone, peering])), "web", "b", "443"),
        "denied: route table rtb-1 routes 10.1.1.0/24",
    );
    assert_judged(
        &verdict(&routes(json!([local])), "web", "b", "443"),
        "denied: route table rtb-1 has no route to 10.1.1.5",
    );
    // Answers need a route back.
    let one_way = with("/routing/route_tables/2/routes", json!([{"to": "10.1.0.0/16", "via": "local"}]));
    assert_judged(&verdict(&one_way, "web", "b", "443"), "denied: route table rtb-b has no route to 10.0.1.5");
    // The networks behind a transit gateway are not known, but a rule that denies still counts.
    assert_judged(
        &verdict(&network(), "web", "10.8.0.1", "443"),
        "cannot judge: route table rtb-1 routes 10.8.0.0/16 to tgw-1",
    );
    let closed = with("/security_groups/0/egress", json!([]));
    assert_judged(&verdict(&closed, "web", "10.8.0.1", "443"), "denied: no rule of sg-web (sg-web) lets it out");
    let list = json!({"to": "pl-1", "via": "tgw-1"});
    assert_judged(
        &verdict(&routes(json!([local, list])), "web", "10.8.0.1", "443"),
        "cannot judge: route table rtb-1 has a route to pl-1",
    );
}

#[test]
fn the_internet_is_reached_through_a_gateway_and_reaches_what_has_a_public_address() {
    assert_eq!(verdict(&network(), "web", "internet", "443"), "allowed: ");
    let closed = with("/network_acls/0/entries", json!([]));
    assert_judged(&verdict(&closed, "web", "internet", "443"), "denied: no ingress entry of acl-pub");
    assert_judged(&verdict(&network(), "internet", "web", "443"), "denied: eni-web has no public address");
    let bare = with("/interfaces/4/public_addresses", json!([]));
    assert_judged(&verdict(&bare, "web", "internet", "443"), "denied: eni-nat has no public address");
    // An egress-only gateway accepts no requests.
    let mut six = network();
    six["interfaces"][0]["addresses"] = json!(["2001:db8::5"]);
    six["security_groups"][0]["ingress"] = json!([{"protocol": 6, "peer": "::/0"}]);
    six["routing"]["route_tables"][1]["routes"] = json!([{"to": "::/0", "via": "eigw-1"}]);
    assert_eq!(verdict(&six, "web", "2001:db8:1::1", "443"), "allowed: ");
    assert_judged(
        &verdict(&six, "2001:db8:1::1", "web", "443"),
        "denied: route table rtb-1 routes ::/0 to eigw-1, which accepts no requests",
    );
}

#[test]
fn the_block_of_public_access_keeps_what_its_mode_says_unless_it_is_excluded() {
    let mut open = network();
    open["interfaces"][0]["subnet"] = "s-pub".into();
    open["interfaces"][0]["public_addresses"] = json!(["203.0.113.9"]);
    open["security_groups"][0]["ingress"] = json!([{"protocol": 6, "peer": "0.0.0.0/0"}]);
    let blocked = |block: Json| {
        let mut network = open.clone();
        network["routing"]["block_public_access"] = block;
        [("web", "internet"), ("internet", "web")].map(|(from, to)| verdict(&network, from, to, "443"))
    };
    let [out, back] = blocked(json!({"mode": "off"}));
    assert_eq!([out, back], ["allowed: ", "allowed: "]);
    let [out, back] = blocked(json!({"mode": "ingress"}));
    assert_eq!([out.as_str(), back.as_str()], ["allowed: ", "denied: block public access is on for vpc-a"]);
    let [out, back] = blocked(json!({"mode": "bidirectional"}));
    assert!(out.starts_with("denied: ") && back.starts_with("denied: "));
    let [out, back] = blocked(json!({"mode": "bidirectional", "exclusions": [{"resource": "s-pub"}]}));
    assert_eq!([out, back], ["allowed: ", "allowed: "]);
    let [out, back] =
        blocked(json!({"mode": "bidirectional", "exclusions": [{"resource": "vpc-a", "egress_only": true}]}));
    assert!(out.starts_with("allowed: ") && back.starts_with("denied: "));
    let [out, _] = blocked(Json::Null);
    assert_judged(&out, "cannot judge: the block of public access is not known");
}

#[test]
fn what_is_not_in_the_inventory_cannot_be_judged() {
    let ingress = |rules: Json| with("/security_groups/1/ingress", rules);
    let list = ingress(json!([{"protocol": 6, "peer": "pl-1"}]));
    assert_judged(&verdict(&list, "web", "db", "5432"), "cannot judge: sg-db (sg-db) ingress rule 1: TCP from pl-1");
    let known = |cidr: &str| {
        let mut network = list.clone();
        network["prefix_lists"] = json!([{"id": "pl-1", "name": "l", "cidrs": [cidr]}]);
        verdict(&network, "web", "db", "5432")
    };
    assert_eq!(known("10.0.1.0/24"), "allowed: ");
    assert_judged(&known("10.0.3.0/24"), "denied: ");
    // A rule that certainly matches takes precedence over one that may.
    let both = ingress(json!([{"protocol": 6, "peer": "pl-1"}, {"peer": "sg-web"}]));
    assert_eq!(verdict(&both, "web", "db", "5432"), "allowed: ");
    let types = ingress(json!([{"protocol": 1, "some_types": true, "peer": "0.0.0.0/0"}]));
    assert_judged(
        &verdict(&types, "web", "db", "icmp"),
        "cannot judge: sg-db (sg-db) ingress rule 1: ICMP from 0.0.0.0/0, for some types",
    );
    let mut strange = network();
    strange["interfaces"][2]["security_groups"] = json!(["sg-db", "sg-of-others"]);
    assert_eq!(verdict(&strange, "web", "db", "5432"), "allowed: ");
    assert_judged(&verdict(&strange, "web", "db", "80"), "cannot judge: the rules of sg-of-others are not known");
    let without = with("/network_acls", json!([]));
    assert_judged(&verdict(&without, "web", "db", "5432"), "cannot judge: the network ACL of s-1 is not known");
    assert_eq!(verdict(&without, "web", "near", "5432"), "allowed: ");
}

#[test]
fn a_group_of_another_account_over_a_peering_may_have_any_address_of_it() {
    let mut network = with("/security_groups/1/ingress", json!([{"protocol": 6, "peer": "sg-of-others"}]));
    network["routing"]["peerings"] = json!([{"id": "pcx-2", "vpcs": ["vpc-a", "vpc-of-others"]}]);
    network["routing"]["route_tables"][1]["routes"][1] = json!({"to": "10.9.0.0/16", "via": "pcx-2"});
    let other = verdict(&network, "10.9.0.5", "db", "5432");
    assert_judged(&other, "cannot judge: ");
    assert!(other.contains("sg-db (sg-db) ingress rule 1: TCP from sg-of-others"), "{other}");
    // An interface of this account is not in that group, and the internet neither.
    assert_judged(&verdict(&network, "web", "db", "5432"), "denied: no rule of sg-db");
    assert_judged(&verdict(&network, "198.51.100.7", "db", "5432"), "denied: ");
}

#[test]
fn a_nat_gateway_takes_ports_of_its_own() {
    let denied = |entry: Json| {
        let mut network = network();
        network["network_acls"][0]["entries"].as_array_mut().unwrap().push(entry);
        network
    };
    let entry = |more: Json| {
        let mut entry = json!({"number": 50, "egress": false, "allow": false, "cidr": "0.0.0.0/0"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    // The client's only port says nothing about that of the gateway.
    let high = denied(entry(json!({"protocol": 6, "ports": [32_768, 65_535]})));
    assert_judged(&judged(&high, "web", "198.51.100.7", "443", 40_000..=40_000), "denied in part: acl-pub");
    let all = denied(entry(json!({"protocol": 6})));
    assert_judged(&judged(&all, "web", "198.51.100.7", "443", 40_000..=40_000), "denied: acl-pub");
    let icmp = denied(entry(json!({"protocol": 1})));
    assert_judged(&verdict(&icmp, "web", "198.51.100.7", "icmp"), "denied: acl-pub");
}

#[test]
fn a_prefix_list_takes_precedence_over_a_route_that_was_propagated_only() {
    let routes = |first: Json, second: Json| {
        let mut network = with("/routing/route_tables/1/routes", json!([first, second]));
        network["prefix_lists"] = json!([{"id": "pl-1", "name": "l", "cidrs": ["10.8.0.0/16"]}]);
        verdict(&network, "web", "10.8.0.1", "443")
    };
    let list = || json!({"to": "pl-1", "via": "tgw-list"});
    let by_hand = || json!({"to": "10.8.0.0/16", "via": "tgw-hand"});
    let propagated = || json!({"to": "10.8.0.0/16", "via": "vgw-1", "propagated": true});
    for (first, second, via) in [
        (list(), by_hand(), "tgw-hand"),
        (by_hand(), list(), "tgw-hand"),
        (propagated(), list(), "tgw-list"),
        (list(), propagated(), "tgw-list"),
    ] {
        let said = routes(first, second);
        assert!(said.contains(via), "{said}");
    }
}

#[test]
fn a_range_of_ports_is_denied_in_part() {
    let some = with("/security_groups/1/ingress", json!([{"protocol": 6, "ports": [8000, 8005], "peer": "sg-web"}]));
    assert_judged(&verdict(&some, "web", "db", "8000-8010"), "denied in part: no rule of sg-db");
    assert_eq!(verdict(&some, "web", "db", "8000-8005"), "allowed: ");
    assert_judged(&verdict(&some, "web", "db", "8006-8010"), "denied: ");
}
