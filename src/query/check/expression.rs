//! Conditions: from the words of an expression to typed tests.

use std::collections::HashSet;

use super::checker::{Checker, MAX_PARAMETER_VALUES, MAX_REGEX_BYTES, MAX_SAVED_BYTES};
use super::ends::{address_of, port_of};
use super::error::CheckError;
use super::literal::{self, Wanted};
use super::side::ResourceTest;
use crate::diagnostic::{Span, nearest};
use crate::field::{FIELDS, FOREIGN_NAMES, Field, FieldType, Origin, protocol_named, protocol_word};
use crate::query::address_set::AddressSet;
use crate::query::ast::{Expression, ExpressionKind, Item, Literal, LiteralForm, Name, PacketPart};
use crate::query::parse::{ParseError, parse_expression};
use crate::query::plan::{Check, Condition, Family, Operator, Range, Relation, Source};
use crate::query::word::{FLAG_LETTERS, TEST_WORDS};
use crate::value::TCP_FLAGS;

/// The subject of a test: a field, or after an aggregation a column of the result.
#[derive(Clone)]
struct Subject {
    source: Source,
    /// The name as typed.
    name: String,
    field_type: FieldType,
    span: Span,
}

impl Checker<'_> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Option<Condition> {
        let levels = 1 + usize::from(expression.is_grouped);
        self.depth += levels;
        let condition = self.condition(expression);
        self.depth -= levels;
        condition
    }

    fn condition(&mut self, expression: &Expression) -> Option<Condition> {
        match &expression.kind {
            ExpressionKind::All(parts) => self.parts(parts).map(all),
            ExpressionKind::Any(parts) => {
                self.is_mixed |=
                    parts.iter().any(|part| !part.is_grouped && matches!(part.kind, ExpressionKind::All(_)));
                self.parts(parts).map(any)
            }
            ExpressionKind::Not(part) => Some(Condition::Not(Box::new(self.expression(part)?))),
            ExpressionKind::Compare { field, operator, operator_span, value } => {
                let subject = self.subject(field);
                self.compare(&subject?, *operator, *operator_span, value)
            }
            ExpressionKind::In { field, negated, items, items_span } => {
                let subject = self.subject(field)?;
                let check = self.among(&subject, items, *negated, *items_span)?;
                Some(Condition::Test(subject.source, check))
            }
            ExpressionKind::InList { field, negated, list } => self.in_list(field, *negated, list),
            ExpressionKind::Matches { field, negated, regex } => self.matches(field, *negated, regex),
            ExpressionKind::Like { field, negated, glob } => self.like(field, *negated, glob),
            ExpressionKind::Exists(field) => Some(Condition::Test(self.subject(field)?.source, Check::Present)),
            ExpressionKind::Packet { side, part, items, items_span } => {
                self.packet(side.as_ref(), *part, items, *items_span)
            }
            ExpressionKind::Set { side, set } => self.set(side, *set),
            ExpressionKind::Resource { side, kind, selectors, is_bracketed } => {
                self.resource(&ResourceTest { side, kind, selectors, is_bracketed: *is_bracketed })
            }
            ExpressionKind::FlagLetters(letters) => self.flag_letters(letters),
            ExpressionKind::FlagNames(names) => self.flag_names(names),
            ExpressionKind::Saved(name) => self.saved(name),
            ExpressionKind::Word(name) => self.word(name),
            ExpressionKind::Stray(_) => self.strays(None, std::slice::from_ref(expression)),
        }
    }

    /// Checks each part, so that every mistake is found; `None` if any part is wrong. Consecutive values without a test
    /// are one mistake.
    fn parts(&mut self, parts: &[Expression]) -> Option<Vec<Condition>> {
        let is_stray = |part: &Expression| matches!(part.kind, ExpressionKind::Stray(_));
        let mut checked = Some(Vec::with_capacity(parts.len()));
        let mut before = None;
        for run in parts.chunk_by(|a, b| is_stray(a) && is_stray(b)) {
            if self.is_full() {
                return None;
            }
            let condition = match run {
                [part] if !is_stray(part) => self.expression(part),
                strays => self.strays(before, strays),
            };
            before = run.last();
            checked = checked.zip(condition).map(|(mut checked, condition)| {
                checked.push(condition);
                checked
            });
        }
        checked
    }

    /// Reports values where a test should be; `before` is the test that they may belong to.
    fn strays<T>(&mut self, before: Option<&Expression>, strays: &[Expression]) -> Option<T> {
        let values: Vec<&Literal> = strays
            .iter()
            .filter_map(|stray| if let ExpressionKind::Stray(value) = &stray.kind { Some(value) } else { None })
            .collect();
        let (first, last) = (values.first()?, values.last()?);
        let help = before.and_then(|before| carried_over(before, &values)).or_else(|| lone_value(first));
        self.fail(CheckError::StrayValue { value: first.text.clone(), help, span: first.span.to(last.span) })
    }

    fn subject(&mut self, name: &Name) -> Option<Subject> {
        if self.results.is_some() {
            let place = self.result(name)?;
            let column = self.results.as_ref()?.at(place);
            return Some(Subject {
                source: Source::Result(place),
                name: column.name.clone(),
                field_type: column.field_type,
                span: name.span,
            });
        }
        let source = self.source(name)?;
        // Errors put it in backticks anyway.
        let plain = source.name().trim_matches('`').to_string();
        Some(Subject { name: plain, field_type: source.field_type(), source, span: name.span })
    }

    /// The field or the file's own column of this name.
    pub(super) fn source(&mut self, name: &Name) -> Option<Source> {
        if name.is_backquoted {
            // Columns of files are spelled as in the file: `host` does not mean an address there.
            let field = Field::of_record(&name.text);
            return Some(field.map_or_else(|| Source::Extra(name.text.clone()), Source::Field));
        }
        if let Some(field) = Field::named(&name.text) {
            return Some(Source::Field(field));
        }
        let suggestion = suggested_field(&name.text);
        self.fail(CheckError::UnknownField { name: name.text.clone(), suggestion, span: name.span })
    }

    /// The single text of a value: its own, or that of the parameter that it names.
    fn single(&mut self, value: &Literal) -> Option<String> {
        let mut texts = self.texts(value)?;
        if texts.len() != 1 {
            let count = texts.len();
            return self.fail(CheckError::ManyValues { name: value.text.clone(), count, span: value.span });
        }
        texts.pop()
    }

    /// The texts of a value: one, or each of the parameter that it names.
    pub(super) fn texts(&mut self, value: &Literal) -> Option<Vec<String>> {
        match &value.form {
            LiteralForm::Bare | LiteralForm::Quoted => Some(vec![value.text.clone()]),
            LiteralForm::Parameter => match self.context.parameters.get(&value.text) {
                Some(texts) => {
                    self.parameter_values += texts.len();
                    if self.parameter_values > MAX_PARAMETER_VALUES {
                        return self.fail(CheckError::TooManyValues { span: value.span });
                    }
                    Some(texts.clone())
                }
                None => {
                    let bound = self.context.parameters.keys().map(String::as_str);
                    let suggestion = nearest(&value.text, bound).map(Into::into);
                    self.fail(CheckError::UnboundParameter { name: value.text.clone(), suggestion, span: value.span })
                }
            },
            LiteralForm::Regex(_) => self.fail(CheckError::WrongValue {
                value: format!("/{}/", value.text),
                expected: "a value".into(),
                field: "this comparison".into(),
                help: Some("a regular expression goes after `~`".into()),
                span: value.span,
            }),
        }
    }

    fn compare(
        &mut self,
        subject: &Subject,
        operator: Operator,
        operator_span: Span,
        value: &Literal,
    ) -> Option<Condition> {
        if let Some(right) = self.related(subject, value) {
            if matches!(operator, Operator::Order(_)) && !subject.field_type.is_ordered() {
                return self.wrong_operator(subject, operator.symbol(), operator_span);
            }
            return self.relation(subject, operator, right, value.span);
        }
        let check = match operator {
            Operator::Equal | Operator::NotEqual => {
                self.single(value)?;
                self.among(subject, &[Item::One(value.clone())], operator == Operator::NotEqual, value.span)?
            }
            Operator::Order(order) => {
                if !subject.field_type.is_ordered() {
                    return self.wrong_operator(subject, order.symbol(), operator_span);
                }
                let text = self.single(value)?;
                let wanted = Wanted { field: &subject.name, span: value.span };
                let number = self.keep(wanted.number(&text, subject.field_type, &self.context.clock))?;
                Check::Compare { order, value: number }
            }
        };
        Some(Condition::Test(subject.source.clone(), check))
    }

    /// The field or result column that a value names, if it has the subject's type. Against text, only a name with a
    /// dot counts, since any other word is text.
    fn related(&self, subject: &Subject, value: &Literal) -> Option<Source> {
        let may_name = value.form == LiteralForm::Bare && (!subject.field_type.is_text() || value.text.contains('.'));
        if !may_name {
            return None;
        }
        if let Some(results) = &self.results {
            let place = results.place(&value.text)?;
            return (results.at(place).field_type == subject.field_type).then_some(Source::Result(place));
        }
        let field = Field::named(&value.text)?;
        (field.field_type() == subject.field_type).then_some(Source::Field(field))
    }

    /// A comparison of two fields or result columns, each of which has a single value.
    fn relation(&mut self, left: &Subject, operator: Operator, right: Source, right_span: Span) -> Option<Condition> {
        for (source, span) in [(&left.source, left.span), (&right, right_span)] {
            if let Some(error) = side_needed(source, span).or_else(|| not_testable(source, span)) {
                return self.fail(error);
            }
        }
        Some(Condition::Relation(Relation { left: left.source.clone(), operator, right }))
    }

    fn wrong_operator<T>(&mut self, subject: &Subject, operator: &str, span: Span) -> Option<T> {
        let (holds, fitting) = operators_of(subject.field_type);
        self.fail(CheckError::WrongOperator {
            operator: operator.into(),
            field: subject.name.clone(),
            holds,
            fitting,
            span,
        })
    }

    /// A test that the subject's value is among `items`.
    fn among(&mut self, subject: &Subject, items: &[Item], negated: bool, span: Span) -> Option<Check> {
        if items.is_empty() {
            return self.fail(CheckError::EmptyList { span });
        }
        match subject.field_type {
            FieldType::Address => self.networks(subject, items).map(|networks| Check::Address { networks, negated }),
            field_type if field_type.is_numeric() => {
                self.ranges(subject, items).map(|ranges| Check::Number { ranges, negated })
            }
            _ => self.words(subject, items).map(|words| Check::Text { words, negated }),
        }
    }

    /// The items as ranges of numbers, sorted; overlapping ones are joined.
    fn ranges(&mut self, subject: &Subject, items: &[Item]) -> Option<Vec<Range>> {
        let mut ranges = Vec::new();
        let mut valid = true;
        for item in items {
            if self.is_full() {
                return None;
            }
            match self.item_ranges(subject, item) {
                Some(found) => ranges.extend(found),
                None => valid = false,
            }
        }
        valid.then(|| joined(ranges))
    }

    fn item_ranges(&mut self, subject: &Subject, item: &Item) -> Option<Vec<Range>> {
        match item {
            Item::One(value) => {
                let texts = self.texts(value)?;
                texts.iter().map(|text| self.number(subject, text, value.span)).map(|n| Some(one(n?))).collect()
            }
            Item::Range(first, last) => {
                let span = first.span.to(last.span);
                if !subject.field_type.is_ordered() {
                    return self.wrong_operator(subject, "..", span);
                }
                let first = self.single(first).and_then(|text| self.number(subject, &text, first.span));
                let last = self.single(last).and_then(|text| self.number(subject, &text, last.span));
                let range = literal::range(first?, last?, span);
                self.keep(range).map(|range| vec![range])
            }
        }
    }

    fn number(&mut self, subject: &Subject, text: &str, span: Span) -> Option<i64> {
        let wanted = Wanted { field: &subject.name, span };
        self.keep(wanted.number(text, subject.field_type, &self.context.clock))
    }

    /// The single values of a list; a range is an error of its type.
    fn values(&mut self, subject: &Subject, items: &[Item]) -> Option<Vec<(String, LiteralForm, Span)>> {
        let mut values = Vec::new();
        let mut valid = true;
        for item in items {
            if self.is_full() {
                return None;
            }
            match item {
                Item::One(value) => match self.texts(value) {
                    Some(texts) => {
                        values.extend(texts.into_iter().map(|text| (text, value.form.clone(), value.span)));
                    }
                    None => valid = false,
                },
                Item::Range(first, last) => {
                    self.wrong_operator::<()>(subject, "..", first.span.to(last.span));
                    valid = false;
                }
            }
        }
        valid.then_some(values)
    }

    fn networks(&mut self, subject: &Subject, items: &[Item]) -> Option<Vec<ipnet::IpNet>> {
        let mut networks = Vec::new();
        let mut seen = HashSet::new();
        let mut valid = true;
        for (text, _, span) in self.values(subject, items)? {
            if self.is_full() {
                return None;
            }
            match self.keep(Wanted { field: &subject.name, span }.network(&text)) {
                Some((network, masked)) => {
                    if masked {
                        self.note_masked(&text, network);
                    }
                    if seen.insert(network) {
                        networks.push(network);
                    }
                }
                None => valid = false,
            }
        }
        valid.then_some(networks)
    }

    fn words(&mut self, subject: &Subject, items: &[Item]) -> Option<Vec<String>> {
        let mut words = Vec::new();
        let mut valid = true;
        for (text, form, span) in self.values(subject, items)? {
            if self.is_full() {
                return None;
            }
            match self.text_value(subject, &text, &form, span) {
                Some(word) => words.push(word),
                None => valid = false,
            }
        }
        words.sort();
        words.dedup();
        valid.then_some(words)
    }

    fn text_value(&mut self, subject: &Subject, text: &str, form: &LiteralForm, span: Span) -> Option<String> {
        let wanted = Wanted { field: &subject.name, span };
        match subject.field_type {
            FieldType::Word(words) => self.keep(wanted.word(text, words)),
            FieldType::OpenWord(words) => {
                let word = self.keep(wanted.text(text))?;
                let known = words.iter().find(|known| known.eq_ignore_ascii_case(&word));
                if known.is_none() {
                    self.note(format!("`{word}` is not a known value of `{}`", subject.name));
                }
                Some(known.map_or(word, |known| (*known).to_string()))
            }
            _ if is_account_id(subject, text) => Some(text.to_string()),
            _ if *form == LiteralForm::Bare && !text.starts_with(char::is_alphabetic) => {
                let is_account = matches!(subject.source, Source::Field(field) if field.is_account());
                let expected = if is_account {
                    "an account id of 12 digits, or quoted text"
                } else {
                    "quoted text, or a word that starts with a letter"
                };
                self.fail(CheckError::WrongValue {
                    value: text.into(),
                    expected: expected.into(),
                    field: subject.name.clone(),
                    help: Some(format!("put it in quotes: `\"{text}\"`")),
                    span,
                })
            }
            _ => self.keep(wanted.text(text)),
        }
    }

    fn matches(&mut self, field: &Name, negated: bool, regex: &Literal) -> Option<Condition> {
        let subject = self.subject(field)?;
        if subject.field_type != FieldType::Text {
            return self.wrong_operator(&subject, if negated { "!~" } else { "~" }, field.span.to(regex.span));
        }
        let LiteralForm::Regex(suffix) = &regex.form else {
            let help = Some(format!("write it between slashes: `/{}/`", regex.text));
            return self.fail(CheckError::BadRegex { reason: "it has no slashes".into(), help, span: regex.span });
        };
        if !suffix.is_empty() {
            let help = Some(format!("letters go in front: `/(?{suffix}){}/`", regex.text));
            let reason = format!("`{suffix}` after the slash");
            return self.fail(CheckError::BadRegex { reason, help, span: regex.span });
        }
        self.regex_bytes += regex.text.len();
        if self.regex_bytes > MAX_REGEX_BYTES {
            let reason = format!("all in this sentence may have {MAX_REGEX_BYTES} bytes");
            return self.fail(CheckError::BadRegex { reason, help: None, span: regex.span });
        }
        // Only the syntax that crate `regex`, RE2 and Hyperscan share; `\/` is a slash in all of them.
        if let Err(error) = regex_syntax::Parser::new().parse(&regex.text) {
            let reason = match &error {
                regex_syntax::Error::Parse(error) => error.kind().to_string(),
                regex_syntax::Error::Translate(error) => error.kind().to_string(),
                other => other.to_string(),
            };
            return self.fail(CheckError::BadRegex { reason, help: None, span: regex.span });
        }
        Some(Condition::Test(subject.source, Check::Matches { regex: regex.text.clone(), negated }))
    }

    fn like(&mut self, field: &Name, negated: bool, glob: &Literal) -> Option<Condition> {
        let subject = self.subject(field)?;
        if !matches!(subject.field_type, FieldType::Text | FieldType::OpenWord(_)) {
            return self.wrong_operator(&subject, "like", field.span.to(glob.span));
        }
        let text = self.single(glob)?;
        let glob = self.keep(Wanted { field: &subject.name, span: glob.span }.text(&text))?;
        Some(Condition::Test(subject.source, Check::Like { glob, negated }))
    }

    /// A test in tcpdump's spelling.
    fn packet(&mut self, side: Option<&Name>, part: PacketPart, items: &[Item], span: Span) -> Option<Condition> {
        if self.results.is_some() {
            return self.fail(CheckError::NotOfGroups { name: "packets".into(), span });
        }
        let field = match part {
            PacketPart::Host | PacketPart::Net => side.map_or(Field::Addr, |side| address_of(&side.text)),
            PacketPart::Port => match side.map(|side| (side, port_of(&side.text))) {
                None => Field::Port,
                Some((_, Some(port))) => port,
                Some((side, None)) => {
                    return self.fail(CheckError::UnknownField {
                        name: format!("{}.port", side.text.to_lowercase()),
                        suggestion: Some(if side.text.ends_with(['c', 'C']) { "src.port" } else { "dst.port" }.into()),
                        span: side.span,
                    });
                }
            },
        };
        let subject =
            Subject { source: Source::Field(field), name: field.name().into(), field_type: field.field_type(), span };
        let check = self.among(&subject, items, false, span)?;
        if let (PacketPart::Host, Check::Address { networks, .. }) = (part, &check)
            && let Some(network) = networks.iter().find(|network| network.prefix_len() != network.max_prefix_len())
        {
            return self.fail(CheckError::WrongValue {
                value: network.to_string(),
                expected: "a single address".into(),
                field: "host".into(),
                help: Some(format!("a network is `net {network}`")),
                span,
            });
        }
        Some(Condition::Test(subject.source, check))
    }

    fn set(&mut self, side: &Name, set: AddressSet) -> Option<Condition> {
        if self.results.is_some() {
            return self.fail(CheckError::NotOfGroups { name: side.text.clone(), span: side.span });
        }
        let field = address_of(&side.text);
        Some(Condition::Test(Source::Field(field), Check::Set { set, negated: false }))
    }

    fn flag_letters(&mut self, letters: &Name) -> Option<Condition> {
        let (set, mask) = match letters.text.split_once('/') {
            Some((set, mask)) => (self.flag_bits(set, letters)?, self.flag_bits(mask, letters)?),
            None => {
                let set = self.flag_bits(&letters.text, letters)?;
                (set, set)
            }
        };
        if set & !mask != 0 {
            return self.fail(CheckError::FlagsOutsideMask { span: letters.span });
        }
        self.flags(Check::Flags { set, mask, negated: false }, letters.span)
    }

    fn flag_bits(&mut self, letters: &str, name: &Name) -> Option<u8> {
        let mut bits = 0;
        for letter in letters.chars() {
            let Some(bit) = FLAG_LETTERS.iter().position(|known| known.eq_ignore_ascii_case(&letter)) else {
                // `flags syn` is the name of one flag, not three letters.
                let whole = TCP_FLAGS.iter().position(|known| known.eq_ignore_ascii_case(&name.text));
                let suggestion = whole.map(|bit| format!("flags has {}", TCP_FLAGS[bit].to_lowercase()));
                return self.fail(CheckError::UnknownFlag { name: letter.into(), suggestion, span: name.span });
            };
            bits |= 1 << bit;
        }
        Some(bits)
    }

    fn flag_names(&mut self, names: &[Name]) -> Option<Condition> {
        let mut bits = 0;
        for name in names {
            match TCP_FLAGS.iter().position(|known| known.eq_ignore_ascii_case(&name.text)) {
                Some(bit) => bits |= 1_u8 << bit,
                None => {
                    let suggestion = nearest(&name.text, TCP_FLAGS).map(str::to_lowercase);
                    return self.fail(CheckError::UnknownFlag { name: name.text.clone(), suggestion, span: name.span });
                }
            }
        }
        let span = names.first().map(|name| name.span).unwrap_or_default();
        self.flags(Check::Flags { set: bits, mask: bits, negated: false }, span)
    }

    fn flags(&mut self, check: Check, span: Span) -> Option<Condition> {
        if self.results.is_some() {
            let place = self.result(&Name::new("flags", span))?;
            return Some(Condition::Test(Source::Result(place), check));
        }
        Some(Condition::Test(Source::Field(Field::Flags), check))
    }

    fn saved(&mut self, name: &Name) -> Option<Condition> {
        let Some(text) = self.context.named.filters.get(&name.text) else {
            let suggestion =
                nearest(&name.text, self.context.named.filters.keys().map(String::as_str)).map(|n| format!("@{n}"));
            return self.fail(CheckError::UnknownSaved { name: name.text.clone(), suggestion, span: name.span });
        };
        if self.reading.contains(&name.text) {
            return self.fail(self.cycle(name));
        }
        self.saved_bytes += text.len();
        if self.saved_bytes > MAX_SAVED_BYTES {
            return self.fail(CheckError::SavedTooLong { span: name.span });
        }
        let expression = match parse_expression(text, self.depth) {
            Ok(expression) => expression,
            Err(ParseError::TooDeep { .. }) if !self.reading.is_empty() || self.depth > 1 => {
                return self.fail(CheckError::SavedTooDeep { span: name.span });
            }
            Err(error) => return self.bad_saved(name, error.to_string()),
        };
        // Mistakes in the filter point into its own text, so they are reported here as one.
        let outer = std::mem::take(&mut self.errors);
        self.reading.push(name.text.clone());
        let condition = self.expression(&expression);
        self.reading.pop();
        let inner = std::mem::replace(&mut self.errors, outer);
        match inner.into_iter().next() {
            Some(CheckError::SavedCycle { name: cycle, path, .. }) => {
                self.fail(CheckError::SavedCycle { name: cycle, path, span: name.span })
            }
            Some(CheckError::SavedTooLong { .. }) => self.fail(CheckError::SavedTooLong { span: name.span }),
            Some(CheckError::SavedTooDeep { .. }) => self.fail(CheckError::SavedTooDeep { span: name.span }),
            Some(error) => self.bad_saved(name, error.to_string()),
            None => condition,
        }
    }

    fn bad_saved<T>(&mut self, name: &Name, reason: String) -> Option<T> {
        self.fail(CheckError::BadSaved { name: name.text.clone(), reason, span: name.span })
    }

    fn word(&mut self, name: &Name) -> Option<Condition> {
        if name.is_backquoted {
            let example = format!("`{}` = x", name.text);
            return self.fail(CheckError::FieldAlone { name: name.text.clone(), example, span: name.span });
        }
        let lower = name.text.to_ascii_lowercase();
        if self.results.is_some() {
            let known = TEST_WORDS.contains(&lower.as_str());
            if known {
                return self.fail(CheckError::NotOfGroups { name: name.text.clone(), span: name.span });
            }
            let place = self.result(name)?;
            let column = self.results.as_ref()?.at(place).name.clone();
            let example = format!("{column} > 10");
            return self.fail(CheckError::FieldAlone { name: column, example, span: name.span });
        }
        let is = |field: Field, word: &str| {
            let check = Check::Text { words: vec![word.to_string()], negated: false };
            Some(Condition::Test(Source::Field(field), check))
        };
        let protocol = |number| {
            let check = Check::Number { ranges: vec![one(number)], negated: false };
            Some(Condition::Test(Source::Field(Field::Protocol), check))
        };
        match lower.as_str() {
            "accept" => is(Field::Action, "ACCEPT"),
            "reject" => is(Field::Action, "REJECT"),
            "ingress" => is(Field::Direction, "ingress"),
            "egress" => is(Field::Direction, "egress"),
            "request" | "response" => is(Field::Role, &lower),
            "tcp" => protocol(6),
            "udp" => protocol(17),
            "icmp" => protocol(1),
            "icmp6" => protocol(58),
            "ipv4" => Some(Condition::Family(Family::V4)),
            "ipv6" => Some(Condition::Family(Family::V6)),
            "nodata" => Some(Condition::Status("NODATA")),
            "skipdata" => Some(Condition::Status("SKIPDATA")),
            _ => self.no_test(name),
        }
    }

    /// Reports a word that is not a test: what it is instead, or which word was meant.
    fn no_test(&mut self, name: &Name) -> Option<Condition> {
        let span = name.span;
        if let Some(set) = AddressSet::named(&name.text) {
            return self.fail(CheckError::SetAlone { name: set.name().into(), span });
        }
        if let Some(field) = Field::named(&name.text) {
            let info = field.info();
            return self.fail(CheckError::FieldAlone { name: info.name.into(), example: info.example.into(), span });
        }
        let keyword = protocol_named(&name.text).and_then(protocol_word).map(|word| format!("proto = {word}"));
        let flag = TCP_FLAGS.iter().position(|flag| flag.eq_ignore_ascii_case(&name.text));
        let flag = flag.map(|bit| format!("flags {}", FLAG_LETTERS[bit]));
        let foreign = foreign_name(&name.text).map(Into::into).or(flag);
        let near = || nearest(&name.text, TEST_WORDS).map(Into::into).or_else(|| suggested_field(&name.text));
        let suggestion = keyword.or(foreign).or_else(near);
        self.fail(CheckError::UnknownWord { name: name.text.clone(), suggestion, span })
    }
}

