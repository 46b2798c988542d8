//! A line in words, in Japanese and English, from the fields of its proof and nothing else.
use super::{
    computed::{DaysCounted, NamedUnits, Share, StockSeen, UsedFigure},
    document::{Candidate, Component, Document},
    run::Run,
};
use crate::apportionment::{
    explain::{CapCandidate, Explanation},
    sentence::{self, More, Setting, Words, grouped},
};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Ja,
    En,
}

/// Words of one component.
pub(super) fn words<'a>(run: &'a Run<'_>, component: &'a Component, weight: Option<usize>) -> Words<'a> {
    let unit = unit_words(run);
    let (basis_ja, basis_en, counted) = match (&component.basis, weight.and_then(|name| indicator(run, name))) {
        (Some(basis), _) => (basis.ja.as_str(), basis.en.as_str(), basis.unit.as_str()),
        (None, Some(found)) => found,
        (None, None) => ("基準値", "its basis", ""),
    };
    let (each_ja, each_en) = measure(counted, &unit).unwrap_or(("ポイント", "points"));
    Words { basis_ja, basis_en, each_ja, each_en, ..unit }
}

/// What something counts, in Japanese and English; `None` where nobody says.
fn measure<'a>(counted: &'a str, unit: &Words<'a>) -> Option<(&'a str, &'a str)> {
    Some(match counted {
        "people" | "persons" => ("人", "people"),
        "vials" => (Words::VIALS.unit_ja, Words::VIALS.units_en),
        "doses" => (Words::DOSES.unit_ja, Words::DOSES.units_en),
        "units" => (unit.unit_ja, unit.units_en),
        "" => return None,
        other => (other, other),
    })
}

/// Boxes, or vials.
pub(super) fn unit_words(run: &Run<'_>) -> Words<'static> {
    if run.inputs.unit.vials == 1 { Words::VIALS } else { Words::BOXES }
}

/// What a name is called and what it counts.
fn indicator<'a>(run: &'a Run<'_>, name: usize) -> Option<(&'a str, &'a str, &'a str)> {
    let source = run.inputs.indicators.get(run.table.indicator(name)?)?;
    let derived = run.rule.document().derived.get(run.rule.compiled.names.get(name)?);
    let (ja, en) =
        derived.map_or((source.ja.as_str(), source.en.as_str()), |derived| (derived.ja.as_str(), derived.en.as_str()));
    Some((ja, en, source.unit.as_str()))
}

/// What a component is called.
fn title(component: &Component, language: Language) -> &str {
    match (&component.title, language) {
        (Some(title), Language::Ja) => &title.ja,
        (Some(title), Language::En) => &title.en,
        (None, _) => &component.name,
    }
}

/// What the sentences of one component take from its rule.
pub(super) struct Told<'a> {
    pub document: &'a Document,
    pub component: &'a Component,
    pub words: Words<'a>,
}

impl Told<'_> {
    /// What the component gives a place, and why.
    pub fn share(
        &self,
        place: &str,
        share: &Share,
        total_caps: &[NamedUnits],
        more: More,
        language: Language,
    ) -> String {
        let proof = self.named(place, share, total_caps, language);
        let floors = &self.component.floors;
        let floor = floors.iter().find(|floor| Some(&floor.name) == share.largest_floor.as_ref());
        let setting = Setting { more, floor: floor.map(|floor| candidate(floor, language)) };
        let words = &self.words;
        let mut text = match language {
            Language::Ja => sentence::ja_in(&proof, words, setting),
            Language::En => sentence::en_in(&proof, words, setting),
        };
        if share.cumulative {
            text = match language {
                Language::Ja => running_ja(&text, share, words),
                Language::En => running_en(&text, share, words),
            };
        }
        if let Some(stock) = &share.stock {
            text.push_str(&match language {
                Language::Ja => stock_ja(stock, share, words),
                Language::En => stock_en(stock, share, words),
            });
        }
        // one part alone needs no name, unless it was given one
        if self.document.components.len() == 1 && self.component.title.is_none() {
            return text;
        }
        match language {
            Language::Ja => format!("{}：{text}", title(self.component, language)),
            Language::En => format!("{}: {text}", capital(title(self.component, language))),
        }
    }

    /// The proof with names for people: of the place, and of the reasons for its cap.
    fn named(&self, place: &str, share: &Share, total_caps: &[NamedUnits], language: Language) -> Explanation {
        let proof = &share.proof;
        let own = self.component.caps.iter().map(|own| candidate(own, language).to_owned());
        let totals = self.document.total_caps.iter().zip(total_caps);
        let totals = totals.map(|(total, cap)| self.rest_of(candidate(total, language), cap, share, language));
        let cap = |(name, cap): (String, &CapCandidate)| CapCandidate { name, units: cap.units };
        let caps: Vec<CapCandidate> = own.chain(totals).zip(&proof.caps).map(cap).collect();
        let tightest_cap = caps.iter().min_by_key(|cap| cap.units).cloned();
        Explanation { code: place.to_owned(), caps, tightest_cap, ..proof.clone() }
    }

    /// A total cap as it bounds this component: what the ones before left of it.
    fn rest_of(&self, title: &str, cap: &NamedUnits, share: &Share, language: Language) -> String {
        let had = share.proof.committed > 0;
        match language {
            _ if share.earlier == 0 && !had => title.to_owned(),
            Language::Ja => {
                let had = if had { "これまでの分と、" } else { "" };
                format!("{had}全体の上限{}「{title}」の残り", self.words.ja(cap.units))
            }
            Language::En => {
                let had = if had { "what it had, and " } else { "" };
                format!("{had}what remains of the cap of {} over all parts: {title}", self.words.en(cap.units))
            }
        }
    }
}

