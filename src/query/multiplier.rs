//! Units that multiply numbers, as of bytes: `10k`, `5MB`, `1GiB`.

/// The units that end in `B`, as they are written.
pub const BYTE_UNITS: [&str; 8] = ["kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"];

/// Multipliers by their names in lower case: `k` and `M` are decimal as in network work, `Ki` and `Mi` binary.
const MULTIPLIERS: [(&str, i64); 9] = [
    ("", 1),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("ki", 1 << 10),
    ("mi", 1 << 20),
    ("gi", 1 << 30),
    ("ti", 1 << 40),
];

/// Returns what a unit multiplies a number by, in any case and with or without a `B` at its end; `None` if it is no unit.
#[must_use]
pub fn multiplier(unit: &str) -> Option<i64> {
    let lower = unit.to_ascii_lowercase();
    let name = lower.strip_suffix('b').unwrap_or(&lower);
    MULTIPLIERS.iter().find(|(known, _)| *known == name).map(|(_, by)| *by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_multiplies_in_any_case_with_or_without_bytes() {
        for (unit, by) in
            [("", 1), ("B", 1), ("k", 1_000), ("MB", 1_000_000), ("mb", 1_000_000), ("KiB", 1_024), ("Gi", 1 << 30)]
        {
            assert_eq!(multiplier(unit), Some(by), "{unit}");
        }
        assert!(BYTE_UNITS.iter().all(|unit| multiplier(unit).is_some()));
        for unit in ["x", "kk", "bb", "bytes", " k"] {
            assert_eq!(multiplier(unit), None, "{unit}");
        }
    }
}
