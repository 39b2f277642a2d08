//! Functions over one column that DataFusion lacks: networks of addresses, patterns of text.
//!
//! Each returns an absent value for an absent one. A function is made for one plan and contains its networks or its
//! pattern, so that those are prepared once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, FixedSizeBinaryBuilder, Int64Array,
    StringViewArray,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::common::{exec_datafusion_err, internal_datafusion_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use ipnet::IpNet;
use regex::Regex;

use crate::engine::Error;
use crate::engine::record::{ADDRESS, ADDRESS_BYTES, TEXT, family};
use crate::field::{Field, Location};
use crate::query::plan::{Family, Filter, Source};
use crate::query::role;

use super::geo::Geo;
use super::names::Names;
use super::network_set::NetworkSet;
use crate::value::{Value, address_from_bits};

/// The type of 64-bit numbers that are to be summed.
pub(crate) const WIDE: DataType = DataType::Decimal128(19, 0);

/// A function of one argument.
fn scalar(
    name: &str,
    takes: DataType,
    gives: DataType,
    function: impl Fn(&ArrayRef) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
) -> ScalarUDF {
    let over_values = move |values: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(values)?;
        let array = arrays.first().ok_or_else(|| internal_datafusion_err!("a function without an argument"))?;
        Ok(ColumnarValue::Array(function(array)?))
    };
    create_udf(name, vec![takes], gives, Volatility::Immutable, Arc::new(over_values))
}

fn addresses(array: &ArrayRef) -> Result<&FixedSizeBinaryArray, DataFusionError> {
    array.as_any().downcast_ref().ok_or_else(|| internal_datafusion_err!("addresses of type {}", array.data_type()))
}

fn bits(address: &[u8]) -> Result<u128, DataFusionError> {
    address
        .try_into()
        .map(u128::from_be_bytes)
        .map_err(|_| exec_datafusion_err!("an address of {} bytes", address.len()))
}

/// Tests whether an address is in one of the networks.
pub(crate) fn address_in(networks: &[IpNet]) -> ScalarUDF {
    let networks = NetworkSet::new(networks);
    scalar(&networks.label(), ADDRESS, DataType::Boolean, move |array| {
        let addresses = addresses(array)?;
        let (values, _) = addresses.value_data().as_chunks();
        let found =
            BooleanBuffer::collect_bool(addresses.len(), |row| networks.contains(u128::from_be_bytes(values[row])));
        Ok(Arc::new(BooleanArray::new(found, addresses.nulls().cloned())))
    })
}

/// The first address of the network of this length that contains an address.
pub(crate) fn network_of(length: u8) -> ScalarUDF {
    scalar(&format!("network {length}"), ADDRESS, ADDRESS, move |array| {
        let addresses = addresses(array)?;
        let mut networks = FixedSizeBinaryBuilder::with_capacity(addresses.len(), ADDRESS_BYTES);
        for address in addresses {
            match address {
                None => networks.append_null(),
                Some(address) => {
                    networks.append_value((bits(address)? & mask(network_length(address, length))).to_be_bytes())?;
                }
            }
        }
        Ok(Arc::new(networks.finish()))
    })
}

/// The value of `field` for the interface id that it is joined by.
pub(crate) fn name_of_interface(names: &Names, field: Field) -> ScalarUDF {
    let table = names.for_text(field);
    scalar(&format!("name {}", field.name()), TEXT, TEXT, move |array| {
        let texts = array.as_string_view().iter();
        let named: StringViewArray = texts.map(|text| table.get(text?).map(String::as_str)).collect();
        Ok(Arc::new(named))
    })
}

/// The type of a location.
pub(crate) const fn type_of_location(what: Location) -> DataType {
    match what {
        Location::Country | Location::Organisation => TEXT,
        Location::System => DataType::Int64,
    }
}

/// The location of an address, looked up once for each distinct address of a batch.
pub(crate) fn location(geo: &Arc<Geo>, what: Location) -> ScalarUDF {
    let geo = Arc::clone(geo);
    scalar(&format!("location {what:?}"), ADDRESS, type_of_location(what), move |array| {
        let mut known: HashMap<u128, Value> = HashMap::new();
        let mut find = |address: &[u8]| -> Result<Value, DataFusionError> {
            let bits = bits(address)?;
            Ok(known.entry(bits).or_insert_with(|| geo.find(what, address_from_bits(bits))).clone())
        };
        let values = addresses(array)?.iter().map(|address| address.map(&mut find).transpose());
        let values = values.collect::<Result<Vec<Option<Value>>, _>>()?;
        Ok(match what {
            Location::System => {
                let number =
                    |value: &Option<Value>| if let Some(Value::Int(number)) = value { Some(*number) } else { None };
                Arc::new(values.iter().map(number).collect::<Int64Array>()) as ArrayRef
            }
            Location::Country | Location::Organisation => {
                let text = |value: &'_ Option<Value>| match value {
                    Some(Value::Text(text)) => Some(text.to_string()),
                    _ => None,
                };
                Arc::new(values.iter().map(text).collect::<StringViewArray>())
            }
        })
    })
}

