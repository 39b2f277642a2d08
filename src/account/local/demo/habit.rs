//! The habits of the demo's network: clients, servers, purposes, volumes and times.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;

use super::network::{CLOUDFRONT, DYNAMODB, S3_HERE};
use super::random::Random;

/// One side of a habit.
#[derive(Clone, Copy)]
pub(super) enum Party {
    /// Interfaces with this name.
    Named(&'static str),
    /// Customers on the internet.
    Customers,
    /// Customers on the internet, over IPv6.
    Customers6,
    /// Scanners on the internet.
    Scanners,
    /// CloudFront, which sends its customers' requests to the origin.
    CloudFront,
    /// S3 in the Region of the network.
    S3Here,
    /// S3 in another Region.
    S3Elsewhere,
    /// DynamoDB in the Region of the network.
    DynamoDb,
    /// Servers on the internet.
    Servers,
}

impl Party {
    /// An internet address and the AWS service that it belongs to; `None` for a party within the network.
    pub(super) fn outside(self, random: &mut Random) -> Option<(IpAddr, &'static str)> {
        Some(match self {
            Self::Named(_) => return None,
            Self::Customers => (public([81, 0], random.skewed(40_000)), "-"),
            Self::Customers6 => (public6(random.skewed(4_000)), "-"),
            Self::Scanners => (IpAddr::from([198, 51, 100, u8::try_from(random.skewed(256)).unwrap_or(0)]), "-"),
            Self::CloudFront => (public(CLOUDFRONT, random.below(60)), "CLOUDFRONT_ORIGIN_FACING"),
            Self::S3Here => (public(S3_HERE, random.skewed(30)), "S3"),
            Self::S3Elsewhere => (public([54, 231], random.skewed(10)), "S3"),
            Self::DynamoDb => (public(DYNAMODB, random.skewed(10)), "DYNAMODB"),
            Self::Servers => (public([142, 0], random.skewed(80)), "-"),
        })
    }
}

/// An internet address; the same number gives the same address. A second octet of 0 means a random one.
fn public([first, second]: [u8; 2], number: u64) -> IpAddr {
    let [b, c, d, ..] = Random::new(number ^ u64::from(first)).next().to_le_bytes();
    IpAddr::from([first, if second == 0 { b | 64 } else { second }, c, d])
}

fn public6(number: u64) -> IpAddr {
    let host = Random::new(number).next();
    IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8_0081_u128 << 80 | u128::from(host)))
}

/// The duration of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It usually takes less than a minute.
    Short,
    /// It takes minutes.
    Long,
    /// It lasts longer than the slot, before and after it.
    Ongoing,
}

/// The ephemeral ports of clients.
#[derive(Clone, Copy)]
pub(super) enum Ephemeral {
    /// The range of Linux.
    Linux,
    /// The range of IANA, which Windows and macOS use.
    Dynamic,
    /// Any unprivileged port, as used by gateways and by runtimes that choose ports themselves.
    Any,
    /// Ports below the range of Linux.
    Low,
}

impl Ephemeral {
    pub(super) const fn ports(self) -> RangeInclusive<u16> {
        match self {
            Self::Linux => 32_768..=60_999,
            Self::Dynamic => 49_152..=65_535,
            Self::Any => 1_024..=65_535,
            Self::Low => 1_024..=32_767,
        }
    }
}

/// A habit: clients of one party send requests to servers of another.
#[derive(Clone, Copy)]
pub(super) struct Habit {
    /// The relative frequency.
    pub(super) weight: u64,
    /// The purpose of the traffic.
    pub(super) purpose: &'static str,
    pub(super) client: Party,
    pub(super) server: Party,
    pub(super) protocol: u8,
    /// The ports of the servers.
    pub(super) ports: &'static [u16],
    pub(super) ephemeral: Ephemeral,
    /// The most packets in a direction.
    pub(super) packets: u64,
    pub(super) life: Life,
    /// Whether there is less of it at night.
    pub(super) is_daily: bool,
}

const fn habit(
    weight: u64,
    purpose: &'static str,
    client: Party,
    server: Party,
    ports: &'static [u16],
    packets: u64,
) -> Habit {
    let (protocol, ephemeral, life, is_daily) = (6, Ephemeral::Linux, Life::Short, true);
    Habit { weight, purpose, client, server, protocol, ports, ephemeral, packets, life, is_daily }
}

impl Habit {
    const fn always(self) -> Self {
        Self { is_daily: false, ..self }
    }

    const fn udp(self) -> Self {
        Self { protocol: 17, ..self }
    }

