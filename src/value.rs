//! The answer of a query: values, rows with named columns, and the numbers of a run.
//!
//! This module is below all others and uses none. Values are typed here once, so that every output prints the same.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use compact_str::CompactString;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The record has no value there (`-`), or its format lacks the field.
    Absent,
    /// A whole number.
    Int(i64),
    /// A number with a fraction: an average or a percentile.
    Float(f64),
    /// A point in time, in whole seconds since 1970-01-01T00:00:00Z.
    Time(EpochSeconds),
    /// An address, printed as RFC 5952 has it.
    Address(IpAddr),
    /// The network a group of addresses is in.
    Network(ipnet::IpNet),
    /// Text, and the words of enumerations.
    Text(CompactString),
    /// TCP flags, one bit each.
    Flags(u8),
}

/// Whole seconds since 1970-01-01T00:00:00Z.
pub type EpochSeconds = i64;

/// Numbers from here on are milliseconds: as seconds they would lie after the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Converts milliseconds to seconds; seconds stay as they are.
#[must_use]
pub const fn to_seconds(number: i64) -> EpochSeconds {
    if number >= MILLISECONDS_FROM { number / 1000 } else { number }
}

/// The TCP flags of a record, lowest bit first.
///
/// Source: RFC 9293 section 3.1, <https://www.rfc-editor.org/rfc/rfc9293#section-3.1>.
pub const TCP_FLAGS: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

/// The names of the flags that are set, lowest bit first.
pub fn flag_names(flags: u8) -> impl Iterator<Item = &'static str> {
    (0..8).filter(move |bit| flags >> bit & 1 == 1).map(|bit| TCP_FLAGS[bit])
}

impl Value {
    /// Text that is known at compile time.
    #[must_use]
    pub const fn word(text: &'static str) -> Self {
        Self::Text(CompactString::const_new(text))
    }

    /// Returns a number, with or without a fraction, as one with a fraction.
    #[allow(clippy::cast_precision_loss, reason = "an average, or a sum beyond all bounds, is approximate")]
    #[must_use]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Compares two values of one column: numbers and addresses by value, absent ones last.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        use Value::{Absent, Address, Flags, Float, Int, Network, Text, Time};
        match (self, other) {
            (Absent, Absent) => Ordering::Equal,
            (Absent, _) => Ordering::Greater,
            (_, Absent) => Ordering::Less,
            (Int(a), Int(b)) | (Time(a), Time(b)) => a.cmp(b),
            (Float(a), Float(b)) => a.total_cmp(b),
            (Address(a), Address(b)) => address_bits(*a).cmp(&address_bits(*b)),
            (Network(a), Network(b)) => {
                (address_bits(a.network()), a.prefix_len()).cmp(&(address_bits(b.network()), b.prefix_len()))
            }
            (Text(a), Text(b)) => a.cmp(b),
            (Flags(a), Flags(b)) => a.cmp(b),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

/// The order of values of different types; a column never mixes them.
const fn rank(value: &Value) -> u8 {
    match value {
        Value::Int(_) => 0,
        Value::Float(_) => 1,
        Value::Time(_) => 2,
        Value::Address(_) => 3,
        Value::Network(_) => 4,
        Value::Text(_) => 5,
        Value::Flags(_) => 6,
        Value::Absent => 7,
    }
}

/// An address as 128 bits, whose order is the order of addresses: IPv4 is in `::ffff:0:0/96`.
///
/// Source: RFC 4291 section 2.5.5.2, <https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2>.
#[must_use]
pub fn address_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address whose bits these are; the inverse of [`address_bits`].
#[must_use]
pub fn address_from_bits(bits: u128) -> IpAddr {
    std::net::Ipv6Addr::from_bits(bits).to_canonical()
}

/// A time as RFC 3339 in UTC, as machine formats print it.
///
/// Seconds outside the years that can be written (-9999..=9999) come back as the bare number.
#[must_use]
pub fn time_utc(seconds: EpochSeconds) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// A time as people read it in `zone`: `2026-11-23 21:43:55`.
#[must_use]
pub fn time_in(seconds: EpochSeconds, zone: &TimeZone) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |time| time.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// The unit of a measure, which decides how it is scaled for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// A count: packets, flows, distinct values.
    Count,
    /// Anything else: seconds, averages. Never scaled.
    Plain,
}

/// The type of a column's values, which decides how they are aligned, drawn and scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Something measured: what charts draw.
    Measure {
        /// The unit.
        unit: Unit,
        /// Whether the values of several rows may be added, as for counts and sums, where no row means 0.
        adds_up: bool,
    },
    /// A number that names something: a port, a version. Never drawn or scaled.
    Number,
    /// A point in time.
    Time,
    /// The start of an interval of time; the intervals follow one another.
    Bin {
        /// The length of each interval.
        width_s: i64,
    },
    /// Everything else.
    Text,
}

