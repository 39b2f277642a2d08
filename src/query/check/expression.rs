//! Conditions: from the words of an expression to typed tests.

use super::literal::{self, Wanted};
use super::{CheckError, Checker};
use crate::diagnostic::{Span, nearest};
use crate::field::{FIELDS, FOREIGN_NAMES, Field, FieldType, Origin, protocol_named, protocol_word};
use crate::query::ast::{Expression, ExpressionKind, Item, Literal, LiteralForm, Name, Operator, PacketPart};
use crate::query::parse::parse_expression;
use crate::query::plan::{AddressSet, Check, Condition, Family, Range, Source};
use crate::query::print;
use crate::value::TCP_FLAGS;

/// Words that are tests by themselves, with what they mean.
pub(in crate::query) const TEST_WORDS: [&str; 12] =
    ["accept", "reject", "ingress", "egress", "tcp", "udp", "icmp", "icmp6", "ipv4", "ipv6", "nodata", "skipdata"];

/// What is tested: a field, or after an aggregation a column of the result.
#[derive(Clone)]
struct Subject {
    source: Source,
    /// As it is typed.
    name: String,
    field_type: FieldType,
}

impl Checker<'_> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Option<Condition> {
        match &expression.kind {
            ExpressionKind::All(parts) => self.parts(parts).map(all),
            ExpressionKind::Any(parts) => self.parts(parts).map(any),
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
            ExpressionKind::Matches { field, negated, regex } => self.matches(field, *negated, regex),
            ExpressionKind::Like { field, negated, glob } => self.like(field, *negated, glob),
            ExpressionKind::Exists(field) => Some(Condition::Test(self.subject(field)?.source, Check::Present)),
            ExpressionKind::Packet { side, part, items, items_span } => {
                self.packet(side.as_ref(), *part, items, *items_span)
            }
            ExpressionKind::Set { side, set } => self.set(side, *set),
            ExpressionKind::FlagLetters(letters) => self.flag_letters(letters),
            ExpressionKind::FlagNames(names) => self.flag_names(names),
            ExpressionKind::Saved(name) => self.saved(name),
            ExpressionKind::Word(name) => self.word(name),
            ExpressionKind::Stray(value) => {
                self.fail(CheckError::StrayValue { value: value.text.clone(), help: None, span: value.span })
            }
        }
    }

    /// Each part, so that every mistake is found; nothing if any is wrong.
    fn parts(&mut self, parts: &[Expression]) -> Option<Vec<Condition>> {
        let checked: Vec<Option<Condition>> = parts
            .iter()
            .enumerate()
            .map(|(place, part)| match &part.kind {
                ExpressionKind::Stray(value) => {
                    let help = carried_over(&parts[..place], value);
                    self.fail(CheckError::StrayValue { value: value.text.clone(), help, span: value.span })
                }
                _ => self.expression(part),
            })
            .collect();
        checked.into_iter().collect()
    }

    fn subject(&mut self, name: &Name) -> Option<Subject> {
        if self.results.is_some() {
            let place = self.result(name)?;
            let column = &self.results.as_ref()?[place];
            return Some(Subject {
                source: Source::Result(place),
                name: column.name.clone(),
                field_type: column.field_type,
            });
        }
        let source = self.source(name)?;
        if let Source::Field(field) = source
            && matches!(field.info().origin, Origin::Inventory(_))
        {
            return self.fail(CheckError::NotTestable { name: field.name().into(), span: name.span });
        }
        Some(Subject { name: source.name(), field_type: source.field_type(), source })
    }

    /// The field or the file's own column of this name.
    pub(super) fn source(&mut self, name: &Name) -> Option<Source> {
        if let Some(field) = Field::named(&name.text) {
            return Some(Source::Field(field));
        }
        if name.is_backquoted {
            return Some(Source::Extra(name.text.clone()));
        }
        let suggestion = suggested_field(&name.text);
        self.fail(CheckError::UnknownField { name: name.text.clone(), suggestion, span: name.span })
    }

    /// The one text of a value: its own, or that of the parameter it names.
    fn single(&mut self, value: &Literal) -> Option<String> {
        let mut texts = self.texts(value)?;
        if texts.len() != 1 {
            let count = texts.len();
            return self.fail(CheckError::ManyValues { name: value.text.clone(), count, span: value.span });
        }
        texts.pop()
    }

    /// The texts of a value: one, or each of the parameter that it names.
    fn texts(&mut self, value: &Literal) -> Option<Vec<String>> {
        match &value.form {
            LiteralForm::Bare | LiteralForm::Quoted => Some(vec![value.text.clone()]),
            LiteralForm::Parameter => match self.context.parameters.get(&value.text) {
                Some(texts) => Some(texts.clone()),
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
                help: Some("a regular expression goes behind `~`".into()),
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

    /// A value of the subject's type among `items`.
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

    /// Each item as a range of numbers; sorted, overlapping ones joined.
    fn ranges(&mut self, subject: &Subject, items: &[Item]) -> Option<Vec<Range>> {
        let mut ranges = Vec::new();
        let mut valid = true;
        for item in items {
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
        let mut valid = true;
        for (text, _, span) in self.values(subject, items)? {
            match self.keep(Wanted { field: &subject.name, span }.network(&text)) {
                Some((network, masked)) => {
                    if masked {
                        self.note(format!("`{text}` is read as the network `{network}`"));
                    }
                    if !networks.contains(&network) {
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
            _ if *form == LiteralForm::Bare && !text.starts_with(char::is_alphabetic) => {
                self.fail(CheckError::WrongValue {
                    value: text.into(),
                    expected: "quoted text, or a word that starts with a letter".into(),
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
            let reason = format!("`{suffix}` behind the slash");
            return self.fail(CheckError::BadRegex { reason, help, span: regex.span });
        }
        // Only what crate `regex`, RE2 and Hyperscan read alike; `\/` is a slash to all of them.
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

    /// tcpdump's spelling.
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
            Subject { source: Source::Field(field), name: field.name().into(), field_type: field.field_type() };
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
            let Some(bit) = print::FLAG_LETTERS.iter().position(|known| known.eq_ignore_ascii_case(&letter)) else {
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
        let Some(text) = self.context.saved.get(&name.text) else {
            let suggestion =
                nearest(&name.text, self.context.saved.keys().map(String::as_str)).map(|n| format!("@{n}"));
            return self.fail(CheckError::UnknownSaved { name: name.text.clone(), suggestion, span: name.span });
        };
        if self.reading.contains(&name.text) {
            let mut path: Vec<String> = self.reading.iter().map(|name| format!("@{name}")).collect();
            path.push(format!("@{}", name.text));
            let path = path.join(" → ");
            return self.fail(CheckError::SavedCycle { name: name.text.clone(), path, span: name.span });
        }
        let expression = match parse_expression(text) {
            Ok(expression) => expression,
            Err(error) => return self.bad_saved(name, error.to_string()),
        };
        // Its mistakes point into its own text, so here they are told as one.
        let outer = std::mem::take(&mut self.errors);
        self.reading.push(name.text.clone());
        let condition = self.expression(&expression);
        self.reading.pop();
        let inner = std::mem::replace(&mut self.errors, outer);
        match inner.into_iter().next() {
            Some(CheckError::SavedCycle { name: cycle, path, .. }) => {
                self.fail(CheckError::SavedCycle { name: cycle, path, span: name.span })
            }
            Some(error) => self.bad_saved(name, error.to_string()),
            None => condition,
        }
    }

    fn bad_saved<T>(&mut self, name: &Name, reason: String) -> Option<T> {
        self.fail(CheckError::BadSaved { name: name.text.clone(), reason, span: name.span })
    }

    fn word(&mut self, name: &Name) -> Option<Condition> {
        let lower = name.text.to_ascii_lowercase();
        if self.results.is_some() {
            let known = TEST_WORDS.contains(&lower.as_str());
            if known {
                return self.fail(CheckError::NotOfGroups { name: name.text.clone(), span: name.span });
            }
            let place = self.result(name)?;
            let column = self.results.as_ref()?[place].name.clone();
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

    /// A word that is no test: what it is instead, or what was meant.
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
        let foreign = foreign_name(&name.text).map(Into::into);
        let near = || nearest(&name.text, TEST_WORDS).map(Into::into).or_else(|| suggested_field(&name.text));
        let suggestion = keyword.or(foreign).or_else(near);
        self.fail(CheckError::UnknownWord { name: name.text.clone(), suggestion, span })
    }
}

/// `a and b`, chains flat, so that the same meaning has one form.
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

/// The same numbers as sorted ranges that neither overlap nor touch, but for single numbers, which
/// stay as they were typed.
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

/// What a type is called in an error, and the operators that fit it.
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

fn address_of(side: &str) -> Field {
    match side.to_ascii_lowercase().as_str() {
        "src" => Field::SrcAddr,
        "dst" => Field::DstAddr,
        "local" => Field::LocalAddr,
        "remote" => Field::RemoteAddr,
        "pkt.src" => Field::PktSrcAddr,
        _ => Field::PktDstAddr,
    }
}

fn port_of(side: &str) -> Option<Field> {
    match side.to_ascii_lowercase().as_str() {
        "src" => Some(Field::SrcPort),
        "dst" => Some(Field::DstPort),
        "local" => Some(Field::LocalPort),
        "remote" => Some(Field::RemotePort),
        _ => None,
    }
}

fn foreign_name(name: &str) -> Option<&'static str> {
    FOREIGN_NAMES.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours)
}

/// The field that was most likely meant by a name that is none.
pub(super) fn suggested_field(name: &str) -> Option<String> {
    let near = || nearest(name, FIELDS.iter().map(|info| info.name));
    foreign_name(name).or_else(near).map(Into::into)
}

/// How to say what tcpdump would take: a value behind `or` that carries the test before it over.
fn carried_over(before: &[Expression], value: &Literal) -> Option<String> {
    let test = before.iter().rev().find(|part| !matches!(part.kind, ExpressionKind::Stray(_)))?;
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
    let strays = before.iter().filter_map(|part| match &part.kind {
        ExpressionKind::Stray(stray) => Some(stray.text.clone()),
        _ => None,
    });
    let mut values: Vec<String> = items
        .iter()
        .map(|item| match item {
            Item::One(value) => value.text.clone(),
            Item::Range(first, last) => format!("{}..{}", first.text, last.text),
        })
        .chain(strays)
        .collect();
    values.push(value.text.clone());
    Some(format!("a list is written in parentheses: `{lead} ({})`", values.join(", ")))
}
