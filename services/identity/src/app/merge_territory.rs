//! Merging municipalities on a day.
use super::{
    check_text, checked, invalid,
    outcome::{Ended, Outcome, answered, end, taken},
};
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode, error,
    policy::{Action, Place, decide},
    territory::Tier,
};
use identity_store::{read, write};
use platform::{Db, OpCtx, Tx, audit, failure::Result, idempotency::Key};
use wire::reach::{MergeTerritory, TerritoryMerged};

const OPERATION: &str = "merge_territory";

/// Merges a municipality into another one of its prefecture from a day on. From then its accounts are
/// strangers, and what was its own is the other's; its figures keep its code.
///
/// # Errors
/// `auth.forbidden`, `territory.not_found`, `request.invalid` with what is wrong (`territory.cannot_merge`,
/// `time.day_passed`), `territory.already_merged`.
pub async fn merge_territory(
    db: &Db,
    ctx: &OpCtx,
    code: TerritoryCode,
    request: MergeTerritory,
) -> Result<Outcome<TerritoryMerged>> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    let permit = decide(&ctx.actor, Action::TerritoryMerge, Place::Territory(code))
        .map_err(|denied| denied.or_missing(forbidden()))?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &(code, &request))?;
    check(code, &request, BusinessDay::at(ctx.now))?;
    let entry =
        audit::Entry { target: format!("territory/{code}"), cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, &key, code, &request).await;
    end(db, tx, &key, written).await
}

fn check(code: TerritoryCode, request: &MergeTerritory, today: BusinessDay) -> Result<()> {
    let mut errors: Vec<FieldError> = check_text(&request.reason, "reason").into_iter().collect();
    let is_pair = code != request.into
        && code.prefecture() == request.into.prefecture()
        && [code, request.into].iter().all(|code| code.tier() == Tier::Municipality);
    if !is_pair {
        let error = FieldError::new("into", &error::TERRITORY_CANNOT_MERGE).with("code", &code.to_string());
        errors.push(error.with("into", &request.into.to_string()));
    }
    if request.on < today {
        errors.push(invalid("on", "today or later"));
    }
    checked(errors)
}

async fn write_all(
    tx: &mut Tx,
    key: &Key,
    code: TerritoryCode,
    request: &MergeTerritory,
) -> Result<Ended<TerritoryMerged>> {
    write::reach::lock(tx).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let codes = [code.to_string(), request.into.to_string()];
    let found = read::reach::mergings(tx, &codes).await?;
    for code in &codes {
        let missing = || Problem::new(&error::TERRITORY_NOT_FOUND).with("code", code);
        let row = found.iter().find(|row| row.code == *code).ok_or_else(missing)?;
        if let (Some(into), Some(on)) = (&row.merged_into, row.merged_on) {
            let problem = Problem::new(&error::TERRITORY_MERGED).with("code", code).with("into", into);
            return Err(problem.with("on", &on.to_string()).into());
        }
    }
    write::reach::merge(tx, &codes[0], &codes[1], request.on.date()).await?;
    let merged =
        TerritoryMerged { territory: code, into: request.into, on: request.on, position: tx.position().to_string() };
    answered(tx, key, merged).await
}
