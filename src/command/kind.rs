//! Kinds of targets on the command line: one parser, so that help, errors and completions know the words.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};

#[cfg(feature = "local")]
use crate::account::KINDS;
use crate::diagnostic::nearest;
use crate::kind::TargetKind;

/// The kinds that can be listed and deleted.
#[cfg(feature = "local")]
pub(super) const KINDS_AND_ALL: [TargetKind; KINDS.len() + 1] = {
    let mut kinds = [TargetKind::All; KINDS.len() + 1];
    let (of_resources, _) = kinds.split_at_mut(KINDS.len());
    of_resources.copy_from_slice(&KINDS);
    kinds
};

/// Parses the word of one of these kinds, or an alias; ignores case.
#[derive(Clone)]
pub(crate) struct KindParser<const N: usize>(pub(crate) [TargetKind; N]);

impl<const N: usize> KindParser<N> {
    fn parse_word(&self, word: &str) -> Result<TargetKind, String> {
        TargetKind::named(word).filter(|kind| self.0.contains(kind)).ok_or_else(|| {
            match nearest(word, self.0.iter().flat_map(|kind| kind.words()).copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected one of {}", self.0.map(TargetKind::name).join(", ")),
            }
        })
    }
}

impl<const N: usize> TypedValueParser for KindParser<N> {
    type Value = TargetKind;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<TargetKind, clap::Error> {
        let kinds = self.clone();
        (move |word: &str| kinds.parse_word(word)).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|kind| PossibleValue::new(kind.name()))))
    }
}