impl ColumnType {
    /// Bytes that add up.
    pub const BYTES: Self = Self::Measure { unit: Unit::Bytes, adds_up: true };
    /// Counts that add up.
    pub const COUNT: Self = Self::Measure { unit: Unit::Count, adds_up: true };

    /// Returns whether the values are something measured.
    #[must_use]
    pub const fn is_measure(self) -> bool {
        matches!(self, Self::Measure { .. })
    }

    /// Returns whether the values are numbers, which are aligned to the right.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Measure { .. } | Self::Number)
    }

    /// Returns whether the values are points in time.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Time | Self::Bin { .. })
    }
}

/// The priority of a column in a table. The least needed column is left out first if the terminal is narrow; of equal
/// ones, the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Not shown in tables, only in machine formats.
    Hidden,
    /// Left out before the others, the lowest number first.
    Expendable(u8),
    /// Left out after the expendable ones.
    Usual,
    /// Never left out.
    Essential,
}

/// One column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The result name: the key in JSON and the CSV header line.
    pub name: String,
    /// The heading in a table.
    pub heading: String,
    /// The type of its values.
    pub column_type: ColumnType,
    /// The priority in a table.
    pub need: Need,
}

impl Column {
    /// Returns a column of this name, with the name as its heading.
    #[must_use]
    pub fn new(name: &str, column_type: ColumnType) -> Self {
        let heading = name.replace(['_', '.'], " ").to_uppercase();
        Self { name: name.into(), heading, column_type, need: Need::Usual }
    }
}

/// The values of one result row, in the order of the columns.
pub type Row = Vec<Value>;

/// Compares rows by some of their columns; absent values come last in either direction.
#[must_use]
pub fn compare_rows(a: &[Value], b: &[Value], order: impl IntoIterator<Item = (usize, bool)>) -> Ordering {
    let by = |(place, descending): (usize, bool)| {
        let (a, b) = (&a[place], &b[place]);
        let ordering = match (a.as_f64(), b.as_f64()) {
            // A column of averages may contain whole numbers.
            (Some(x), Some(y)) if !matches!((a, b), (Value::Int(_), Value::Int(_))) => x.total_cmp(&y),
            _ => a.compare(b),
        };
        let is_reversed = descending && *a != Value::Absent && *b != Value::Absent;
        if is_reversed { ordering.reverse() } else { ordering }
    };
    order.into_iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// Columns and some of the rows under them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows; each as long as `columns`.
    pub rows: Vec<Row>,
}

/// Takes an answer as it comes: columns once, then rows.
pub trait RowSink {
    /// The columns of every row that follows; called once, also for an empty answer.
    ///
    /// # Errors
    ///
    /// I/O errors of the writer; a closed pipe is one.
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()>;

    /// Some rows, in order.
    ///
    /// # Errors
    ///
    /// I/O errors of the writer; a closed pipe is one.
    fn rows(&mut self, rows: Vec<Row>) -> std::io::Result<()>;
}

impl RowSink for Rows {
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn rows(&mut self, mut rows: Vec<Row>) -> std::io::Result<()> {
        self.rows.append(&mut rows);
        Ok(())
    }
}

/// The progress of a run, shared with its display.
#[derive(Debug, Default)]
pub struct Progress {
    /// Records read.
    pub records: AtomicU64,
    /// Bytes read from storage.
    pub bytes: AtomicU64,
    /// The bytes to read in all; 0 if unknown.
    pub total_bytes: AtomicU64,
}

/// The first line that is not a record, and the number of such lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The file that contains it.
    pub file: String,
    /// The unit in which the file is counted: `line`, `record`, `row`.
    pub unit: &'static str,
    /// The number of the line, record or row, from 1.
    pub line: u64,
    /// The mistake in it.
    pub reason: String,
}

