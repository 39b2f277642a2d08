//! Notes on settings that a create asks for, but that an existing flow log does not take.

use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_ec2::types::TrafficType;
use aws_sdk_iam::types::Role;

use super::client::Clients;
use super::error::Error;
use super::flow_logs::{self, Request};
use super::{log_format, log_groups, roles};
use crate::account::resource::Resource;
use crate::account::settings::Settings;

/// Notes on requested settings that an existing flow log, its log group and its role do not take.
pub(super) async fn notes(
    clients: &Clients,
    resource: &Resource,
    settings: &Settings,
    there: &Request,
) -> Result<Vec<String>, Error> {
    let mut notes = of_flow_log(resource, settings, there);
    if settings.kms_key.is_some() || settings.log_class.is_some() {
        let found = log_groups::named(clients, vec![there.log_group.clone()]).await?;
        let is_it = |group: &&LogGroup| group.log_group_name() == Some(&there.log_group);
        notes.extend(found.iter().filter(is_it).flat_map(|group| of_log_group(settings, group)));
    }
    let chosen_path = settings.role_path.as_deref().filter(|path| *path != path_of(&there.role_arn));
    if chosen_path.is_some() {
        let kept = path_of(&there.role_arn);
        notes.push(format!("it keeps the path of its role, `{kept}`: delete and create it to change that"));
    }
    if settings.permissions_boundary.is_some() {
        let name = there.role_arn.rsplit('/').next().unwrap_or_default();
        notes.extend(roles::get(clients, name).await?.and_then(|role| of_role(settings, &role)));
    }
    Ok(notes)
}

fn of_flow_log(resource: &Resource, settings: &Settings, there: &Request) -> Vec<String> {
    let mut notes = Vec::new();
    let asked = log_format::choices(resource, &settings.fields);
    let has_fields = asked.contains(&there.format) && log_format::tag_fields(&settings.fields) == there.tag_fields;
    if !settings.fields.is_empty() && !has_fields {
        notes.push("it keeps its fields: delete and create it to change them".into());
    }
    let aggregation_s = settings.aggregation_s.filter(|asked| i64::from(*asked) != i64::from(there.aggregation_s));
    if aggregation_s.is_some() {
        let kept = there.aggregation_s;
        notes.push(format!("it keeps its interval of {kept} s: delete and create it to change that"));
    }
    if settings.traffic.is_some() && flow_logs::traffic(resource.kind, settings) != there.traffic {
        let kept = there.traffic.as_ref().unwrap_or(&TrafficType::All).as_str().to_lowercase();
        notes.push(format!("it keeps its traffic, `{kept}`: delete and create it to change that"));
    }
    if settings.log_group.as_ref().is_some_and(|asked| *asked != there.log_group) {
        notes.push(format!("it keeps its log group {}: delete and create it to change that", there.log_group));
    }
    if settings.role.as_ref().is_some_and(|asked| *asked != there.role_arn) {
        notes.push(format!("it keeps its role {}: delete and create it to change that", there.role_arn));
    }
    let there_tags = there.tags.all();
    if settings.tags.iter().any(|(key, value)| there_tags.get(key) != Some(value)) {
        notes.push("it keeps its tags: delete and create it to change them".into());
    }
    notes
}

/// Notes on an existing log group, which is not changed.
pub(super) fn of_log_group(settings: &Settings, group: &LogGroup) -> Vec<String> {
    let name = group.log_group_name().unwrap_or_default();
    let mut notes = Vec::new();
    if settings.kms_key.is_some() && settings.kms_key.as_deref() != group.kms_key_id() {
        let kept = group.kms_key_id().map_or("it has none".into(), |key| format!("it has {key}"));
        notes.push(format!("the log group {name} does not get another KMS key: {kept}"));
    }
    if let Some(kept) = group.log_group_class().filter(|_| settings.log_class.is_some())
        && *kept != log_groups::class(settings)
    {
        notes.push(format!("the log group {name} keeps its class, {}", kept.as_str()));
    }
    notes
}

/// A note on an existing role, which is not changed.
pub(super) fn of_role(settings: &Settings, role: &Role) -> Option<String> {
    let asked = settings.permissions_boundary.as_deref()?;
    let kept = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
    let has = kept.map_or("it has none".into(), |arn| format!("it has {arn}"));
    let note = format!("the role {} does not get another permissions boundary: {has}", role.role_name);
    (kept != Some(asked)).then_some(note)
}

/// The path in the ARN of a role.
fn path_of(arn: &str) -> &str {
    let path = arn.split_once(":role").map_or("/", |(_, path)| path);
    &path[..=path.rfind('/').unwrap_or(0).min(path.len() - 1)]
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatchlogs::types::LogGroupClass;

    use super::*;
    use crate::account::settings::LogClass;

    #[test]
    fn a_log_group_keeps_its_class_and_its_key() {
        let group = |class: LogGroupClass, key: Option<&str>| {
            LogGroup::builder().log_group_name("g").log_group_class(class).set_kms_key_id(key.map(Into::into)).build()
        };
        let (standard, cheap) = (LogGroupClass::Standard, LogGroupClass::InfrequentAccess);
        let classed = |class| Settings { log_class: Some(class), ..Settings::default() };
        let of = |settings: &Settings, group: &LogGroup| of_log_group(settings, group).join("; ");
        let kept = of(&classed(LogClass::Standard), &group(cheap, None));
        assert_eq!(kept, "the log group g keeps its class, INFREQUENT_ACCESS");
        assert_eq!(of(&classed(LogClass::Standard), &group(standard.clone(), Some("k"))), "");
        let keyed = Settings { kms_key: Some("k".into()), ..Settings::default() };
        assert_eq!(
            of(&keyed, &group(standard.clone(), None)),
            "the log group g does not get another KMS key: it has none"
        );
        assert_eq!(of(&keyed, &group(standard.clone(), Some("k"))), "");
        // A setting that was not asked for gets no note.
        assert_eq!(of(&Settings::default(), &group(standard, Some("k"))), "");
    }

    #[test]
    fn the_path_of_a_role_is_in_its_arn() {
        assert_eq!(path_of("arn:aws:iam::1:role/fl-cli-x"), "/");
        assert_eq!(path_of("arn:aws:iam::1:role/network/flow/fl-cli-x"), "/network/flow/");
    }
}
