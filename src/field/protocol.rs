//! Protocol keywords and port names: the program's own tables, never the host's, so that a
//! sentence means the same on every machine.

/// Protocols whose records have ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
pub const PORTED_PROTOCOLS: [i64; 5] = [6, 17, 33, 132, 136];

/// Ports that only services listen on: <https://www.rfc-editor.org/rfc/rfc6335#section-6>.
pub const SYSTEM_PORTS: std::ops::RangeInclusive<u16> = 0..=1023;

/// Keywords by number; empty where the registry has none.
///
/// Source: <https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml>.
const PROTOCOLS: [&str; 146] = [
    "HOPOPT",
    "ICMP",
    "IGMP",
    "GGP",
    "IPv4",
    "ST",
    "TCP",
    "CBT",
    "EGP",
    "IGP",
    "BBN-RCC-MON",
    "NVP-II",
    "PUP",
    "ARGUS",
    "EMCON",
    "XNET",
    "CHAOS",
    "UDP",
    "MUX",
    "DCN-MEAS",
    "HMP",
    "PRM",
    "XNS-IDP",
    "TRUNK-1",
    "TRUNK-2",
    "LEAF-1",
    "LEAF-2",
    "RDP",
    "IRTP",
    "ISO-TP4",
    "NETBLT",
    "MFE-NSP",
    "MERIT-INP",
    "DCCP",
    "3PC",
    "IDPR",
    "XTP",
    "DDP",
    "IDPR-CMTP",
    "TP++",
    "IL",
    "IPv6",
    "SDRP",
    "IPv6-Route",
    "IPv6-Frag",
    "IDRP",
    "RSVP",
    "GRE",
    "DSR",
    "BNA",
    "ESP",
    "AH",
    "I-NLSP",
    "SWIPE",
    "NARP",
    "MOBILE",
    "TLSP",
    "SKIP",
    "IPv6-ICMP",
    "IPv6-NoNxt",
    "IPv6-Opts",
    "",
    "CFTP",
    "",
    "SAT-EXPAK",
    "KRYPTOLAN",
    "RVD",
    "IPPC",
    "",
    "SAT-MON",
    "VISA",
    "IPCV",
    "CPNX",
    "CPHB",
    "WSN",
    "PVP",
    "BR-SAT-MON",
    "SUN-ND",
    "WB-MON",
    "WB-EXPAK",
    "ISO-IP",
    "VMTP",
    "SECURE-VMTP",
    "VINES",
    "IPTM",
    "NSFNET-IGP",
    "DGP",
    "TCF",
    "EIGRP",
    "OSPFIGP",
    "Sprite-RPC",
    "LARP",
    "MTP",
    "AX.25",
    "IPIP",
    "MICP",
    "SCC-SP",
    "ETHERIP",
    "ENCAP",
    "",
    "GMTP",
    "IFMP",
    "PNNI",
    "PIM",
    "ARIS",
    "SCPS",
    "QNX",
    "A/N",
    "IPComp",
    "SNP",
    "Compaq-Peer",
    "IPX-in-IP",
    "VRRP",
    "PGM",
    "",
    "L2TP",
    "DDX",
    "IATP",
    "STP",
    "SRP",
    "UTI",
    "SMP",
    "SM",
    "PTP",
    "ISIS",
    "FIRE",
    "CRTP",
    "CRUDP",
    "SSCOPMCE",
    "IPLT",
    "SPS",
    "PIPE",
    "SCTP",
    "FC",
    "RSVP-E2E-IGNORE",
    "Mobility-Header",
    "UDPLite",
    "MPLS-in-IP",
    "manet",
    "Shim6",
    "WESP",
    "ROHC",
    "Ethernet",
    "AGGFRAG",
    "NSH",
    "Homa",
];

/// Other names that people type for a keyword.
const PROTOCOL_ALIASES: &[(&str, i64)] =
    &[("icmp6", 58), ("icmpv6", 58), ("udp-lite", 136), ("ospf", 89), ("ipsec", 50)];

