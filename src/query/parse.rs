//! Text to syntax tree. The only module that names pest's types.
//!
//! Guarantees of the grammar are not checked again; texts that it refuses are explained in a user's words.
//! Nothing is known here about fields, types or values: see [`super::check`].

mod error;
mod expected;
mod grammar;
mod next;

use std::num::NonZeroUsize;
use std::sync::{LazyLock, Once};

use pest::Parser;
use pest::iterators::{Pair, Pairs};
use pest::pratt_parser::{Assoc, Op, PrattParser};

use grammar::{Grammar, Rule};

pub use error::{MAX_DEPTH, MAX_TEXT_BYTES, ParseError};
pub use grammar::{is_bare_reference, is_bare_selector, is_bare_word, is_keyword};
pub use next::{Next, next_of};

use super::address_set::AddressSet;
use super::ast::{
    Aggregate, Clause, ClauseKind, Expression, ExpressionKind, Item, Key, List, Literal, LiteralForm, Moment, Name,
    Over, PacketPart, Sentence, Shown, SortKey, Target, Window,
};
use super::plan::{Kept, Operator, Order};
use crate::diagnostic::Span;
use crate::kind::TargetKind;

/// The number of rule calls after which parsing stops. The grammar backtracks by a word at most, so even the longest
/// text takes a fraction; the limit matters if that should ever change.
const MAX_RULE_CALLS: usize = 30_000_000;

/// Reads a whole sentence.
///
/// # Errors
///
/// [`ParseError`], with the place.
pub fn parse_sentence(text: &str) -> Result<Sentence, ParseError> {
    let mut sentence = Sentence::default();
    for pair in parse(Rule::sentence, text)? {
        match pair.as_rule() {
            Rule::saved_sentence => {
                let name = pair.as_str();
                sentence.saved = Some(Name::new(&name[1..], span(&pair)));
            }
            Rule::targets => sentence.targets = pair.into_inner().map(target).collect(),
            Rule::EOI | Rule::pipe => {}
            _ => sentence.clauses.push(clause(pair)?),
        }
    }
    Ok(sentence)
}

/// Reads an expression alone: that of `--where`, or of a saved filter that is `depth` levels deep in another
/// expression.
///
/// # Errors
///
/// [`ParseError`], with the place.
///
/// # Panics
///
/// Never: the entry rule holds an expression.
pub fn parse_expression(text: &str, depth: usize) -> Result<Expression, ParseError> {
    let pair = parse(Rule::condition, text)?.next().expect("a condition holds an expression");
    expression(pair, depth)
}

fn parse(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, ParseError> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(MAX_RULE_CALLS)));
    if text.len() > MAX_TEXT_BYTES {
        return Err(ParseError::TooLong { bytes: text.len() });
    }
    let mut pairs = Grammar::parse(rule, text).map_err(|error| expected::explain(&error, text))?;
    Ok(pairs.next().expect("an entry rule gives one pair").into_inner())
}

/// The place of a match, without the blanks that the rule skipped at its end.
fn span(pair: &Pair<'_, Rule>) -> Span {
    let start = pair.as_span().start();
    Span::new(start, start + pair.as_str().trim_end().len())
}

/// The words that a rule matched, without its keywords and marks.
fn parts(pair: Pair<'_, Rule>) -> Vec<Pair<'_, Rule>> {
    pair.into_inner().filter(|pair| !is_mark(pair.as_rule())).collect()
}

const fn is_mark(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::kw_where
            | Rule::kw_last
            | Rule::kw_since
            | Rule::kw_until
            | Rule::kw_from
            | Rule::kw_to
            | Rule::kw_around
            | Rule::kw_today
            | Rule::kw_yesterday
            | Rule::kw_ago
            | Rule::kw_show
            | Rule::kw_top
            | Rule::kw_sort
            | Rule::kw_order
            | Rule::kw_limit
            | Rule::kw_chart
            | Rule::kw_follow
            | Rule::kw_conversations
            | Rule::kw_compare
            | Rule::kw_by
            | Rule::kw_as
            | Rule::kw_asc
            | Rule::kw_desc
            | Rule::kw_bin
            | Rule::kw_and
            | Rule::kw_or
            | Rule::kw_not
            | Rule::kw_between
            | Rule::kw_in
            | Rule::kw_exists
            | Rule::kw_like
            | Rule::kw_has
            | Rule::kw_flags
            | Rule::kw_file
            | Rule::plus_minus
    )
}

