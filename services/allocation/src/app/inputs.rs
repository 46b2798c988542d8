//! What a rule is computed from: places, populations, wishes, indicators, and what places had before.
//! Gathered in six statements at most, however many places and rules there are.
use super::{own_figures, past_basis::Past};
use allocation_store::{
    read::inputs as read,
    rows::{Figure as Row, Given, Indicator, Round},
};
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode, error,
    rule::{Cell, Figure, IndicatorSource, Inputs, PlaceInput, Rule, Unit, Window},
    territory::Tier,
};
use platform::{db::Session, failure::Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wire::what_if::WhatIfFigures;

/// Total population: `reference.population`, band `total`.
const POPULATION_TOTAL: &str = "population_total";
/// Other bands of it, unless an indicator of that name was registered.
const POPULATION: &str = "population_";
/// Vials that a place's sites wish for in the round.
const WISH: &str = "wish_vials";
/// Doses that a place really got in a round of the past, and before it.
const PAST: &str = "past_doses";
const PAST_BEFORE: &str = "past_doses_before";
/// Sources named of one indicator; one file has one.
const SOURCES_MAX: usize = 3;

/// For whom, and as of when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The nation, or the prefecture whose places take part.
    pub holder: TerritoryCode,
    /// Municipalities, or prefectures with the sums of their municipalities.
    pub among: Tier,
    /// Whose wishes and history count; none: there are none.
    pub round: Option<&'a Round>,
    /// No figure is newer.
    pub day: BusinessDay,
    /// A round of the past whose places take part.
    pub past: Option<&'a Past>,
    /// Figures of the request's own, before recorded ones of the same name.
    pub figures: &'a [WhatIfFigures],
}

/// One indicator over all places.
struct Column {
    source: IndicatorSource,
    is_daily: bool,
    /// In the order of the places.
    cells: Vec<Cell>,
}

/// Everything that some rules need to know.
pub(super) struct Gathered {
    day: BusinessDay,
    window: Option<Window>,
    places: Vec<PlaceInput>,
    columns: BTreeMap<String, Column>,
}

/// Which place of the run each territory counts for.
struct Places {
    among: Tier,
    /// Index of a place that takes part.
    index: HashMap<String, usize>,
    /// Of a municipality, the index of its prefecture, where prefectures take part.
    above: HashMap<String, usize>,
    /// Municipalities of each place, where prefectures take part.
    members: Vec<usize>,
}

/// Reads what these rules need.
///
/// # Errors
/// `request.invalid` for figures of the request's own that name a place or a day that there is not; the
/// database's. What is missing is told by [`Gathered::inputs`], rule by rule.
pub(super) async fn gather(conn: &mut Session, scope: Scope<'_>, rules: &[&Rule]) -> Result<Gathered> {
    let names: BTreeSet<String> = rules.iter().flat_map(|rule| rule.indicators()).collect();
    let past = scope.past.filter(|past| !past.places().is_empty());
    let (mut places, by_place) = if let Some(past) = past {
        places_of(past)
    } else {
        let prefecture = (scope.holder.tier() == Tier::Prefecture).then(|| scope.holder.to_string());
        places(read::territories(conn, prefecture.as_deref()).await?, scope.among)
    };
    let misplaced = own_figures::misplaced(scope.figures, scope.day, |place| by_place.index.contains_key(place));
    if !misplaced.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, misplaced).into());
    }
    if let Some(round) = scope.round {
        let given = read::given_before(conn, round.id).await?;
        give(&mut places, &by_place, given, i64::from(round.pack_vials));
    }

    let window = scope.round.map(|round| Window {
        from: BusinessDay::from_date(round.delivery_from),
        to: BusinessDay::from_date(round.delivery_to),
    });
    let mut columns = BTreeMap::new();
    if names.contains(WISH)
        && scope.figures.iter().all(|figures| figures.code != WISH)
        && let Some(round) = scope.round
    {
        let wished = read::wished(conn, round.id).await?;
        columns.insert(WISH.to_owned(), wishes(&by_place, wished, scope.day));
    }
    for (name, past) in past.iter().flat_map(|past| [(PAST, *past), (PAST_BEFORE, *past)]) {
        if names.contains(name) {
            columns.insert(name.to_owned(), past_column(name, past));
        }
    }
    columns.extend(scope.figures.iter().map(|figures| (figures.code.clone(), own_column(&by_place, figures))));
    let is_recorded = |name: &&String| ***name != *POPULATION_TOTAL && !columns.contains_key(*name) && ***name != *WISH;
    let codes: Vec<String> = names.iter().filter(is_recorded).cloned().collect();
    if !codes.is_empty() {
        let (first, last) = days(rules, window, scope.day);
        let indicators = read::indicators(conn, &codes).await?;
        let rows = read::figures(conn, &codes, first.date(), scope.day.date()).await?;
        columns.extend(recorded(&by_place, indicators, rows, last));
    }
    let bands: Vec<String> = names
        .iter()
        .filter(|name| !columns.contains_key(*name))
        .filter_map(|name| name.strip_prefix(POPULATION).map(str::to_owned))
        .collect();
    if !bands.is_empty() {
        let rows = read::populations(conn, &bands, scope.day.date()).await?;
        columns.extend(populations(&by_place, &bands, rows));
    }
    Ok(Gathered { day: scope.day, window, places, columns })
}