/// Well-known ports and those that engineers ask AWS networks about.
///
/// Source: <https://www.iana.org/assignments/service-names-port-numbers/>; for names that the
/// registry lacks, the product's own default port.
const PORTS: &[(&str, u16)] = &[
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("dns", 53),
    ("domain", 53),
    ("dhcp", 67),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("http", 80),
    ("kerberos", 88),
    ("pop3", 110),
    ("sunrpc", 111),
    ("ntp", 123),
    ("epmap", 135),
    ("netbios-ns", 137),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("snmp", 161),
    ("snmptrap", 162),
    ("bgp", 179),
    ("ldap", 389),
    ("https", 443),
    ("smb", 445),
    ("microsoft-ds", 445),
    ("submissions", 465),
    ("isakmp", 500),
    ("syslog", 514),
    ("submission", 587),
    ("ldaps", 636),
    ("dns-over-tls", 853),
    ("rsync", 873),
    ("imaps", 993),
    ("pop3s", 995),
    ("openvpn", 1194),
    ("mssql", 1433),
    ("ms-sql-s", 1433),
    ("oracle", 1521),
    ("radius", 1812),
    ("mqtt", 1883),
    ("nfs", 2049),
    ("zookeeper", 2181),
    ("docker", 2375),
    ("etcd", 2379),
    ("squid", 3128),
    ("mysql", 3306),
    ("rdp", 3389),
    ("ms-wbt-server", 3389),
    ("ipsec-nat-t", 4500),
    ("sip", 5060),
    ("mdns", 5353),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("amqp", 5672),
    ("vnc", 5900),
    ("winrm", 5985),
    ("redis", 6379),
    ("kubernetes-api", 6443),
    ("cassandra", 9042),
    ("kafka", 9092),
    ("elasticsearch", 9200),
    ("memcached", 11211),
    ("mongodb", 27017),
];

/// The keyword of a protocol number, where the registry has one.
#[must_use]
pub fn protocol_word(number: i64) -> Option<&'static str> {
    let word = PROTOCOLS.get(usize::try_from(number).ok()?)?;
    (!word.is_empty()).then_some(*word)
}

/// The number of a protocol keyword or alias; case does not count.
#[must_use]
pub fn protocol_named(word: &str) -> Option<i64> {
    let alias = PROTOCOL_ALIASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, number)| *number);
    alias.or_else(|| {
        let index = PROTOCOLS.iter().position(|name| !name.is_empty() && name.eq_ignore_ascii_case(word))?;
        i64::try_from(index).ok()
    })
}

/// Every protocol keyword and alias.
pub fn protocol_words() -> impl Iterator<Item = &'static str> {
    let aliases = PROTOCOL_ALIASES.iter().map(|(name, _)| *name);
    PROTOCOLS.into_iter().filter(|name| !name.is_empty()).chain(aliases)
}

/// The port that has this name; case does not count.
#[must_use]
pub fn port_named(name: &str) -> Option<u16> {
    PORTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, port)| *port)
}

/// Every port name with its number, by number.
pub fn port_names() -> impl Iterator<Item = (&'static str, u16)> {
    PORTS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Spot checks against the registry: a list shifted by one would fail after the shift.
    #[test]
    fn keywords_stand_at_their_number() {
        for (number, word) in [
            (0, "HOPOPT"),
            (1, "ICMP"),
            (6, "TCP"),
            (17, "UDP"),
            (33, "DCCP"),
            (41, "IPv6"),
            (47, "GRE"),
            (50, "ESP"),
            (58, "IPv6-ICMP"),
            (89, "OSPFIGP"),
            (94, "IPIP"),
            (103, "PIM"),
            (112, "VRRP"),
            (115, "L2TP"),
            (132, "SCTP"),
            (136, "UDPLite"),
            (142, "Ethernet"),
            (145, "Homa"),
        ] {
            assert_eq!(protocol_word(number), Some(word));
            assert_eq!(protocol_named(&word.to_lowercase()), Some(number));
        }
        assert_eq!(protocol_word(253), None);
        assert_eq!(protocol_word(-1), None);
    }

    #[test]
    fn names_are_unique_and_ports_are_sorted() {
        let mut words: Vec<String> = protocol_words().map(str::to_lowercase).collect();
        words.sort();
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "a protocol word stands twice");
        assert!(PORTS.is_sorted_by_key(|(_, port)| *port));
        let mut names: Vec<&str> = PORTS.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a port name stands twice");
    }
}
