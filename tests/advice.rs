//! The advice of the scripts that ship, against the truth that the demo's generator knows: none may be wrong.
//!
//! Each slot of ten minutes has its own seed, so windows of different slots have different traffic.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "advice/truth.rs"]
mod truth;

mod program;

use std::collections::{BTreeMap, BTreeSet};

use truth::{Demo, Told, cells, number};

#[test]
fn nat_cost_is_about_all_bytes_and_only_this_region() {
    let demo = Demo::new();
    for window in demo.windows() {
        let out = demo.ship("nat-cost", &[&window.text]);
        let through: Vec<&Told> = demo.recorded(&window).filter(|one| !one.nat.is_empty()).collect();
        let bytes = |servers: &str| -> u64 {
            let meant = through.iter().filter(|one| one.server.starts_with(servers));
            meant.map(|one| one.bytes_out + one.bytes_back).sum()
        };
        assert!(bytes("") > 0);
        assert!(out.contains(&format!("\n{} bytes in ", bytes(""))), "{out}");
        let s3 = format!(
            "{} bytes of S3 in this Region, which a gateway endpoint would take; {} bytes of S3 elsewhere",
            bytes("52.218."),
            bytes("54.231.")
        );
        assert!(out.contains(&s3), "{s3}\n{out}");
        let saved = bytes("52.218.") + bytes("52.94.");
        assert!(saved < bytes(""));
        // A share of the whole is never more than all of it.
        let percents: f64 = table(&out).iter().map(|row| row.last().unwrap().parse::<f64>().unwrap()).sum();
        assert!((98.0..=102.0).contains(&percents), "{percents}: {out}");
    }
}

/// The rows of the first table of an answer, without its header.
fn table(out: &str) -> Vec<Vec<&str>> {
    out.lines().skip(1).take_while(|line| !line.is_empty()).map(cells).collect()
}

#[test]
fn why_rejected_names_what_refused_each_flow() {
    let demo = Demo::new();
    let (mut right, mut unjudged) = (0, 0);
    for window in demo.windows() {
        let out = demo.ship("why-rejected", &[&window.text]);
        let mut expected: BTreeMap<[String; 4], &str> = BTreeMap::new();
        for one in
            demo.recorded(&window).filter(|one| one.outcome.ends_with("Rejected") && !one.client_interface.is_empty())
        {
            let refused = if one.outcome == "AnswerRejected" { "answer" } else { "request" };
            let service = format!("{}/tcp", one.server_port);
            let names = [&one.client_interface, &one.server_interface].map(|id| demo.name(id));
            let [client, server] = names;
            expected.insert([client, server, service, refused.into()], &one.by);
        }
        let mut found = BTreeSet::new();
        for row in table(&out) {
            let key: [String; 4] = [row[0], row[1], row[2], row[3]].map(Into::into);
            let why = row[5];
            if why.starts_with("cannot judge") {
                unjudged += 1;
                continue;
            }
            let by = expected.get(&key).unwrap_or_else(|| panic!("nobody refused {key:?}\n{out}"));
            let is_right = match by.split_once(" entry ") {
                Some((acl, entry)) => why.starts_with(acl) && why.contains(&format!("entry {entry}:")),
                None if by.contains("has no entry") => why.contains(by.split(' ').next().unwrap()),
                None => {
                    why.starts_with("no rule of")
                        && by.split(' ').filter(|word| word.starts_with("sg-")).all(|id| why.contains(id))
                }
            };
            assert!(is_right, "{key:?} was refused by {by}, not: {why}");
            found.insert(key);
            right += 1;
        }
        let missing: Vec<_> = expected.keys().filter(|key| !found.contains(*key)).collect();
        assert!(missing.is_empty(), "{missing:?}\n{out}");
    }
    println!("why-rejected: {right} right, 0 wrong, {unjudged} cannot judge");
    assert!(right >= 6);
}

