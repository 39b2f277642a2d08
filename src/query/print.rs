//! Prints a plan as the canonical sentence, which parses to the same plan.

use std::fmt::Write;

use super::address_set::AddressSet;
use super::owner::{ListFile, Owner};
use super::parse;
use super::plan::{
    Check, Chosen, Compare, Compared, Condition, Family, GroupKey, GroupStage, Groups, Kept, KeyBy, Limit, Plan, Range,
    Relation, Shape, Source,
};
use super::seconds::{MAX_SECONDS, Seconds};
use super::word::FLAG_LETTERS;
use crate::field::{Field, FieldType};
use crate::function::Function;
use crate::value::time_utc;

/// The canonical sentence of a plan.
#[must_use]
pub fn sentence(plan: &Plan) -> String {
    let mut text = targets(plan);
    let results = results(plan);
    if let Some(said) = &plan.selection.said {
        let _ = write!(text, " where {}", Printer { results: &results, grouped: false }.condition(said));
    }
    if let Some(window) = &plan.window {
        let _ = write!(text, " {window}");
    }
    match &plan.shape {
        Shape::Records { chosen: Chosen::Nobody | Chosen::Setting, .. } => {}
        Shape::Records { columns, chosen: Chosen::Sentence } => {
            let columns: Vec<String> = columns
                .iter()
                .map(|column| named(&column.source.name(), &column.source.result_name(), &column.name))
                .collect();
            let _ = write!(text, " | show {}", columns.join(", "));
        }
        Shape::Groups(groups) => text.push_str(&stage(groups, plan.limit, &results)),
    }
    let sort: Vec<String> = plan
        .sort
        .iter()
        .map(|key| format!("{} {}", source(&key.source, &results), if key.descending { "desc" } else { "asc" }))
        .collect();
    if !sort.is_empty() {
        let _ = write!(text, " | sort {}", sort.join(", "));
    }
    let is_counted = matches!(&plan.shape, Shape::Groups(groups) if groups.stage.takes_count());
    match plan.limit {
        Limit::Rows(rows) if !is_counted => {
            let _ = write!(text, " | limit {rows}");
        }
        Limit::None => text.push_str(" | limit none"),
        _ => {}
    }
    text.push_str(if plan.chart { " | chart" } else { "" });
    text.push_str(if plan.follow { " | follow" } else { "" });
    text
}

/// A condition in the notation of sentences.
#[must_use]
pub fn condition(condition: &Condition) -> String {
    Printer { results: &[], grouped: false }.condition(condition)
}

/// A condition with every operand in parentheses, so that nothing depends on precedence; `results` are the names and
/// types of the result columns that it may test.
#[must_use]
pub fn parenthesised(condition: &Condition, results: &[(String, FieldType)]) -> String {
    Printer { results, grouped: true }.condition(condition)
}

fn targets(plan: &Plan) -> String {
    let targets: Vec<String> = plan
        .targets
        .iter()
        .map(|target| {
            let selectors: Vec<String> = target.selectors.iter().map(|selector| self::selector(selector)).collect();
            let kind = target.kind.name();
            if selectors.is_empty() { kind.to_string() } else { format!("{kind} {}", selectors.join(", ")) }
        })
        .collect();
    targets.join(", ")
}

/// The columns of an aggregation's result.
fn results(plan: &Plan) -> Vec<(String, FieldType)> {
    let Shape::Groups(groups) = &plan.shape else { return Vec::new() };
    let keys = groups.keys.iter().map(|key| (key.name.clone(), key.field_type()));
    keys.chain(groups.aggregates.iter().map(|aggregate| (aggregate.name.clone(), aggregate.field_type()))).collect()
}

fn stage(groups: &Groups, limit: Limit, results: &[(String, FieldType)]) -> String {
    let keys: Vec<String> = groups.keys.iter().map(key).collect();
    let keys = keys.join(", ");
    let mut text = String::new();
    if let GroupStage::Conversations(measure) = groups.stage {
        let count = if let Limit::Rows(rows) = limit { format!(" {rows}") } else { String::new() };
        let _ = write!(text, " | conversations{count} by {}", measure.name());
    } else if let (GroupStage::Top, Limit::Rows(rows), [aggregate]) =
        (groups.stage, limit, groups.now().aggregates.as_slice())
    {
        let _ = write!(text, " | top {rows} {keys} by {}", aggregate.name);
    } else {
        let aggregates: Vec<String> = groups
            .aggregates
            .iter()
            .filter(|aggregate| aggregate.compared == Compared::Now)
            .map(|aggregate| {
                let over = aggregate.over.as_ref();
                let call = call(aggregate.function, over);
                named(&call, &default_name(aggregate.function, over), &aggregate.name)
            })
            .collect();
        let _ = write!(text, " | {}", aggregates.join(", "));
        if !keys.is_empty() {
            let _ = write!(text, " by {keys}");
        }
    }
    if let Some(Compare { by_s, kept }) = groups.compare {
        let kept = match kept {
            Kept::All => "",
            Kept::New => " new",
            Kept::Gone => " gone",
        };
        let _ = write!(text, " | compare {}{kept}", Seconds(by_s));
    }
    if let Some(having) = &groups.having {
        let _ = write!(text, " | where {}", Printer { results, grouped: false }.condition(&having.said));
    }
    text
}

