//! A training round: a supply, sites and their wishes, an officer's account for every prefecture and
//! municipality, and second ones for the nation and the prefectures. All of it is made up, the same at
//! every run, and marked as such.
use crate::{home::Home, seed::service_secret};
use allocation::app::open_round::{self, Expected, NewRound, NewSupply};
use allocation_store::rows::{Site, Wish};
use chrono::NaiveDate;
use domain::{TerritoryCode, ids::FacilityId, policy::Role, territory::Tier, time::parse_instant};
use identity::{
    app::{
        issue_accounts::{Credential, NewAccount, issue_accounts},
        populations::{CensusFigure, import},
    },
    facts,
};
use platform::{Failure, OpCtx, clock::Clock, failure::Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Boxes of the training round, as in the ninth round of July 2021.
pub const BOXES: i64 = 10_000;
/// Of those, by population; the rest by wishes.
pub const BASE_BOXES: i64 = 8_000;
/// Its number.
pub const NUMBER: i32 = 9;
/// Its product.
pub const PRODUCT: &str = "comirnaty-12plus";
/// Vials of its box (see the migration that enters products).
pub const PACK_VIALS: i64 = 195;

/// A number below `below`, always the same for the same text.
pub(crate) fn dice(text: &str, below: i64) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    let number = digest.iter().take(7).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    number % below.max(1)
}

/// Id of the training round, the same in every instance.
#[must_use]
pub fn round_id() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, b"meguri/training/round/9")
}

/// The mass site of a municipality, which is the hub of its hospitals.
#[must_use]
pub fn hub_id(code: TerritoryCode) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("meguri/site/mass/{code}").as_bytes())
}

/// Name of the account of a prefecture's or municipality's officer.
#[must_use]
pub fn officer_name(code: TerritoryCode) -> String {
    format!("officer-{code}")
}

/// Name of the account of the second officer of the nation or a prefecture, who approves what the first has
/// handed in.
#[must_use]
pub fn second_officer_name(code: TerritoryCode) -> String {
    format!("{}-2", officer_name(code))
}

/// All municipalities.
#[must_use]
pub fn municipalities() -> Vec<TerritoryCode> {
    let municipal = |fact: &&facts::Territory| !fact.is_point() && fact.code.tier() == Tier::Municipality;
    facts::territories().values().filter(municipal).map(|fact| fact.code).collect()
}

/// Makes the officers' accounts, as many as are missing.
///
/// # Errors
/// The database's.
pub async fn officers(home: &Home) -> Result<()> {
    let db = home.pool("identity_app", "identity")?;
    let ctx = OpCtx::system("seed", &Clock::load(&db).await?);
    // the nation's first officer is the ministry's persona
    let names = |code: TerritoryCode| match code.tier() {
        Tier::Nation => vec![second_officer_name(code)],
        Tier::Prefecture => vec![officer_name(code), second_officer_name(code)],
        Tier::Municipality => vec![officer_name(code)],
    };
    let places = facts::territories().values().filter(|fact| !fact.is_point());
    let officers = places.flat_map(|fact| names(fact.code).into_iter().map(move |name| (fact, name)));
    let accounts = officers.map(|(fact, name)| {
        let (role, organisation_kind) = match fact.code.tier() {
            Tier::Nation => (Role::Ministry, "ministry"),
            Tier::Prefecture => (Role::Prefecture, "prefecture"),
            Tier::Municipality => (Role::Municipality, "municipality"),
        };
        NewAccount {
            role,
            territory: fact.code,
            facility: None,
            partner: None,
            organisation_kind,
            organisation_name: format!("{}の接種担当（訓練）", fact.name),
            organisation_name_en: format!("Vaccination officer, {} (training)", fact.name_en.unwrap_or(fact.kana)),
            credential: Credential::Secret(service_secret(home, &name)),
            name,
        }
    });
    issue_accounts(&db, &ctx, accounts.collect()).await?;
    Ok(())
}

