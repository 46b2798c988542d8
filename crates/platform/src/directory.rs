//! What actors reach beyond the tree of territories: health-centre areas, sharing agreements, mergers,
//! closed facilities. Kept in memory and followed, so that no decision asks the database.
use crate::{Db, failure::Result};
use chrono::NaiveDate;
use diesel::{QueryableByName, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    BusinessDay, TerritoryCode,
    ids::FacilityId,
    policy::{Actor, Place, Reach, Role, Share, Shared},
    territory::Tier,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use uuid::Uuid;

/// How often every process looks whether something has changed.
const POLL: Duration = Duration::from_secs(2);
/// At most this many reaches are kept; beyond it the memory starts anew.
const KEPT_MAX: usize = 20_000;

/// A municipality of a health centre's area, with its days; `until` is the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The health centre.
    pub organisation: Uuid,
    /// The municipality.
    pub municipality: TerritoryCode,
    /// First day.
    pub since: NaiveDate,
    /// Last day, if there is one.
    pub until: Option<NaiveDate>,
}

/// A sharing agreement that has not been ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Id.
    pub id: Uuid,
    /// With whom.
    pub receiver: Uuid,
    /// Where: the giver's whole territory, or the municipalities of the agreed medical areas.
    pub at: Vec<TerritoryCode>,
    /// What.
    pub what: Vec<Share>,
    /// First day.
    pub since: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
}

/// A municipality that merges into another from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    /// Into which.
    pub into: TerritoryCode,
    /// The first day on which it is no more.
    pub on: NaiveDate,
}

/// A time for which a facility is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Which.
    pub facility: FacilityId,
    /// The first day on which it is closed.
    pub from: NaiveDate,
    /// The first day on which it is open again.
    pub to: Option<NaiveDate>,
}

/// All that the schema `reference` says about reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Areas of health centres.
    pub areas: Vec<Area>,
    /// Agreements.
    pub agreements: Vec<Agreement>,
    /// Mergers, by what merges away.
    pub mergers: HashMap<TerritoryCode, Merger>,
    /// Closures.
    pub closures: Vec<Closure>,
}

impl Facts {
    /// What a territory has become on a day: itself, or what it was merged into.
    fn heir(&self, code: TerritoryCode, day: NaiveDate) -> TerritoryCode {
        let mut heir = code;
        // each step is a merger of its own; a circle cannot be recorded, and would end here
        for _ in 0..self.mergers.len() {
            match self.mergers.get(&heir).filter(|merger| merger.on <= day) {
                Some(merger) => heir = merger.into,
                None => break,
            }
        }
        heir
    }

    /// What has been merged into a territory by a day.
    fn absorbed(&self, code: TerritoryCode, day: NaiveDate) -> Vec<TerritoryCode> {
        let gone = self.mergers.keys().copied().filter(|gone| *gone != code && self.heir(*gone, day) == code);
        let mut absorbed: Vec<TerritoryCode> = gone.collect();
        absorbed.sort_unstable();
        absorbed
    }

    fn area(&self, organisation: Uuid, role: Role, home: Place, day: NaiveDate) -> Vec<TerritoryCode> {
        if role != Role::HealthCentre {
            return Vec::new();
        }
        let holds = |area: &&Area| area.since <= day && area.until.is_none_or(|until| until >= day);
        let own = self.areas.iter().filter(|area| area.organisation == organisation);
        let mut area: BTreeSet<TerritoryCode> = own.clone().filter(holds).map(|area| area.municipality).collect();
        if let (None, Place::Territory(code)) = (own.clone().next(), home)
            && code.tier() == Tier::Municipality
        {
            // a city's own centre looks after the city
            area.insert(code);
        }
        let absorbed: Vec<TerritoryCode> = area.iter().flat_map(|code| self.absorbed(*code, day)).collect();
        area.extend(absorbed);
        area.into_iter().collect()
    }

