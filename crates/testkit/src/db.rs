//! A database per test, cloned from a migrated and seeded template in about a tenth of a second.
use devstack::{Instance, Options, Stack};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use meguri::{home::Home, seed};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A test's own database; dropped with the test.
pub struct TestDb {
    /// The instance that lives in it.
    pub home: Home,
    maintenance_url: String,
}

/// The servers of instance `test`, started if they are not there.
fn stack() -> Stack {
    let instance = Instance::parse("test").expect("the name is well formed");
    let mut said = Vec::new();
    let stack = devstack::up(&instance, &Options::from_env().fast(), &mut |line| said.push(line.to_owned()));
    stack.unwrap_or_else(|error| panic!("no servers to test on: {error}; {said:?}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A digest of all that decides what the template holds.
fn fingerprint() -> String {
    let mut files = Vec::new();
    let mut folders = vec![root().join("migrations"), root().join("services/identity/facts")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the checkout") {
            let path = entry.expect("a folder of the checkout").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.push(root().join("services/meguri/src/seed.rs"));
    files.sort();
    let mut hash = Sha256::new();
    for path in files {
        hash.update(path.to_string_lossy().as_bytes());
        hash.update(std::fs::read(path).expect("a file of the checkout"));
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap_or_else(|error| panic!("PostgreSQL of instance test: {error}"))
}

/// Makes the template unless it is there. One process makes it, the others wait.
async fn template(stack: &Stack) -> String {
    #[derive(diesel::QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    let name = format!("meguri_template_{}", fingerprint());
    let mut conn = connect(&stack.database_url).await;
    conn.batch_execute("select pg_advisory_lock(hashtext('meguri-template'))").await.expect("the lock");
    let found: Found = diesel::sql_query("select exists (select from pg_database where datname = $1) as found")
        .bind::<diesel::sql_types::Text, _>(&name)
        .get_result(&mut conn)
        .await
        .expect("the list of databases");
    if !found.found {
        let draft = format!("{name}_draft");
        let home = Home::of(stack.clone(), &draft);
        home.drop_database().await.expect("an older draft is dropped");
        home.migrate().await.expect("the template is migrated");
        seed::seed(&home, true).await.expect("the template is seeded");
        let close = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{draft}'");
        conn.batch_execute(&close).await.expect("the draft is closed");
        conn.batch_execute(&format!("alter database {draft} rename to {name}")).await.expect("the template is named");
    }
    conn.batch_execute("select pg_advisory_unlock(hashtext('meguri-template'))").await.expect("the lock");
    name
}

impl TestDb {
    /// A new database, migrated and seeded as a training instance: territories, personas, proxies,
    /// the clock at 12:30 of 2021-04-05. No facility yet.
    pub async fn new() -> Self {
        let stack = stack();
        let template = template(&stack).await;
        let name = format!("meguri_t_{}", platform::opctx::new_id().simple());
        let mut conn = connect(&stack.database_url).await;
        let clone = format!("create database {name} template {template} strategy wal_log");
        conn.batch_execute(&clone).await.expect("the template is cloned");
        let db = Self { maintenance_url: stack.database_url.clone(), home: Home::of(stack, &name) };
        // the template's clock has run since it was made; each test begins at 12:30
        db.sql("update reference.clock set real_start = now()").await;
        db
    }

    /// Runs SQL as the administrator: for planting faults and looking behind the curtain.
    pub async fn sql(&self, sql: &str) {
        let mut conn = connect(&self.home.admin_url().expect("a URL")).await;
        conn.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Does the database refuse this to a role, since it may not do it, or only reads?
    pub async fn refuses(&self, role: &str, sql: &str) -> bool {
        let mut conn = connect(&self.home.role_url(role).expect("a URL")).await;
        let refused = conn.batch_execute(sql).await.map_err(|error| error.to_string());
        refused.is_err_and(|error| error.contains("permission denied") || error.contains("read-only"))
    }

    /// One whole number, asked for as the administrator.
    pub async fn number(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let mut conn = connect(&self.home.admin_url().expect("a URL")).await;
        let sql = format!("select ({sql})::bigint as number");
        let row: Row =
            diesel::sql_query(&sql).get_result(&mut conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        row.number
    }

    /// Rows as JSON objects, asked for as the administrator.
    pub async fn rows(&self, sql: &str) -> Vec<serde_json::Value> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            rows: String,
        }
        let mut conn = connect(&self.home.admin_url().expect("a URL")).await;
        let sql = format!("select coalesce(json_agg(row_to_json(t)), '[]')::text as rows from ({sql}) as t");
        let row: Row =
            diesel::sql_query(&sql).get_result(&mut conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        serde_json::from_str(&row.rows).expect("PostgreSQL writes JSON")
    }

    /// One text, asked for as the administrator.
    pub async fn text(&self, sql: &str) -> String {
        let rows = self.rows(&format!("select ({sql})::text as text")).await;
        let text = rows.into_iter().find_map(|row| Some(row.get("text")?.as_str()?.to_owned()));
        text.unwrap_or_else(|| panic!("no answer: {sql}"))
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (url, name) = (self.maintenance_url.clone(), self.home.database().to_owned());
        // a destructor cannot wait on the test's runtime; a thread of its own can
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(platform::migrate::drop_database(&url, &name));
            }
        });
        let _ = dropping.join();
    }
}
