//! Bytes to Arrow: lines and blocks of lines to columns of values.

mod block;
mod gather;
mod index;
mod ipv4;
mod line;
mod rules;
mod values;
mod word;

pub(crate) use block::{Block, StoredColumn, count_kept, nulls_to_false};
pub(crate) use gather::{Gathering, RegularLines};
pub(crate) use index::Index;
pub(crate) use line::{
    BYTE_ORDER_MARK, Fault, LineReader, Parsed, content, header, is_timestamp, parse, plural, reason_of_value,
};
pub(crate) use rules::Rules;
pub(crate) use word::{PADDING_BYTES, number};
