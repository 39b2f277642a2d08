//! Stages: the shape of the answer, its order and its length.

use std::collections::HashSet;

use super::checker::Checker;
use super::error::CheckError;
use super::expression::{all, side_needed};
use super::literal::{self, Wanted};
use super::results::ResultColumns;
use crate::diagnostic::{Span, nearest};
use crate::field::{Field, FieldType};
use crate::function::{FUNCTIONS, Function};
use crate::query::ast::{self, ClauseKind, Key, Name, Over, Sentence};
use crate::query::meaning::meaning;
use crate::query::plan::{
    Aggregate, Chosen, Compare, Compared, Condition, Filter, GroupKey, GroupSelection, GroupStage, Groups, Kept, KeyBy,
    Limit, Measure, Plan, Selection, Shape, ShownColumn, SortKey, Source, Statuses, Target,
};
use crate::query::print;
use crate::query::window::Window;

/// The columns of records if a sentence names none: the ends of the record and of the packet, and the interface, which
/// tables leave out.
pub(super) const DEFAULT_COLUMNS: [Field; 14] = [
    Field::Time,
    Field::Eni,
    Field::Direction,
    Field::Action,
    Field::Packets,
    Field::Bytes,
    Field::Protocol,
    Field::SrcAddr,
    Field::PktSrcAddr,
    Field::SrcPort,
    Field::DstAddr,
    Field::PktDstAddr,
    Field::DstPort,
    Field::Flags,
];

/// The same for transit gateways, whose records have neither an interface nor an action.
const TRANSIT_GATEWAY_COLUMNS: [Field; 14] = [
    Field::Time,
    Field::TgwAttachment,
    Field::TgwPairAttachment,
    Field::Direction,
    Field::Packets,
    Field::Bytes,
    Field::Protocol,
    Field::SrcAddr,
    Field::SrcPort,
    Field::DstAddr,
    Field::DstPort,
    Field::Flags,
    Field::LostNoRoute,
    Field::LostBlackhole,
];

/// The part of a plan that the clauses so far define.
#[derive(Default)]
struct Draft {
    window: Option<Window>,
    wheres: Vec<Condition>,
    havings: Vec<Condition>,
    shape: Option<Shape>,
    sort: Option<Vec<SortKey>>,
    limit: Option<Limit>,
    chart: bool,
    follow: Option<Span>,
    has_window: bool,
    /// Whether an `and` and an `or` meet without parentheses in a `where` before the aggregation.
    is_mixed: bool,
    /// The same for a `where` after the aggregation.
    is_having_mixed: bool,
}

pub(super) fn check_clauses(checker: &mut Checker<'_>, sentence: &Sentence) -> Plan {
    let targets = checker.targets(&sentence.targets);
    let mut draft = Draft::default();
    for clause in &sentence.clauses {
        if checker.is_full() {
            break;
        }
        checker.clause(&mut draft, clause);
    }
    if let (Some(span), Some(Shape::Groups(_))) = (draft.follow, &draft.shape) {
        checker.errors.push(CheckError::FollowGroups { span });
    }
    let selection = selection(&draft);
    if draft.is_mixed
        && let Some(said) = &selection.said
    {
        checker.note_precedence(&print::parenthesised(said, &[]));
    }
    let having = (!draft.havings.is_empty()).then(|| {
        let said = joined(draft.havings);
        GroupSelection { means: meaning(&said), said }
    });
    if draft.is_having_mixed
        && let (Some(having), Some(results)) = (&having, &checker.results)
    {
        let columns: Vec<(String, FieldType)> =
            results.columns.iter().map(|column| (column.name.clone(), column.field_type)).collect();
        checker.note_precedence(&print::parenthesised(&having.said, &columns));
    }
    let shape = match draft.shape.unwrap_or_else(|| default_shape(&targets)) {
        Shape::Groups(groups) => Shape::Groups(Groups { having, ..groups }),
        records @ Shape::Records { .. } => records,
    };
    let mut plan = Plan {
        targets,
        window: draft.window,
        selection,
        shape,
        sort: draft.sort.unwrap_or_default(),
        limit: draft.limit.unwrap_or(Limit::Default),
        chart: draft.chart,
        follow: draft.follow.is_some(),
        networks: checker.context.named.networks(),
        notes: Vec::new(),
        run_notes: Vec::new(),
    };
    plan.selection.statuses = statuses(&plan);
    checker.note_plan(&plan);
    plan.notes.clone_from(&checker.notes);
    plan
}

