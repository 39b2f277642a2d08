//! The fields that a new flow log records.

use aws_sdk_ec2::types::{FlowLog, TagFieldSpecificationRequest, TagFieldSpecificationResponse};

use crate::account::chosen_field::{ChosenField, tag_keys};
use crate::account::resource::Resource;
use crate::field::{Field, TRANSIT_GATEWAY_FORMAT};
use crate::kind::TargetKind;

/// The fields of versions 2 to 5, by version, and `reject-reason`.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.
const FIELDS: [&str; 30] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
    "vpc-id",
    "subnet-id",
    "instance-id",
    "tcp-flags",
    "type",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "region",
    "az-id",
    "sublocation-type",
    "sublocation-id",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "flow-direction",
    "traffic-path",
    "reject-reason",
];
/// The default format: all fields for transit gateways, those of version 2 for other resources.
pub(super) fn default_format(resource_id: Option<&str>) -> String {
    if resource_id.and_then(TargetKind::of_id).is_some_and(TargetKind::is_of_transit_gateways) {
        return transit_gateway_format();
    }
    format(FIELDS.into_iter().take(14))
}

fn transit_gateway_format() -> String {
    format(TRANSIT_GATEWAY_FORMAT.into_iter().filter_map(Field::record_name))
}

/// Fields that the service refuses in an account without an ECS cluster.
const ECS_FIELDS: [&str; 10] = [
    "ecs-cluster-arn",
    "ecs-cluster-name",
    "ecs-container-instance-arn",
    "ecs-container-instance-id",
    "ecs-container-id",
    "ecs-second-container-id",
    "ecs-service-name",
    "ecs-task-definition-arn",
    "ecs-task-arn",
    "ecs-task-id",
];

/// The formats to try, the best first: the chosen fields, or all fields with and without ECS.
pub(super) fn choices(resource: &Resource, fields: &[String]) -> Vec<String> {
    if !fields.is_empty() {
        return vec![format(fields.iter().map(|text| ChosenField::of(text).name))];
    }
    if resource.kind.is_of_transit_gateways() {
        return vec![transit_gateway_format()];
    }
    // Records of a regional NAT gateway have its id instead of an interface, and no ECS task.
    if resource.is_logged_itself {
        return vec![format(FIELDS.into_iter().chain(Field::Resource.record_name()))];
    }
    vec![format(FIELDS.into_iter().chain(ECS_FIELDS)), format(FIELDS)]
}

/// The tags that the chosen fields hold.
pub(super) fn tag_fields(fields: &[String]) -> Vec<TagFieldSpecificationRequest> {
    let of = |(resource_type, keys): (&str, Vec<String>)| {
        TagFieldSpecificationRequest::builder().resource_type(resource_type.into()).set_tag_keys(Some(keys)).build()
    };
    tag_keys(fields).into_iter().map(of).collect()
}

/// The tags that the fields of an existing flow log hold.
pub(super) fn tag_fields_of(flow_log: &FlowLog) -> Vec<TagFieldSpecificationRequest> {
    let of = |there: &TagFieldSpecificationResponse| {
        TagFieldSpecificationRequest::builder()
            .set_resource_type(there.resource_type().cloned())
            .set_tag_keys(Some(there.tag_keys().to_vec()))
            .build()
    };
    flow_log.tag_field_specifications().iter().map(of).collect()
}

fn format<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| format!("${{{field}}}")).collect();
    fields.join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::account::inventory::{Inventory, NatGateway, TransitGateway, Vpc};
    use crate::field::{FIELDS as KNOWN, Origin};

    #[test]
    fn the_fields_are_those_of_the_table() {
        let of = |is_meant: &dyn Fn(u8) -> bool| -> BTreeSet<&str> {
            let meant = KNOWN.iter().filter(|info| is_meant(info.version));
            meant.filter_map(|info| if let Origin::Record(name) = info.origin { Some(name) } else { None }).collect()
        };
        assert_eq!(BTreeSet::from(FIELDS), of(&|version| (2..=5).contains(&version) || version == 8));
        assert_eq!(BTreeSet::from(ECS_FIELDS), of(&|version| version == 7));
    }

    #[test]
    fn chosen_fields_are_the_format() {
        let inventory = Inventory {
            vpcs: vec![Vpc { id: "vpc-1".into(), name: None, cidrs: Vec::new(), account: None }],
            nat_gateways: vec![NatGateway { id: "nat-1".into(), name: None, vpc: "vpc-1".into(), regional: true }],
            transit_gateways: vec![TransitGateway { id: "tgw-1".into(), name: None, account: None }],
            ..Inventory::default()
        };
        let one = |kind| inventory.resources(kind).remove(0);
        let vpc = one(TargetKind::Vpc);
        assert_eq!(choices(&vpc, &["srcaddr".into(), "instance-tag=team".into()]), ["${srcaddr} ${instance-tag}"]);
        assert!(choices(&vpc, &[])[1].starts_with("${version} ${account-id} ${interface-id} "));
        let [regional] = choices(&one(TargetKind::NatGateway), &[]).try_into().unwrap();
        assert!(regional.ends_with("${reject-reason} ${resource-id}"), "{regional}");
        let [gateway] = choices(&one(TargetKind::TransitGateway), &[]).try_into().unwrap();
        assert!(gateway.starts_with("${version} ${resource-type} ${account-id} ${tgw-id} "), "{gateway}");
        for lacking in ["vpc-id", "interface-id", "action", "pkt-srcaddr", "traffic-path"] {
            assert!(!gateway.contains(&format!("${{{lacking}}}")), "{gateway}");
        }
    }
}
