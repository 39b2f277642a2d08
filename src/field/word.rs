//! The words that a field may hold.
//!
//! Source of all lists: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.

/// A number in the record and the word that it stands for.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// The number in the record.
    pub code: i64,
    /// The word in the language and in results.
    pub word: &'static str,
}

const fn named(code: i64, word: &'static str) -> Named {
    Named { code, word }
}

/// The decisions of security groups and network ACLs.
pub const ACTIONS: &[&str] = &["ACCEPT", "REJECT"];
/// The direction of the flow, seen from the interface.
pub const DIRECTIONS: &[&str] = &["ingress", "egress"];
/// The kinds of records: traffic, no traffic in the interval, or lost records.
pub const STATUSES: &[&str] = &["OK", "NODATA", "SKIPDATA"];
/// The role of a record in its conversation: from the client to the server, or back.
pub const ROLES: &[&str] = &["request", "response"];
/// The type of traffic.
pub const TYPES: &[&str] = &["IPv4", "IPv6", "EFA"];
/// The path that egress traffic takes; 2 stands for both gateways on instances that are not Nitro.
pub const PATHS: &[Named] = &[
    named(1, "same-vpc"),
    named(2, "internet-or-gateway-endpoint"),
    named(3, "virtual-private-gateway"),
    named(4, "intra-region-peering"),
    named(5, "inter-region-peering"),
    named(6, "local-gateway"),
    named(7, "gateway-endpoint"),
    named(8, "internet-gateway"),
];
/// The encryption of the traffic.
pub const ENCRYPTIONS: &[Named] =
    &[named(0, "none"), named(1, "nitro"), named(2, "application"), named(3, "nitro-and-application")];
/// The reasons why traffic was refused, other than security groups and network ACLs: Block Public Access, encryption
/// controls.
pub const REJECT_REASONS: &[&str] = &["BPA", "EC"];
/// The location of a zone of the network.
pub const SUBLOCATION_TYPES: &[&str] = &["wavelength", "outpost", "localzone"];
/// The types of interface that records name.
pub const INTERFACE_TYPES: &[&str] =
    &["nat_gateway", "network_load_balancer", "regional_nat_gateway", "transit_gateway", "vpc_endpoint"];
/// The names of AWS services' address ranges.
pub const SERVICES: &[&str] = &[
    "AMAZON",
    "AMAZON_APPFLOW",
    "AMAZON_CONNECT",
    "API_GATEWAY",
    "AURORA_DSQL",
    "CHIME_MEETINGS",
    "CHIME_VOICECONNECTOR",
    "CLOUD9",
    "CLOUDFRONT",
    "CLOUDFRONT_ORIGIN_FACING",
    "CODEBUILD",
    "DYNAMODB",
    "EBS",
    "EC2",
    "EC2_INSTANCE_CONNECT",
    "GLOBALACCELERATOR",
    "IVS_LOW_LATENCY",
    "IVS_REALTIME",
    "KINESIS_VIDEO_STREAMS",
    "MEDIA_PACKAGE_V2",
    "ROUTE53",
    "ROUTE53_HEALTHCHECKS",
    "ROUTE53_HEALTHCHECKS_PUBLISHING",
    "ROUTE53_RESOLVER",
    "S3",
    "WORKSPACES_GATEWAYS",
];
