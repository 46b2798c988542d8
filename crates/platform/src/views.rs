//! Who saw what about a facility. Whatever reads a facility's data for somebody notes it here before it answers:
//! no answer leaves without its row. Rows are chained like the audit trail (`seal`).
use crate::{Db, OpCtx, failure::Result, opctx::new_id, statement, statement::column};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    TerritoryCode,
    ids::FacilityId,
    policy::{Action, Actor, Place, Reach, Shared, decide},
    time::{Instant, rfc3339},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Why somebody was allowed to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A facility's own staff.
    Own,
    /// An office that looks after it, or the other end of a shipment.
    Duty,
    /// A sharing agreement.
    Shared,
    /// This access in an emergency.
    BreakGlass(Uuid),
}

impl Kind {
    /// As the log has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Duty => "duty",
            Self::Shared => "shared",
            Self::BreakGlass(_) => "break_glass",
        }
    }

    fn access(self) -> Option<Uuid> {
        match self {
            Self::BreakGlass(access) => Some(access),
            _ => None,
        }
    }

    /// The plainest reason that is enough.
    fn of(actor: &Actor, facility: FacilityId, municipality: &str) -> Self {
        if matches!(actor.home, Place::Facility(home, _) if home == facility) {
            return Self::Own;
        }
        let Reach { shared, opened, .. } = &*actor.reach;
        let Ok(at) = TerritoryCode::parse(municipality) else { return Self::Duty };
        if shared.is_empty() && opened.is_empty() {
            return Self::Duty;
        }
        let sees = |reach: Reach| {
            let actor = Actor { reach: reach.into(), ..actor.clone() };
            decide(&actor, Action::FacilityRead, Place::Facility(facility, at)).is_ok()
        };
        let without = |shared: Vec<Shared>| Reach { shared, opened: Vec::new(), ..Reach::clone(&actor.reach) };
        if !shared.is_empty() && !sees(without(Vec::new())) && sees(without(shared.clone())) {
            return Self::Shared;
        }
        let access = opened.iter().find(|opened| opened.covers(facility, at)).map(|opened| opened.access);
        match access.filter(|_| !sees(without(shared.clone()))) {
            Some(access) => Self::BreakGlass(access),
            None => Self::Duty,
        }
    }
}

/// What was seen of a facility, and where it lies.
type Seen = (String, BTreeSet<String>);

/// What one request sees of facilities, gathered while it is answered.
#[derive(Debug, Default)]
pub struct Viewed(Mutex<BTreeMap<FacilityId, Seen>>);

impl Viewed {
    /// `what` of this facility is about to be shown: `facility`, `report/daily/2021-04-05`, `stock/<site>`,
    /// `shipment/<id>`.
    pub fn add(&self, facility: FacilityId, municipality: &str, what: impl Into<String>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, seen) = seen.entry(facility).or_insert_with(|| (municipality.to_owned(), BTreeSet::new()));
        seen.insert(what.into());
    }

    /// Writes one row for each facility, in one statement, and forgets them.
    ///
    /// # Errors
    /// The database's: then nothing may be shown.
    pub async fn note(&self, db: &Db, ctx: &OpCtx, service: &'static str) -> Result<()> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if seen.is_empty() {
            return Ok(());
        }
        let rows: Vec<Row> = seen.into_iter().map(|(facility, seen)| Row::new(ctx, facility, seen)).collect();
        let digests: Vec<Vec<u8>> = rows.iter().map(|row| row.digest(ctx, service)).collect();
        let actor = &ctx.actor;
        let statement = Write {
            ids: column(&rows, |row| row.id),
            facilities: column(&rows, |row| row.facility.0),
            seen: column(&rows, |row| row.seen.join("\n")),
            kinds: column(&rows, |row| row.kind.as_str()),
            accesses: column(&rows, |row| row.kind.access()),
            digests: column(&digests, Vec::as_slice),
            business_at: ctx.now,
            actor: actor.account.0,
            actor_name: &actor.name,
            role: actor.role.as_str(),
            organisation: actor.organisation.0,
            session: actor.session,
            delegation: actor.delegation,
            request_id: ctx.request_id.0,
            service,
        };
        statement.execute(&mut *db.read().await?).await?;
        Ok(())
    }
}

/// Notes what one use case is about to show: facility, its municipality, what.
///
/// # Errors
/// The database's: then nothing may be shown.
pub async fn note(
    db: &Db,
    ctx: &OpCtx,
    service: &'static str,
    seen: impl IntoIterator<Item = (FacilityId, String, String)>,
) -> Result<()> {
    let viewed = Viewed::default();
    for (facility, municipality, what) in seen {
        viewed.add(facility, &municipality, what);
    }
    viewed.note(db, ctx, service).await
}

struct Row {
    id: Uuid,
    facility: FacilityId,
    seen: Vec<String>,
    kind: Kind,
}

impl Row {
    fn new(ctx: &OpCtx, facility: FacilityId, (municipality, seen): Seen) -> Self {
        let kind = Kind::of(&ctx.actor, facility, &municipality);
        Self { id: new_id(), facility, seen: seen.into_iter().collect(), kind }
    }

