//! What one transaction works on: holders locked from above, their divisions, what is due between them, and
//! the accounts; and what it will write, all at once at the end.
use super::super::{
    assign_to_sites::event,
    book::{self, Kind},
};
use allocation_store::{
    read,
    rows::{Amendment, AmendmentLine, AmendmentMove, Owed, Plan, PlanChange, PlanLine, QueuePosition, Round},
    write,
    write::amendments::Settled,
};
use domain::{TerritoryCode, plan::State, stream::Levels};
use ledger::{AccountId, Transfer};
use platform::{Failure, OpCtx, Tx, failure::Result, outbox};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;
use wire::events::{AllocationCommitted, NotificationRequested};

/// Who asks, and why: in the history of every plan that changes.
#[derive(Debug, Clone)]
pub(super) struct Cause {
    /// The request's id.
    pub id: Uuid,
    /// `amend`, `withdraw`
    pub action: &'static str,
    /// Why.
    pub reason: String,
}

/// A plan at the desk.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub plan: Plan,
    /// Its own lines, by recipient; of an assignment those that can be taken back.
    pub lines: BTreeMap<String, PlanLine>,
    /// Lines that have changed, as they were.
    before: BTreeMap<String, i64>,
    touched: bool,
}

impl Held {
    fn new(plan: Plan) -> Self {
        Self { plan, lines: BTreeMap::new(), before: BTreeMap::new(), touched: false }
    }

    pub fn is_committed(&self) -> bool {
        self.plan.state == State::Committed.as_str()
    }

    pub fn unit(&self) -> i64 {
        i64::from(self.plan.unit_vials)
    }

    /// Its version once this transaction is done.
    pub fn next_version(&self) -> i32 {
        self.plan.version + i32::from(self.touched)
    }
}

/// An end of a transfer.
pub(super) type End<'a> = (Kind, &'a str);

/// The desk.
pub(super) struct Desk<'a> {
    pub tx: &'a mut Tx,
    pub ctx: &'a OpCtx,
    pub cause: Cause,
    pub round: Round,
    pub levels: Levels,
    /// Plans by id.
    pub plans: BTreeMap<Uuid, Held>,
    /// What is still to come back in the round, oldest first.
    pub owed: Vec<Owed>,
    /// Committed amendments that are not done with, oldest first; `moved` says which of them change.
    pub waiting: Vec<Amendment>,
    pub moved: BTreeSet<Uuid>,
    /// What is not committed, by holder.
    pub open: HashMap<String, Amendment>,
    /// New amendments, and those that are none any more.
    pub made: Vec<(Amendment, Vec<AmendmentLine>)>,
    pub cancelled: Vec<Uuid>,
    pub settled: Vec<Settled>,
    pub positions: Vec<QueuePosition>,
    pub told: Vec<(Uuid, NotificationRequested)>,
    divisions: BTreeMap<String, Uuid>,
    accounts: HashMap<(Kind, String), AccountId>,
    held: HashMap<AccountId, i64>,
    chain: Vec<Transfer>,
    moves: Vec<AmendmentMove>,
}

impl<'a> Desk<'a> {
    /// Locks the holders in the order given, which must be from above, and loads their divisions and what is
    /// due in the round.
    pub async fn open(
        tx: &'a mut Tx,
        ctx: &'a OpCtx,
        cause: Cause,
        (round, levels): (Round, Levels),
        holders: &[TerritoryCode],
    ) -> Result<Self> {
        let names: Vec<String> = holders.iter().map(TerritoryCode::to_string).collect();
        for name in &names {
            write::lock_holder(tx, round.id, name).await?;
        }
        let found = read::amendments::divisions(tx, round.id, &names).await?;
        let ids: Vec<Uuid> = found.iter().map(|plan| plan.id).collect();
        let divisions = found.iter().map(|plan| (plan.holder.clone(), plan.id)).collect();
        let mut plans: BTreeMap<Uuid, Held> = found.into_iter().map(|plan| (plan.id, Held::new(plan))).collect();
        for line in read::amendments::lines_of_plans(tx, &ids).await? {
            if let Some(held) = plans.get_mut(&line.plan_id) {
                held.lines.insert(line.recipient.clone(), line);
            }
        }
        let owed = read::amendments::dues(tx, round.id).await?;
        let waiting = read::amendments::amendments_waiting(tx, round.id).await?;
        let open = read::amendments::amendments_open(tx, round.id, &names).await?;
        Ok(Self {
            tx,
            ctx,
            cause,
            round,
            levels,
            plans,
            owed,
            waiting,
            moved: BTreeSet::new(),
            open: open.into_iter().map(|row| (row.holder.clone(), row)).collect(),
            made: Vec::new(),
            cancelled: Vec::new(),
            settled: Vec::new(),
            positions: Vec::new(),
            told: Vec::new(),
            divisions,
            accounts: HashMap::new(),
            held: HashMap::new(),
            chain: Vec::new(),
            moves: Vec::new(),
        })
    }

