//! What the municipalities of two prefectures assigned is released, brought by the wholesalers, and
//! taken in by the sites; one site counts one vial too few.
use super::{
    client::Client,
    partners::{Partners, Received, stays_out},
    round::{number, text},
};
use crate::{
    bus::partner_secret,
    home::Home,
    round::{self, hub_id, officer_name, round_id},
    seed::service_secret,
    serve::Running,
    table::{grouped, seconds},
    wholesalers::{self, account_name},
};
use domain::{TerritoryCode, WholesalerCode};
use futures::{StreamExt, TryStreamExt, stream};
use platform::{Failure, amqp::Broker, failure::Result, opctx::new_id};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Officers at work at the same time.
const SIDE_BY_SIDE: usize = 16;
/// Companies that are provisioned at the same time.
const PROVISION_SIDE_BY_SIDE: usize = 4;
/// Shipments that are not delivered by then are a fault.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether all has been delivered.
const LOOK: Duration = Duration::from_millis(200);

/// What the deliveries came to.
#[derive(Debug, Clone, Default)]
pub struct DeliveryResult {
    /// Vials that were released.
    pub vials_released: i64,
    /// Shipments that they became.
    pub released: usize,
    /// Shipments that were delivered.
    pub delivered: usize,
    /// Vials that the sites took in as usable.
    pub vials_delivered: i64,
    /// Vials that were missing.
    pub vials_short: i64,
    /// Discrepancies that wait for a decision.
    pub discrepancies_open: usize,
    /// Orders that reached another company than the shipment's, or did not reach it.
    pub astray: usize,
    /// A company's credentials are refused everywhere but at its own place.
    pub isolated: bool,
    /// Events with the broker since the first release.
    pub events: i64,
    /// From the first release until all was taken in and every event published.
    pub took: Duration,
}

/// One shipment, as an officer sees it.
struct Shipment {
    id: Uuid,
    state: String,
    wholesaler: Option<WholesalerCode>,
    site: Uuid,
    lots: Vec<(String, i64)>,
}

/// The deliveries, as those who take part work on them.
pub struct Delivery<'a> {
    /// The client of all.
    pub client: &'a Client,
    /// Where the instance lives.
    pub home: &'a Home,
    /// The server that is at work.
    pub server: &'a Running,
    /// The broker.
    pub broker: &'a Broker,
    /// Says what happens.
    pub say: &'a (dyn Fn(&str) + Sync),
}

/// Tokyo and the first other prefecture that took part in the round; what there is of them.
#[must_use]
pub fn prefectures(at_work: Option<&[u32]>) -> Vec<TerritoryCode> {
    const TOKYO: u32 = 13;
    const RURAL: u32 = 31;
    let takes_part = |number: u32| at_work.is_none_or(|numbers| numbers.contains(&number));
    let rural = Some(RURAL).filter(|number| takes_part(*number));
    let rural = rural.or_else(|| at_work?.iter().copied().find(|number| *number != TOKYO));
    Some(TOKYO)
        .filter(|number| takes_part(*number))
        .into_iter()
        .chain(rural)
        .map(TerritoryCode::of_prefecture)
        .collect()
}