    /// SHA-256 over texts, each preceded by its length in bytes as eight bytes, big end first: id, business_at,
    /// facility, how many were seen, each of them, kind, actor, actor_name, role, organisation, session,
    /// delegation, break_glass, request_id, service, reason. What may be absent is `1` and its text, or `0` and
    /// nothing.
    fn digest(&self, ctx: &OpCtx, service: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        let mut put = |text: &str| {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        };
        put(&self.id.to_string());
        put(&rfc3339(ctx.now));
        put(&self.facility.0.to_string());
        put(&self.seen.len().to_string());
        self.seen.iter().for_each(|seen| put(seen));
        put(self.kind.as_str());
        put(&ctx.actor.account.0.to_string());
        put(&ctx.actor.name);
        put(ctx.actor.role.as_str());
        put(&ctx.actor.organisation.0.to_string());
        for fact in [ctx.actor.session, ctx.actor.delegation, self.kind.access()] {
            put(if fact.is_some() { "1" } else { "0" });
            put(&fact.map(|id| id.to_string()).unwrap_or_default());
        }
        put(&ctx.request_id.0.to_string());
        put(service);
        put("0");
        put("");
        hash.finalize().to_vec()
    }
}

statement! {
    /// Writes a request's rows.
    Write<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        facilities: Vec<Uuid> as Array<SqlUuid>,
        seen: Vec<String> as Array<Text>,
        kinds: Vec<&'static str> as Array<Text>,
        accesses: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        digests: Vec<&'a [u8]> as Array<Binary>,
        business_at: Instant as Timestamptz,
        actor: Uuid as SqlUuid,
        actor_name: &'a str as Text,
        role: &'static str as Text,
        organisation: Uuid as SqlUuid,
        session: Option<Uuid> as Nullable<SqlUuid>,
        delegation: Option<Uuid> as Nullable<SqlUuid>,
        request_id: Uuid as SqlUuid,
        service: &'static str as Text,
    },
    // no id, code or day has a line break in it
    "with given as (
         select * from unnest(?, ?, ?, ?, ?, ?) as given (id, facility, seen, kind, break_glass, digest))
     insert into views.log (id, facility, seen, kind, break_glass, digest, business_at, actor, actor_name, role,
                            organisation, session, delegation, request_id, service)
     select id, facility, string_to_array(seen, chr(10)), kind, break_glass, digest, ?, ?, ?, ?, ?, ?, ?, ?, ?
     from given"
}

/// A view, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct View {
    /// Its id: in the order of time.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Business time.
    #[diesel(sql_type = Timestamptz)]
    pub business_at: Instant,
    /// Real time.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: Instant,
    /// Of which facility.
    #[diesel(sql_type = SqlUuid)]
    pub facility: Uuid,
    /// What was seen.
    #[diesel(sql_type = Array<Text>)]
    pub seen: Vec<String>,
    /// Why it was allowed.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The account's name.
    #[diesel(sql_type = Text)]
    pub actor_name: String,
    /// Its role.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// The body that it acted for.
    #[diesel(sql_type = SqlUuid)]
    pub organisation: Uuid,
    /// That body's name, where it is known.
    #[diesel(sql_type = Nullable<Text>)]
    pub organisation_name: Option<String>,
    /// The break-glass access that it belongs to.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub break_glass: Option<Uuid>,
    /// The request.
    #[diesel(sql_type = SqlUuid)]
    pub request_id: Uuid,
    /// The service that answered.
    #[diesel(sql_type = Text)]
    pub service: String,
}

/// Which views are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Only those before this one.
    pub after: Option<Uuid>,
    /// Not before this moment, business time.
    pub from: Option<Instant>,
    /// Before this moment, business time.
    pub until: Option<Instant>,
    /// Also by the facility's own staff.
    pub own: bool,
    /// At most so many.
    pub limit: i64,
}

/// Who saw what about each of these facilities, the newest first; `limit` of each.
///
/// # Errors
/// The database's.
pub async fn of_facilities(conn: &mut AsyncPgConnection, facilities: &[Uuid], wanted: Wanted) -> Result<Vec<View>> {
    let Wanted { after, from, until, own, limit } = wanted;
    let rows = diesel::sql_query(
        "select l.id, l.business_at, l.recorded_at, l.facility, l.seen, l.kind, l.actor_name, l.role, l.organisation,
                o.name as organisation_name, l.break_glass, l.request_id, l.service
         from unnest($1) as asked (facility)
         cross join lateral (
             select * from views.log l
             where l.facility = asked.facility and ($2 is null or l.id < $2) and ($3 is null or l.business_at >= $3)
               and ($4 is null or l.business_at < $4) and ($5 or l.kind <> 'own')
             order by l.id desc
             limit $6) l
         left join reference.organisation o on o.id = l.organisation
         order by l.id desc",
    )
    .bind::<Array<SqlUuid>, _>(facilities)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<Nullable<Timestamptz>, _>(from)
    .bind::<Nullable<Timestamptz>, _>(until)
    .bind::<Bool, _>(own)
    .bind::<BigInt, _>(limit)
    .load(conn);
    Ok(rows.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_twice_is_told_once() {
        let (viewed, facility) = (Viewed::default(), FacilityId(Uuid::from_u128(1)));
        for what in ["report/daily/2021-04-05", "facility", "facility"] {
            viewed.add(facility, "131016", what);
        }
        let seen = viewed.0.lock().unwrap();
        let told: Vec<&str> = seen.values().flat_map(|(_, seen)| seen).map(String::as_str).collect();
        assert_eq!(told, ["facility", "report/daily/2021-04-05"]);
    }
}
