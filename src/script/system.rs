//! Functions for the world around a script: arguments, environment, time, and the exit code.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::{Span, SpanRelativeTo};
use rhai::{Array, Dynamic, EvalAltResult, FLOAT, FnPtr, INT};

use super::error::{Stop, thrown};
use super::library::{Library, functions};
use super::time::Time;
use super::world::World;

type Thrown = Box<EvalAltResult>;

/// The prefix of this program's variables, which carry no secrets.
const OWN_PREFIX: &str = "FLOWLOGS_";

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    // The language's own would not hear Ctrl-C.
    let sleeping = Rc::clone(world);
    library
        .engine
        .register_fn("sleep", move |seconds: INT| sleeping.pause(Duration::from_secs(seconds.max(0).unsigned_abs())));
    let sleeping = Rc::clone(world);
    library.engine.register_fn("sleep", move |seconds: FLOAT| {
        sleeping.pause(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
    });
    functions! { library, world:
        "args", "args()", "The script's arguments.",
        [] world.args.borrow().iter().map(|arg| Dynamic::from(arg.clone())).collect::<Array>();
        "env", "env(name)", "An environment variable: FLOWLOGS_*, and what --allow-env names; () if it is not set.",
        [name: &str] env(&world, name);
        "now", "now()", "The time now; times subtract to seconds.",
        [] Time::now();
        "wait", "wait(\"2m\")", "Waits; Ctrl-C ends it.",
        [time: &str] world.pause(seconds(time)?);
        "seconds", "seconds(\"1h30m\")", "A length of time in seconds.",
        [time: &str] seconds(time).map(|time| INT::try_from(time.as_secs()).unwrap_or(INT::MAX));
        "at_end", "at_end(|| ...)", "Calls a function when the script ends, however it ends.",
        [function: FnPtr] world.at_end(function);
        "in_network", "in_network(address, network)", "Whether an address is in a network such as 10.0.0.0/8.",
        [address: &str, network: &str] in_network(address, network);
        "fail", "fail(message)", "Ends the script with an error.",
        [message: &str] Err::<(), Thrown>(thrown("fail", message, None));
        "exit", "exit(code)", "Ends the script with this exit code.",
        [code: INT] exit(code);
    }
}

fn exit(code: INT) -> Result<(), Thrown> {
    match u8::try_from(code) {
        Ok(code) => Err(Stop::Exit(code).into_error()),
        Err(_) => Err(thrown("option", "an exit code is 0 to 255", None)),
    }
}

fn in_network(address: &str, network: &str) -> Result<bool, Thrown> {
    let bad = |text: &str, what: &str| thrown("option", &format!("`{text}` is not {what}"), None);
    let address: IpAddr = address.parse().map_err(|_| bad(address, "an address"))?;
    let network: IpNet = network.parse().map_err(|_| bad(network, "a network"))?;
    Ok(network.contains(&address))
}

fn env(world: &World, name: &str) -> Result<Dynamic, Thrown> {
    if !name.starts_with(OWN_PREFIX) && !world.rules.allow_env.iter().any(|allowed| allowed == name) {
        let help = Some(format!("`--allow-env {name}` lets scripts read it"));
        return Err(thrown("env", &format!("the environment variable `{name}` is not for scripts"), help));
    }
    Ok(std::env::var(name).map_or(Dynamic::UNIT, Dynamic::from))
}

/// Parses a duration such as `90s`, `1h30m` or `2d`; a day has 24 hours.
pub(super) fn seconds(text: &str) -> Result<Duration, Thrown> {
    let span = text.parse::<Span>().ok();
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| thrown("option", &format!("`{text}` is not a length of time"), Some("for example `2m`".into())))
}
