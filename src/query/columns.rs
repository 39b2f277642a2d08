//! The columns of an answer: names, headings, types, and their priority on a narrow screen.

use super::plan::{
    Aggregate, Chosen, Compared, GroupKey, GroupStage, Groups, Kept, KeyBy, Plan, Shape, ShownColumn, Source,
};
use crate::diagnostic::nearest;
use crate::field::{FIELDS, Field, FieldType, Origin};
use crate::function::Function;
use crate::value::{Column, ColumnType, Need, Unit};

/// The default columns that a narrow table leaves out, in this order: they repeat others, or matter only in special
/// cases.
const EXPENDABLE: [Field; 10] = [
    Field::LostNoRoute,
    Field::LostBlackhole,
    Field::TgwPairAttachment,
    Field::PktSrcAddr,
    Field::PktDstAddr,
    Field::Flags,
    Field::Packets,
    Field::SrcPort,
    Field::Bytes,
    Field::Direction,
];

/// The columns of the Go tool: the interface and its end, an arrow to or from the far end, and the traffic.
const INTERFACE_COLUMNS: [Field; 13] = [
    Field::Time,
    Field::Eni,
    Field::LocalAddr,
    Field::LocalPort,
    Field::Direction,
    Field::RemoteAddr,
    Field::RemotePort,
    Field::Action,
    Field::Packets,
    Field::Bytes,
    Field::Protocol,
    Field::Flags,
    Field::Path,
];

/// The columns of records if a sentence names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DefaultColumns {
    /// The ends of the record and of the packet.
    #[default]
    Seed,
    /// The interface, its end and the far end.
    Interface,
    /// These fields.
    Fields(Vec<Field>),
}

impl std::str::FromStr for DefaultColumns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "seed" => Ok(Self::Seed),
            "interface" => Ok(Self::Interface),
            fields => {
                fields.split(',').map(|name| default_column(name.trim())).collect::<Result<_, _>>().map(Self::Fields)
            }
        }
    }
}

