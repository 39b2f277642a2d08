//! Links into the console of Logs Insights.

use std::fmt::Write;

use crate::query::window::Interval;
use crate::value::time_utc;

/// The address of the console's page with a query, ready to be run.
///
/// The console keeps its state after the `#` of the address. The form is not documented: an object is `~(name~value)`,
/// a list `~(~value~value)`, a text starts with an apostrophe and has `*2f` for a slash; all of it is percent-encoded
/// twice, with `$` for `%`.
pub(super) fn link(partition: &str, region: &str, groups: &[String], text: &str, interval: Interval) -> String {
    let domain = match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let sources: String = groups.iter().fold(String::new(), |list, group| format!("{list}~{}", escaped(group)));
    let state = format!(
        "~(end~{}~start~{}~timeType~{}~tz~{}~editorString~{}~source~({sources}))",
        escaped(&time_utc(interval.until)),
        escaped(&time_utc(interval.from)),
        escaped("ABSOLUTE"),
        escaped("UTC"),
        escaped(text),
    );
    let state = state.replace('~', "$257E").replace('(', "$2528").replace(')', "$2529").replace('\'', "$2527");
    format!("https://{region}.{domain}/cloudwatch/home?region={region}#logsV2:logs-insights$3FqueryDetail$3D{state}")
}

/// Escapes a text in the form of the console.
fn escaped(text: &str) -> String {
    let mut escaped = String::from("'");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => escaped.push(char::from(byte)),
            // Writing to a `String` cannot fail.
            byte => drop(write!(escaped, "*{byte:02x}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected address is one that the console itself had for this query, without some keys.
    #[test]
    fn a_link_has_the_form_of_the_console() {
        let groups = ["/aws/lambda/f".to_string(), "g".to_string()];
        // 2021-07-15T21:00:00Z to 2021-07-18T20:59:59Z
        let interval = Interval { from: 1_626_382_800, until: 1_626_641_999 };
        assert_eq!(
            link("aws", "eu-west-1", &groups, "fields @timestamp\n| limit 200", interval),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:logs-insights\
             $3FqueryDetail$3D$257E$2528end$257E$25272021-07-18T20*3a59*3a59Z$257Estart$257E$25272021-07-15T21*3a00*3a00Z\
             $257EtimeType$257E$2527ABSOLUTE$257Etz$257E$2527UTC$257EeditorString$257E$2527fields*20*40timestamp*0a*7c*20\
             limit*20200$257Esource$257E$2528$257E$2527*2faws*2flambda*2ff$257E$2527g$2529$2529"
        );
        assert!(
            link("aws-cn", "cn-north-1", &groups, "", interval).starts_with("https://cn-north-1.console.amazonaws.cn/")
        );
    }
}
