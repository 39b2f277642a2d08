//! Lists in files, read when a run begins.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader};

use crate::account::Error;
use crate::query::Plan;
use crate::query::check::among_lines;
use crate::query::clock::Clock;
use crate::query::owner::{ListFile, Owner};
use crate::query::plan::{Check, Condition, Source};
use crate::query::print;

/// Reads each list that the plan names through `open`. A caller that runs several queries for a plan reads the lists
/// once, before the first.
///
/// # Errors
///
/// [`Error::List`] for a list that cannot be read.
pub(crate) fn with_lists<'p>(
    plan: &'p Plan,
    clock: &Clock,
    open: impl Fn(&ListFile) -> io::Result<File>,
) -> Result<Cow<'p, Plan>, Error> {
    plan.resolved(|field, check, notes| {
        let Check::Belongs { owner: Owner::List(list), negated } = check else { return Ok(None) };
        let read = open(list).map_err(Into::into).and_then(|file| {
            among_lines(&Source::Field(field), *negated, BufReader::with_capacity(BUFFER_BYTES, file), clock)
        });
        let lines = read.map_err(|source| Error::List { list: list.clone(), source })?;
        if let Some(remark) = lines.remark {
            let said = print::condition(&Condition::Test(Source::Field(field), check.clone()));
            notes.push(format!("`{said}`: {remark}"));
        }
        Ok(Some(lines.condition))
    })
}

const BUFFER_BYTES: usize = 256 * 1024;

/// Opens a list relative to the current folder.
pub(crate) fn open_list(list: &ListFile) -> io::Result<File> {
    File::open(&list.file)
}
