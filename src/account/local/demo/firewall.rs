//! The firewalls of the demo's network: network ACLs, security groups, and Block Public Access.
//!
//! An ACL is stateless, so it judges an answer by itself; a security group lets answers out.

use std::net::IpAddr;

use ipnet::IpNet;

use super::network::{CLOUDFRONT_LIST, CLOUDFRONT_NETWORK, is_blocked};
use crate::account::inventory::{Interface, Inventory, Rule};

/// The outcome of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// The request is answered.
    Served,
    /// The request is rejected on arrival.
    RequestRejected,
    /// The request arrives, but its answer is rejected on its way out.
    AnswerRejected,
    /// Block Public Access drops all traffic of the VPC from the internet.
    Blocked,
}

/// The outcome of a connection, and the rule or the entry that decided it.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) by: String,
}

/// A connection to be judged at its server.
pub(super) struct Attempt<'a> {
    pub(super) client: IpAddr,
    pub(super) client_port: u16,
    pub(super) client_interface: Option<&'a Interface>,
    pub(super) server: &'a Interface,
    pub(super) server_port: u16,
    pub(super) protocol: u8,
}

impl Attempt<'_> {
    pub(super) fn judge(&self, inventory: &Inventory) -> Verdict {
        if self.client_interface.is_none() && is_blocked(&self.server.vpc) {
            return Verdict { outcome: Outcome::Blocked, by: "block public access".into() };
        }
        if let Err(by) = self.entry(inventory, false, self.server_port) {
            return Verdict { outcome: Outcome::RequestRejected, by };
        }
        let by = match self.rule(inventory) {
            Ok(by) => by,
            Err(by) => return Verdict { outcome: Outcome::RequestRejected, by },
        };
        match self.entry(inventory, true, self.client_port) {
            Err(by) => Verdict { outcome: Outcome::AnswerRejected, by },
            Ok(()) => Verdict { outcome: Outcome::Served, by },
        }
    }

    /// The decision of the ACL of the server's subnet about packets to the server or, with `egress`, from it: the
    /// matching entry with the lowest number decides. The error names what denies them.
    fn entry(&self, inventory: &Inventory, egress: bool, port: u16) -> Result<(), String> {
        let Some(acl) = inventory.network_acls.iter().find(|acl| acl.subnets.contains(&self.server.subnet)) else {
            return Ok(());
        };
        let is_about = |protocol: Option<u8>, ports| self.is_about(protocol, ports, port);
        let entries = acl.entries.iter().filter(|entry| entry.egress == egress);
        let decides = entries
            .filter(|entry| is_about(entry.protocol, entry.ports) && entry.cidr.contains(&self.client))
            .min_by_key(|entry| entry.number);
        match decides {
            Some(entry) if entry.allow => Ok(()),
            Some(entry) => Err(format!("{} entry {}", acl.id, entry.number)),
            None => Err(format!("{} has no entry", acl.id)),
        }
    }

    /// The rule of the server's security groups that allows the request; the error names the groups.
    fn rule(&self, inventory: &Inventory) -> Result<String, String> {
        if self.server.security_groups.is_empty() {
            return Ok("no group".into());
        }
        for id in &self.server.security_groups {
            let Some(group) = inventory.security_groups.iter().find(|group| group.id == *id) else { continue };
            let admits =
                |rule: &Rule| self.is_about(rule.protocol, rule.ports, self.server_port) && self.is_peer(&rule.peer);
            if let Some(place) = group.ingress.iter().position(admits) {
                return Ok(format!("{id} rule {place}"));
            }
        }
        Err(format!("no rule of {}", self.server.security_groups.join(" ")))
    }

    fn is_about(&self, protocol: Option<u8>, ports: Option<(u16, u16)>, port: u16) -> bool {
        protocol.is_none_or(|protocol| protocol == self.protocol)
            && ports.is_none_or(|(first, last)| (first..=last).contains(&port))
    }

    fn is_peer(&self, peer: &str) -> bool {
        if peer == CLOUDFRONT_LIST {
            return IpNet::from(CLOUDFRONT_NETWORK).contains(&self.client);
        }
        match peer.parse::<IpNet>() {
            Ok(network) => network.contains(&self.client),
            Err(_) => self.client_interface.is_some_and(|client| client.security_groups.iter().any(|id| id == peer)),
        }
    }
}
