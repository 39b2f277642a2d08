//! Names that every service accepts, for the resources of a flow log.
//!
//! The Go tool derives the names of the log group and the role from the flow log's `Name`. So the `Name` itself is made
//! acceptable, once, for all three.

/// The prefix of log group names.
pub const LOG_GROUP_PREFIX: &str = "/fl-cli/";

/// The longest accepted name: the 64 characters of a role's name, without `fl-cli-<region>-` for the longest Region
/// name, so that a name does not depend on the Region.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const MAX_CHARACTERS: usize = 64 - "fl-cli-ap-southeast-1-".len();
/// Hexadecimal digits of the hash that keeps changed names distinct.
const HASH_DIGITS: usize = 10;

/// Returns the name itself if roles and log groups accept it; otherwise a changed name with a hash of the original.
pub(crate) fn fit(name: &str) -> String {
    let is_fit = name.len() <= MAX_CHARACTERS && name.chars().all(is_accepted) && !ends_with_hash(name);
    if is_fit { name.into() } else { distinct(name) }
}

/// Returns a changed name, with a hash of the original: IAM does not distinguish names that differ only in case.
pub(crate) fn distinct(name: &str) -> String {
    let kept = MAX_CHARACTERS - HASH_DIGITS - 1;
    let text: String = name.chars().map(|c| if is_accepted(c) { c } else { '_' }).take(kept).collect();
    let hash = hash(0xcbf2_9ce4_8422_2325, name) >> (64 - 4 * HASH_DIGITS);
    format!("{text}-{hash:0HASH_DIGITS$x}")
}

/// Returns whether both role names and log group names may contain the character.
///
/// Sources: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html> and
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>.
fn is_accepted(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

/// Returns whether a name looks like a changed one. It is changed as well, because it could collide with one.
fn ends_with_hash(name: &str) -> bool {
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    name.rsplit_once('-').is_some_and(|(_, end)| end.len() == HASH_DIGITS && end.chars().all(is_digit))
}

/// FNV-1a: small, and the same on every machine.
pub(crate) fn hash(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_fit_name_stays_as_it_is() {
        for name in ["vpc-0123456789abcdef0", "instance-web", "instance-Web_1.prod", "nat-1"] {
            assert_eq!(fit(name), name);
        }
    }

    #[test]
    fn other_names_are_changed_and_never_meet() {
        let names = [
            "instance-web 1".to_string(),
            "instance-web_1".into(),
            "instance-web/1".into(),
            "instance-wéb".into(),
            format!("instance-{}", "a".repeat(200)),
            format!("instance-{}", "a".repeat(201)),
            format!("instance-{}", "a".repeat(34)),
            fit("instance-web 1"),
        ];
        let cased = ["instance-Web", "instance-WEB"].map(distinct);
        let fitted: BTreeSet<String> = names.iter().map(|name| fit(name)).chain(cased).collect();
        assert_eq!(fitted.len(), names.len() + 2, "{fitted:?}");
        let lower: BTreeSet<String> = fitted.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower.len(), fitted.len(), "{fitted:?}");
        for name in fitted {
            assert!(name.chars().all(is_accepted), "{name}");
            assert!(format!("fl-cli-ap-southeast-1-{name}").len() <= 64, "{name}");
        }
    }
}
