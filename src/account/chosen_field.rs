//! The fields that a user chooses for a new flow log, by their names in formats. A field that holds a tag comes with
//! the tag's key: `instance-tag=team`.

/// The fields that hold the first and the second tag of a resource, and its type in EC2.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagFieldSpecificationRequest.html>.
const TAG_FIELDS: [([&str; 2], &str); 3] = [
    (["instance-tag", "instance-tag-2"], "instance"),
    (["interface-tag", "interface-tag-2"], "network-interface"),
    (["asg-tag", "asg-tag-2"], "auto-scaling-group"),
];

/// A field, and the key of the tag that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChosenField<'t> {
    /// Its name in formats.
    pub(super) name: &'t str,
    /// The key of the tag that it holds.
    pub(super) tag_key: Option<&'t str>,
}

impl<'t> ChosenField<'t> {
    /// Parses a choice.
    pub(super) fn of(text: &'t str) -> Self {
        match text.split_once('=') {
            Some((name, key)) => Self { name, tag_key: Some(key) },
            None => Self { name: text, tag_key: None },
        }
    }

    /// Returns whether it holds a tag, so that it needs the tag's key.
    pub(super) fn holds_tag(self) -> bool {
        TAG_FIELDS.iter().any(|(names, _)| names.contains(&self.name))
    }

    /// The field of the first tag, if this one is that of the second.
    pub(super) fn first(self) -> Option<&'static str> {
        TAG_FIELDS.iter().find(|(names, _)| names[1] == self.name).map(|(names, _)| names[0])
    }
}

/// The keys of the tags that fields hold, by the type of the tagged resource, the first tag first.
#[cfg(feature = "aws")]
pub(super) fn tag_keys(fields: &[String]) -> Vec<(&'static str, Vec<String>)> {
    let key = |name: &str| fields.iter().map(|text| ChosenField::of(text)).find(|field| field.name == name)?.tag_key;
    let keys = |names: [&str; 2]| names.into_iter().filter_map(key).map(Into::into).collect::<Vec<String>>();
    let all = TAG_FIELDS.into_iter().map(|(names, resource_type)| (resource_type, keys(names)));
    all.filter(|(_, keys)| !keys.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_tag_comes_with_its_key() {
        let field = ChosenField::of("instance-tag-2=a=b");
        assert_eq!((field.name, field.tag_key), ("instance-tag-2", Some("a=b")));
        assert_eq!((field.holds_tag(), field.first()), (true, Some("instance-tag")));
        let field = ChosenField::of("srcaddr");
        assert_eq!((field.tag_key, field.holds_tag(), field.first()), (None, false, None));
    }

    #[cfg(feature = "aws")]
    #[test]
    fn keys_are_by_type_and_in_the_order_of_the_fields_names() {
        let fields = ["instance-tag-2=b", "asg-tag=c", "srcaddr", "instance-tag=a"].map(ToString::to_string);
        let keys = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(tag_keys(&fields), [("instance", keys(&["a", "b"])), ("auto-scaling-group", keys(&["c"]))]);
    }
}
