//! Questions to a person, asked in a terminal: pick lists and confirmations.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod terminal;

use std::process::Command;

use tempfile::TempDir;

use terminal::Terminal;

const RETURN: &str = "\r";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";

fn demo() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo").display().to_string();
    flowlogs(&["demo", "--dir", &dir]);
    flowlogs(&["--local", &dir, "delete", "all", "--yes"]);
    (folder, dir)
}

fn flowlogs(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_flowlogs")).args(args).env("HOME", "/nonexistent").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The kinds and names of the flow logs.
fn listed(dir: &str) -> Vec<String> {
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&flowlogs(&["--local", dir, "list", "-o", "json"])).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_string();
    list.iter().map(|one| format!("{} {}", text(&one["kind"]), text(&one["name"]))).collect()
}

#[test]
fn a_group_is_picked_in_its_vpc_by_searching() {
    let (_folder, dir) = demo();
    let mut terminal = Terminal::start(&["--local", &dir, "create", "sg"], &[], 100);
    terminal.wait_for("In which VPC?");
    terminal.keys("prod");
    terminal.wait("the list to be narrowed", |screen| screen.contains("vpc prod") && !screen.contains("staging"));
    terminal.keys(RETURN);
    let list = terminal.wait_for("sg demo-names");
    assert!(list.contains("Create the flow logs of which?"), "{list}");
    terminal.keys("demo-db");
    terminal
        .wait("the list to be narrowed", |screen| screen.contains("sg demo-db") && !screen.contains("sg demo-names"));
    terminal.keys(" ");
    terminal.keys(RETURN);
    let question = terminal.wait_for("this one? (y/N)");
    assert!(question.contains("in 123456789012 eu-west-1:") && question.contains("  sg demo-db"), "{question}");
    assert_eq!(listed(&dir), Vec::<String>::new());
    terminal.keys(&format!("y{RETURN}"));
    terminal.wait_for("created sg demo-db");
    assert_eq!(terminal.exit_code(), 0);
    assert_eq!(listed(&dir), ["sg demo-db"]);
}

#[test]
fn several_flow_logs_are_picked_shown_and_confirmed() {
    let (_folder, dir) = demo();
    flowlogs(&["--local", &dir, "create", "vpc", "*", "--yes"]);
    let mut terminal = Terminal::start(&["--local", &dir, "delete", "vpc"], &[], 100);
    terminal.wait_for("Delete the flow logs of which?");
    terminal.keys(&format!(" {DOWN} {RETURN}"));
    let question = terminal.wait_for("these 2? (y/N)");
    assert_eq!(question.matches("  vpc ").count(), 2, "{question}");
    terminal.keys(&format!("n{RETURN}"));
    terminal.wait_for("not confirmed: nothing was changed");
    assert_eq!(terminal.exit_code(), 1);
    assert_eq!(listed(&dir).len(), 4);

    let mut terminal = Terminal::start(&["--local", &dir, "delete", "all"], &[], 100);
    terminal.wait_for("these 4? (y/N)");
    terminal.keys(&format!("y{RETURN}"));
    terminal.wait_for("deleted vpc");
    assert_eq!(terminal.exit_code(), 0);
    assert_eq!(listed(&dir), Vec::<String>::new());
}

#[test]
fn of_one_candidate_nothing_is_asked() {
    let (_folder, dir) = demo();
    flowlogs(&["--local", &dir, "create", "vpc", "prod"]);
    let mut terminal = Terminal::start(&["--local", &dir, "delete", "vpc"], &[], 100);
    let question = terminal.wait_for("this one? (y/N)");
    assert!(!question.contains("which"), "{question}");
    terminal.keys(&format!("y{RETURN}"));
    terminal.wait_for("deleted vpc prod");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn a_list_can_be_left() {
    let (_folder, dir) = demo();
    for (key, code, said) in [
        (ESCAPE, 1, "cancelled: nothing was changed"),
        (CTRL_C, 130, "interrupted"),
        (RETURN, 1, "nothing was picked: nothing was changed"),
    ] {
        let mut terminal = Terminal::start(&["--local", &dir, "create", "vpc"], &[("NO_COLOR", "1")], 80);
        terminal.wait_for("Create the flow logs of which?");
        terminal.keys(key);
        terminal.wait_for(said);
        assert_eq!(terminal.exit_code(), code, "{said}");
    }
    assert_eq!(listed(&dir), Vec::<String>::new());
}