fn name(pair: &Pair<'_, Rule>) -> Name {
    Name::new(pair.as_str(), span(pair))
}

/// A field or a result name: the content of backquotes, or the word.
fn reference(pair: Pair<'_, Rule>) -> Name {
    let inner = pair.into_inner().next().expect("a reference holds a name");
    let is_backquoted = inner.as_rule() == Rule::backquote;
    Name { text: inner.as_str().trim_matches('`').to_string(), is_backquoted, span: span(&inner) }
}

fn unquote(text: &str) -> String {
    let mut inner = text[1..text.len() - 1].chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = inner.next() {
        plain.push(if c == '\\' { inner.next().unwrap_or(c) } else { c });
    }
    plain
}

fn target(pair: Pair<'_, Rule>) -> Target {
    let span = span(&pair);
    let mut parts = pair.into_inner();
    let kind = parts.next().expect("a target starts with a kind");
    let kind = TargetKind::named(kind.as_str()).expect("the grammar lists the words of every kind");
    let selectors = parts.map(|selector| {
        let inner = selector.into_inner().next().expect("a selector is quoted or a word");
        if inner.as_rule() == Rule::quoted { unquote(inner.as_str()) } else { inner.as_str().to_string() }
    });
    Target { kind, selectors: selectors.collect(), span }
}

fn clause(pair: Pair<'_, Rule>) -> Result<Clause, ParseError> {
    let span = span(&pair);
    let rule = pair.as_rule();
    let mut parts = parts(pair);
    let kind = match rule {
        Rule::where_stage => ClauseKind::Where(expression(parts.remove(0), 0)?),
        Rule::show_stage => ClauseKind::Show(parts.into_iter().map(shown).collect()),
        Rule::top_stage => {
            let by = (parts.len() > 2).then(|| reference(parts.remove(2)));
            ClauseKind::Top { count: name(&parts[0]), keys: keys(parts.remove(1)), by }
        }
        Rule::conversations_stage => {
            let is_count = |pair: &Pair<'_, Rule>| pair.as_rule() == Rule::number;
            let count = parts.first().filter(|pair| is_count(pair)).map(name);
            ClauseKind::Conversations { count, by: parts.pop().filter(|pair| !is_count(pair)).map(reference) }
        }
        Rule::aggregate_stage => {
            let is_keyed = parts.last().is_some_and(|last| last.as_rule() == Rule::keys);
            let keys = if is_keyed { parts.pop().map(keys).unwrap_or_default() } else { Vec::new() };
            ClauseKind::Aggregate { aggregates: parts.into_iter().map(aggregate).collect(), keys }
        }
        Rule::compare_stage => {
            let kept = match parts.get(1).map(Pair::as_rule) {
                Some(Rule::new_groups) => Kept::New,
                Some(Rule::gone_groups) => Kept::Gone,
                _ => Kept::All,
            };
            ClauseKind::Compare { by: length(parts.remove(0)), kept }
        }
        Rule::sort_stage => ClauseKind::Sort(parts.into_iter().map(sort_key).collect()),
        Rule::limit_stage => ClauseKind::Limit(name(&parts[0])),
        Rule::chart_stage => ClauseKind::Chart,
        Rule::follow_stage => ClauseKind::Follow,
        _ => ClauseKind::Window(window(rule, parts)),
    };
    Ok(Clause { kind, span })
}

fn window(rule: Rule, parts: Vec<Pair<'_, Rule>>) -> Window {
    let mut parts = parts.into_iter();
    let mut next = || parts.next().expect("the grammar fixes the parts of a window");
    match rule {
        Rule::last_window => Window::Last(length(next())),
        Rule::since_window => {
            let since = moment(next());
            parts.next().map_or(Window::Since(since.clone()), |until| Window::Between(since, moment(until)))
        }
        Rule::from_window => Window::Between(moment(next()), moment(next())),
        Rule::around_window => Window::Around(moment(next()), length(next())),
        Rule::today_window => Window::Today,
        Rule::yesterday_window => Window::Yesterday,
        other => unreachable!("the grammar has no clause {other:?}"),
    }
}

/// A length of time as one word, even if its unit is a separate word.
fn length(pair: Pair<'_, Rule>) -> Name {
    let span = span(&pair);
    Name::new(pair.into_inner().map(|part| part.as_str()).collect::<String>(), span)
}

