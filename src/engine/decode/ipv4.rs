//! Parses IPv4 addresses from text, all bytes of an address at a time.
//!
//! Nothing here reports errors: a value that is not an IPv4 address is left to `decode`.

use fearless_simd::prelude::*;
use fearless_simd::{u8x16, u32x4};

const _: () = assert!(cfg!(target_endian = "little"), "digits are added up with the last one in the highest byte");

/// The moves for the digits of an address, given the lengths of its numbers.
struct Form {
    /// Moves the digits of each number into four separate bytes, the last digit into the highest.
    spread: [u8; 16],
    /// The smallest valid number of each length: leading zeros are not allowed.
    least: [u32; 4],
}

/// The forms by the lengths of the numbers, two bits for each, the first number lowest.
#[allow(clippy::cast_possible_truncation, reason = "places among 16 bytes")]
static FORMS: [Form; 256] = {
    /// The index of a missing byte.
    const NONE: u8 = 0x80;
    let mut forms = [const { Form { spread: [NONE; 16], least: [u32::MAX; 4] } }; 256];
    let mut form = 0;
    while form < forms.len() {
        let mut start = 0;
        let mut number = 0;
        while number < 4 {
            let length = form >> (2 * number) & 3;
            let mut digit = 0;
            while digit < length {
                forms[form].spread[4 * number + 4 - length + digit] = (start + digit) as u8;
                digit += 1;
            }
            forms[form].least[number] = [u32::MAX, 0, 10, 100][length];
            start += length + 1;
            number += 1;
        }
        form += 1;
    }
    forms
};

/// Reverses the bytes of each number.
const REVERSED: [u8; 16] = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

/// Selects the lowest byte of each number, the last number first.
const TOGETHER: [u8; 16] = [12, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The IPv4 address between `start` and `end`, if it is one.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a mask has as many bits as there are bytes")]
#[allow(clippy::needless_bitwise_bool, reason = "one branch for all that may be wrong")]
pub(crate) fn ipv4<S: Simd>(simd: S, text: &[u8], start: usize, end: usize) -> Option<u32> {
    /// The length of the longest address.
    const LONGEST: u32 = 15;
    let bytes = u8x16::from_slice(simd, text.get(start..)?.first_chunk::<16>()?);
    let length = (end - start) as u32;
    let within = !u32::MAX.unbounded_shl(length);
    let digits = bytes - b'0';
    let dots = bytes.simd_eq(b'.').to_bitmask() as u32 & within;
    let is_digit = digits.simd_le(9).to_bitmask() as u32;
    let behind_first = dots & dots.wrapping_sub(1);
    let last = behind_first & behind_first.wrapping_sub(1);
    let [first_dot, second_dot, last_dot] = [dots, behind_first, last].map(u32::trailing_zeros);
    let first = first_dot;
    let second = second_dot.wrapping_sub(first_dot + 1);
    let third = last_dot.wrapping_sub(second_dot + 1);
    let fourth = length.wrapping_sub(last_dot + 1);
    let is_form = ((is_digit | dots) & within == within)
        & (last & last.wrapping_sub(1) == 0)
        & (length <= LONGEST)
        & (first | second | third | fourth <= 3);
    let form = &FORMS[(first | second << 2 | third << 4 | fourth << 6) as usize % FORMS.len()];
    let spread = digits.swizzle_dyn_precise(u8x16::from_slice(simd, &form.spread));
    // Hundreds, tens and ones add up in the highest byte.
    let numbers = (spread.bitcast::<u32x4<S>>() * (100 << 16 | 10 << 8 | 1)) >> 24_u32;
    let reversed = spread.swizzle_dyn_precise(u8x16::from_slice(simd, &REVERSED)).bitcast::<u32x4<S>>();
    let are_bytes = reversed.simd_le(0x02_05_05) & numbers.simd_ge(u32x4::from_slice(simd, &form.least));
    let together = numbers.bitcast::<u8x16<S>>().swizzle_dyn(u8x16::from_slice(simd, &TOGETHER));
    (is_form & are_bytes.all_true()).then(|| together.bitcast::<u32x4<S>>()[0])
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    use super::super::index::levels;
    use super::*;

    /// The address parsed from `value`, with other bytes around it.
    fn within(value: &str) -> Option<Ipv4Addr> {
        let text = format!("7.8 {value} 9.1{}", "5".repeat(16));
        let read = |level| dispatch!(level, simd => ipv4(simd, text.as_bytes(), 4, 4 + value.len()));
        let all: Vec<_> = levels().into_iter().map(read).collect();
        assert_eq!(all, vec![all[0]; all.len()], "{value}");
        all[0].map(Ipv4Addr::from_bits)
    }

    #[test]
    fn every_byte_is_read_at_every_place() {
        for number in 0..=300 {
            for text in [
                format!("{number}.1.2.3"),
                format!("1.{number}.2.3"),
                format!("255.255.{number}.255"),
                format!("100.10.1.{number}"),
                format!("0{number}.1.2.3"),
                format!("1.2.3.00{number}"),
            ] {
                assert_eq!(within(&text), text.parse().ok(), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "-",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "1..3.4",
            ".1.2.3",
            "1.2.3.",
            "1.2.3.4.",
            "1234.1.1.1",
            "1.1.1.1234",
            "1.1.1.a",
            "::1",
            "...",
            "....",
            "111.111.111.1111",
            "1.2.3.4 5.6.7.8",
            "1/2/3/4",
            "1:2:3:4",
        ] {
            assert_eq!(within(text), None, "{text}");
        }
    }

    #[test]
    fn what_ends_with_the_text_is_left_to_others() {
        assert_eq!(dispatch!(Level::new(), simd => ipv4(simd, b"10.0.0.1", 0, 8)), None);
    }

    proptest! {
        #[test]
        fn addresses_are_those_of_the_standard_library(
            text in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|[0-9.]{1,16}|[0-2]?[0-9]{1,2}(\\.[0-2]?[0-9]?[0-9]){3}|[0-9.:/ a]{1,16}"
        ) {
            prop_assert_eq!(within(&text), text.parse().ok(), "{}", text);
        }
    }
}
