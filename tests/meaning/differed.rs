//! Sentences whose emitted text once had another meaning: run over every kind of record, whatever the random tests
//! draw.

/// The sentences, grouped by the mistake.
pub(crate) const DIFFERED: [(&str, &[&str]); 12] = [
    (
        "a time after an aggregation was compared in seconds",
        &[
            "min(time) as first by eni | where first < 2026-11-23T01:10:00Z",
            "max(time) as z by src.addr | where z > 2026-11-23T01:10:00Z",
            "max(time) as z by eni | where z != 2026-11-23T01:10:00Z",
            "min(time) as first | where first < 2026-11-23T01:10:00Z",
            "min(start) as first by eni | where first < 2026-11-23T01:10:00Z",
        ],
    ),
    (
        "a time among the keys was compared in seconds",
        &[
            "count() by time | where time < 2026-11-23T01:10:00Z",
            "count() by time | where time = 2026-11-23T00:11:40Z",
            "count() by start, eni | where start > 2026-11-23T01:10:00Z",
        ],
    ),
    ("an alias was the name of the bin", &["count() as bin_10m by bin(10m)"]),
    (
        "a filter that no group passes named a field of records",
        &[
            "count() by eni | where count > 5 and count < 3",
            "count() as n | where n > 5 and n < 3",
            "count() by bin(5m) | where not bin exists",
            "count() by bin(5m) | where bin exists",
            "count() by time | where not time exists",
        ],
    ),
    (
        "absent values came first and filled the limit",
        &[
            "show instance, bytes | sort instance asc, bytes asc | limit 10",
            "show path, bytes | sort path asc, bytes asc | limit 8",
            "show bytes | sort bytes asc | limit 5",
            "show eni | sort bytes asc | limit 7",
            "show flags, bytes | sort flags asc, bytes asc | limit 12",
            "show duration | sort duration asc | limit 5",
            "show remote.port, bytes | sort remote.port asc, bytes asc | limit 12",
            "where instance exists | show instance, bytes | sort instance asc, bytes asc | limit 6",
            "count() by instance | sort instance asc | limit 1",
            "count() by path | sort path asc | limit 2",
            "count() by dst.port | sort dst.port asc | limit 3",
            "count() by local.port | sort local.port asc | limit 3",
            "min(bytes) as m by eni, dst.port | sort m asc | limit 4",
            "sum(bytes) as s by src.addr, dst.port | sort s asc | limit 4",
            "avg(bytes) as bytes by src.addr, dst.port | sort bytes asc, src.addr asc | limit none",
        ],
    ),
    (
        "addresses of IPv6 have another order",
        &[
            "show src.addr, bytes | sort src.addr desc | limit 9",
            "show remote.addr, bytes | sort remote.addr asc | limit 12",
            "count() by src.addr | sort src_addr asc | limit 10",
        ],
    ),
    (
        "the `-` of bytes was counted as a value",
        &[
            "distinct(bytes), distinct(packets)",
            "distinct(bytes) by action",
            "distinct(src.addr), distinct(dst.addr), distinct(packets)",
        ],
    ),
    (
        "the `-` of bytes was the least number",
        &[
            "min(bytes)",
            "min(packets)",
            "min(bytes) by action",
            "min(packets) as lo, max(packets) as hi by eni",
            "min(bytes) as m by action | where m < 100",
            "max(bytes) as m by src.addr | where m exists",
            "max(bytes) as m by src.addr, dst.port | where not m exists",
            "where reject | count(), sum(bytes), avg(bytes), min(bytes), max(bytes)",
        ],
    ),
    (
        "an alias was the name of something computed",
        &[
            "avg(duration) as duration by eni",
            "avg(duration) as duration",
            "max(duration) as duration by local.addr",
            "sum(bytes) as remote_addr, distinct(remote.addr) as d",
            "count() as local_port, distinct(local.port) as x by eni",
            "distinct(instance) as instance_absent",
            "min(bytes) as no_bytes by eni | sort no_bytes asc",
        ],
    ),
    (
        "a record without a direction had the sides of one that leaves",
        &[
            "count() by remote.addr",
            "count() by local.port, action",
            "show bytes, local.addr, remote.port",
            "distinct(remote.addr)",
            "count() by remote.port | where remote_port < 1024 and count > 0",
            "where not local.port < 1024 | show bytes, local.port",
            "distinct(local.addr) by eni",
            "top 100 remote.addr by bytes",
        ],
    ),
    (
        "a MAC address was an address",
        &[
            "count() by src.addr",
            "distinct(src.addr)",
            "count() by remote.addr, dst.addr",
            "distinct(pkt.src.addr) by eni",
        ],
    ),
    (
        "the sum over nothing may be 0",
        &[
            "sum(bytes) by src.addr, dst.port",
            "top 50 src.addr by bytes",
            "sum(bytes) as t by src.addr, dst.port | where t exists",
            "sum(bytes) as t by src.addr, dst.port | where not t exists",
            "sum(bytes) as t by src.addr, dst.port | where t = 0",
            "where proto = 253 | count(), sum(packets) by action",
        ],
    ),
];
