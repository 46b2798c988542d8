//! Distribution's outbox, filled as the service fills it and watched as it is drained.
use super::order::{BUSINESS_AT, Order};
use crate::{
    instance::Home,
    measure::{Failed, failed},
};
use reqwest::Url;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tokio_postgres::{Client, Config, NoTls, Statement, types::ToSql};
use wire::events::{Event, ShipmentOrdered};

/// What `platform::outbox` writes, with ids and JSON as texts.
const EMIT: &str = "
    with given as (
        select id::uuid, about, cause::uuid, payload::jsonb, place
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality
             as given (id, about, cause, payload, place)),
    reserved as (
        insert into subject (name, sequence)
        select about, count(*) from given group by about order by about
        on conflict (name) do update set sequence = subject.sequence + excluded.sequence
        returning name, sequence)
    insert into outbox (id, subject, sequence, cause_id, payload, type, business_at)
    select g.id, g.about, r.sequence + 1 - row_number() over (partition by g.about order by g.place desc),
           g.cause, g.payload, $5, $6::text::timestamptz
    from given g join reserved r on r.name = g.about
    order by g.place";
/// Rows of one insert.
const ROWS: usize = 2_000;
/// How often it is looked whether everything is sent.
const LOOK: Duration = Duration::from_millis(20);

/// Connections to the outbox.
pub struct Outbox {
    /// Empties it, which the service's role may not, and looks at it.
    admin: Client,
    writer: Writer,
}

/// One connection in distribution's role.
pub struct Writer {
    client: Client,
    emit: Statement,
}

impl Writer {
    /// A connection of its own.
    pub async fn connect(home: &Home) -> Result<Self, Failed> {
        let (mut url, password) = home.login("distribution_app")?;
        url.set_password(Some(&password)).map_err(|()| failed("the database's URL takes no password"))?;
        let client = connect(&url).await?;
        let emit = client.prepare(EMIT).await.map_err(|error| told(&error))?;
        Ok(Self { client, emit })
    }

    /// Emits these events. Outside a transaction it is one of its own, committed on return.
    pub async fn emit(&self, orders: &[Order]) -> Result<(), Failed> {
        let texts = |text: fn(&Order) -> String| orders.iter().map(text).collect::<Vec<String>>();
        let (ids, causes) = (texts(|order| order.id.to_string()), texts(|order| order.cause.to_string()));
        let (subjects, data) = (texts(|order| order.subject.clone()), texts(|order| order.data.clone()));
        let values: [&(dyn ToSql + Sync); 6] = [&ids, &subjects, &causes, &data, &ShipmentOrdered::TYPE, &BUSINESS_AT];
        self.client.execute(&self.emit, &values).await.map(drop).map_err(|error| told(&error))
    }
}

impl Outbox {
    /// Connects.
    pub async fn connect(home: &Home) -> Result<Self, Failed> {
        let admin = connect(&home.admin_url()?).await?;
        // a look must not read the whole table
        admin.batch_execute("set enable_seqscan to off").await.map_err(|error| told(&error))?;
        Ok(Self { admin, writer: Writer::connect(home).await? })
    }

    /// Removes every event.
    pub async fn empty(&mut self) -> Result<(), Failed> {
        self.admin.batch_execute("truncate outbox, subject").await.map_err(|error| told(&error))
    }

    /// Writes all in one transaction; answers when its commit returned.
    pub async fn write(&mut self, orders: &[Order]) -> Result<Instant, Failed> {
        self.writer.client.batch_execute("begin").await.map_err(|error| told(&error))?;
        for some in orders.chunks(ROWS) {
            self.writer.emit(some).await?;
        }
        self.writer.client.batch_execute("commit").await.map_err(|error| told(&error))?;
        Ok(Instant::now())
    }

    /// Waits until every row is marked.
    pub async fn wait_until_sent(&self, patience: Duration) -> Result<Instant, Failed> {
        let started = Instant::now();
        let query = "select not exists (select from outbox where published_at is null and announced_at is null)
                        and not exists (select from outbox where published_at is null and announced_at is not null)";
        let query = self.admin.prepare(query).await.map_err(|error| told(&error))?;
        while started.elapsed() < patience {
            if self.admin.query_one(&query, &[]).await.map_err(|error| told(&error))?.get(0) {
                return Ok(Instant::now());
            }
            sleep(LOOK).await;
        }
        Err(failed(format!("events are still in the outbox after {} s", patience.as_secs())))
    }

    /// Settles what writing left behind, so that it is not settled while it is measured.
    pub async fn settle(&self) -> Result<(), Failed> {
        self.admin.batch_execute("analyze outbox; checkpoint").await.map_err(|error| told(&error))
    }

    /// The server's version and what makes its commits durable.
    pub async fn server(&self) -> Result<String, Failed> {
        let query = "select format('PostgreSQL %s, fsync %s, synchronous_commit %s', current_setting('server_version'),
                            current_setting('fsync'), current_setting('synchronous_commit'))";
        Ok(self.admin.query_one(query, &[]).await.map_err(|error| told(&error))?.get(0))
    }
}

/// A connection that is set as the service sets its own.
async fn connect(url: &Url) -> Result<Client, Failed> {
    let mut config: Config = url.as_str().parse().map_err(|error| told(&error))?;
    config.options("-c search_path=distribution -c timezone=UTC");
    let (client, connection) = config.connect(NoTls).await.map_err(|error| told(&error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("the database: {}", told(&error));
        }
    });
    Ok(client)
}

/// The server's own words, which the client's error leaves to its source.
fn told(error: &tokio_postgres::Error) -> Failed {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}