/// A call as typed.
fn call(function: Function, over: Option<&Source>) -> String {
    let over_name = over.map(Source::name).unwrap_or_default();
    match function {
        Function::Share => format!("share({}({over_name}))", function.base(over.is_some()).name()),
        function => format!("{}({over_name})", function.name()),
    }
}

/// The result name of an aggregate without an alias.
pub(super) fn default_name(function: Function, over: Option<&Source>) -> String {
    if function == Function::Share {
        return format!("share_{}", default_name(function.base(over.is_some()), over));
    }
    over.map_or_else(|| function.name(), |over| format!("{}_{}", function.name(), over.result_name()))
}

/// `text as name`; only `text` if the name is the default one.
fn named(text: &str, default: &str, name: &str) -> String {
    if default == name { text.to_string() } else { format!("{text} as {name}") }
}

fn key(key: &GroupKey) -> String {
    match &key.by {
        KeyBy::Source(source) => source.name(),
        KeyBy::Bin(seconds) => format!("bin({})", Seconds(*seconds)),
        KeyBy::Network(field, length) => format!("{}/{length}", field.name()),
        KeyBy::Since(second) => format!("since {}", time_utc(*second)),
    }
}

fn source(source: &Source, results: &[(String, FieldType)]) -> String {
    match source {
        Source::Result(place) => results.get(*place).map_or_else(|| source.name(), |(name, _)| result_name(name)),
        source => source.name(),
    }
}

/// The name of a result column as later stages read it back.
fn result_name(name: &str) -> String {
    if parse::is_bare_reference(name) { name.to_string() } else { format!("`{name}`") }
}

struct Printer<'a> {
    /// The names and types of result columns.
    results: &'a [(String, FieldType)],
    /// Whether every operand is in parentheses.
    grouped: bool,
}

impl Printer<'_> {
    fn condition(&self, condition: &Condition) -> String {
        match condition {
            Condition::All(parts) => {
                self.joined(parts, " and ", |part| matches!(part, Condition::Any(_) | Condition::All(_)))
            }
            Condition::Any(parts) => self.joined(parts, " or ", |part| matches!(part, Condition::Any(_))),
            Condition::Not(part) => {
                let text = self.condition(part);
                let is_leaf = !self.grouped && !matches!(**part, Condition::All(_) | Condition::Any(_));
                if is_leaf { format!("not {text}") } else { format!("not ({text})") }
            }
            Condition::Test(source, check) => self.test(source, check),
            Condition::Relation(Relation { left, operator, right }) => {
                format!("{} {} {}", source(left, self.results), operator.symbol(), source(right, self.results))
            }
            Condition::Family(Family::V4) => "ipv4".into(),
            Condition::Family(Family::V6) => "ipv6".into(),
            Condition::Status(word) => word.to_lowercase(),
        }
    }

    fn joined(&self, parts: &[Condition], with: &str, needs_group: impl Fn(&Condition) -> bool) -> String {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| {
                let text = self.condition(part);
                if self.grouped || needs_group(part) { format!("({text})") } else { text }
            })
            .collect();
        parts.join(with)
    }

    /// A number in the notation of what it is compared with.
    fn number(&self, subject: &Source, number: i64) -> String {
        let field_type = match subject {
            Source::Result(place) => self.results.get(*place).map(|(_, field_type)| *field_type),
            source => Some(source.field_type()),
        };
        match field_type {
            Some(FieldType::Time) => time_utc(number),
            Some(FieldType::Duration) if number <= MAX_SECONDS => Seconds(number).to_string(),
            Some(field_type) => field_type.code_word(number).map_or_else(|| number.to_string(), ToString::to_string),
            None => number.to_string(),
        }
    }

    fn test(&self, subject: &Source, check: &Check) -> String {
        let name = source(subject, self.results);
        let number = |value: i64| self.number(subject, value);
        match check {
            Check::Present => format!("{name} exists"),
            Check::Absent => format!("not {name} exists"),
            Check::Compare { order, value } => format!("{name} {} {}", order.symbol(), number(*value)),
            Check::Number { ranges, negated } => {
                let is_one = matches!(ranges.as_slice(), [range] if range.first == range.last);
                let item = |range: &Range| match (number(range.first), number(range.last)) {
                    (first, last) if first == last => first,
                    (first, last) => format!("{first}..{last}"),
                };
                let items = ranges.iter().map(item).collect();
                among(&name, items, *negated, is_one)
            }
            Check::Address { networks, negated } => {
                let is_host = |network: &ipnet::IpNet| network.prefix_len() == network.max_prefix_len();
                let is_one = matches!(networks.as_slice(), [network] if is_host(network));
                let print = |network: &ipnet::IpNet| {
                    if is_host(network) { network.addr().to_string() } else { network.to_string() }
                };
                among(&name, networks.iter().map(print).collect(), *negated, is_one)
            }
            Check::Set { set, negated } => {
                let test = format!("{} {}", side(subject), AddressSet::name(*set));
                if *negated { format!("not {test}") } else { test }
            }
            Check::Text { words, negated } => {
                let is_closed = matches!(subject.field_type(), FieldType::Word(_));
                let print = |word: &String| if is_closed { word.clone() } else { text(word) };
                among(&name, words.iter().map(print).collect(), *negated, words.len() == 1)
            }
            Check::Like { glob, negated } => {
                format!("{name} {}like {}", if *negated { "not " } else { "" }, quoted(glob))
            }
            Check::Matches { regex, negated } => format!("{name} {}~ /{regex}/", if *negated { "!" } else { "" }),
            Check::Belongs { owner, negated } => belongs(subject, &name, owner, *negated),
            Check::Flags { set, mask, negated } => {
                let flags = if set == mask { letters(*set) } else { format!("{}/{}", letters(*set), letters(*mask)) };
                format!("{}flags {flags}", if *negated { "not " } else { "" })
            }
        }
    }
}

