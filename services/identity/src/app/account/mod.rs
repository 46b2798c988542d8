//! Accounts: issued by the level above, invited, suspended, confirmed and closed.
pub mod change;
pub mod file;
pub mod issue;
pub mod list;
pub mod redeem;

mod plan;

pub(super) use plan::stored;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Problem, error,
    ids::OrganisationId,
    issuing::Party,
    policy::{Place, Role},
};
use identity_store::{
    read,
    rows::{Organisation, accounts::NewInvitation},
};
use platform::{
    Db, Failure, OpCtx, Tx, clock::real_now, failure::Result, idempotency, idempotency::Key, one_time::OneTime,
    opctx::new_id,
};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wire::{
    account::{Invitation, Invite},
    events::NotificationRequested,
};

/// A link can be used for this long.
const LINK_HOURS: i64 = 72;
/// A code can be used for this long.
const CODE_HOURS: i64 = 24;
/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// What issuing accounts needs. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    /// Pool in the role `identity_app`.
    pub db: Db,
    /// Makes links and codes.
    pub one_time: OneTime,
}

/// Who issues.
struct Issuer {
    party: Party,
    /// None for the machine's own work.
    organisation: Option<Organisation>,
    account: Option<Uuid>,
    name: String,
}

/// The account that acts, as far as issuing goes. What a token cannot say, its row does.
async fn issuer(conn: &mut platform::db::Connection, ctx: &OpCtx) -> Result<Issuer> {
    let actor = &ctx.actor;
    let party = Party {
        role: actor.role,
        home: actor.home,
        organisation: actor.organisation,
        administrator: actor.account.0.is_nil() && actor.role == Role::Operator,
    };
    let name = actor.name.clone();
    if actor.account.0.is_nil() {
        return Ok(Issuer { party, organisation: None, account: None, name });
    }
    let administrator = match read::accounts::holder_by_id(conn, actor.account.0).await? {
        // whoever acts for another organisation issues nothing in its name
        Some(holder) => holder.administrator && holder.organisation == actor.organisation.0,
        None => false,
    };
    let organisation = read::accounts::organisations(conn, &[actor.organisation.0]).await?.into_iter().next();
    Ok(Issuer { party: Party { administrator, ..party }, organisation, account: Some(actor.account.0), name })
}

/// `account.not_administrator`, `account.may_not_issue`
fn refused(issuer: &Issuer, role: Role, home: Place) -> Problem {
    if !issuer.party.administrator {
        return Problem::new(&error::ACCOUNT_NOT_ADMINISTRATOR);
    }
    Problem::new(&error::ACCOUNT_MAY_NOT_ISSUE).with("role", role.as_str()).with("home", &place_name(home))
}

fn place_name(place: Place) -> String {
    match place {
        Place::Territory(code) => code.to_string(),
        Place::Facility(id, _) => format!("facility/{id}"),
        Place::Wholesaler(code) => code.to_string(),
        Place::Branch(code) => code.to_string(),
    }
}

fn reason_missing(reason: &str) -> Result<()> {
    let missing = reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.contains('\0');
    if missing { Err(Problem::new(&error::ALLOCATION_REASON_MISSING).into()) } else { Ok(()) }
}

/// A new invitation: what is kept of it, and what its maker is told.
fn invitation(one_time: &OneTime, account: Uuid, invite: Invite) -> (NewInvitation, Invitation) {
    let id = new_id();
    let (kind, text, hours) = match invite {
        Invite::Mail => ("link", one_time.token(id), LINK_HOURS),
        Invite::Code => ("code", one_time.code(id), CODE_HOURS),
    };
    let expires_at: DateTime<Utc> = real_now() + TimeDelta::hours(hours);
    let told =
        Invitation { invitation: id, kind: kind.to_owned(), expires_at: domain::time::rfc3339(expires_at), code: None };
    (NewInvitation { id, account, kind: kind.to_owned(), seal: one_time.seal(&text), expires_at }, told)
}

/// The code is computed whenever it is told, and stands in no row.
fn tell(one_time: &OneTime, invitation: &mut Invitation) {
    invitation.code = (invitation.kind == "code").then(|| one_time.code(invitation.invitation));
}

/// What goes out by mail names the account; whoever delivers it knows the address and makes the link.
fn notification(account: Uuid, name: &str, row: &NewInvitation, training: bool) -> NotificationRequested {
    NotificationRequested {
        notification_id: row.id,
        recipient_kind: "account".to_owned(),
        recipient: account.to_string(),
        about: format!("invitation/{}", row.id),
        topic: "account.invited".to_owned(),
        ja: format!(
            "アカウント {name} への招待です。リンクは一度だけ、{LINK_HOURS}時間以内に使えます。心当たりがなければ、発行した組織に知らせてください。"
        ),
        en: format!(
            "You are invited to the account {name}. The link can be used once, within {LINK_HOURS} hours. If you do not \
             expect this, tell the organisation that issued it."
        ),
        due_at: Some(domain::time::rfc3339(row.expires_at)),
        training,
    }
}

/// Ends the transaction; `None` means that the id was answered before. The second value tells that.
pub(super) async fn end<T: DeserializeOwned>(
    db: &Db,
    tx: Tx,
    key: &Key,
    written: Result<Option<T>>,
) -> Result<(T, bool)> {
    match written {
        Ok(Some(answer)) => Ok((tx.finish(Ok(answer)).await?, false)),
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *db.read().await?, key).await?;
            Ok((before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?, true))
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Nobody: the organisation of what the machine does by itself.
fn is_nobody(organisation: OrganisationId) -> bool {
    organisation.0.is_nil()
}
