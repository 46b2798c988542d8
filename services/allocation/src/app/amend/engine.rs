//! From a plan as it is stored to the engine's amendment of it, and to what is stored of that.
use super::desk::{Desk, Held};
use allocation_store::{
    read,
    rows::{AmendmentLine, PlanLine, QueuePosition},
};
use domain::{
    TerritoryCode,
    amendment::{Amended, Line, Moved, Share, Unit, amend, en, ja, placed, take_back},
    apportionment::Method,
};
use platform::failure::Result;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;
use wire::amendment::{Choice, Surplus};

/// What the engine made of a division.
pub(super) struct Computed {
    pub amended: Amended,
    /// What of each line is locked, by recipient.
    pub locked: BTreeMap<String, i64>,
    /// Units of all lines before.
    pub before: i64,
    /// S' − S.
    pub change: i64,
}

/// A stored number.
fn number(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(Value::as_i64)
}

/// The places of a recipient in the queues of the rule, from its line's explanation; where there are none
/// (lines by hand), in proportion to what it has.
fn shares(line: &PlanLine) -> Vec<Share> {
    let parts = line.explanation.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let share = |(frame, part): (usize, &Value)| {
        let proof = part.get("proof")?;
        let position = number(proof, "units")?;
        let given = number(part, "units").unwrap_or(position - number(proof, "committed").unwrap_or(0));
        let method = proof.get("method").and_then(Value::as_str).and_then(|method| Method::parse(method).ok());
        Some(Share {
            frame,
            code: line.recipient.clone(),
            method: method.unwrap_or_default(),
            weight: number(proof, "weight")?,
            position,
            given,
            now: given,
            cap: number(proof, "cap"),
            min_order: number(proof, "min_order").unwrap_or(1),
        })
    };
    let mut shares: Vec<Share> = parts.iter().enumerate().filter_map(share).collect();
    let given: i64 = shares.iter().map(|share| share.given).sum();
    let caps = line.explanation.get("total_caps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let (Some(total), Some(last)) = (caps.iter().filter_map(|cap| number(cap, "units")).min(), shares.last_mut()) {
        let room = last.position + (total - given).max(0);
        last.cap = Some(last.cap.map_or(room, |cap| cap.min(room)));
    }
    if shares.is_empty() {
        shares.push(Share::new(line.recipient.clone(), Method::Webster, line.computed, line.computed));
    }
    shares
}

/// What the engine needs to know of divisions at the desk, read at once.
pub(super) struct Facts {
    /// For the nation's division: the municipalities, over which its queue runs.
    below: Vec<PlanLine>,
    positions: HashMap<(Uuid, String), i64>,
    /// Vials that were released, by who had assigned them.
    released: Vec<(TerritoryCode, i64)>,
}

impl Facts {
    /// Reads what concerns these divisions.
    pub async fn load(desk: &mut Desk<'_>, plans: &[Uuid]) -> Result<Self> {
        let national = plans.iter().filter_map(|plan| desk.plans.get(plan)).find(|held| held.plan.level == "nation");
        let below = match national.map(|held| held.plan.id) {
            Some(plan) => read::lines(desk.tx, plan, true).await?,
            None => Vec::new(),
        };
        let positions = read::amendments::queue_positions(desk.tx, plans).await?;
        let released = read::amendments::released_by_holder(desk.tx, desk.round.id).await?;
        let territory = |(holder, vials): (String, i64)| Some((TerritoryCode::parse(&holder).ok()?, vials));
        Ok(Self {
            below: below.into_iter().filter(|line| line.under.is_some()).collect(),
            positions: positions.into_iter().map(|row| ((row.plan_id, row.recipient), row.units)).collect(),
            released: released.into_iter().filter_map(territory).collect(),
        })
    }

    /// What is locked below each recipient: vials that were released, in whole units of every municipality.
    fn locked(&self, held: &Held) -> BTreeMap<String, i64> {
        let (mut locked, unit): (BTreeMap<String, i64>, i64) = (BTreeMap::new(), held.unit());
        for (holder, vials) in &self.released {
            let units = vials.div_euclid(unit) + i64::from(vials.rem_euclid(unit) > 0);
            let own = [Some(*holder), holder.prefecture()].into_iter().flatten().map(|code| code.to_string());
            if let Some(recipient) = own.into_iter().find(|code| held.lines.contains_key(code)) {
                *locked.entry(recipient).or_default() += units;
            }
        }
        locked
    }

    fn shares(&self, line: &PlanLine) -> Vec<Share> {
        let now = self.positions.get(&(line.plan_id, line.recipient.clone()));
        placed(shares(line), now.copied().unwrap_or(line.computed))
    }

    /// A division as the engine sees it: what will stay of each line, what of it is locked, and its places in
    /// the queue. `given` replaces the units of lines.
    fn lines(&self, desk: &Desk<'_>, held: &Held, given: &BTreeMap<String, i64>) -> Vec<Line> {
        let locked = self.locked(held);
        let mut under: HashMap<&str, Vec<Share>> = HashMap::new();
        for line in self.below.iter().filter(|line| line.plan_id == held.plan.id) {
            under.entry(line.under.as_deref().unwrap_or_default()).or_default().extend(self.shares(line));
        }
        let line = |line: &PlanLine| {
            let stays = || desk.effective(line.plan_id, &line.recipient);
            let units = given.get(&line.recipient).copied().unwrap_or_else(stays);
            Line {
                code: line.recipient.clone(),
                units,
                locked: locked.get(&line.recipient).copied().unwrap_or(0).min(units.max(0)),
                most: None,
                shares: under.remove(line.recipient.as_str()).unwrap_or_else(|| self.shares(line)),
            }
        };
        held.lines.values().map(line).collect()
    }

