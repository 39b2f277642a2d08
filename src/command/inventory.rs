//! `inventory`: prints the network of an account.

use std::io;

use super::desk::Desk;
use super::error::{Error, Exit};

/// Prints the inventory as JSON, in the form that an embedded account reads.
pub(super) async fn print(desk: &Desk) -> Result<Exit, Error> {
    let inventory = desk.session.inventory().await?;
    let document = serde_json::to_string_pretty(&inventory).map_err(io::Error::from)?;
    desk.out.print_json(&(document + "\n"))?;
    Ok(Exit::Done)
}