/// A file that was left out or not read to its end, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The file.
    pub file: String,
    /// The reason.
    pub reason: String,
}

/// The statistics of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunStats {
    /// Rows returned.
    pub rows: u64,
    /// Whether a default limit or a cap cut the answer.
    pub truncated: bool,
    /// The number of records that pass the conditions, if it is known for all of them.
    pub matched: Option<u64>,
    /// Records read, whether they matched or not.
    pub records_scanned: u64,
    /// Bytes read from storage; compressed bytes count as stored.
    pub bytes_scanned: u64,
    /// Files read.
    pub files: u64,
    /// Lines that are not records.
    pub malformed: u64,
    /// The first of them.
    pub first_malformed: Option<Malformed>,
    /// Records without traffic in their interval, hidden since nobody asked for them.
    pub nodata: u64,
    /// Records of intervals whose traffic AWS did not record, hidden since nobody asked for them.
    pub skipdata: u64,
    /// Files that are not flow logs, with the reasons.
    pub skipped_files: Vec<FileProblem>,
    /// Files that could not be read, or not to their end: the answer lacks their records.
    pub failed_files: Vec<FileProblem>,
    /// The number of log groups that were queried, if a service ran the query.
    pub log_groups: u64,
    /// The number of queries that this took.
    pub queries: u64,
    /// The cost in US dollars, if there is one.
    pub cost_usd: Option<f64>,
    /// The second in which the first of the flow logs began to record, if that is after the start of the window.
    pub recorded_from: Option<EpochSeconds>,
    /// Further notes for the reader of the answer.
    pub notes: Vec<String>,
    /// Wall time.
    pub elapsed: Duration,
}

impl RunStats {
    /// Returns whether the answer lacks records of files that failed.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        !self.failed_files.is_empty()
    }

    /// Adds the statistics of a simultaneous run, whose rows are part of the same answer.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.truncated |= other.truncated;
        self.matched = self.matched.zip(other.matched).map(|(one, other)| one + other);
        self.records_scanned += other.records_scanned;
        self.bytes_scanned += other.bytes_scanned;
        self.files = self.files.max(other.files);
        self.malformed = self.malformed.max(other.malformed);
        self.first_malformed = self.first_malformed.take().or(other.first_malformed);
        self.nodata += other.nodata;
        self.skipdata += other.skipdata;
        self.log_groups = self.log_groups.max(other.log_groups);
        self.queries += other.queries;
        self.cost_usd = self.cost_usd.zip(other.cost_usd).map(|(one, other)| one + other).or(self.cost_usd);
        self.recorded_from = self.recorded_from.zip(other.recorded_from).map(|(one, other)| one.min(other));
        self.elapsed = self.elapsed.max(other.elapsed);
        for (all, more) in
            [(&mut self.skipped_files, other.skipped_files), (&mut self.failed_files, other.failed_files)]
        {
            let new: Vec<FileProblem> = more.into_iter().filter(|problem| !all.contains(problem)).collect();
            all.extend(new);
        }
        let new: Vec<String> = other.notes.into_iter().filter(|note| !self.notes.contains(note)).collect();
        self.notes.extend(new);
    }

    /// The failures, in a sentence for each file.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let told = |failed: &FileProblem| format!("cannot read all of `{}`: {}", failed.file, failed.reason);
        self.failed_files.iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ordered_by_value_and_come_back_as_they_were() {
        let sorted = ["::1", "9.0.0.0", "10.0.0.0", "100.0.0.0", "2001:db8::1", "fe80::1"];
        let bits: Vec<u128> = sorted.iter().map(|text| address_bits(text.parse().unwrap())).collect();
        assert!(bits.is_sorted());
        for (text, bits) in sorted.iter().zip(bits) {
            assert_eq!(address_from_bits(bits).to_string(), *text);
        }
    }

    #[test]
    fn absent_values_come_last() {
        assert_eq!(Value::Absent.compare(&Value::Int(i64::MAX)), Ordering::Greater);
        assert_eq!(Value::Int(2).compare(&Value::Int(10)), Ordering::Less);
    }

    #[test]
    fn flags_are_named_from_the_lowest_bit() {
        assert_eq!(flag_names(19).collect::<Vec<_>>(), ["FIN", "SYN", "ACK"]);
    }
}
