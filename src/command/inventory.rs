//! `inventory`: what there is in the network of an account.

use std::io::{self, Write};

use super::{Desk, Error, Exit};

/// Prints the inventory as JSON, as an embedded account has it.
pub(super) async fn print(desk: &Desk) -> Result<Exit, Error> {
    let inventory = desk.session.inventory().await?;
    let mut out = desk.out.clone();
    serde_json::to_writer_pretty(&mut out, &inventory).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}
