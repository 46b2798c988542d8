//! Migrations: each schema's own, run as its owner, under one lock.
use crate::failure::{Failure, Result};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const REFERENCE: EmbeddedMigrations = embed_migrations!("../../migrations/reference");
const IDENTITY: EmbeddedMigrations = embed_migrations!("../../migrations/identity");
const CAPACITY: EmbeddedMigrations = embed_migrations!("../../migrations/capacity");
const ALLOCATION: EmbeddedMigrations = embed_migrations!("../../migrations/allocation");
const DISTRIBUTION: EmbeddedMigrations = embed_migrations!("../../migrations/distribution");
const RELAY: EmbeddedMigrations = embed_migrations!("../../migrations/relay");
const VIEWS: EmbeddedMigrations = embed_migrations!("../../migrations/views");
const ROLES: &str = include_str!("../../../migrations/roles.sql");
const GRANTS: &str = include_str!("../../../migrations/grants.sql");

/// Roles that log in.
pub const LOGIN_ROLES: [&str; 9] = [
    "identity_app",
    "capacity_app",
    "allocation_app",
    "distribution_app",
    "relay_app",
    "gateway",
    "gateway_views",
    "seal",
    "audit",
];

/// The password of one role: derived from the instance's secret, so that nothing more is stored.
#[must_use]
pub fn role_password(secret: &str, role: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(role.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of any length
        Err(_) => String::new(),
    }
}

/// Makes roles and schemas, runs what has not run yet in each schema, and sets the grants.
/// Idempotent; several processes may call it at once.
///
/// Needs a multi-thread runtime. `admin_url` names the instance's own database, `maintenance_url` the
/// one that all instances of the cluster share.
///
/// # Errors
/// When the database cannot be reached, or a statement fails: nothing of that statement stays.
pub async fn run(maintenance_url: &str, admin_url: &str, instance: &str, secret: &str) -> Result<Vec<String>> {
    let mut conn = connect(admin_url).await?;
    // one migration at a time in the whole cluster, since the roles belong to the cluster; advisory
    // locks belong to a database, so it is taken in the one that all share
    let mut lock = connect(maintenance_url).await?;
    lock.batch_execute("select pg_advisory_lock(hashtext('meguri-migrate'))").await?;
    let mut roles = ROLES.replace("{i}", instance);
    for role in LOGIN_ROLES {
        roles = roles.replace(&format!("{{password:{role}}}"), &role_password(secret, role));
    }
    conn.batch_execute(&format!("begin; {roles} commit")).await?;
    let mut applied = Vec::new();
    for (schema, owner, source) in [
        ("reference", "identity_owner", REFERENCE),
        ("identity", "identity_owner", IDENTITY),
        ("capacity", "capacity_owner", CAPACITY),
        ("allocation", "allocation_owner", ALLOCATION),
        ("distribution", "distribution_owner", DISTRIBUTION),
        ("relay", "relay_owner", RELAY),
        ("views", "views_owner", VIEWS),
    ] {
        let mut own = connect(admin_url).await?;
        own.batch_execute(&format!(
            "set search_path to {schema}; set role {instance}_{owner}; set lock_timeout = '5s'"
        ))
        .await?;
        let mut harness = AsyncMigrationHarness::new(own);
        let ran = tokio::task::block_in_place(|| {
            harness.run_pending_migrations(source).map(|versions| versions.len()).map_err(Failure::internal)
        })?;
        applied.push(format!("{schema}: {ran}"));
    }
    conn.batch_execute(&format!("begin; {} commit", GRANTS.replace("{i}", instance))).await?;
    lock.batch_execute("select pg_advisory_unlock(hashtext('meguri-migrate'))").await?;
    Ok(applied)
}

/// Makes the instance's database if it does not exist; answers whether it did.
///
/// # Errors
/// When the administrator's role lacks CREATEDB, or the server cannot be reached.
pub async fn create_database(maintenance_url: &str, name: &str) -> Result<bool> {
    let mut conn = connect(maintenance_url).await?;
    match conn.batch_execute(&format!("create database {name} encoding 'UTF8' template template0")).await {
        Ok(()) => Ok(true),
        Err(error) if error.to_string().contains("already exists") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Drops a database of this instance with all it holds, closing its connections.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn drop_database(maintenance_url: &str, name: &str) -> Result<()> {
    let mut conn = connect(maintenance_url).await?;
    conn.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
    Ok(())
}

async fn connect(url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url).await.map_err(|error| Failure::Unavailable(error.to_string()))
}
