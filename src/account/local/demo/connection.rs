//! A connection of the demo's network, with the truth about it: client, server, purpose, the rule that decided it, and
//! the volume in each direction.

use std::fmt::Write;
use std::net::IpAddr;

use super::firewall::Verdict;
use super::habit::Life;
use crate::account::inventory::Interface;
use crate::value::EpochSeconds;

/// An end of a connection.
#[derive(Clone, Copy)]
pub(super) struct End<'a> {
    /// The interface, if it is in the network.
    pub(super) interface: Option<&'a Interface>,
    /// The address in the packets at this end.
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// The AWS service that the address belongs to.
    pub(super) service: &'static str,
}

/// The traffic in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

/// A connection.
pub(super) struct Connection<'a> {
    /// The purpose of the traffic.
    pub(super) purpose: &'static str,
    pub(super) client: End<'a>,
    pub(super) server: End<'a>,
    pub(super) protocol: u8,
    /// The NAT gateway that it goes through, and its port there.
    pub(super) nat: Option<(&'a Interface, u16)>,
    pub(super) verdict: Verdict,
    /// The volume from the client.
    pub(super) out: Volume,
    /// The volume from the server.
    pub(super) back: Volume,
    pub(super) start: EpochSeconds,
    pub(super) end: EpochSeconds,
    pub(super) life: Life,
}

/// The columns of [`Connection::write_truth`].
pub(super) const TRUTH_FIELDS: &str = "start,end,purpose,client_interface,client,client_port,server_interface,server,\
                                       server_port,protocol,nat,outcome,by,packets_out,bytes_out,packets_back,bytes_back";

impl Connection<'_> {
    /// Writes the truth about the connection as a line of CSV.
    pub(super) fn write_truth(&self, text: &mut String) {
        let Self { client, server, out, back, verdict, .. } = self;
        let id = |interface: Option<&Interface>| interface.map_or("", |interface| interface.id.as_str()).to_string();
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{:?},{},{},{},{},{}",
            self.start,
            self.end,
            self.purpose,
            id(client.interface),
            client.address,
            client.port,
            id(server.interface),
            server.address,
            server.port,
            self.protocol,
            id(self.nat.map(|(nat, _)| nat)),
            verdict.outcome,
            verdict.by,
            out.packets,
            out.bytes,
            back.packets,
            back.bytes,
        );
    }
}
