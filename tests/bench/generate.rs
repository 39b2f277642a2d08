//! Writes made-up flow log records to standard output: the same arguments give the same records.
//!
//! ```sh
//! cargo run --example generate -- --records 2000 > sample.log
//! cargo run --example generate -- --megabytes 3000 --fields v2 --no-header > big.log
//! ```

use std::io::{self, BufWriter, Write};

use clap::{Parser, ValueEnum};

/// Writes made-up flow log records to standard output.
#[derive(Parser)]
struct Args {
    /// The number of records
    #[arg(long, default_value_t = 2_000, conflicts_with = "megabytes")]
    records: u64,

    /// As many records as fill so many megabytes
    #[arg(long)]
    megabytes: Option<u64>,

    /// The fields of the records
    #[arg(long, value_enum, default_value_t = Fields::V5)]
    fields: Fields,

    /// Leave the header line out
    #[arg(long)]
    no_header: bool,

    /// Different seeds give different records
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// The time of the first record, in seconds; the records cover a day
    #[arg(long, default_value_t = 1_795_348_800)]
    start: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Fields {
    /// The default format
    V2,
    /// Every field up to version 5
    V5,
}

const V2: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
                  action log-status";
const V5: &str = " vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type \
                  sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path";

const DAY_SECONDS: u64 = 86_400;

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>, small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let place = usize::try_from(self.below(from.len() as u64)).expect("a place in a slice");
        from[place]
    }

    /// Small numbers far more often than large ones, like the traffic of hosts in a network.
    fn skewed(&mut self, bound: u64) -> u64 {
        let a = self.below(bound) + 1;
        self.below(a)
    }
}

/// A flow between a host of the network and some other address, seen at the host's interface.
struct Flow {
    host: u64,
    other: String,
    is_v6: bool,
    service_port: u64,
    client_port: u64,
    protocol: u64,
    is_inbound: bool,
    is_rejected: bool,
    service: &'static str,
}

fn flow(random: &mut Random) -> Flow {
    let host = random.skewed(200);
    let client_port = 1024 + random.below(64_000);
    let internal = |random: &mut Random| format!("10.0.{}.{}", random.below(4), 4 + random.skewed(250));
    let public = |random: &mut Random| {
        // A busy network has this many peers in a day, some of them far busier than the others.
        let [a, b, c, d, ..] = Random(random.skewed(60_000)).next().to_le_bytes();
        format!("{}.{b}.{c}.{d}", 20 + a % 80)
    };
    let scanner = |random: &mut Random| format!("198.51.100.{}", 1 + random.skewed(200));
    let flow = |other: String, service_port, protocol, is_inbound, is_rejected, service| Flow {
        host,
        is_v6: other.contains(':'),
        other,
        service_port,
        client_port,
        protocol,
        is_inbound,
        is_rejected,
        service,
    };
    match random.below(100) {
        0..=13 => {
            let port = random.pick(&[22, 22, 22, 23, 3389, 445, 5900, 6379, 8080, 1433]);
            flow(scanner(random), port, 6, true, true, "-")
        }
        14..=39 => flow(public(random), 443, 6, true, false, "-"),
        40..=54 => flow(public(random), 443, 6, false, false, random.pick(&["S3", "DYNAMODB", "EC2", "-"])),
        55..=69 => flow(internal(random), 5432, 6, false, random.below(50) == 0, "-"),
        70..=79 => flow(internal(random), 6379, 6, false, false, "-"),
        80..=87 => flow("10.0.0.2".into(), 53, 17, false, false, "-"),
        88..=91 => flow("169.254.169.123".into(), 123, 17, false, false, "-"),
        92..=94 => flow(format!("2600:1f18::{:x}", random.skewed(5_000)), 443, 6, false, false, "-"),
        95..=97 => flow(internal(random), 0, 1, random.below(2) == 0, false, "-"),
        _ => flow(public(random), 22, 6, true, random.below(3) > 0, "-"),
    }
}