    /// Takes the assignments of holders that were not released to the desk.
    pub async fn take_assignments(&mut self, holders: &[String]) -> Result<()> {
        if holders.is_empty() {
            return Ok(());
        }
        let (plans, lines) = read::amendments::assigned(self.tx, self.round.id, holders).await?;
        self.plans.extend(plans.into_iter().map(|plan| (plan.id, Held::new(plan))));
        for line in lines {
            if let Some(held) = self.plans.get_mut(&line.plan_id) {
                held.lines.insert(line.recipient.clone(), line);
            }
        }
        Ok(())
    }

    /// Locks all accounts that this transaction can touch: those of the holders, opened for `getters` where
    /// they have none yet, and of the sites.
    pub async fn take_accounts(
        &mut self,
        holders: &[TerritoryCode],
        getters: &[String],
        sites: &[String],
    ) -> Result<()> {
        let mut names: Vec<String> = holders.iter().map(TerritoryCode::to_string).collect();
        let granted = book::accounts(self.tx, &self.round, Kind::Granted, getters).await?;
        self.accounts.extend(granted.into_iter().map(|(holder, account)| ((Kind::Granted, holder), account)));
        for kind in [Kind::Supply, Kind::Reserve, Kind::Granted] {
            if kind == Kind::Granted {
                names.extend(sites.iter().cloned());
            }
            let rows = read::accounts(self.tx, self.round.id, kind.as_str(), &names).await?;
            self.accounts.extend(rows.into_iter().map(|row| ((kind, row.holder), AccountId(row.account_id))));
        }
        let ids: Vec<AccountId> = self.accounts.values().copied().collect();
        let balances = ledger::lock(self.tx, &ids).await?;
        self.held = balances.into_iter().map(|balance| (balance.account, balance.available())).collect();
        Ok(())
    }

    /// The division of a holder, if it has one.
    pub fn division(&self, holder: &str) -> Option<&Held> {
        self.divisions.get(holder).and_then(|id| self.plans.get(id))
    }

    /// What an account has left, vials; nothing where it was never opened.
    pub fn left(&self, (kind, holder): End<'_>) -> i64 {
        let account = self.accounts.get(&(kind, holder.to_owned()));
        account.and_then(|account| self.held.get(account)).copied().unwrap_or(0)
    }

    /// Units of a line that will stay once all that is due has come back.
    pub fn effective(&self, plan: Uuid, recipient: &str) -> i64 {
        let units = self.plans.get(&plan).and_then(|held| held.lines.get(recipient)).map_or(0, |line| line.units);
        units - self.due_of(plan, recipient)
    }

    /// What a holder owes to the level above, vials; on the first level, what is to leave the supply.
    pub fn owes(&self, holder: &str) -> i64 {
        let to_above = self.owed.iter().filter(|owed| owed.recipient == holder);
        let to_above: i64 = to_above.map(|owed| owed.units * i64::from(owed.unit_vials)).sum();
        let leaving = self.waiting.iter().filter(|row| row.holder == holder);
        to_above + leaving.map(|row| row.withdrawn_vials - row.left_vials).sum::<i64>()
    }

    fn due_of(&self, plan: Uuid, recipient: &str) -> i64 {
        let own = self.owed.iter().filter(|owed| owed.plan_id == plan && owed.recipient == recipient);
        own.map(|owed| owed.units).sum()
    }