/// The name of an address, as the interface with an id has recorded it.
pub(crate) fn name_of_address(names: &Names, field: Field) -> ScalarUDF {
    let table = names.for_addresses();
    let over_values = move |values: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(values)?;
        let [keys, interfaces] = arrays.as_slice() else {
            return Err(internal_datafusion_err!("a name of {} arguments", arrays.len()));
        };
        let pairs = addresses(keys)?.iter().zip(interfaces.as_string_view());
        let named = pairs.map(|(address, interface)| match address {
            Some(address) => Ok(table.name(bits(address)?, interface)),
            None => Ok(None),
        });
        let named = named.collect::<Result<StringViewArray, DataFusionError>>()?;
        Ok(ColumnarValue::Array(Arc::new(named)))
    };
    let label = format!("name {}", field.name());
    create_udf(&label, vec![ADDRESS, TEXT], TEXT, Volatility::Immutable, Arc::new(over_values))
}

/// The fields that [`role()`] takes, in order; the last argument is whether the protocol has ports.
pub(crate) const ROLE_FIELDS: [Field; 4] = [Field::Protocol, Field::Flags, Field::SrcPort, Field::DstPort];

/// The role of a record: the word of the first case whose filter it passes.
pub(crate) fn role() -> ScalarUDF {
    let cases = role::cases();
    let over_values = move |values: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(values)?;
        let [numbers @ .., ported] = arrays.as_slice() else {
            return Err(internal_datafusion_err!("a role without arguments"));
        };
        let numbers: Vec<_> = numbers.iter().map(AsArray::as_primitive::<Int64Type>).collect();
        let ported = ported.as_boolean();
        let role_of = |row: usize| {
            let number = |source: &Source| {
                let place = ROLE_FIELDS.iter().position(|field| *source == Source::Field(*field))?;
                let values = numbers.get(place)?;
                values.is_valid(row).then(|| values.value(row))
            };
            cases.iter().find(|(filter, _)| passes(filter, &number, ported.value(row))).map(|(_, word)| *word)
        };
        let roles: StringViewArray = (0..ported.len()).map(role_of).collect();
        Ok(ColumnarValue::Array(Arc::new(roles)))
    };
    let takes = [vec![DataType::Int64; ROLE_FIELDS.len()], vec![DataType::Boolean]].concat();
    create_udf("role", takes, TEXT, Volatility::Immutable, Arc::new(over_values))
}

/// Returns whether numbers pass a filter over numbers; an absent number passes no test.
fn passes(filter: &Filter, number: &impl Fn(&Source) -> Option<i64>, ported: bool) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| passes(part, number, ported)),
        Filter::Any(parts) => parts.iter().any(|part| passes(part, number, ported)),
        Filter::Test(source, check) => number(source).is_some_and(|number| check.admits(number)),
        Filter::Ported(expected) => ported == *expected,
        Filter::True => true,
        Filter::False | Filter::Relation(_) | Filter::Family { .. } | Filter::FamilyAbsent => false,
    }
}

/// The type of addresses as numbers. They may have more digits than the type allows, which does no harm, as they are
/// only compared for equality.
const ADDRESS_NUMBER: DataType = DataType::Decimal128(38, 0);

/// The bits of an address as a number.
pub(crate) fn number_of_address() -> ScalarUDF {
    scalar("number of address", ADDRESS, ADDRESS_NUMBER, |array| {
        let addresses = addresses(array)?;
        let (values, _) = addresses.value_data().as_chunks();
        let numbers = values.iter().map(|value| i128::from_be_bytes(*value)).collect::<Vec<_>>();
        let numbers = Decimal128Array::new(numbers.into(), addresses.nulls().cloned());
        Ok(Arc::new(numbers.with_data_type(ADDRESS_NUMBER)))
    })
}