impl Gathered {
    /// The inputs of one rule: what it names and nothing else, so that its digest is its own. `path` is
    /// where the rule stands in the request.
    ///
    /// # Errors
    /// `request.invalid` with one of `allocation.indicator_unknown`, `allocation.indicator_measure` and
    /// `allocation.indicator_empty` for each indicator at fault.
    pub(super) fn inputs(
        &self,
        rule: &Rule,
        path: &str,
        supply_units: i64,
        unit: Unit,
    ) -> std::result::Result<Inputs, Problem> {
        let (names, daily) = (rule.indicators(), rule.daily());
        let fault = |name: &String| self.fault(rule, name, daily.contains(name));
        let errors: Vec<FieldError> = names.iter().filter_map(fault).map(|problem| problem.at(path)).collect();
        if !errors.is_empty() {
            return Err(Problem::of_fields(&error::REQUEST_INVALID, errors));
        }
        let columns: Vec<&Column> = names.iter().filter_map(|name| self.columns.get(name)).collect();
        let place = |(index, place): (usize, &PlaceInput)| PlaceInput {
            values: columns.iter().map(|column| column.cells.get(index).cloned().unwrap_or_default()).collect(),
            ..place.clone()
        };
        Ok(Inputs {
            as_of: self.day,
            supply_units,
            unit,
            window: self.window.filter(|_| rule.needs_window()),
            indicators: columns.iter().map(|column| column.source.clone()).collect(),
            places: self.places.iter().enumerate().map(place).collect(),
        })
    }

    /// Names by code.
    pub(super) fn places(&self) -> &[PlaceInput] {
        &self.places
    }

    fn fault(&self, rule: &Rule, name: &str, as_days: bool) -> Option<Problem> {
        let problem = |code| Problem::new(code).with("rule", &rule.name()).with("indicator", name);
        let Some(column) = self.columns.get(name) else {
            // without a round there are no wishes
            let code =
                if name == WISH { &error::ALLOCATION_INDICATOR_EMPTY } else { &error::ALLOCATION_INDICATOR_UNKNOWN };
            return Some(problem(code).with("day", &self.day.to_string()));
        };
        let kind = |is_daily: bool| if is_daily { "daily" } else { "level" };
        if column.is_daily != as_days {
            let problem = problem(&error::ALLOCATION_INDICATOR_MEASURE).with("wanted", kind(as_days));
            return Some(problem.with("kind", kind(column.is_daily)));
        }
        // a place without a population is named, even where all are
        let is_empty = column.cells.iter().all(|cell| *cell == Cell::Missing);
        (is_empty && !self.places.is_empty() && name != POPULATION_TOTAL)
            .then(|| problem(&error::ALLOCATION_INDICATOR_EMPTY).with("day", &self.day.to_string()))
    }
}

/// The places that take part, in code order, and who counts for whom.
fn places(territories: Vec<read::Territory>, among: Tier) -> (Vec<PlaceInput>, Places) {
    let tier = |code: &str| TerritoryCode::parse(code).ok().map(TerritoryCode::tier);
    let (taking, others): (Vec<_>, Vec<_>) = territories.into_iter().partition(|(code, ..)| tier(code) == Some(among));
    let index: HashMap<String, usize> =
        taking.iter().enumerate().map(|(index, (code, ..))| (code.clone(), index)).collect();
    let (mut above, mut members) = (HashMap::new(), vec![0_usize; taking.len()]);
    if among == Tier::Prefecture {
        for (code, _, parent) in others {
            let Some(at) = parent.and_then(|parent| index.get(&parent).copied()) else { continue };
            above.insert(code, at);
            if let Some(members) = members.get_mut(at) {
                *members += 1;
            }
        }
    }
    let place = |(code, name, parent): read::Territory| PlaceInput {
        code,
        name,
        parent: parent.unwrap_or_default(),
        given_before: 0,
        values: Vec::new(),
    };
    (taking.into_iter().map(place).collect(), Places { among, index, above, members })
}

