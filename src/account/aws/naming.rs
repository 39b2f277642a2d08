//! Names and tags of what is made on AWS; those of the Go tool.

/// The tag that everything of this tool and of the Go tool has.
pub(super) const PROJECT: (&str, &str) = ("Project", "flowlogs-cli");

/// The tags of what is made for a flow log.
pub(super) fn tags(name: &str) -> [(&'static str, String); 2] {
    [("Name", name.to_string()), (PROJECT.0, PROJECT.1.to_string())]
}

/// How the names of roles start; a Region and a flow log's `Name` follow, for IAM has no Regions.
pub(super) const ROLE_PREFIX: &str = "fl-cli-";
/// Who assumes the roles.
pub(super) const SERVICE: &str = "vpc-flow-logs.amazonaws.com";
/// The one policy in a role, the only one that the Go tool removes.
pub(super) const POLICY: &str = "flow-logs";
/// Where IAM and the Go tool cut.
const MAX_NAME: usize = 64;

/// The name of the role of a flow log. Fit names are not cut; those of the Go tool may be.
pub(super) fn role_name(region: &str, name: &str) -> String {
    let role = format!("{ROLE_PREFIX}{region}-{name}");
    role.chars().take(MAX_NAME).collect()
}
