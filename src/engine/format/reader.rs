//! What a reading thread has.

use std::cell::RefCell;
use std::sync::Arc;

use crate::engine::decode::Block;
use crate::engine::plan::Select;
use crate::engine::record::{Halt, Layout, Outlet, Tally, Visible};
use crate::field::Field;
use crate::query::plan::Statuses;

/// What all reading threads of a run share.
#[derive(Debug)]
pub(crate) struct ReadContext {
    pub(crate) select: Select,
    pub(crate) visible: Visible,
    pub(crate) tally: Arc<Tally>,
}

impl ReadContext {
    /// The slots that have to be decoded, those that decide about hiding included.
    pub(super) fn slots(&self, layout: &Layout) -> Vec<usize> {
        let mut slots = self.select.needed_slots(layout);
        if self.visible.statuses != Statuses::Any
            && let Some(status) = layout.place(Field::Status)
        {
            slots.push(status);
            // What is hidden outside the interval is not counted.
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
    /// What text is read into, one part after the other.
    pub(super) buffer: RefCell<Vec<u8>>,
}

impl<'c> Reader<'c> {
    /// A thread that passes on what it keeps to `outlet`.
    pub(crate) fn new(context: &'c ReadContext, outlet: &'c dyn Outlet) -> Self {
        Self { context, outlet, buffer: RefCell::default() }
    }

    /// Passes on what the query keeps of a block.
    pub(super) fn emit(&self, layout: &Layout, block: &Block<'_>) -> Result<(), Halt> {
        match self.context.select.select(layout, block)? {
            None => self.outlet.check_open(),
            Some(batch) => self.outlet.pass(batch),
        }
    }
}
