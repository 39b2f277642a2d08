//! Takes the place of running where the program is built without the feature `local`: the language
//! alone can be explained, not run.

use super::args::{Output, Place};
use super::{Error, Exit, Terminal};
use crate::query::{Context, Plan};

pub(super) fn run(_: &[Plan], _: bool, _: &Place, _: &Output, _: &Context, _: &Terminal) -> Result<Exit, Error> {
    Err(Error::Usage {
        message: "this flowlogs was built without the feature `local`: it reads no files".into(),
        help: Some("`flowlogs explain` works without".into()),
    })
}