/// A conjunction; chains are flattened, so that the same meaning has one form.
pub(super) fn all(parts: Vec<Condition>) -> Condition {
    let flat = parts.into_iter().flat_map(|part| match part {
        Condition::All(inner) => inner,
        part => vec![part],
    });
    Condition::All(flat.collect())
}

fn any(parts: Vec<Condition>) -> Condition {
    let flat = parts.into_iter().flat_map(|part| match part {
        Condition::Any(inner) => inner,
        part => vec![part],
    });
    Condition::Any(flat.collect())
}

const fn one(number: i64) -> Range {
    Range { first: number, last: number }
}

/// The same numbers as sorted ranges that neither overlap nor touch; single numbers stay as typed.
fn joined(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    ranges.dedup();
    let mut joined: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.first <= last.last => last.last = last.last.max(range.last),
            _ => joined.push(range),
        }
    }
    joined
}

/// Returns a user's name for a type, and the operators that fit it.
const fn operators_of(field_type: FieldType) -> (&'static str, &'static str) {
    match field_type {
        FieldType::Address => ("addresses", "`=`, `!=` or `in`"),
        FieldType::Word(_) | FieldType::Code(_) | FieldType::Protocol => {
            ("words that have no order", "`=`, `!=` or `in`")
        }
        FieldType::OpenWord(_) => ("words", "`=`, `!=`, `in` or `like`"),
        FieldType::Text => ("text", "`=`, `!=`, `in`, `~`, `!~` or `like`"),
        _ => ("numbers", "`=`, `!=`, `<`, `<=`, `>`, `>=` or `in`"),
    }
}

