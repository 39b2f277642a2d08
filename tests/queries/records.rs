//! Made-up records, as a file and as the service have them.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use flowlogs::field::Field;

/// The fields of the flow logs that are created, without those of ECS.
pub(crate) const FIELDS: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
                      action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region \
                      az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction \
                      traffic-path reject-reason";

/// The log format with these fields.
pub(crate) fn format(fields: &str) -> String {
    let fields: Vec<String> = fields.split_whitespace().map(|field| format!("${{{field}}}")).collect();
    fields.join(" ")
}

/// Some of the fields, in an order that no default format has.
pub(crate) const FIELDS_OF_A_FEW: &str = "srcaddr dstport protocol bytes start end action log-status";

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Records of the last hour, up to ten minutes ago.
pub(crate) struct Records {
    lines: Vec<String>,
    from: i64,
    until: i64,
}

impl Records {
    pub(crate) fn new(count: i64) -> Self {
        let until = now() - 600;
        Self::between(until - 2_400, until, count)
    }

    /// Records of some seconds.
    pub(crate) fn between(from: i64, until: i64, count: i64) -> Self {
        let line = |number: i64| line(number, from + number * (until - from) / count);
        Self { lines: (0..count).map(line).collect(), from, until }
    }

    /// The same in a network's VPC and subnet.
    pub(crate) fn of(mut self, vpc: &str, subnet: &str) -> Self {
        for line in &mut self.lines {
            *line = line.replace(" vpc-1 subnet-1 ", &format!(" {vpc} {subnet} "));
        }
        self
    }

    /// The window that they are in, in the notation of sentences.
    pub(crate) fn window(&self) -> (String, String) {
        let text = |second| jiff::Timestamp::from_second(second).unwrap().to_string();
        (text(self.from), text(self.until))
    }

    /// The records as a file with a header line.
    pub(crate) fn text(&self) -> String {
        let mut text = FIELDS.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in &self.lines {
            write!(text, "\n{line}").unwrap();
        }
        text + "\n"
    }

    /// The number of records of traffic.
    pub(crate) fn lines_ok(&self) -> usize {
        self.lines.iter().filter(|line| line.contains(" OK ")).count()
    }

    /// Records of [`FIELDS_OF_A_FEW`] in the service, which finds none of their fields.
    pub(crate) fn text_events(&self) -> Vec<Vec<(String, String)>> {
        let places: Vec<usize> = FIELDS_OF_A_FEW
            .split(' ')
            .map(|name| FIELDS.split_whitespace().position(|known| known == name).unwrap())
            .collect();
        let event = |line: &String| {
            let values: Vec<&str> = line.split(' ').collect();
            let text: Vec<&str> = places.iter().map(|place| values[*place]).collect();
            vec![("@timestamp".into(), format!("{}000", values[10])), ("@message".into(), text.join(" "))]
        };
        self.lines.iter().map(event).collect()
    }

    /// Records in the service, which finds only these fields.
    pub(crate) fn found_events(&self, found: &[&str]) -> Vec<Vec<(String, String)>> {
        let mut events = self.events();
        for event in &mut events {
            event.retain(|(name, _)| name.starts_with('@') || found.contains(&name.as_str()));
        }
        events
    }

    /// Records in the service, with few fields: there may be many records.
    pub(crate) fn bare_events(&self) -> Vec<Vec<(String, String)>> {
        let event = |line: &String| {
            let values: Vec<&str> = line.split(' ').collect();
            let time = format!("{}000", values[10]);
            let pairs = [("@timestamp", time.as_str()), ("bytes", values[9]), ("logStatus", "OK")];
            pairs.map(|(name, text)| (name.to_string(), text.to_string())).to_vec()
        };
        self.lines.iter().map(event).collect()
    }