fn moment(pair: Pair<'_, Rule>) -> Moment {
    let span = span(&pair);
    let mut text = String::new();
    let mut ago = false;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::quoted => text = unquote(part.as_str()),
            Rule::ago => ago = true,
            // A date, then a time of day after a blank: RFC 3339 allows the blank.
            Rule::time_of_day => {
                text.push(' ');
                text.push_str(part.as_str());
            }
            _ => text.push_str(part.as_str()),
        }
    }
    Moment { text, ago, span }
}

fn shown(pair: Pair<'_, Rule>) -> Shown {
    let mut parts = parts(pair).into_iter();
    let name_ = reference(parts.next().expect("a column starts with its field"));
    Shown { name: name_, alias: parts.next().map(|alias| name(&alias)) }
}

fn keys(pair: Pair<'_, Rule>) -> Vec<Key> {
    let key = |pair: Pair<'_, Rule>| {
        let inner = pair.into_inner().next().expect("a key is a bin or a reference");
        match inner.as_rule() {
            Rule::bin => Key::Bin(length(parts(inner).remove(0))),
            _ => Key::Name(reference(inner)),
        }
    };
    pair.into_inner().map(key).collect()
}

fn aggregate(pair: Pair<'_, Rule>) -> Aggregate {
    let whole = span(&pair);
    let mut parts = parts(pair).into_iter();
    let call = parts.next().expect("an aggregate starts with its function");
    let alias = parts.next().map(|alias| name(&alias));
    if call.as_rule() == Rule::count_word {
        return Aggregate { function: name(&call), over: None, alias, span: whole };
    }
    let (function, over) = called(call);
    Aggregate { function, over, alias, span: whole }
}

/// The function of a call, and its argument.
fn called(call: Pair<'_, Rule>) -> (Name, Option<Over>) {
    let mut inner = call.into_inner();
    let function = name(&inner.next().expect("a call starts with a function"));
    let over = inner.next().map(|over| match over.as_rule() {
        Rule::star => Over::Name(name(&over)),
        Rule::call => {
            let span = span(&over);
            let (function, over) = called(over);
            Over::Call { function, over: over.map(Box::new), span }
        }
        _ => Over::Name(reference(over)),
    });
    (function, over)
}

fn sort_key(pair: Pair<'_, Rule>) -> SortKey {
    let mut parts = pair.into_inner();
    let name = reference(parts.next().expect("a sort key starts with a name"));
    let descending = parts.next().map(|direction| direction.as_rule() == Rule::descending);
    SortKey { name, descending }
}

/// The operators, from the loosest to the tightest.
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::or_op, Assoc::Left))
        .op(Op::infix(Rule::and_op, Assoc::Left))
        .op(Op::prefix(Rule::not_op))
});

fn expression(pair: Pair<'_, Rule>, depth: usize) -> Result<Expression, ParseError> {
    let depths = depths(&pair, depth)?;
    // Operands are taken in the order of the text.
    let mut depths = depths.into_iter();
    PRECEDENCE
        .map_primary(|part| primary(part, depths.next().unwrap_or(depth)))
        .map_prefix(|not, operand| {
            let operand = operand?;
            let whole = span(&not).to(operand.span);
            Ok(Expression { kind: ExpressionKind::Not(Box::new(operand)), is_grouped: false, span: whole })
        })
        .map_infix(|left, operator, right| Ok(joined(left?, operator.as_rule(), right?)))
        .parse(pair.into_inner())
}

/// The nesting of each operand of an expression that is `depth` levels deep; each `not` before it adds a level.
fn depths(pair: &Pair<'_, Rule>, depth: usize) -> Result<Vec<usize>, ParseError> {
    let mut depths = Vec::new();
    let mut nots = 0;
    for part in pair.clone().into_inner() {
        match part.as_rule() {
            Rule::not_op => nots += 1,
            Rule::and_op | Rule::or_op => nots = 0,
            _ => depths.push(depth + nots),
        }
        if depth + nots > MAX_DEPTH {
            return Err(ParseError::TooDeep { span: span(&part) });
        }
    }
    Ok(depths)
}

