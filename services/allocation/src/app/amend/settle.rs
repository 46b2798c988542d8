//! What comes free at a holder that owes goes on to the level above, and on from there.
use super::{
    super::book::Kind,
    desk::{Desk, End},
    path,
};
use domain::TerritoryCode;
use platform::failure::Result;
use std::collections::BTreeSet;
use uuid::Uuid;

impl Desk<'_> {
    /// Passes on what `holder` and those above it have and owe; amendments of which everything has come are
    /// done with. Answers the vials that left `holder`.
    pub fn settle_up(&mut self, holder: TerritoryCode) -> Result<i64> {
        let names: Vec<String> = path(&self.levels, holder).iter().rev().map(TerritoryCode::to_string).collect();
        let before = self.left((Kind::Granted, names.first().map_or("", String::as_str)));
        let mut passed = 0;
        for (place, name) in names.iter().enumerate() {
            match names.get(place + 1) {
                Some(above) => self.pass_on(name, above)?,
                None => self.leave(name)?,
            }
            if place == 0 {
                passed = before - self.left((Kind::Granted, name.as_str()));
            }
        }
        self.close();
        Ok(passed)
    }

    /// From a holder to who stands above it: whole units, the oldest amendment first.
    pub fn pass_on(&mut self, holder: &str, above: &str) -> Result<()> {
        let from: End<'_> = (Kind::Granted, holder);
        for place in 0..self.owed.len() {
            let Some(owed) = self.owed.get(place).filter(|owed| owed.recipient == holder && owed.holder == above)
            else {
                continue;
            };
            let (amendment, plan, unit) = (owed.amendment_id, owed.plan_id, i64::from(owed.unit_vials));
            let units = owed.units.min(self.left(from).div_euclid(unit));
            if units <= 0 {
                continue;
            }
            self.carry(from, (Kind::Granted, above), units * unit, Some((plan, holder)), Some(amendment))?;
            self.shift(plan, holder, -units)?;
            if let Some(owed) = self.owed.get_mut(place) {
                owed.units -= units;
            }
            self.settled.push((amendment, plan, holder.to_owned(), units, 0));
            self.touch_division(holder);
        }
        Ok(())
    }

    /// From a holder of the first level out of the round's supply.
    fn leave(&mut self, holder: &str) -> Result<()> {
        for place in 0..self.waiting.len() {
            let Some(row) = self.waiting.get(place).filter(|row| row.holder == holder) else { continue };
            let (id, wanted) = (row.id, row.withdrawn_vials - row.left_vials);
            let vials = wanted.min(self.left((Kind::Granted, holder)));
            if vials <= 0 {
                continue;
            }
            self.carry((Kind::Granted, holder), (Kind::Supply, holder), vials, None, Some(id))?;
            if let Some(row) = self.waiting.get_mut(place) {
                row.left_vials += vials;
            }
            self.moved.insert(id);
            self.touch_division(holder);
        }
        Ok(())
    }

    /// Its supply changes, whether or not its lines do.
    pub fn touch_division(&mut self, holder: &str) {
        if let Some(plan) = self.division(holder).filter(|held| held.is_committed()).map(|held| held.plan.id) {
            self.touch(plan);
        }
    }

    /// Amendments of which everything has come are applied.
    pub fn close(&mut self) {
        let due: BTreeSet<Uuid> =
            self.owed.iter().filter(|owed| owed.units > 0).map(|owed| owed.amendment_id).collect();
        for row in &mut self.waiting {
            let done = !due.contains(&row.id) && row.left_vials == row.withdrawn_vials;
            if done && row.ended_at.is_none() {
                if row.state == "overcommitted" {
                    row.shortfall_units = 0;
                }
                row.choices = serde_json::json!([]);
                if row.carried { "carried" } else { "applied" }.clone_into(&mut row.state);
                row.version += 1;
                row.ended_at = Some(self.ctx.now);
                self.moved.insert(row.id);
            }
        }
    }
}
