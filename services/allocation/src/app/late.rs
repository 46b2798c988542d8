//! A plan that is late where the round's calendar says so is committed as it stands, as its own officers would
//! have done: within its supply, after those below have been heard.
use super::{
    Outcome,
    change_plan::{Change, change_plan},
};
use crate::Allocation;
use allocation_store::{read, rows::Late};
use domain::time::in_japan;
use platform::{Failure, OpCtx, failure::Result};
use uuid::Uuid;
use wire::plan::TakeBackPlan;

/// Carries all plans through that are to be carried now; answers how many were. One that is refused (its
/// supply has shrunk, an officer was faster) stays as it is.
///
/// # Errors
/// The database's.
pub async fn carry_late(allocation: &Allocation, ctx: &OpCtx) -> Result<usize> {
    let late = read::objections::late(&mut *allocation.db.read().await?, ctx.now).await?;
    let mut carried = 0;
    for plan in late {
        match change_plan(allocation, ctx, plan.id, Change::Carry(request(&plan))).await {
            Ok(Outcome::Moved { replayed, .. }) => carried += usize::from(!replayed),
            Ok(Outcome::Stale { .. }) => tracing::debug!(plan = %plan.id, "somebody was faster"),
            Err(Failure::Problem(problem)) => {
                tracing::debug!(plan = %plan.id, code = problem.code.code, "a late plan cannot be carried through");
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(carried)
}

/// The same for every process: of two at work, one carries and the other finds the answer.
fn request(plan: &Late) -> TakeBackPlan {
    let due = in_japan(plan.due_at);
    TakeBackPlan {
        id: Uuid::new_v5(&plan.id, format!("carry/{}", plan.version).as_bytes()),
        version: plan.version,
        reason: format!(
            "期限（{due} 日本時間）を過ぎたため、案のとおり確定しました / committed as it stood: it was due at {due}, Japan time"
        ),
    }
}