impl Delivery<'_> {
    /// Gives each wholesaler a place at the broker, and fills their depots.
    ///
    /// # Errors
    /// When a server cannot be reached or refuses.
    pub async fn prepare(&self) -> Result<()> {
        let started = Instant::now();
        let provision = |company: WholesalerCode| async move {
            relay::topology::provision(self.broker, company).await?;
            relay::topology::credentials(self.broker, company, &self.password(company)).await
        };
        let companies: Vec<WholesalerCode> = wholesalers::companies().collect();
        stream::iter(companies.clone())
            .map(provision)
            .buffer_unordered(PROVISION_SIDE_BY_SIDE)
            .try_collect::<Vec<()>>()
            .await?;
        let packs = wholesalers::packs();
        let filled: Vec<i64> = stream::iter(companies)
            .map(|company| self.fill_depot(company, packs.get(&company).copied().unwrap_or(0)))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        (self.say)(&format!(
            "  卸 / wholesalers: {} companies, {} branches, {} vials at their depots, {}",
            filled.len(),
            wholesalers::branches().len(),
            grouped(filled.iter().sum()),
            seconds(started.elapsed())
        ));
        Ok(())
    }

    /// The password of a company's broker user in a training instance.
    fn password(&self, company: WholesalerCode) -> String {
        partner_secret(self.home, company)
    }

    async fn fill_depot(&self, company: WholesalerCode, packs: i64) -> Result<i64> {
        let token = self.client.token(&account_name(company), &self.password(company), true).await?;
        let lots: Vec<Value> = wholesalers::inbound(company, packs, round::PACK_VIALS)
            .into_iter()
            .map(|lot| json!({"lot": lot.lot, "expiry": lot.expiry, "vials": lot.vials}))
            .collect();
        let body = json!({
            "id": Uuid::new_v5(&round_id(), format!("inbound/{company}").as_bytes()), "wholesaler": company,
            "product": round::PRODUCT, "lots": lots,
        });
        let recorded = self.client.rest(&token, "/v1/inbound", &body).await?;
        Ok(number(&recorded, "/vials"))
    }

    /// Plays the deliveries of these prefectures to their end.
    ///
    /// # Errors
    /// When a step is refused, a server cannot be reached, or a delivery does not come to its end.
    pub async fn play(&self, ministry: &str, prefectures: &[TerritoryCode]) -> Result<DeliveryResult> {
        let companies: Vec<WholesalerCode> = wholesalers::companies().collect();
        let partners =
            Partners::start(self.broker, &self.server.clock, &companies, |company| self.password(company)).await?;
        let before = self.published().await?;
        let started = Instant::now();
        let mut result = self.release(prefectures).await?;
        (self.say)(&format!(
            "  出荷の指示 / released: {} shipments, {} vials, {}",
            result.released,
            grouped(result.vials_released),
            seconds(started.elapsed())
        ));
        let shipments = self.delivered(ministry, prefectures, result.released).await?;
        result.delivered = shipments.iter().filter(|shipment| shipment.state == "delivered").count();
        (self.say)(&format!("  納入 / delivered: {} shipments, {}", result.delivered, seconds(started.elapsed())));
        self.confirm(&shipments, &mut result).await?;
        self.all_published().await?;
        (result.events, result.took) = (self.published().await? - before, started.elapsed());
        (self.say)(&format!(
            "  受領 / received: {} vials, {} short; {} events published, {}",
            grouped(result.vials_delivered),
            result.vials_short,
            grouped(result.events),
            seconds(result.took)
        ));
        result.astray = astray(&shipments, &partners.received);
        partners.stop().await?;
        result.discrepancies_open = self.open_discrepancies(ministry).await?;
        result.isolated = self.isolated(&companies).await?;
        Ok(result)
    }

    /// Every municipality's officers release what they assigned, hub by hub.
    async fn release(&self, prefectures: &[TerritoryCode]) -> Result<DeliveryResult> {
        const MUTATION: &str = "mutation Release($input: ReleaseLinesInput!) { releaseLines(input: $input) { __typename
            ... on LinesReleased { vials boxes } ... on ReleaseRefused { code message { en } } } }";
        let municipalities =
            round::municipalities().into_iter().filter(|code| prefectures.iter().any(|at| at.contains(*code)));
        let release = |code: TerritoryCode| async move {
            let token = self.officer(code).await?;
            let input = json!({"id": new_id(), "round": round_id(), "holder": code, "hub": hub_id(code)});
            let data = self.client.graphql(&token, MUTATION, json!({"input": input})).await?;
            match (text(&data, "/releaseLines/__typename").as_str(), text(&data, "/releaseLines/code").as_str()) {
                ("LinesReleased", _) => Ok(Some(number(&data, "/releaseLines/vials"))),
                // a municipality that got no box has nothing to release
                (_, "allocation.nothing_to_release") => Ok(None),
                _ => Err(Failure::internal(format!("releaseLines of {code}: {data}"))),
            }
        };
        let released: Vec<Option<i64>> =
            stream::iter(municipalities).map(release).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        let vials: Vec<i64> = released.into_iter().flatten().collect();
        Ok(DeliveryResult { vials_released: vials.iter().sum(), released: vials.len(), ..DeliveryResult::default() })
    }

    async fn officer(&self, code: TerritoryCode) -> Result<String> {
        let name = officer_name(code);
        self.client.token(&name, &service_secret(self.home, &name), true).await
    }

    /// Waits until the shipments have come to their end.
    async fn delivered(&self, ministry: &str, prefectures: &[TerritoryCode], wanted: usize) -> Result<Vec<Shipment>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut shipments = Vec::new();
            for prefecture in prefectures {
                shipments.extend(self.shipments(ministry, *prefecture).await?);
            }
            let under_way = |shipment: &&Shipment| !matches!(shipment.state.as_str(), "delivered" | "unfulfillable");
            if shipments.len() == wanted && shipments.iter().filter(under_way).count() == 0 {
                return Ok(shipments);
            }
            if Instant::now() > deadline {
                let open = shipments.iter().filter(under_way).count();
                return Err(Failure::internal(format!(
                    "{} of {wanted} shipments known, {open} not delivered after {} s",
                    shipments.len(),
                    PATIENCE.as_secs()
                )));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The shipments to a prefecture.
    async fn shipments(&self, token: &str, prefecture: TerritoryCode) -> Result<Vec<Shipment>> {
        const QUERY: &str = "query Shipments($code: TerritoryCode!, $after: String) {
            shipments(territory: $code, first: 100, after: $after) { edges { node { shipmentId state
                wholesaler { code } to { siteId } lotsPicked { vials lot { number } } } }
                pageInfo { hasNextPage endCursor } } }";
        let (mut shipments, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = self.client.graphql(token, QUERY, json!({"code": prefecture, "after": after})).await?;
            let edges = data.pointer("/shipments/edges").and_then(Value::as_array).cloned().unwrap_or_default();
            for edge in &edges {
                shipments.push(shipment(edge.get("node").unwrap_or(&Value::Null))?);
            }
            if data.pointer("/shipments/pageInfo/hasNextPage") != Some(&Value::Bool(true)) {
                return Ok(shipments);
            }
            after = data.pointer("/shipments/pageInfo/endCursor").cloned().unwrap_or_default();
        }
    }

    /// Every site confirms what arrived; the first one is a vial short.
    async fn confirm(&self, shipments: &[Shipment], result: &mut DeliveryResult) -> Result<()> {
        const MUTATION: &str =
            "mutation Confirm($input: ConfirmReceiptInput!) { confirmReceipt(input: $input) { __typename
            ... on ReceiptConfirmed { acceptedVials shortVials } ... on ReceiptRefused { code message { en } } } }";
        let hubs: BTreeMap<Uuid, TerritoryCode> =
            round::municipalities().into_iter().map(|code| (hub_id(code), code)).collect();
        let delivered = shipments.iter().filter(|shipment| shipment.state == "delivered");
        let short = delivered.clone().map(|shipment| shipment.id).min();
        let confirm = |shipment: &Shipment| {
            let (hub, id) = (hubs.get(&shipment.site).copied(), shipment.id);
            let lots: Vec<Value> = shipment
                .lots
                .iter()
                .enumerate()
                .map(|(place, (lot, vials))| {
                    let missing = i64::from(place == 0 && Some(id) == short);
                    json!({"lot": lot, "accepted": vials - missing})
                })
                .collect();
            async move {
                let hub = hub.ok_or_else(|| Failure::internal(format!("shipment {id} goes to no hub of the story")))?;
                let input = json!({"id": new_id(), "shipment": id, "lots": lots});
                let data = self.client.graphql(&self.officer(hub).await?, MUTATION, json!({"input": input})).await?;
                if text(&data, "/confirmReceipt/__typename") != "ReceiptConfirmed" {
                    return Err(Failure::internal(format!("confirmReceipt of {id}: {data}")));
                }
                Ok((number(&data, "/confirmReceipt/acceptedVials"), number(&data, "/confirmReceipt/shortVials")))
            }
        };
        let counted: Vec<(i64, i64)> =
            stream::iter(delivered.map(confirm)).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        result.vials_delivered = counted.iter().map(|(accepted, _)| accepted).sum();
        result.vials_short = counted.iter().map(|(_, short)| short).sum();
        Ok(())
    }

    /// What the ministry's dashboard lists as undecided.
    async fn open_discrepancies(&self, ministry: &str) -> Result<usize> {
        const QUERY: &str =
            "query Open($code: TerritoryCode!) { discrepancies(territory: $code, open: true, first: 100) {
            edges { node { vials lot { number } municipality { name { ja en } } } } } }";
        let data = self.client.graphql(ministry, QUERY, json!({"code": TerritoryCode::NATION})).await?;
        let edges = data.pointer("/discrepancies/edges").and_then(Value::as_array).cloned().unwrap_or_default();
        for edge in &edges {
            (self.say)(&format!(
                "    差異 / discrepancy: {} {} vial(s) of lot {}",
                text(edge, "/node/municipality/name/ja"),
                number(edge, "/node/vials"),
                text(edge, "/node/lot/number")
            ));
        }
        Ok(edges.len())
    }

    /// The first company's credentials are tried at the second's place and at ours.
    async fn isolated(&self, companies: &[WholesalerCode]) -> Result<bool> {
        let (Some(first), Some(second)) = (companies.first(), companies.get(1)) else { return Ok(false) };
        stays_out(self.broker, *first, &self.password(*first), *second).await
    }

    /// Events that are with the broker.
    async fn published(&self) -> Result<i64> {
        let status = crate::audit::outboxes(&self.home.role_url("audit")?).await?;
        Ok(status.published)
    }

    /// Waits until every event is with the broker.
    async fn all_published(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let unsent = crate::audit::outboxes(&self.home.role_url("audit")?).await?.unsent;
            if unsent == 0 {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Failure::internal(format!("{unsent} events are not published")));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn shipment(node: &Value) -> Result<Shipment> {
    let id = |path: &str| text(node, path).parse::<Uuid>().map_err(Failure::internal);
    let lots = node.get("lotsPicked").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(Shipment {
        id: id("/shipmentId")?,
        state: text(node, "/state"),
        wholesaler: text(node, "/wholesaler/code").parse().ok(),
        site: id("/to/siteId")?,
        lots: lots.iter().map(|lot| (text(lot, "/lot/number"), number(lot, "/vials"))).collect(),
    })
}

/// Orders that did not reach their company, or reached another.
fn astray(shipments: &[Shipment], received: &Received) -> usize {
    let mut wanted: BTreeMap<WholesalerCode, BTreeSet<Uuid>> = BTreeMap::new();
    for shipment in shipments {
        if let Some(company) = shipment.wholesaler {
            wanted.entry(company).or_default().insert(shipment.id);
        }
    }
    let received = received.so_far();
    let companies: BTreeSet<&WholesalerCode> = wanted.keys().chain(received.keys()).collect();
    let none = BTreeSet::new();
    let differs = |company: &&WholesalerCode| {
        let (wanted, received) = (wanted.get(company).unwrap_or(&none), received.get(company).unwrap_or(&none));
        wanted.symmetric_difference(received).count()
    };
    companies.iter().map(differs).sum()
}
