//! Packets between two ends, and the service that they use.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use ipnet::IpNet;

use crate::account::inventory::Interface;
use crate::field::{port_named, protocol_named, protocol_word};
use crate::query::address_set::AddressSet;

/// A placeholder for any internet address; it is reserved for documentation.
pub const INTERNET: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Returns whether an address is on the internet, as `public` in a sentence.
pub(super) fn is_public(address: IpAddr) -> bool {
    static OTHERS: LazyLock<Vec<IpNet>> = LazyLock::new(|| AddressSet::Public.networks());
    !OTHERS.iter().any(|network| network.contains(&address))
}

/// An end of traffic.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The address in the packets.
    pub address: IpAddr,
    /// The interface, if it is in the inventory.
    pub interface: Option<&'a Interface>,
    /// Whether the address is a public one that translates to the interface's own.
    pub is_public_name: bool,
}

impl<'a> End<'a> {
    /// An interface at one of its addresses in the VPC.
    #[must_use]
    pub const fn of(interface: &'a Interface, address: IpAddr) -> Self {
        Self { address, interface: Some(interface), is_public_name: false }
    }

    /// An address that is not in the inventory.
    #[must_use]
    pub const fn outside(address: IpAddr) -> Self {
        Self { address, interface: None, is_public_name: false }
    }

    /// The name and the address, for the user.
    #[must_use]
    pub fn label(&self) -> String {
        match self.interface {
            Some(Interface { name: Some(name), id, .. }) => format!("{name} ({}, {id})", self.address),
            Some(interface) => format!("{} ({})", interface.id, self.address),
            None if self.address == INTERNET => "the internet".into(),
            None => self.address.to_string(),
        }
    }
}

/// A protocol, and the server's ports if the protocol has ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The protocol's number.
    pub protocol: u8,
    /// The ports; every number if the protocol has none.
    pub ports: RangeInclusive<u16>,
}

impl Service {
    /// A service at one port.
    #[must_use]
    pub const fn at(protocol: u8, port: u16) -> Self {
        Self { protocol, ports: port..=port }
    }

    /// Returns whether a protocol has ports.
    #[must_use]
    pub const fn has_ports(protocol: u8) -> bool {
        matches!(protocol, 6 | 17)
    }

    /// Parses `443`, `53/udp`, `8000-8010/tcp`, `icmp` or `https`; a port without a protocol is TCP.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let named = |word: &str| protocol_named(word).and_then(|number| u8::try_from(number).ok());
        let (service, protocol) = match text.split_once('/') {
            Some((service, protocol)) => (service, named(protocol).or_else(|| protocol.parse().ok())?),
            None => match named(text).filter(|protocol| !Self::has_ports(*protocol)) {
                Some(protocol) => return Some(Self { protocol, ports: 0..=u16::MAX }),
                None => (text, 6),
            },
        };
        let port = |word: &str| word.parse().ok().or_else(|| port_named(word));
        let (first, last) = match service.split_once('-').map(|(first, last)| (first.parse(), last.parse())) {
            Some((Ok(first), Ok(last))) => (first, last),
            _ => port(service).map(|port| (port, port))?,
        };
        (first <= last && Self::has_ports(protocol)).then_some(Self { protocol, ports: first..=last })
    }

    /// The service for the user, as `TCP 5432`.
    #[must_use]
    pub fn label(&self) -> String {
        let name = protocol_word(i64::from(self.protocol)).map_or_else(|| self.protocol.to_string(), str::to_string);
        if Self::has_ports(self.protocol) { format!("{name} {}", ports(&self.ports)) } else { name }
    }
}

/// Ports for the user, as `22` or `1024-65535`.
#[must_use]
pub(super) fn ports(ports: &RangeInclusive<u16>) -> String {
    if ports.start() == ports.end() { ports.start().to_string() } else { format!("{}-{}", ports.start(), ports.end()) }
}

/// Packets in one direction.
#[derive(Clone, Debug)]
pub(super) struct Packets<'a> {
    pub(super) from: End<'a>,
    pub(super) to: End<'a>,
    pub(super) protocol: u8,
    /// The destination ports.
    pub(super) ports: RangeInclusive<u16>,
}