/// What a reason for a bound is called.
fn candidate(candidate: &Candidate, language: Language) -> &str {
    match (&candidate.title, language) {
        (Some(title), Language::Ja) => &title.ja,
        (Some(title), Language::En) => &title.en,
        (None, _) => &candidate.name,
    }
}

/// With a capital at the front.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn running_ja(text: &str, share: &Share, words: &Words<'_>) -> String {
    let earlier = if share.earlier > 0 {
        format!("と今回のほかの枠の{}", words.ja(share.earlier))
    } else {
        String::new()
    };
    format!(
        "これまでの分を合わせた累計では、{text}これまでのクールの{}{earlier}を除き、今回は{}です。",
        words.ja(share.given_before),
        words.ja(share.units)
    )
}

fn running_en(text: &str, share: &Share, words: &Words<'_>) -> String {
    let earlier = if share.earlier > 0 {
        format!(" and {} from earlier parts of this one", words.en(share.earlier))
    } else {
        String::new()
    };
    format!(
        "On the running total {text} Of that it had {} in the rounds before{earlier}, so now it receives {}.",
        words.en(share.given_before),
        words.en(share.units)
    )
}

/// What a cut of `percent` % would be if no floor or minimum order stood in its way.
fn whole_cut(stock: &StockSeen, share: &Share) -> i64 {
    (share.units + stock.cut) * stock.percent / 100
}

fn stock_ja(stock: &StockSeen, share: &Share, words: &Words<'_>) -> String {
    const NOTHING_CUT: &str = "在庫による減量は行っていません。担当者の確認が必要です。";
    let StockSeen { rounds, percent, .. } = stock;
    let unit = measure(stock.unit.as_deref().unwrap_or_default(), words).map_or("", |(ja, _)| ja);
    let (held, used) = (grouped_signed(stock.stock), grouped_signed(stock.used));
    let age = |lag: i64| if lag == 0 { "当日".to_owned() } else { format!("{lag}日前") };
    let (day, lag) = match (stock.as_of, stock.lag_days) {
        _ if stock.used < 0 => {
            return format!("1クールの使用量の数値（{used}{unit}）が0より小さいため、{NOTHING_CUT}");
        }
        (Some(day), Some(lag)) if stock.stale => {
            return format!("在庫の数値が古い（{day}、{}）ため、{NOTHING_CUT}", age(lag));
        }
        (Some(day), Some(lag)) if stock.applied => (day, lag),
        _ if stock.stale => return format!("在庫の数値に日付がないため、{NOTHING_CUT}"),
        _ => return String::new(),
    };
    let whole = whole_cut(stock, share);
    let done = match (whole, stock.cut) {
        (0, _) => format!("{percent}%を減らす対象ですが、端数切捨てのため減りません。"),
        (_, 0) => {
            format!("{percent}%に当たる{}を減らす対象ですが、下限または最小注文数のため減りません。", words.ja(whole))
        }
        (whole, cut) if cut < whole => format!(
            "{percent}%に当たる{}のうち、下限または最小注文数を下回らない{}だけを減らし、{}とします。",
            words.ja(whole),
            words.ja(cut),
            words.ja(share.units)
        ),
        (_, cut) => {
            format!("{percent}%に当たる{}を減らし、{}とします。", words.ja(cut), words.ja(share.units))
        }
    };
    format!(
        "在庫{held}{unit}が1クールの使用量{used}{unit}の{rounds}クール分以上あるため（{day}の数値、{}）、{done}",
        age(lag)
    )
}