/// The inverse of [`number_of_address`].
pub(crate) fn address_of_number() -> ScalarUDF {
    scalar("address of number", ADDRESS_NUMBER, ADDRESS, |array| {
        let numbers = array.as_primitive::<Decimal128Type>();
        let bytes: Vec<u8> = numbers.values().iter().flat_map(|number| number.to_be_bytes()).collect();
        Ok(Arc::new(FixedSizeBinaryArray::new(ADDRESS_BYTES, bytes.into(), numbers.nulls().cloned())))
    })
}

/// Whole numbers, widened so that the sum of many fits.
pub(crate) fn wide() -> ScalarUDF {
    scalar("wide", DataType::Int64, WIDE, |array| {
        // Every 64-bit number has at most 19 digits, so none has to be checked.
        let numbers: Decimal128Array = array.as_primitive::<Int64Type>().unary(i128::from);
        Ok(Arc::new(numbers.with_data_type(WIDE)))
    })
}

/// The length of a network for this address, in terms of its 128 bits.
fn network_length(address: &[u8], length: u8) -> u8 {
    match family(address) {
        Family::V4 => 96 + length.min(32),
        Family::V6 => length.min(128),
    }
}

fn mask(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

/// The network of this length at an address that [`network_of`] returned.
pub(crate) fn network(address: IpAddr, length: u8) -> IpNet {
    let longest = if address.is_ipv4() { 32 } else { 128 };
    IpNet::new(address, length.min(longest)).unwrap_or_else(|_| address.into())
}

/// Tests whether a regular expression matches within a text.
pub(crate) fn matches(pattern: &str) -> Result<ScalarUDF, Error> {
    let regex = Regex::new(pattern)
        .map_err(|error| Error::BadRegex { pattern: pattern.into(), reason: last_line(&error.to_string()) })?;
    Ok(scalar(&format!("matches {pattern}"), TEXT, DataType::Boolean, move |array| {
        let texts = array.as_string_view();
        let found: BooleanArray = texts.iter().map(|text| text.map(|text| regex.is_match(text))).collect();
        Ok(Arc::new(found))
    }))
}

/// Tests whether a text as a whole matches a pattern with `*` and `?`.
pub(crate) fn like(glob: &str) -> Result<ScalarUDF, Error> {
    matches(&glob_regex(glob))
}

/// A pattern with `*` and `?` as a regular expression; other characters match themselves.
fn glob_regex(glob: &str) -> String {
    let mut regex = String::from(r"(?s)\A");
    for letter in glob.chars() {
        match letter {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            letter => regex.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push_str(r"\z");
    regex
}

/// The message of the regular expression crate shows the pattern first, and the error in the last line.
fn last_line(message: &str) -> String {
    let last = message.lines().last().unwrap_or(message);
    last.trim_start_matches("error: ").trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::address_bits;

    #[test]
    fn a_network_length_counts_within_the_family() {
        for (address, length, network) in [
            ("10.1.2.3", 24, "10.1.2.0/24"),
            ("10.1.2.3", 0, "0.0.0.0/0"),
            ("10.1.2.3", 64, "10.1.2.3/32"),
            ("2001:db8:1:2:3::1", 64, "2001:db8:1:2::/64"),
            ("2001:db8::1", 0, "::/0"),
            ("2001:db8::1", 128, "2001:db8::1/128"),
        ] {
            let bytes = address_bits(address.parse().unwrap()).to_be_bytes();
            let masked = u128::from_be_bytes(bytes) & mask(network_length(&bytes, length));
            let masked = crate::value::address_from_bits(masked);
            if length == 0 && masked.is_ipv6() {
                assert_eq!(masked.to_string(), "::");
            }
            assert_eq!(super::network(masked, length).to_string(), network, "{address}/{length}");
        }
    }

    #[test]
    fn in_a_pattern_only_the_star_and_the_question_mark_mean_something() {
        for (glob, text, expected) in [
            ("web-*", "web-", true),
            ("web-*", "a web-1", false),
            ("*:cluster/prod", "arn:aws:ecs:cluster/prod", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a.c", "abc", false),
            ("100%_[a]\\", "100%_[a]\\", true),
            ("W*", "web", false),
            ("*", "", true),
        ] {
            assert_eq!(Regex::new(&glob_regex(glob)).unwrap().is_match(text), expected, "{glob} {text}");
        }
    }

    #[test]
    fn a_pattern_that_is_too_big_says_so() {
        let error = matches("(a{1000}){1000}").unwrap_err().to_string();
        assert!(error.contains("size limit"), "{error}");
    }
}
