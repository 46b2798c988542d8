//! Opening a round: what it is, its calendar, the supply, the sites and what they wish for.
use super::{
    book::{self, Grant, Kind},
    system_permit,
};
use allocation_store::{
    read,
    rows::{Round, RoundStep, Site, SupplyNotice, Wish},
    write,
};
use chrono::NaiveDate;
use domain::{BusinessDay, Problem, TerritoryCode, error, policy::Action, time::Instant};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, months, opctx::new_id};
use uuid::Uuid;

/// A round to be opened.
#[derive(Debug, Clone)]
pub struct NewRound {
    /// Made by the caller.
    pub id: Uuid,
    /// Programme's code.
    pub programme: String,
    /// Stream's code.
    pub stream: String,
    /// Product's code.
    pub product: String,
    /// Number within the product.
    pub number: i32,
    /// Pack's code; its vials and doses are those in force on the first day of delivery.
    pub pack: String,
    /// First day of delivery.
    pub delivery_from: NaiveDate,
    /// Last day of delivery.
    pub delivery_to: NaiveDate,
    /// Until when each level must have committed: nation, prefecture, municipality.
    pub due: [(&'static str, Instant); 3],
}

/// Opens a round with its calendar.
///
/// # Errors
/// `auth.forbidden`; `request.invalid_field` when no pack is in force; the database's.
pub async fn open_round(db: &Db, ctx: &OpCtx, new: NewRound) -> Result<Round> {
    let permit = system_permit(ctx, Action::RoundOpen)?;
    let from = new.delivery_from;
    let pack = read::pack_on(&mut *db.read().await?, &new.product, &new.programme, &new.pack, from).await?;
    let (pack_vials, doses_per_vial) = pack.ok_or_else(|| {
        Problem::new(&error::REQUEST_INVALID_FIELD).with("reason", "no pack of this product is in force on that day")
    })?;
    let row = Round {
        id: new.id,
        programme: new.programme,
        stream: new.stream,
        product: new.product,
        number: new.number,
        pack: new.pack,
        pack_vials,
        doses_per_vial,
        delivery_from: new.delivery_from,
        delivery_to: new.delivery_to,
        opened_at: ctx.now,
    };
    let step = |(level, due_at): (&str, Instant)| RoundStep { round_id: new.id, level: level.to_owned(), due_at };
    let steps: Vec<RoundStep> = new.due.into_iter().map(step).collect();
    let entry = audit::Entry { target: format!("round/{}", new.id), cause: new.id, reason: None };
    months::make(db, BusinessDay::at(ctx.now)).await?;
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write::round(&mut tx, &row, &steps).await;
    tx.finish(written.map(|()| row)).await
}

/// Notes `vials` as the nation's supply of a round: they enter the book. `id` is made by the caller;
/// the same notice again changes nothing.
///
/// # Errors
/// `auth.forbidden`, `allocation.round_not_found`, `allocation.amount_out_of_range`,
/// `idempotency.key_reused`; the database's.
pub async fn record_supply(db: &Db, ctx: &OpCtx, id: Uuid, round: Uuid, vials: i64) -> Result<()> {
    let permit = system_permit(ctx, Action::RoundOpen)?;
    if !(1..=ledger::AMOUNT_MAX).contains(&vials) {
        let problem = Problem::new(&error::ALLOCATION_AMOUNT).with("max", &ledger::AMOUNT_MAX.to_string());
        return Err(problem.with("value", &vials.to_string()).into());
    }
    if let Some(known) = read::supply_notice(&mut *db.read().await?, id).await? {
        let same = known.round_id == round && known.vials == vials;
        return if same { Ok(()) } else { Err(Problem::new(&error::IDEMPOTENCY_KEY_REUSED).into()) };
    }
    let entry = audit::Entry { target: format!("round/{round}"), cause: id, reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = note(&mut tx, ctx, id, round, vials).await;
    tx.finish(written).await
}

async fn note(tx: &mut Tx, ctx: &OpCtx, id: Uuid, round: Uuid, vials: i64) -> Result<()> {
    let round = super::round(tx, round).await?;
    let nation = TerritoryCode::NATION.to_string();
    write::lock_holder(tx, round.id, &nation).await?;
    write::supply_notice(tx, &SupplyNotice { id, round_id: round.id, vials, business_at: ctx.now }).await?;
    let holder = [nation.clone()];
    let account = |accounts: std::collections::HashMap<String, ledger::AccountId>| {
        accounts.get(&nation).copied().ok_or_else(|| Failure::internal("an account of the book is missing"))
    };
    let supply = account(book::accounts(tx, &round, Kind::Supply, &holder).await?)?;
    let granted = account(book::accounts(tx, &round, Kind::Granted, &holder).await?)?;
    book::post(tx, ctx, id, "supply", supply, &[Grant { recipient: nation.clone(), to: granted, vials }]).await
}

/// Registers sites and their wishes for a round; those that are there stay as they are.
///
/// # Errors
/// `auth.forbidden`; the database's.
pub async fn register_sites(db: &Db, ctx: &OpCtx, sites: &[Site], wishes: &[Wish]) -> Result<()> {
    let permit = system_permit(ctx, Action::RoundOpen)?;
    let entry = audit::Entry { target: "site".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::sites(&mut tx, sites).await?;
        write::wishes(&mut tx, wishes).await
    };
    let written = written.await;
    tx.finish(written).await
}
