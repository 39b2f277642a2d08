//! A file without records: empty, or nothing but comments.

use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit};
use crate::query::plan::Limit;

use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};

/// No records.
#[derive(Debug)]
pub(crate) struct Empty;

impl Records for Empty {
    fn parts(&self, _: &LogFile, _: &ReadContext) -> Parts {
        Parts { parts: Vec::new(), stored_bytes: Some(0) }
    }

    fn read(&self, _: &Reader<'_>, _: &Unit, _: &LogFile) -> Result<(), Halt> {
        Ok(())
    }

    fn times(&self, _: &LogFile, _: &Part, _: &dyn Outlet) -> Result<Times, Halt> {
        Ok(Times::NONE)
    }

    fn suits_newest_first(&self, _: &Layout, _: Limit) -> bool {
        true
    }

    fn is_empty(&self) -> bool {
        true
    }
}
