//! At its deadline a pending amendment is committed as it stands, by the service.
use super::{super::system_permit, Outcome, commit::commit_as};
use crate::Allocation;
use allocation_store::read;
use domain::policy::Action;
use platform::{Failure, OpCtx, failure::Result};
use uuid::Uuid;
use wire::amendment::CommitAmendment;

/// Amendments of one round of the job.
const AT_ONCE: i64 = 500;

/// Commits all whose deadline has come; answers how many were. Each in a transaction of its own: one that is
/// refused (an officer was faster) stays as it is.
///
/// # Errors
/// The database's.
pub async fn carry_amendments(allocation: &Allocation, ctx: &OpCtx) -> Result<usize> {
    let late = read::amendments::amendments_late(&mut *allocation.db.read().await?, ctx.now, AT_ONCE).await?;
    let mut carried = 0;
    for row in late {
        let permit = system_permit(ctx, Action::PlanCarry)?;
        // the same for every process: of two at work, one carries and the other finds the answer
        let id = Uuid::new_v5(&row.id, format!("carry/{}", row.version).as_bytes());
        let request = CommitAmendment { id, version: row.version };
        match commit_as(allocation, ctx, &permit, &row, request).await {
            Ok(Outcome::Done { replayed, .. }) => carried += usize::from(!replayed),
            Ok(Outcome::Stale { .. }) => tracing::debug!(amendment = %row.id, "somebody was faster"),
            Err(Failure::Problem(problem)) => {
                tracing::debug!(amendment = %row.id, code = problem.code.code, "cannot be carried");
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(carried)
}