/// `a and b`; a chain becomes one node, so that a long one does not nest.
fn joined(left: Expression, operator: Rule, right: Expression) -> Expression {
    let span = left.span.to(right.span);
    let is_all = operator == Rule::and_op;
    let kind = match left.kind {
        ExpressionKind::All(mut parts) if is_all && !left.is_grouped => {
            parts.push(right);
            ExpressionKind::All(parts)
        }
        ExpressionKind::Any(mut parts) if !is_all && !left.is_grouped => {
            parts.push(right);
            ExpressionKind::Any(parts)
        }
        kind if is_all => ExpressionKind::All(vec![Expression { kind, ..left }, right]),
        kind => ExpressionKind::Any(vec![Expression { kind, ..left }, right]),
    };
    Expression { kind, is_grouped: false, span }
}

fn primary(pair: Pair<'_, Rule>, depth: usize) -> Result<Expression, ParseError> {
    let whole = span(&pair);
    let pair = match pair.as_rule() {
        Rule::primary => pair.into_inner().next().expect("a primary is one of its choices"),
        _ => pair,
    };
    let kind = match pair.as_rule() {
        Rule::group => {
            let inner = pair.into_inner().next().expect("a group holds an expression");
            return Ok(Expression { is_grouped: true, ..expression(inner, depth + 1)? });
        }
        Rule::comparison => comparison(pair),
        Rule::packet_test => packet_test(pair),
        Rule::set_test => {
            let parts = parts(pair);
            let set = AddressSet::named(parts[1].as_str()).expect("the grammar lists every set");
            ExpressionKind::Set { side: name(&parts[0]), set }
        }
        Rule::resource_test => resource_test(pair),
        Rule::flags_test => {
            let parts = parts(pair);
            match parts[0].as_rule() {
                Rule::flag_letters => ExpressionKind::FlagLetters(name(&parts[0])),
                _ => ExpressionKind::FlagNames(parts.iter().map(name).collect()),
            }
        }
        Rule::stray => ExpressionKind::Stray(literal(&pair.into_inner().next().expect("a stray value holds a value"))),
        other => unreachable!("the grammar has no primary {other:?}"),
    };
    Ok(Expression { kind, is_grouped: false, span: whole })
}

fn comparison(pair: Pair<'_, Rule>) -> ExpressionKind {
    let mut parts = pair.into_inner();
    let field = reference(parts.next().expect("a comparison starts with a field"));
    let Some(test) = parts.next() else {
        return match field.text.strip_prefix('@').filter(|_| !field.is_backquoted) {
            Some(name) => ExpressionKind::Saved(Name::new(name, field.span)),
            None => ExpressionKind::Word(field),
        };
    };
    let rule = test.as_rule();
    let negated = test.clone().into_inner().any(|part| part.as_rule() == Rule::negation);
    let mut operands = test.into_inner().filter(|part| !is_mark(part.as_rule()) && part.as_rule() != Rule::negation);
    let mut next = || operands.next().expect("the grammar fixes the parts of a comparison");
    match rule {
        Rule::exists => ExpressionKind::Exists(field),
        Rule::membership => {
            let first = next();
            let items_span = span(&first);
            match first.as_rule() {
                Rule::at_name => {
                    let list = List::Named(Name::new(&first.as_str()[1..], items_span));
                    ExpressionKind::InList { field, negated, list }
                }
                Rule::list_file => {
                    let name =
                        first.into_inner().find(|part| part.as_rule() == Rule::quoted).expect("a file has a name");
                    ExpressionKind::InList { field, negated, list: List::File(literal(&name)) }
                }
                _ => ExpressionKind::In { field, negated, items: items(first), items_span },
            }
        }
        Rule::between => {
            let (first, last) = (next(), next());
            let items_span = span(&first).to(span(&last));
            let items = vec![Item::Range(literal(&first), literal(&last))];
            ExpressionKind::In { field, negated, items, items_span }
        }
        Rule::matching => {
            let negated = next().as_str().starts_with('!');
            ExpressionKind::Matches { field, negated, regex: literal(&next()) }
        }
        Rule::likeness => ExpressionKind::Like { field, negated, glob: literal(&next()) },
        _ => {
            let symbol = next();
            let operator = operator(symbol.as_str());
            ExpressionKind::Compare { field, operator, operator_span: span(&symbol), value: literal(&next()) }
        }
    }
}

fn operator(symbol: &str) -> Operator {
    match symbol.trim().to_ascii_lowercase().as_str() {
        "!=" | "ne" => Operator::NotEqual,
        "<" | "lt" => Operator::Order(Order::Less),
        "<=" | "le" => Operator::Order(Order::AtMost),
        ">" | "gt" => Operator::Order(Order::Greater),
        ">=" | "ge" => Operator::Order(Order::AtLeast),
        _ => Operator::Equal,
    }
}