    fn shared(&self, organisation: Uuid, day: NaiveDate) -> Vec<Shared> {
        let in_force = self
            .agreements
            .iter()
            .filter(|agreement| agreement.receiver == organisation && agreement.since <= day && day <= agreement.until);
        let mut shared = Vec::new();
        for agreement in in_force {
            for code in &agreement.at {
                for at in std::iter::once(*code).chain(self.absorbed(*code, day)) {
                    shared.extend(agreement.what.iter().map(|what| Shared {
                        agreement: agreement.id,
                        at,
                        what: *what,
                    }));
                }
            }
        }
        shared
    }

    fn closed(&self, day: NaiveDate) -> BTreeSet<FacilityId> {
        let on = self.closures.iter().filter(|closure| closure.from <= day && closure.to.is_none_or(|to| day < to));
        on.map(|closure| closure.facility).collect()
    }

    fn reach(
        &self,
        (organisation, role, home): (Uuid, Role, Place),
        day: NaiveDate,
        closed: Arc<BTreeSet<FacilityId>>,
    ) -> Reach {
        let (gone, absorbed) = match home {
            Place::Territory(code) => (self.heir(code, day) != code, self.absorbed(code, day)),
            _ => (false, Vec::new()),
        };
        let area = self.area(organisation, role, home, day);
        Reach { area, absorbed, shared: self.shared(organisation, day), gone, closed, opened: Vec::new() }
    }
}

type Who = (Uuid, Role, Place);

#[derive(Default)]
struct Known {
    facts: Facts,
    reaches: Mutex<HashMap<(Who, NaiveDate), Arc<Reach>>>,
    closed: Mutex<Option<(NaiveDate, Arc<BTreeSet<FacilityId>>)>>,
}

impl Known {
    fn closed(&self, day: NaiveDate) -> Arc<BTreeSet<FacilityId>> {
        let mut kept = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_ref() {
            Some((of, closed)) if *of == day => Arc::clone(closed),
            _ => {
                let closed = Arc::new(self.facts.closed(day));
                *kept = Some((day, Arc::clone(&closed)));
                closed
            }
        }
    }

    fn reach(&self, who: Who, day: NaiveDate) -> Arc<Reach> {
        let key = (who, day);
        let mut reaches = self.reaches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reach) = reaches.get(&key) {
            return Arc::clone(reach);
        }
        if reaches.len() >= KEPT_MAX {
            reaches.clear();
        }
        let reach = Arc::new(self.facts.reach(who, day, self.closed(day)));
        reaches.insert(key, Arc::clone(&reach));
        reach
    }
}

/// Who reaches what, shared by all that runs in a process.
#[derive(Clone, Default)]
pub struct Directory {
    known: Arc<RwLock<Arc<Known>>>,
    db: Option<Db>,
}

impl Directory {
    /// A directory of these facts, which follows nothing.
    #[must_use]
    pub fn of(facts: Facts) -> Self {
        let directory = Self::default();
        directory.set(facts);
        directory
    }

    /// Reads the facts once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(db: &Db) -> Result<Self> {
        let directory = Self { db: Some(db.clone()), ..Self::default() };
        directory.refresh().await?;
        Ok(directory)
    }

    /// Follows the database from now on, so that a change reaches every process within moments.
    pub fn follow(&self) {
        let directory = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(POLL).await;
                // what was known last holds on; trouble with the database is reported by whoever needs it
                let _ = directory.refresh().await;
            }
        });
    }

    /// Reads the facts now: whoever has just changed them need not wait.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn refresh(&self) -> Result<()> {
        if let Some(db) = &self.db {
            let facts = facts(&mut *db.read().await?).await?;
            if self.known().facts != facts {
                self.set(facts);
            }
        }
        Ok(())
    }

    /// What `actor` reaches on a day.
    #[must_use]
    pub fn reach(&self, actor: &Actor, day: BusinessDay) -> Arc<Reach> {
        if actor.role == Role::Public {
            return Reach::none();
        }
        self.known().reach((actor.organisation.0, actor.role, actor.home), day.date())
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, facts: Facts) {
        let known = Arc::new(Known { facts, ..Known::default() });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

#[derive(QueryableByName)]
struct AreaRow {
    #[diesel(sql_type = sql_types::Uuid)]
    organisation: Uuid,
    #[diesel(sql_type = sql_types::Text)]
    municipality: String,
    #[diesel(sql_type = sql_types::Date)]
    since: NaiveDate,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Date>)]
    until: Option<NaiveDate>,
}

