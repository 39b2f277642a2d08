//! The world around a script: arguments, environment, time, and how it ends.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::SignedDuration;
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, INT};

use super::error::{Stop, thrown};
use super::library::Library;
use super::time::Time;
use super::world::World;

type Thrown = Box<EvalAltResult>;

/// Variables of this program, which carry no secrets.
const OWN_PREFIX: &str = "FLOWLOGS_";

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    let [one, two, three, four] = std::array::from_fn(|_| Rc::clone(world));
    library
        .doc("args", "args()", "What stands behind the script on the command line.")
        .register_fn("args", move || one.args.borrow().iter().map(|arg| Dynamic::from(arg.clone())).collect::<Array>());
    library
        .doc(
            "env",
            "env(name)",
            "An environment variable: FLOWLOGS_*, and what --allow-env names; () if it is not set.",
        )
        .register_fn("env", move |name: &str| env(&two, name));
    library.doc("now", "now()", "The time now; times subtract to seconds.").register_fn("now", Time::now);
    library
        .doc("wait", "wait(\"2m\")", "Waits so long; Ctrl-C ends it.")
        .register_fn("wait", move |time: &str| three.pause(seconds(time)?));
    library
        .doc("at_end", "at_end(|| ...)", "Has a function called when the script ends, however it ends.")
        .register_fn("at_end", move |function: FnPtr| four.at_end(function));
    library
        .doc("in_network", "in_network(address, network)", "Whether an address is in a network such as 10.0.0.0/8.")
        .register_fn("in_network", in_network);
    library
        .doc("fail", "fail(message)", "Ends the script with an error.")
        .register_fn("fail", |message: &str| Err::<(), Thrown>(thrown("fail", message, None)));
    library.doc("exit", "exit(code)", "Ends the script with this exit code.").register_fn("exit", |code: INT| {
        match u8::try_from(code) {
            Ok(code) => Err::<(), Thrown>(Stop::Exit(code).into_error()),
            Err(_) => Err(thrown("option", "an exit code is 0 to 255", None)),
        }
    });
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

/// A length of time such as `90s` or `1h30m`.
pub(super) fn seconds(text: &str) -> Result<Duration, Thrown> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed
        .ok_or_else(|| thrown("option", &format!("`{text}` is not a length of time"), Some("for example `2m`".into())))
}
