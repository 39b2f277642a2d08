//! Named sets of addresses: a table.

use ipnet::IpNet;

/// A named set of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSet {
    /// RFC 1918 and unique local addresses.
    Private,
    /// Carrier-grade NAT, RFC 6598.
    Shared,
    /// Link-local addresses.
    LinkLocal,
    /// Loopback addresses.
    Loopback,
    /// Multicast addresses.
    Multicast,
    /// Every address that is in no other set, but for 0.0.0.0/8, 240.0.0.0/4 and `::`.
    Public,
}

impl AddressSet {
    /// Every set.
    pub const ALL: [Self; 6] =
        [Self::Private, Self::Shared, Self::LinkLocal, Self::Loopback, Self::Multicast, Self::Public];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Shared => "shared",
            Self::LinkLocal => "linklocal",
            Self::Loopback => "loopback",
            Self::Multicast => "multicast",
            Self::Public => "public",
        }
    }

    /// The set of this name; case does not count.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name().eq_ignore_ascii_case(word))
    }

    /// The networks of the set; for [`AddressSet::Public`] those that are *not* in it.
    ///
    /// Sources: <https://www.iana.org/assignments/iana-ipv4-special-registry/> and
    /// <https://www.iana.org/assignments/iana-ipv6-special-registry/>.
    #[must_use]
    pub const fn network_texts(self) -> &'static [&'static str] {
        match self {
            Self::Private => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
            Self::Shared => &["100.64.0.0/10"],
            Self::LinkLocal => &["169.254.0.0/16", "fe80::/10"],
            Self::Loopback => &["127.0.0.0/8", "::1/128"],
            Self::Multicast => &["224.0.0.0/4", "ff00::/8"],
            Self::Public => &[
                "0.0.0.0/8",
                "10.0.0.0/8",
                "100.64.0.0/10",
                "127.0.0.0/8",
                "169.254.0.0/16",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "224.0.0.0/4",
                "240.0.0.0/4",
                "::/128",
                "::1/128",
                "fc00::/7",
                "fe80::/10",
                "ff00::/8",
            ],
        }
    }

    /// The networks of [`AddressSet::network_texts`].
    ///
    /// # Panics
    ///
    /// Never: a test parses them all.
    #[must_use]
    pub fn networks(self) -> Vec<IpNet> {
        self.network_texts().iter().map(|text| text.parse().expect("the networks of a set are valid")).collect()
    }

    /// Returns whether [`AddressSet::networks`] are those outside the set.
    #[must_use]
    pub const fn is_complement(self) -> bool {
        matches!(self, Self::Public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_of_every_set_are_valid_and_masked() {
        for set in AddressSet::ALL {
            for network in set.networks() {
                assert_eq!(network, network.trunc());
            }
            assert_eq!(AddressSet::named(&set.name().to_uppercase()), Some(set));
        }
    }
}
