//! Opening a round: what it is, its calendar, the supply, the sites and what they wish for.
use super::{
    amend,
    book::{self, Grant, Kind},
    system_permit, wrong_level, wrong_site,
};
use allocation_store::{
    read,
    rows::{Round, RoundStep, Site, SupplyNotice, Wish},
    write,
};
use chrono::NaiveDate;
use domain::{
    BusinessDay, Problem, TerritoryCode, error, plan::OnLate, policy::Action, territory::Tier, time::Instant,
};
use ledger::AccountId;
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, months, opctx::new_id};
use std::collections::BTreeMap;
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
    /// Number within the product and stream.
    pub number: i32,
    /// Pack's code; its vials and doses are those in force on the first day of delivery.
    pub pack: String,
    /// First day of delivery.
    pub delivery_from: NaiveDate,
    /// Last day of delivery.
    pub delivery_to: NaiveDate,
    /// What is expected of each territorial level of the stream.
    pub calendar: BTreeMap<Tier, Expected>,
}

/// Longest time for objections, hours: a year.
const OBJECTION_HOURS_MAX: i32 = 8_784;

/// What is expected of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Until when it must have committed.
    pub due: Instant,
    /// How long those below may object to what it has handed in, hours; 0: they are not asked.
    pub objection_hours: i32,
    /// What becomes of its plan when it is late.
    pub on_late: OnLate,
}

impl Expected {
    /// Due then; those below are not asked, and what is late waits.
    #[must_use]
    pub fn by(due: Instant) -> Self {
        Self { due, objection_hours: 0, on_late: OnLate::Wait }
    }
}

/// Opens a round with its calendar.
///
/// # Errors
/// `auth.forbidden`; `request.invalid_field` when there is no such stream, when the calendar has other
/// levels than it or more hours for objections than a year has, and when no pack is in force; the
/// database's.
pub async fn open_round(db: &Db, ctx: &OpCtx, new: NewRound) -> Result<Round> {
    let permit = system_permit(ctx, Action::RoundOpen)?;
    let from = new.delivery_from;
    let invalid = |reason: &str| Problem::new(&error::REQUEST_INVALID_FIELD).with("reason", reason);
    let stream = read::stream(&mut *db.read().await?, &new.programme, &new.stream).await?;
    let levels = super::levels(&new.stream, &stream.ok_or_else(|| invalid("there is no such stream"))?.levels)?;
    if !new.calendar.keys().eq(levels.tiers()) {
        return Err(invalid("the calendar has a step for each level of the stream, and no others").into());
    }
    if new.calendar.values().any(|step| !(0..=OBJECTION_HOURS_MAX).contains(&step.objection_hours)) {
        return Err(invalid("objections may be made for 0 to 8784 hours").into());
    }
    let pack = read::pack_on(&mut *db.read().await?, &new.product, &new.programme, &new.pack, from).await?;
    let (pack_vials, doses_per_vial) =
        pack.ok_or_else(|| invalid("no pack of this product is in force on that day"))?;
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
    let step = |(level, expected): (Tier, Expected)| RoundStep {
        round_id: new.id,
        level: level.as_str().to_owned(),
        due_at: expected.due,
        objection_hours: expected.objection_hours,
        on_late: expected.on_late.as_str().to_owned(),
    };
    let steps: Vec<RoundStep> = new.calendar.into_iter().map(step).collect();
    let entry = audit::Entry { target: format!("round/{}", new.id), cause: new.id, reason: None };
    months::make(db, BusinessDay::at(ctx.now)).await?;
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write::round(&mut tx, &row, &steps).await;
    tx.finish(written.map(|()| row)).await
}

/// Supply to be noted for a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSupply {
    /// Made by the caller: the same notice again changes nothing.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Who has it: the nation, or whoever stands first in the round's stream.
    pub holder: TerritoryCode,
    /// Vials.
    pub vials: i64,
}

/// Notes vials as supply of a round: they enter the book at their holder.
///
/// # Errors
/// `auth.forbidden`, `allocation.round_not_found`, `allocation.amount_out_of_range`,
/// `allocation.wrong_level` when the holder does not stand first in the round's stream,
/// `idempotency.key_reused`; the database's.
pub async fn record_supply(db: &Db, ctx: &OpCtx, new: NewSupply) -> Result<()> {
    let permit = system_permit(ctx, Action::RoundOpen)?;
    if !(1..=ledger::AMOUNT_MAX).contains(&new.vials) {
        let problem = Problem::new(&error::ALLOCATION_AMOUNT).with("max", &ledger::AMOUNT_MAX.to_string());
        return Err(problem.with("value", &new.vials.to_string()).into());
    }
    if let Some(known) = read::supply_notice(&mut *db.read().await?, new.id).await? {
        let given = (new.round, new.holder.to_string(), new.vials);
        let same = (known.round_id, known.holder, known.vials) == given;
        return if same { Ok(()) } else { Err(Problem::new(&error::IDEMPOTENCY_KEY_REUSED).into()) };
    }
    let entry = audit::Entry { target: format!("round/{}", new.round), cause: new.id, reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = note(&mut tx, ctx, new).await;
    tx.finish(written).await
}

async fn note(tx: &mut Tx, ctx: &OpCtx, new: NewSupply) -> Result<()> {
    let NewSupply { id, vials, .. } = new;
    let (round, levels) = super::round_with_levels(tx, new.round).await?;
    if new.holder.tier() != levels.first() {
        return Err(wrong_level(&round, &levels, new.holder).into());
    }
    let holder = new.holder.to_string();
    write::lock_holder(tx, round.id, &holder).await?;
    let notice = SupplyNotice { id, round_id: round.id, holder: holder.clone(), vials, business_at: ctx.now };
    write::supply_notice(tx, &notice).await?;
    let supply = account(tx, &round, Kind::Supply, &holder).await?;
    let granted = account(tx, &round, Kind::Granted, &holder).await?;
    book::post(tx, ctx, id, "supply", supply, &[Grant { recipient: holder, to: granted, vials }]).await?;
    amend::noted(tx, ctx, id, (round, levels), new.holder).await
}

/// A holder's account, opened if it is not there yet.
async fn account(tx: &mut Tx, round: &Round, kind: Kind, holder: &str) -> Result<AccountId> {
    let accounts = book::accounts(tx, round, kind, &[holder.to_owned()]).await?;
    accounts.get(holder).copied().ok_or_else(|| Failure::internal("an account of the book is missing"))
}

/// Registers sites and their wishes for a round; those that are there stay as they are.
///
/// # Errors
/// `auth.forbidden`; `allocation.wrong_site_for_stream` for the wish of a site whose kind takes no part in
/// the round's stream; the database's.
pub async fn register_sites(db: &Db, ctx: &OpCtx, sites: &[Site], wishes: &[Wish]) -> Result<()> {
    let permit = system_permit(ctx, Action::RoundOpen)?;
    let entry = audit::Entry { target: "site".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::sites(&mut tx, sites).await?;
        write::wishes(&mut tx, wishes).await?;
        let (rounds, sites): (Vec<Uuid>, Vec<Uuid>) = wishes.iter().map(|wish| (wish.round_id, wish.site_id)).unzip();
        match read::programmes::astray(&mut tx, &rounds, &sites).await? {
            Some(found) => Err(wrong_site(&found.site_id.to_string(), &found.kind, &found.stream).into()),
            None => Ok(()),
        }
    };
    let written = written.await;
    tx.finish(written).await
}
