//! Cases worked out by hand from the service's documentation.

use super::{Dash, Log, MissingTest, Mixed, NotNull, Query, Settings, SumOfNothing, run};

const PLAIN: Settings = Settings {
    missing: MissingTest::False,
    not_null: NotNull::Null,
    dash: Dash::Text,
    mixed: Mixed::Missing,
    sum_of_nothing: SumOfNothing::Null,
};

/// Five events, known by their bytes.
fn log(dash: Dash) -> Log {
    let records = [
        [("@timestamp", "1000"), ("bytes", "1"), ("srcAddr", "10.0.0.1"), ("dstPort", "22"), ("action", "ACCEPT")],
        [("@timestamp", "61000"), ("bytes", "2"), ("srcAddr", "110.0.0.1"), ("dstPort", "-"), ("action", "REJECT")],
        [("@timestamp", "62000"), ("bytes", "3"), ("srcAddr", "2001:db8::1"), ("dstPort", "443"), ("action", "-")],
        [("@timestamp", "63000"), ("bytes", "4"), ("srcAddr", "-"), ("dstPort", "9"), ("action", "ACCEPT")],
        [("@timestamp", "64000"), ("bytes", "5"), ("srcAddr", "9.0.0.1"), ("dstPort", "22"), ("action", "ACCEPT")],
    ];
    Log::new(records, dash).unwrap()
}

fn rows(text: &str, settings: Settings) -> Vec<String> {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let answer = run(&query, &log(settings.dash), settings);
    let line = |cells: &[(String, String)]| cells.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
    answer.rows.iter().take(query.limit).map(|row| line(&row.cells)).collect()
}

fn bytes(filter: &str, settings: Settings) -> String {
    rows(&format!("fields bytes | filter {filter} | sort bytes asc | limit 10"), settings).concat()
}

#[test]
fn tests_pass_the_events_that_the_documentation_says() {
    for (filter, expected) in [
        ("dstPort = 22", "15"),
        ("dstPort in [22, 443]", "135"),
        ("dstPort not in [22, 443]", "24"),
        ("(isNumeric(dstPort)) and (dstPort < 100)", "145"),
        ("isIpv4InSubnet(srcAddr, \"10.0.0.0/8\")", "1"),
        ("isIpv6InSubnet(srcAddr, \"2001:db8::/32\")", "3"),
        ("not (isValidIp(srcAddr))", "4"),
        ("isValidIpV4(srcAddr)", "125"),
        ("srcAddr like \"10.0\"", "12"),
        ("srcAddr like /^(?i)1/", "12"),
        ("srcAddr =~ /:/", "3"),
        ("action != \"ACCEPT\"", "23"),
        ("(floor(bytes / 2)) = 1", "23"),
        ("(bytes % 2) = 1", "135"),
        ("toMillis(@timestamp) >= 62000", "345"),
        ("if(action = \"ACCEPT\", bytes, dstPort) = 5", "5"),
        ("not (ispresent(vpcId))", "12345"),
    ] {
        assert_eq!(bytes(filter, PLAIN), expected, "{filter}");
    }
}

#[test]
fn settings_decide_what_is_unsettled() {
    let with = |missing, not_null| Settings { missing, not_null, ..PLAIN };
    let filter = "not (vpcId = \"a\")";
    assert_eq!(bytes(filter, with(MissingTest::False, NotNull::Null)), "12345");
    assert_eq!(bytes(filter, with(MissingTest::Null, NotNull::Null)), "");
    assert_eq!(bytes(filter, with(MissingTest::Null, NotNull::True)), "12345");
    assert_eq!(bytes("vpcId != \"a\"", with(MissingTest::Opposite, NotNull::Null)), "12345");
    assert_eq!(bytes("vpcId != \"a\"", with(MissingTest::False, NotNull::Null)), "");
    assert_eq!(bytes("dstPort < 100", Settings { mixed: Mixed::AsText, ..PLAIN }), "1245");
    assert_eq!(bytes("dstPort < 100", PLAIN), "145");
    assert_eq!(bytes("ispresent(action)", Settings { dash: Dash::Dropped, ..PLAIN }), "1245");
    assert_eq!(Settings::all().len(), 26);
}

#[test]
fn stats_group_and_count() {
    assert_eq!(
        rows("stats count(*) as flows, sum(bytes) as total by action | sort flows desc | limit 10", PLAIN),
        ["ACCEPT 3 10", "- 1 3", "REJECT 1 2"]
    );
    assert_eq!(
        rows("stats sum(bytes) as total by bin(1m) as t | sort t asc | limit 10", PLAIN),
        ["1970-01-01 00:00:00.000 1", "1970-01-01 00:01:00.000 14"]
    );
    assert_eq!(
        rows("stats avg(bytes) as a, pct(bytes, 50) as b, min(dstPort) as c, max(dstPort) as d | limit 1", PLAIN),
        ["3 3 - 443"]
    );
    assert_eq!(rows("stats min(dstPort * 1) as c | limit 1", PLAIN), ["9"]);
    assert_eq!(rows("filter dstPort = \"-\" | stats sum(dstPort) as s | limit 1", PLAIN), [""]);
    let zero = Settings { sum_of_nothing: SumOfNothing::Zero, ..PLAIN };
    assert_eq!(rows("filter dstPort = \"-\" | stats sum(dstPort) as s | limit 1", zero), ["0"]);
    let dropped = Settings { dash: Dash::Dropped, ..PLAIN };
    assert_eq!(rows("stats count_distinct(action) as n | limit 1", PLAIN), ["3"]);
    assert_eq!(rows("stats count_distinct(action) as n | limit 1", dropped), ["2"]);
    assert_eq!(rows("filter bytes = 9 | stats count(*) as n, sum(bytes) as s | limit 1", PLAIN), ["0"]);
    assert_eq!(rows("stats count(*) as n by vpcId | sort n desc | limit 1", PLAIN), ["5"]);
}