fn default_column(name: &str) -> Result<Field, String> {
    let Some(field) = Field::named(name) else {
        let near = nearest(name, FIELDS.iter().map(|info| info.name).chain(["seed", "interface"]));
        let advice = near.map_or_else(
            || "`seed`, `interface` or fields are expected".into(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(format!("there is no field `{name}`: {advice}"));
    };
    match field.info().origin {
        Origin::EitherSide(sides) => Err(format!("`{name}` is either side: name one, such as `{}`", sides[0].name())),
        _ => Ok(field),
    }
}

fn shown(field: &Field) -> ShownColumn {
    ShownColumn { source: Source::Field(*field), name: field.result_name() }
}

impl Plan {
    /// The same plan with other default columns. A plan that chose its columns stays as it is; so does one of transit
    /// gateways, whose records have no interface.
    #[must_use]
    pub fn with_columns(&self, default: &DefaultColumns) -> Self {
        let mut plan = self.clone();
        let fields: &[Field] = match default {
            DefaultColumns::Seed => return plan,
            DefaultColumns::Interface if self.targets.iter().all(|one| one.kind.is_of_transit_gateways()) => {
                return plan;
            }
            DefaultColumns::Interface => &INTERFACE_COLUMNS,
            DefaultColumns::Fields(fields) => fields,
        };
        if let Shape::Records { columns, chosen: chosen @ Chosen::Nobody } = &mut plan.shape {
            *columns = fields.iter().map(shown).collect();
            *chosen = Chosen::Setting;
        }
        plan
    }

    /// The same plan with more default columns: the type of the interface, the names of both ends, and after them the
    /// path of the traffic and the AWS service at either end. A plan that chose its columns stays as it is.
    ///
    /// Conversations get the name of each end after its address.
    #[must_use]
    pub fn with_names(&self) -> Self {
        let mut plan = self.clone();
        if let Shape::Groups(groups) = &mut plan.shape
            && matches!(groups.stage, GroupStage::Conversations(_))
        {
            for (address, name) in [(Field::ClientAddr, Field::ClientName), (Field::ServerAddr, Field::ServerName)] {
                plan.add_key(address, name);
            }
            return plan;
        }
        if let Shape::Records { columns, chosen: Chosen::Nobody | Chosen::Setting } = &mut plan.shape {
            let there = columns.clone();
            let is_new = |column: &ShownColumn| !there.contains(column);
            let time = 1.min(columns.len());
            let names = [Field::LocalType, Field::LocalName, Field::RemoteName];
            columns.splice(time..time, names.iter().map(shown).filter(is_new));
            let more = [Field::Path, Field::PktSrcService, Field::PktDstService];
            columns.extend(more.iter().map(shown).filter(is_new));
        }
        plan
    }

    /// Adds a key of groups after another one.
    fn add_key(&mut self, behind: Field, field: Field) {
        let Shape::Groups(groups) = &mut self.shape else { return };
        let is_it = |key: &GroupKey| key.source() == Source::Field(behind);
        let Some(place) = groups.keys.iter().position(is_it).map(|place| place + 1) else { return };
        groups.keys.insert(place, GroupKey { by: KeyBy::Source(Source::Field(field)), name: field.result_name() });
        let move_on = &mut |source: &mut Source| {
            if let Source::Result(known) = source
                && *known >= place
            {
                *known += 1;
            }
        };
        if let Some(having) = &mut groups.having {
            having.said.for_each_source(move_on);
            having.means.for_each_source(move_on);
        }
        self.sort.iter_mut().for_each(|key| move_on(&mut key.source));
    }

    /// The columns of the answer, in order.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        match &self.shape {
            Shape::Records { columns, chosen } => columns.iter().map(|column| column.column(*chosen)).collect(),
            Shape::Groups(groups) => groups.columns(),
        }
    }

    /// The order of the answer: the requested columns or the default ones, then the remaining columns. Each is a place
    /// in [`Plan::columns`], and whether the largest comes first.
    ///
    /// Not every answer has the record's time as a column, so the default order of records (newest first) is not among
    /// these: it is an empty [`Plan::sort`]. Sources of `sort` that are not columns are left out, too.
    #[must_use]
    pub fn tie_breakers(&self) -> Vec<(usize, bool)> {
        let mut order: Vec<(usize, bool)> = match &self.shape {
            Shape::Records { .. } => Vec::new(),
            Shape::Groups(_) if !self.sort.is_empty() => Vec::new(),
            Shape::Groups(groups) => match groups.keys.iter().position(|key| matches!(key.by, KeyBy::Bin(_))) {
                Some(bin) => vec![(bin, false)],
                // Groups that are gone have no values in the window itself.
                None => vec![(groups.keys.len() + usize::from(groups.is_of_gone()), true)],
            },
        };
        for place in 0..self.columns().len() {
            if !order.iter().any(|(taken, _)| *taken == place) {
                order.push((place, false));
            }
        }
        order
    }
}

impl Source {
    fn column(&self, name: &str) -> Column {
        let column = Column::new(name, self.column_type());
        match self {
            Self::Field(field) if field.result_name() == name => Column { heading: field.heading(), ..column },
            _ => column,
        }
    }

    fn column_type(&self) -> ColumnType {
        match self.field_type() {
            FieldType::Quantity | FieldType::Duration => ColumnType::Measure { unit: self.unit(), adds_up: true },
            FieldType::Ratio => ColumnType::Measure { unit: Unit::Plain, adds_up: false },
            FieldType::Port | FieldType::Number => ColumnType::Number,
            FieldType::Time => ColumnType::Time,
            _ => ColumnType::Text,
        }
    }

    /// The unit of its values. Every quantity of a record except bytes is a number of packets.
    fn unit(&self) -> Unit {
        match self {
            Self::Field(Field::Bytes) => Unit::Bytes,
            source if source.field_type() == FieldType::Quantity => Unit::Count,
            _ => Unit::Plain,
        }
    }
}

impl ShownColumn {
    /// The column. A narrow table can do without some of the default ones, as nobody asked for them.
    fn column(&self, chosen: Chosen) -> Column {
        let need = match chosen {
            Chosen::Nobody => self.default_need(),
            Chosen::Setting | Chosen::Sentence => Need::Usual,
        };
        Column { need, ..self.source.column(&self.name) }
    }

