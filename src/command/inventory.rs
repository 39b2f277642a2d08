//! `inventory`: what there is in the network of an account.

use std::io;

use super::desk::Desk;
use super::error::{Error, Exit};

/// Prints the inventory as JSON, as an embedded account has it.
pub(super) async fn print(desk: &Desk) -> Result<Exit, Error> {
    let inventory = desk.session.inventory().await?;
    let document = serde_json::to_string_pretty(&inventory).map_err(io::Error::from)?;
    desk.out.print_json(&(document + "\n"))?;
    Ok(Exit::Done)
}
