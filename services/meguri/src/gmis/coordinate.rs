//! Coordinates: decimal text to millionths of a degree, exactly, without a float in between.
use domain::{Problem, error};
use std::ops::RangeInclusive;

/// Japan's latitudes and longitudes, as the facility table bounds them, in millionths of a degree.
pub(super) const LATITUDES: RangeInclusive<i32> = 20_000_000..=46_000_000;
pub(super) const LONGITUDES: RangeInclusive<i32> = 122_000_000..=154_000_000;

/// No published coordinate has more digits than this on either side of the point.
const DIGITS_MAX: usize = 20;
const WHOLE_DIGITS_MAX: usize = 3;

/// `43.0582096` → 43,058,210: the seventh decimal rounds half up. Empty → `None`.
pub(super) fn parse(text: &str, range: &RangeInclusive<i32>) -> Result<Option<i32>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    exact(text)
        .filter(|micro| range.contains(micro))
        .map(Some)
        .ok_or_else(|| Problem::new(&error::IMPORT_MALFORMED_COORDINATE).with("value", text))
}

fn exact(text: &str) -> Option<i32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, max: usize| {
        !part.is_empty() && part.len() <= max && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, WHOLE_DIGITS_MAX) || !digits(fraction, DIGITS_MAX) {
        return None;
    }
    let place = |index: usize| fraction.as_bytes().get(index).map_or(0, |byte| i32::from(byte - b'0'));
    let millionths = (0..6).fold(0, |sum, index| sum * 10 + place(index));
    let rounding = i32::from(place(6) >= 5);
    Some(whole.parse::<i32>().ok()? * 1_000_000 + millionths + rounding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_the_seventh_rounds_half_up() {
        for (text, expected) in [
            ("43.0582096", 43_058_210),
            ("43.0582094", 43_058_209),
            ("43.0582095", 43_058_210),
            ("43.05820949999999", 43_058_209),
            ("43.9999995", 44_000_000),
            ("24.339901", 24_339_901),
            ("35.7", 35_700_000),
            ("35", 35_000_000),
            ("46.0000004", 46_000_000),
            ("020.5", 20_500_000),
        ] {
            assert_eq!(parse(text, &LATITUDES).unwrap(), Some(expected), "{text}");
        }
        assert_eq!(parse("", &LONGITUDES).unwrap(), None);
        assert_eq!(parse("153.9999999", &LONGITUDES).unwrap(), Some(154_000_000));
    }

    #[test]
    fn what_is_not_a_coordinate_in_japan_is_refused() {
        for text in [
            "19.9999994",
            "46.0000005",
            "-43.05",
            "+43.05",
            "43.",
            ".5",
            ".",
            "43,05",
            "4.3e1",
            "1e1",
            "４３.０５",
            "43.05 ",
            "NaN",
            "141.3",
            "43.000000000000000000001",
            "99999999999999999999",
        ] {
            let problem = parse(text, &LATITUDES).unwrap_err();
            assert_eq!(problem.code.code, "import.malformed_coordinate", "{text}");
        }
    }
}