fn belongs(subject: &Source, name: &str, owner: &Owner, negated: bool) -> String {
    let not = if negated { "not " } else { "" };
    match owner {
        Owner::List(_) => format!("{name} {not}in {}", self::owner(owner)),
        owner => format!("{not}{} {}", side(subject), self::owner(owner)),
    }
}

/// An owner as a sentence names it.
#[must_use]
pub fn owner(owner: &Owner) -> String {
    let of = |kind: &str, selectors: &[String]| {
        let selectors: Vec<String> = selectors.iter().map(|one| selector(one)).collect();
        match selectors.as_slice() {
            [] => kind.to_string(),
            [one] => format!("{kind} {one}"),
            many => format!("{kind} ({})", many.join(", ")),
        }
    };
    match owner {
        Owner::Resources { kind, selectors } => of(kind.name(), selectors),
        Owner::PrefixLists { selectors } => of("prefix-list", selectors),
        Owner::Networks { names, .. } => of("network", names),
        Owner::List(ListFile { name: Some(name), .. }) => format!("@{name}"),
        Owner::List(ListFile { name: None, file }) => format!("file {}", quoted(&file.to_string_lossy())),
    }
}

fn among(name: &str, mut items: Vec<String>, negated: bool, is_one: bool) -> String {
    match (is_one, items.len()) {
        (true, _) => format!("{name} {} {}", if negated { "!=" } else { "=" }, items.remove(0)),
        (false, 1) => format!("{name} {}in {}", if negated { "not " } else { "" }, items.remove(0)),
        _ => format!("{name} {}in ({})", if negated { "not " } else { "" }, items.join(", ")),
    }
}

fn letters(flags: u8) -> String {
    (0..8).filter(|bit| flags >> bit & 1 == 1).map(|bit| FLAG_LETTERS[bit]).collect()
}

/// The word of a side in tests of address sets.
fn side(subject: &Source) -> &'static str {
    match subject {
        Source::Field(Field::SrcAddr) => "src",
        Source::Field(Field::DstAddr) => "dst",
        Source::Field(Field::LocalAddr | Field::Eni) => "local",
        Source::Field(Field::RemoteAddr) => "remote",
        Source::Field(Field::ClientAddr) => "client",
        Source::Field(Field::ServerAddr) => "server",
        Source::Field(Field::PktSrcAddr) => "pkt.src",
        _ => "pkt.dst",
    }
}

/// Text as a value: bare if it reads back as itself, else in quotes.
fn text(word: &str) -> String {
    // A name with a dot would be read as a field.
    let is_field = word.contains('.') && Field::named(word).is_some();
    if parse::is_bare_word(word) && !is_field { word.to_string() } else { quoted(word) }
}

fn selector(selector: &str) -> String {
    if parse::is_bare_selector(selector) { selector.to_string() } else { quoted(selector) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
