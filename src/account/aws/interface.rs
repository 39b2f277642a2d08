//! The owner of a network interface. AWS describes it in several places: the attachment, the type, the description that
//! the creating service wrote, the tags.

use aws_sdk_ec2::types::{NetworkInterface, NetworkInterfaceType, Tag};

/// Prefixes of descriptions, each with the kind of owner that writes it, and whether the owner's name follows.
const DESCRIPTIONS: &[(&str, &str, bool)] = &[
    ("ELB app/", "alb", true),
    ("ELB net/", "nlb", true),
    ("ELB gwy/", "gwlb", true),
    ("ELB ", "elb", true),
    ("Interface for NAT Gateway ", "nat", true),
    ("VPC Endpoint Interface ", "endpoint", true),
    ("ElastiCache+", "elasticache", true),
    ("ElastiCache ", "elasticache", true),
    ("AWS Lambda VPC ENI-", "lambda", true),
    ("RDSNetworkInterface", "rds", false),
    ("RedshiftNetworkInterface", "redshift", false),
    ("DMSNetworkInterface", "dms", false),
    ("EFS mount target for ", "efs", true),
    ("Amazon EKS ", "eks", true),
    ("aws-K8S-", "eks", true),
    ("ES ", "opensearch", true),
    ("arn:aws:ecs:", "ecs", false),
    ("arn:aws-cn:ecs:", "ecs", false),
    ("arn:aws-us-gov:ecs:", "ecs", false),
    ("datasync ", "datasync", true),
    ("Attached to Glue using role: ", "glue", false),
    ("AWS created network interface for directory ", "directory", true),
    ("Created By Amazon Workspaces for AWS Account ID ", "workspace", false),
    ("Network Interface for Transit Gateway Attachment ", "tgw", true),
    ("[Do not delete] Network Interface created to access resources in your VPC for SageMaker", "sagemaker", false),
    ("[DO NOT DELETE] ENI managed by SageMaker", "sagemaker", false),
    ("DO NOT DELETE - Amazon MSK network interface for cluster ", "msk", false),
];

/// Interface types that reveal the owner, in AWS's spelling and in the SDK's.
const TYPES: &[(&str, &str)] = &[
    ("network_load_balancer", "nlb"),
    ("load_balancer", "alb"),
    ("gateway_load_balancer", "gwlb"),
    ("gateway_load_balancer_endpoint", "endpoint"),
    ("nat_gateway", "nat"),
    ("natGateway", "nat"),
    ("regional_nat_gateway", "nat"),
    ("vpc_endpoint", "endpoint"),
    ("lambda", "lambda"),
    ("transit_gateway", "tgw"),
    ("quicksight", "quicksight"),
    ("api_gateway_managed", "apigateway"),
    ("global_accelerator_managed", "accelerator"),
    ("aws_codestar_connections_managed", "codestar"),
    ("iot_rules_managed", "iot"),
];

/// The value of a tag, unless it is empty.
pub(super) fn tag(tags: &[Tag], key: &str) -> Option<String> {
    let value = tags.iter().find(|tag| tag.key() == Some(key))?.value()?;
    (!value.is_empty()).then(|| value.to_string())
}

/// The instance that an interface is attached to, if the account owns it.
pub(super) fn instance(interface: &NetworkInterface) -> Option<&str> {
    interface.attachment()?.instance_id()
}

/// The id of the NAT gateway or endpoint that the description names.
pub(super) fn described_owner(interface: &NetworkInterface) -> Option<&str> {
    let words = interface.description()?.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.into_iter().find(|word| word.starts_with("nat-") || word.starts_with("vpce-"))
}

/// The kind of the owner: `instance`, `alb`, `nat`, ...
pub(super) fn kind(interface: &NetworkInterface) -> &str {
    if instance(interface).is_some() {
        return "instance";
    }
    let by_type = interface.interface_type().map(NetworkInterfaceType::as_str);
    if let Some((_, kind, _)) = described(interface) {
        return kind;
    }
    if let Some((_, kind)) = TYPES.iter().find(|(name, _)| Some(*name) == by_type) {
        return kind;
    }
    match by_type {
        Some(other) if other != "interface" => other,
        _ => "other",
    }
}

