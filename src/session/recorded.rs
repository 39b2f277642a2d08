//! The records of a connection that was judged by the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::account::why::{Answer, End, INTERNET, Question, Service};
use crate::value::{Rows, Value};

/// The most interfaces in the query.
const MOST_INTERFACES: usize = 200;

/// A sentence about the records of a connection, and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The sentence.
    pub sentence: String,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// The records of a connection at an interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The interface's id.
    pub interface: String,
    /// Whether these are the packets of answers.
    pub is_answer: bool,
    /// `ACCEPT` or `REJECT`.
    pub action: String,
    /// Flow log records.
    pub flows: i64,
    /// Packets.
    pub packets: i64,
    /// The end of the last record.
    pub last: Value,
}

impl Asked {
    /// The sentence for the records in a window such as `last 1h`, at the clients, the servers or both (`at`); `None`
    /// if there are no interfaces, or too many.
    #[must_use]
    pub fn new(answer: &Answer<'_>, question: &Question, window: &str, at: [bool; 2]) -> Option<Self> {
        let meant = answer.ends.iter().zip(at).filter(|(_, is_meant)| *is_meant);
        let interfaces: BTreeSet<&str> =
            meant.flat_map(|(ends, _)| ends).filter_map(|end| Some(end.interface?.id.as_str())).collect();
        if interfaces.is_empty() || interfaces.len() > MOST_INTERFACES {
            return None;
        }
        let enis: Vec<String> = interfaces.iter().map(|id| format!("\"{}\"", id.replace(['"', '\\'], ""))).collect();
        let mut parameters = BTreeMap::new();
        let [clients, servers] = ["client", "server"].map(|side| format!("${side}s"));
        let [out, back] = [["src", "dst"], ["dst", "src"]].map(|[client, server]| {
            let of = |place: usize, side: &str, list: &str| {
                if is_internet(&answer.ends[place]) {
                    format!("{side} public")
                } else {
                    format!("{side}.addr in {list}")
                }
            };
            let service = question.service.as_ref().map_or_else(String::new, |service| about(service, server));
            format!("{} and {}{service}", of(0, client, &clients), of(1, server, &servers))
        });
        for (ends, name) in answer.ends.iter().zip(["clients", "servers"]) {
            if !is_internet(ends) {
                let addresses: BTreeSet<IpAddr> = ends.iter().flat_map(addresses).collect();
                parameters.insert(name.to_string(), addresses.iter().map(ToString::to_string).collect());
            }
        }
        let side = Self::telling(answer);
        let sentence = format!(
            "eni {} where ({out}) or ({back}) {window} | count() as flows, sum(packets) as packets, max(end) as last \
             by eni, action, {side} | limit none",
            enis.join(", ")
        );
        Some(Self { sentence, parameters })
    }

    /// The field that distinguishes requests from answers.
    fn telling(answer: &Answer<'_>) -> &'static str {
        if is_internet(&answer.ends[0]) { "dst.addr" } else { "src.addr" }
    }
}

/// Reads the rows of [`Asked::sentence`], by interface.
#[must_use]
pub fn seen(rows: &Rows, answer: &Answer<'_>) -> Vec<Seen> {
    // The field is the source address of requests, or their destination if the clients are the internet.
    let of_requests: BTreeSet<IpAddr> = {
        let ends = if is_internet(&answer.ends[0]) { &answer.ends[1] } else { &answer.ends[0] };
        ends.iter().flat_map(addresses).collect()
    };
    let mut found: BTreeMap<(String, bool, String), Seen> = BTreeMap::new();
    for row in &rows.rows {
        let [Value::Text(interface), action, Value::Address(address), flows, packets, last] = row.as_slice() else {
            continue;
        };
        let is_answer = !of_requests.contains(address);
        let action = if let Value::Text(action) = action { action.to_string() } else { String::new() };
        let interface = interface.to_string();
        let number = |value: &Value| if let Value::Int(number) = value { *number } else { 0 };
        let seen = found.entry((interface.clone(), is_answer, action.clone())).or_insert(Seen {
            interface,
            is_answer,
            action,
            flows: 0,
            packets: 0,
            last: Value::Absent,
        });
        seen.flows += number(flows);
        seen.packets += number(packets);
        if let (Value::Time(time), true) = (last, time_of(last) > time_of(&seen.last)) {
            seen.last = Value::Time(*time);
        }
    }
    found.into_values().collect()
}

fn time_of(value: &Value) -> Option<i64> {
    if let Value::Time(time) = value { Some(*time) } else { None }
}

/// The addresses of an end in records.
fn addresses<'e>(end: &'e End<'_>) -> impl Iterator<Item = IpAddr> + 'e {
    // An end given by a name stands for all addresses of its interface; only the first one was judged.
    let own = end.interface.filter(|one| one.addresses.first() == Some(&end.address));
    let own = own.into_iter().flat_map(|interface| interface.addresses.iter().copied());
    own.chain([end.address])
}

fn is_internet(ends: &[End<'_>]) -> bool {
    ends.iter().all(|end| end.address == INTERNET)
}

fn about(service: &Service, server: &str) -> String {
    let proto = format!(" and proto = {}", service.protocol);
    if Service::has_ports(service.protocol) {
        format!("{proto} and {server}.port in {}..{}", service.ports.start(), service.ports.end())
    } else {
        proto
    }
}