    const fn icmp(self) -> Self {
        Self { protocol: 1, ..self }
    }

    const fn from(self, ephemeral: Ephemeral) -> Self {
        Self { ephemeral, ..self }
    }

    const fn lives(self, life: Life) -> Self {
        Self { life, ..self }
    }
}

const SCANNED: &[u16] = &[22, 23, 445, 3389, 5900, 6379, 8080, 9200];
const WEB: &[u16] = &[443, 443, 443, 80];

use Ephemeral::{Any, Dynamic, Low};
use Life::{Long, Ongoing};
use Party::{CloudFront, Customers, Customers6, DynamoDb, Named, S3Elsewhere, S3Here, Scanners, Servers};

pub(super) const HABITS: &[Habit] = &[
    habit(150, "shop", Customers, Named("shop-alb"), WEB, 60).from(Dynamic),
    habit(90, "shop", Customers, Named("shop-alb"), WEB, 60).from(Any),
    habit(25, "shop", Customers6, Named("shop-alb"), &[443], 60).from(Dynamic),
    habit(40, "shop", CloudFront, Named("edge"), &[443], 80).from(Any),
    habit(120, "shop", Named("shop-alb"), Named("web"), &[8080], 50),
    habit(100, "shop", Named("web"), Named("api"), &[9000], 40),
    habit(10, "shop", Named("web"), Named("api"), &[9000], 400).lives(Long),
    habit(50, "orders", Named("api"), Named("orders-db"), &[5432], 90),
    habit(5, "orders", Named("api"), Named("orders-db"), &[5432], 900).lives(Ongoing),
    habit(16, "orders", Named("checkout"), Named("orders-db"), &[5432], 40),
    habit(12, "orders", Named("api"), DynamoDb, &[443], 20),
    habit(5, "orders", Named("invoice"), Named("dynamodb"), &[443], 10),
    habit(8, "assets", Named("web"), Named("s3"), &[443], 200),
    // The batch job reads S3 through the NAT gateway, day and night.
    habit(22, "batch", Named("worker"), S3Here, &[443], 4_000).always(),
    habit(3, "batch", Named("worker"), S3Here, &[443], 40_000).always().lives(Long),
    habit(4, "backup", Named("worker"), S3Elsewhere, &[443], 3_000).always(),
    // The traffic whose rule is missing.
    habit(18, "batch", Named("worker"), Named("orders-db"), &[5432], 3),
    habit(30, "names", Named("api"), Named("dns"), &[53], 2).udp().from(Any),
    habit(20, "names", Named("web"), Named("dns"), &[53], 2).udp().from(Any),
    habit(3, "names", Named("worker"), Named("dns"), &[53], 12),
    habit(14, "names", Named("dns"), Servers, &[53], 2).udp().from(Any),
    habit(10, "time", Named("api"), Servers, &[123], 2).udp().always(),
    habit(4, "admin", Named("bastion"), Named("web"), &[22], 300).lives(Long),
    habit(4, "admin", Scanners, Named("bastion"), &[22], 12).always(),
    habit(6, "admin", Named("bastion"), Named("worker"), &[0], 4).icmp().always(),
    habit(60, "scan", Scanners, Named("bastion"), SCANNED, 3).always().from(Any),
    habit(30, "scan", Scanners, Named("shop-alb"), SCANNED, 3).always().from(Any),
    // Traffic between pods, whose runtimes choose client ports themselves.
    habit(10, "grpc", Named("eks-node"), Named("eks-node"), &[50_051], 60).from(Any),
    habit(1, "grpc", Named("eks-node"), Named("eks-node"), &[50_051], 600).from(Low).lives(Long),
    habit(8, "admission", Named("eks-node"), Named("eks-node"), &[8443], 30).from(Any),
    habit(14, "sessions", Named("eks-node"), Named("sessions-db"), &[27_017], 60).from(Low),
    habit(2, "sessions", Named("eks-node"), Named("sessions-db"), &[27_017], 600).from(Low).lives(Ongoing),
    habit(6, "delivery", Named("ci"), Named("api"), &[9000], 30),
    habit(8, "delivery", Named("ci"), Servers, &[443], 900).always(),
    habit(30, "staging", Named("staging-web"), Named("staging-api"), &[8080], 20),
    habit(24, "staging", Named("staging-batch"), Servers, &[443], 80).always(),
    // The bought network, which reuses the same addresses.
    habit(20, "bought", Named("bought-app"), Named("bought-db"), &[3306], 30).from(Any),
    habit(8, "scan", Scanners, Named("bought-app"), &[80, 443], 3).always().from(Any),
];