#[test]
fn the_natural_order_puts_digit_runs_by_length() {
    assert_eq!(
        rows("fields srcAddr | sort srcAddr asc | limit 10", PLAIN),
        ["-", "9.0.0.1", "10.0.0.1", "110.0.0.1", "2001:db8::1"]
    );
    assert_eq!(rows("fields dstPort | sort dstPort desc | limit 2", PLAIN), ["443", "22"]);
    assert_eq!(rows("fields dstPort | sort dstPort asc | limit 2", PLAIN), ["-", "9"]);
}

#[test]
fn a_point_in_time_is_compared_in_milliseconds() {
    let first = "stats min(@timestamp) as first by action";
    assert_eq!(rows(&format!("{first} | filter first < 2 | limit 9"), PLAIN), [""; 0]);
    assert_eq!(
        rows(&format!("{first} | filter toMillis(first) < 2000 | limit 9"), PLAIN),
        ["ACCEPT 1970-01-01 00:00:01.000"]
    );
}

#[test]
fn what_is_unsafe_or_unknown_is_refused() {
    for text in [
        "fields bytes",
        "fields bytes | limit 0",
        "fields bytes | limit 100001",
        "fields bytes | limit 1 | limit 2",
        "fields bytes | sort bytes | limit 1",
        "fields bytes | sort bytes desc | filter bytes = 1 | limit 1",
        "fields bytes | filter bytes == 1 | limit 1",
        "fields bytes | filter bytes = 1 and bytes = 2 | limit 1",
        "fields bytes | filter (bytes = 1) and (bytes = 2) or (bytes = 3) | limit 1",
        "fields bytes | filter not bytes = 1 | limit 1",
        "fields bytes | filter bytes | limit 1",
        "fields bytes | filter nobody = 1 | limit 1",
        "fields bytes | filter action > \"A\" | limit 1",
        "fields bytes | filter action = 'A' | limit 1",
        "fields bytes | filter action = \"a\\b\" | limit 1",
        "fields bytes | filter action = \"a\\\" | limit 1",
        "fields bytes | filter action like /a\\x2fb/ | limit 1",
        "fields bytes | filter 1 = 1 | limit 1",
        "stats count(*) as n by action | filter ispresent(@timestamp) | limit 1",
        "fields bytes | filter action like /a/i | limit 1",
        "fields bytes | filter action like /a[/ | limit 1",
        "fields bytes | filter isIpv4InSubnet(srcAddr, \"10.0.0.1/8\") | limit 1",
        "fields bytes | filter isIpv4InSubnet(srcAddr, \"::/8\") | limit 1",
        "fields bytes | filter isIpv4InSubnet(srcAddr, \"10.0.0.0/33\") | limit 1",
        "fields bytes | filter isPrivateIP(srcAddr) | limit 1",
        "fields bytes, bytes | limit 1",
        "fields bytes + 1 | limit 1",
        "fields bytes + 1 as packets | limit 1",
        "fields bytes + 1 as count | limit 1",
        "fields bytes + 1 as x, bytes + 2 as x | limit 1",
        "fields bytes * 2 + 1 as x | limit 1",
        "filter bytes = 1 | limit 1",
        "stats count(*) | limit 1",
        "stats count(*) as n by bin(5m) | limit 1",
        "stats count(*) as n by bin(300s) as t | limit 1",
        "stats count(*) as n by bin(90m) as t | limit 1",
        "stats count(*) as n by bin(7m) as t | limit 1",
        "stats sum(bytes) as bytes | limit 1",
        "stats sum(bytes) as n | sort bytes desc | limit 1",
        "stats sum(bytes) as n by action | fields action | limit 1",
        "fields bytes + 1 as x | stats sum(x) as x | limit 1",
        "stats count(*) as n by action | sort bin(1d) desc | limit 1",
        "fields bytes # all | limit 1",
        "fields bytes | dedup action | limit 1",
        "",
    ] {
        assert!(Query::parse(text).is_err(), "{text}");
    }
    let long = format!("fields bytes | filter bytes in [{}1] | limit 1", "1, ".repeat(3400));
    assert!(Query::parse(&long).is_err());
}

#[test]
fn subnets_hold_their_own_family_only() {
    for (filter, expected) in [
        ("isIpInSubnet(srcAddr, \"0.0.0.0/0\")", "125"),
        ("isIpInSubnet(srcAddr, \"::/0\")", "3"),
        ("isIpv4InSubnet(srcAddr, \"10.0.0.1/32\")", "1"),
        ("isIpv6InSubnet(srcAddr, \"2001:db8::1/128\")", "3"),
    ] {
        assert_eq!(bytes(filter, PLAIN), expected, "{filter}");
    }
}

#[test]
fn an_answer_knows_what_it_was_made_from() {
    let (log, settings) = (log(Dash::Text), PLAIN);
    assert_eq!(log.len(), 5);
    let groups = Query::parse("filter dstPort = 22 | stats count(*) as n | limit 1").unwrap();
    assert!(groups.has_stats() && groups.sort_keys() == 0);
    assert_eq!(run(&groups, &log, settings).matched, 2);
    let events = Query::parse("fields bytes | filter dstPort = 22 | sort bytes desc | limit 1").unwrap();
    let answer = run(&events, &log.within(2, 64), settings);
    assert_eq!((answer.matched, answer.rows[0].event, events.limit), (1, Some(3), 1));
    assert_eq!(answer.rows[0].order, [("bytes".to_string(), Some("5".to_string()))]);
}
