//! The functions: their arguments, and their results.

use std::net::IpAddr;

use super::Error;
use super::parser::expression;
use super::syntax::{Call, Expr, Family, Subnet};

/// Checks the arguments of the function of this name.
pub(super) fn call(name: &str, arguments: Vec<Expr>) -> Result<Call, Error> {
    let wrong = || Error::new(format!("the arguments of `{name}`"));
    let family = match name {
        "isValidIpV4" | "isIpv4InSubnet" => Family::V4,
        "isValidIpV6" | "isIpv6InSubnet" => Family::V6,
        _ => Family::Any,
    };
    match name {
        "ispresent" => match one(arguments).ok_or_else(wrong)? {
            Expr::Slot(slot) => Ok(Call::IsPresent(slot)),
            _ => Err(wrong()),
        },
        "isNumeric" => Ok(Call::IsNumeric(boxed_value(arguments).ok_or_else(wrong)?)),
        "isValidIp" | "isValidIpV4" | "isValidIpV6" => {
            Ok(Call::IsIp(family, boxed_value(arguments).ok_or_else(wrong)?))
        }
        "isIpInSubnet" | "isIpv4InSubnet" | "isIpv6InSubnet" => {
            let [address, Expr::Text(text)] = exactly(arguments).ok_or_else(wrong)? else { return Err(wrong()) };
            Ok(Call::InSubnet(Box::new(address), subnet(&text, family)?))
        }
        "if" => Ok(Call::If(Box::new(branches(arguments).ok_or_else(wrong)?))),
        "case" => case(arguments).ok_or_else(wrong),
        "coalesce" => Ok(Call::Coalesce(values(arguments).ok_or_else(wrong)?)),
        "concat" => Ok(Call::Concat(values(arguments).ok_or_else(wrong)?)),
        "floor" => Ok(Call::Floor(boxed_value(arguments).ok_or_else(wrong)?)),
        "toMillis" => Ok(Call::ToMillis(boxed_value(arguments).ok_or_else(wrong)?)),
        "strcontains" => Ok(Call::Contains(Box::new(exactly(values(arguments).ok_or_else(wrong)?).ok_or_else(wrong)?))),
        other => Err(Error::new(format!("`{other}` is no function of the subset"))),
    }
}

/// Whether the result is true or false.
pub(super) fn is_test(call: &Call) -> bool {
    matches!(call, Call::IsPresent(_) | Call::IsNumeric(_) | Call::IsIp(..) | Call::InSubnet(..) | Call::Contains(_))
}

fn exactly<const N: usize>(arguments: Vec<Expr>) -> Option<[Expr; N]> {
    arguments.try_into().ok()
}

fn one(arguments: Vec<Expr>) -> Option<Expr> {
    exactly(arguments).map(|[argument]| argument)
}

fn values(arguments: Vec<Expr>) -> Option<Vec<Expr>> {
    (!arguments.iter().any(expression::is_test)).then_some(arguments)
}

fn boxed_value(arguments: Vec<Expr>) -> Option<Box<Expr>> {
    values(arguments).and_then(one).map(Box::new)
}

fn branches(arguments: Vec<Expr>) -> Option<[Expr; 3]> {
    let arguments: [Expr; 3] = exactly(arguments)?;
    let [test, ..] = &arguments;
    let values = arguments[1..].iter().all(|value| !expression::is_test(value));
    (expression::is_test(test) && values).then_some(arguments)
}

/// Pairs of a test and a value, and a last value for rows that pass no test.
fn case(arguments: Vec<Expr>) -> Option<Call> {
    let mut arms = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(test) = arguments.next() {
        match arguments.next() {
            Some(value) if expression::is_test(&test) && !expression::is_test(&value) => arms.push((test, value)),
            None if !arms.is_empty() && !expression::is_test(&test) => {
                return Some(Call::Case(arms, Some(Box::new(test))));
            }
            _ => return None,
        }
    }
    (!arms.is_empty()).then_some(Call::Case(arms, None))
}

/// The address must be the start of the block, and of the function's family.
fn subnet(text: &str, family: Family) -> Result<Subnet, Error> {
    let wrong = |why: &str| Error::new(format!("`{text}` {why}"));
    let (address, length) = text.split_once('/').ok_or_else(|| wrong("has no prefix length"))?;
    let address: IpAddr = address.parse().map_err(|_| wrong("is no network"))?;
    let length: u8 = length.parse().map_err(|_| wrong("is no network"))?;
    let (bits, width) = bits(address);
    if length > width || (length < width && bits << (128 - width) << length != 0) {
        return Err(wrong("has host bits or is too long"));
    }
    if family != Family::Any && (family == Family::V4) != address.is_ipv4() {
        return Err(wrong("is of the other family"));
    }
    Ok(Subnet { address, length })
}

/// The bits of an address, and their number.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

impl Subnet {
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let ((own, width), (other, other_width)) = (bits(self.address), bits(address));
        width == other_width && (self.length == 0 || (own ^ other) >> (width - self.length) == 0)
    }
}

/// The width of a bin in milliseconds. The service silently cuts a width to the cap of its unit, and a width that does
/// not divide the next larger unit would not be aligned.
pub(super) fn bin_width(count: u64, unit: &str) -> Result<i64, Error> {
    let (milliseconds, cap) = match unit {
        "ms" => (1, 1000),
        "s" => (1000, 60),
        "m" => (60_000, 60),
        "h" => (3_600_000, 24),
        "d" => (86_400_000, u64::MAX),
        _ => return Err(Error::new(format!("bin({count}{unit})"))),
    };
    let divides = unit == "d" || (count > 0 && cap % count == 0);
    if count == 0 || count > cap || !divides {
        return Err(Error::new(format!("bin({count}{unit}) is not within its unit")));
    }
    i64::try_from(count).map(|count| count * milliseconds).map_err(|_| Error::new("a bin of ages"))
}