fn joined(mut parts: Vec<Condition>) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { all(parts) }
}

fn selection(draft: &Draft) -> Selection {
    let said = (!draft.wheres.is_empty()).then(|| joined(draft.wheres.clone()));
    let means = said.as_ref().map_or(Filter::True, meaning);
    Selection { said, means, statuses: Statuses::Any }
}

const STATUS: Source = Source::Field(Field::Status);

/// The kinds of records that the sentence sees: all, if it names the field.
fn statuses(plan: &Plan) -> Statuses {
    fn names(condition: &Condition, found: &mut (bool, bool, bool)) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| names(part, found)),
            Condition::Not(part) => names(part, found),
            Condition::Test(source, _) if *source == STATUS => found.2 = true,
            Condition::Status("NODATA") => found.0 = true,
            Condition::Status(_) => found.1 = true,
            Condition::Relation(relation) => found.2 |= [&relation.left, &relation.right].contains(&&STATUS),
            Condition::Test(..) | Condition::Family(_) => {}
        }
    }
    let mut found = (false, false, false);
    if let Some(said) = &plan.selection.said {
        names(said, &mut found);
    }
    let shown = match &plan.shape {
        Shape::Records { columns, .. } => columns.iter().any(|c| c.source == Source::Field(Field::Status)),
        Shape::Groups(groups) => {
            let over = groups.aggregates.iter().filter_map(|aggregate| aggregate.over.clone());
            groups.keys.iter().map(GroupKey::source).chain(over).any(|source| source == Source::Field(Field::Status))
        }
    };
    let sorted = plan.sort.iter().any(|key| key.source == Source::Field(Field::Status));
    match found {
        _ if shown || sorted => Statuses::Any,
        (_, _, true) => Statuses::Any,
        (nodata, skipdata, false) => Statuses::Traffic { nodata, skipdata },
    }
}

fn default_shape(targets: &[Target]) -> Shape {
    let column = |field: Field| ShownColumn { source: Source::Field(field), name: field.result_name() };
    let is_of_transit_gateways = targets.iter().all(|target| target.kind.is_of_transit_gateways());
    let fields = if is_of_transit_gateways { TRANSIT_GATEWAY_COLUMNS } else { DEFAULT_COLUMNS };
    Shape::Records { columns: fields.map(column).to_vec(), chosen: Chosen::Nobody }
}

