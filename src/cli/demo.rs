//! `flowlogs demo`: the account that comes with the program.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::args::{Output, Place};
use super::print::line;
use super::{Error, Exit, Terminal, run};
use crate::account::local::demo;
use crate::query::{Context, Plan};

pub(super) fn demo(
    dir: Option<PathBuf>,
    plans: &[Plan],
    place: Place,
    output: &Output,
    context: &Context,
    terminal: &Terminal,
) -> Result<Exit, Error> {
    let Some(dir) = dir.or_else(default_dir) else {
        let message = "there is no folder for the user's data".into();
        return Err(Error::Usage { message, help: Some("name one with `--dir DIR`".into()) });
    };
    demo::refresh(&dir, context.clock.now)?;
    if plans.is_empty() {
        let dir = dir.display();
        line(&format!("the demo account is in {dir}, with records up to now"))?;
        line(&format!("  flowlogs --local {dir} list"))?;
        line("  flowlogs demo -e 'vpc prod where reject | top 10 dst.addr, dst.port last 1h'")?;
        return Ok(Exit::Done);
    }
    let place = Place { local: vec![dir.display().to_string()], ..place };
    run::run(plans, false, &place, output, context, terminal)
}

fn default_dir() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.data_dir().join("flowlogs").join("demo"))
}
