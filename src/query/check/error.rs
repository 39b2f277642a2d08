//! Mistakes in a sentence that parses.

use crate::diagnostic::{Report, Span};

/// Makes the enumeration, its messages and its spans from one list: variant, an input that causes
/// it, message, fields. Every variant also carries the span of the place.
macro_rules! check_errors {
    ($($(#[$doc:meta])* $variant:ident($message:literal) { $($field:ident: $type:ty),* })*) => {
        /// The reason why a sentence has no meaning. Each variant is documented with an input that causes it.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "the messages name the fields")]
        pub enum CheckError {
            $($(#[$doc])* #[error($message)] $variant { $($field: $type,)* span: Span },)*
        }

        impl CheckError {
            /// The place in the text.
            pub(crate) const fn place(&self) -> Span {
                match self {
                    $(Self::$variant { span, .. } => *span,)*
                }
            }
        }
    };
}

check_errors! {
    /// `bites > 5`
    UnknownField("unknown field `{name}`") { name: String, suggestion: Option<String> }
    /// `rejct`
    UnknownWord("unknown word `{name}`") { name: String, suggestion: Option<String> }
    /// `bytes` where a test should be
    FieldAlone("`{name}` is a field, not a test") { name: String, example: String }
    /// `public` without a side
    SetAlone("`{name}` needs a side") { name: String }
    /// `dst port 80 or 443`
    StrayValue("`{value}` is a value, not a test") { value: String, help: Option<String> }
    /// `bytes = 10.0.0.1`
    WrongValue("`{value}` is not a value of `{field}`") {
        value: String, expected: String, field: String, help: Option<String>
    }
    /// `dst.port = 65536`
    PortRange("{value} is not a port") { value: String }
    /// `bytes > 10XB`
    UnknownUnit("unknown unit `{unit}`") { unit: String, units: &'static str, suggestion: Option<String> }
    /// `last 30`
    BadDuration("`{text}` is not a duration") { text: String, help: Option<String> }
    /// `bytes = 9223372036854775808`
    TooLarge("`{value}` is too large") { value: String }
    /// `dst.port in ()`
    EmptyList("the list is empty") {}
    /// `dst.port in 443..80`
    BackwardRange("the range runs backward") {}
    /// `src.addr > 10.0.0.1`
    WrongOperator("`{operator}` does not fit `{field}`") {
        operator: String, field: String, holds: &'static str, fitting: &'static str
    }
    /// `eni ~ /(/`
    BadRegex("the regular expression is not valid: {reason}") { reason: String, help: Option<String> }
    /// `$port` without `--param port=...`
    UnboundParameter("no value for `${name}`") { name: String, suggestion: Option<String> }
    /// `dst.port = $ports` where `$ports` holds two values
    ManyValues("`${name}` holds {count} values") { name: String, count: usize }
    /// `src.addr in $all` where `$all` holds millions of values
    TooManyValues("the parameters of a sentence may hold 1,000,000 values in all") {}
    /// `@nosuch`
    UnknownSaved("no saved filter `@{name}`") { name: String, suggestion: Option<String> }
    /// `@ssh` by itself, which is a filter
    FilterAlone("`@{name}` is a filter, not a sentence") { name: String }
    /// `@nosuch` by itself
    UnknownSentence("no saved sentence `@{name}`") { name: String, suggestion: Option<String> }
    /// `@a`, saved as `@b`, which is saved as `@a`
    SavedCycle("`@{name}` is made from itself") { name: String, path: String }
    /// `@a`, saved as `@b or @b`, which is saved as `@c or @c`, and so on
    SavedTooLong("the saved filters of a sentence may have 32 KiB in all, each as often as it is read") {}
    /// A saved filter that nests deep, in one that does
    SavedTooDeep("saved filters nest more than 200 deep") {}
    /// `src.addr in @nosuch`
    UnknownList("no list `@{name}`") { name: String, suggestion: Option<String> }
    /// `src network nosuch`
    UnknownNetwork("no network `{name}`") { name: String, suggestion: Option<String> }
    /// `src sg web, db`
    BareList("a list without brackets") { list: String }
    /// `src group x`
    NoSideKind("`{name}` has no addresses") { name: String }
    /// `local prefix-list corp`
    LocalPrefixList("an interface belongs to no prefix list") {}
    /// `@broken`
    BadSaved("`@{name}` is not valid: {reason}") { name: String, reason: String }
    /// `flags S/A`
    FlagsOutsideMask("flags that must be set have to be in the mask") {}
    /// `flags has sin`
    UnknownFlag("unknown TCP flag `{name}`") { name: String, suggestion: Option<String> }
    /// `since tomorrow`, `since 01/03/2018`
    BadTime("`{text}` is not a time") { text: String, help: Option<String> }
    /// `since 2025-11-02T01:30` in New York, where clocks are turned back from 02:00 to 01:00
    TimeTwice("this local time exists twice: clocks are turned back") { first: String, second: String }
    /// `since 2025-03-09T02:30` in New York, where clocks are turned forward from 02:00 to 03:00
    TimeMissing("this local time does not exist: clocks are turned forward") { before: String, after: String }
    /// `since 1000000000d ago`
    TimeOutOfRange("the time is out of range") {}
    /// `since 2126-01-01`
    FutureWindow("the window starts in the future") {}
    /// `from 2026-11-23 to 2026-11-22`
    BackwardWindow("the window ends before it starts") {}
    /// `last 0m`
    EmptyWindow("the window is empty") {}
    /// `all prod`
    AllSelected("`all` takes no selector") {}
    /// `group where reject`
    GroupUnnamed("`group` needs the name of a log group") {}
    /// `bucket "logs/prefix"`.
    BucketNotRead("archives in S3 are not read yet") {}
    /// `vpc ""`
    EmptySelector("a selector is empty") {}
    /// `last 1h last 2h`, `limit 5 limit 6`
    Twice("{what} is given twice") { what: &'static str, help: &'static str }
    /// `sort bytes | where reject`
    OutOfOrder("{what} comes too late") { what: &'static str, help: &'static str }
    /// `count() by bin(10m) | compare 25m`
    UnevenCompare("the time between the windows is no multiple of the bin") { help: &'static str }
    /// `count() | follow`
    FollowGroups("`follow` does not fit an aggregation") {}
    /// `median(bytes)`
    UnknownFunction("unknown function `{name}`") { name: String, suggestion: Option<String> }
    /// `sum(dst.port)`, `sum()`, `count(bytes)`
    WrongArgument("`{function}` takes {takes}") { function: String, takes: &'static str, help: Option<String> }
    /// `show port`
    SideNeeded("`{name}` stands for more than one field") { name: String, sides: String }
    /// `remote.name = local.name`
    NotTestable("`{name}` cannot be compared with another field") { name: String }
    /// `bin(7m)`
    BadBin("`bin({width})` does not divide the time evenly") { width: String }
    /// `src.addr/129`, `dst.port/24`
    BadPrefix("`{text}` is not a network of addresses") { text: String }
    /// `limit 0`
    BadCount("`{text}` is not a number of rows") { text: String }
    /// `top 5 eni by dst.port`
    BadTop("`{stage}` cannot be ordered by `{name}`") { stage: &'static str, name: String }
    /// `count() by action | sort bytes`
    UnknownResult("the result has no column `{name}`") {
        name: String, columns: String, suggestion: Option<String>
    }
    /// `count(), count()`
    SameName("two columns would be called `{name}`") { name: String }
    /// `count() by action | where nodata`
    NotOfGroups("groups have no `{name}`") { name: String }
}

fn did_you_mean(suggestion: Option<&String>) -> Option<String> {
    suggestion.map(|word| format!("did you mean `{word}`?"))
}

impl Report for CheckError {
    fn span(&self) -> Option<Span> {
        Some(self.place())
    }

    fn label(&self) -> Option<String> {
        let fixed = match self {
            Self::UnknownField { .. } => "expected a field",
            Self::UnknownWord { .. } => "expected a test such as `reject` or `dst.port = 22`",
            Self::FieldAlone { .. } => "expected an operator and a value after it",
            Self::SetAlone { .. } => "expected a side before it",
            Self::StrayValue { .. } => "expected a test such as `dst.port = 22`",
            Self::PortRange { .. } => "expected 0 to 65535",
            Self::BadDuration { .. } => "expected a duration such as `30m` or `1h30m`",
            Self::TooLarge { .. } => "expected a smaller one",
            Self::EmptyList { .. } => "expected at least one value",
            Self::BackwardRange { .. } => "expected the smaller end first",
            Self::UnboundParameter { .. } => "expected a bound parameter",
            Self::ManyValues { .. } => "expected a single value",
            Self::UnknownList { .. } => "expected a list that is named under `[lists]` in the config file",
            Self::UnknownNetwork { .. } => "expected a name under `[networks]` in the config file",
            Self::UnknownSentence { .. } => "expected a name under `[sentences]` in the config file",
            Self::UnknownSaved { .. } => "expected a filter that is saved in the config file",
            Self::FlagsOutsideMask { .. } => "expected the set flags, a slash, and these among others",
            Self::UnknownFlag { .. } => "expected fin, syn, rst, psh, ack, urg, ece or cwr",
            Self::BadTime { .. } => "expected a time such as `2026-11-23T08:00`, `2026-11-23`, `9am` or `2h ago`",
            Self::TimeTwice { .. } | Self::TimeMissing { .. } => "expected a time with an offset",
            Self::TimeOutOfRange { .. } => "expected a year from -9999 to 9999",
            Self::EmptyWindow { .. } => "expected a duration such as `30m`",
            Self::Twice { .. } => "this is the second one",
            Self::UnknownFunction { .. } => "expected count, sum, avg, min, max, distinct or p1 to p99",
            Self::NotTestable { .. } => "expected a field of the record, or a value to compare the name with",
            Self::BadBin { .. } => "expected a part of a minute, an hour or a day, or whole days",
            Self::BadPrefix { .. } => "expected an address and a length, such as `src.addr/24`",
            Self::BadCount { .. } => "expected a whole number, 1 or more",
            Self::BadTop { .. } => "expected flows, bytes or packets",
            Self::WrongValue { expected, .. } => return Some(format!("expected {expected}")),
            Self::UnknownUnit { units, .. } => return Some(format!("expected one of {units}")),
            Self::WrongOperator { field, holds, fitting, .. } => {
                return Some(format!("`{field}` holds {holds}: expected {fitting}"));
            }
            Self::SideNeeded { sides, .. } => return Some(format!("expected one of {sides}")),
            Self::UnknownResult { columns, .. } => return Some(format!("expected one of {columns}")),
            Self::SavedCycle { path, .. } => return Some(path.clone()),
            _ => return None,
        };
        Some(fixed.to_string())
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::UnknownField { suggestion, .. }
            | Self::UnknownWord { suggestion, .. }
            | Self::UnknownUnit { suggestion, .. }
            | Self::UnknownSaved { suggestion, .. }
            | Self::UnknownSentence { suggestion, .. }
            | Self::UnknownList { suggestion, .. }
            | Self::UnknownNetwork { suggestion, .. }
            | Self::UnknownFlag { suggestion, .. }
            | Self::UnknownFunction { suggestion, .. }
            | Self::UnknownResult { suggestion, .. } => did_you_mean(suggestion.as_ref()),
            Self::StrayValue { help, .. }
            | Self::WrongValue { help, .. }
            | Self::BadDuration { help, .. }
            | Self::WrongArgument { help, .. }
            | Self::BadTime { help, .. }
            | Self::BadRegex { help, .. } => help.clone(),
            Self::UnboundParameter { name, suggestion, .. } => Some(match suggestion {
                Some(near) => format!("did you mean `${near}`?"),
                None => format!("bind it with `--param {name}=VALUE`"),
            }),
            Self::TimeTwice { first, second, .. } => Some(format!("`{first}` or `{second}`")),
            Self::TimeMissing { before, after, .. } => Some(format!("the nearest are `{before}` and `{after}`")),
            Self::FieldAlone { example, .. } => Some(format!("for example `{example}`")),
            Self::SetAlone { name, .. } => {
                Some(format!("`src {name}`, `dst {name}`, `local {name}` or `remote {name}`"))
            }
            Self::ManyValues { name, .. } => Some(format!("a list goes after `in`: `in ${name}`")),
            Self::Twice { help, .. } | Self::OutOfOrder { help, .. } | Self::UnevenCompare { help, .. } => {
                Some((*help).to_string())
            }
            Self::FlagsOutsideMask { .. } => Some("`flags S/SA` is SYN without ACK; `flags SA` is both".into()),
            Self::AllSelected { .. } => Some("name the kind: `vpc prod`".into()),
            Self::BucketNotRead { .. } => {
                Some("copy it with `aws s3 sync s3://NAME/PREFIX FOLDER`, and ask with `--local FOLDER`".into())
            }
            Self::GroupUnnamed { .. } => Some("for example `group \"/aws/vpc/flowlogs\"`".into()),
            Self::FollowGroups { .. } => Some("leave out the aggregation, or `follow`".into()),
            Self::BadBin { .. } => Some("for example `bin(5m)`, `bin(6h)` or `bin(1d)`".into()),
            Self::SameName { .. } => Some("give one of them another name with `as`".into()),
            Self::NotOfGroups { .. } => Some("put the `where` before the aggregation".into()),
            Self::FilterAlone { name, .. } => Some(format!("a filter stands after `where`: `where @{name}`")),
            Self::BareList { list, .. } => Some(format!("several stand in brackets: `{list}`")),
            Self::NoSideKind { .. } => {
                Some("a side is tested by `vpc`, `subnet`, `sg`, `instance`, ..., `prefix-list` or `network`".into())
            }
            Self::LocalPrefixList { .. } => Some("test an address: `remote prefix-list`".into()),
            Self::BackwardRange { .. } => Some("swap its ends".into()),
            _ => None,
        }
    }
}