    /// Amends a division at the desk by `change` units, where some lines may stand at given units already.
    pub fn amend(&self, desk: &Desk<'_>, held: &Held, change: i64, given: &BTreeMap<String, i64>) -> Computed {
        let lines = self.lines(desk, held, given);
        let locked = lines.iter().map(|line| (line.code.clone(), line.locked)).collect();
        let before = lines.iter().map(|line| line.units).sum();
        Computed { amended: amend(&lines, change), locked, before, change }
    }

    /// Sets lines of a division by hand; one below what is locked of it is a shortfall.
    pub fn by_hand(&self, desk: &Desk<'_>, held: &Held, wanted: &BTreeMap<String, i64>) -> Computed {
        let lines = self.lines(desk, held, &BTreeMap::new());
        let (mut shortfall, mut moved) = (0, Vec::with_capacity(lines.len()));
        for line in &lines {
            let target = wanted.get(&line.code).copied().unwrap_or(line.units);
            let after = target.max(line.locked.min(line.units));
            shortfall += after - target;
            let (before, code) = (line.units, line.code.clone());
            moved.push(Moved { code, before, after, shares: Vec::new(), per_unit: None });
        }
        let locked = lines.iter().map(|line| (line.code.clone(), line.locked)).collect();
        let before = lines.iter().map(|line| line.units).sum();
        let sum: i64 = moved.iter().map(|line| line.after).sum();
        let change: i64 = sum - before;
        let units = moved.iter().map(|line| (line.after - line.before).abs()).sum();
        let amended = Amended { lines: moved, moved: units, kept: 0, shortfall };
        Computed { amended, locked, before, change }
    }
}

impl Computed {
    /// Units of all lines after.
    pub fn after(&self) -> i64 {
        self.amended.lines.iter().map(|line| line.after).sum()
    }

    /// The lines that move, as they are stored.
    pub fn rows(&self, amendment: Uuid, plan: Uuid) -> Vec<AmendmentLine> {
        let moving = self.amended.lines.iter().filter(|line| line.before != line.after);
        let row = |line: &Moved| AmendmentLine {
            amendment_id: amendment,
            plan_id: plan,
            recipient: line.code.clone(),
            units_before: line.before,
            units_after: line.after,
            locked_units: self.locked.get(&line.code).copied().unwrap_or(0),
            settled_units: 0,
            forgiven_units: 0,
            ja: ja(line, self.change, Unit::Pack),
            en: en(line, self.change, Unit::Pack),
        };
        moving.map(row).collect()
    }

    /// Where the queues then stand.
    pub fn positions(&self) -> Value {
        let mut units: BTreeMap<&str, i64> = BTreeMap::new();
        for share in self.amended.lines.iter().filter(|line| line.before != line.after).flat_map(|line| &line.shares) {
            *units.entry(&share.code).or_default() += share.now;
        }
        json!(units.into_iter().collect::<Vec<_>>())
    }

    /// What can be chosen when there is a shortfall: what the lines could still give, and the reserve.
    pub fn choices(&self, reserve_units: i64) -> Vec<Choice> {
        let surplus = self.amended.lines.iter().filter_map(|line| {
            let units = line.after - self.locked.get(&line.code).copied().unwrap_or(0);
            (units > 0).then(|| Surplus { recipient: line.code.clone(), units })
        });
        let places: Vec<Surplus> = surplus.collect();
        let units = places.iter().map(|place| place.units).sum();
        vec![
            Choice { choice: "return".to_owned(), units, places },
            Choice { choice: "reserve".to_owned(), units: reserve_units, places: Vec::new() },
        ]
    }
}

/// Stored positions, as they are written.
pub(super) fn positions(plan: Uuid, stored: &Value) -> Result<Vec<QueuePosition>> {
    let rows: Vec<(String, i64)> = serde_json::from_value(stored.clone())?;
    Ok(rows.into_iter().map(|(recipient, units)| QueuePosition { plan_id: plan, recipient, units }).collect())
}

/// Takes `vials` back from a holder's assignments at the desk: from all that are not released, in proportion,
/// by the queue from below. Answers the lines, and what is missing.
pub(super) fn assignments(
    desk: &Desk<'_>,
    holder: &str,
    amendment: Uuid,
    vials: i64,
) -> (Vec<AmendmentLine>, i64, i64) {
    let own = desk.plans.values().filter(|held| held.plan.kind == "assignment" && held.plan.holder == holder);
    let lines: Vec<&PlanLine> = own.flat_map(|held| held.lines.values()).filter(|line| line.units > 0).collect();
    let code = |line: &PlanLine| format!("{}/{}", line.recipient, line.plan_id);
    let given: Vec<(String, i64, i64)> = lines.iter().map(|line| (code(line), line.units, 0)).collect();
    let amended = take_back(&given, vials);
    let moving = lines.iter().zip(&amended.lines).filter(|(_, moved)| moved.before != moved.after);
    let row = |(line, moved): (&&PlanLine, &Moved)| AmendmentLine {
        amendment_id: amendment,
        plan_id: line.plan_id,
        recipient: line.recipient.clone(),
        units_before: moved.before,
        units_after: moved.after,
        locked_units: 0,
        settled_units: 0,
        forgiven_units: 0,
        ja: ja(moved, -vials, Unit::Vial),
        en: en(moved, -vials, Unit::Vial),
    };
    let before = lines.iter().map(|line| line.units).sum();
    (moving.map(row).collect(), before, amended.shortfall)
}
