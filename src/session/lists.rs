//! Lists in files, read when a run begins.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read};

use crate::account::Error;
use crate::query::Plan;
use crate::query::check::among_lines;
use crate::query::clock::Clock;
use crate::query::owner::{ListFile, Owner};
use crate::query::plan::{Check, Source};

/// The plan with each list that it names read through `open`; one for which that returns `None` stays as it is.
///
/// # Errors
///
/// [`Error::List`] for a list that cannot be read.
pub(crate) fn with_lists<'p, R: Read>(
    plan: &'p Plan,
    clock: &Clock,
    open: impl Fn(&ListFile) -> Option<io::Result<R>>,
) -> Result<Cow<'p, Plan>, Error> {
    plan.resolved(&mut |field, check| {
        let Check::Belongs { owner: Owner::List(list), negated } = check else { return Ok(None) };
        let Some(opened) = open(list) else { return Ok(None) };
        let read = opened.map_err(Into::into).and_then(|file| {
            among_lines(&Source::Field(field), *negated, BufReader::with_capacity(BUFFER_BYTES, file), clock)
        });
        read.map(Some).map_err(|source| Error::List { list: list.clone(), source })
    })
}

const BUFFER_BYTES: usize = 256 * 1024;

/// Opens a list relative to the current folder.
#[allow(clippy::unnecessary_wraps, reason = "scripts open only some")]
pub(super) fn open(list: &ListFile) -> Option<io::Result<File>> {
    Some(File::open(&list.file))
}
