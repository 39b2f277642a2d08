//! Ids that an embedded account generates.

use crate::account::naming::hash;

/// The digits of an id after its prefix, as many as on AWS; the same name gets the same digits.
pub(super) fn id_digits(name: &str) -> String {
    let hash = |seed| hash(seed, name);
    format!("{:016x}{:x}", hash(0xcbf2_9ce4_8422_2325), hash(0x9747_b28c) & 0xf)
}
