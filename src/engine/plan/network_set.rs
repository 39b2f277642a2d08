//! A set of networks in which addresses are looked up, as fast for a million networks as for a few.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;

use ipnet::IpNet;

/// The bits of an IPv4-mapped IPv6 address above the IPv4 address: `::ffff:0:0/96`.
const V4_PREFIX: u128 = 0xffff << 32;

/// Networks as sorted, disjoint ranges. The first half of an IPv4 address narrows the search to a few ranges.
#[derive(Clone, Debug)]
pub(crate) struct NetworkSet {
    /// The first addresses of all ranges, and the last ones; in two arrays, since a search reads mostly the first ones.
    v4: [Vec<u32>; 2],
    /// For each first half of an address, the number of ranges that start below it; finally the number of all ranges.
    /// Empty if there are at most [`FEW`].
    starts: Vec<u32>,
    v6: Vec<RangeInclusive<u128>>,
}

/// The largest number of ranges that are searched without `starts`.
const FEW: usize = 32;

impl NetworkSet {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in networks {
            match network {
                IpNet::V4(v4_network) => {
                    v4.push(v4_network.network().to_bits()..=v4_network.broadcast().to_bits());
                }
                IpNet::V6(v6_network) => {
                    v6.push(v6_network.network().to_bits()..=v6_network.broadcast().to_bits());
                }
            }
        }
        let v4 = disjoint(v4, u32::saturating_add);
        let first: Vec<u32> = v4.iter().map(|range| *range.start()).collect();
        let last = v4.iter().map(|range| *range.end()).collect();
        let below = |half: u32| first.partition_point(|address| address >> 16 < half);
        let start = |half: u32| u32::try_from(below(half)).unwrap_or(u32::MAX);
        let starts = if first.len() > FEW { (0..=1 << 16).map(start).collect() } else { Vec::new() };
        Self { starts, v6: disjoint(v6, u128::saturating_add), v4: [first, last] }
    }

    /// Returns whether an address, by its bits, is in one of the networks. An IPv4 address is in no IPv6 network.
    pub(crate) fn contains(&self, bits: u128) -> bool {
        if bits >> 32 != V4_PREFIX >> 32 {
            let behind = self.v6.partition_point(|range| *range.start() <= bits);
            return behind > 0 && self.v6[behind - 1].contains(&bits);
        }
        #[allow(clippy::cast_possible_truncation, reason = "the lower half of a mapped address is the address")]
        let address = bits as u32;
        let half = (address >> 16) as usize;
        let (first, end) = match self.starts.get(half..half + 2) {
            Some(bounds) => (bounds[0] as usize, bounds[1] as usize),
            None => (0, self.v4[0].len()),
        };
        let [firsts, lasts] = &self.v4;
        let behind = first + firsts[first..end].partition_point(|known| *known <= address);
        behind > 0 && address <= lasts[behind - 1]
    }

    /// A name that tells the set from others of the same plan.
    pub(crate) fn label(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (&self.v4, &self.v6).hash(&mut hasher);
        format!("in {} networks {:016x}", self.v4[0].len() + self.v6.len(), hasher.finish())
    }
}

/// The ranges in order, those that overlap or touch joined.
fn disjoint<T: Copy + Ord + From<u8>>(
    mut ranges: Vec<RangeInclusive<T>>,
    add: impl Fn(T, T) -> T,
) -> Vec<RangeInclusive<T>> {
    ranges.sort_unstable_by_key(|range| *range.start());
    let mut joined: Vec<RangeInclusive<T>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if *range.start() <= add(*last.end(), T::from(1)) => {
                *last = *last.start()..=*last.end().max(range.end());
            }
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::address_bits;

    fn set(networks: &[&str]) -> NetworkSet {
        NetworkSet::new(&networks.iter().map(|network| network.parse().unwrap()).collect::<Vec<_>>())
    }

    fn is_in(networks: &[&str], address: &str) -> bool {
        set(networks).contains(address_bits(address.parse().unwrap()))
    }

    #[test]
    fn an_address_is_found_in_overlapping_and_adjacent_networks() {
        let networks = ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "192.0.2.1/32", "192.0.2.7/32", "2001:db8::/32"];
        for (address, expected) in [
            ("9.255.255.255", false),
            ("10.0.0.0", true),
            ("10.1.2.3", true),
            ("11.255.255.255", true),
            ("12.0.0.0", false),
            ("192.0.2.0", false),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(is_in(&networks, address), expected, "{address}");
        }
        assert!(!is_in(&[], "10.0.0.1"));
    }

    #[test]
    fn no_ipv4_address_is_in_an_ipv6_network_nor_the_other_way_round() {
        assert!(is_in(&["::/0"], "::1") && is_in(&["::/0"], "2001:db8::1"));
        assert!(!is_in(&["::/0"], "10.0.0.1"));
        assert!(is_in(&["0.0.0.0/0"], "10.0.0.1") && is_in(&["0.0.0.0/0"], "255.255.255.255"));
        assert!(!is_in(&["0.0.0.0/0"], "::1"));
    }

    #[test]
    fn many_networks_are_found_as_few_are() {
        // Every fourth address of a range, and one network over several first halves.
        let mut networks: Vec<String> = (0..4_096_u32).map(|n| format!("10.0.{}.{}/32", n / 64, n % 64 * 4)).collect();
        networks.push("172.16.0.0/12".into());
        let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
        let set = set(&networks);
        let is_in = |address: &str| set.contains(address_bits(address.parse().unwrap()));
        for (address, expected) in [
            ("10.0.0.0", true),
            ("10.0.0.1", false),
            ("10.0.63.252", true),
            ("10.0.64.0", false),
            ("10.1.0.0", false),
            ("172.15.255.255", false),
            ("172.16.0.0", true),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("255.255.255.255", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_in(address), expected, "{address}");
        }
    }

    #[test]
    fn sets_of_one_meaning_have_one_label() {
        assert_eq!(set(&["10.0.0.0/9", "10.128.0.0/9"]).label(), set(&["10.0.0.0/8"]).label());
        assert_ne!(set(&["10.0.0.0/8"]).label(), set(&["11.0.0.0/8"]).label());
    }
}