fn foreign_name(name: &str) -> Option<&'static str> {
    FOREIGN_NAMES.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours)
}

/// The field that was most likely meant by an unknown name.
pub(super) fn suggested_field(name: &str) -> Option<String> {
    let near = || nearest(name, FIELDS.iter().map(|info| info.name));
    foreign_name(name).or_else(near).map(Into::into)
}

/// Returns whether the text is an account id, which is written in digits.
fn is_account_id(subject: &Subject, text: &str) -> bool {
    let is_account = matches!(subject.source, Source::Field(field) if field.is_account());
    is_account && text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The error for a field that stands for several, where a single value is needed; `None` for other fields.
pub(super) fn side_needed(source: &Source, span: Span) -> Option<CheckError> {
    let Source::Field(field) = source else { return None };
    let Origin::EitherSide(sides) = field.info().origin else { return None };
    let sides: Vec<String> = sides.iter().map(|side| format!("`{}`", side.name())).collect();
    Some(CheckError::SideNeeded { name: field.name().into(), sides: sides.join(", "), span })
}

/// The error for a field from an inventory, which is resolved to a list and so has no single value to compare; `None`
/// for other fields.
fn not_testable(source: &Source, span: Span) -> Option<CheckError> {
    let Source::Field(field) = source else { return None };
    let is_joined = matches!(field.info().origin, Origin::Inventory(_));
    is_joined.then(|| CheckError::NotTestable { name: field.name().into(), span })
}

/// The most values of a list that a help repeats; more would fill the screen.
const REPEATED_VALUES: usize = 10;

/// The list that tcpdump's `port 80 or 443` means: the test before `or`, carried over to more values.
fn carried_over(test: &Expression, values: &[&Literal]) -> Option<String> {
    let (lead, items) = match &test.kind {
        ExpressionKind::Packet { side, part, items, .. } => {
            let part = match part {
                PacketPart::Host => "host",
                PacketPart::Net => "net",
                PacketPart::Port => "port",
            };
            let side = side.as_ref().map(|side| format!("{} ", side.text)).unwrap_or_default();
            (format!("{side}{part}"), items.clone())
        }
        ExpressionKind::Compare { field, value, .. } => (format!("{} in", field.text), vec![Item::One(value.clone())]),
        ExpressionKind::In { field, items, .. } => (format!("{} in", field.text), items.clone()),
        _ => return None,
    };
    let items = items.iter().map(|item| match item {
        Item::One(value) => value.text.clone(),
        Item::Range(first, last) => format!("{}..{}", first.text, last.text),
    });
    let mut texts: Vec<String> = items.chain(values.iter().map(|value| value.text.clone())).collect();
    if texts.len() > REPEATED_VALUES {
        texts.truncate(REPEATED_VALUES);
        texts.push("...".into());
    }
    Some(format!("a list is written in parentheses: `{lead} ({})`", texts.join(", ")))
}

/// The test that a lone value stands for: an address or a network.
fn lone_value(value: &Literal) -> Option<String> {
    let is_address = value.text.parse::<std::net::IpAddr>().is_ok();
    let is_network = value.text.parse::<ipnet::IpNet>().is_ok();
    let part = if is_address { "host" } else { "net" };
    (is_address || is_network).then(|| format!("did you mean `{part} {}`?", value.text))
}
