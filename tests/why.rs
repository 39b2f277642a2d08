//! `why`: the judgement of the inventory about a connection, step by step, and what the records say happened.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::process::{Command, Stdio};

use program::Ran;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A demo account in its own folder.
struct Demo(TempDir);

impl Demo {
    fn new() -> Self {
        let demo = Self(TempDir::new().unwrap());
        demo.run(&["-q", "demo", "--dir", &demo.dir(), "-e", "1"]).done();
        demo
    }

    fn dir(&self) -> String {
        self.0.path().join("demo").display().to_string()
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.args(args).current_dir(self.0.path()).env_clear().env("TZ", "UTC").env("HOME", self.0.path());
        Ran::of(command.stdin(Stdio::null()))
    }

    fn why(&self, words: &str) -> Ran {
        let words: Vec<&str> = words.split(' ').collect();
        self.run(&[&["--local", &self.dir(), "why"], words.as_slice()].concat())
    }

    fn json(&self, words: &str) -> Json {
        let words: Vec<&str> = words.split(' ').collect();
        serde_json::from_str(
            &self.run(&[&["--local", &self.dir(), "-o", "json", "why"], words.as_slice()].concat()).done(),
        )
        .unwrap()
    }
}

#[test]
fn the_rule_that_is_missing_is_named_with_what_happened() {
    let demo = Demo::new();
    let out = demo.why("worker orders-db 5432").done();
    assert!(out.lines().next().unwrap().ends_with("TCP 5432: denied"), "{out}");
    assert!(out.contains("  - request security group, in     no rule of demo-db (sg-"), "{out}");
    assert!(out.contains("to allow it: add to demo-db (sg-"), "{out}");
    assert!(out.contains("the ingress rule: TCP 5432 from sg-"), "{out}");
    assert!(
        out.contains("flows of requests rejected at orders-db") && out.contains("flows of requests accepted at worker")
    );
    assert!(!out.contains("flows of answers"), "{out}");
    let allowed = demo.why("api orders-db 5432/tcp last 2h").done();
    assert!(
        allowed.contains("TCP 5432: allowed") && allowed.contains("flows of answers accepted at orders-db"),
        "{allowed}"
    );
    assert!(allowed.contains("records, last 2h:"), "{allowed}");
}

#[test]
fn a_check_ends_with_the_verdict() {
    let demo = Demo::new();
    for (words, code) in [
        ("--check --no-records api orders-db 5432", 0),
        ("--check --no-records worker orders-db 5432", 4),
        ("--check --no-records bought-app bought-db 3306", 4),
        ("--check --no-records --client-ports 40000 bought-app bought-db 3306", 0),
        ("--check --no-records 172.16.0.1 orders-db 5432", 4),
    ] {
        let ran = demo.why(words);
        assert_eq!(ran.code, Some(code), "{words}: {}{}", ran.stdout, ran.stderr);
    }
    // Without `--check` an answer is a success.
    demo.why("--no-records worker orders-db 5432").done();
    demo.why("wbe api 443").fails(1, "did you mean `web`?");
    demo.why("web api db").fails(2, "`db` is neither a port nor a protocol");
    let bad = demo.why("web api 443 last 6x");
    assert!(!bad.stderr.contains("eni"), "only what was typed is drawn: {}", bad.stderr);
    bad.fails(2, "last 6x");
    demo.why("web api 443 last 6h | count()").fails(2, "is more than a window");
}

#[test]
fn verdicts_and_decisions_have_colours_where_they_are_wanted() {
    let demo = Demo::new();
    let out = demo.why("--color always --no-records worker orders-db 5432").done();
    assert!(out.contains("TCP 5432: \x1b[1m\x1b[31mdenied\x1b[39m\x1b[0m\n"), "{out:?}");
    assert!(out.contains("  \x1b[32m+\x1b[39m request"), "{out:?}");
    assert!(!demo.why("--no-records worker orders-db 5432").done().contains('\x1b'));
}

