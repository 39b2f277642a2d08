//! The default formats of flow logs: their fields, in order.

use super::Field;

/// The default format of transit gateways, version 6: every field that their records can have.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html#flow-log-records>.
pub const TRANSIT_GATEWAY_FORMAT: [Field; 36] = [
    Field::Version,
    Field::ResourceType,
    Field::Account,
    Field::TgwId,
    Field::TgwAttachment,
    Field::TgwSrcAccount,
    Field::TgwDstAccount,
    Field::TgwSrcVpc,
    Field::TgwDstVpc,
    Field::TgwSrcSubnet,
    Field::TgwDstSubnet,
    Field::TgwSrcEni,
    Field::TgwDstEni,
    Field::TgwSrcAz,
    Field::TgwDstAz,
    Field::TgwPairAttachment,
    Field::SrcAddr,
    Field::DstAddr,
    Field::SrcPort,
    Field::DstPort,
    Field::Protocol,
    Field::Packets,
    Field::Bytes,
    Field::Start,
    Field::End,
    Field::Status,
    Field::Type,
    Field::LostNoRoute,
    Field::LostBlackhole,
    Field::LostMtu,
    Field::LostTtl,
    Field::Flags,
    Field::Region,
    Field::Direction,
    Field::PktSrcService,
    Field::PktDstService,
];

impl Field {
    /// Returns whether records of transit gateways can have it.
    #[must_use]
    pub fn is_of_transit_gateways(self) -> bool {
        TRANSIT_GATEWAY_FORMAT.contains(&self)
    }

    /// Returns whether records of network interfaces can have it: every record field except those of version 6.
    #[must_use]
    pub fn is_of_interfaces(self) -> bool {
        self.info().version != 6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FIELDS, Origin};

    #[test]
    fn the_fields_of_version_6_are_those_of_transit_gateways_alone() {
        for (place, info) in FIELDS.iter().enumerate().filter(|(_, info)| matches!(info.origin, Origin::Record(_))) {
            let field = TRANSIT_GATEWAY_FORMAT.iter().find(|field| **field as usize == place);
            assert!(info.version != 6 || field.is_some_and(|field| !field.is_of_interfaces()), "{}", info.name);
        }
    }
}