    fn default_need(&self) -> Need {
        // People learn little from the id alone; `--columns interface` shows it with both ends.
        if self.source == Source::Field(Field::Eni) {
            return Need::Hidden;
        }
        let place = EXPENDABLE.iter().position(|field| self.source == Source::Field(*field));
        place.and_then(|place| u8::try_from(place).ok()).map_or(Need::Usual, Need::Expendable)
    }
}

impl Groups {
    fn is_of_gone(&self) -> bool {
        self.compare.is_some_and(|compare| compare.kept == Kept::Gone)
    }

    /// Returns the columns: the keys, then the aggregates. A narrow table keeps the first key and the first
    /// measure, which say nothing without each other; of the others it leaves out keys before measures.
    fn columns(&self) -> Vec<Column> {
        let keys = self.keys.iter().enumerate().map(|(place, key)| {
            let need = if place == 0 { Need::Essential } else { Need::Expendable(0) };
            Column { need, ..key.column() }
        });
        let aggregates = self.aggregates.iter().enumerate().map(|(place, aggregate)| {
            let need = if place == 0 { Need::Essential } else { Need::Expendable(1) };
            Column { need, ..aggregate.column() }
        });
        keys.chain(aggregates).collect()
    }
}

impl GroupKey {
    /// The column. A quantity that is a key is not a measure of the groups.
    fn column(&self) -> Column {
        let column = match &self.by {
            KeyBy::Source(source) => source.column(&self.name),
            KeyBy::Bin(width_s) => Column::new(&self.name, ColumnType::Bin { width_s: *width_s }),
            KeyBy::Network(..) => Column::new(&self.name, ColumnType::Text),
            KeyBy::Since(_) => Column::new(&self.name, ColumnType::Number),
        };
        let is_measure = column.column_type.is_measure();
        Column { column_type: if is_measure { ColumnType::Number } else { column.column_type }, ..column }
    }
}

impl Aggregate {
    fn column(&self) -> Column {
        let column_type = if self.is_time() {
            ColumnType::Time
        } else {
            ColumnType::Measure { unit: self.unit(), adds_up: self.adds_up() }
        };
        Column::new(&self.name, column_type)
    }

    fn unit(&self) -> Unit {
        match self.function {
            Function::Count | Function::Distinct => Unit::Count,
            // These have a fraction, which scaling would lose.
            Function::Avg | Function::Rate | Function::Share => Unit::Plain,
            Function::Sum | Function::Min | Function::Max | Function::Percentile(_) => {
                self.over.as_ref().map_or(Unit::Plain, Source::unit)
            }
        }
    }

