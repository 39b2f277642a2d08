//! Decisions by ranges of ports.

use std::ops::RangeInclusive;

/// A decision about packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// They pass.
    Allowed,
    /// The inventory does not say.
    Unknown,
    /// They do not pass.
    Denied,
}

impl Decision {
    /// The decision as a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Unknown => "cannot judge",
            Self::Denied => "denied",
        }
    }
}

/// A decision about all packets, and what made it.
pub(super) type Decided = (Decision, String);

/// A decision about the packets to some ports, and what made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The ports.
    pub ports: RangeInclusive<u16>,
    /// The decision.
    pub decision: Decision,
    /// The rule, entry or route that decided, or what is missing.
    pub by: String,
}

/// Ports without a decision yet.
pub(super) struct Open {
    ranges: Vec<RangeInclusive<u16>>,
    pieces: Vec<Piece>,
}

impl Open {
    pub(super) fn new(ports: RangeInclusive<u16>) -> Self {
        Self { ranges: vec![ports], pieces: Vec::new() }
    }

    /// Decides about the open ports within `ports`.
    pub(super) fn decide(&mut self, ports: &RangeInclusive<u16>, decision: Decision, by: &dyn Fn() -> String) {
        let mut open = Vec::new();
        for range in self.ranges.drain(..) {
            let (first, last) = (*range.start().max(ports.start()), *range.end().min(ports.end()));
            if first > last {
                open.push(range);
                continue;
            }
            self.pieces.push(Piece { ports: first..=last, decision, by: by() });
            if *range.start() < first {
                open.push(*range.start()..=first - 1);
            }
            if last < *range.end() {
                open.push(last + 1..=*range.end());
            }
        }
        self.ranges = open;
    }

    /// Decides about all ports that are still open, and returns every decision, ordered by ports.
    pub(super) fn finish(mut self, decision: Decision, by: &dyn Fn() -> String) -> Vec<Piece> {
        self.decide(&(0..=u16::MAX), decision, by);
        self.pieces.sort_by_key(|piece| *piece.ports.start());
        self.pieces.dedup_by(|next, last| {
            let is_same = next.decision == last.decision && next.by == last.by;
            if is_same {
                last.ports = *last.ports.start()..=*next.ports.end();
            }
            is_same
        });
        self.pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_decides_and_the_rest_is_decided_at_last() {
        let mut open = Open::new(1_024..=65_535);
        open.decide(&(8_080..=8_080), Decision::Denied, &|| "a".into());
        open.decide(&(0..=32_767), Decision::Allowed, &|| "b".into());
        let pieces = open.finish(Decision::Denied, &|| "c".into());
        let shown: Vec<String> = pieces
            .iter()
            .map(|piece| {
                format!("{}-{} {} {}", piece.ports.start(), piece.ports.end(), piece.decision.word(), piece.by)
            })
            .collect();
        let expected = ["1024-8079 allowed b", "8080-8080 denied a", "8081-32767 allowed b", "32768-65535 denied c"];
        assert_eq!(shown, expected);
    }
}