#[test]
fn unused_rules_are_not_used_and_used_ones_are() {
    let demo = Demo::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for window in demo.windows() {
        let out = demo.ship("unused-rules", &[&window.text]);
        let told: Vec<&Told> = demo.told(&window).collect();
        let rows = table(&out);
        assert!(rows.len() > 30, "{out}");
        for row in rows {
            let [answer, _, id, direction, rule] = row[..5] else { panic!("{row:?}") };
            let place = rule.parse::<usize>().unwrap() - 1;
            let is_used = match direction {
                "in" => told.iter().any(|one| one.outcome == "Served" && one.by == format!("{id} rule {place}")),
                // Every group of the demo lets everything out.
                _ => told.iter().any(|one| demo.groups(&one.client_interface).iter().any(|group| group == id)),
            };
            match answer {
                "used" => assert!(is_used, "nothing used {row:?}"),
                "unused" => assert!(!is_used, "something used {row:?}"),
                _ => assert_eq!(answer, "cannot judge"),
            }
            *counts.entry(answer.into()).or_default() += 1;
        }
    }
    println!("unused-rules: {counts:?}, none wrong");
    assert!(counts["used"] > 40 && counts["unused"] >= 3, "{counts:?}");
}

#[test]
fn rules_from_traffic_let_in_what_was_served_and_nothing_else() {
    let demo = Demo::new();
    let window = &demo.windows()[1];
    let mut rules_seen = 0;
    for (id, name) in demo.logged_groups() {
        let out = demo.ship("sg-from-traffic", &[&id, &window.text]);
        let rules: Vec<[String; 3]> = table(&out)
            .iter()
            .filter(|row| row.len() == 3)
            .map(|row| [row[0], row[1], row[2]].map(Into::into))
            .collect();
        let served: Vec<&Told> = demo
            .recorded(window)
            .filter(|one| one.outcome == "Served" && demo.groups(&one.server_interface).contains(&id))
            .collect();
        let is_admitted = |one: &Told, rule: &[String; 3]| {
            let is_service = rule[0] == one.protocol_name() && rule[1] == one.server_port.to_string();
            is_service
                && match rule[2].parse::<ipnet::IpNet>() {
                    Ok(network) => network.contains(&one.client.parse::<std::net::IpAddr>().unwrap()),
                    // The prefix list of CloudFront, the only one that sends requests.
                    Err(_) if rule[2] == "pl-4fa04526" => one.client.starts_with("130.176."),
                    Err(_) => demo.groups(&one.client_interface).contains(&rule[2]),
                }
        };
        for one in &served {
            // The records cannot show who asked if the connection began before the window, or has no SYN.
            let is_seen = one.protocol == 17 || (one.protocol == 6 && !one.is_ongoing());
            let service = format!("{}/{}", one.server_port, one.protocol_name().to_lowercase());
            let is_named = out.contains(&format!("not recommended: {service}"))
                || out.contains(&format!("cannot judge: {service}"));
            let is_let_in = rules.iter().any(|rule| is_admitted(one, rule));
            assert!(!is_seen || is_let_in || is_named, "{name} does not let in {one:?}\n{out}");
        }
        for rule in &rules {
            assert!(served.iter().any(|one| is_admitted(one, rule)), "nobody needs {rule:?} of {name}\n{out}");
        }
        rules_seen += rules.len();
        assert!(rules.len() <= 60, "{out}");
    }
    println!("sg-from-traffic: {rules_seen} rules, none wrong");
    assert!(rules_seen > 12);
}

#[test]
fn ssh_from_the_internet_is_never_recommended() {
    let demo = Demo::new();
    let out = demo.ship("sg-from-traffic", &["demo-bastion", &demo.windows()[1].text]);
    assert!(out.contains("not recommended: 22/tcp from the internet") && !out.contains("0.0.0.0/0"), "{out}");
}

#[test]
fn what_is_open_to_the_world_is_what_it_asked_for_and_got() {
    let demo = Demo::new();
    for window in demo.windows() {
        let out = demo.ship("open-to-world", &[&window.text, "80", "443"]);
        let found: BTreeSet<(String, u64)> = table(&out).iter().map(|row| (row[0].into(), number(row[2]))).collect();
        let served = demo.recorded(&window).filter(|one| one.outcome == "Served" && one.client_interface.is_empty());
        let expected: BTreeSet<(String, u64)> = served
            .filter(|one| ![80, 443].contains(&one.server_port))
            .map(|one| (demo.name(&one.server_interface), one.server_port))
            .collect();
        assert_eq!(found, expected, "{out}");
    }
}

