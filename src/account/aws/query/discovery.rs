//! The fields of a log group's records, and whether the service discovers them.

use futures::future::try_join_all;

use super::super::client::Clients;
use super::super::error::Error;
use super::super::log_format;
use super::super::policy::Action;
use super::target::LogSource;
use crate::field::Field;
use crate::insights::Format;

/// The format of each source.
pub(super) async fn formats(clients: &Clients, sources: &[LogSource]) -> Result<Vec<Format>, Error> {
    try_join_all(sources.iter().map(|source| of_source(clients, source))).await
}

async fn of_source(clients: &Clients, source: &LogSource) -> Result<Format, Error> {
    let formats: Vec<Vec<Option<Field>>> = source.formats.iter().map(|format| values(format)).collect();
    if formats.iter().all(|values| is_found(values)) {
        return Ok(Format::of(formats.into_iter().flatten().flatten()));
    }
    let [values] = formats.as_slice() else {
        return Err(Error::MixedFormats { group: source.group.clone() });
    };
    if are_found(clients, source, values).await? {
        return Ok(Format::of(values.iter().copied().flatten()));
    }
    Ok(Format::parsed(values.clone()))
}

/// The fields that a log format names, in order; `None` for an unknown field.
///
/// An empty format means the default one, which is that of version 2.
fn values(format: &str) -> Vec<Option<Field>> {
    if format.is_empty() {
        return default_values();
    }
    let names = format.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| Field::of_record(name)).collect()
}

fn default_values() -> Vec<Option<Field>> {
    log_format::default_fields().iter().map(|name| Field::of_record(name)).collect()
}

/// Returns whether the service is known to discover the fields: the default ones, at the start of the format.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>;
/// the Go tool's longer format is queried by these names.
fn is_found(values: &[Option<Field>]) -> bool {
    values.starts_with(&default_values())
}

/// Returns whether the service has discovered the fields in the most recent records.
async fn are_found(clients: &Clients, source: &LogSource, values: &[Option<Field>]) -> Result<bool, Error> {
    let found = clients.logs.get_log_group_fields().log_group_name(&source.group).send().await;
    let doing = format!("ask which fields {} has", source.group);
    let found = found.map_err(clients.failed(Action::GetLogGroupFields, doing))?;
    let names: Vec<&str> = found.log_group_fields().iter().filter_map(|field| field.name()).collect();
    Ok(values.iter().flatten().all(|field| names.contains(&field.info().insights)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_names_fields_in_order() {
        let values = values("${srcaddr} ${bytes}\t${no-such-field}");
        assert_eq!(values, [Some(Field::SrcAddr), Some(Field::Bytes), None]);
        assert!(!is_found(&values));
    }

    #[test]
    fn the_default_format_is_found_with_or_without_more_behind_it() {
        let default = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                       ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
        assert_eq!(values(""), values(default));
        assert!(is_found(&values(default)));
        assert!(is_found(&values(&format!("{default} ${{vpc-id}}"))));
    }
}
