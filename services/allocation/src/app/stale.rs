//! A second officer was faster: what differs from the version that was read, line by line.
use allocation_store::{read, rows::Plan, rows::PlanChange};
use domain::{Problem, error};
use platform::{Tx, failure::Result};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::plan::LineDifference;

/// `None` when `given` is the version that the plan has.
pub(super) async fn check(tx: &mut Tx, plan: &Plan, given: i32) -> Result<Option<(Problem, Vec<LineDifference>)>> {
    if given == plan.version {
        return Ok(None);
    }
    let problem = Problem::new(&error::ALLOCATION_STALE_PLAN)
        .with("given", &given.to_string())
        .with("current", &plan.version.to_string());
    Ok(Some((problem, difference(tx, plan.id, given).await?)))
}

async fn difference(tx: &mut Tx, plan: Uuid, since: i32) -> Result<Vec<LineDifference>> {
    Ok(fold(read::changes_since(tx, plan, since).await?))
}

/// Changes of lines, oldest first, as one difference each: from what it was to what it is. A line
/// that was changed back is no difference.
fn fold(changes: Vec<PlanChange>) -> Vec<LineDifference> {
    let mut lines: BTreeMap<String, LineDifference> = BTreeMap::new();
    for change in changes {
        let (Some(recipient), Some(after)) = (change.recipient, change.units_after) else { continue };
        let line = lines.entry(recipient.clone()).or_insert_with(|| LineDifference {
            recipient,
            yours: change.units_before.unwrap_or(0),
            theirs: after,
            by: String::new(),
            reason: None,
        });
        line.theirs = after;
        line.by = change.actor_name;
        line.reason = change.reason;
    }
    lines.into_values().filter(|line| line.yours != line.theirs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn change(version: i32, recipient: &str, before: i64, after: i64) -> PlanChange {
        PlanChange {
            id: Uuid::nil(),
            plan_id: Uuid::nil(),
            version,
            action: "adjust".into(),
            recipient: Some(recipient.into()),
            units_before: Some(before),
            units_after: Some(after),
            reason: Some(format!("reason {version}")),
            actor_name: format!("officer {version}"),
            business_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn several_changes_of_a_line_are_one_difference() {
        let changes = vec![
            change(2, "131016", 5, 4),
            change(2, "131024", 7, 8),
            change(3, "131016", 4, 2),
            change(4, "131024", 8, 7),
            PlanChange { recipient: None, units_after: None, ..change(5, "", 0, 0) },
        ];
        let difference = fold(changes);
        assert_eq!(difference.len(), 1, "131024 was changed back");
        assert_eq!((difference[0].yours, difference[0].theirs, difference[0].by.as_str()), (5, 2, "officer 3"));
    }
}