#[test]
fn top_talkers_count_each_conversation_once() {
    let demo = Demo::new();
    for window in demo.windows() {
        let out = demo.ship("top-talkers", &["5", &window.text]);
        // The client port of a conversation does not count. If all of it is refused, nothing tells who asked whom.
        let mut sums: BTreeMap<(&str, &str, u64), u64> = BTreeMap::new();
        for one in
            demo.recorded(&window).filter(|one| one.outcome == "Served" && one.purpose != "grpc" && one.protocol != 1)
        {
            *sums.entry((&one.client, &one.server, one.server_port)).or_default() += one.bytes_out + one.bytes_back;
        }
        let mut largest: Vec<u64> = sums.into_values().collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        let found: Vec<u64> = table(&out).iter().map(|row| number(row.last().unwrap())).collect();
        assert_eq!(found, largest[..5], "{out}");
    }
}

#[test]
fn rejects_are_listed_by_who_asked() {
    let demo = Demo::new();
    let window = &demo.windows()[1];
    let out = demo.ship("rejects", &["1000000", &window.text]);
    let mut found: BTreeSet<(String, u64, bool)> = BTreeSet::new();
    let mut is_answer = false;
    for line in out.lines().take_while(|line| !line.ends_with("were refused")) {
        match cells(line).as_slice() {
            ["requests"] => is_answer = false,
            [title] if title.starts_with("answers") => is_answer = true,
            [name, "ingress" | "egress", port, "TCP", ..] => {
                found.insert(((*name).into(), number(port), is_answer));
            }
            _ => {}
        }
    }
    let expected: BTreeSet<(String, u64, bool)> = demo
        .recorded(window)
        .filter(|one| one.outcome != "Served")
        .map(|one| (demo.name(&one.server_interface), one.server_port, one.outcome == "AnswerRejected"))
        .collect();
    // A list has 20 rows at most.
    assert!(found.is_subset(&expected) && found.len() >= expected.len().min(20), "{found:?} {expected:?}\n{out}");
}

#[test]
fn what_changed_is_new_or_gone() {
    let demo = Demo::new();
    let [_, window, earlier, _] = demo.windows();
    let before = format!("{}s", window.from - earlier.from);
    let out = demo.ship("changed", &[&window.text, &before]);
    let keys = |window| -> BTreeSet<(String, String, String)> {
        let outside = |id: &String| if id.is_empty() { "outside".to_string() } else { demo.name(id) };
        demo.recorded(window)
            .filter(|one| one.protocol == 6)
            .map(|one| {
                (outside(&one.client_interface), outside(&one.server_interface), format!("{}/tcp", one.server_port))
            })
            .collect()
    };
    let (now, then) = (keys(&window), keys(&earlier));
    for row in table(&out).iter().filter(|row| row.last() == Some(&"SYN")) {
        let key = (row[1].to_string(), row[2].to_string(), row[3].to_string());
        let (is_now, is_then) = (now.contains(&key), then.contains(&key));
        // The service may be let in now and have been refused then: that is news, too.
        let is_both = is_now && is_then;
        assert!(is_both || if row[0] == "new" { is_now } else { is_then }, "{row:?}\n{out}");
    }
    for (client, server, service) in now.difference(&then) {
        let is_told = |row: &Vec<&str>| row[..4] == ["new", client.as_str(), server.as_str(), service.as_str()];
        assert!(table(&out).iter().any(is_told), "{client} {server} {service} is new\n{out}");
    }
}

#[test]
fn the_blast_radius_is_who_could_and_who_did() {
    let demo = Demo::new();
    for window in demo.windows() {
        for (target, port) in [("orders-db", 5432), ("api", 9000), ("sessions-db", 27_017)] {
            let out = demo.ship("blast-radius", &[target, &window.text]);
            let rows = table(&out);
            let mut did: BTreeMap<String, u64> = BTreeMap::new();
            let is_meant = |one: &&Told| {
                one.outcome == "Served" && one.server_port == port && demo.name(&one.server_interface) == target
            };
            for one in demo.recorded(&window).filter(is_meant).filter(|one| !one.is_ongoing()) {
                *did.entry(demo.name(&one.client_interface)).or_default() += 1;
            }
            for (client, count) in &did {
                let row = rows.iter().find(|row| row[0] == client && row[1] == format!("TCP {port}"));
                let row = row.unwrap_or_else(|| panic!("{client} did reach {target}\n{out}"));
                assert_eq!((row[2], number(row[3])), ("allowed", *count), "{out}");
            }
            for row in rows.iter().filter(|row| row[1] == format!("TCP {port}") && !did.contains_key(row[0])) {
                assert_eq!(row[3], "0", "{row:?} did not\n{out}");
            }
        }
    }
}
