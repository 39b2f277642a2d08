//! Commands that the command line and the shell share: answer a plan, and commands that need at most an open session.
//!
//! Only this module, the command line and the shell print: data to standard output, the rest to standard error.

#![cfg_attr(not(feature = "local"), allow(dead_code, reason = "what only runs need"))]

#[cfg(feature = "local")]
pub(crate) mod answer;
mod compile;
pub(crate) mod config;
pub(crate) mod console;
#[cfg(feature = "local")]
mod desk;
#[cfg(feature = "local")]
mod doctor;
mod error;
mod explain;
mod fields;
#[cfg(feature = "local")]
mod identity;
#[cfg(feature = "local")]
mod inventory;
pub(crate) mod kind;
#[cfg(feature = "local")]
mod lifecycle;
#[cfg(feature = "local")]
mod list;
pub(crate) mod manual;
mod option;
mod out;
#[cfg(feature = "local")]
mod outcome;
#[cfg(feature = "local")]
mod pick;
mod place;
pub(crate) mod settings;
mod table;
#[cfg(feature = "local")]
mod why;

use clap::Subcommand;

use crate::query::Context;
#[cfg(feature = "local")]
use crate::session::{Waited, open_list, with_lists};
pub(crate) use compile::compile;
pub(crate) use console::Terminal;
#[cfg(feature = "local")]
pub(crate) use desk::Desk;
pub(crate) use error::{Error, Exit};
#[cfg(feature = "local")]
pub(crate) use identity::print_identities;
#[cfg(feature = "local")]
pub(crate) use option::OutputFormat;
pub(crate) use option::{Asking, Color, Output};
pub(crate) use out::Out;
#[cfg(feature = "local")]
pub(crate) use pick::confirm;
pub(crate) use place::Place;
#[cfg(feature = "local")]
pub(crate) use place::kept_inventories;

/// The commands that the command line and the shell share.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create the flow logs of resources; of one that exists, cover interfaces that joined since
    #[cfg(feature = "local")]
    Create(Box<lifecycle::Create>),
    /// List the flow logs that this tool created
    #[cfg(feature = "local")]
    List(list::List),
    /// Delete flow logs and everything that was created for them
    #[cfg(feature = "local")]
    Delete(lifecycle::Delete),
    /// Find problems in an account; exit with 1 if there are any
    #[cfg(feature = "local")]
    Doctor(doctor::Doctor),
    /// Say why a connection is possible or not, by security groups, network ACLs and routes, and what records say
    #[cfg(feature = "local")]
    Why(why::Why),
    /// Print what there is in an account's network, as JSON
    #[cfg(feature = "local")]
    Inventory,
    /// Show what a sentence means, and its Logs Insights text; reads nothing
    Explain {
        /// Ask AWS how much the query would scan, which costs nothing
        #[cfg(feature = "local")]
        #[arg(long)]
        estimate: bool,

        /// Show which log groups would answer, and for which interfaces
        #[cfg(feature = "local")]
        #[arg(long, conflicts_with = "estimate")]
        targets: bool,

        /// Print links that open the query in the Logs Insights console
        #[cfg(feature = "local")]
        #[arg(long, conflicts_with_all = ["estimate", "targets"])]
        console: bool,

        /// Show the addresses and interfaces that the resources, names and lists of the sentence are now
        #[cfg(feature = "local")]
        #[arg(long, conflicts_with_all = ["estimate", "targets", "console"])]
        resolve: bool,

        /// The sentence
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        sentence: Vec<String>,
    },
    /// Show the fields of the language
    Fields {
        /// One field, by any of its names
        name: Option<String>,
    },
}

impl Command {
    /// Runs a command that needs no session; returns any other command.
    pub(crate) fn run_alone(
        self,
        context: &Context,
        output: &Output,
        terminal: &Terminal,
        out: &mut Out,
    ) -> Result<Option<Self>, Error> {
        match self {
            #[cfg(feature = "local")]
            Self::Explain { estimate: true, .. }
            | Self::Explain { targets: true, .. }
            | Self::Explain { console: true, .. }
            | Self::Explain { resolve: true, .. } => return Ok(Some(self)),
            Self::Explain { sentence, .. } => {
                let plan = compile(&sentence.join(" "), context, terminal)?;
                let plan = plan.with_columns(&output.default_columns());
                explain::explain(&plan, context, output.format(), out)?;
            }
            Self::Fields { name } => fields::fields(name.as_deref(), output, out)?,
            #[cfg(feature = "local")]
            command => return Ok(Some(command)),
        }
        Ok(None)
    }

    /// Runs a command of an account. On Ctrl-C a running change is rolled back.
    #[cfg(feature = "local")]
    pub(crate) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let tell = |news: &str| desk.terminal.note(news);
        match desk.interrupt.wait_for(self.carry_out(desk), tell).await {
            Waited::Done(outcome) => outcome,
            Waited::Stopped(Some(outcome)) => outcome.map_err(said_and_interrupted),
            Waited::Stopped(None) => Err(Error::Interrupted),
        }
    }

    #[cfg(feature = "local")]
    async fn carry_out(&self, desk: &Desk) -> Result<Exit, Error> {
        match self {
            Self::Create(create) => create.run(desk).await,
            Self::List(list) => list.run(desk).await,
            Self::Delete(delete) => delete.run(desk).await,
            Self::Doctor(doctor) => doctor.run(desk).await,
            // It awaits many calls, which makes its future large.
            Self::Why(why) => Box::pin(why.run(desk)).await,
            Self::Inventory => inventory::print(desk).await,
            Self::Explain { sentence, targets: true, .. } => {
                let plan = compile(&sentence.join(" "), &desk.context, &desk.terminal)?;
                let answers = desk.session.answers(&plan, &desk.context.clock).await?;
                explain::targets(&answers, desk)?;
                Ok(Exit::Done)
            }
            Self::Explain { sentence, console: true, .. } => {
                let plan = compile(&sentence.join(" "), &desk.context, &desk.terminal)?;
                let plan = with_lists(&plan, &desk.context.clock, open_list)?;
                let links = desk.session.console_links(&plan, &desk.context.clock).await?;
                explain::links(&links, desk.output.format(), &mut desk.out.clone())?;
                Ok(Exit::Done)
            }
            Self::Explain { sentence, resolve: true, .. } => {
                let plan = compile(&sentence.join(" "), &desk.context, &desk.terminal)?;
                let plan = with_lists(&plan, &desk.context.clock, open_list)?;
                let resolved = desk.session.resolved(&plan).await?;
                explain::explain(&resolved, &desk.context, desk.output.format(), &mut desk.out.clone())?;
                Ok(Exit::Done)
            }
            Self::Explain { sentence, .. } => {
                let plan = compile(&sentence.join(" "), &desk.context, &desk.terminal)?;
                let plan = with_lists(&plan, &desk.context.clock, open_list)?;
                let estimate = desk.session.estimate(&plan, &desk.context.clock, None).await?;
                explain::estimate(&estimate, desk.output.format(), &mut desk.out.clone())?;
                Ok(Exit::Done)
            }
            Self::Fields { .. } => Ok(Exit::Done),
        }
    }
}

/// Converts an error: if it reports a rollback, the report is printed and the command ends as interrupted.
#[cfg(feature = "local")]
fn said_and_interrupted(error: Error) -> Error {
    match error {
        Error::Failed { message, .. } => {
            console::say(&message);
            Error::Interrupted
        }
        error => error,
    }
}
