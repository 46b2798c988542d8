//! Why a line moved, in words.
use super::Moved;

/// What the lines are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 箱
    Pack,
    /// バイアル
    Vial,
}

impl Unit {
    fn ja(self) -> &'static str {
        match self {
            Self::Pack => "箱",
            Self::Vial => "バイアル",
        }
    }

    fn en(self, count: i64) -> &'static str {
        match (self, count) {
            (Self::Pack, 1) => "box",
            (Self::Pack, _) => "boxes",
            (Self::Vial, 1) => "vial",
            (Self::Vial, _) => "vials",
        }
    }
}

/// A number with commas.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The sentence in Japanese. `change` is S' − S of the whole division, in units.
#[must_use]
pub fn ja(line: &Moved, change: i64, unit: Unit) -> String {
    let (by, after, all, ja) =
        (line.after - line.before, grouped(line.after), grouped(change.saturating_abs()), unit.ja());
    if by == 0 {
        return format!("変わりません: {after}{ja}のままです。");
    }
    let (word, how) = if by < 0 { ("減", "列の最後から戻した") } else { ("増", "列の次から配った") };
    let size = grouped(by.saturating_abs());
    let begin = format!("{size}{ja}{word}（{} → {after}）: ", grouped(line.before));
    match line.per_unit {
        Some(weight) => format!(
            "{begin}全体で{all}{ja}{word}り、{how}うちの{size}{ja}です。最後に動いた1{ja}は、基準{}につき1{ja}の順番でした。",
            grouped(weight)
        ),
        None => format!("{begin}担当者が決めた数です。"),
    }
}

/// The sentence in English.
#[must_use]
pub fn en(line: &Moved, change: i64, unit: Unit) -> String {
    let by = line.after - line.before;
    let counted = |count: i64| format!("{} {}", grouped(count), unit.en(count));
    if by == 0 {
        return format!("Unchanged: {}.", counted(line.after));
    }
    let (size, all) = (by.saturating_abs(), change.saturating_abs());
    let (word, how) = if by < 0 {
        ("fewer", "taken back from the end of the queue")
    } else {
        ("more", "given to the next in the queue")
    };
    let begin = format!("{} {word} ({} → {}): ", counted(size), grouped(line.before), grouped(line.after));
    match line.per_unit {
        Some(weight) => format!(
            "{begin}of {} {how} in all, {} of this line. The last that moved stood at one {} for {} of the basis.",
            counted(all),
            grouped(size),
            unit.en(1),
            grouped(weight)
        ),
        None => format!("{begin}as the officer decided."),
    }
}
