//! The fields that a new flow log records.

/// The fields of versions 2 to 5, in the order of their versions, and `reject-reason`.
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
/// The fields of the default format, which is that of version 2.
pub(super) fn default_fields() -> &'static [&'static str] {
    &FIELDS[..14]
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
pub(super) fn choices(fields: &[String]) -> Vec<String> {
    if !fields.is_empty() {
        return vec![format(fields.iter().map(String::as_str))];
    }
    vec![format(FIELDS.into_iter().chain(ECS_FIELDS)), format(FIELDS)]
}

fn format<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| format!("${{{field}}}")).collect();
    fields.join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
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
        assert_eq!(choices(&["srcaddr".into(), "bytes".into()]), ["${srcaddr} ${bytes}"]);
        assert!(choices(&[])[1].starts_with("${version} ${account-id} ${interface-id} "));
    }
}
