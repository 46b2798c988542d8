//! Lot numbers, as people type them and as they are kept.
use crate::error::{self, Problem};

/// Longest lot number, characters.
const CHARS_MAX: usize = 20;

/// A lot number as it is kept: half width, upper case, letters, digits and hyphens. Full-width letters,
/// digits and hyphens and lower case are understood, since the same vial is typed in many ways.
///
/// # Errors
/// `lot.malformed` when nothing but 1 to 20 letters, digits and hyphens remains to be understood.
pub fn normal(text: &str) -> Result<String, Problem> {
    let malformed = || Problem::new(&error::LOT_MALFORMED).with("value", text);
    let number: Option<String> = text.trim().chars().take(CHARS_MAX + 1).map(half_width).collect();
    number.filter(|number| (1..=CHARS_MAX).contains(&number.len())).ok_or_else(malformed)
}

/// One character, half width and upper case; `None` when no lot number contains it.
fn half_width(c: char) -> Option<char> {
    let narrow = match c {
        // U+FF01 to U+FF5E are the full-width forms of ASCII's `!` to `~`
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        // hyphen, non-breaking hyphen, minus, and the long vowel mark that a Japanese keyboard types
        '\u{2010}' | '\u{2011}' | '\u{2212}' | 'ー' | 'ｰ' => '-',
        c => c,
    };
    (narrow.is_ascii_alphanumeric() || narrow == '-').then(|| narrow.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        for text in ["EX0001-A", "ex0001-a", "ＥＸ０００１－Ａ", "ｅｘ０００１ーａ", " EX0001−a\u{3000}", "EX0001‐A"]
        {
            assert_eq!(normal(text).unwrap(), "EX0001-A", "{text}");
        }
        assert_eq!(normal(&"9".repeat(20)).unwrap().len(), 20);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", " ", "EX 0001", "EX_0001", "ロット1", "EX0001\u{0}", &"9".repeat(21), "é1", "①"] {
            assert_eq!(normal(text).unwrap_err().code.code, "lot.malformed", "{text}");
        }
    }
}