#[derive(QueryableByName)]
struct AgreementRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: Uuid,
    #[diesel(sql_type = sql_types::Uuid)]
    receiver: Uuid,
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    places: Vec<String>,
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    what: Vec<String>,
    #[diesel(sql_type = sql_types::Date)]
    since: NaiveDate,
    #[diesel(sql_type = sql_types::Date)]
    until: NaiveDate,
}

#[derive(QueryableByName)]
struct MergerRow {
    #[diesel(sql_type = sql_types::Text)]
    code: String,
    #[diesel(sql_type = sql_types::Text)]
    merged_into: String,
    #[diesel(sql_type = sql_types::Date)]
    merged_on: NaiveDate,
}

#[derive(QueryableByName)]
struct ClosureRow {
    #[diesel(sql_type = sql_types::Uuid)]
    facility_id: Uuid,
    #[diesel(sql_type = sql_types::Date)]
    closed_on: NaiveDate,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Date>)]
    reopened_on: Option<NaiveDate>,
}

const AREAS: &str = "select organisation, municipality, since, until from reference.health_centre_area
    order by organisation, municipality, since";
// the municipalities of an agreement's medical areas as they are now, or the giver's whole territory
const AGREEMENTS: &str = "select a.id, a.receiver, a.what, a.since, a.until,
        case when cardinality(a.medical_areas) = 0 then array[a.giver]
             else array(select m.municipality from reference.medical_area_municipality m
                        where m.area = any(a.medical_areas) order by m.municipality) end as places
    from reference.sharing_agreement a where a.ended_at is null order by a.id";
const MERGERS: &str = "select code, merged_into, merged_on from reference.territory where merged_into is not null";
const CLOSURES: &str = "select facility_id, closed_on, reopened_on from reference.facility_closure
    where reopened_on is distinct from closed_on order by facility_id, closed_on";

