//! What an amendment does to those right below: an amendment of their own, a new draft, a word to their officers.
use super::{
    super::book::Kind,
    HOURS_DEFAULT, above,
    desk::{Cause, Desk, Held},
    engine::{self, Computed, Facts},
};
use allocation_store::rows::{Amendment, AmendmentLine, Round};
use chrono::TimeDelta;
use domain::{TerritoryCode, stream::Levels, time::rfc3339};
use platform::{OpCtx, Tx, failure::Result};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::events::NotificationRequested;

/// More supply was noted at a holder. If its division is committed, what the queue makes of it is proposed to
/// its officers; until they commit it, it stays in the account.
pub(in super::super) async fn noted(
    tx: &mut Tx,
    ctx: &OpCtx,
    notice: Uuid,
    round: (Round, Levels),
    holder: TerritoryCode,
) -> Result<()> {
    let reason = "供給が加わりました / more supply was noted".to_owned();
    let cause = Cause { id: notice, action: "amend", reason };
    let mut desk = Desk::open(tx, ctx, cause, round, &[holder]).await?;
    let name = holder.to_string();
    let Some(plan) = desk.division(&name).filter(|held| held.is_committed()).map(|held| held.plan.id) else {
        return Ok(());
    };
    // what an officer is working on, or waits for, comes first
    let busy = desk.open.get(&name).is_some_and(|row| row.origin != "noted");
    if busy || desk.waiting.iter().any(|row| row.holder == name) {
        return Ok(());
    }
    desk.take_accounts(&[holder], &[], &[]).await?;
    let facts = Facts::load(&mut desk, &[plan]).await?;
    desk.refresh(&facts, holder, "noted", HOURS_DEFAULT);
    desk.finish().await?;
    Ok(())
}

