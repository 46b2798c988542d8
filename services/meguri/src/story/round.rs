//! The round runs down: the nation divides, each prefecture commits what was drafted for it, each
//! municipality assigns to its sites; all by the officers' own tokens, over GraphQL.
use super::client::Client;
use crate::{
    home::Home,
    round::{self, BASE_BOXES, BOXES, Satellite, officer_name, round_id, second_officer_name},
    seed::service_secret,
    table::{grouped, seconds},
};
use domain::{
    TerritoryCode,
    apportionment::{Method, Recipient, Remainder, apportion},
};
use futures::{StreamExt, stream};
use platform::{Failure, failure::Result, opctx::new_id};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Officers at work at the same time.
const SIDE_BY_SIDE: usize = 16;
/// Boxes that Tokyo moves from one special ward to another.
const MOVED_BOXES: i64 = 3;
/// Where the census lies beside a checkout, if it is there.
const CENSUS_FILE: &str = "../shared/data/municipalities/municipal_population_census2010.csv";

const MOVED: &str = "__typename
  ... on PlanMoved { state version supplyVials grantedVials engineMs plan { planId } }
  ... on PlanStale { code message { en } }
  ... on OverSupply { code message { en } }
  ... on PlanRefused { code message { en } errors { path code en } }";

/// What the round came to.
#[derive(Debug, Clone, Default)]
pub struct RoundResult {
    /// Vials of a box.
    pub pack_vials: i64,
    /// Vials supplied.
    pub supplied: i64,
    /// Vials that the nation granted.
    pub nation: i64,
    /// Vials that prefectures granted.
    pub prefectures: i64,
    /// Vials that the prefectures at work had been granted.
    pub prefectures_had: i64,
    /// Sites that got something.
    pub sites: usize,
    /// Vials that municipalities assigned.
    pub assigned: i64,
    /// The national computation.
    pub engine_ms: i64,
    /// From computing to the last commit.
    pub took: Duration,
}

/// The round, as its officers work on it.
pub struct Round<'a> {
    client: &'a Client,
    home: &'a Home,
    say: &'a (dyn Fn(&str) + Sync),
}

/// A step's payload, if it moved the plan.
fn moved(data: &Value, mutation: &str) -> Result<Value> {
    let payload = data.get(mutation).cloned().unwrap_or_default();
    if payload.get("__typename").and_then(Value::as_str) == Some("PlanMoved") {
        return Ok(payload);
    }
    Err(Failure::internal(format!("{mutation}: {payload}")))
}

pub(super) fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

pub(super) fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Populations, officers, sites, wishes and the supply.
///
/// # Errors
/// When the census cannot be read, or the database not written.
pub async fn prepare(home: &Home, satellites: &[Satellite], say: &(dyn Fn(&str) + Sync)) -> Result<()> {
    let started = Instant::now();
    let census = Path::new(CENSUS_FILE);
    if census.exists() {
        let imported = crate::population::population(home, &crate::demo::read_file(census)?).await?;
        say(&format!("  人口 / population: {}", grouped(imported.persons)));
    } else {
        round::synthetic_populations(home).await?;
    }
    round::officers(home).await?;
    let sites = round::open(home, satellites).await?;
    let sites = grouped(i64::try_from(sites).unwrap_or(i64::MAX));
    say(&format!("  クール / round {}: {sites} 施設 sites, {}", round::NUMBER, seconds(started.elapsed())));
    Ok(())
}

impl<'a> Round<'a> {
    /// The round on a running server.
    #[must_use]
    pub fn new(client: &'a Client, home: &'a Home, say: &'a (dyn Fn(&str) + Sync)) -> Self {
        Self { client, home, say }
    }

    async fn officer(&self, code: TerritoryCode) -> Result<String> {
        self.service_account(&officer_name(code)).await
    }

    async fn service_account(&self, name: &str) -> Result<String> {
        self.client.token(name, &service_secret(self.home, name), true).await
    }

    /// One step on a plan.
    async fn step(&self, token: &str, mutation: &str, input: &str, variables: Value) -> Result<Value> {
        let query = format!("mutation Step($input: {input}!) {{ {mutation}(input: $input) {{ {MOVED} }} }}");
        moved(&self.client.graphql(token, &query, json!({"input": variables})).await?, mutation)
    }

