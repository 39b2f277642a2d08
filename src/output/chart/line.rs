//! A line of values over time, in braille dots: two across and four down in each cell.

/// The rows of a drawing.
const ROWS: usize = 10;
/// The dots of a cell, by column and row, as offsets from U+2800.
///
/// Source: <https://www.unicode.org/charts/PDF/U2800.pdf>.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Draws `points` (time, value) into `columns` cells; the lowest row is 0, the highest the largest value.
///
/// Points are joined where one bin follows the other: over a gap there is no line.
pub(super) fn line(points: &[(i64, f64)], columns: usize) -> Vec<String> {
    let mut cells = vec![vec![0_u32; columns]; ROWS];
    let Some(((first, _), (last, _))) = points.first().zip(points.last()) else { return Vec::new() };
    let largest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let step = points.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|gap| *gap > 0).min().unwrap_or(1);
    let (width, height) = (columns * 2 - 1, ROWS * 4 - 1);
    let at = |(time, value): (i64, f64)| {
        let across = share(time - first, last - first) * dots(width);
        (across.round(), ((1.0 - value / largest) * dots(height)).round())
    };
    for (place, point) in points.iter().enumerate() {
        let (x, y) = at(*point);
        let next = points.get(place + 1).filter(|next| next.0 - point.0 == step).map_or((x, y), |next| at(*next));
        let length = (next.0 - x).abs().max((next.1 - y).abs()).max(1.0);
        let mut walked = 0.0;
        while walked <= length {
            let along = walked / length;
            set(&mut cells, x + (next.0 - x) * along, y + (next.1 - y) * along);
            walked += 1.0;
        }
    }
    let row = |row: &Vec<u32>| row.iter().map(|dots| char::from_u32(0x2800 + dots).unwrap_or(' ')).collect();
    cells.iter().map(row).collect()
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place on a terminal, never negative and always small"
)]
fn set(cells: &mut [Vec<u32>], x: f64, y: f64) {
    let (x, y) = (x.round() as usize, y.round() as usize);
    if let Some(cell) = cells.get_mut(y / 4).and_then(|row| row.get_mut(x / 2)) {
        *cell |= DOTS[x % 2][y % 4];
    }
}

#[allow(clippy::cast_precision_loss, reason = "dots on a terminal")]
const fn dots(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss, reason = "a share of a span of time, for a drawing")]
const fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_is_at_the_top_and_zero_at_the_bottom() {
        let drawn = line(&[(0, 0.0), (60, 10.0)], 4);
        assert_eq!(drawn.len(), ROWS);
        assert!(drawn[0].ends_with('⠈') || !drawn[0].ends_with('⠀'), "{drawn:?}");
        assert!(!drawn[ROWS - 1].starts_with('⠀'), "{drawn:?}");
        assert!(drawn[0].starts_with('⠀'), "{drawn:?}");
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let drawn = line(&[(0, 5.0), (60, 5.0), (600, 5.0)], 20);
        assert!(drawn[0].contains('⠀'), "{drawn:?}");
        let whole = line(&[(0, 5.0), (300, 5.0), (600, 5.0)], 20);
        assert!(!whole[0].contains('⠀'), "{whole:?}");
    }

    #[test]
    fn few_points_are_drawn_too() {
        assert!(line(&[], 10).is_empty());
        assert_eq!(line(&[(0, 1.0)], 10).len(), ROWS);
        assert_eq!(line(&[(0, 0.0), (60, 0.0)], 10).len(), ROWS);
    }
}