impl Desk<'_> {
    /// Makes the amendment that a holder owes, or is owed, of what stands in its account: in place of one that
    /// was not committed yet. Of who assigns to sites its assignments must be at the desk.
    pub fn refresh(&mut self, facts: &Facts, holder: TerritoryCode, origin: &str, hours: i32) {
        let name = holder.to_string();
        if let Some(open) = self.open.remove(&name) {
            self.cancelled.push(open.id);
        }
        let id = Uuid::new_v5(&self.cause.id, format!("{origin}/{name}").as_bytes());
        let made = match self.division(&name).filter(|held| held.is_committed()) {
            Some(held) => self.for_division(facts, held, id),
            None if holder.tier() == self.levels.last() => self.for_assignments(&name, id),
            None => None,
        };
        let Some((mut row, lines)) = made else { return };
        origin.clone_into(&mut row.origin);
        row.hours = hours;
        if origin == "above" {
            row.deadline = Some(self.ctx.now + TimeDelta::hours(i64::from(hours)));
            // a shortfall below is seen when everything else has come back
            let waits = row.shortfall_units > 0 && row.plan_id.is_some();
            if waits { "overcommitted" } else { "pending" }.clone_into(&mut row.state);
        }
        self.open.insert(name, row.clone());
        self.made.push((row, lines));
    }

    fn for_division(&self, facts: &Facts, held: &Held, id: Uuid) -> Option<(Amendment, Vec<AmendmentLine>)> {
        let (name, unit) = (held.plan.holder.as_str(), held.unit());
        let (free, owes) = (self.left((Kind::Granted, name)), self.owes(name));
        let change = (free - owes).div_euclid(unit);
        if change == 0 {
            return None;
        }
        let computed = facts.amend(self, held, change, &BTreeMap::new());
        if computed.amended.moved == 0 && computed.amended.shortfall == 0 {
            return None;
        }
        Some((self.row(id, held, &computed), computed.rows(id, held.plan.id)))
    }

    fn for_assignments(&self, name: &str, id: Uuid) -> Option<(Amendment, Vec<AmendmentLine>)> {
        let wanted = self.owes(name) - self.left((Kind::Granted, name));
        if wanted <= 0 {
            return None;
        }
        let (lines, before, missing) = engine::assignments(self, name, id, wanted);
        let mut row = self.bare(id, name);
        (row.units_before, row.units_after, row.shortfall_units) = (before, before - (wanted - missing), missing);
        Some((row, lines))
    }

    /// A proposal for a division.
    pub fn row(&self, id: Uuid, held: &Held, computed: &Computed) -> Amendment {
        let shortfall = computed.amended.shortfall;
        let reserve = self.left((Kind::Reserve, &held.plan.holder)).div_euclid(held.unit());
        let choices = if shortfall > 0 { computed.choices(reserve) } else { Vec::new() };
        Amendment {
            plan_id: Some(held.plan.id),
            plan_version: Some(held.next_version()),
            unit_vials: held.plan.unit_vials,
            units_before: computed.before,
            units_after: computed.after(),
            kept_units: computed.amended.kept,
            shortfall_units: shortfall,
            choices: json!(choices),
            positions: computed.positions(),
            ..self.bare(id, &held.plan.holder)
        }
    }

    /// A proposal of the service's, without lines.
    pub fn bare(&self, id: Uuid, holder: &str) -> Amendment {
        Amendment {
            id,
            round_id: self.round.id,
            holder: holder.to_owned(),
            plan_id: None,
            origin: "noted".to_owned(),
            state: "proposed".to_owned(),
            version: 1,
            plan_version: None,
            unit_vials: 1,
            units_before: 0,
            units_after: 0,
            kept_units: 0,
            shortfall_units: 0,
            choices: json!([]),
            choice: None,
            positions: json!([]),
            withdrawn_vials: 0,
            left_vials: 0,
            hours: HOURS_DEFAULT,
            deadline: None,
            reason: self.cause.reason.clone(),
            actor: Uuid::nil(),
            actor_name: "allocation".to_owned(),
            training: self.ctx.training,
            business_at: self.ctx.now,
            committed_at: None,
            carried: false,
            ended_at: None,
        }
    }

    /// What a change of `units` of its line does to who stands below: `moved` of them have moved already.
    pub fn below(
        &mut self,
        facts: &Facts,
        amendment: &Amendment,
        child: TerritoryCode,
        units: i64,
        moved: i64,
    ) -> Result<()> {
        let name = child.to_string();
        let draft = self.division(&name).filter(|held| !held.is_committed()).map(|held| held.plan.id);
        if let Some(plan) = draft {
            self.redraft(facts, plan, moved)?;
        } else {
            self.refresh(facts, child, "above", amendment.hours);
        }
        self.tell(&name, amendment, units);
        Ok(())
    }

    /// A division that is not committed yet is drafted anew, by the queue from where it stands, and must be
    /// handed in again: its supply is another.
    fn redraft(&mut self, facts: &Facts, plan: Uuid, change: i64) -> Result<()> {
        let Some(held) = self.plans.get(&plan) else { return Ok(()) };
        let computed = facts.amend(self, held, change, &BTreeMap::new());
        for line in computed.amended.lines.iter().filter(|line| line.before != line.after) {
            self.shift(plan, &line.code, line.after - line.before)?;
        }
        self.positions.extend(engine::positions(plan, &computed.positions())?);
        self.touch(plan);
        Ok(())
    }

    /// A word to the officers of who stands below.
    fn tell(&mut self, child: &str, amendment: &Amendment, units: i64) {
        let id = Uuid::new_v5(&self.cause.id, format!("tell/{child}").as_bytes());
        let open = self.open.get(child);
        let vials = units.saturating_mul(i64::from(amendment.unit_vials));
        let (product, number) = (&self.round.product, self.round.number);
        let (word_ja, word_en) = if units < 0 { ("減り", "fewer") } else { ("増え", "more") };
        let (size, reason) = (vials.saturating_abs(), &amendment.reason);
        let own_ja = if open.is_some() { "ご自身の計画の変更案ができています。" } else { "" };
        let own_en = if open.is_some() { " An amendment of your own plan is waiting for you." } else { "" };
        let told = NotificationRequested {
            notification_id: id,
            recipient_kind: "territory".to_owned(),
            recipient: child.to_owned(),
            about: format!("amendment/{}", open.map_or(amendment.id, |row| row.id)),
            topic: "allocation.amended".to_owned(),
            ja: format!("{product} 第{number}クール: 割当てが{size}バイアル{word_ja}ました。{own_ja}理由: {reason}"),
            en: format!("{product}, round {number}: {size} vials {word_en} for you.{own_en} Reason: {reason}"),
            due_at: open.and_then(|row| row.deadline).map(rfc3339),
            training: self.ctx.training,
        };
        self.told.push((id, told));
    }

    /// What is missing at who assigns to sites makes the amendment of the level above overcommitted: its officer
    /// chooses where it comes from.
    pub async fn short(&mut self, holder: TerritoryCode) -> Result<()> {
        let name = holder.to_string();
        let mut short: BTreeMap<Uuid, (Uuid, i64)> = BTreeMap::new();
        for owed in self.owed.iter().filter(|owed| owed.recipient == name && owed.units > 0) {
            short.entry(owed.amendment_id).or_insert((owed.plan_id, 0)).1 += owed.units;
        }
        let Some(upper) = above(&self.levels, holder) else { return Ok(()) };
        for (id, (plan, units)) in short {
            // one as a rule: the level above has one amendment at a time
            let facts = Facts::load(self, &[plan]).await?;
            let Some(held) = self.plans.get(&plan) else { continue };
            let reserve = self.left((Kind::Reserve, &held.plan.holder)).div_euclid(held.unit());
            let choices = facts.amend(self, held, 0, &BTreeMap::new()).choices(reserve);
            let Some(row) = self.waiting.iter_mut().find(|row| row.id == id) else { continue };
            "overcommitted".clone_into(&mut row.state);
            row.version += 1;
            row.shortfall_units += units;
            row.choices = json!(choices);
            self.moved.insert(id);
            let row = row.clone();
            // in the plan's history, even if nothing else has moved
            self.touch(plan);
            self.tell_short(&upper.to_string(), &name, &row, units);
        }
        Ok(())
    }

    fn tell_short(&mut self, upper: &str, child: &str, amendment: &Amendment, units: i64) {
        let id = Uuid::new_v5(&self.cause.id, format!("short/{child}").as_bytes());
        let told = NotificationRequested {
            notification_id: id,
            recipient_kind: "territory".to_owned(),
            recipient: upper.to_owned(),
            about: format!("amendment/{}", amendment.id),
            topic: "allocation.overcommitted".to_owned(),
            ja: format!("{child} は出荷の指示などで {units} 単位を戻せません。返納か留保のどちらかを選んでください。"),
            en: format!("{child} cannot give back {units} units, which are locked. Choose where they come from."),
            due_at: None,
            training: self.ctx.training,
        };
        self.told.push((id, told));
    }
}