    /// Records in the service.
    pub(crate) fn events(&self) -> Vec<Vec<(String, String)>> {
        let names: Vec<&str> = FIELDS.split_whitespace().collect();
        let event = |line: &String| {
            let pair = |(name, text): (&&str, &str)| {
                (Field::of_record(name).unwrap().info().insights.to_string(), text.to_string())
            };
            let mut event: Vec<(String, String)> = names.iter().zip(line.split(' ')).map(pair).collect();
            let start = line.split(' ').nth(10).unwrap();
            event.push(("@timestamp".into(), format!("{start}000")));
            event.push(("@message".into(), line.clone()));
            event
        };
        self.lines.iter().map(event).collect()
    }
}

/// One record; its values depend on its number alone.
fn line(number: i64, start: i64) -> String {
    // A linear congruence, so that neighbours differ; Knuth's multiplier.
    let mix =
        (number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).unsigned_abs();
    let of = |count: u64, by: u64| mix / by % count;
    let eni = format!("eni-{:02}", of(6, 7));
    let end = start + 59;
    if of(40, 3) == 0 {
        let rest = "- - - - - - - - - - - - - - - -";
        return format!("5 123456789012 {eni} - - - - - - - {start} {end} - NODATA {rest}");
    }
    let is_in = of(2, 11) == 0;
    let inside = format!("10.0.{}.{}", of(4, 13), of(200, 17));
    let outside = match of(5, 19) {
        0 => format!("198.51.100.{}", of(250, 23)),
        1 => format!("10.1.0.{}", of(250, 29)),
        2 => format!("2001:db8::{:x}", of(4_000, 31)),
        _ => format!("203.0.113.{}", of(60, 37)),
    };
    let (source, target) = if is_in { (&outside, &inside) } else { (&inside, &outside) };
    let protocol = [6, 6, 6, 17, 1, 58][usize::try_from(of(6, 41)).unwrap()];
    let (source_port, port) = match protocol {
        1 | 58 => (0, 0),
        _ => (1024 + of(60_000, 43), [443, 22, 53, 8080, 8443, 3389][usize::try_from(of(6, 47)).unwrap()]),
    };
    let flags =
        if protocol == 6 { [0, 2, 3, 18, 19, 4][usize::try_from(of(6, 53)).unwrap()].to_string() } else { "-".into() };
    let action = if of(4, 59) == 0 { "REJECT" } else { "ACCEPT" };
    let packets = 1 + of(50, 61);
    let bytes = packets * (40 + of(1_400, 67));
    let kind = if outside.contains(':') { "IPv6" } else { "IPv4" };
    let direction = if is_in { "ingress" } else { "egress" };
    let path = if is_in { "-".to_string() } else { (1 + of(8, 71)).to_string() };
    let service = if of(9, 73) == 0 { "S3" } else { "-" };
    format!(
        "5 123456789012 {eni} {source} {target} {source_port} {port} {protocol} {packets} {bytes} {start} {end} {action} OK \
         vpc-1 subnet-1 - {flags} {kind} {source} {target} eu-north-1 eun1-az1 - - - {service} {direction} {path} -"
    )
}

/// A record of traffic in the service: these values, and some of the other fields.
pub(crate) fn event(values: &[(&str, &str)]) -> Vec<(String, String)> {
    let value = |name: &str| match values.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => (*value).to_string(),
        None if name == "log-status" => "OK".into(),
        None if name == "flow-direction" => "ingress".into(),
        None if ["srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"].contains(&name) => "10.0.0.9".into(),
        None => "6".into(),
    };
    let names: Vec<&str> = FIELDS.split_whitespace().collect();
    let insights = |name: &&str| Field::of_record(name).unwrap().info().insights.to_string();
    let mut event: Vec<(String, String)> = names.iter().map(|name| (insights(name), value(name))).collect();
    event.push(("@timestamp".into(), format!("{}000", value("start"))));
    event.push(("@message".into(), names.iter().map(|name| value(name)).collect::<Vec<_>>().join(" ")));
    event
}