    /// Hands a holder's plan in, agrees to it as its second officer, and commits it; answers the vials granted.
    async fn carry_through(&self, token: &str, holder: TerritoryCode, plan: &str, mut version: i64) -> Result<i64> {
        let second = self.service_account(&second_officer_name(holder)).await?;
        let mut payload = Value::Null;
        for (token, mutation) in [(token, "submitPlan"), (&second, "approvePlan"), (token, "commitPlan")] {
            let variables = json!({"id": new_id(), "plan": plan, "version": version});
            payload = self.step(token, mutation, "MovePlanInput", variables).await?;
            version = number(&payload, "/version");
        }
        Ok(number(&payload, "/grantedVials"))
    }

    /// Plays the round down to the sites of the prefectures named (all of them: `None`).
    ///
    /// # Errors
    /// When a step is refused or the server cannot be reached.
    pub async fn play(&self, ministry: &str, prefectures: Option<&[u32]>) -> Result<RoundResult> {
        let started = Instant::now();
        let mut result = self.nation(ministry).await?;
        let at_work: Vec<TerritoryCode> = (1..=47)
            .filter(|number| prefectures.is_none_or(|wanted| wanted.contains(number)))
            .map(TerritoryCode::of_prefecture)
            .collect();
        let committed: Vec<Result<(i64, i64)>> =
            stream::iter(&at_work).map(|code| self.prefecture(*code)).buffer_unordered(SIDE_BY_SIDE).collect().await;
        for granted in committed {
            let (had, granted) = granted?;
            result.prefectures_had += had;
            result.prefectures += granted;
        }
        (self.say)(&format!("  都道府県 / prefectures: {} committed, {}", at_work.len(), seconds(started.elapsed())));
        let municipalities: Vec<TerritoryCode> =
            round::municipalities().into_iter().filter(|code| at_work.iter().any(|at| at.contains(*code))).collect();
        let assigned: Vec<Result<(usize, i64)>> = stream::iter(&municipalities)
            .map(|code| self.municipality(*code))
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        for assigned in assigned {
            let (sites, vials) = assigned?;
            result.sites += sites;
            result.assigned += vials;
        }
        result.took = started.elapsed();
        (self.say)(&format!(
            "  市区町村 / municipalities: {} committed, {}",
            municipalities.len(),
            seconds(result.took)
        ));
        Ok(result)
    }

    async fn nation(&self, ministry: &str) -> Result<RoundResult> {
        let variables = json!({
            "id": new_id(), "round": round_id(), "holder": TerritoryCode::NATION,
            "components": [
                {"name": "base", "units": BASE_BOXES, "indicator": "population"},
                {"name": "adjustment", "indicator": "wish"},
            ],
        });
        let computed = self.step(ministry, "computePlan", "ComputePlanInput", variables).await?;
        let plan = text(&computed, "/plan/planId");
        self.show_line(ministry, &plan).await?;
        let nation = self.carry_through(ministry, TerritoryCode::NATION, &plan, number(&computed, "/version")).await?;
        let supplied = number(&computed, "/supplyVials");
        let engine_ms = number(&computed, "/engineMs");
        (self.say)(&format!(
            "  国 / nation: committed {} of {} vials, engine {engine_ms} ms",
            grouped(nation),
            grouped(supplied)
        ));
        Ok(RoundResult { supplied, nation, engine_ms, pack_vials: supplied / BOXES.max(1), ..RoundResult::default() })
    }

