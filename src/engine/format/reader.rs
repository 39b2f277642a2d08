//! The state of a reading thread.

use std::cell::RefCell;
use std::sync::Arc;

use crate::engine::decode::Block;
use crate::engine::plan::Select;
use crate::engine::record::{Halt, Layout, Outlet, Tally, Visible};
use crate::field::Field;
use crate::query::plan::Statuses;

/// The state that all reading threads of a run share.
#[derive(Debug)]
pub(crate) struct ReadContext {
    pub(crate) select: Select,
    pub(crate) visible: Visible,
    pub(crate) tally: Arc<Tally>,
}

impl ReadContext {
    /// The slots that have to be decoded, including those that decide whether a record is hidden.
    pub(super) fn slots(&self, layout: &Layout) -> Vec<usize> {
        let mut slots = self.select.needed_slots(layout);
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

    /// Passes on the records and columns of a block that the query keeps.
    pub(super) fn emit(&self, layout: &Layout, block: &Block<'_>) -> Result<(), Halt> {
        match self.context.select.select(layout, block)? {
            None => self.outlet.check_open(),
            Some(batch) => self.outlet.pass(batch),
        }
    }
}
