//! The types of fields.

use super::protocol::protocol_word;
use super::word::Named;

/// The type of a field's values, which decides how it is compared, shown and read from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// An IPv4 or IPv6 address.
    Address,
    /// 0 to 65535.
    Port,
    /// A quantity that can be summed: bytes, packets.
    Quantity,
    /// Seconds that can be summed.
    Duration,
    /// A number with a fraction that cannot be summed: bits per second.
    Ratio,
    /// A number that cannot be summed: the record version.
    Number,
    /// A point in time, whole seconds.
    Time,
    /// TCP flags, a bit each.
    Flags,
    /// One of these words and no other.
    Word(&'static [&'static str]),
    /// A number in the record that stands for one of these words.
    Code(&'static [Named]),
    /// A protocol number, by its IANA keyword.
    Protocol,
    /// A word from a list that AWS keeps adding to.
    OpenWord(&'static [&'static str]),
    /// Any text.
    Text,
}

impl FieldType {
    /// The type in a user's words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Port => "port",
            Self::Quantity | Self::Ratio => "number",
            Self::Duration => "duration",
            Self::Number => "plain number",
            Self::Time => "time",
            Self::Flags => "TCP flags",
            Self::Word(_) | Self::Code(_) | Self::Protocol => "word",
            Self::OpenWord(_) => "open word",
            Self::Text => "text",
        }
    }

    /// Returns whether values are compared as whole numbers.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Port
                | Self::Quantity
                | Self::Duration
                | Self::Ratio
                | Self::Number
                | Self::Time
                | Self::Flags
                | Self::Code(_)
                | Self::Protocol
        )
    }

    /// Returns whether `< <= > >=` and ranges make sense: numbers that are not codes.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        self.is_numeric() && !matches!(self, Self::Code(_) | Self::Protocol)
    }

    /// Returns whether `sum`, `avg` and percentiles make sense.
    #[must_use]
    pub const fn is_quantity(self) -> bool {
        matches!(self, Self::Quantity | Self::Duration)
    }

    /// The word for a number in a record; `None` if it has none.
    #[must_use]
    pub fn code_word(self, code: i64) -> Option<&'static str> {
        match self {
            Self::Protocol => protocol_word(code),
            Self::Code(names) => names.iter().find(|named| named.code == code).map(|named| named.word),
            _ => None,
        }
    }

    /// Returns whether values are compared as text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Word(_) | Self::OpenWord(_) | Self::Text)
    }
}
