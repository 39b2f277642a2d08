//! The rows of the table. `Field` and `FIELDS` come from one list, so that no field lacks a row.

use super::field_type::FieldType;
use super::word::{
    ACTIONS, DIRECTIONS, ENCRYPTIONS, INTERFACE_TYPES, PATHS, REJECT_REASONS, ROLES, SERVICES, STATUSES,
    SUBLOCATION_TYPES, TYPES,
};

/// The source of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A field of the record, by the name that log formats give it (`pkt-srcaddr`).
    Record(&'static str),
    /// The record's time: the start of its interval.
    Time,
    /// The time from the start of the interval to its end.
    Derived,
    /// A quotient of two numbers of the record.
    Ratio(Ratio),
    /// Either side of the flow: in expressions only.
    EitherSide(&'static [Field]),
    /// Derived from the TCP flags of the record, or from its ports.
    Role,
    /// The value of one of two fields, by the word in a third one.
    BySide {
        /// The field whose word selects the side.
        by: Field,
        /// Each word, and the field with the value for it.
        sides: [(&'static str, Field); 2],
    },
    /// Joined from an inventory, by this field.
    Inventory(Field),
    /// Looked up in files that the user names, by this address.
    Geo(Location, Field),
}

/// A property of an address that geolocation files have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// The country, in two letters of ISO 3166.
    Country,
    /// The number of the autonomous system.
    System,
    /// The organisation that owns the autonomous system.
    Organisation,
}

/// A quotient of two numbers. The divisor is the packets, or the seconds of the record's interval, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ratio {
    /// Bits per second.
    BitsPerSecond,
    /// Packets per second.
    PacketsPerSecond,
    /// Bytes per packet; absent if there is no packet.
    BytesPerPacket,
}

impl Ratio {
    /// The fields that it is computed from.
    #[must_use]
    pub const fn sources(self) -> &'static [Field] {
        match self {
            Self::BitsPerSecond => &[Field::Bytes, Field::Start, Field::End],
            Self::PacketsPerSecond => &[Field::Packets, Field::Start, Field::End],
            Self::BytesPerPacket => &[Field::Bytes, Field::Packets],
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct FieldInfo {
    /// The field itself.
    pub field: Field,
    /// The canonical name, short and dotted.
    pub name: &'static str,
    /// The source of its value.
    pub origin: Origin,
    /// The name that Logs Insights discovers; empty if it has none.
    pub insights: &'static str,
    /// Other names that people type, in addition to those derived from the record field.
    pub aliases: &'static [&'static str],
    /// The type of its values.
    pub field_type: FieldType,
    /// The record version that introduced it; 0 if no record has it.
    pub version: u8,
    /// The heading in a table; empty for the name in capitals.
    pub heading: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// An expression that uses it.
    pub example: &'static str,
}

/// The side of the interface, or the other one, by the flow's direction.
const fn by_direction(ingress: Field, egress: Field) -> Origin {
    Origin::BySide { by: Field::Direction, sides: [("ingress", ingress), ("egress", egress)] }
}

/// The side of the client or of the server, by the role of the record.
const fn by_role(request: Field, response: Field) -> Origin {
    Origin::BySide { by: Field::Role, sides: [("request", request), ("response", response)] }
}

/// Makes the enumeration of fields and the table of them from one list.
macro_rules! fields {
    ($($field:ident $name:literal {
        origin: $origin:expr, insights: $insights:literal, aliases: $aliases:expr, holds: $type:expr,
        version: $version:literal, heading: $heading:literal, help: $help:literal, example: $example:literal $(,)?
    })*) => {
        /// A field of the language: of a record, or computed from some.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = $help] $field,)*
        }

        /// Every field, in the order of [`Field`].
        pub const FIELDS: &[FieldInfo] = &[
            $(FieldInfo {
                field: Field::$field,
                name: $name,
                origin: $origin,
                insights: $insights,
                aliases: $aliases,
                field_type: $type,
                version: $version,
                heading: $heading,
                help: $help,
                example: $example,
            },)*
        ];
    };
}

fields! {
    Time "time" {
        origin: Origin::Time,
        insights: "@timestamp", aliases: &[], holds: FieldType::Time, version: 0, heading: "",
        help: "When the interval of the record began.",
        example: "time >= 2026-11-23T08:00:00Z",
    }
    Start "start" {
        origin: Origin::Record("start"),
        insights: "startTime", aliases: &["start_time"], holds: FieldType::Time, version: 2, heading: "",
        help: "When the first packet of the interval was seen.",
        example: "start >= 2026-11-23T08:00:00Z",
    }
    End "end" {
        origin: Origin::Record("end"),
        insights: "endTime", aliases: &["end_time"], holds: FieldType::Time, version: 2, heading: "",
        help: "When the last packet of the interval was seen.",
        example: "end < 2026-11-23T08:00:00Z",
    }
    Duration "duration" {
        origin: Origin::Derived,
        insights: "", aliases: &[], holds: FieldType::Duration, version: 0, heading: "",
        help: "Seconds from `start` to `end`.",
        example: "duration > 5m",
    }
    Version "version" {
        origin: Origin::Record("version"),
        insights: "version", aliases: &[], holds: FieldType::Number, version: 2, heading: "",
        help: "The highest version among the fields of the record's format.",
        example: "version >= 5",
    }
    Account "account" {
        origin: Origin::Record("account-id"),
        insights: "accountId", aliases: &[], holds: FieldType::Text, version: 2, heading: "",
        help: "The account that owns the interface.",
        example: "account = \"123456789012\"",
    }
    Region "region" {
        origin: Origin::Record("region"),
        insights: "region", aliases: &[], holds: FieldType::Text, version: 4, heading: "",
        help: "The Region of the interface.",
        example: "region = eu-west-1",
    }
    Az "az" {
        origin: Origin::Record("az-id"),
        insights: "azId", aliases: &[], holds: FieldType::Text, version: 4, heading: "",
        help: "The Availability Zone id of the interface.",
        example: "az = euw1-az1",
    }
    Vpc "vpc" {
        origin: Origin::Record("vpc-id"),
        insights: "vpcId", aliases: &[], holds: FieldType::Text, version: 3, heading: "",
        help: "The VPC of the interface.",
        example: "vpc = vpc-0a1b",
    }
    Subnet "subnet" {
        origin: Origin::Record("subnet-id"),
        insights: "subnetId", aliases: &[], holds: FieldType::Text, version: 3, heading: "",
        help: "The subnet of the interface.",
        example: "subnet = subnet-0a1b",
    }
    Instance "instance" {
        origin: Origin::Record("instance-id"),
        insights: "instanceId", aliases: &[], holds: FieldType::Text, version: 3, heading: "",
        help: "The instance that the interface belongs to, if it is yours.",
        example: "instance = i-0a1b",
    }
    Eni "eni" {
        origin: Origin::Record("interface-id"),
        insights: "interfaceId", aliases: &["interface"], holds: FieldType::Text, version: 2, heading: "NI ID",
        help: "The network interface.",
        example: "eni = eni-0a1b",
    }
    Status "status" {
        origin: Origin::Record("log-status"),
        insights: "logStatus", aliases: &[], holds: FieldType::Word(STATUSES), version: 2, heading: "",
        help: "The kind of record: OK, NODATA (no traffic), SKIPDATA (records lost).",
        example: "status = SKIPDATA",
    }
    Type "type" {
        origin: Origin::Record("type"),
        insights: "type", aliases: &[], holds: FieldType::Word(TYPES), version: 3, heading: "",
        help: "The type of traffic.",
        example: "type = IPv6",
    }
    SublocationType "sublocation.type" {
        origin: Origin::Record("sublocation-type"),
        insights: "sublocationType", aliases: &[], holds: FieldType::OpenWord(SUBLOCATION_TYPES), version: 4, heading: "",
        help: "The type of the zone that the sublocation id names.",
        example: "sublocation.type = outpost",
    }
    SublocationId "sublocation.id" {
        origin: Origin::Record("sublocation-id"),
        insights: "sublocationId", aliases: &[], holds: FieldType::Text, version: 4, heading: "",
        help: "The zone, Outpost or Wavelength zone of the interface.",
        example: "sublocation.id exists",
    }
    SrcAddr "src.addr" {
        origin: Origin::Record("srcaddr"),
        insights: "srcAddr", aliases: &["src"], holds: FieldType::Address, version: 2, heading: "",
        help: "The source address; for egress, the interface's own.",
        example: "src.addr = 10.0.0.5",
    }
    DstAddr "dst.addr" {
        origin: Origin::Record("dstaddr"),
        insights: "dstAddr", aliases: &["dst"], holds: FieldType::Address, version: 2, heading: "",
        help: "The destination address; for ingress, the interface's own.",
        example: "dst.addr in 10.0.0.0/8",
    }
    SrcPort "src.port" {
        origin: Origin::Record("srcport"),
        insights: "srcPort", aliases: &[], holds: FieldType::Port, version: 2, heading: "",
        help: "The source port.",
        example: "src.port in 1024..65535",
    }
    DstPort "dst.port" {
        origin: Origin::Record("dstport"),
        insights: "dstPort", aliases: &[], holds: FieldType::Port, version: 2, heading: "",
        help: "The destination port.",
        example: "dst.port = ssh",
    }
    PktSrcAddr "pkt.src.addr" {
        origin: Origin::Record("pkt-srcaddr"),
        insights: "pktSrcAddr", aliases: &["pkt.src"], holds: FieldType::Address, version: 3, heading: "",
        help: "The packet's original source, behind NAT gateways and load balancers.",
        example: "pkt.src.addr in 10.0.0.0/8",
    }
    PktDstAddr "pkt.dst.addr" {
        origin: Origin::Record("pkt-dstaddr"),
        insights: "pktDstAddr", aliases: &["pkt.dst"], holds: FieldType::Address, version: 3, heading: "",
        help: "The packet's original destination.",
        example: "pkt.dst.addr = 10.0.0.5",
    }
    PktSrcService "pkt.src.service" {
        origin: Origin::Record("pkt-src-aws-service"),
        insights: "pktSrcAwsService", aliases: &[], holds: FieldType::OpenWord(SERVICES), version: 5, heading: "",
        help: "The AWS service of the packet's source address.",
        example: "pkt.src.service = S3",
    }
    PktDstService "pkt.dst.service" {
        origin: Origin::Record("pkt-dst-aws-service"),
        insights: "pktDstAwsService", aliases: &[], holds: FieldType::OpenWord(SERVICES), version: 5, heading: "",
        help: "The AWS service of the packet's destination address.",
        example: "pkt.dst.service = DYNAMODB",
    }
    Protocol "proto" {
        origin: Origin::Record("protocol"),
        insights: "protocol", aliases: &[], holds: FieldType::Protocol, version: 2, heading: "PROTOCOL",
        help: "The IANA protocol number, by its keyword.",
        example: "proto = TCP",
    }
    Action "action" {
        origin: Origin::Record("action"),
        insights: "action", aliases: &[], holds: FieldType::Word(ACTIONS), version: 2, heading: "",
        help: "The decision of security groups and network ACLs.",
        example: "action = REJECT",
    }
    Direction "dir" {
        origin: Origin::Record("flow-direction"),
        insights: "flowDirection", aliases: &["direction", "flow"], holds: FieldType::Word(DIRECTIONS), version: 5, heading: "FLOW",
        help: "The direction of the flow, seen from the interface.",
        example: "dir = ingress",
    }
    Path "path" {
        origin: Origin::Record("traffic-path"),
        insights: "trafficPath", aliases: &[], holds: FieldType::Code(PATHS), version: 5, heading: "TRAFFIC PATH",
        help: "The path that egress traffic takes to its destination.",
        example: "path = internet-gateway",
    }
    Packets "packets" {
        origin: Origin::Record("packets"),
        insights: "packets", aliases: &[], holds: FieldType::Quantity, version: 2, heading: "",
        help: "Packets in the interval.",
        example: "packets > 1k",
    }
    Bytes "bytes" {
        origin: Origin::Record("bytes"),
        insights: "bytes", aliases: &[], holds: FieldType::Quantity, version: 2, heading: "",
        help: "Bytes in the interval.",
        example: "bytes >= 5MB",
    }
    Flags "flags" {
        origin: Origin::Record("tcp-flags"),
        insights: "tcpFlags", aliases: &[], holds: FieldType::Flags, version: 3, heading: "TCP FLAGS",
        help: "The TCP flags seen in the interval, ORed; packets with ACK alone or PSH leave 0.",
        example: "flags S/SA",
    }
    RejectReason "reject.reason" {
        origin: Origin::Record("reject-reason"),
        insights: "rejectReason", aliases: &[], holds: FieldType::OpenWord(REJECT_REASONS), version: 8, heading: "",
        help: "The reason of a refusal that no security group or network ACL made.",
        example: "reject.reason = BPA",
    }
    Resource "resource" {
        origin: Origin::Record("resource-id"),
        insights: "resourceId", aliases: &[], holds: FieldType::Text, version: 9, heading: "",
        help: "The regional NAT gateway.",
        example: "resource exists",
    }
    Encryption "encryption" {
        origin: Origin::Record("encryption-status"),
        insights: "encryptionStatus", aliases: &[], holds: FieldType::Code(ENCRYPTIONS), version: 10, heading: "",
        help: "How the traffic was encrypted.",
        example: "encryption = nitro",
    }
    EcsCluster "ecs.cluster" {
        origin: Origin::Record("ecs-cluster-name"),
        insights: "ecsClusterName", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS cluster, by name.",
        example: "ecs.cluster = prod",
    }
    EcsClusterArn "ecs.cluster.arn" {
        origin: Origin::Record("ecs-cluster-arn"),
        insights: "ecsClusterArn", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS cluster, by ARN.",
        example: "ecs.cluster.arn like \"*:cluster/prod\"",
    }
    EcsService "ecs.service" {
        origin: Origin::Record("ecs-service-name"),
        insights: "ecsServiceName", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS service of the task.",
        example: "ecs.service = checkout",
    }
    EcsTask "ecs.task" {
        origin: Origin::Record("ecs-task-id"),
        insights: "ecsTaskId", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS task, by id.",
        example: "ecs.task exists",
    }
    EcsTaskArn "ecs.task.arn" {
        origin: Origin::Record("ecs-task-arn"),
        insights: "ecsTaskArn", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS task, by ARN.",
        example: "ecs.task.arn exists",
    }
    EcsTaskDefinition "ecs.task.definition" {
        origin: Origin::Record("ecs-task-definition-arn"),
        insights: "ecsTaskDefinitionArn", aliases: &["ecs.task.definition.arn"], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS task definition, by ARN.",
        example: "ecs.task.definition like \"*:task-definition/web:*\"",
    }
    EcsContainer "ecs.container" {
        origin: Origin::Record("ecs-container-id"),
        insights: "ecsContainerId", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The first container of the task.",
        example: "ecs.container exists",
    }
    EcsContainer2 "ecs.container2" {
        origin: Origin::Record("ecs-second-container-id"),
        insights: "ecsSecondContainerId", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The second container of the task.",
        example: "ecs.container2 exists",
    }
    EcsInstance "ecs.instance" {
        origin: Origin::Record("ecs-container-instance-id"),
        insights: "ecsContainerInstanceId", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS container instance, by id.",
        example: "ecs.instance exists",
    }
    EcsInstanceArn "ecs.instance.arn" {
        origin: Origin::Record("ecs-container-instance-arn"),
        insights: "ecsContainerInstanceArn", aliases: &[], holds: FieldType::Text, version: 7, heading: "",
        help: "The ECS container instance, by ARN.",
        example: "ecs.instance.arn exists",
    }
    InstanceTag "instance.tag" {
        origin: Origin::Record("instance-tag"),
        insights: "instanceTag", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "A tag of the instance, percent-encoded.",
        example: "instance.tag exists",
    }
    InstanceTag2 "instance.tag2" {
        origin: Origin::Record("instance-tag-2"),
        insights: "instanceTag2", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "A tag of the instance, the second one, percent-encoded.",
        example: "instance.tag2 exists",
    }
    InterfaceTag "interface.tag" {
        origin: Origin::Record("interface-tag"),
        insights: "interfaceTag", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "A tag of the interface, percent-encoded.",
        example: "interface.tag exists",
    }
    InterfaceTag2 "interface.tag2" {
        origin: Origin::Record("interface-tag-2"),
        insights: "interfaceTag2", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "A tag of the interface, the second one, percent-encoded.",
        example: "interface.tag2 exists",
    }
    AsgTag "asg.tag" {
        origin: Origin::Record("asg-tag"),
        insights: "asgTag", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "A tag of the Auto Scaling group, percent-encoded.",
        example: "asg.tag exists",
    }
    AsgTag2 "asg.tag2" {
        origin: Origin::Record("asg-tag-2"),
        insights: "asgTag2", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "A tag of the Auto Scaling group, the second one, percent-encoded.",
        example: "asg.tag2 exists",
    }
    InterfaceType "interface.type" {
        origin: Origin::Record("interface-type"),
        insights: "interfaceType", aliases: &[], holds: FieldType::OpenWord(INTERFACE_TYPES), version: 11, heading: "",
        help: "The type of the interface.",
        example: "interface.type = nat_gateway",
    }
    NextEni "next.eni" {
        origin: Origin::Record("next-hop-interface-id"),
        insights: "nextHopInterfaceId", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "The interface of the next hop.",
        example: "next.eni exists",
    }
    NextSubnet "next.subnet" {
        origin: Origin::Record("next-hop-subnet-id"),
        insights: "nextHopSubnetId", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "The subnet of the next hop.",
        example: "next.subnet exists",
    }
    NextAz "next.az" {
        origin: Origin::Record("next-hop-az-id"),
        insights: "nextHopAzId", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "The Availability Zone id of the next hop.",
        example: "next.az exists",
    }
    NextVpc "next.vpc" {
        origin: Origin::Record("next-hop-vpc-id"),
        insights: "nextHopVpcId", aliases: &[], holds: FieldType::Text, version: 11, heading: "",
        help: "The VPC of the next hop.",
        example: "next.vpc exists",
    }
    NextType "next.type" {
        origin: Origin::Record("next-hop-interface-type"),
        insights: "nextHopInterfaceType", aliases: &[], holds: FieldType::OpenWord(INTERFACE_TYPES), version: 11, heading: "",
        help: "The type of the next hop's interface.",
        example: "next.type = transit_gateway",
    }
    ResourceType "resource.type" {
        origin: Origin::Record("resource-type"),
        insights: "resourceType", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The type of the resource that a transit gateway record is about.",
        example: "resource.type = TransitGateway",
    }
    TgwId "tgw.id" {
        origin: Origin::Record("tgw-id"),
        insights: "tgwId", aliases: &["tgw"], holds: FieldType::Text, version: 6, heading: "",
        help: "The transit gateway.",
        example: "tgw.id exists",
    }
    TgwAttachment "tgw.attachment" {
        origin: Origin::Record("tgw-attachment-id"),
        insights: "tgwAttachmentId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The transit gateway attachment.",
        example: "tgw.attachment exists",
    }
    TgwPairAttachment "tgw.pair.attachment" {
        origin: Origin::Record("tgw-pair-attachment-id"),
        insights: "tgwPairAttachmentId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The attachment at the other end of the flow.",
        example: "tgw.pair.attachment exists",
    }
    TgwSrcAccount "tgw.src.account" {
        origin: Origin::Record("tgw-src-vpc-account-id"),
        insights: "tgwSrcVpcAccountId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The account of the source VPC.",
        example: "tgw.src.account exists",
    }
    TgwSrcVpc "tgw.src.vpc" {
        origin: Origin::Record("tgw-src-vpc-id"),
        insights: "tgwSrcVpcId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The source VPC.",
        example: "tgw.src.vpc exists",
    }
    TgwSrcSubnet "tgw.src.subnet" {
        origin: Origin::Record("tgw-src-subnet-id"),
        insights: "tgwSrcSubnetId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The source subnet.",
        example: "tgw.src.subnet exists",
    }
    TgwSrcEni "tgw.src.eni" {
        origin: Origin::Record("tgw-src-eni"),
        insights: "tgwSrcEni", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The attachment's interface on the source side.",
        example: "tgw.src.eni exists",
    }
    TgwSrcAz "tgw.src.az" {
        origin: Origin::Record("tgw-src-az-id"),
        insights: "tgwSrcAzId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The Availability Zone id on the source side.",
        example: "tgw.src.az exists",
    }
    TgwDstAccount "tgw.dst.account" {
        origin: Origin::Record("tgw-dst-vpc-account-id"),
        insights: "tgwDstVpcAccountId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The account of the destination VPC.",
        example: "tgw.dst.account exists",
    }
    TgwDstVpc "tgw.dst.vpc" {
        origin: Origin::Record("tgw-dst-vpc-id"),
        insights: "tgwDstVpcId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The destination VPC.",
        example: "tgw.dst.vpc exists",
    }
    TgwDstSubnet "tgw.dst.subnet" {
        origin: Origin::Record("tgw-dst-subnet-id"),
        insights: "tgwDstSubnetId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The destination subnet.",
        example: "tgw.dst.subnet exists",
    }
    TgwDstEni "tgw.dst.eni" {
        origin: Origin::Record("tgw-dst-eni"),
        insights: "tgwDstEni", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The attachment's interface on the destination side.",
        example: "tgw.dst.eni exists",
    }
    TgwDstAz "tgw.dst.az" {
        origin: Origin::Record("tgw-dst-az-id"),
        insights: "tgwDstAzId", aliases: &[], holds: FieldType::Text, version: 6, heading: "",
        help: "The Availability Zone id on the destination side.",
        example: "tgw.dst.az exists",
    }
    LostNoRoute "packets.lost.noroute" {
        origin: Origin::Record("packets-lost-no-route"),
        insights: "packetsLostNoRoute", aliases: &[], holds: FieldType::Quantity, version: 6, heading: "",
        help: "Packets lost since no route led on.",
        example: "packets.lost.noroute > 0",
    }
    LostBlackhole "packets.lost.blackhole" {
        origin: Origin::Record("packets-lost-blackhole"),
        insights: "packetsLostBlackhole", aliases: &[], holds: FieldType::Quantity, version: 6, heading: "",
        help: "Packets lost since the route was a black hole.",
        example: "packets.lost.blackhole > 0",
    }
    LostMtu "packets.lost.mtu" {
        origin: Origin::Record("packets-lost-mtu-exceeded"),
        insights: "packetsLostMtuExceeded", aliases: &[], holds: FieldType::Quantity, version: 6, heading: "",
        help: "Packets lost since they were larger than the MTU.",
        example: "packets.lost.mtu > 0",
    }
    LostTtl "packets.lost.ttl" {
        origin: Origin::Record("packets-lost-ttl-expired"),
        insights: "packetsLostTtlExpired", aliases: &[], holds: FieldType::Quantity, version: 6, heading: "",
        help: "Packets lost since their time to live ran out.",
        example: "packets.lost.ttl > 0",
    }
    LocalAddr "local.addr" {
        origin: by_direction(Field::DstAddr, Field::SrcAddr),
        insights: "", aliases: &["local"], holds: FieldType::Address, version: 0, heading: "",
        help: "The interface's own address, by the flow's direction.",
        example: "local.addr = 10.0.0.5",
    }
    LocalPort "local.port" {
        origin: by_direction(Field::DstPort, Field::SrcPort),
        insights: "", aliases: &[], holds: FieldType::Port, version: 0, heading: "",
        help: "The interface's own port.",
        example: "local.port = 443",
    }
    RemoteAddr "remote.addr" {
        origin: by_direction(Field::SrcAddr, Field::DstAddr),
        insights: "", aliases: &["remote"], holds: FieldType::Address, version: 0, heading: "",
        help: "The address of the far side.",
        example: "remote.addr in 10.0.0.0/8",
    }
    RemotePort "remote.port" {
        origin: by_direction(Field::SrcPort, Field::DstPort),
        insights: "", aliases: &[], holds: FieldType::Port, version: 0, heading: "",
        help: "The port of the far side.",
        example: "remote.port = 443",
    }
    Role "role" {
        origin: Origin::Role,
        insights: "", aliases: &[], holds: FieldType::Word(ROLES), version: 0, heading: "",
        help: "Whether the record goes from the client to the server (request) or back (response), by TCP flags or ports.",
        example: "role = request",
    }
    ClientAddr "client.addr" {
        origin: by_role(Field::SrcAddr, Field::DstAddr),
        insights: "", aliases: &["client"], holds: FieldType::Address, version: 0, heading: "",
        help: "The address of the end that asked, by the record's role.",
        example: "client.addr = 10.0.0.5",
    }
    ClientPort "client.port" {
        origin: by_role(Field::SrcPort, Field::DstPort),
        insights: "", aliases: &[], holds: FieldType::Port, version: 0, heading: "",
        help: "The port of the end that asked.",
        example: "client.port >= 1024",
    }
    ServerAddr "server.addr" {
        origin: by_role(Field::DstAddr, Field::SrcAddr),
        insights: "", aliases: &["server"], holds: FieldType::Address, version: 0, heading: "",
        help: "The address of the end that was asked, by the record's role.",
        example: "server.addr in 10.0.0.0/8",
    }
    ServerPort "server.port" {
        origin: by_role(Field::DstPort, Field::SrcPort),
        insights: "", aliases: &[], holds: FieldType::Port, version: 0, heading: "",
        help: "The port of the end that was asked.",
        example: "server.port = 443",
    }
    BitsPerSecond "bps" {
        origin: Origin::Ratio(Ratio::BitsPerSecond),
        insights: "", aliases: &[], holds: FieldType::Ratio, version: 0, heading: "",
        help: "Bits per second of the record's interval.",
        example: "bps > 10M",
    }
    PacketsPerSecond "pps" {
        origin: Origin::Ratio(Ratio::PacketsPerSecond),
        insights: "", aliases: &[], holds: FieldType::Ratio, version: 0, heading: "",
        help: "Packets per second of the record's interval.",
        example: "pps > 10k",
    }
    BytesPerPacket "bpp" {
        origin: Origin::Ratio(Ratio::BytesPerPacket),
        insights: "", aliases: &[], holds: FieldType::Ratio, version: 0, heading: "",
        help: "Bytes per packet.",
        example: "bpp < 64",
    }
    SrcName "src.name" {
        origin: Origin::Inventory(Field::SrcAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The name of the source address, from an inventory.",
        example: "src.name = web",
    }
    DstName "dst.name" {
        origin: Origin::Inventory(Field::DstAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The name of the destination address, from an inventory.",
        example: "dst.name = web",
    }
    SrcCountry "src.country" {
        origin: Origin::Geo(Location::Country, Field::SrcAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The country of the source address, from a geolocation file.",
        example: "src.country in (DE, FR)",
    }
    SrcAsn "src.asn" {
        origin: Origin::Geo(Location::System, Field::SrcAddr),
        insights: "", aliases: &[], holds: FieldType::Number, version: 0, heading: "",
        help: "The number of the autonomous system of the source address, from a geolocation file.",
        example: "src.asn = 16509",
    }
    SrcOrg "src.org" {
        origin: Origin::Geo(Location::Organisation, Field::SrcAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The organisation that owns the autonomous system of the source address, from a geolocation file.",
        example: "src.org like \"*Amazon*\"",
    }
    DstCountry "dst.country" {
        origin: Origin::Geo(Location::Country, Field::DstAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The country of the destination address, from a geolocation file.",
        example: "dst.country in (DE, FR)",
    }
    DstAsn "dst.asn" {
        origin: Origin::Geo(Location::System, Field::DstAddr),
        insights: "", aliases: &[], holds: FieldType::Number, version: 0, heading: "",
        help: "The number of the autonomous system of the destination address, from a geolocation file.",
        example: "dst.asn = 16509",
    }
    DstOrg "dst.org" {
        origin: Origin::Geo(Location::Organisation, Field::DstAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The organisation that owns the autonomous system of the destination address, from a geolocation file.",
        example: "dst.org like \"*Amazon*\"",
    }
    RemoteCountry "remote.country" {
        origin: Origin::Geo(Location::Country, Field::RemoteAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The country of the far address, from a geolocation file.",
        example: "remote.country in (DE, FR)",
    }
    RemoteAsn "remote.asn" {
        origin: Origin::Geo(Location::System, Field::RemoteAddr),
        insights: "", aliases: &[], holds: FieldType::Number, version: 0, heading: "",
        help: "The number of the autonomous system of the far address, from a geolocation file.",
        example: "remote.asn = 16509",
    }
    RemoteOrg "remote.org" {
        origin: Origin::Geo(Location::Organisation, Field::RemoteAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The organisation that owns the autonomous system of the far address, from a geolocation file.",
        example: "remote.org like \"*Amazon*\"",
    }
    LocalType "local.type" {
        origin: Origin::Inventory(Field::Eni),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "What the interface belongs to (instance, alb, nat, lambda, ...), from an inventory.",
        example: "local.type = nat",
    }
    LocalName "local.name" {
        origin: Origin::Inventory(Field::Eni),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The interface's name, from an inventory.",
        example: "local.name = web",
    }
    RemoteName "remote.name" {
        origin: Origin::Inventory(Field::RemoteAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The name of the far address, from an inventory.",
        example: "remote.name like \"web-*\"",
    }
    ClientName "client.name" {
        origin: Origin::Inventory(Field::ClientAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The name of the end that asked, from an inventory.",
        example: "client.name = api",
    }
    ServerName "server.name" {
        origin: Origin::Inventory(Field::ServerAddr),
        insights: "", aliases: &[], holds: FieldType::Text, version: 0, heading: "",
        help: "The name of the end that was asked, from an inventory.",
        example: "server.name = db",
    }
    Addr "addr" {
        origin: Origin::EitherSide(&[Field::SrcAddr, Field::DstAddr, Field::PktSrcAddr, Field::PktDstAddr]),
        insights: "", aliases: &["host", "ip"], holds: FieldType::Address, version: 0, heading: "",
        help: "Any of the four addresses; in expressions only.",
        example: "addr = 10.0.0.5",
    }
    Port "port" {
        origin: Origin::EitherSide(&[Field::SrcPort, Field::DstPort]),
        insights: "", aliases: &[], holds: FieldType::Port, version: 0, heading: "",
        help: "Either port; in expressions only.",
        example: "port = 443",
    }
    Service "service" {
        origin: Origin::EitherSide(&[Field::PktSrcService, Field::PktDstService]),
        insights: "", aliases: &[], holds: FieldType::OpenWord(SERVICES), version: 0, heading: "",
        help: "The AWS service of either end; in expressions only.",
        example: "service = S3",
    }
}
