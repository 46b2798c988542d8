//! An explanation in words, from its fields and nothing else, in Japanese and English.
use super::{
    Binding, Method, Status,
    explain::{Explanation, Ratio, Tie, TieRule},
};

/// How units and weights are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<'a> {
    /// 箱
    pub unit_ja: &'a str,
    /// box
    pub unit_en: &'a str,
    /// boxes
    pub units_en: &'a str,
    /// What the weight is: 人口
    pub basis_ja: &'a str,
    /// population
    pub basis_en: &'a str,
    /// What the weight counts: 人
    pub each_ja: &'a str,
    /// people
    pub each_en: &'a str,
}

impl Words<'static> {
    /// Boxes by population.
    pub const BOXES: Self = Self {
        unit_ja: "箱",
        unit_en: "box",
        units_en: "boxes",
        basis_ja: "人口",
        basis_en: "population",
        each_ja: "人",
        each_en: "people",
    };
    /// Vials by population.
    pub const VIALS: Self = Self { unit_ja: "バイアル", unit_en: "vial", units_en: "vials", ..Self::BOXES };
    /// Doses by population.
    pub const DOSES: Self = Self { unit_ja: "回分", unit_en: "dose", units_en: "doses", ..Self::BOXES };
}

impl Words<'_> {
    /// So many units, in Japanese.
    pub(crate) fn ja(&self, units: i64) -> String {
        format!("{}{}", grouped(&units.to_string()), self.unit_ja)
    }

    /// So many units, in English.
    pub(crate) fn en(&self, units: i64) -> String {
        format!("{} {}", grouped(&units.to_string()), if units == 1 { self.unit_en } else { self.units_en })
    }
}

/// Whose supply has to grow for a line's next unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum More {
    /// The plan's.
    #[default]
    Plan,
    /// That of the frame of which the line is a part; what the plan's supply brings the frame is not told.
    Frame,
    /// Nothing is said of a next unit.
    Unsaid,
}

/// What a line's proof does not tell of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Setting<'a> {
    /// What `next_unit_after` counts.
    pub more: More,
    /// What the floor is called.
    pub floor: Option<&'a str>,
}

/// 「27000への配分は29箱です。人口に応じた配分で、およそ265,000人につき1箱に当たります。…」
#[must_use]
pub fn ja(line: &Explanation, words: &Words) -> String {
    ja_in(line, words, Setting::default())
}

/// [`ja`], with what the proof does not tell.
pub(crate) fn ja_in(line: &Explanation, words: &Words, setting: Setting<'_>) -> String {
    let units = words.ja(line.units);
    if let Status::Overcommitted { shortfall } = line.status {
        let shortfall = words.ja(shortfall);
        return format!(
            "{}は確定済みの{units}のままです。確定済みの数量の合計が供給を{shortfall}上回っているため、新たな配分はできません。",
            line.code
        );
    }
    let tie = line.tie.as_ref().map(|tie| tie_ja(tie, words)).unwrap_or_default();
    let (reason, next) = (reason_ja(line, words, setting), next_ja(line, words, setting.more));
    format!("{}への配分は{units}です。{reason}{tie}{next}", line.code)
}

/// "27000 receives 29 boxes: by population, one box per about 265,000 people; its next box comes after 1 more."
#[must_use]
pub fn en(line: &Explanation, words: &Words) -> String {
    en_in(line, words, Setting::default())
}

/// [`en`], with what the proof does not tell.
pub(crate) fn en_in(line: &Explanation, words: &Words, setting: Setting<'_>) -> String {
    let units = words.en(line.units);
    if let Status::Overcommitted { shortfall } = line.status {
        let shortfall = words.en(shortfall);
        return format!(
            "{} stays at its committed {units}: more is committed than there is ({shortfall} short), so nothing new can be allocated.",
            line.code
        );
    }
    let tie = line.tie.as_ref().map(|tie| tie_en(tie, words)).unwrap_or_default();
    let (reason, next) = (reason_en(line, words, setting), next_en(line, words, setting.more));
    format!("{} receives {units}: {reason}{tie}{next}.", line.code)
}

fn reason_ja(line: &Explanation, words: &Words, setting: Setting<'_>) -> String {
    let Words { basis_ja: basis, .. } = words;
    match line.binding {
        Binding::Committed => "すでに確定済みの数量で、計算上の順番はまだそこまで来ていません。".to_owned(),
        Binding::Floor => format!("{}によるものです。{}", floor_ja(line, words, setting), before_ja(line, words)),
        Binding::FloorProrated => "下限の合計が供給を上回るため、下限に応じて按分しました。".to_owned(),
        Binding::CapBelowMinOrder => {
            let (cap, order) = (words.ja(line.cap.unwrap_or(0)), words.ja(line.min_order));
            format!("上限{cap}が最小注文数{order}に満たないため、新たな配分はできません。")
        }
        Binding::Cap => cap_ja(line, words),
        Binding::ZeroWeight => format!("配分の基準となる{basis}が0のため、下限を超える配分はありません。"),
        Binding::MinOrder => format!("最小注文数{}に届く順番がまだ来ていません。", words.ja(line.min_order)),
        Binding::None => share_ja(line, words),
    }
}