/// The name of the owner, as far as the interface itself has it.
pub(super) fn name(interface: &NetworkInterface) -> Option<String> {
    let tags = interface.tag_set();
    let described =
        described(interface).and_then(|(rest, kind, is_named)| is_named.then(|| described_name(rest, kind)));
    tag(tags, "aws:ecs:serviceName").or(described).or_else(|| tag(tags, "Name")).filter(|name| !name.is_empty())
}

/// The rest of a description after a known prefix, the kind, and whether a name follows.
fn described(interface: &NetworkInterface) -> Option<(&str, &'static str, bool)> {
    let description = interface.description()?;
    DESCRIPTIONS.iter().find_map(|(start, kind, is_named)| Some((description.strip_prefix(start)?, *kind, *is_named)))
}

fn described_name(rest: &str, kind: &str) -> String {
    let end = match kind {
        // `name/50dc6c495c0c9188`
        "alb" | "nlb" | "gwlb" => rest.find('/'),
        // `name-0f8fad5b-d9cb-469f-a165-70867728950e`
        "lambda" => rest.rmatch_indices('-').nth(4).map(|(at, _)| at),
        _ => rest.find(' '),
    };
    rest[..end.unwrap_or(rest.len())].to_string()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::NetworkInterfaceAttachment;

    use super::*;

    fn seen(type_: &str, description: &str) -> (String, Option<String>) {
        let interface = NetworkInterface::builder()
            .interface_type(NetworkInterfaceType::from(type_))
            .description(description)
            .build();
        (kind(&interface).to_string(), name(&interface))
    }

    #[test]
    fn a_description_tells_kind_and_name() {
        for (type_, description, kind, name) in [
            ("interface", "ELB app/web/50dc6c495c0c9188", "alb", Some("web")),
            ("network_load_balancer", "ELB net/edge/50dc6c495c0c9188", "nlb", Some("edge")),
            ("interface", "ELB old", "elb", Some("old")),
            ("nat_gateway", "Interface for NAT Gateway nat-0a1", "nat", Some("nat-0a1")),
            ("regional_nat_gateway", "", "nat", None),
            ("vpc_endpoint", "VPC Endpoint Interface vpce-0a1", "endpoint", Some("vpce-0a1")),
            ("lambda", "AWS Lambda VPC ENI-my-job-0f8fad5b-d9cb-469f-a165-70867728950e", "lambda", Some("my-job")),
            ("interface", "RDSNetworkInterface", "rds", None),
            ("interface", "ElastiCache cache-001", "elasticache", Some("cache-001")),
            ("interface", "EFS mount target for fs-1 (fsmt-2)", "efs", Some("fs-1")),
            ("interface", "arn:aws:ecs:eu-west-1:1:attachment/2", "ecs", None),
            ("transit_gateway", "", "tgw", None),
            ("branch", "", "branch", None),
            ("interface", "mine", "other", None),
        ] {
            assert_eq!(seen(type_, description), (kind.into(), name.map(Into::into)), "{type_} {description}");
        }
    }

    #[test]
    fn an_attachment_and_tags_come_first() {
        let attachment = NetworkInterfaceAttachment::builder().instance_id("i-1").build();
        let interface = NetworkInterface::builder().attachment(attachment).description("ELB app/web/1").build();
        assert_eq!(kind(&interface), "instance");
        let tag = Tag::builder().key("aws:ecs:serviceName").value("api").build();
        let interface = NetworkInterface::builder().description("arn:aws:ecs:x").tag_set(tag).build();
        assert_eq!((kind(&interface), name(&interface)), ("ecs", Some("api".into())));
    }

    #[test]
    fn the_owner_is_found_in_the_description() {
        let of = |text: &str| {
            let interface = NetworkInterface::builder().description(text).build();
            described_owner(&interface).map(ToString::to_string)
        };
        assert_eq!(of("Interface for NAT Gateway nat-0a1"), Some("nat-0a1".into()));
        assert_eq!(of("VPC Endpoint Interface vpce-0a1"), Some("vpce-0a1".into()));
        assert_eq!(of("ELB app/web/1"), None);
    }
}