impl Checker<'_> {
    fn clause(&mut self, draft: &mut Draft, clause: &ast::Clause) {
        let span = clause.span;
        let is_window = matches!(clause.kind, ClauseKind::Window(_));
        if draft.follow.is_some() && !is_window {
            let help = "`follow` is the last stage";
            self.errors.push(CheckError::OutOfOrder { what: "this stage", help, span });
        }
        match &clause.kind {
            ClauseKind::Window(window) => self.window_clause(draft, window, span),
            ClauseKind::Where(expression) => self.where_clause(draft, expression, span),
            ClauseKind::Show(shown) => {
                if self.is_first_shape(draft, "`show`", span) {
                    draft.shape = self.show(shown);
                }
            }
            ClauseKind::Top { count, keys, by } => {
                if self.is_first_shape(draft, "`top`", span) {
                    let count = self.count(count);
                    let groups = self.top(keys, by.as_ref());
                    draft.limit = count.map(Limit::Rows);
                    self.group(draft, groups);
                }
            }
            ClauseKind::Conversations { count, by } => {
                if self.is_first_shape(draft, "`conversations`", span) {
                    draft.limit = count.as_ref().and_then(|count| self.count(count)).map(Limit::Rows);
                    let groups = self.measure("conversations", by.as_ref()).map(conversations);
                    self.group(draft, groups);
                }
            }
            ClauseKind::Aggregate { aggregates, keys } => {
                if self.is_first_shape(draft, "an aggregation", span) {
                    let groups = self.groups(aggregates, keys);
                    self.group(draft, groups);
                }
            }
            ClauseKind::Compare { by, kept } => self.compare_windows(draft, by, *kept, span),
            ClauseKind::Sort(keys) => {
                if draft.sort.is_some() {
                    let help = "name all columns in one: `sort total desc, eni`";
                    self.errors.push(CheckError::Twice { what: "the order", help, span });
                }
                let keys: Vec<Option<SortKey>> = keys.iter().map(|key| self.sort_key(key)).collect();
                draft.sort = Some(keys.into_iter().flatten().collect());
            }
            ClauseKind::Limit(text) => {
                if draft.limit.is_some() {
                    let help = "one `limit`, or the number after `top`, says it";
                    self.errors.push(CheckError::Twice { what: "the number of rows", help, span });
                }
                let is_none = text.text.eq_ignore_ascii_case("none");
                let limit = if is_none { Some(Limit::None) } else { self.count(text).map(Limit::Rows) };
                draft.limit = limit.or(Some(Limit::Default));
            }
            ClauseKind::Chart => {
                if draft.chart {
                    self.errors.push(CheckError::Twice { what: "`chart`", help: "leave one out", span });
                }
                draft.chart = true;
            }
            ClauseKind::Follow => draft.follow = Some(span),
        }
    }

    fn window_clause(&mut self, draft: &mut Draft, window: &ast::Window, span: Span) {
        if draft.has_window {
            let help = "a sentence has one window; `from T to T` has both ends";
            self.errors.push(CheckError::Twice { what: "the window", help, span });
        }
        draft.has_window = true;
        draft.window = self.window(window, span);
    }

    fn where_clause(&mut self, draft: &mut Draft, expression: &ast::Expression, span: Span) {
        if draft.sort.is_some() || draft.chart || draft.limit.is_some() && !is_top(draft.shape.as_ref()) {
            let help = "put it before `sort`, `limit` and `chart`";
            self.errors.push(CheckError::OutOfOrder { what: "`where`", help, span });
        }
        let condition = self.expression(expression);
        let is_mixed = std::mem::take(&mut self.is_mixed);
        if self.results.is_some() {
            draft.is_having_mixed |= is_mixed;
            draft.havings.extend(condition);
        } else {
            draft.is_mixed |= is_mixed;
            draft.wheres.extend(condition);
        }
    }

    /// Returns whether no clause decided the columns before; reports that, and a clause that should follow them.
    fn is_first_shape(&mut self, draft: &Draft, what: &'static str, span: Span) -> bool {
        if draft.sort.is_some() || draft.chart || draft.limit.is_some() && !is_top(draft.shape.as_ref()) {
            let help = "put it before `sort`, `limit` and `chart`";
            self.errors.push(CheckError::OutOfOrder { what, help, span });
        }
        match draft.shape {
            None => true,
            Some(Shape::Records { .. }) => {
                let help = "`show` chooses the columns of records; an aggregation makes its own";
                self.errors.push(CheckError::Twice { what: "the shape of the answer", help, span });
                false
            }
            Some(Shape::Groups(_)) => {
                let help = "a sentence has one aggregation, and `top` and `conversations` are such; a `where` after it filters its groups";
                self.errors.push(CheckError::Twice { what: "the shape of the answer", help, span });
                false
            }
        }
    }

    /// Sets the groups: later stages see only the result of the aggregation.
    fn group(&mut self, draft: &mut Draft, groups: Option<Groups>) {
        if let Some(groups) = &groups {
            self.results = Some(ResultColumns::of(groups));
        }
        draft.shape = groups.map(Shape::Groups);
    }

    fn count(&mut self, text: &Name) -> Option<u64> {
        let wanted = Wanted { field: "limit", span: text.span };
        let number = wanted.number(&text.text, FieldType::Quantity, &self.context.clock).ok();
        match number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0) {
            Some(number) => Some(number),
            None => self.fail(CheckError::BadCount { text: text.text.clone(), span: text.span }),
        }
    }

    /// Compares the groups with those of the window before: each measure gets two more columns.
    fn compare_windows(&mut self, draft: &mut Draft, by: &Name, kept: Kept, span: Span) {
        let is_behind = draft.havings.is_empty() && draft.sort.is_none() && !draft.chart;
        let groups = match draft.shape.take() {
            Some(Shape::Groups(groups)) if groups.compare.is_none() && is_behind => groups,
            shape => {
                let help = "it stands directly after its aggregation: `count() by eni | compare 1d`";
                self.errors.push(CheckError::OutOfOrder { what: "`compare`", help, span });
                draft.shape = shape;
                return;
            }
        };
        let by_s = self.keep(literal::duration(&by.text, by.span));
        let by_s = match by_s {
            Some(0) => self.fail(CheckError::EmptyWindow { span: by.span }),
            by_s => by_s,
        };
        let mut names: HashSet<String> = groups.keys.iter().map(|key| key.name.to_ascii_lowercase()).collect();
        let mut aggregates = Vec::new();
        for aggregate in groups.aggregates {
            let side = |compared, name: String| Aggregate { compared, name, ..aggregate.clone() };
            let before = side(Compared::Before, format!("{}_before", aggregate.name));
            let change = side(Compared::Change, format!("{}_change", aggregate.name));
            for one in [aggregate, before, change] {
                self.is_new_name(&mut names, &one.name, span);
                aggregates.push(one);
            }
        }
        let is_uneven =
            |by_s: i64| groups.keys.iter().any(|key| matches!(key.by, KeyBy::Bin(width_s) if by_s % width_s != 0));
        if by_s.is_some_and(is_uneven) {
            let help = "the windows are compared bin by bin: compare by a multiple of the bin";
            self.errors.push(CheckError::UnevenCompare { help, span: by.span });
        }
        let compare = by_s.map(|by_s| Compare { by_s, kept });
        self.group(draft, Some(Groups { aggregates, compare, ..groups }));
    }

    fn show(&mut self, shown: &[ast::Shown]) -> Option<Shape> {
        let mut columns: Vec<ShownColumn> = Vec::new();
        let mut names = HashSet::new();
        let mut valid = true;
        for one in shown {
            if self.is_full() {
                return None;
            }
            let Some(source) = self.shown_source(&one.name) else {
                valid = false;
                continue;
            };
            let name = one.alias.as_ref().map_or_else(|| source.result_name(), |alias| alias.text.clone());
            valid &= self.is_new_name(&mut names, &name, one.name.span);
            columns.push(ShownColumn { source, name });
        }
        valid.then_some(Shape::Records { columns, chosen: Chosen::Sentence })
    }

    /// Adds `name` to `names`; returns whether no other column has it.
    fn is_new_name(&mut self, names: &mut HashSet<String>, name: &str, span: Span) -> bool {
        let is_new = names.insert(name.to_ascii_lowercase());
        if !is_new {
            self.errors.push(CheckError::SameName { name: name.into(), span });
        }
        is_new
    }

    /// A field that can be shown, grouped by and sorted by: one with a single value.
    fn shown_source(&mut self, name: &Name) -> Option<Source> {
        if name.text.contains('/') && !name.is_backquoted {
            return self.fail(CheckError::BadPrefix { text: name.text.clone(), span: name.span });
        }
        let source = self.source(name)?;
        match side_needed(&source, name.span) {
            Some(error) => self.fail(error),
            None => Some(source),
        }
    }

    /// The measure after `by`; the number of records if there is none.
    fn measure(&mut self, stage: &'static str, by: Option<&Name>) -> Option<Measure> {
        let Some(by) = by else { return Some(Measure::Flows) };
        // `packets` and `bytes` are fields, which have other spellings.
        let name = Field::named(&by.text).map_or_else(|| by.text.clone(), |field| field.name().into());
        match Measure::named(&name) {
            Some(measure) => Some(measure),
            None => self.fail(CheckError::BadTop { stage, name: by.text.clone(), span: by.span }),
        }
    }

    fn top(&mut self, keys: &[Key], by: Option<&Name>) -> Option<Groups> {
        let measure = self.measure("top", by)?;
        let aggregates = vec![sum_or_count(measure, None, measure.name())];
        let keys = self.keys(keys, &mut HashSet::from([measure.name().to_string()]))?;
        Some(Groups { keys, aggregates, having: None, stage: GroupStage::Top, compare: None })
    }

    fn groups(&mut self, aggregates: &[ast::Aggregate], keys: &[Key]) -> Option<Groups> {
        let mut checked: Vec<Aggregate> = Vec::new();
        let mut names = HashSet::new();
        let mut valid = true;
        for aggregate in aggregates {
            if self.is_full() {
                return None;
            }
            match self.aggregate(aggregate) {
                Some(one) => {
                    valid &= self.is_new_name(&mut names, &one.name, aggregate.span);
                    checked.push(one);
                }
                None => valid = false,
            }
        }
        let keys = self.keys(keys, &mut names);
        valid.then_some(Groups {
            keys: keys?,
            aggregates: checked,
            having: None,
            stage: GroupStage::Aggregates,
            compare: None,
        })
    }

    /// The field whose sum `share` takes; `None` for a count.
    #[allow(clippy::option_option, reason = "an error, no field, or a field")]
    fn summed(&mut self, inner: &Name, over: Option<&Over>, span: Span) -> Option<Option<Source>> {
        match (Function::named(&inner.text), over) {
            (Some(Function::Count), None) => Some(None),
            (Some(Function::Sum), Some(Over::Name(name))) => self.over(Function::Sum, name).map(Some),
            _ => self.wrong_argument(Function::Share, Some("for example `share(sum(bytes))`".into()), span),
        }
    }

    /// The field that a function is computed over.
    fn over(&mut self, function: Function, name: &Name) -> Option<Source> {
        if function == Function::Count {
            let help = (name.text != "*").then(|| "`distinct(f)` counts different values".to_string());
            return self.wrong_argument(function, help, name.span);
        }
        if name.text == "*" {
            return self.wrong_argument(function, None, name.span);
        }
        let source = self.shown_source(name)?;
        if !function.takes(source.field_type()) {
            let is_ratio = source.field_type() == FieldType::Ratio;
            let help = is_ratio.then(|| "the bits per second of all records are `rate(bytes)`".to_string());
            return self.wrong_argument(function, help, name.span);
        }
        Some(source)
    }

    fn aggregate(&mut self, aggregate: &ast::Aggregate) -> Option<Aggregate> {
        let Some(function) = Function::named(&aggregate.function.text) else {
            let suggestion = nearest(&aggregate.function.text, FUNCTIONS.iter().map(|info| info.name)).map(Into::into);
            return self.fail(CheckError::UnknownFunction {
                name: aggregate.function.text.clone(),
                suggestion,
                span: aggregate.function.span,
            });
        };
        let over = match (&aggregate.over, function) {
            (Some(Over::Call { function: inner, over, span }), Function::Share) => {
                self.summed(inner, over.as_deref(), *span)?
            }
            (over, Function::Share) => {
                let span = over.as_ref().map_or(aggregate.span, Over::span);
                let help = Some("for example `share(sum(bytes))` or `share(count())`".to_string());
                return self.wrong_argument(function, help, span);
            }
            (Some(Over::Call { span, .. }), _) => return self.wrong_argument(function, None, *span),
            (Some(Over::Name(name)), _) => Some(self.over(function, name)?),
            (None, Function::Count) => None,
            (None, _) => {
                let help = Some(format!("for example `{}`", function.info().example));
                return self.wrong_argument(function, help, aggregate.span);
            }
        };
        let name = match &aggregate.alias {
            Some(alias) => alias.text.clone(),
            None => print::default_name(function, over.as_ref()),
        };
        Some(Aggregate { function, over, role: None, compared: Compared::Now, name })
    }

    fn wrong_argument<T>(&mut self, function: Function, help: Option<String>, span: Span) -> Option<T> {
        let takes = function.info().takes;
        self.fail(CheckError::WrongArgument { function: function.name(), takes, help, span })
    }

    fn keys(&mut self, keys: &[Key], names: &mut HashSet<String>) -> Option<Vec<GroupKey>> {
        let mut checked: Vec<GroupKey> = Vec::new();
        let mut valid = true;
        for key in keys {
            if self.is_full() {
                return None;
            }
            let span = match key {
                Key::Name(name) | Key::Bin(name) => name.span,
            };
            match self.key(key) {
                Some(key) => {
                    valid &= self.is_new_name(names, &key.name, span);
                    checked.push(key);
                }
                None => valid = false,
            }
        }
        valid.then_some(checked)
    }

    fn key(&mut self, key: &Key) -> Option<GroupKey> {
        match key {
            Key::Bin(width) => {
                let seconds = self.keep(literal::duration(&width.text, width.span))?;
                if !literal::is_bin_width(seconds) {
                    return self.fail(CheckError::BadBin { width: width.text.clone(), span: width.span });
                }
                Some(GroupKey { by: KeyBy::Bin(seconds), name: "bin".into() })
            }
            Key::Name(name) if name.text.contains('/') && !name.is_backquoted => self.network_key(name),
            Key::Name(name) => {
                let source = self.shown_source(name)?;
                let name = source.result_name();
                Some(GroupKey { by: KeyBy::Source(source), name })
            }
        }
    }

    /// `src.addr/24`
    fn network_key(&mut self, name: &Name) -> Option<GroupKey> {
        let (field, length) = name.text.split_once('/').unwrap_or((&name.text, ""));
        let length = length.parse::<u8>().ok().filter(|length| *length <= 128);
        let bare = Name::new(field, Span::new(name.span.start, name.span.start + field.len()));
        let source = self.shown_source(&bare)?;
        match (source, length) {
            (Source::Field(field), Some(length)) if field.field_type() == FieldType::Address => {
                let name = format!("{}_{length}", field.result_name());
                Some(GroupKey { by: KeyBy::Network(field, length), name })
            }
            _ => self.fail(CheckError::BadPrefix { text: name.text.clone(), span: name.span }),
        }
    }

    fn sort_key(&mut self, key: &ast::SortKey) -> Option<SortKey> {
        let (source, field_type) = if self.results.is_some() {
            let place = self.result(&key.name)?;
            (Source::Result(place), self.results.as_ref()?.at(place).field_type)
        } else {
            let source = self.shown_source(&key.name)?;
            let field_type = source.field_type();
            (source, field_type)
        };
        let largest_first = field_type.is_quantity()
            || matches!(field_type, FieldType::Ratio | FieldType::Number | FieldType::Time | FieldType::Flags);
        Some(SortKey { source, descending: key.descending.unwrap_or(largest_first) })
    }

    /// The place of a result column: by its name, or for a key by any spelling of its field.
    pub(super) fn result(&mut self, name: &Name) -> Option<usize> {
        let results = self.results.as_ref()?;
        let by_field = || Field::named(&name.text).and_then(|field| results.place_of(field));
        let found = results.place(&name.text).or_else(by_field);
        if found.is_some() {
            return found;
        }
        let columns = &results.columns[..results.columns.len().min(LISTED_COLUMNS)];
        let mut names: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
        if results.columns.len() > columns.len() {
            names.push("...".into());
        }
        let suggestion = nearest(&name.text, columns.iter().map(|column| column.name.as_str())).map(Into::into);
        let columns = names.join(", ");
        self.fail(CheckError::UnknownResult { name: name.text.clone(), columns, suggestion, span: name.span })
    }

    /// Notes how a condition that mixes `and` and `or` is read, without repeating a long one.
    fn note_precedence(&mut self, read_as: &str) {
        const LONGEST: usize = 400;
        let read_as = if read_as.len() > LONGEST { String::new() } else { format!(": read as {read_as}") };
        self.note(format!("`and` binds tighter than `or`{read_as}"));
    }

    /// Adds the notes that do not depend on the account.
    fn note_plan(&mut self, plan: &Plan) {
        if plan.is_never() {
            self.note("the filter can never match: nothing is run".into());
        }
        let Shape::Groups(groups) = &plan.shape else { return };
        if groups.aggregates.iter().any(|aggregate| matches!(aggregate.function, Function::Percentile(_))) {
            self.note("percentiles are estimates".into());
        }
        if groups.aggregates.iter().any(|aggregate| aggregate.function == Function::Distinct) {
            self.note("`distinct` is exact on files and an estimate on the service for large sets".into());
        }
    }
}

