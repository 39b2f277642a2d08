//! `policy`: the IAM policy that an administrator has to grant.

use clap::Args;

use crate::account::aws::policy::{self, Command, Names};
use crate::account::{Settings, SettingsError};
use crate::command::{Error, Exit, console};

/// The names that the policy allows in addition to the default ones.
#[derive(Debug, Args)]
pub(super) struct Policy {
    /// `create`, `list`, `delete`, `doctor`, `inventory` or `query`; none for all of them
    #[arg(value_parser = parse_command)]
    command: Option<Command>,

    /// The permissions boundary that each role has to have, as `create --permissions-boundary` sets it
    #[arg(long, value_name = "ARN")]
    permissions_boundary: Option<String>,

    /// The role that delivers the records, as `create --role` names it: none is created
    #[arg(long = "role", value_name = "ARN", conflicts_with_all = ["role_path", "permissions_boundary"])]
    delivery_role: Option<String>,

    /// The path of roles that are created, as `create --role-path` sets it
    #[arg(long, value_name = "PATH")]
    role_path: Option<String>,

    /// A log group beside `/fl-cli/...`, as `create --log-group` names it; `*` stands for anything
    #[arg(long, value_name = "NAME")]
    log_group: Vec<String>,
}

impl Policy {
    /// Prints the minimal policy of a command, or of all commands.
    pub(super) fn print(self) -> Result<Exit, Error> {
        let Self { command, permissions_boundary, delivery_role, role_path, log_group } = self;
        check(permissions_boundary.as_ref(), delivery_role.as_ref(), role_path.as_ref(), &log_group)
            .map_err(|error| Error::Usage { message: error.to_string(), help: error.help() })?;
        let names = Names { permissions_boundary, role: delivery_role, role_path, log_groups: log_group };
        console::line(&format!("{:#}", policy::document(command, &names)))?;
        if policy::is_unbounded(command, &names) {
            console::say(
                "note: whoever may create roles and set their policies can gain any permission: \
                 `--permissions-boundary ARN` bounds the roles, `--role ARN` creates none",
            );
        }
        Ok(Exit::Done)
    }
}

/// Checks values by the rules of `create`.
fn check(
    boundary: Option<&String>,
    role: Option<&String>,
    path: Option<&String>,
    log_groups: &[String],
) -> Result<(), SettingsError> {
    let settings = Settings {
        permissions_boundary: boundary.cloned(),
        role: role.cloned(),
        role_path: path.cloned(),
        ..Settings::default()
    };
    settings.check()?;
    // `*` is replaced, so that the rest is checked as a name.
    log_groups
        .iter()
        .try_for_each(|name| Settings { log_group: Some(name.replace('*', "x")), ..Settings::default() }.check())
}

fn parse_command(text: &str) -> Result<Command, String> {
    Command::named(text).ok_or_else(|| format!("expected one of {}", Command::ALL.map(Command::name).join(", ")))
}