async fn facts(conn: &mut AsyncPgConnection) -> Result<Facts> {
    let mut facts = Facts::default();
    for row in diesel::sql_query(AREAS).load::<AreaRow>(conn).await? {
        let AreaRow { organisation, municipality, since, until } = row;
        facts.areas.push(Area { organisation, municipality: TerritoryCode::parse(&municipality)?, since, until });
    }
    for row in diesel::sql_query(AGREEMENTS).load::<AgreementRow>(conn).await? {
        let AgreementRow { id, receiver, places, what, since, until } = row;
        let at = places.iter().map(|code| TerritoryCode::parse(code)).collect::<std::result::Result<_, _>>()?;
        let what = what.iter().filter_map(|name| Share::parse(name)).collect();
        facts.agreements.push(Agreement { id, receiver, at, what, since, until });
    }
    for row in diesel::sql_query(MERGERS).load::<MergerRow>(conn).await? {
        let into = TerritoryCode::parse(&row.merged_into)?;
        facts.mergers.insert(TerritoryCode::parse(&row.code)?, Merger { into, on: row.merged_on });
    }
    for row in diesel::sql_query(CLOSURES).load::<ClosureRow>(conn).await? {
        let facility = FacilityId(row.facility_id);
        facts.closures.push(Closure { facility, from: row.closed_on, to: row.reopened_on });
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::OrganisationId;

    const ORGANISATION: Uuid = Uuid::from_u128(7);

    fn code(text: &str) -> TerritoryCode {
        TerritoryCode::parse(text).unwrap()
    }

    fn day(text: &str) -> BusinessDay {
        BusinessDay::parse(text).unwrap()
    }

    fn at(role: Role, home: &str) -> Actor {
        let home = Place::Territory(code(home));
        Actor { role, home, organisation: OrganisationId(ORGANISATION), ..Actor::public() }
    }

    #[test]
    fn an_agreement_is_open_from_its_first_day_to_its_last() {
        let agreement = Agreement {
            id: Uuid::from_u128(1),
            receiver: ORGANISATION,
            at: vec![code("130001")],
            what: vec![Share::Figures, Share::Reports],
            since: day("2021-04-10").date(),
            until: day("2021-04-20").date(),
        };
        let directory = Directory::of(Facts { agreements: vec![agreement], ..Facts::default() });
        let kanagawa = at(Role::Prefecture, "140007");
        for (on, open) in [("2021-04-09", 0), ("2021-04-10", 2), ("2021-04-20", 2), ("2021-04-21", 0)] {
            assert_eq!(directory.reach(&kanagawa, day(on)).shared.len(), open, "{on}");
        }
        let stranger = Actor { organisation: OrganisationId(Uuid::from_u128(8)), ..kanagawa };
        assert!(directory.reach(&stranger, day("2021-04-10")).shared.is_empty());
    }

    #[test]
    fn who_is_merged_away_is_gone_and_the_heir_has_what_was_theirs() {
        // Chiyoda into Chuo, and later Chuo into Minato: in the tests only
        let merger = |into: &str, on: &str| Merger { into: code(into), on: day(on).date() };
        let mergers = HashMap::from([
            (code("131016"), merger("131024", "2021-04-10")),
            (code("131024"), merger("131032", "2021-05-01")),
        ]);
        let directory = Directory::of(Facts { mergers, ..Facts::default() });
        let [chiyoda, chuo, minato] = ["131016", "131024", "131032"].map(|home| at(Role::Municipality, home));
        let reach = |who: &Actor, on: &str| {
            let reach = directory.reach(who, day(on));
            (reach.gone, reach.absorbed.clone())
        };
        assert_eq!(reach(&chiyoda, "2021-04-09"), (false, vec![]));
        assert_eq!(reach(&chiyoda, "2021-04-10"), (true, vec![]));
        assert_eq!(reach(&chuo, "2021-04-10"), (false, vec![code("131016")]));
        assert_eq!(reach(&chuo, "2021-05-01"), (true, vec![]));
        assert_eq!(reach(&minato, "2021-05-01"), (false, vec![code("131016"), code("131024")]));
    }

    #[test]
    fn an_area_is_what_is_recorded_and_a_citys_centre_looks_after_the_city() {
        let city = at(Role::HealthCentre, "131016");
        assert_eq!(Directory::default().reach(&city, day("2021-04-05")).area, [code("131016")]);
        let prefectural = at(Role::HealthCentre, "130001");
        assert!(Directory::default().reach(&prefectural, day("2021-04-05")).area.is_empty());
        let area = |municipality: &str, since: &str, until: Option<&str>| Area {
            organisation: ORGANISATION,
            municipality: code(municipality),
            since: day(since).date(),
            until: until.map(|until| day(until).date()),
        };
        let areas = vec![area("131024", "2021-04-01", Some("2021-04-05")), area("131032", "2021-04-05", None)];
        let directory = Directory::of(Facts { areas, ..Facts::default() });
        assert_eq!(directory.reach(&city, day("2021-04-05")).area, [code("131024"), code("131032")]);
        assert_eq!(directory.reach(&city, day("2021-04-06")).area, [code("131032")]);
        assert!(directory.reach(&at(Role::Prefecture, "130001"), day("2021-04-05")).area.is_empty());
    }

    #[test]
    fn a_facility_is_closed_until_it_opens_again() {
        let facility = FacilityId(Uuid::from_u128(3));
        let closure = Closure { facility, from: day("2021-04-10").date(), to: Some(day("2021-04-12").date()) };
        let directory = Directory::of(Facts { closures: vec![closure], ..Facts::default() });
        let officer = at(Role::Prefecture, "130001");
        for (on, closed) in [("2021-04-09", false), ("2021-04-10", true), ("2021-04-11", true), ("2021-04-12", false)] {
            assert_eq!(directory.reach(&officer, day(on)).is_closed(facility), closed, "{on}");
        }
    }
}
