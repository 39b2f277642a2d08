//! Decodes bytes to Arrow: lines to columns of values.
//!
//! # From text to a block
//!
//! Text comes in pieces of whole lines, about 1 MiB each. A piece is cut into chunks of whole lines of
//! up to 16 KiB, which stay in the cache from one column to the next. [`Index`] finds the values of a
//! chunk, 64 bytes at a time. With the slots `version interface-id dstport`, and `$` for a newline:
//!
//! ```text
//! byte    0         1         2
//!         012345678901234567890
//! text    2 eni-1 22$2 eni-2 -$
//! ends    .x.....x..x.x.....x.x    bit mask: blanks and line ends
//! others  ..xxxx.......xxxx....    bit mask: no digit, no end, no `-` by itself
//! starts  0 2 8, 11 13 19, 21      u16: a value starts after each end; the last entry is a sentinel
//! ```
//!
//! Value `v` of line `l` lies in `starts[i]..starts[i + 1] - 1` with `i = l * slots + v`: one byte separates it from
//! the next. [`Rules`] checks all numbers by these two arrays, without parsing any: the neighbours in `starts` give the
//! length of a number, and a number has no bit in `others`. A chunk that is not regular (two blanks, a tab, a comment,
//! an invalid value) goes through [`LineReader`] line by line, which reports what is wrong.
//!
//! [`Gathering`] adds chunks to the columns of a [`Block`], until it has the rows of a batch or the piece
//! ends. It has a column for each slot that the query needs; values of other slots are only checked.
//!
//! ```text
//! Block { rows: 2, visible, columns }              visible: bit mask of rows, `None` for all
//!
//!   slot 0 -> StoredColumn::Array       [2, 2]            decoded eagerly
//!   slot 1 -> StoredColumn::Spans       [2..7, 13..18]    bytes of the piece, decoded late
//!   slot 2    not needed                                  checked, not stored
//!
//! and in a block of a parquet file:
//!
//!   slot 3 -> StoredColumn::Dictionary  values ["OK", "NODATA"], indices [0, 0, 1, 0]
//! ```
//!
//! # Eager and late decoding
//!
//! - Eagerly, for each record: the columns of the first filter, or those of the output where there is no
//!   filter. Text is never decoded eagerly: a span is as good until the row is known to be kept.
//! - Late, for the rows that passed the filters before ([late materialisation]): the columns of the other
//!   filters (for all rows, if at least half passed) and of the output. A block borrows the piece of text,
//!   so this happens before the next piece is read.
//! - A dictionary is decoded once for all batches of a row group. Its indices are resolved late.
//!
//! `plan::Select::eager_slots` lists the eager slots; `plan::Select::select` filters a block.
//!
//! [late materialisation]: https://arrow.apache.org/blog/2022/12/26/querying-parquet-with-millisecond-latency/

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
    BYTE_ORDER_MARK, Fault, LineReader, Parsed, Span, content, header, is_blank, is_timestamp, parse, plural,
    reason_of_value,
};
pub(crate) use rules::Rules;
pub(crate) use values::repeated;
pub(crate) use word::{PADDING_BYTES, number};
