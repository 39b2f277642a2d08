//! Words of the language that are neither fields nor functions.

/// Words that are tests by themselves.
pub const TEST_WORDS: [&str; 14] = [
    "accept", "reject", "ingress", "egress", "request", "response", "tcp", "udp", "icmp", "icmp6", "ipv4", "ipv6",
    "nodata", "skipdata",
];

/// Words that name an end of the flow.
pub const SIDES: [&str; 8] = ["src", "dst", "local", "remote", "client", "server", "pkt.src", "pkt.dst"];

/// The letters of TCP flags, lowest bit first, as pf has them.
///
/// Source: <https://man.openbsd.org/pf.conf#flags>.
pub const FLAG_LETTERS: [char; 8] = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'W'];