    /// Moves vials; `line` is the plan's line that they belong to.
    ///
    /// # Errors
    /// `allocation.over_supply` when there are not so many.
    pub fn carry(
        &mut self,
        (from_kind, from): End<'_>,
        (to_kind, to): End<'_>,
        vials: i64,
        line: Option<(Uuid, &str)>,
        amendment: Option<Uuid>,
    ) -> Result<()> {
        if vials == 0 {
            return Ok(());
        }
        let left = self.left((from_kind, from));
        if vials > left {
            return Err(book::over_supply(from, left, vials).into());
        }
        let account = |kind: Kind, holder: &str| {
            let found = self.accounts.get(&(kind, holder.to_owned())).copied();
            found.ok_or_else(|| Failure::internal("an account of the book is missing"))
        };
        let (debit, credit) = (account(from_kind, from)?, account(to_kind, to)?);
        let name = format!("{}/{}/{from}/{}/{to}", self.moves.len(), from_kind.as_str(), to_kind.as_str());
        let id = Uuid::new_v5(&self.cause.id, name.as_bytes());
        self.chain.push(Transfer::post(id, debit, credit, vials));
        *self.held.entry(debit).or_default() -= vials;
        *self.held.entry(credit).or_default() += vials;
        self.moves.push(AmendmentMove {
            id,
            round_id: self.round.id,
            amendment_id: amendment,
            plan_id: line.map(|(plan, _)| plan),
            recipient: line.map(|(_, recipient)| recipient.to_owned()),
            giver_kind: from_kind.as_str().to_owned(),
            giver: from.to_owned(),
            getter_kind: to_kind.as_str().to_owned(),
            getter: to.to_owned(),
            vials,
            cause_id: self.cause.id,
            business_at: self.ctx.now,
        });
        Ok(())
    }

    /// Marks a plan as changed: it gets a new version.
    pub fn touch(&mut self, plan: Uuid) {
        if let Some(held) = self.plans.get_mut(&plan) {
            held.touched = true;
        }
    }

    /// Changes a line by `units`.
    pub fn shift(&mut self, plan: Uuid, recipient: &str, units: i64) -> Result<()> {
        let missing = || Failure::internal(format!("plan {plan} has no line {recipient}"));
        let held = self.plans.get_mut(&plan).ok_or_else(missing)?;
        let line = held.lines.get_mut(recipient).ok_or_else(missing)?;
        held.before.entry(recipient.to_owned()).or_insert(line.units);
        line.units += units;
        held.touched = true;
        Ok(())
    }

    /// Takes vials that were assigned to a site back.
    pub fn unassign(&mut self, plan: Uuid, site: &str, vials: i64, amendment: Option<Uuid>) -> Result<()> {
        let holder = self.plans.get(&plan).map(|held| held.plan.holder.clone()).unwrap_or_default();
        self.carry((Kind::Granted, site), (Kind::Granted, &holder), vials, Some((plan, site)), amendment)?;
        self.shift(plan, site, -vials)?;
        if let Some(line) = self.plans.get_mut(&plan).and_then(|held| held.lines.get_mut(site))
            && line.units == 0
        {
            "withdrawn".clone_into(&mut line.state);
        }
        Ok(())
    }

