//! Members of a network: the places where traffic is recorded, as records name them.

use crate::field::Field;

/// The kind of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum MemberKind {
    /// A network interface in a subnet of a VPC.
    #[default]
    Interface,
    /// A regional NAT gateway in a VPC, whose records name no network interface.
    ///
    /// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.
    NatGateway,
    /// An attachment of a transit gateway.
    Attachment,
}

impl MemberKind {
    /// The kind of a member, or of the network that it is in, by its id.
    pub(super) fn of_id(id: &str) -> Self {
        match id.split('-').next() {
            Some("nat") => Self::NatGateway,
            Some("tgw") => Self::Attachment,
            _ => Self::Interface,
        }
    }

    /// The field of a record that has the id of the member.
    pub(super) const fn field(self) -> Field {
        match self {
            Self::Interface => Field::Eni,
            Self::NatGateway => Field::Resource,
            Self::Attachment => Field::TgwAttachment,
        }
    }

    /// The field of a record that has the id of the network that the member is in.
    #[cfg(feature = "aws")]
    pub(super) const fn network_field(self) -> Field {
        match self {
            Self::Interface | Self::NatGateway => Field::Vpc,
            Self::Attachment => Field::TgwId,
        }
    }
}

/// An interface, or all deleted interfaces of a subnet or a VPC, which have records although they are no longer listed.
/// Likewise for attachments of transit gateways.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Member {
    /// The kind of member.
    pub(super) kind: MemberKind,
    /// The VPC, or the transit gateway, if it is known.
    pub(super) network: Option<String>,
    /// The subnet; `None` for interfaces of deleted subnets, and for members outside of any subnet.
    pub(super) subnet: Option<String>,
    /// The id of the interface, the attachment or the NAT gateway; `None` for the deleted ones.
    pub(super) interface: Option<String>,
}

impl Member {
    /// The resources whose flow logs record its traffic, the narrowest first.
    pub(super) fn resources(&self) -> impl Iterator<Item = &String> {
        self.interface.iter().chain(&self.subnet).chain(&self.network)
    }

    /// Returns whether a flow log on the resource records its traffic.
    pub(super) fn is_in(&self, resource: &str) -> bool {
        self.resources().any(|own| own == resource)
    }
}
