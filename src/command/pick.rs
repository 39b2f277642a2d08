//! Questions to the user: pick from a list, or confirm.
//!
//! Lists are searched by typing. Questions go to standard error, so that the command's output can be piped.

use std::io::{self, IsTerminal};

use inquire::ui::RenderConfig;
use inquire::{Confirm, InquireError, MultiSelect, Select};

use super::console::Terminal;
use super::error::Error;
use crate::account::{FlowLog, Resource};
use crate::escape;

/// Returns whether a user can answer.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Lets the user pick resources, after the VPC if they are in several. A single one is returned without a question.
pub(super) fn resources(all: Vec<Resource>, vpcs: &[Resource], terminal: &Terminal) -> Result<Vec<Resource>, Error> {
    let mut found: Vec<&String> = all.iter().map(|resource| &resource.vpc).collect();
    found.sort();
    found.dedup();
    // If the resources are VPCs, there is no question about the VPC.
    let is_nested = all.iter().any(|resource| resource.vpc != resource.id);
    let all = if found.len() > 1 && is_nested {
        let label =
            |id: &&String| vpcs.iter().find(|vpc| vpc.id == **id).map_or_else(|| (*id).clone(), Resource::label);
        let labels: Vec<String> = found.iter().map(label).map(|label| escape::text(&label).into_owned()).collect();
        let select = Select::new("In which VPC?", labels).with_render_config(config(terminal));
        let vpc = found[select.raw_prompt().map_err(cancelled)?.index].clone();
        all.into_iter().filter(|resource| resource.vpc == vpc).collect()
    } else {
        all
    };
    let label = |resource: &Resource| format!("{}, {}", resource.label(), resource.coverage());
    several("Create the flow logs of which?", all, label, terminal)
}

/// Lets the user pick flow logs. A single one is returned without a question.
pub(super) fn flow_logs(all: Vec<FlowLog>, terminal: &Terminal) -> Result<Vec<FlowLog>, Error> {
    several("Delete the flow logs of which?", all, FlowLog::label, terminal)
}

fn several<T>(question: &str, all: Vec<T>, label: impl Fn(&T) -> String, terminal: &Terminal) -> Result<Vec<T>, Error> {
    if all.len() < 2 {
        return Ok(all);
    }
    let labels: Vec<String> = all.iter().map(label).map(|label| escape::text(&label).into_owned()).collect();
    let select = MultiSelect::new(question, labels).with_render_config(config(terminal));
    let picked = select.raw_prompt().map_err(cancelled)?;
    if picked.is_empty() {
        let help = Some("space marks an entry, return takes those that are marked".into());
        return Err(Error::Failed { message: "nothing was picked: nothing was changed".into(), help });
    }
    let is_picked = |place: usize| picked.iter().any(|option| option.index == place);
    Ok(all.into_iter().enumerate().filter(|(place, _)| is_picked(*place)).map(|(_, one)| one).collect())
}

/// Asks the user whether to do something to each of these; without a terminal, an error asks for `--yes`.
pub(crate) fn confirm(what: &str, names: &[String], terminal: &Terminal) -> Result<(), Error> {
    if !can_ask() {
        let message = format!(
            "this would {what} {}; standard input is not a terminal, so it cannot be confirmed",
            names.join(", ")
        );
        return Err(Error::Usage { message, help: Some("pass `--yes`, or look first with `--dry-run`".into()) });
    }
    for name in names {
        super::console::say(&format!("  {name}"));
    }
    let question =
        format!("{what} {}?", if names.len() == 1 { "this one".into() } else { format!("these {}", names.len()) });
    let question = escape::text(&question);
    let confirm = Confirm::new(&question).with_default(false).with_render_config(config(terminal));
    if confirm.prompt().map_err(cancelled)? {
        return Ok(());
    }
    Err(Error::Failed { message: "not confirmed: nothing was changed".into(), help: None })
}

fn config(terminal: &Terminal) -> RenderConfig<'static> {
    if terminal.colour_err() { RenderConfig::default_colored() } else { RenderConfig::empty() }
}

fn cancelled(error: InquireError) -> Error {
    match error {
        InquireError::OperationInterrupted => Error::Interrupted,
        InquireError::OperationCanceled => {
            Error::Failed { message: "cancelled: nothing was changed".into(), help: None }
        }
        InquireError::IO(error) => Error::Write(error),
        error => Error::Failed { message: error.to_string(), help: None },
    }
}
