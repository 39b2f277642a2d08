//! The state of a reading thread.

use std::cell::RefCell;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;

use crate::engine::decode::Block;
use crate::engine::plan::Select;
use crate::engine::record::{Halt, Interfaces, Layout, Outlet, Tally, Visible};
use crate::field::Field;
use crate::query::plan::Statuses;

/// The state that all reading threads of a run share.
#[derive(Debug)]
pub(crate) struct ReadContext {
    pub(crate) select: Select,
    pub(crate) visible: Visible,
    pub(crate) tally: Arc<Tally>,
    /// Whether the run goes on without a file that fails.
    pub(crate) goes_on: bool,
    /// The interfaces of each flow log, if there are several flow logs.
    pub(crate) interfaces: Option<Arc<Interfaces>>,
}

impl ReadContext {
    /// The slots that have to be decoded, in order.
    pub(super) fn needed_slots(&self, layout: &Layout) -> Vec<usize> {
        let mut slots = self.select.needed_slots(layout);
        slots.extend(self.interfaces.as_ref().and_then(|_| layout.place(Field::Eni)));
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The slots that have to be decoded, including those that decide whether a record is hidden.
    pub(super) fn slots(&self, layout: &Layout) -> Vec<usize> {
        let mut slots = self.needed_slots(layout);
        if self.visible.statuses != Statuses::Any
            && let Some(status) = layout.place(Field::Status)
        {
            slots.push(status);
            // Hidden records outside the interval are not counted.
            slots.extend(self.visible.interval.and_then(|_| layout.place(Field::Start)));
            slots.sort_unstable();
            slots.dedup();
        }
        slots
    }
}

/// One reading thread.
pub(crate) struct Reader<'c> {
    pub(super) context: &'c ReadContext,
    pub(super) outlet: &'c dyn Outlet,
    /// The buffer for text, reused for each part.
    pub(super) buffer: RefCell<Vec<u8>>,
}

impl<'c> Reader<'c> {
    /// A reading thread that passes on the kept records to `outlet`.
    pub(crate) fn new(context: &'c ReadContext, outlet: &'c dyn Outlet) -> Self {
        Self { context, outlet, buffer: RefCell::default() }
    }

    /// Passes on the records and columns of a block that the query keeps; `flow_log` delivered them.
    pub(super) fn emit(&self, layout: &Layout, flow_log: Option<&Arc<str>>, block: &Block<'_>) -> Result<(), Halt> {
        let see = |kept: Option<&BooleanArray>| match (&self.context.interfaces, flow_log, layout.place(Field::Eni)) {
            (Some(interfaces), Some(flow_log), Some(slot)) => {
                interfaces.add(flow_log, &block.column(slot, kept)?);
                Ok(())
            }
            _ => Ok(()),
        };
        match self.context.select.select(layout, block, see)? {
            None => self.outlet.check_open(),
            Some(batch) => self.outlet.pass(batch),
        }
    }
}
