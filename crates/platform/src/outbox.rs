//! Events, written in the transaction of the change they tell about.
use crate::{failure::Result, opctx::OpCtx, opctx::new_id, statement};
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::time::Instant;
use serde_json::Value;
use uuid::Uuid;
use wire::events::Event;

statement! {
    /// Reserves as many numbers of each subject as it has events here, and writes the events in the
    /// order given. The upsert takes the subjects' row locks, so that sequences follow the order of
    /// commits; it takes them in the order of names, so that two writers can wait for each other only in
    /// one direction.
    Emit<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        subjects: Vec<String> as Array<Text>,
        causes: Vec<Uuid> as Array<SqlUuid>,
        payloads: Vec<Value> as Array<Jsonb>,
        kind: &'static str as Text,
        business_at: Instant as Timestamptz,
        traceparent: Option<&'a str> as Nullable<Text>,
    },
    "with given as (
         select * from unnest(?, ?, ?, ?) with ordinality as given (id, about, cause, payload, place)),
     reserved as (
         insert into subject (name, sequence)
         select about, count(*) from given group by about order by about
         on conflict (name) do update set sequence = subject.sequence + excluded.sequence
         returning name, sequence)
     insert into outbox (id, subject, sequence, cause_id, payload, type, business_at, traceparent)
     select g.id, g.about, r.sequence + 1 - row_number() over (partition by g.about order by g.place desc),
            g.cause, g.payload, ?, ?, ?
     from given g join reserved r on r.name = g.about
     order by g.place"
}

/// Emits one event about the row `cause`.
///
/// # Errors
/// The database's.
pub async fn emit<E: Event + Sync>(conn: &mut AsyncPgConnection, ctx: &OpCtx, cause: Uuid, event: &E) -> Result<()> {
    write(conn, ctx, [(cause, event)].into_iter()).await
}

/// Emits many events of one type, in the order given.
///
/// # Errors
/// The database's.
pub async fn emit_all<E: Event + Sync>(conn: &mut AsyncPgConnection, ctx: &OpCtx, events: &[(Uuid, E)]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    write(conn, ctx, events.iter().map(|(cause, event)| (*cause, event))).await
}

async fn write<'e, E: Event + 'e>(
    conn: &mut AsyncPgConnection,
    ctx: &OpCtx,
    events: impl Iterator<Item = (Uuid, &'e E)>,
) -> Result<()> {
    let mut statement = Emit {
        ids: Vec::new(),
        subjects: Vec::new(),
        causes: Vec::new(),
        payloads: Vec::new(),
        kind: E::TYPE,
        business_at: ctx.now,
        traceparent: ctx.traceparent.as_deref(),
    };
    for (cause, event) in events {
        statement.ids.push(new_id());
        statement.subjects.push(event.subject());
        statement.causes.push(cause);
        statement.payloads.push(serde_json::to_value(event)?);
    }
    statement.execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, clock::Clock};
    use serde::Serialize;
    use testkit::TestDb;

    #[derive(Serialize, utoipa::ToSchema)]
    struct Happened(String);

    impl Event for Happened {
        const TYPE: &'static str = "test.happened.v1";
        fn subject(&self) -> String {
            self.0.clone()
        }
    }

    fn happened(subjects: &[&'static str]) -> Vec<(Uuid, Happened)> {
        subjects.iter().map(|subject| (new_id(), Happened((*subject).to_owned()))).collect()
    }

    async fn start() -> (TestDb, Db, OpCtx) {
        let test = TestDb::new().await;
        let db = Db::new(&test.home.role_url("capacity_app").unwrap(), "capacity", 4).unwrap();
        let ctx = OpCtx::system("test", &Clock::load(&db).await.unwrap());
        (test, db, ctx)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sequences_have_no_gap_and_rows_the_order_given() {
        let (test, db, ctx) = start().await;
        let mut conn = db.read().await.unwrap();
        emit_all(&mut conn, &ctx, &happened(&["b", "a", "b", "c", "b"])).await.unwrap();
        emit(&mut conn, &ctx, new_id(), &Happened("b".to_owned())).await.unwrap();
        emit_all::<Happened>(&mut conn, &ctx, &[]).await.unwrap();
        emit_all(&mut conn, &ctx, &happened(&["c", "d", "b", "b"])).await.unwrap();
        let written = "select string_agg(subject || sequence, ' ' order by pos) from capacity.outbox";
        assert_eq!(test.text(written).await, "b1 a1 b2 c1 b3 b4 c2 d1 b5 b6");
        let reserved = "select string_agg(name || sequence, ' ' order by name) from capacity.subject";
        assert_eq!(test.text(reserved).await, "a1 b6 c2 d1");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn writers_of_the_same_subjects_do_not_lock_each_other_out() {
        const ROUNDS: usize = 50;
        let (test, db, ctx) = start().await;
        let writer = |subjects: [&'static str; 3]| {
            let (db, ctx) = (db.clone(), ctx.clone());
            tokio::spawn(async move {
                let mut conn = db.read().await?;
                for _ in 0..ROUNDS {
                    emit_all(&mut conn, &ctx, &happened(&subjects)).await?;
                }
                Result::Ok(())
            })
        };
        let writers = [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]].map(writer);
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        let whole = "select string_agg(name || sequence, ' ' order by name) from capacity.subject";
        assert_eq!(test.text(whole).await, "a150 b150 c150");
        assert_eq!(test.number("select max(sequence) + count(*) from capacity.outbox").await, 150 + 450);
    }
}