fn share_ja(line: &Explanation, words: &Words) -> String {
    let Words { basis_ja: basis, unit_ja: unit, each_ja: each, .. } = words;
    match (rate(line), line.quota, line.units) {
        (Some(rate), _, 0) => {
            format!("{basis}に応じた配分（およそ{rate}{each}につき1{unit}）では、まだ順番が来ていません。")
        }
        (Some(rate), ..) => format!("{basis}に応じた配分で、およそ{rate}{each}につき1{unit}に当たります。"),
        (None, Some(quota), 1..) if line.method == Method::Hamilton => {
            format!("{basis}に応じた取り分{}{unit}を、最大剰余法で整数にしたものです。", hundredths(quota))
        }
        (None, _, 0) => "供給がまだ足りず、順番が来ていません。".to_owned(),
        _ => format!("{basis}に応じた配分です。"),
    }
}

/// The floor that a line stands on, if it has a name and is not below what is asked for.
fn named_floor<'a>(line: &Explanation, setting: Setting<'a>) -> Option<&'a str> {
    setting.floor.filter(|_| line.floor > 0 && line.units >= line.floor)
}

fn floor_ja(line: &Explanation, words: &Words, setting: Setting<'_>) -> String {
    let Some(name) = named_floor(line, setting) else { return "下限".to_owned() };
    let order = if line.min_order > line.floor {
        format!("と最小注文数{}", words.ja(line.min_order))
    } else {
        String::new()
    };
    format!("下限{}（{name}）{order}", words.ja(line.floor))
}

fn floor_en(line: &Explanation, words: &Words, setting: Setting<'_>) -> String {
    let Some(name) = named_floor(line, setting) else { return "its floor".to_owned() };
    let order = if line.min_order > line.floor {
        format!(" and the minimum order of {}", words.en(line.min_order))
    } else {
        String::new()
    };
    format!("its floor of {} ({name}){order}", words.en(line.floor))
}

fn before_ja(line: &Explanation, words: &Words) -> String {
    let before = line.units_before_bounds.filter(|before| *before < line.units);
    before.map_or_else(String::new, |units| {
        format!("下限がなければ、{}に応じて{}でした。", words.basis_ja, words.ja(units))
    })
}

fn cap_ja(line: &Explanation, words: &Words) -> String {
    let cap = line.cap.unwrap_or(line.units);
    let name = line.tightest_cap.as_ref().map(|cap| format!("（{}）", cap.name)).unwrap_or_default();
    let without = line.without_cap.filter(|without| *without > line.units);
    let without = without.map(|units| format!("上限がなければ{}でした。", words.ja(units))).unwrap_or_default();
    if line.units > cap {
        return format!("確定済みの数量が、上限{}{name}を超えています。{without}", words.ja(cap));
    }
    format!("上限{}{name}に達しています。{without}", words.ja(cap))
}

fn tie_ja(tie: &Tie, words: &Words) -> String {
    let rule = match tie.by {
        TieRule::Weight => format!("{}の大きい方", words.basis_ja),
        TieRule::Code => "コードの小さい方".to_owned(),
    };
    let won = if tie.won { "こちら" } else { "相手" };
    format!("同じ順位の{}とは、{rule}を先とする決まりにより、{won}が先になりました。", tie.against)
}

fn next_ja(line: &Explanation, words: &Words, more: More) -> String {
    let (of, from) = match more {
        More::Plan => ("", ""),
        More::Frame => ("この枠の", "この枠から"),
        More::Unsaid => return String::new(),
    };
    let next = words.ja(next_size(line));
    match line.next_unit_after {
        Some(after) => format!("{of}供給があと{}増えると、{from}次の{next}が配分されます。", words.ja(after)),
        None if is_full(line) => format!("{of}供給が増えても、上限が変わらない限り増えません。"),
        None if line.weight == 0 => format!("{of}供給が増えても、この数量から増えません。"),
        None => format!("次の{next}がいつになるかは、計算の範囲では分かりません。"),
    }
}

fn reason_en(line: &Explanation, words: &Words, setting: Setting<'_>) -> String {
    let Words { basis_en: basis, .. } = words;
    match line.binding {
        Binding::Committed => "committed already, and its turn for that much has not come yet".to_owned(),
        Binding::Floor => {
            let floor = floor_en(line, words, setting);
            match line.units_before_bounds.filter(|before| *before < line.units) {
                Some(before) => format!("{floor}; by {basis} it would be {}", words.en(before)),
                None => floor,
            }
        }
        Binding::FloorProrated => "the floors add up to more than the supply and were shared in proportion".to_owned(),
        Binding::CapBelowMinOrder => {
            let (cap, order) = (words.en(line.cap.unwrap_or(0)), words.en(line.min_order));
            format!("its cap of {cap} is below the minimum order of {order}, so nothing new can be allocated")
        }
        Binding::Cap => cap_en(line, words),
        Binding::ZeroWeight => format!("its {basis} is 0, so it gets no more than its floor"),
        Binding::MinOrder => format!("its turn for the minimum order of {} has not come yet", words.en(line.min_order)),
        Binding::None => share_en(line, words),
    }
}