/// The places of a round of the past: each stands for itself.
fn places_of(past: &Past) -> (Vec<PlaceInput>, Places) {
    let before: HashMap<&str, i64> = past.given_before().collect();
    let place = |place: &super::past_basis::PastPlace| PlaceInput {
        code: place.code.clone(),
        name: place.name.clone(),
        parent: String::new(),
        given_before: before.get(place.code.as_str()).copied().unwrap_or(0),
        values: Vec::new(),
    };
    let taking: Vec<PlaceInput> = past.places().iter().map(place).collect();
    let index = taking.iter().enumerate().map(|(index, place)| (place.code.clone(), index)).collect();
    let members = vec![0; taking.len()];
    (taking, Places { among: Tier::Municipality, index, above: HashMap::new(), members })
}

/// What each place really got in a round of the past, or before it. Whoever handed over more than it got has 0.
fn past_column(name: &str, past: &Past) -> Column {
    let (ja, en) =
        if name == PAST { ("実際の配分", "really given") } else { ("それまでの配分", "given before") };
    let source = IndicatorSource {
        name: name.to_owned(),
        ja: ja.to_owned(),
        en: en.to_owned(),
        unit: "doses".to_owned(),
        source: past.source().to_owned(),
    };
    let cell = |place: &super::past_basis::PastPlace| {
        let value = if name == PAST { place.doses } else { place.before };
        Cell::Level(Figure { value: value.max(0), as_of: past.day() })
    };
    Column { source, is_daily: false, cells: past.places().iter().map(cell).collect() }
}

/// Figures that came with the request.
fn own_column(by_place: &Places, figures: &WhatIfFigures) -> Column {
    let mut cells = vec![Cell::Missing; by_place.members.len()];
    for (place, value) in &figures.values {
        if let Some(cell) = by_place.index.get(place).and_then(|index| cells.get_mut(*index)) {
            *cell = Cell::Level(Figure { value: *value, as_of: figures.as_of });
        }
    }
    let WhatIfFigures { code, ja, en, unit, source, .. } = figures.clone();
    Column { source: IndicatorSource { name: code, ja, en, unit, source }, is_daily: false, cells }
}

/// Whole packs that each place had before.
fn give(places: &mut [PlaceInput], by_place: &Places, given: Vec<Given>, unit_vials: i64) {
    for Given { place, vials } in given {
        if let Some(place) = by_place.index.get(&place).and_then(|index| places.get_mut(*index)) {
            place.given_before = vials / unit_vials.max(1);
        }
    }
}

/// From the first day of any series that the rules look at, to the last.
fn days(rules: &[&Rule], window: Option<Window>, day: BusinessDay) -> (BusinessDay, BusinessDay) {
    let Some(window) = window else { return (day, day) };
    let derived = rules.iter().flat_map(|rule| rule.document().derived.values());
    let intervals: Vec<u32> = derived.map(|derived| derived.sum_of_days.interval_days).collect();
    let (longest, shortest) = (intervals.iter().max().copied(), intervals.iter().min().copied());
    let last = window.to.minus_days(shortest.unwrap_or(0)).min(day);
    (window.from.minus_days(longest.unwrap_or(0)).min(last), last)
}

impl Places {
    /// The cells of one indicator. Where prefectures take part, each has the sum of its municipalities,
    /// which needs a figure of every one; if no municipality has any, the prefectures' own count.
    fn cells(&self, rows: &[Row], is_daily: bool, last: BusinessDay) -> Vec<Cell> {
        let summed = self.among == Tier::Prefecture && rows.iter().any(|row| self.above.contains_key(&row.place));
        let mut places: Vec<(BTreeSet<&str>, Vec<Figure>)> = vec![Default::default(); self.members.len()];
        for row in rows {
            let at = if summed { self.above.get(&row.place) } else { self.index.get(&row.place) };
            if let Some((from, figures)) = at.and_then(|at| places.get_mut(*at)) {
                from.insert(row.place.as_str());
                figures.push(Figure { value: row.value, as_of: BusinessDay::from_date(row.as_of) });
            }
        }
        let cell = |((from, figures), members): ((BTreeSet<&str>, Vec<Figure>), &usize)| {
            let needed = if summed { *members } else { 1 };
            match (from.len() >= needed && !from.is_empty(), is_daily) {
                (false, _) => Cell::Missing,
                (true, true) => Cell::Days(by_day(figures, last)),
                (true, false) => total(&figures),
            }
        };
        places.into_iter().zip(&self.members).map(cell).collect()
    }
}

