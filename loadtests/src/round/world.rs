//! The country in which a round runs down: a database made once per run, of which every turn gets a copy.
use crate::measure::{Failed, failed};
use allocation::app::open_round::{Expected, NewRound, NewSupply, open_round, record_supply, register_sites};
use allocation_store::{
    read::inputs,
    rows::{Figure, Site, Wish},
};
use chrono::NaiveDate;
use devstack::{Instance, Options, Stack};
use domain::{
    TerritoryCode,
    apportionment::{Method, Recipient, Remainder, apportion},
    territory::Tier,
    time::parse_instant,
};
use meguri::{home::Home, round::synthetic_populations, seed};
use platform::{OpCtx, clock::Clock};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Boxes of the round.
pub const BOXES: i64 = 10_000;
/// Vials of a box.
pub const BOX_VIALS: i64 = 195;
const INSTANCE: &str = "bench";
const TEMPLATE: &str = "meguri_bench_round";
/// Sites that are registered in one transaction; the service's role may take 30 s for a statement.
const SITES_A_CALL: usize = 10_000;

/// Id of the round, the same in every copy.
pub fn round_id() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, b"meguri/bench/round")
}

/// The instance's servers.
pub struct World {
    stack: Stack,
}

impl World {
    /// Starts the servers.
    pub fn up() -> Result<Self, Failed> {
        let instance = Instance::parse(INSTANCE).map_err(failed)?;
        let stack = devstack::up(&instance, &Options::from_env(), &mut |line| eprintln!("{line}")).map_err(failed)?;
        Ok(Self { stack })
    }

    /// Stops them.
    pub fn down(self) -> Result<(), Failed> {
        let instance = Instance::parse(INSTANCE).map_err(failed)?;
        devstack::down(&instance, &Options::from_env()).map_err(failed)
    }

    /// One database of it.
    pub fn home(&self, database: &str) -> Home {
        Home::of(self.stack.clone(), database)
    }

    /// Makes the country anew: territories, made-up populations, as many sites, a round with supply and wishes.
    pub async fn make(&self, sites: usize) -> Result<(), Failed> {
        let home = self.home(TEMPLATE);
        home.drop_database().await.map_err(failed)?;
        home.migrate().await.map_err(failed)?;
        seed::seed(&home, true).await.map_err(failed)?;
        synthetic_populations(&home).await.map_err(failed)?;
        fill(&home, sites).await?;
        let admin = self.admin(TEMPLATE).await?;
        // statistics, and pages as they would be found by whoever comes first
        admin.batch_execute("vacuum analyze").await.map_err(failed)
    }

    /// A copy of the country under this name, written to disk whole.
    pub async fn copy(&self, name: &str) -> Result<Home, Failed> {
        let home = self.home(name);
        home.drop_database().await.map_err(failed)?;
        let maintenance = connect(&self.stack.database_url).await?;
        let close = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{TEMPLATE}'");
        maintenance.batch_execute(&close).await.map_err(failed)?;
        let copy = format!("create database {name} template {TEMPLATE} strategy file_copy");
        maintenance.batch_execute(&copy).await.map_err(failed)?;
        maintenance.batch_execute("checkpoint").await.map_err(failed)?;
        Ok(home)
    }

    /// Drops what was made.
    pub async fn clear(&self, names: &[&str]) -> Result<(), Failed> {
        for name in names.iter().chain(&[TEMPLATE]) {
            self.home(name).drop_database().await.map_err(failed)?;
        }
        Ok(())
    }

    /// A connection of the administrator, whose unqualified names are those of the allocation service.
    pub async fn admin(&self, database: &str) -> Result<Client, Failed> {
        let client = connect(&self.home(database).admin_url().map_err(failed)?).await?;
        client.batch_execute("set search_path to allocation; set timezone to 'UTC'").await.map_err(failed)?;
        Ok(client)
    }
}

async fn connect(url: &str) -> Result<Client, Failed> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(failed)?;
    tokio::spawn(connection);
    Ok(client)
}

async fn fill(home: &Home, sites: usize) -> Result<(), Failed> {
    let db = home.pool("allocation_app", "allocation").map_err(failed)?;
    let ctx = OpCtx::system("bench", &Clock::load(&db).await.map_err(failed)?);
    let day = |text: &str| text.parse::<NaiveDate>().map_err(failed);
    let due = Expected::by(parse_instant("2021-12-01T12:00:00+09:00").map_err(failed)?);
    let new = NewRound {
        id: round_id(),
        programme: "covid19-2021".to_owned(),
        stream: "residents".to_owned(),
        product: "comirnaty-12plus".to_owned(),
        number: 9,
        pack: "box195".to_owned(),
        delivery_from: day("2021-04-12")?,
        delivery_to: day("2021-04-25")?,
        calendar: [Tier::Nation, Tier::Prefecture, Tier::Municipality].map(|tier| (tier, due)).into(),
    };
    let round = open_round(&db, &ctx, new).await.map_err(failed)?;
    let mut conn = db.read().await.map_err(failed)?;
    let bands = ["total".to_owned()];
    let places = inputs::populations(&mut conn, &bands, round.delivery_from).await.map_err(failed)?;
    drop(conn);
    for chunk in spread(&places, sites)?.chunks(SITES_A_CALL) {
        let wishes: Vec<Wish> = chunk.iter().map(|site| wish(round.id, site)).collect();
        register_sites(&db, &ctx, chunk, &wishes).await.map_err(failed)?;
    }
    let supply = NewSupply {
        id: Uuid::new_v5(&round.id, b"supply"),
        round: round.id,
        holder: TerritoryCode::NATION,
        vials: BOXES * BOX_VIALS,
    };
    record_supply(&db, &ctx, supply).await.map_err(failed)
}

/// So many sites, one at least in each municipality, the others by population; the first of a municipality is
/// the hub of the rest.
fn spread(places: &[Figure], sites: usize) -> Result<Vec<Site>, Failed> {
    let one_at_least = |(code, persons): (String, i64)| Recipient { floor: 1, ..Recipient::new(code, persons) };
    let municipal =
        |place: &&Figure| TerritoryCode::parse(&place.place).is_ok_and(|code| code.tier() == Tier::Municipality);
    let places = places.iter().filter(municipal).map(|place| (place.place.clone(), place.value));
    let recipients: Vec<Recipient> = places.map(one_at_least).collect();
    let supply = i64::try_from(sites).map_err(failed)?;
    let shares = apportion(supply, &recipients, Method::Webster, Remainder::Hold).map_err(failed)?;
    let of = |(code, units): (&String, i64)| {
        let id =
            |number: i64| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("meguri/bench/site/{code}/{number}").as_bytes());
        let site = |number: i64| Site {
            id: id(number),
            kind: if number == 0 { "mass" } else { "satellite" }.to_owned(),
            facility_id: (number > 0).then(|| Uuid::new_v5(&id(number), b"facility")),
            municipality: code.clone(),
            hub_id: (number > 0).then(|| id(0)),
            name: format!("接種会場 {code}-{number}（計測）"),
            address: String::new(),
            freezer_storage: None,
            freezer_vials: None,
        };
        (0..units).map(site).collect::<Vec<_>>()
    };
    Ok(shares.lines.iter().flat_map(|line| of((&line.code, line.units))).collect())
}

/// 6 to 65 vials, always the same for the same site.
fn wish(round: Uuid, site: &Site) -> Wish {
    let number = site.id.as_bytes().iter().take(4).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    Wish { round_id: round, site_id: site.id, vials: 6 + number % 60, synthetic: true }
}
