//! Accesses in an emergency that have not ended: identity writes them, every process follows them and lets their
//! accounts see what they asked for. They end by themselves, by real time, also when the database is away.
use crate::{Db, clock::real_now, failure::Result};
use diesel::{
    QueryableByName,
    sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use domain::{
    TerritoryCode,
    ids::FacilityId,
    policy::{Actor, Opened, Place, Reach},
    time::Instant,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use uuid::Uuid;

/// How often every process looks.
const POLL: Duration = Duration::from_secs(1);

/// Accounts with what is open to each, and until when.
type Open = HashMap<Uuid, Vec<(Opened, Instant)>>;

/// The accesses that have not ended, shared by all that runs in a process.
#[derive(Debug, Clone, Default)]
pub struct Emergencies(Arc<RwLock<Arc<Open>>>);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    facility: Option<Uuid>,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Timestamptz)]
    until: Instant,
}

impl Emergencies {
    /// What this account reaches, with what it asked for in an emergency.
    #[must_use]
    pub fn widen(&self, actor: &Actor) -> Arc<Reach> {
        let open = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let Some(own) = open.get(&actor.account.0) else { return Arc::clone(&actor.reach) };
        let now = real_now();
        let opened: Vec<Opened> = own.iter().filter(|(_, until)| *until > now).map(|(opened, _)| *opened).collect();
        Arc::new(Reach { opened, ..Reach::clone(&actor.reach) })
    }

    /// Reads them once.
    ///
    /// # Errors
    /// When the database cannot be read; those that were known go on until they end.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        let rows: Vec<Row> = diesel::sql_query(
            "select b.id, b.account, b.facility, coalesce(f.municipality, b.territory) as place, b.until
             from reference.break_glass b left join reference.facility f on f.id = b.facility
             where b.until > now()",
        )
        .load(&mut *db.read().await?)
        .await?;
        let mut open = Open::new();
        for row in rows {
            let code = TerritoryCode::parse(&row.place)?;
            let at = row.facility.map_or(Place::Territory(code), |id| Place::Facility(FacilityId(id), code));
            open.entry(row.account).or_default().push((Opened { access: row.id, at }, row.until));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(open);
        Ok(())
    }

    /// Follows the database from now on.
    pub fn follow(&self, db: Db) {
        let known = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(POLL).await;
                if let Err(failure) = known.refresh(&db).await {
                    tracing::warn!(%failure, "emergency accesses cannot be read; those that are known go on");
                }
            }
        });
    }
}
