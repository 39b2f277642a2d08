//! Two commands at once: the second one runs from beginning to end during any call of the first.

use std::sync::Arc;

use super::cloud::{Cloud, State};
use super::proxy::Verdict;
use super::world::{self, CASES, Case, Left, add_leftovers, is_clear, undisturbed};
use super::{each, run};

const COMMANDS: [&str; 3] = ["create", "delete", "doctor"];

/// The doctor clears away only resources that are older than its default age.
fn args(case: &Case, command: &'static str) -> Vec<&'static str> {
    if command == "doctor" { vec!["doctor", "--fix", "--yes"] } else { case.args(command) }
}

/// The state before the first command. Old leftovers of the created resources give the doctor something to do.
fn start(case: &Case, first: &str) -> State {
    let mut state = world::start();
    add_leftovers(&mut state, "vpc-9");
    if first == "delete" { case.with_whole(state) } else { case.with_leftovers(state) }
}

/// The state without the leftovers that the doctor may or may not have cleared away.
fn without_leftovers(mut state: State) -> State {
    state.log_groups.remove("/fl-cli/vpc-9");
    state.roles.remove("fl-cli-eu-west-1-vpc-9");
    state
}

fn judge(case: &Case, [first, second]: [&'static str; 2], n: usize) -> Result<(), String> {
    let start = start(case, first);
    let cloud = Arc::new(Cloud::new(start.clone()));
    let (behind, args_of_second) = (Arc::clone(&cloud), args(case, second));
    let other = Arc::new(std::sync::Mutex::new(String::new()));
    let said_by_other = Arc::clone(&other);
    let (ran, _) = run(&cloud, &args(case, first), "1", move |call| {
        if call.number == n {
            let ran = undisturbed(&behind, &args_of_second);
            *said_by_other.lock().unwrap() = format!("{:?}: {}{}", ran.code, ran.stdout, ran.stderr);
        }
        Verdict::Pass
    });
    let said = || {
        let other = other.lock().unwrap();
        format!("the first ended with {:?}: {}{}; the second with {other}", ran.code, ran.stdout, ran.stderr)
    };
    let left = case.left(&cloud.state());
    if first == "create" && second != "delete" && (ran.code != Some(0) || left != Left::Whole) {
        return Err(format!("{left:?}; {}", said()));
    }
    let now = without_leftovers(cloud.state().clone());
    *cloud.state() = now;
    is_clear(&cloud, case, &without_leftovers(start)).map_err(|error| format!("{error}; {}", said()))
}

#[test]
fn two_commands_at_once_lose_nothing_and_leave_nothing() {
    let mut work = Vec::new();
    // A flow log of a whole, and several of interfaces.
    for case in &CASES[..2] {
        for first in COMMANDS {
            let cloud = Arc::new(Cloud::new(start(case, first)));
            let (ran, count) = run(&cloud, &args(case, first), "1", |_| Verdict::Pass);
            assert!(count > 12, "{count} calls: {}{}", ran.stdout, ran.stderr);
            for second in COMMANDS {
                work.extend((0..count).map(|n| (case, [first, second], n)));
            }
        }
    }
    let wrong = each(&work, |(case, pair, n)| {
        judge(case, *pair, *n).map_err(|error| format!("{pair:?} of {} at call {n}: {error}", case.kind))
    });
    println!("{} runs", work.len());
    assert!(wrong.is_empty(), "{} of {} went wrong:\n{}", wrong.len(), work.len(), wrong.join("\n\n"));
}