    /// One municipality's line, with the sentence that explains it.
    async fn show_line(&self, ministry: &str, plan: &str) -> Result<()> {
        const QUERY: &str = "query Line($plan: Uuid!) { plan(id: $plan) { lines(first: 1, below: true) {
            edges { node { name units explanations { ja en } } } } } }";
        let data = self.client.graphql(ministry, QUERY, json!({"plan": plan})).await?;
        for language in ["ja", "en"] {
            let sentence = text(&data, &format!("/plan/lines/edges/0/node/explanations/0/{language}"));
            (self.say)(&format!("    {sentence}"));
        }
        Ok(())
    }

    /// A prefecture commits its draft; Tokyo moves boxes between two special wards first.
    async fn prefecture(&self, code: TerritoryCode) -> Result<(i64, i64)> {
        const QUERY: &str =
            "query Draft($round: Uuid!, $holder: TerritoryCode!) { round(id: $round) { plan(holder: $holder) {
            planId version supplyVials lines(first: 200) { edges { node { recipient units } } } } } }";
        let token = self.officer(code).await?;
        let data = self.client.graphql(&token, QUERY, json!({"round": round_id(), "holder": code})).await?;
        let draft = data.pointer("/round/plan").cloned().unwrap_or_default();
        let (plan, mut version) = (text(&draft, "/planId"), number(&draft, "/version"));
        if code == TerritoryCode::of_prefecture(13) {
            let variables = json!({
                "id": new_id(), "plan": plan, "version": version, "lines": swap(&draft)?,
                "reason": "訓練: 大規模会場の開設日が早まったため / training: the large site opens earlier",
            });
            let adjusted = self.step(&token, "adjustLine", "AdjustLineInput", variables).await?;
            version = number(&adjusted, "/version");
            (self.say)(&format!(
                "    東京都: 特別区の間で{MOVED_BOXES}箱を移動 / Tokyo moves {MOVED_BOXES} boxes between special wards"
            ));
        }
        let granted = self.carry_through(&token, code, &plan, version).await?;
        Ok((number(&draft, "/supplyVials"), granted))
    }

    /// A municipality assigns what it was granted to its sites, by their wishes.
    async fn municipality(&self, code: TerritoryCode) -> Result<(usize, i64)> {
        const QUERY: &str = "query Sites($round: Uuid!, $code: TerritoryCode!, $after: String) { round(id: $round) {
            granted(holder: $code) { availableVials }
            sites(municipality: $code, first: 200, after: $after) {
                edges { node { siteId wishVials } } pageInfo { hasNextPage endCursor } } } }";
        let token = self.officer(code).await?;
        let (mut recipients, mut after) = (Vec::new(), Value::Null);
        let available = loop {
            let variables = json!({"round": round_id(), "code": code, "after": after});
            let data = self.client.graphql(&token, QUERY, variables).await?;
            let edges = data.pointer("/round/sites/edges").and_then(Value::as_array).cloned().unwrap_or_default();
            recipients.extend(
                edges.iter().map(|edge| Recipient::new(text(edge, "/node/siteId"), number(edge, "/node/wishVials"))),
            );
            if data.pointer("/round/sites/pageInfo/hasNextPage") != Some(&Value::Bool(true)) {
                break number(&data, "/round/granted/availableVials");
            }
            after = data.pointer("/round/sites/pageInfo/endCursor").cloned().unwrap_or_default();
        };
        if available == 0 {
            return Ok((0, 0));
        }
        let shares = apportion(available, &recipients, Method::Webster, Remainder::Hold)?;
        let sites: Vec<Value> = shares
            .lines
            .iter()
            .filter(|line| line.units > 0)
            .map(|line| json!({"site": line.code, "vials": line.units}))
            .collect();
        let variables = json!({"id": new_id(), "round": round_id(), "holder": code, "sites": sites});
        let assigned = self.step(&token, "assignToSites", "AssignToSitesInput", variables).await?;
        Ok((sites.len(), number(&assigned, "/grantedVials")))
    }
}

/// The lines of two special wards after boxes moved from the larger to the smaller share.
fn swap(draft: &Value) -> Result<Vec<Value>> {
    let edges = draft.pointer("/lines/edges").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut wards: Vec<(i64, String)> = edges
        .iter()
        .map(|edge| (number(edge, "/node/units"), text(edge, "/node/recipient")))
        .filter(|(_, code)| code.starts_with("131"))
        .collect();
    wards.sort();
    let (Some((least, to)), Some((most, from))) = (wards.first().cloned(), wards.last().cloned()) else {
        return Err(Failure::internal("Tokyo's draft has no special wards"));
    };
    Ok(vec![
        json!({"recipient": from, "units": most - MOVED_BOXES}),
        json!({"recipient": to, "units": least + MOVED_BOXES}),
    ])
}
