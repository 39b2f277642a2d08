//! The words that may come next in a sentence, by the grammar itself: for completion and hints.

use pest::Parser;
use pest::error::InputLocation;

use super::expected::positives;
use super::grammar::{Grammar, Rule};

/// Something that may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Next {
    /// This word.
    Word(&'static str),
    /// A saved sentence.
    Saved,
    /// A kind of resource that a side may belong to.
    ResourceKind,
    /// The name of a list.
    ListName,
    /// A target's kind.
    Kind,
    /// An id or a name.
    Selector,
    /// A test: a field, a word such as `reject`, a side, a saved filter.
    Test,
    /// An operator, which continues a test of a field.
    Operator,
    /// A value of the field before it.
    Value,
    /// A field or the name of a result column.
    Reference,
    /// An aggregate function.
    Function,
    /// A named set of addresses.
    AddressSet,
    /// TCP flags.
    Flags,
    /// A whole number.
    Number,
    /// A length of time, after `last` and the like.
    Length,
    /// A point in time.
    Moment,
}

/// A character that no sentence has: if the parser stops at it, everything before it fits.
const STOP: char = '\u{1}';

/// Returns what may come after `before`; nothing if `before` does not begin a sentence.
#[must_use]
pub fn next_of(before: &str) -> Vec<Next> {
    let text = format!("{before}{STOP}");
    let Err(error) = Grammar::parse(Rule::sentence, &text) else { return Vec::new() };
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    // Blanks at the end may or may not have been skipped.
    if at < before.trim_end().len() {
        return Vec::new();
    }
    let mut found: Vec<Next> = positives(&error).unwrap_or_default().into_iter().flat_map(nexts).copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns what a rule may begin with.
///
/// Exhaustive, so that a new rule cannot be forgotten.
const fn nexts(rule: Rule) -> &'static [Next] {
    use Next::{
        AddressSet, Flags, Function, Kind, Length, ListName, Moment, Number, Operator, Reference, ResourceKind, Saved,
        Selector, Test, Value, Word,
    };
    match rule {
        Rule::sentence => &[Kind, Saved, Word("where"), Word("last"), Word("since"), Word("top"), Function],
        Rule::targets | Rule::target | Rule::kind => &[Kind],
        Rule::saved_sentence => &[Saved],
        Rule::selector | Rule::unreserved => &[Selector],
        Rule::resource_kind => &[ResourceKind],
        Rule::window | Rule::last_window | Rule::kw_last => &[Word("last")],
        Rule::since_window | Rule::kw_since => &[Word("since")],
        Rule::from_window | Rule::kw_from => &[Word("from")],
        Rule::around_window | Rule::kw_around => &[Word("around")],
        Rule::today_window | Rule::kw_today => &[Word("today")],
        Rule::yesterday_window | Rule::kw_yesterday => &[Word("yesterday")],
        Rule::kw_until => &[Word("until")],
        Rule::kw_to => &[Word("to")],
        Rule::kw_ago | Rule::ago => &[Word("ago")],
        Rule::plus_minus => &[Word("±")],
        Rule::moment => &[Moment],
        Rule::expression
        | Rule::comparison
        | Rule::packet_test
        | Rule::set_test
        | Rule::resource_test
        | Rule::flags_test
        | Rule::lone_word
        | Rule::stray
        | Rule::field => &[Test],
        Rule::not_op | Rule::kw_not | Rule::negation => &[Word("not")],
        Rule::and_op | Rule::kw_and => &[Word("and")],
        Rule::or_op | Rule::kw_or => &[Word("or")],
        Rule::exists | Rule::membership | Rule::between | Rule::matching | Rule::likeness | Rule::relation => {
            &[Operator]
        }
        Rule::kw_in => &[Word("in")],
        Rule::kw_like => &[Word("like")],
        Rule::kw_exists => &[Word("exists")],
        Rule::kw_has => &[Word("has")],
        Rule::list_file | Rule::kw_file => &[Word("file"), ListName],
        Rule::packet_part => &[Word("host"), Word("net"), Word("port")],
        Rule::address_set => &[AddressSet],
        Rule::flag_name | Rule::flag_letters => &[Flags],
        Rule::list | Rule::range | Rule::value | Rule::operand | Rule::word | Rule::quoted | Rule::parameter => {
            &[Value]
        }
        Rule::where_stage | Rule::kw_where => &[Word("where")],
        Rule::show_stage | Rule::kw_show => &[Word("show")],
        Rule::top_stage | Rule::kw_top => &[Word("top")],
        Rule::sort_stage | Rule::kw_sort => &[Word("sort")],
        Rule::limit_stage | Rule::kw_limit => &[Word("limit")],
        Rule::chart_stage | Rule::kw_chart => &[Word("chart")],
        Rule::follow_stage | Rule::kw_follow => &[Word("follow")],
        Rule::conversations_stage | Rule::kw_conversations => &[Word("conversations")],
        Rule::aggregate_stage | Rule::aggregate | Rule::call | Rule::function | Rule::count_word => &[Function],
        Rule::compare_stage | Rule::kw_compare => &[Word("compare")],
        Rule::new_groups => &[Word("new")],
        Rule::gone_groups => &[Word("gone")],
        Rule::pipe => &[Word("|")],
        Rule::kw_by => &[Word("by")],
        Rule::kw_as => &[Word("as")],
        Rule::ascending | Rule::kw_asc => &[Word("asc")],
        Rule::descending | Rule::kw_desc => &[Word("desc")],
        Rule::kw_bin | Rule::bin => &[Word("bin(")],
        Rule::keys | Rule::key => &[Reference, Word("bin(")],
        Rule::reference | Rule::path | Rule::shown | Rule::sort_key => &[Reference],
        Rule::number => &[Number],
        Rule::length => &[Length],
        // Rules that never begin anything, or are never worth completing.
        Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::condition
        | Rule::clause
        | Rule::kind_word
        | Rule::resource
        | Rule::resource_list
        | Rule::resource_items
        | Rule::end_word
        | Rule::number_alone
        | Rule::unit
        | Rule::unit_word
        | Rule::day_word
        | Rule::time_of_day
        | Rule::primary
        | Rule::group
        | Rule::match_op
        | Rule::relation_op
        | Rule::side
        | Rule::at_name
        | Rule::backquote
        | Rule::items
        | Rule::regex
        | Rule::bare
        | Rule::bare_start
        | Rule::bare_char
        | Rule::name_body
        | Rule::name_char
        | Rule::stage
        | Rule::star
        | Rule::alias
        | Rule::reserved
        | Rule::keyword
        | Rule::aggregate_word
        | Rule::call_word
        | Rule::kw_order
        | Rule::kw_between
        | Rule::kw_flags
        | Rule::kw_eq
        | Rule::kw_ne
        | Rule::kw_lt
        | Rule::kw_le
        | Rule::kw_gt
        | Rule::kw_ge
        | Rule::EOI => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::Next::{self, Function, Kind, Operator, Reference, Selector, Test, Value, Word};
    use super::*;

    #[test]
    fn the_grammar_says_what_may_stand_next() {
        let has = |before: &str, next: Next| {
            let found = next_of(before);
            assert!(found.contains(&next), "`{before}`: {found:?}");
        };
        has("", Kind);
        has("vpc ", Selector);
        has("vpc ", Word("where"));
        has("vpc prod ", Word("where"));
        has("vpc prod ", Word("last"));
        has("vpc where ", Test);
        has("vpc where not ", Test);
        has("vpc where reject and ", Test);
        has("vpc where dst.port ", Operator);
        has("vpc where dst.port = ", Value);
        has("vpc where dst.port in (80, ", Value);
        has("vpc where dst port ", Value);
        has("vpc where reject ", Word("and"));
        has("vpc where reject | ", Word("top"));
        has("vpc where reject | ", Function);
        has("top 10 ", Reference);
        has("top 10 src.addr ", Word("by"));
        has("count() by ", Reference);
        has("show ", Reference);
        has("sort bytes ", Word("desc"));
        has("vpc where remote ", Next::AddressSet);
        has("last ", Next::Length);
        assert_eq!(next_of("vpc where and "), []);
        assert_eq!(next_of("vcp where "), []);
    }
}