/// Made-up populations, for where the census is not at hand: each prefecture's total, divided among
/// its municipalities by lot.
///
/// # Errors
/// The database's.
pub async fn synthetic_populations(home: &Home) -> Result<()> {
    let mut totals = BTreeMap::new();
    for population in facts::populations().into_iter().filter(|population| population.band == "total") {
        totals.insert(population.territory, population.persons);
    }
    let mut figures = Vec::new();
    for (prefecture, total) in totals {
        let own: Vec<TerritoryCode> = municipalities().into_iter().filter(|code| prefecture.contains(*code)).collect();
        let lots: Vec<i64> = own.iter().map(|code| 1 + dice(&format!("population/{code}"), 1_000)).collect();
        let sum: i64 = lots.iter().sum();
        figures.extend(own.iter().zip(lots).map(|(code, lot)| CensusFigure {
            line: 0,
            code5: String::new(),
            current_code: Some(code.to_string()),
            persons: total * lot / sum.max(1),
        }));
    }
    let db = home.pool("identity_app", "identity")?;
    let ctx = OpCtx::system("importer", &Clock::load(&db).await?);
    let as_of = NaiveDate::from_ymd_opt(2018, 10, 1).unwrap_or_default();
    import(&db, &ctx, &figures, as_of, "訓練用の架空の数 / made up for training").await?;
    Ok(())
}

/// A hospital that takes part as a satellite.
#[derive(Debug, Clone)]
pub struct Satellite {
    /// The hospital.
    pub facility: FacilityId,
    /// Where.
    pub municipality: TerritoryCode,
    /// Name.
    pub name: String,
}

/// Opens the round with its supply, a mass site per municipality as the hub and the hospitals as its
/// satellites, and what each wishes for. Answers the number of sites.
///
/// # Errors
/// The database's; opening it twice is one.
pub async fn open(home: &Home, satellites: &[Satellite]) -> Result<usize> {
    let db = home.pool("allocation_app", "allocation")?;
    let ctx = OpCtx::system("round-opener", &Clock::load(&db).await?);
    let day = |text: &str| text.parse::<NaiveDate>().map_err(Failure::internal);
    let due = |text: &str| -> Result<Expected> { Ok(Expected::by(parse_instant(text)?)) };
    let new = NewRound {
        id: round_id(),
        programme: "covid19-2021".to_owned(),
        stream: "residents".to_owned(),
        product: PRODUCT.to_owned(),
        number: NUMBER,
        pack: "box195".to_owned(),
        delivery_from: day("2021-04-12")?,
        delivery_to: day("2021-04-25")?,
        calendar: BTreeMap::from([
            (Tier::Nation, due("2021-04-06T17:00:00+09:00")?),
            (Tier::Prefecture, due("2021-04-08T17:00:00+09:00")?),
            (Tier::Municipality, due("2021-04-09T17:00:00+09:00")?),
        ]),
    };
    let round = open_round::open_round(&db, &ctx, new).await?;
    let supply = NewSupply {
        id: Uuid::new_v5(&round.id, b"supply"),
        round: round.id,
        holder: TerritoryCode::NATION,
        vials: BOXES * i64::from(round.pack_vials),
    };
    open_round::record_supply(&db, &ctx, supply).await?;
    let (sites, wishes) = sites(round.id, satellites);
    open_round::register_sites(&db, &ctx, &sites, &wishes).await?;
    Ok(sites.len())
}

fn sites(round: Uuid, satellites: &[Satellite]) -> (Vec<Site>, Vec<Wish>) {
    let name = |code: &TerritoryCode| facts::territories().get(code).map_or("", |fact| fact.name);
    let mut sites: Vec<Site> = municipalities()
        .into_iter()
        .map(|code| Site {
            id: hub_id(code),
            kind: "mass".to_owned(),
            facility_id: None,
            municipality: code.to_string(),
            hub_id: None,
            name: format!("{}集団接種会場（訓練）", name(&code)),
            address: format!("{}（訓練）", name(&code)),
            freezer_storage: Some("ultra_cold".to_owned()),
            freezer_vials: Some(PACK_VIALS * (1 + dice(&format!("freezer/{code}"), 40))),
        })
        .collect();
    sites.extend(satellites.iter().map(|satellite| Site {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("meguri/site/{}", satellite.facility).as_bytes()),
        kind: "satellite".to_owned(),
        facility_id: Some(satellite.facility.0),
        municipality: satellite.municipality.to_string(),
        hub_id: Some(hub_id(satellite.municipality)),
        name: satellite.name.clone(),
        address: String::new(),
        freezer_storage: None,
        freezer_vials: None,
    }));
    let wish = |site: &Site| Wish {
        round_id: round,
        site_id: site.id,
        // a mass site wishes for more than a hospital does
        vials: if site.kind == "mass" {
            60 + dice(&site.id.to_string(), 900)
        } else {
            6 + dice(&site.id.to_string(), 120)
        },
        synthetic: true,
    };
    let wishes = sites.iter().map(wish).collect();
    (sites, wishes)
}