    /// Posts the chain and writes everything that has changed, with its history and events.
    pub async fn finish(mut self) -> Result<&'a mut Tx> {
        if !self.chain.is_empty() {
            ledger::post(self.tx, self.ctx, &self.chain).await?;
        }
        self.amendments().await?;
        write::amendments::moves(self.tx, &self.moves).await?;
        let touched: Vec<&Held> = self.plans.values().filter(|held| held.touched).collect();
        let plans: Vec<_> = touched.iter().map(|held| (held.plan.id, held.next_version(), self.supply(held))).collect();
        let (mut lines, mut history) = (Vec::new(), Vec::new());
        for held in &touched {
            history.extend(self.history(held));
            let changed = held.before.keys().filter_map(|recipient| held.lines.get(recipient));
            lines.extend(changed.map(|line| (line.plan_id, line.recipient.clone(), line.units, line.state.clone())));
        }
        let mut events = Vec::new();
        for held in touched.into_iter().filter(|held| held.is_committed()) {
            events.push((Uuid::new_v5(&self.cause.id, held.plan.id.as_bytes()), self.event(held)));
        }
        // an assignment has more lines than those at the desk
        self.complete(&mut events, &lines).await?;
        write::amendments::touched_plans(self.tx, &plans).await?;
        write::amendments::amended_lines(self.tx, &lines).await?;
        write::changes(self.tx, &history).await?;
        write::amendments::settle(self.tx, &self.settled).await?;
        write::amendments::queue_positions(self.tx, &self.positions).await?;
        outbox::emit_all(self.tx, self.ctx, &events).await?;
        self.told.sort_by_key(|(id, _)| *id);
        outbox::emit_all(self.tx, self.ctx, &self.told).await?;
        Ok(self.tx)
    }

    async fn amendments(&mut self) -> Result<()> {
        write::amendments::cancel(self.tx, &self.cancelled, self.ctx.now).await?;
        let mut new = BTreeSet::new();
        for (row, _) in &mut self.made {
            // one that is committed in the same breath
            if let Some(now) = self.waiting.iter().find(|waiting| waiting.id == row.id) {
                row.clone_from(now);
            }
            row.plan_version = row.plan_id.and_then(|plan| self.plans.get(&plan)).map(Held::next_version);
            new.insert(row.id);
        }
        write::amendments::amendments(self.tx, &self.made).await?;
        // one or two: of the holder, and of whoever wanted units back
        for row in self.waiting.iter().filter(|row| self.moved.contains(&row.id) && !new.contains(&row.id)) {
            write::amendments::move_amendment(self.tx, row).await?;
        }
        Ok(())
    }

    /// What a plan's holder has in all: its lines, its reserve, and what it has not given. For an assignment
    /// what it was made of stays.
    fn supply(&self, held: &Held) -> i64 {
        let holder = held.plan.holder.as_str();
        if self.divisions.get(holder) != Some(&held.plan.id) {
            return held.plan.supply_vials;
        }
        let left = self.left((Kind::Granted, holder));
        if !held.is_committed() {
            return left;
        }
        let lines: i64 = held.lines.values().map(|line| line.units.saturating_mul(held.unit())).sum();
        lines + left + self.left((Kind::Reserve, holder))
    }

    fn history(&self, held: &Held) -> Vec<PlanChange> {
        let change = |line: Option<(&String, i64, i64)>| PlanChange {
            id: self.cause.id,
            plan_id: held.plan.id,
            version: held.next_version(),
            action: self.cause.action.to_owned(),
            recipient: line.map(|(recipient, ..)| recipient.clone()),
            units_before: line.map(|(_, before, _)| before),
            units_after: line.map(|(.., after)| after),
            reason: Some(self.cause.reason.clone()),
            actor_name: self.ctx.actor.name.clone(),
            business_at: self.ctx.now,
        };
        let lines = held.before.iter().filter_map(|(recipient, before)| {
            let after = held.lines.get(recipient)?.units;
            (after != *before).then(|| change(Some((recipient, *before, after))))
        });
        let lines: Vec<PlanChange> = lines.collect();
        if lines.is_empty() { vec![change(None)] } else { lines }
    }

    fn event(&self, held: &Held) -> AllocationCommitted {
        let lines: Vec<PlanLine> = held.lines.values().cloned().collect();
        event(&held.plan, &lines)
    }

    /// The events of assignments, with the lines that were released before.
    async fn complete(
        &mut self,
        events: &mut [(Uuid, AllocationCommitted)],
        changed: &[write::amendments::Amended],
    ) -> Result<()> {
        let divisions: Vec<Uuid> = self.divisions.values().copied().collect();
        let ids: Vec<Uuid> =
            events.iter().map(|(_, event)| event.plan_id).filter(|id| !divisions.contains(id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut lines = read::amendments::lines_of_plans(self.tx, &ids).await?;
        let now: HashMap<(Uuid, &str), i64> =
            changed.iter().map(|(plan, recipient, units, _)| ((*plan, recipient.as_str()), *units)).collect();
        for line in &mut lines {
            line.units = now.get(&(line.plan_id, line.recipient.as_str())).copied().unwrap_or(line.units);
        }
        for (_, told) in events.iter_mut().filter(|(_, event)| ids.contains(&event.plan_id)) {
            if let Some(held) = self.plans.get(&told.plan_id) {
                let own: Vec<PlanLine> = lines.iter().filter(|line| line.plan_id == told.plan_id).cloned().collect();
                *told = event(&held.plan, &own);
            }
        }
        Ok(())
    }
}
