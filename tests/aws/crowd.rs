//! A Region with many resources: the services list them page by page, and each call takes a while.

#![allow(dead_code, reason = "each test uses a part")]

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::proxy::{Call, Proxy, Verdict};

/// The number of interfaces, a thousand per page.
const INTERFACES: usize = 2000;
/// The number of subnets, each with its share of the interfaces and a flow log; all on one page.
const SUBNETS: usize = 200;
/// The number of log groups on a page.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>.
const LOG_GROUPS_PER_PAGE: usize = 50;

/// The time of the longest chain of dependent calls: the identity of the caller, then the pages of log groups one after
/// the other.
pub(crate) fn slowest_chain(call: Duration) -> Duration {
    call * u32::try_from(1 + SUBNETS / LOG_GROUPS_PER_PAGE).unwrap()
}

/// Answers every call of `list` and of pick lists.
pub(crate) fn serve(call: Duration) -> Proxy {
    // No call is passed on.
    const NOWHERE: u16 = 1;
    let pages = Pages::new();
    Proxy::new(NOWHERE, move |asked| {
        thread::sleep(call);
        Verdict::Answer(pages.answer(asked))
    })
}

/// Answers this many calls in a second; further ones are throttled.
pub(crate) fn serve_at_most(calls_a_second: usize) -> Proxy {
    const NOWHERE: u16 = 1;
    let (pages, answered) = (Pages::new(), Mutex::new(Vec::new()));
    Proxy::new(NOWHERE, move |asked| {
        let mut answered = answered.lock().unwrap();
        answered.retain(|at: &Instant| at.elapsed() < Duration::from_secs(1));
        if answered.len() >= calls_a_second {
            return Verdict::Refuse("RequestLimitExceeded", "Request limit exceeded.".into());
        }
        answered.push(Instant::now());
        Verdict::Answer(pages.answer(asked))
    })
}

/// The log group of each subnet.
pub(crate) fn log_groups() -> impl Iterator<Item = String> {
    (0..SUBNETS).map(log_group)
}

fn log_group(number: usize) -> String {
    format!("/fl-cli/subnet-{number:017x}")
}

/// The answers, made in advance: making them would take as long as a call.
struct Pages {
    subnets: String,
    interfaces: [String; 2],
    flow_logs: String,
    log_groups: Vec<String>,
}

fn items(from: usize, until: usize, item: impl Fn(usize) -> String) -> String {
    (from..until).fold(String::new(), |mut text, number| {
        let _ = write!(text, "<item>{}</item>", item(number));
        text
    })
}

impl Pages {
    fn new() -> Self {
        let subnet = |number: usize| {
            format!(
                "<subnetId>subnet-{number:017x}</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.{number}.0/24</cidrBlock>"
            )
        };
        let interface = |number: usize| {
            let (address, subnet) = (format!("10.0.{}.{}", number % SUBNETS, number / SUBNETS + 4), number % SUBNETS);
            format!(
                "<networkInterfaceId>eni-{number:017x}</networkInterfaceId><subnetId>subnet-{subnet:017x}</subnetId>\
                 <vpcId>vpc-1</vpcId><interfaceType>interface</interfaceType><privateIpAddress>{address}</privateIpAddress>\
                 <groupSet><item><groupId>sg-1</groupId><groupName>all</groupName></item></groupSet>"
            )
        };
        let flow_log = |number: usize| {
            format!(
                "<flowLogId>fl-{number:017x}</flowLogId><resourceId>subnet-{number:017x}</resourceId>\
                 <logGroupName>{}</logGroupName><deliverLogsStatus>SUCCESS</deliverLogsStatus>\
                 <tagSet><item><key>Name</key><value>subnet-{number:017x}</value></item>\
                 <item><key>Project</key><value>flowlogs-cli</value></item></tagSet>",
                log_group(number)
            )
        };
        let log_groups = (0..SUBNETS).step_by(LOG_GROUPS_PER_PAGE).map(|first| {
            let next = first + LOG_GROUPS_PER_PAGE;
            let names = first..next;
            let groups: Vec<_> = names.map(|n| serde_json::json!({"logGroupName": log_group(n)})).collect();
            let token = (next < SUBNETS).then(|| next.to_string());
            serde_json::json!({"logGroups": groups, "nextToken": token}).to_string()
        });
        let half = INTERFACES / 2;
        let more = "<nextToken>1</nextToken>";
        Self {
            subnets: format!("<subnetSet>{}</subnetSet>", items(0, SUBNETS, subnet)),
            interfaces: [
                format!("<networkInterfaceSet>{}</networkInterfaceSet>{more}", items(0, half, interface)),
                format!("<networkInterfaceSet>{}</networkInterfaceSet>", items(half, INTERFACES, interface)),
            ],
            flow_logs: format!("<flowLogSet>{}</flowLogSet>", items(0, SUBNETS, flow_log)),
            log_groups: log_groups.collect(),
        }
    }

    fn answer(&self, call: &Call) -> String {
        let body = call.request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let inside = match call.action.as_str() {
            "GetCallerIdentity" => {
                let caller =
                    "<Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>A</UserId><Account>123456789012</Account>";
                return format!(
                    "<GetCallerIdentityResponse><GetCallerIdentityResult>{caller}</GetCallerIdentityResult></GetCallerIdentityResponse>"
                );
            }
            "DescribeLogGroups" => {
                let input: serde_json::Value = serde_json::from_str(body).unwrap();
                let first: usize = input["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
                return self.log_groups[first / LOG_GROUPS_PER_PAGE].clone();
            }
            "DescribeVpcs" => {
                "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet>".into()
            }
            "DescribeSubnets" => self.subnets.clone(),
            "DescribeNetworkInterfaces" => self.interfaces[usize::from(body.contains("NextToken=1"))].clone(),
            "DescribeFlowLogs" => self.flow_logs.clone(),
            _ => String::new(),
        };
        format!("<{0}Response>{inside}</{0}Response>", call.action)
    }
}