fn share_en(line: &Explanation, words: &Words) -> String {
    let Words { basis_en: basis, unit_en: unit, units_en, each_en: each, .. } = words;
    match (rate(line), line.quota, line.units) {
        (Some(rate), _, 0) => {
            format!("by {basis} (one {unit} per about {rate} {each}) its turn has not come yet")
        }
        (Some(rate), ..) => format!("by {basis}, one {unit} per about {rate} {each}"),
        (None, Some(quota), 1..) if line.method == Method::Hamilton => {
            format!("its share by {basis} of {} {units_en}, made whole by largest remainder", hundredths(quota))
        }
        (None, _, 0) => "there is not enough supply yet for its turn to come".to_owned(),
        _ => format!("by {basis}"),
    }
}

fn cap_en(line: &Explanation, words: &Words) -> String {
    let cap = line.cap.unwrap_or(line.units);
    let name = line.tightest_cap.as_ref().map(|cap| format!(" ({})", cap.name)).unwrap_or_default();
    let without = line.without_cap.filter(|without| *without > line.units);
    let without = without.map(|units| format!("; without it, it would be {}", words.en(units))).unwrap_or_default();
    if line.units > cap {
        return format!("what is committed exceeds its cap of {}{name}{without}", words.en(cap));
    }
    format!("its cap of {}{name} is reached{without}", words.en(cap))
}

fn tie_en(tie: &Tie, words: &Words) -> String {
    let rule = match tie.by {
        TieRule::Weight => format!("larger {}", words.basis_en),
        TieRule::Code => "smaller code".to_owned(),
    };
    let first = if tie.won { "this one comes" } else { "the other came" };
    format!("; tied with {}, {first} first by the {rule}", tie.against)
}

fn next_en(line: &Explanation, words: &Words, more: More) -> String {
    let (of, after_of, supply) = match more {
        More::Plan => ("", "", "more supply"),
        More::Frame => (" of this frame", " of this frame's supply", "more supply of this frame"),
        More::Unsaid => return String::new(),
    };
    let (size, come) = match next_size(line) {
        1 => (words.unit_en.to_owned(), "comes"),
        more => (words.en(more), "come"),
    };
    match line.next_unit_after {
        Some(after) => format!("; its next {size}{of} {come} after {after} more{after_of}"),
        None if is_full(line) => format!("; {supply} changes nothing while the cap stands"),
        None if line.weight == 0 => format!("; {supply} changes nothing"),
        None => format!("; when its next {size} would come lies beyond the search"),
    }
}

/// Whether only another cap would bring more.
fn is_full(line: &Explanation) -> bool {
    line.cap.is_some_and(|cap| cap <= line.units || cap < line.min_order)
}

/// What the next award brings: a first delivery is a minimum order.
fn next_size(line: &Explanation) -> i64 {
    if line.units == 0 && line.status == Status::Ok { line.min_order } else { 1 }
}

/// D of "one unit per D": the roundest number for which the plan is the same, or its exact upper end
/// (rounded) if there is none, as after a tie.
fn rate(line: &Explanation) -> Option<String> {
    let high = line.divisors.high?;
    let roundest = line.divisors.low.and_then(|low| roundest(low, high));
    Some(decimal(roundest.unwrap_or_else(|| {
        let exact = thousandths(high);
        // decimals only where they say something
        if exact >= 100_000 { (exact + 500) / 1_000 * 1_000 } else { exact }
    })))
}

/// The multiple of the largest power of ten, or of five times one, in (low, high]; in thousandths.
fn roundest(low: Ratio, high: Ratio) -> Option<u128> {
    let steps = (0..=18).rev().flat_map(|power| [5 * 10_u128.pow(power), 10_u128.pow(power)]);
    steps.into_iter().find_map(|step| {
        let above_low = (low.numerator * 1_000 / (low.denominator * step) + 1) * step;
        (above_low * high.denominator <= high.numerator * 1_000).then_some(above_low)
    })
}

/// Rounded half up.
fn thousandths(ratio: Ratio) -> u128 {
    (ratio.numerator * 2_000 + ratio.denominator) / (ratio.denominator * 2)
}

fn hundredths(ratio: Ratio) -> String {
    decimal((thousandths(ratio) + 5) / 10 * 10)
}

/// 265000000 thousandths as `265,000`; 1400 as `1.4`.
fn decimal(thousandths: u128) -> String {
    let whole = grouped(&(thousandths / 1_000).to_string());
    match thousandths % 1_000 {
        0 => whole,
        part => format!("{whole}.{}", format!("{part:03}").trim_end_matches('0')),
    }
}

/// 24870 as 24,870.
pub(crate) fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
