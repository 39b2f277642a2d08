//! The nouns of the engine: layouts, parts of files, the statistics of a run, and the outlet for batches.

mod arrow_type;
mod double;
mod layout;
mod outlet;
mod tally;
mod threads;
mod times;
mod unit;

pub(crate) use arrow_type::{ADDRESS, ADDRESS_BYTES, TEXT, absent, data_type, family};
pub(crate) use double::{Interfaces, flow_log_of};
pub(crate) use layout::{LINE_LIMIT_BYTES, Layout, Slot, SlotKind};
pub(crate) use outlet::{BATCH_ROWS, Halt, Outlet};
pub(crate) use tally::{Counts, FirstMalformed, Tally, lock};
pub(crate) use threads::cores;
pub(crate) use times::Times;
pub(crate) use unit::{Part, Status, Unit, Visible};
