//! Words of the language that are neither fields nor functions.

/// Words that are tests by themselves.
pub const TEST_WORDS: [&str; 12] =
    ["accept", "reject", "ingress", "egress", "tcp", "udp", "icmp", "icmp6", "ipv4", "ipv6", "nodata", "skipdata"];

/// The letters of TCP flags, lowest bit first, as pf has them.
///
/// Source: <https://man.openbsd.org/pf.conf#flags>.
pub const FLAG_LETTERS: [char; 8] = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'W'];
