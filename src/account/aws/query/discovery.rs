//! The fields of a log group's records, and those that the service discovers.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::log_format;
use super::super::policy::Action;
use super::asked::LogSource;
use crate::field::Field;
use crate::insights::Format;

/// The number of log groups whose fields are read at once: the quota is five calls per second.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.
const AT_ONCE: usize = 4;

/// The format of each source.
pub(super) async fn formats(aws: &Aws, sources: &[LogSource]) -> Result<Vec<Format>, Error> {
    let formats: Vec<_> = sources.iter().map(|source| of_source(aws, source)).collect();
    stream::iter(formats).buffered(AT_ONCE).try_collect().await
}

async fn of_source(aws: &Aws, source: &LogSource) -> Result<Format, Error> {
    let formats: Vec<Vec<Option<Field>>> = source.formats.iter().map(|format| values(format)).collect();
    if formats.iter().all(|values| *values == default_values()) {
        return Ok(Format::of(default_values().into_iter().flatten()));
    }
    let names = found_names(aws, source).await?;
    let found = formats.iter().flatten().flatten().copied().filter(|field| names.contains(field.info().insights));
    Ok(match formats.as_slice() {
        [values] => Format::line(values.clone(), found),
        formats => {
            let fields: Vec<Vec<Field>> =
                formats.iter().map(|values| values.iter().copied().flatten().collect()).collect();
            Format::of_several(&fields).with_found(found)
        }
    })
}

/// The fields that a log format names, in order; `None` for an unknown field.
fn values(format: &str) -> Vec<Option<Field>> {
    let names = format.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| Field::of_record(name)).collect()
}

/// The default format, the only one whose discovered names are documented.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>.
fn default_values() -> Vec<Option<Field>> {
    values(&log_format::default_format(None))
}

/// Returns the names that the service has discovered in the most recent records. For formats other than the default
/// one, it is not documented which names it discovers, nor how they are spelt. It discovers none without recent
/// records, and may refuse the call for a log group of another class or account.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogGroupFields.html>.
async fn found_names(aws: &Aws, source: &LogSource) -> Result<BTreeSet<String>, Error> {
    let place = (source.group.clone(), source.formats.clone());
    if let Some(names) = aws.found_names.get(&place) {
        return Ok(names);
    }
    let clients = aws.clients().await?;
    let request = clients.logs.get_log_group_fields();
    let request = if source.group.starts_with("arn:") {
        request.log_group_identifier(&source.group)
    } else {
        request.log_group_name(&source.group)
    };
    let doing = format!("ask which fields {} has", source.group);
    let found = match clients.call(Action::GetLogGroupFields, &doing, || request.clone().send()).await {
        // Without these names, records are parsed by the format of the flow log.
        Err(error) if error.is_refusal() => {
            if let Some(action) = error.denied() {
                aws.tell(&format!(
                    "the caller is not allowed `{action}`: the records of {} are taken apart by the format of their flow \
                     log",
                    source.group
                ));
            }
            return Ok(BTreeSet::new());
        }
        found => found?,
    };
    let names = found.log_group_fields().iter().filter_map(|field| field.name().map(Into::into)).collect();
    aws.found_names.add(place, &names);
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_names_fields_in_order() {
        let values = values("${srcaddr} ${bytes}\t${no-such-field}");
        assert_eq!(values, [Some(Field::SrcAddr), Some(Field::Bytes), None]);
    }

    #[test]
    fn the_default_format_is_that_of_version_2() {
        let default = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                       ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
        assert_eq!(default_values(), values(default));
        assert_ne!(default_values(), values(&format!("{default} ${{vpc-id}}")));
    }
}