fn write_record(line: &mut Vec<u8>, random: &mut Random, args: &Args, start: u64) -> io::Result<()> {
    line.clear();
    let version = if args.fields == Fields::V5 { 5 } else { 2 };
    let end = start + 20 + random.below(41);
    let flow = flow(random);
    let host = flow.host;
    let (eni, subnet) = (0x0a1b_0000_0000_0000 + host * 0x1_0001, host % 4);
    if random.below(1_000) < 4 {
        let status = if random.below(4) == 0 { "SKIPDATA" } else { "NODATA" };
        write!(line, "{version} 123456789012 eni-{eni:017x} - - - - - - - {start} {end} - {status}")?;
        if args.fields == Fields::V5 {
            write!(line, " - - - - - - - - - - - - - - -")?;
        }
        line.push(b'\n');
        return Ok(());
    }
    let own = if flow.is_v6 { format!("2600:1f16::{host:x}") } else { format!("10.0.{subnet}.{}", 10 + host) };
    let packets = if flow.is_rejected { 1 + random.below(3) } else { 1 + random.skewed(400) };
    let bytes = packets * (40 + random.below(1_400));
    let (ports_own, ports_other) = match (flow.protocol, flow.is_inbound) {
        (1, _) => (0, 0),
        (_, true) => (flow.service_port, flow.client_port),
        (_, false) => (flow.client_port, flow.service_port),
    };
    let other = &flow.other;
    let (src, dst, srcport, dstport) =
        if flow.is_inbound { (other, &own, ports_other, ports_own) } else { (&own, other, ports_own, ports_other) };
    let action = if flow.is_rejected { "REJECT" } else { "ACCEPT" };
    let protocol = flow.protocol;
    write!(
        line,
        "{version} 123456789012 eni-{eni:017x} {src} {dst} {srcport} {dstport} {protocol} {packets} {bytes} {start} {end} \
         {action} OK"
    )?;
    if args.fields == Fields::V5 {
        let flags = match (protocol, flow.is_rejected) {
            (6, true) => 2,
            (6, false) => random.pick(&[2, 3, 18, 19, 0]),
            _ => 0,
        };
        let family = if flow.is_v6 { "IPv6" } else { "IPv4" };
        let instance = if host.is_multiple_of(5) { "-".to_string() } else { format!("i-{:017x}", eni ^ 0xffff) };
        let (direction, path) = if flow.is_inbound {
            ("ingress", "-")
        } else if other.starts_with("10.0.") || other.starts_with("169.") {
            ("egress", "1")
        } else {
            ("egress", if flow.service == "S3" { "7" } else { "8" })
        };
        let (src_service, dst_service) = if flow.is_inbound { (flow.service, "-") } else { ("-", flow.service) };
        write!(
            line,
            " vpc-0123456789abcdef0 subnet-{subnet:017x} {instance} {flags} {family} {src} {dst} eu-west-1 euw1-az{} - - \
             {src_service} {dst_service} {direction} {path}",
            1 + subnet % 3
        )?;
    }
    line.push(b'\n');
    Ok(())
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let mut random = Random(args.seed);
    let mut to = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut line = Vec::with_capacity(512);
    let mut written = 0_u64;
    if !args.no_header {
        let header = if args.fields == Fields::V5 { format!("{V2}{V5}\n") } else { format!("{V2}\n") };
        to.write_all(header.as_bytes())?;
        written += header.len() as u64;
    }
    let wanted_bytes = args.megabytes.map(|megabytes| megabytes * 1_000_000);
    let mut record = 0;
    loop {
        let (done, of) = match wanted_bytes {
            Some(bytes) => (written, bytes),
            None => (record, args.records),
        };
        if done >= of {
            break;
        }
        let start = args.start + done * DAY_SECONDS / of;
        write_record(&mut line, &mut random, &args, start)?;
        to.write_all(&line)?;
        written += line.len() as u64;
        record += 1;
    }
    to.flush()
}
