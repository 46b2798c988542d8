//! Making accounts for people and machines.
use super::permit;
use argon2::{Argon2, PasswordHasher};
use domain::{
    TerritoryCode,
    ids::FacilityId,
    policy::{Action, Role},
};
use identity_store::{read, rows, write};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, opctx::new_id};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How an account signs in.
#[derive(Clone)]
pub enum Credential {
    /// A person's password; kept as argon2id.
    Password(String),
    /// A machine's secret, 256 random bits in hexadecimal; kept as SHA-256.
    Secret(String),
}

/// An account to be made, with the organisation it acts for.
#[derive(Clone)]
pub struct NewAccount {
    /// Name to sign in with.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Home.
    pub territory: TerritoryCode,
    /// Home, for staff of a facility.
    pub facility: Option<FacilityId>,
    /// Home, for a wholesaler (`W07`) or a branch of one (`W07-03`).
    pub partner: Option<String>,
    /// Organisation's kind: `ministry`, `prefecture`, …
    pub organisation_kind: &'static str,
    /// Organisation's name.
    pub organisation_name: String,
    /// Organisation's English name.
    pub organisation_name_en: String,
    /// How it signs in.
    pub credential: Credential,
}

/// An organisation's id, the same for the same kind, place and name.
#[must_use]
pub fn organisation_id(kind: &str, territory: TerritoryCode, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("meguri/organisation/{kind}/{territory}/{name}").as_bytes())
}

pub(crate) fn hash_password(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Failure::internal)?;
    Ok(hash.to_string())
}

/// Makes those of the accounts that do not exist yet; answers how many.
///
/// # Errors
/// `auth.forbidden` unless the actor may issue accounts; the database's.
pub async fn issue_accounts(db: &Db, ctx: &OpCtx, wanted: Vec<NewAccount>) -> Result<usize> {
    let permit = permit(ctx, Action::AccountIssue)?;
    let names: Vec<String> = wanted.iter().map(|account| account.name.clone()).collect();
    let existing = read::account_names(&mut *db.read().await?, &names).await?;
    let wanted: Vec<NewAccount> = wanted.into_iter().filter(|account| !existing.contains(&account.name)).collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    // hashing a password is meant to be slow: not on a thread that others wait for
    let (organisations, accounts) =
        tokio::task::spawn_blocking(move || rows(&wanted)).await.map_err(Failure::internal)??;
    let entry = |account: &rows::Account| audit::Entry {
        target: format!("account/{}", account.name),
        cause: account.id,
        reason: None,
    };
    let entries: Vec<_> = accounts.iter().map(|account| (&permit, entry(account))).collect();
    let mut tx = Tx::begin(db, ctx, &entries).await?;
    let written = async {
        write::organisations(&mut tx, &organisations).await?;
        let ids: Vec<Uuid> = organisations.iter().map(|organisation| organisation.id).collect();
        write::accounts::adopt(&mut tx, &ids).await?;
        write::accounts(&mut tx, &accounts).await?;
        Ok(accounts.len())
    };
    let written = written.await;
    tx.finish(written).await
}

fn rows(wanted: &[NewAccount]) -> Result<(Vec<rows::Organisation>, Vec<rows::Account>)> {
    let mut organisations: Vec<rows::Organisation> = Vec::new();
    let mut accounts = Vec::new();
    for new in wanted {
        let organisation = organisation_id(new.organisation_kind, new.territory, &new.organisation_name);
        if organisations.iter().all(|known| known.id != organisation) {
            organisations.push(rows::Organisation {
                id: organisation,
                kind: new.organisation_kind.to_owned(),
                name: new.organisation_name.clone(),
                name_en: new.organisation_name_en.clone(),
                territory: new.territory.to_string(),
                parent: None,
                version: 1,
                closed_on: None,
            });
        }
        let (kind, password_hash, secret_sha256) = match &new.credential {
            Credential::Password(password) => ("person", Some(hash_password(password)?), None),
            Credential::Secret(secret) => ("service", None, Some(Sha256::digest(secret.as_bytes()).to_vec())),
        };
        accounts.push(rows::Account {
            id: new_id(),
            name: new.name.clone(),
            kind: kind.to_owned(),
            role: new.role.as_str().to_owned(),
            organisation,
            territory: new.territory.to_string(),
            facility: new.facility.map(|facility| facility.0),
            partner: new.partner.clone(),
            password_hash,
            secret_sha256,
            expires_at: None,
            disabled_at: None,
        });
    }
    Ok((organisations, accounts))
}
