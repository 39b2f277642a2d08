//! The page for users of other tools: what they type there, and here.

use super::page::{Page, Part};

/// A tool, its description, and its queries, each with the sentence that means the same.
type Tool = (&'static str, &'static str, [(&'static str, &'static str); 10]);

const TOOLS: [Tool; 6] = [
    (
        "tcpdump",
        "A capture filter stands after `where`; several values stand in parentheses.",
        [
            ("host 10.1.10.10", "where host 10.1.10.10"),
            ("src host 10.1.10.10", "where src host 10.1.10.10"),
            ("net 10.0.0.0/8", "where net 10.0.0.0/8"),
            ("dst port 22", "where dst port 22"),
            ("tcp and not port 443", "where tcp and not port 443"),
            ("portrange 8000-8999", "where port 8000..8999"),
            ("src net 10.0.0.0/8 and dst port (80 or 443)", "where src net 10.0.0.0/8 and dst port (80, 443)"),
            ("tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "where flags S/SA"),
            ("icmp or udp port 53", "where icmp or udp and port 53"),
            ("-c 20 ip", "where ipv4 | limit 20"),
        ],
    ),
    (
        "nfdump",
        "Statistics are `top`, aggregation is `by`.",
        [
            ("proto tcp and dst port 22", "where tcp and dst port 22"),
            ("bytes > 1000000", "where bytes > 1000000"),
            ("flags S and not flags A", "where flags S/SA"),
            ("bps > 100k", "where bps > 100k"),
            ("-n 10 -s srcip/bytes", "top 10 src.addr by bytes"),
            ("-n 5 -s dstport/flows", "top 5 dst.port"),
            ("-A srcip,dstport", "count() as flows, sum(packets), sum(bytes) by src.addr, dst.port"),
            ("-A srcip4/24", "count() as flows, sum(packets), sum(bytes) by src.addr/24"),
            ("-B", "conversations by bytes"),
            ("-n 20 -s record/bytes", "sort bytes | limit 20"),
        ],
    ),
    (
        "wireshark",
        "Display filters, and three of its statistics.",
        [
            ("ip.addr == 10.1.10.10", "where addr = 10.1.10.10"),
            ("ip.src == 10.0.0.0/8", "where src.addr in 10.0.0.0/8"),
            ("tcp.dstport == 443", "where tcp and dst.port = 443"),
            ("tcp.port in {80, 443, 8000..8999}", "where tcp and port in (80, 443, 8000..8999)"),
            ("not icmp", "where not icmp"),
            ("tcp.flags.syn == 1 and tcp.flags.ack == 0", "where flags S/SA"),
            ("tcp.flags.reset == 1", "where flags has rst"),
            ("Statistics, Conversations", "conversations by bytes"),
            ("Statistics, Endpoints", "count() as flows, sum(bytes) by local.addr"),
            ("Statistics, I/O Graphs", "sum(bytes) by bin(1m) | chart"),
        ],
    ),
    (
        "insights",
        "CloudWatch Logs Insights; `flowlogs explain SENTENCE` shows its text for any sentence.",
        [
            ("filter dstPort = 22 | stats count(*) as flows", "where dst.port = 22 | count()"),
            ("filter protocol = 17 | stats count(*) as flows", "where udp | count()"),
            ("filter dstPort in [22, 3389] | stats count(*) as flows", "where dst.port in (22, 3389) | count()"),
            (
                "filter isIpv4InSubnet(srcAddr, \"10.0.0.0/8\") | stats count(*) as flows",
                "where src.addr in 10.0.0.0/8 | count()",
            ),
            (
                "filter action = \"REJECT\" | stats count(*) as flows by srcAddr | sort flows desc | limit 20",
                "where reject | top 20 src.addr",
            ),
            (
                "stats sum(bytes) as total by srcAddr, dstAddr | sort total desc | limit 10",
                "top 10 src.addr, dst.addr by bytes",
            ),
            (
                "stats count_distinct(dstPort) as ports by srcAddr | sort ports desc | limit 10",
                "distinct(dst.port) as ports by src.addr | sort ports | limit 10",
            ),
            ("stats max(bytes) as largest by dstPort", "max(bytes) by dst.port"),
            ("stats sum(bytes) as total by bin(5m) as slot", "sum(bytes) by bin(5m)"),
            (
                "stats sum(bytes) as total by srcAddr | filter total > 1000000",
                "sum(bytes) as total by src.addr | where total > 1000000",
            ),
        ],
    ),
    (
        "athena",
        "`WHERE` is `where`, `GROUP BY` is `by`, `HAVING` is a `where` after it.",
        [
            ("SELECT count(*) FROM logs WHERE action = 'REJECT'", "where reject | count()"),
            ("SELECT * FROM logs WHERE dstport IN (22, 3389) LIMIT 20", "where dst.port in (22, 3389) | limit 20"),
            ("SELECT * FROM logs WHERE dstport BETWEEN 8000 AND 8999", "where dst.port between 8000 and 8999"),
            (
                "SELECT srcaddr, bytes FROM logs ORDER BY bytes DESC LIMIT 10",
                "show src.addr, bytes | sort bytes | limit 10",
            ),
            ("SELECT srcaddr, sum(bytes) FROM logs GROUP BY srcaddr", "sum(bytes) by src.addr"),
            (
                "SELECT dstport, count(*) AS n FROM logs GROUP BY dstport HAVING count(*) > 100",
                "count() as n by dst.port | where n > 100",
            ),
            ("SELECT count(DISTINCT srcaddr) FROM logs", "distinct(src.addr)"),
            ("SELECT approx_percentile(bytes, 0.95) FROM logs", "p95(bytes)"),
            (
                "SELECT * FROM logs WHERE contains('10.0.0.0/8', CAST(srcaddr AS IPADDRESS))",
                "where src.addr in 10.0.0.0/8",
            ),
            ("SELECT * FROM logs WHERE srcaddr <> pkt_srcaddr", "where src.addr != pkt.src.addr"),
        ],
    ),
    (
        "go-tool",
        "The flags and variables of pete911/flowlogs work as they do there; as sentences they are:",
        [
            ("query vpc", "vpc"),
            ("query vpc --reject", "vpc where reject"),
            ("query vpc --ingress --accept", "vpc where ingress and accept"),
            ("query vpc --port 443", "vpc where port = 443"),
            ("query vpc --dst-port 22 --minutes 30", "vpc where dst.port = 22 last 30m"),
            ("query sg --addr 10.1.10.10", "sg where addr = 10.1.10.10"),
            ("query vpc --pkt-src-addr 10.1.10.10", "vpc where pkt.src.addr = 10.1.10.10"),
            ("query nat --protocol TCP", "nat where tcp"),
            ("query instance --limit 20", "instance | limit 20"),
            ("query vpc --ni-id eni-0a1b", "vpc where eni = eni-0a1b"),
        ],
    ),
];

pub(super) fn page() -> Page {
    let part = |(name, text, questions): Tool| {
        Part::new(name, text, questions.map(|(theirs, ours)| (theirs.to_string(), ours.to_string())))
    };
    Page {
        name: "coming-from",
        about: "Questions in the words of other tools, and as sentences.",
        parts: TOOLS.into_iter().map(part).collect(),
    }
}