fn stock_en(stock: &StockSeen, share: &Share, words: &Words<'_>) -> String {
    const NOTHING_CUT: &str = "so nothing was cut; a person must look.";
    let StockSeen { rounds, percent, .. } = stock;
    let unit = measure(stock.unit.as_deref().unwrap_or_default(), words);
    let unit = unit.map_or_else(String::new, |(_, en)| format!(" {en}"));
    let (held, used) = (grouped_signed(stock.stock), grouped_signed(stock.used));
    let age = |lag: i64| match lag {
        0 => "the same day".to_owned(),
        1 => "1 day before".to_owned(),
        lag => format!("{lag} days before"),
    };
    let (day, lag) = match (stock.as_of, stock.lag_days) {
        _ if stock.used < 0 => {
            return format!(" Its use in a round comes out below zero ({used}{unit}), {NOTHING_CUT}");
        }
        (Some(day), Some(lag)) if stock.stale => {
            return format!(" The figures of its stock are old ({day}, {}), {NOTHING_CUT}", age(lag));
        }
        (Some(day), Some(lag)) if stock.applied => (day, lag),
        _ if stock.stale => return format!(" The figures of its stock have no date, {NOTHING_CUT}"),
        _ => return String::new(),
    };
    let (whole, rest) = (whole_cut(stock, share), words.en(share.units));
    let done = match (whole, stock.cut) {
        (0, _) => format!("{percent} % of its units, rounded down, is nothing, so nothing is taken off."),
        (_, 0) => {
            format!("{percent} %, {}, would be taken off, but its floor or minimum order stands.", words.en(whole))
        }
        (whole, cut) if cut < whole => format!(
            "of {percent} %, {}, only {} can be taken off above its floor or minimum order, which leaves {rest}.",
            words.en(whole),
            words.en(cut)
        ),
        (_, cut) => format!("{percent} %, {}, taken off leaves {rest}.", words.en(cut)),
    };
    format!(
        " Its stock of {held}{unit} is {rounds} rounds of its use of {used}{unit} or more (figures of {day}, {}): {done}",
        age(lag)
    )
}

/// Which days a sum could not count, where a series ends too early.
pub(super) fn missing_days(document: &Document, figures: &[UsedFigure], language: Language) -> String {
    let early = |figure: &UsedFigure| {
        let days = figure.days.filter(|days| !days.complete)?;
        let DaysCounted { from, to, with_figures, .. } = days;
        let all = to.days_since(from) + 1;
        let derived = document.derived.get(&figure.indicator);
        let newest = figure.as_of.filter(|_| with_figures > 0);
        Some(match language {
            Language::Ja => {
                let name = derived.map_or(figure.indicator.as_str(), |derived| &derived.ja);
                let newest = newest.map_or_else(String::new, |day| format!("（最新は{day}）"));
                format!(
                    "{name}は{from}から{to}までの{all}日間の数を足すものですが、数値があるのは{with_figures}日分{newest}で、残りの日は0として数えています。担当者の確認が必要です。"
                )
            }
            Language::En => {
                let name = derived.map_or(figure.indicator.as_str(), |derived| &derived.en);
                let newest = newest.map_or_else(String::new, |day| format!(" (the newest of {day})"));
                format!(
                    " The {all} days {from} to {to} are summed for “{name}”, but only {with_figures} of them have a figure{newest}; the others count as 0, and a person must look."
                )
            }
        })
    };
    figures.iter().filter_map(early).collect()
}

fn grouped_signed(number: i64) -> String {
    let digits = grouped(&number.unsigned_abs().to_string());
    if number < 0 { format!("-{digits}") } else { digits }
}

/// The line as a whole: the sum, its parts, and the total cap that is reached.
pub(super) fn place(
    document: &Document,
    words: &Words<'_>,
    (place, units): (&str, i64),
    shares: &[Share],
    total_cap: Option<&NamedUnits>,
    language: Language,
) -> String {
    let amount = |units: i64| if language == Language::Ja { words.ja(units) } else { words.en(units) };
    let part = |(component, share): (&Component, &Share)| match language {
        Language::Ja => format!("{}{}", title(component, language), amount(share.units)),
        Language::En => format!("{} {}", title(component, language), amount(share.units)),
    };
    let parts: Vec<String> = document.components.iter().zip(shares).map(part).collect();
    let cap_title = |cap: &NamedUnits| {
        let titles = document.total_caps.iter().find(|candidate| candidate.name == cap.name);
        let title = titles.and_then(|candidate| candidate.title.as_ref());
        title.map_or_else(
            || cap.name.clone(),
            |title| if language == Language::Ja { &title.ja } else { &title.en }.clone(),
        )
    };
    match language {
        Language::Ja => {
            let parts = if parts.len() > 1 { format!("（{}）", parts.join("、")) } else { String::new() };
            let cap =
                total_cap.map(|cap| format!("全体の上限{}（{}）に達しています。", amount(cap.units), cap_title(cap)));
            format!("{place}への配分は合わせて{}です{parts}。{}", amount(units), cap.unwrap_or_default())
        }
        Language::En => {
            let parts = if parts.len() > 1 { format!(" ({})", parts.join(", ")) } else { String::new() };
            let cap = total_cap
                .map(|cap| format!(" Its cap over all parts, {} ({}), is reached.", amount(cap.units), cap_title(cap)));
            format!("{place} receives {} in all{parts}.{}", amount(units), cap.unwrap_or_default())
        }
    }
}
