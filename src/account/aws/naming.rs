//! Names and tags of the resources that are created on AWS: those of the Go tool, unless the user chose others.

/// The key of the tag with the `Name` of a flow log.
pub(super) const NAME: &str = "Name";
/// The tag of resources that this tool or the Go tool creates.
pub(super) const PROJECT: (&str, &str) = ("Project", "flowlogs-cli");
/// The value of that tag if the user chose the log group, role or path. The Go tool derives their names from the
/// `Name`, so it could not find these resources.
pub(super) const PROJECT_ALONE: &str = "flowlogs";

/// Returns whether this tool or the Go tool created a resource whose tag [`PROJECT`] has this value.
pub(super) fn is_ours(project: Option<&str>) -> bool {
    project.is_some_and(|project| [PROJECT.1, PROJECT_ALONE].contains(&project))
}

/// The prefix of role names; the Region and the flow log's `Name` follow, since IAM is not regional.
pub(super) const ROLE_PREFIX: &str = "fl-cli-";
/// The service that assumes the roles.
pub(super) const SERVICE: &str = "vpc-flow-logs.amazonaws.com";
/// The name of a role's only policy; the Go tool removes no other.
pub(super) const POLICY: &str = "flow-logs";
/// The length at which IAM and the Go tool truncate names.
const MAX_NAME: usize = 64;

/// The name of the role of a flow log. Accepted names are not truncated; names from the Go tool may be.
pub(super) fn role_name(region: &str, name: &str) -> String {
    let role = format!("{ROLE_PREFIX}{region}-{name}");
    role.chars().take(MAX_NAME).collect()
}
