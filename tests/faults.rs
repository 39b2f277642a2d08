//! Every call of a life cycle fails in every way. Afterwards foreign resources are unchanged, and the doctor names and
//! clears away everything of ours that is left over.
#![cfg(all(unix, feature = "aws"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "aws/canned.rs"]
mod canned;
#[path = "faults/cloud.rs"]
mod cloud;
#[path = "aws/form.rs"]
mod form;
#[path = "faults/pairs.rs"]
mod pairs;
mod program;
#[path = "aws/proxy.rs"]
mod proxy;
#[path = "faults/world.rs"]
mod world;

use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cloud::Cloud;
use program::Ran;
use proxy::{Call, Proxy, Verdict};
use world::{CASES, CHOSEN, Case, Left};

/// The failure of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Error500,
    Throttled,
    /// The answer is lost, but the answer to the retry is not.
    LostOnce,
    /// The answer is lost, and the caller does not ask again.
    Lost,
    Denied,
    Broken,
    Interrupted,
    HungUp,
    Killed,
}

const FAULTS: [Fault; 9] = [
    Fault::Error500,
    Fault::Throttled,
    Fault::LostOnce,
    Fault::Lost,
    Fault::Denied,
    Fault::Broken,
    Fault::Interrupted,
    Fault::HungUp,
    Fault::Killed,
];

impl Fault {
    fn verdict(self, call: &Call, process: &AtomicU32) -> Verdict {
        let is_ec2 = call.request.contains("Version=2016-11-15");
        match self {
            Self::Error500 => Verdict::Error500,
            Self::Throttled if is_ec2 => Verdict::Refuse("RequestLimitExceeded", "Request limit exceeded.".into()),
            Self::Throttled => Verdict::Refuse("ThrottlingException", "Rate exceeded".into()),
            Self::LostOnce | Self::Lost => Verdict::LoseAnswer,
            Self::Denied if is_ec2 => Verdict::Refuse("UnauthorizedOperation", "You are not authorized".into()),
            Self::Denied => Verdict::Refuse("AccessDeniedException", "You are not authorized".into()),
            Self::Broken => Verdict::Break,
            Self::Interrupted => signal("-INT", process),
            Self::HungUp => signal("-HUP", process),
            Self::Killed => signal("-KILL", process),
        }
    }

    /// The number of tries of the SDK: its retry does not fail.
    fn attempts(self) -> &'static str {
        if self == Self::LostOnce { "2" } else { "1" }
    }
}

/// Signals a process that is about to get an answer.
fn signal(signal: &str, process: &AtomicU32) -> Verdict {
    while process.load(Ordering::SeqCst) == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let id = process.load(Ordering::SeqCst).to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    // Long enough for the signal to arrive before the answer.
    thread::sleep(Duration::from_millis(20));
    Verdict::Pass
}

/// Runs a command; `decide` chooses the outcome of its calls.
fn run(
    cloud: &Arc<Cloud>,
    args: &[&str],
    attempts: &str,
    decide: impl Fn(&Call) -> Verdict + Send + Sync + 'static,
) -> (Ran, usize) {
    run_with(cloud, args, attempts, move |call, _| decide(call))
}

fn run_with(
    cloud: &Arc<Cloud>,
    args: &[&str],
    attempts: &str,
    decide: impl Fn(&Call, &AtomicU32) -> Verdict + Send + Sync + 'static,
) -> (Ran, usize) {
    let (process, behind) = (Arc::new(AtomicU32::new(0)), Arc::clone(cloud));
    let known = Arc::clone(&process);
    let proxy = Proxy::before(Arc::new(move |call| behind.answer(call)), move |call| decide(call, &known));
    let child = world::command(proxy.port, args).env("AWS_MAX_ATTEMPTS", attempts).spawn().unwrap();
    process.store(child.id(), Ordering::SeqCst);
    let ran = Ran::from(child.wait_with_output().unwrap());
    let calls = proxy.requests.lock().unwrap().len();
    (ran, calls)
}

/// Returns what is wrong after the n-th call of a command failed, if anything is.
fn judge(case: &Case, is_create: bool, fault: Fault, n: usize) -> Result<(), String> {
    let start = if is_create { world::start() } else { case.with_whole(world::start()) };
    let cloud = Arc::new(Cloud::new(start.clone()));
    let args = case.args(if is_create { "create" } else { "delete" });
    let (ran, _) = run_with(&cloud, &args, fault.attempts(), move |call, process| {
        if call.number == n { fault.verdict(call, process) } else { Verdict::Pass }
    });
    if ran.code.is_none() {
        // Calls that were on their way when it was killed still arrive.
        thread::sleep(Duration::from_millis(150));
    }
    let said = || format!("ended with {:?}: {}{}", ran.code, ran.stdout, ran.stderr);
    if !matches!(ran.code, None | Some(0 | 1 | 130 | 143)) {
        return Err(said());
    }
    let left = case.left(&cloud.state());
    let expected = if is_create { Left::Whole } else { Left::Nothing };
    if ran.code == Some(0) {
        // The result of such a command is tested elsewhere.
        let others = world::others_are_as_before(&cloud, case, &start);
        return if left == expected { others } else { Err(format!("{left:?}; {}", said())) };
    }
    let is_told = ran.stdout.contains("could not be rolled back");
    if is_create && ran.code.is_some() && left != Left::Nothing && !is_told {
        return Err(format!("{left:?} is not said to be left; {}", said()));
    }
    let has_flow_log = cloud.state().flow_logs.values().any(|flow_log| case.is_own(&flow_log.tags));
    if !is_create && ran.code == Some(1) && !has_flow_log && !ran.stdout.contains("doctor --fix") {
        return Err(format!("nothing leads to what is left; {}", said()));
    }
    world::is_clear(&cloud, case, &start).map_err(|error| format!("{error}; {}", said()))
}

/// The number of calls of a command without a failure.
fn calls(case: &Case, is_create: bool) -> usize {
    let start = if is_create { world::start() } else { case.with_whole(world::start()) };
    let cloud = Arc::new(Cloud::new(start));
    let (ran, calls) = run(&cloud, &case.args(if is_create { "create" } else { "delete" }), "1", |_| Verdict::Pass);
    ran.done();
    calls
}

/// Does each piece of work, some at once; returns the failures.
fn each<T: Sync>(work: &[T], judge: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(one) = work.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(error) = judge(one) {
                        wrong.lock().unwrap().push(error);
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn whatever_goes_wrong_at_whatever_call_nothing_is_lost_and_nothing_is_left() {
    let mut work = Vec::new();
    for case in &CASES {
        for is_create in [true, false] {
            let count = calls(case, is_create);
            assert!(count > 12, "{count} calls");
            for fault in FAULTS {
                // A retry of the SDK is one call more, and calls at once come in any order.
                work.extend((0..count).map(|n| (case, is_create, fault, n)));
            }
        }
    }
    // Resources that are created under a name that is not ours are found, too.
    let count = calls(&CHOSEN, true);
    let harsh = [Fault::Killed, Fault::Lost, Fault::Denied];
    work.extend(harsh.into_iter().flat_map(|fault| (0..count).map(move |n| (&CHOSEN, true, fault, n))));
    let wrong = each(&work, |(case, is_create, fault, n)| {
        let what = if *is_create { "create" } else { "delete" };
        judge(case, *is_create, *fault, *n)
            .map_err(|error| format!("{what} {} {fault:?} at call {n}: {error}", case.kind))
    });
    println!("{} runs", work.len());
    assert!(wrong.is_empty(), "{} of {} went wrong:\n{}", wrong.len(), work.len(), wrong.join("\n\n"));
}