/// The sum of each day, up to the last one that is looked at.
fn by_day(figures: Vec<Figure>, last: BusinessDay) -> Vec<Figure> {
    let mut days: BTreeMap<BusinessDay, i64> = BTreeMap::new();
    for figure in figures.into_iter().filter(|figure| figure.as_of <= last) {
        let sum = days.entry(figure.as_of).or_default();
        *sum = sum.saturating_add(figure.value);
    }
    days.into_iter().map(|(as_of, value)| Figure { value, as_of }).collect()
}

/// The sum, as old as the oldest of its parts.
fn total(figures: &[Figure]) -> Cell {
    let value = figures.iter().fold(0_i64, |sum, figure| sum.saturating_add(figure.value));
    figures.iter().map(|figure| figure.as_of).min().map_or(Cell::Missing, |as_of| Cell::Level(Figure { value, as_of }))
}

fn sources<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let names: BTreeSet<&str> = rows.map(|row| row.source.as_str()).collect();
    names.into_iter().take(SOURCES_MAX).collect::<Vec<_>>().join("; ")
}

fn wishes(by_place: &Places, wished: Vec<Given>, day: BusinessDay) -> Column {
    // who wishes for nothing wishes for 0: a wish is never unknown
    let mut sums = vec![0_i64; by_place.members.len()];
    for Given { place, vials } in wished {
        let at = if by_place.among == Tier::Prefecture { &by_place.above } else { &by_place.index };
        if let Some(sum) = at.get(&place).and_then(|at| sums.get_mut(*at)) {
            *sum = sum.saturating_add(vials);
        }
    }
    let source = IndicatorSource {
        name: WISH.to_owned(),
        ja: "希望量".to_owned(),
        en: "wishes".to_owned(),
        unit: "vials".to_owned(),
        source: "接種施設の希望 / wishes of the sites".to_owned(),
    };
    let cells = sums.into_iter().map(|value| Cell::Level(Figure { value, as_of: day })).collect();
    Column { source, is_daily: false, cells }
}

fn recorded(
    by_place: &Places,
    indicators: Vec<Indicator>,
    rows: Vec<Row>,
    last: BusinessDay,
) -> BTreeMap<String, Column> {
    let mut by_code: HashMap<String, Vec<Row>> = HashMap::new();
    for row in rows {
        by_code.entry(row.indicator.clone()).or_default().push(row);
    }
    let column = |indicator: Indicator| {
        let rows = by_code.remove(&indicator.code).unwrap_or_default();
        let is_daily = indicator.kind == "daily";
        let cells = by_place.cells(&rows, is_daily, last);
        let source = if rows.is_empty() { indicator.source } else { sources(rows.iter()) };
        let Indicator { code, ja, en, unit, .. } = indicator;
        (code.clone(), Column { source: IndicatorSource { name: code, ja, en, unit, source }, is_daily, cells })
    };
    indicators.into_iter().map(column).collect()
}

/// The bands that there are figures of; total population is always there, so that its gaps are named.
fn populations(by_place: &Places, bands: &[String], rows: Vec<Row>) -> BTreeMap<String, Column> {
    let mut by_band: HashMap<String, Vec<Row>> = HashMap::new();
    for row in rows {
        by_band.entry(row.indicator.clone()).or_default().push(row);
    }
    let column = |band: &String| {
        let rows = by_band.remove(band).unwrap_or_default();
        let name = format!("{POPULATION}{band}");
        if rows.is_empty() && name != POPULATION_TOTAL {
            return None;
        }
        let (ja, en) = if name == POPULATION_TOTAL {
            ("人口".to_owned(), "population".to_owned())
        } else {
            (format!("人口（{band}）"), format!("population ({band})"))
        };
        let source =
            IndicatorSource { name: name.clone(), ja, en, unit: "people".to_owned(), source: sources(rows.iter()) };
        // a level has no last day
        let cells = by_place.cells(&rows, false, BusinessDay::from_date(chrono::NaiveDate::MAX));
        Some((name, Column { source, is_daily: false, cells }))
    };
    bands.iter().filter_map(column).collect()
}
