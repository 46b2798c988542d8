//! The dashboards of the story, asked over GraphQL as a ministry's or prefecture's screen would.
use super::client::Client;
use crate::table::{self, grouped};
use domain::{BusinessDay, TerritoryCode};
use platform::{Failure, failure::Result};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

const QUERY: &str = "
query Dashboard($code: TerritoryCode!, $day: Date!) {
  territory(code: $code) {
    code tier name { ja }
    capacity(day: $day) { ...picture }
    children(first: 100) { edges { node { code name { ja } capacity(day: $day) { ...picture } } } }
  }
}
fragment picture on Capacity {
  coverage { due reported carried permille }
  asOf { oldest newest } provisional training
  figures(items: [\"beds_ready\", \"icu_staffed\", \"icu_occupied\", \"ventilators_in_use\", \"infected_inpatients\"]) {
    item { code label { ja } } sum answered
  }
}";

const DRILL_DOWN: &str = "
query DrillDown($code: TerritoryCode!, $day: Date!, $item: String!) {
  territory(code: $code) {
    children(first: 200) { edges { node {
      code name { ja }
      capacity(day: $day) { coverage { due reported } figures(items: [$item]) { sum } }
    } } }
  }
}";

const FACILITIES: &str = "
query Facilities($code: TerritoryCode!) {
  territory(code: $code) {
    name { ja }
    facilities(first: 3) { edges { node {
      name
      latestReport { revision asOf answers { item { code } count } }
    } } }
  }
}";

/// A part of a territory on its dashboard.
#[derive(Debug, Clone)]
pub struct Part {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// ICU beds occupied.
    pub figure: i64,
}

/// What a dashboard shows.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Reports due.
    pub due: usize,
    /// Reported.
    pub reported: usize,
    /// Reported ÷ due.
    pub permille: i64,
    /// Newest moment behind the figures.
    pub newest: String,
    /// Sums by item, with the number of facilities behind each.
    pub figures: BTreeMap<String, (i64, i64)>,
    /// The territories below.
    pub parts: Vec<Part>,
}

impl Dashboard {
    /// The sum of an item; 0 when nobody reported it.
    #[must_use]
    pub fn figure(&self, item: &str) -> i64 {
        self.figures.get(item).map_or(0, |(sum, _)| *sum)
    }
}

fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

fn nodes<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    let edges = value.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    edges.iter().filter_map(|edge| edge.get("node"))
}

fn figures(capacity: &Value) -> BTreeMap<String, (i64, i64)> {
    let list = capacity.get("figures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|figure| (text(figure, "/item/code"), (number(figure, "/sum"), number(figure, "/answered"))))
        .collect()
}

/// Asks for the dashboard of a nation or prefecture.
///
/// # Errors
/// When the server cannot be reached or answers errors.
pub async fn query(client: &Client, token: &str, code: TerritoryCode, day: BusinessDay) -> Result<Dashboard> {
    let data = client.graphql(token, QUERY, json!({"code": code, "day": day})).await?;
    let territory = data.get("territory").filter(|territory| !territory.is_null());
    let territory = territory.ok_or_else(|| Failure::internal(format!("no territory {code}")))?;
    let capacity = territory.get("capacity").cloned().unwrap_or_default();
    let count = |path: &str| usize::try_from(number(&capacity, path)).unwrap_or(0);
    let part = |node: &Value| Part {
        code: text(node, "/code"),
        name: text(node, "/name/ja"),
        figure: node
            .get("capacity")
            .map(figures)
            .and_then(|figures| figures.get("icu_occupied").map(|(sum, _)| *sum))
            .unwrap_or(0),
    };
    Ok(Dashboard {
        code: text(territory, "/code"),
        name: text(territory, "/name/ja"),
        due: count("/coverage/due"),
        reported: count("/coverage/reported"),
        permille: number(&capacity, "/coverage/permille"),
        newest: text(&capacity, "/asOf/newest"),
        figures: figures(&capacity),
        parts: nodes(territory, "/children/edges").map(part).collect(),
    })
}

/// Goes down from a prefecture to the facilities of the municipality with the most: lines to show,
/// the sum over the municipalities, and their number.
///
/// # Errors
/// When the server cannot be reached or answers errors.
pub async fn drill_down(
    client: &Client,
    token: &str,
    code: &str,
    day: BusinessDay,
    item: &str,
) -> Result<(Vec<String>, i64, usize)> {
    let data = client.graphql(token, DRILL_DOWN, json!({"code": code, "day": day, "item": item})).await?;
    let mut rows: Vec<(i64, String)> = nodes(&data, "/territory/children/edges")
        .map(|node| (number(node, "/capacity/figures/0/sum"), text(node, "/code")))
        .collect();
    let sum = rows.iter().map(|(figure, _)| figure).sum();
    let municipalities = rows.len();
    rows.sort();
    let Some((figure, most)) = rows.pop() else { return Ok((Vec::new(), sum, 0)) };
    let data = client.graphql(token, FACILITIES, json!({"code": most})).await?;
    let mut lines = vec![format!("    {} {most}: {item} {figure}", text(&data, "/territory/name/ja"))];
    for node in nodes(&data, "/territory/facilities/edges") {
        let answers =
            node.pointer("/latestReport/answers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let count =
            answers.iter().find(|answer| text(answer, "/item/code") == item).map(|answer| number(answer, "/count"));
        let count = count.map_or_else(|| "報告なし no report".to_owned(), |count| count.to_string());
        lines.push(format!("      {}: {item} {count} ({})", text(node, "/name"), text(node, "/latestReport/asOf")));
    }
    Ok((lines, sum, municipalities))
}

/// Dashboards side by side, as a table people can read.
#[must_use]
pub fn render(when: &str, dashboards: &[&Dashboard], elapsed: Duration) -> String {
    let mut table = table::new(
        &[
            when,
            "報告/対象 reported/due",
            "‰",
            "ICU使用/稼働 occupied/staffed",
            "人工呼吸器 ventilators in use",
            "入院 infected inpatients",
            "時点 as of",
        ],
        &[1, 2, 3, 4, 5],
    );
    for dashboard in dashboards {
        let figure = |item: &str| grouped(dashboard.figure(item));
        table.add_row([
            dashboard.name.clone(),
            format!("{}/{}", dashboard.reported, dashboard.due),
            dashboard.permille.to_string(),
            format!("{}/{}", figure("icu_occupied"), figure("icu_staffed")),
            figure("ventilators_in_use"),
            figure("infected_inpatients"),
            if dashboard.newest.is_empty() { "–".to_owned() } else { dashboard.newest.clone() },
        ]);
    }
    format!("{table}\n  {} ms, GraphQL ×{}", elapsed.as_millis(), dashboards.len())
}