fn resource_test(pair: Pair<'_, Rule>) -> ExpressionKind {
    let mut parts = parts(pair);
    let selectors = parts.split_off(2);
    let (side, kind) = (name(&parts[0]), name(&parts[1]));
    match selectors.first() {
        Some(list) if list.as_rule() == Rule::resource_list => {
            let selectors = list.clone().into_inner().map(|selector| literal(&selector)).collect();
            ExpressionKind::Resource { side, kind, selectors, is_bracketed: true }
        }
        _ => {
            let selectors = selectors.iter().map(literal).collect();
            ExpressionKind::Resource { side, kind, selectors, is_bracketed: false }
        }
    }
}

fn packet_test(pair: Pair<'_, Rule>) -> ExpressionKind {
    let mut parts = parts(pair);
    let operand = parts.pop().expect("a packet test ends in its values");
    let part = match parts.pop().expect("a packet test names its part").as_str().to_ascii_lowercase().as_str() {
        "host" => PacketPart::Host,
        "net" => PacketPart::Net,
        _ => PacketPart::Port,
    };
    let items_span = span(&operand);
    ExpressionKind::Packet { side: parts.pop().map(|side| name(&side)), part, items: items(operand), items_span }
}

fn items(pair: Pair<'_, Rule>) -> Vec<Item> {
    match pair.as_rule() {
        Rule::list => pair.into_inner().map(item).collect(),
        _ => vec![item(pair)],
    }
}

fn item(pair: Pair<'_, Rule>) -> Item {
    if pair.as_rule() != Rule::range {
        return Item::One(literal(&pair));
    }
    let mut ends = pair.into_inner();
    let mut end = || literal(&ends.next().expect("a range has two ends"));
    Item::Range(end(), end())
}

fn literal(pair: &Pair<'_, Rule>) -> Literal {
    let text = pair.as_str();
    let (text, form) = match pair.as_rule() {
        Rule::quoted => (unquote(text), LiteralForm::Quoted),
        Rule::parameter => (text[1..].to_string(), LiteralForm::Parameter),
        Rule::regex => {
            let close = text.rfind('/').expect("a regular expression ends in a slash");
            (text[1..close].to_string(), LiteralForm::Regex(text[close + 1..].to_string()))
        }
        _ => (text.to_string(), LiteralForm::Bare),
    };
    Literal { text, form, span: span(pair) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A choice takes the first keyword that fits, so one that is listed after its own prefix would be missed.
    #[test]
    fn a_keyword_is_no_word_and_a_word_that_starts_with_one_is() {
        for keyword in [
            "where",
            "last",
            "since",
            "until",
            "from",
            "to",
            "around",
            "today",
            "yesterday",
            "ago",
            "show",
            "top",
            "sort",
            "limit",
            "chart",
            "follow",
            "conversations",
            "by",
            "as",
            "asc",
            "desc",
            "and",
            "or",
            "not",
            "in",
            "exists",
            "like",
            "has",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
        ] {
            assert!(!is_bare_word(keyword), "{keyword}");
            assert!(!is_bare_selector(&keyword.to_uppercase()), "{keyword}");
            assert!(is_bare_word(&format!("{keyword}-1")), "{keyword}-1");
        }
        for word in TargetKind::ALL.iter().flat_map(|kind| kind.words()).chain(&["count", "sum", "p95", "distinct"]) {
            assert!(!is_bare_selector(word), "{word}");
            assert!(is_bare_selector(&format!("{word}x")), "{word}x");
        }
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let nested = |depth: usize| format!("where {}reject{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse_sentence(&nested(MAX_DEPTH)).is_ok());
        assert!(matches!(parse_sentence(&nested(MAX_DEPTH + 1)), Err(ParseError::TooDeep { .. })));
        let nots = |count: usize| format!("where {}reject", "not ".repeat(count));
        assert!(parse_sentence(&nots(MAX_DEPTH)).is_ok());
        assert!(matches!(parse_sentence(&nots(MAX_DEPTH + 1)), Err(ParseError::TooDeep { .. })));
        let long = format!("where {}", vec!["tcp"; 8_000].join(" or "));
        assert!(parse_sentence(&long).is_ok());
        assert!(matches!(parse_sentence(&" ".repeat(MAX_TEXT_BYTES + 1)), Err(ParseError::TooLong { .. })));
    }
}
