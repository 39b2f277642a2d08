//! The table of target kinds: one source for their words, ids and flow logs.
//!
//! The parser, the accounts, the shell and the documentation look here and nowhere else.

use crate::field::Field;

/// A kind of target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// A VPC.
    Vpc,
    /// A subnet.
    Subnet,
    /// EC2 instances that share a name.
    Instance,
    /// A security group.
    SecurityGroup,
    /// A NAT gateway.
    NatGateway,
    /// An endpoint that has interfaces.
    Endpoint,
    /// A transit gateway.
    TransitGateway,
    /// An attachment of a transit gateway.
    TransitGatewayAttachment,
    /// A network interface.
    Eni,
    /// A CloudWatch log group that flow logs deliver to.
    Group,
    /// A place in S3 that flow logs deliver to.
    Bucket,
    /// Everything.
    All,
}

/// The resources that the flow logs of a kind are created for.
///
/// Source: `ResourceType` of <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// The VPC or the subnet itself, so that interfaces that join are covered, too.
    Whole {
        /// The resource type of EC2.
        resource_type: &'static str,
    },
    /// The network interfaces that it has when the flow log is created.
    Interfaces,
    /// The transit gateway or its attachment itself; its records have other fields and no network interface.
    Itself {
        /// The resource type of EC2.
        resource_type: &'static str,
    },
    /// None: no flow log is created for the kind.
    Nothing,
}

/// A row of the table.
#[derive(Debug)]
pub struct KindInfo {
    /// The kind itself.
    pub kind: TargetKind,
    /// The canonical word and its synonyms.
    pub words: &'static [&'static str],
    /// Its name in messages.
    pub title: &'static str,
    /// The field of a record that holds its id, and the prefix of such ids.
    pub id: Option<(Field, &'static str)>,
    /// The prefix of the names of its flow logs; the same as the Go tool's.
    pub flow_log_prefix: Option<&'static str>,
    /// The resources that its flow logs are created for.
    pub covers: Covers,
}

/// Every kind, in the order of [`TargetKind`].
pub const KINDS: &[KindInfo] = &[
    KindInfo {
        kind: TargetKind::Vpc,
        words: &["vpc", "vpcs"],
        title: "VPC",
        id: Some((Field::Vpc, "vpc-")),
        flow_log_prefix: Some("vpc-"),
        covers: Covers::Whole { resource_type: "VPC" },
    },
    KindInfo {
        kind: TargetKind::Subnet,
        words: &["subnet", "subnets"],
        title: "subnet",
        id: Some((Field::Subnet, "subnet-")),
        flow_log_prefix: Some("subnet-"),
        covers: Covers::Whole { resource_type: "Subnet" },
    },
    KindInfo {
        kind: TargetKind::Instance,
        words: &["instance", "instances", "ec2", "ec2s"],
        title: "instance",
        id: Some((Field::Instance, "i-")),
        flow_log_prefix: Some("instance-"),
        covers: Covers::Interfaces,
    },
    KindInfo {
        kind: TargetKind::SecurityGroup,
        words: &["sg", "sgs", "security-group", "security-groups"],
        title: "security group",
        id: None,
        flow_log_prefix: Some("sg-"),
        covers: Covers::Interfaces,
    },
    KindInfo {
        kind: TargetKind::NatGateway,
        words: &["nat", "nats", "nat-gateway", "nat-gateways"],
        title: "NAT gateway",
        id: None,
        flow_log_prefix: Some("nat-"),
        covers: Covers::Interfaces,
    },
    KindInfo {
        kind: TargetKind::Endpoint,
        words: &["endpoint", "endpoints", "vpc-endpoint", "vpc-endpoints"],
        title: "endpoint",
        id: None,
        flow_log_prefix: Some("vpce-"),
        covers: Covers::Interfaces,
    },
    KindInfo {
        kind: TargetKind::TransitGateway,
        words: &["tgw", "tgws", "transit-gateway", "transit-gateways"],
        title: "transit gateway",
        id: Some((Field::TgwId, "tgw-")),
        flow_log_prefix: Some("tgw-"),
        covers: Covers::Itself { resource_type: "TransitGateway" },
    },
    KindInfo {
        kind: TargetKind::TransitGatewayAttachment,
        words: &["tgw-attachment", "tgw-attachments", "transit-gateway-attachment", "transit-gateway-attachments"],
        title: "transit gateway attachment",
        id: Some((Field::TgwAttachment, "tgw-attach-")),
        flow_log_prefix: Some("tgw-attach-"),
        covers: Covers::Itself { resource_type: "TransitGatewayAttachment" },
    },
    KindInfo {
        kind: TargetKind::Eni,
        words: &["eni", "enis"],
        title: "network interface",
        id: Some((Field::Eni, "eni-")),
        flow_log_prefix: None,
        covers: Covers::Nothing,
    },
    KindInfo {
        kind: TargetKind::Group,
        words: &["group", "groups"],
        title: "log group",
        id: None,
        flow_log_prefix: None,
        covers: Covers::Nothing,
    },
    KindInfo {
        kind: TargetKind::Bucket,
        words: &["bucket", "buckets"],
        title: "S3 bucket",
        id: None,
        flow_log_prefix: None,
        covers: Covers::Nothing,
    },
    KindInfo {
        kind: TargetKind::All,
        words: &["all"],
        title: "everything",
        id: None,
        flow_log_prefix: None,
        covers: Covers::Nothing,
    },
];