#[test]
fn json_has_the_steps_and_the_records() {
    let demo = Demo::new();
    let answer = demo.json("shop-alb web 8080");
    assert_eq!(answer["verdict"], "denied in part");
    let cases = answer["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2, "{answer:#}");
    assert_eq!((&cases[0]["verdict"], &cases[1]["verdict"]), (&json!("denied"), &json!("allowed")));
    let denied: Vec<&Json> =
        cases[0]["steps"].as_array().unwrap().iter().filter(|step| step["decision"] == "denied").collect();
    assert_eq!(denied.len(), 1);
    assert_eq!((&denied[0]["check"], &denied[0]["way"]), (&json!("network ACL, in"), &json!("request")));
    assert!(denied[0]["by"].as_str().unwrap().contains("entry 90: denies TCP 8080 from 10.0.1.0/24"));
    let records = answer["records"].as_array().unwrap();
    assert!(records.iter().any(|one| one["action"] == "REJECT" && one["packets_of"] == "requests"), "{answer:#}");
    // If nothing is recorded, a note says so, and the verdict stands.
    let unrecorded = demo.json("ci ci 22");
    assert!(unrecorded["records"].is_null() && unrecorded["records_error"].as_str().unwrap().contains("no flow log"));
    assert_eq!(unrecorded["verdict"], "allowed");
}

#[test]
fn the_shell_and_scripts_answer_alike() {
    let demo = Demo::new();
    let of_shell = demo.run(&["--local", &demo.dir(), "-e", "why --no-records worker orders-db 5432"]).done();
    assert_eq!(of_shell, demo.why("--no-records worker orders-db 5432").done());
    let of_script =
        demo.run(&["--local", &demo.dir(), "-e", "to_json(why(\"worker\", \"orders-db\", \"5432\"))"]).done();
    let of_script: Json = serde_json::from_str(&of_script).unwrap();
    let of_command = demo.json("--no-records worker orders-db 5432");
    assert_eq!(of_script["cases"], of_command["cases"]);
}

#[test]
fn files_with_an_inventory_are_judged_and_without_one_refused() {
    let demo = Demo::new();
    let inventory = format!("{}/inventory.json", demo.dir());
    let records = format!("{}/records", demo.dir());
    let words = ["--local", &records, "--inventory", &inventory, "why", "worker", "orders-db", "5432"];
    let out = demo.run(&words).done();
    assert!(out.contains("TCP 5432: denied") && out.contains("rejected at orders-db"), "{out}");
    demo.run(&["--local", &records, "why", "worker", "orders-db", "5432"]).fails(1, "not an account");
    // An inventory without routes, from an older program, cannot be judged by what it lacks.
    let mut old: Json = serde_json::from_str(&fs::read_to_string(&inventory).unwrap()).unwrap();
    old.as_object_mut().unwrap().remove("routing");
    let file = demo.0.path().join("old.json");
    fs::write(&file, old.to_string()).unwrap();
    let file = file.display().to_string();
    let ran = demo.run(&[
        "--local",
        &records,
        "--inventory",
        &file,
        "why",
        "--no-records",
        "--check",
        "api",
        "orders-db",
        "5432",
    ]);
    assert_eq!(ran.code, Some(5), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("? request route                  the route tables are not known"), "{}", ran.stdout);
}

#[test]
fn internet_is_any_public_address_and_its_sensitive_ports_are_not_recommended() {
    let demo = Demo::new();
    let blocked = demo.why("--no-records internet bought-app 443").done();
    assert!(blocked.contains("- request block public access    block public access is on for vpc-"), "{blocked}");
    let refused = demo.why("--no-records internet api 22").done();
    assert!(refused.contains("nothing is recommended: TCP 22 should not be opened to the internet"), "{refused}");
    assert!(!refused.contains("add to"), "{refused}");
    // The way out goes through the gateway of the zone, whose address the internet sees.
    let out = demo.why("--no-records worker 443").done();
    assert!(out.contains("TCP 443: allowed") && out.contains("routes 0.0.0.0/0 to nat-"), "{out}");
}
