//! Prints the accounts in use, for users and for programs.

use super::desk::Desk;
use super::error::Error;
use super::outcome::{print_rows, text};
use crate::account::Identity;
use crate::value::{ColumnType, Row, Value};

const COLUMNS: [(&str, ColumnType); 4] = [
    ("account", ColumnType::Text),
    ("region", ColumnType::Text),
    ("profile", ColumnType::Text),
    ("login", ColumnType::Text),
];

/// Prints accounts and Regions, with the login in each.
pub(crate) fn print_identities(identities: &[Identity], desk: &Desk) -> Result<(), Error> {
    let or_absent = |value: &Option<String>| value.as_deref().map_or(Value::Absent, text);
    let row = |identity: &Identity| -> Row {
        let Identity { place, arn, profile } = identity;
        vec![text(&place.account), text(&place.region), or_absent(profile), or_absent(arn)]
    };
    print_rows(&COLUMNS, identities.iter().map(row).collect(), desk)
}