impl TargetKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Vpc,
        Self::Subnet,
        Self::Instance,
        Self::SecurityGroup,
        Self::NatGateway,
        Self::Endpoint,
        Self::TransitGateway,
        Self::TransitGatewayAttachment,
        Self::Eni,
        Self::Group,
        Self::Bucket,
        Self::All,
    ];

    /// Returns the kind's row in the table.
    #[must_use]
    pub const fn info(self) -> &'static KindInfo {
        &KINDS[self as usize]
    }

    /// Returns the canonical word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.words()[0]
    }

    /// Returns the canonical word and its synonyms.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        self.info().words
    }

    /// Returns whether a flow log of this kind also covers interfaces that join after it is created.
    #[must_use]
    pub const fn covers_whole(self) -> bool {
        matches!(self.info().covers, Covers::Whole { .. })
    }

    /// Returns whether its records are those of transit gateways, which have other fields.
    #[must_use]
    pub const fn is_of_transit_gateways(self) -> bool {
        matches!(self.info().covers, Covers::Itself { .. })
    }

    /// Returns the kind of a resource by its id, as far as records have such ids.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::by_prefix(id, |info| info.id.map(|(_, prefix)| prefix))
    }

    /// Returns the kind of the resource of a flow log by the flow log's name.
    #[must_use]
    pub fn of_flow_log(name: &str) -> Option<Self> {
        Self::by_prefix(name, |info| info.flow_log_prefix)
    }

    /// The kind with the longest prefix of a text: `tgw-attach-` also begins with `tgw-`.
    fn by_prefix(text: &str, prefix: impl Fn(&KindInfo) -> Option<&'static str>) -> Option<Self> {
        let length = |info: &KindInfo| prefix(info).filter(|prefix| text.starts_with(prefix)).map(str::len);
        KINDS.iter().filter(|info| length(info).is_some()).max_by_key(|info| length(info)).map(|info| info.kind)
    }

    /// Returns the kind that `word` means; case does not count.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.words().iter().any(|known| known.eq_ignore_ascii_case(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_stands_at_its_own_place_in_the_table() {
        assert_eq!(KINDS.len(), TargetKind::ALL.len());
        for (place, kind) in TargetKind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.info().kind), (place, kind));
        }
    }

    #[test]
    fn a_kind_is_found_by_each_of_its_words() {
        for kind in TargetKind::ALL {
            for word in kind.words() {
                assert_eq!(TargetKind::named(&word.to_uppercase()), Some(kind));
            }
        }
    }

    #[test]
    fn an_id_tells_its_kind_by_the_longest_prefix() {
        for (id, kind) in [
            ("vpc-1", Some(TargetKind::Vpc)),
            ("tgw-0a", Some(TargetKind::TransitGateway)),
            ("tgw-attach-0a", Some(TargetKind::TransitGatewayAttachment)),
            ("nat-1", None),
            ("vpce-1", None),
        ] {
            assert_eq!(TargetKind::of_id(id), kind, "{id}");
        }
        assert_eq!(TargetKind::of_flow_log("tgw-attach-0a"), Some(TargetKind::TransitGatewayAttachment));
        assert_eq!(TargetKind::of_flow_log("nat-1"), Some(TargetKind::NatGateway));
    }

    #[test]
    fn a_flow_log_is_named_by_its_kind_where_one_can_be_created() {
        for info in KINDS {
            assert_eq!(info.flow_log_prefix.is_some(), info.covers != Covers::Nothing, "{}", info.title);
        }
    }
}
