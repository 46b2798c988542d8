//! What a delivery round needs before officers can work on it: populations, accounts, supply, sites.
use crate::{Facility, TestDb};
pub use allocation::app::open_round::Expected;
use allocation::app::{
    open_round::{self, NewRound, NewSupply},
    past_rounds::{NewPastRound, import_past_rounds},
};
use allocation_store::rows::{Site, Wish};
use chrono::NaiveDate;
use domain::{TerritoryCode, policy::Role, territory::Tier, time::parse_instant};
use identity::app::{
    issue_accounts::{Credential, NewAccount, issue_accounts},
    populations::{CensusFigure, import},
};
use meguri::{round::municipalities, seed::service_secret};
use platform::{Db, OpCtx, clock::Clock, failure, opctx::new_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::past_round::{Finding, PastLine};

/// Product and pack of test rounds.
const VACCINE: (&str, &str) = ("comirnaty-12plus", "box195");
/// Vials in a box of the product of test rounds.
pub const BOX_VIALS: i64 = 195;
/// When the levels of test rounds are due unless a test says otherwise: after all that tests do.
const DUE: &str = "2021-12-01T12:00:00+09:00";
/// What each satellite wishes for, vials.
const SATELLITE_WISH: i64 = 30;

fn expected() -> Expected {
    Expected::by(parse_instant(DUE).expect("an instant"))
}

fn code(text: &str) -> TerritoryCode {
    TerritoryCode::parse(text).expect("a territory")
}

impl TestDb {
    pub(crate) async fn at_work(&self, role: &str, schema: &'static str) -> (Db, OpCtx) {
        let db = self.home.pool(role, schema).expect("a pool");
        let ctx = OpCtx::system("testkit", &Clock::load(&db).await.expect("the clock"));
        (db, ctx)
    }

    /// Gives municipalities a population; `None` leaves one without a figure.
    pub async fn populations(&self, persons: impl Fn(&str) -> Option<i64>) {
        let figure = |code: TerritoryCode| {
            let code = code.to_string();
            let persons = persons(&code)?;
            Some(CensusFigure { line: 0, code5: String::new(), current_code: Some(code), persons })
        };
        let figures: Vec<CensusFigure> = municipalities().into_iter().filter_map(figure).collect();
        let (db, ctx) = self.at_work("identity_app", "identity").await;
        let as_of = NaiveDate::from_ymd_opt(2020, 10, 1).expect("a day");
        import(&db, &ctx, &figures, as_of, "made up for a test").await.expect("the populations are imported");
    }

    /// Makes an officer's service account, unless it is there; answers the request that signs it in.
    pub async fn officer(&self, name: &str, place: &str) -> Value {
        self.officers(&[(name.to_owned(), place.to_owned())]).await.remove(0)
    }

    /// The same for many at once: name and place of each.
    pub async fn officers(&self, wanted: &[(String, String)]) -> Vec<Value> {
        let secret = |name: &str| service_secret(&self.home, name);
        let account = |(name, place): &(String, String)| {
            let territory = code(place);
            let (role, organisation_kind) = match territory.tier() {
                Tier::Nation => (Role::Ministry, "ministry"),
                Tier::Prefecture => (Role::Prefecture, "prefecture"),
                Tier::Municipality => (Role::Municipality, "municipality"),
            };
            NewAccount {
                name: name.clone(),
                role,
                territory,
                facility: None,
                partner: None,
                organisation_kind,
                organisation_name: format!("接種担当 {place}"),
                organisation_name_en: format!("Vaccination officer, {place}"),
                credential: Credential::Secret(secret(name)),
            }
        };
        let (db, ctx) = self.at_work("identity_app", "identity").await;
        issue_accounts(&db, &ctx, wanted.iter().map(account).collect()).await.expect("the accounts are made");
        let sign_in = |(name, _): &(String, String)| json!({"grant_type": "service_account", "client_id": name, "client_secret": secret(name)});
        wanted.iter().map(sign_in).collect()
    }

    /// Opens a round of residents with this number, and notes its supply unless it is zero.
    pub async fn open_round(&self, number: i32, supply_vials: i64) -> Uuid {
        self.open_round_with(number, supply_vials, |_, expected| expected).await
    }

    /// The same with another calendar: `change` gets what is expected of each level.
    pub async fn open_round_with(
        &self,
        number: i32,
        supply_vials: i64,
        change: impl Fn(Tier, Expected) -> Expected,
    ) -> Uuid {
        let levels = [Tier::Nation, Tier::Prefecture, Tier::Municipality];
        let calendar = levels.map(|level| (level, change(level, expected()))).into();
        let round = self.open(VACCINE, "residents", calendar, number).await.expect("the round is opened");
        if supply_vials > 0 {
            self.supply(round, supply_vials).await;
        }
        round
    }

    /// Opens a round of the prefectures' own sites with this number; its supply comes by
    /// [`Self::supply_to`].
    pub async fn open_prefecture_round(&self, number: i32) -> Uuid {
        self.open_stream("prefecture_site", &[Tier::Prefecture], number).await.expect("the round is opened")
    }

    /// Opens a round of a stream, with a calendar of these levels.
    ///
    /// # Errors
    /// Those of `open_round`.
    pub async fn open_stream(&self, stream: &str, levels: &[Tier], number: i32) -> failure::Result<Uuid> {
        self.open(VACCINE, stream, levels.iter().map(|level| (*level, expected())).collect(), number).await
    }

    /// Opens a round of residents for a device, of which one is a pack, and notes the nation's supply.
    pub async fn open_device_round(&self, product: &str, number: i32, pieces: i64) -> Uuid {
        let calendar = [Tier::Nation, Tier::Prefecture, Tier::Municipality].map(|level| (level, expected())).into();
        let round = self.open((product, "unit1"), "residents", calendar, number).await.expect("the round is opened");
        self.supply(round, pieces).await;
        round
    }

    async fn open(
        &self,
        (product, pack): (&str, &str),
        stream: &str,
        calendar: BTreeMap<Tier, Expected>,
        number: i32,
    ) -> failure::Result<Uuid> {
        let (db, ctx) = self.at_work("allocation_app", "allocation").await;
        let new = NewRound {
            id: new_id(),
            programme: "covid19-2021".to_owned(),
            stream: stream.to_owned(),
            product: product.to_owned(),
            number,
            pack: pack.to_owned(),
            delivery_from: NaiveDate::from_ymd_opt(2021, 4, 12).expect("a day"),
            delivery_to: NaiveDate::from_ymd_opt(2021, 4, 25).expect("a day"),
            calendar,
        };
        Ok(open_round::open_round(&db, &ctx, new).await?.id)
    }

    /// Notes more supply of the nation for a round.
    pub async fn supply(&self, round: Uuid, vials: i64) {
        self.supply_to(round, "000000", vials).await.expect("the supply is noted");
    }

    /// Notes supply for a round at whoever has it.
    ///
    /// # Errors
    /// Those of `record_supply`.
    pub async fn supply_to(&self, round: Uuid, holder: &str, vials: i64) -> failure::Result<()> {
        let (db, ctx) = self.at_work("allocation_app", "allocation").await;
        let new = NewSupply { id: new_id(), round, holder: code(holder), vials };
        open_round::record_supply(&db, &ctx, new).await
    }

    /// Takes a round of the past in, of one day and boxes of 975 doses.
    pub async fn past_round(&self, kind: &str, day: &str, findings: Vec<Finding>, lines: Vec<PastLine>) {
        let round = NewPastRound {
            kind: kind.to_owned(),
            source: "made up for a test".to_owned(),
            product: "pfizer".to_owned(),
            day: day.parse().expect("a day"),
            days: 1,
            pack_doses: Some(975),
            findings,
            lines,
        };
        let (db, ctx) = self.at_work("allocation_app", "allocation").await;
        import_past_rounds(&db, &ctx, &[round]).await.expect("the round is taken in");
    }

    /// Registers a site of a kind, with its freezer for vaccine if it has one, and its wish for a round if it
    /// makes one.
    ///
    /// # Errors
    /// Those of `register_sites`.
    pub async fn site(
        &self,
        kind: &str,
        municipality: &str,
        freezer: Option<(&str, i64)>,
        wish: Option<(Uuid, i64)>,
    ) -> failure::Result<Uuid> {
        let site = Site {
            id: new_id(),
            kind: kind.to_owned(),
            facility_id: None,
            municipality: municipality.to_owned(),
            hub_id: None,
            name: format!("会場 {kind} {municipality}"),
            address: String::new(),
            freezer_storage: freezer.map(|(storage, _)| storage.to_owned()),
            freezer_vials: freezer.map(|(_, vials)| vials),
        };
        let id = site.id;
        let wish = wish.map(|(round_id, vials)| Wish { round_id, site_id: id, vials, synthetic: true });
        let (db, ctx) = self.at_work("allocation_app", "allocation").await;
        open_round::register_sites(&db, &ctx, &[site], wish.as_slice()).await?;
        Ok(id)
    }

    /// A mass site with its wish in each municipality named, and the facilities as satellites of
    /// these. Answers the sites of each municipality, the mass site first.
    pub async fn sites(
        &self,
        round: Uuid,
        hubs: &[(&str, i64)],
        satellites: &[Facility],
    ) -> BTreeMap<String, Vec<Uuid>> {
        let mut by_municipality: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        let (mut sites, mut wishes) = (Vec::new(), Vec::new());
        let mut add = |municipality: &str, facility: Option<&Facility>, vials: i64| {
            let own = by_municipality.entry(municipality.to_owned()).or_default();
            let site = Site {
                id: new_id(),
                kind: if facility.is_some() { "satellite" } else { "mass" }.to_owned(),
                facility_id: facility.map(|facility| facility.id.0),
                municipality: municipality.to_owned(),
                hub_id: facility.and(own.first().copied()),
                name: facility.map_or_else(|| format!("会場 {municipality}"), |facility| facility.name.clone()),
                address: String::new(),
                freezer_storage: None,
                freezer_vials: None,
            };
            own.push(site.id);
            wishes.push(Wish { round_id: round, site_id: site.id, vials, synthetic: true });
            sites.push(site);
        };
        for (municipality, vials) in hubs {
            add(municipality, None, *vials);
        }
        for facility in satellites {
            add(&facility.municipality.to_string(), Some(facility), SATELLITE_WISH);
        }
        let (db, ctx) = self.at_work("allocation_app", "allocation").await;
        open_round::register_sites(&db, &ctx, &sites, &wishes).await.expect("the sites are registered");
        by_municipality
    }
}