    /// Returns whether the values of several groups may be added.
    fn adds_up(&self) -> bool {
        matches!(self.function, Function::Count | Function::Sum) && self.compared != Compared::Change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a sentence's answer.
    fn columns(sentence: &str) -> Vec<Column> {
        let clock = crate::query::clock::Clock { now: 1_795_435_200, zone: jiff::tz::TimeZone::UTC };
        crate::query::compile(sentence, &crate::query::Context::new(clock)).unwrap().columns()
    }

    #[test]
    fn columns_say_what_they_are_whatever_they_are_called() {
        let plain = ColumnType::Measure { unit: Unit::Plain, adds_up: false };
        let largest_bytes = ColumnType::Measure { unit: Unit::Bytes, adds_up: false };
        let different = ColumnType::Measure { unit: Unit::Count, adds_up: false };
        let seconds = ColumnType::Measure { unit: Unit::Plain, adds_up: true };
        let cases: [(&str, &[ColumnType]); 10] = [
            ("distinct(dst.port) by src.addr", &[ColumnType::Text, different]),
            ("count() as per_port by dst.port", &[ColumnType::Number, ColumnType::COUNT]),
            (
                "sum(bytes) as version by bin(5m), proto",
                &[ColumnType::Bin { width_s: 300 }, ColumnType::Text, ColumnType::BYTES],
            ),
            (
                "max(bytes), avg(bytes), max(time), sum(duration) by eni",
                &[ColumnType::Text, largest_bytes, plain, ColumnType::Time, seconds],
            ),
            ("count() by bytes", &[ColumnType::Number, ColumnType::COUNT]),
            ("top 3 src.addr/24 by packets", &[ColumnType::Text, ColumnType::COUNT]),
            ("show time, version as bytes", &[ColumnType::Time, ColumnType::Number]),
            ("show bytes as dst_port", &[ColumnType::BYTES]),
            ("show flags, action, `my col`", &[ColumnType::Text; 3]),
            ("p95(packets)", &[different]),
        ];
        for (sentence, expected) in cases {
            let types: Vec<ColumnType> = columns(sentence).iter().map(|column| column.column_type).collect();
            assert_eq!(types, expected, "{sentence}");
        }
    }

    #[test]
    fn conversations_get_names_and_what_comes_after_still_means_the_same_columns() {
        let clock = crate::query::clock::Clock { now: 1_795_435_200, zone: jiff::tz::TimeZone::UTC };
        let text =
            "conversations 5 | where server_addr = 10.0.0.2 and flows > 3 | sort client_addr asc, bytes_back desc";
        let plan = crate::query::compile(text, &crate::query::Context::new(clock)).unwrap();
        let named = plan.with_names();
        let names: Vec<String> = named.columns().into_iter().map(|column| column.name).collect();
        assert_eq!(names[..6], ["client_addr", "client_name", "server_addr", "server_name", "proto", "server_port"]);
        // A sentence does not print the added names; all else is as before.
        assert_eq!(crate::query::print::sentence(&named), crate::query::print::sentence(&plan));
        let places: Vec<&Source> = named.sort.iter().map(|key| &key.source).collect();
        assert_eq!(places, [&Source::Result(0), &Source::Result(10)]);
    }

    #[test]
    fn a_setting_chooses_columns_where_the_sentence_does_not() {
        let clock = crate::query::clock::Clock { now: 1_795_435_200, zone: jiff::tz::TimeZone::UTC };
        let context = crate::query::Context::new(clock);
        let plan = |sentence: &str| crate::query::compile(sentence, &context).unwrap();
        let names = |plan: &Plan| plan.columns().into_iter().map(|column| column.name).collect::<Vec<_>>().join(" ");
        let [interface, fields] =
            ["Interface", "time, eni,srcaddr"].map(|text| text.parse::<DefaultColumns>().unwrap());
        let records = plan("where reject").with_columns(&interface);
        assert_eq!(
            names(&records),
            "time eni local_addr local_port dir remote_addr remote_port action packets bytes proto flags path"
        );
        assert!(records.columns().iter().all(|column| column.need != Need::Hidden));
        assert!(names(&records.with_names()).starts_with("time local_type local_name remote_name eni local_addr"));
        assert_eq!(names(&records.with_names()).matches("path").count(), 1);
        assert_eq!(names(&plan("where reject").with_columns(&fields)), "time eni src_addr");
        for untouched in ["show bytes", "count()", "tgw"] {
            assert_eq!(plan(untouched).with_columns(&interface), plan(untouched), "{untouched}");
        }
        assert_eq!(plan("vpc").with_columns(&"seed".parse().unwrap()), plan("vpc"));
        assert!("bites".parse::<DefaultColumns>().unwrap_err().contains("did you mean `bytes`?"));
        assert!("port".parse::<DefaultColumns>().unwrap_err().contains("`src.port`"));
    }

    #[test]
    fn only_default_columns_and_further_ones_of_groups_are_expendable() {
        let needs = |sentence| columns(sentence).iter().map(|column| column.need).collect::<Vec<_>>();
        assert_eq!(needs("show eni, bytes, dir"), [Need::Usual; 3]);
        assert_eq!(needs("where reject").iter().filter(|need| **need == Need::Hidden).count(), 1);
        assert_eq!(needs("where reject").iter().filter(|need| matches!(need, Need::Expendable(_))).count(), 7);
        let [first, further, measure, more] = needs("sum(bytes), count() by src.addr, dst.addr")[..] else { panic!() };
        assert!(further < more && more < first && first == measure);
    }
}