/// The columns of conversations: client and server, and the traffic to the server and back.
fn conversations(measure: Measure) -> Groups {
    const KEYS: [Field; 4] = [Field::ClientAddr, Field::ServerAddr, Field::Protocol, Field::ServerPort];
    let key = |field: Field| GroupKey { by: KeyBy::Source(Source::Field(field)), name: field.result_name() };
    let seen = |function, field, name: &str| {
        let over = Some(Source::Field(field));
        Aggregate { function, over, role: None, compared: Compared::Now, name: name.into() }
    };
    let aggregates = vec![
        sum_or_count(Measure::Flows, None, "flows"),
        sum_or_count(Measure::Packets, Some("request"), "packets_out"),
        sum_or_count(Measure::Bytes, Some("request"), "bytes_out"),
        sum_or_count(Measure::Packets, Some("response"), "packets_back"),
        sum_or_count(Measure::Bytes, Some("response"), "bytes_back"),
        seen(Function::Min, Field::Start, "first_seen"),
        seen(Function::Max, Field::End, "last_seen"),
    ];
    let stage = GroupStage::Conversations(measure);
    Groups { keys: KEYS.map(key).to_vec(), aggregates, having: None, stage, compare: None }
}

fn sum_or_count(measure: Measure, role: Option<&'static str>, name: &str) -> Aggregate {
    let over = measure.field().map(Source::Field);
    let function = if over.is_some() { Function::Sum } else { Function::Count };
    Aggregate { function, over, role, compared: Compared::Now, name: name.into() }
}

/// The most columns that an error lists; more would fill the screen.
const LISTED_COLUMNS: usize = 20;

fn is_top(shape: Option<&Shape>) -> bool {
    matches!(shape, Some(Shape::Groups(groups)) if groups.stage.takes_count())
}
