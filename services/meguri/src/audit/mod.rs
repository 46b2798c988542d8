//! `meguri audit`: is what the database says about itself true?
//!
//! The auditor has its own role (it can only read), its own SQL, and shares with the services
//! nothing but `domain`: a mistake in their code is not repeated here. Everything is read in one
//! snapshot, so a busy instance can be audited while it works. The checks are those rows of R1-R28
//! that apply to what exists so far.
mod amendments;
mod backlog;
mod book;
mod bridge;
mod broker;
mod bus;
mod chain;
mod digest;
mod documents;
mod events;
mod grants;
mod heads;
mod hearing;
mod ledger;
mod notes;
mod plans;
mod probe;
mod programmes;
mod rules;
mod shipments;
mod shipping;
mod stock;
mod sums;
mod table;
mod totals;
mod trail;
mod transfers;
mod viewed;
pub mod who;

pub use backlog::{Outboxes, outboxes};
pub use broker::{Depth, broker, depths};
pub use chain::{Break, Chain, Kind};
pub use heads::{FORMAT as HEAD_FORMAT, Head, Heads};
pub use notes::Note;
pub use table::table;
pub use totals::Recomputed;

use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
};
use platform::{Failure, failure::Result};
use probe::Probe;
use serde::Serialize;

/// Violations shown per check; all are counted.
pub const SHOWN_MAX: usize = 20;

/// The auditor reads whole tables, often just after a bulk load and before anybody gathered
/// statistics: guessed plans ran up to ten times longer. So every join is a hash join, in the order
/// written, and nothing is compiled.
const SETTINGS: &str = "set local enable_nestloop = off; set local enable_mergejoin = off; \
                        set local join_collapse_limit = 1; set local from_collapse_limit = 1; set local jit = off; \
                        set local work_mem = '64MB'; set local timezone = 'UTC'";

/// What the audit found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Nothing is wrong.
    pub ok: bool,
    /// All that is wrong.
    pub violations: i64,
    /// Check by check.
    pub checks: Vec<Check>,
    /// Which of R1-R28 were checked, on how many rows in all.
    pub coverage: Vec<Coverage>,
    /// What is no fault, but somebody should look at.
    pub notes: Vec<Note>,
    /// National totals as the audit computed them from the reports.
    pub recomputed: Recomputed,
}

/// One question and its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// The invariant that it belongs to (docs/ARCHITECTURE.md, "What the audit proves"): `R13`.
    pub id: &'static str,
    /// What must hold, in Japanese.
    pub what_ja: &'static str,
    /// What must hold, in English.
    pub what_en: &'static str,
    /// Rows, cells or answers looked at.
    pub examined: i64,
    /// What does not hold: the first [`SHOWN_MAX`], in alphabetical order.
    pub violations: Vec<String>,
    /// How many there are in all.
    pub violations_count: i64,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// One of R1-R28, with all its checks together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// `R13`
    pub id: &'static str,
    /// Checks that exist for it.
    pub checks: usize,
    /// Rows, cells or answers looked at.
    pub examined: i64,
    /// What does not hold.
    pub violations: i64,
}

impl Report {
    /// R3 before R10; the checks of one R keep their order.
    fn new(mut checks: Vec<Check>, notes: Vec<Note>, recomputed: Recomputed) -> Self {
        checks.sort_by_key(|check| (check.id.len(), check.id));
        let violations = checks.iter().map(|check| check.violations_count).sum();
        let coverage = coverage(&checks);
        Self { ok: violations == 0, violations, checks, coverage, notes, recomputed }
    }

    /// The report with what the broker's queues say, read by the caller.
    #[must_use]
    pub fn with_broker(mut self, depths: &[Depth]) -> Self {
        let (check, note) = broker(depths);
        self.checks.push(check);
        self.notes.push(note);
        Self::new(self.checks, self.notes, self.recomputed)
    }

    /// How many things a note lists; `None` when there is no such note.
    #[must_use]
    pub fn listed(&self, name: &str) -> Option<i64> {
        self.notes.iter().find(|note| note.name == name).map(|note| note.count)
    }
}

fn coverage(checks: &[Check]) -> Vec<Coverage> {
    let mut rows: Vec<Coverage> = Vec::new();
    for check in checks {
        if rows.last().is_none_or(|row| row.id != check.id) {
            rows.push(Coverage { id: check.id, checks: 0, examined: 0, violations: 0 });
        }
        if let Some(row) = rows.last_mut() {
            row.checks += 1;
            row.examined += check.examined;
            row.violations += check.violations_count;
        }
    }
    rows
}

/// Audits the database at `url`, which must name the instance's role `audit`.
///
/// # Errors
/// Only when the audit itself cannot be done. What it finds wrong stands in the report.
pub async fn run(url: &str) -> Result<Report> {
    let mut conn = snapshot(url).await?;
    let mut checks = Vec::new();
    for probe in probes() {
        checks.push(probe.run(&mut conn).await?);
    }
    checks.push(grants::check(&mut conn).await?);
    checks.extend(transfers::checks(&mut conn).await?);
    checks.extend(digest::checks(&mut conn).await?);
    let (sealed, chains) = chain::checks(&mut conn).await?;
    checks.extend(sealed);
    let mut notes = notes::list(&mut conn).await?;
    notes.push(notes::unsealed(&chains));
    let recomputed = totals::recompute(&mut conn).await?;
    AnsiTransactionManager::rollback_transaction(&mut conn).await?;
    Ok(Report::new(checks, notes, recomputed))
}

/// Verifies the sealed chains alone, against heads that were exported.
///
/// # Errors
/// Only when it cannot be done. What does not hold stands in the answer.
pub async fn verify_chains(url: &str, heads: &Heads) -> Result<Vec<Chain>> {
    let mut conn = snapshot(url).await?;
    let mut chains = Vec::new();
    for (schema, tables) in chain::CHAINS {
        chains.push(chain::verify(&mut conn, schema, tables, heads).await?);
    }
    AnsiTransactionManager::rollback_transaction(&mut conn).await?;
    Ok(chains)
}

/// One moment, seen in the role `audit`.
async fn snapshot(url: &str) -> Result<AsyncPgConnection> {
    let mut conn = AsyncPgConnection::establish(url).await.map_err(|error| Failure::Unavailable(error.to_string()))?;
    // dropped on an error, the connection is closed, and the transaction had nothing to lose
    AnsiTransactionManager::begin_transaction_sql(
        &mut conn,
        "begin transaction isolation level repeatable read, read only",
    )
    .await?;
    conn.batch_execute(SETTINGS).await?;
    Ok(conn)
}

fn probes() -> Vec<Probe> {
    let all = [
        sums::probes(),
        events::probes(),
        rules::probes(),
        trail::probes(),
        ledger::probes(),
        book::probes(),
        plans::probes(),
        programmes::probes(),
        amendments::probes(),
        hearing::probes(),
        documents::probes(),
        stock::probes(),
        bridge::probes(),
        shipments::probes(),
        shipping::probes(),
        bus::probes(),
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &'static str, examined: i64, violations_count: i64) -> Check {
        Check {
            id,
            what_ja: "合計",
            what_en: "sums",
            examined,
            violations: vec!["131016: 3 instead of 4".to_owned(); usize::from(violations_count > 0)],
            violations_count,
            elapsed_ms: 1,
        }
    }

    #[test]
    fn one_violation_anywhere_fails_the_audit() {
        let report = |last| Report::new(vec![check("R13", 5, 0), check("R13", 7, last)], vec![], Recomputed::default());
        assert!(report(0).ok && !report(1).ok);
        assert_eq!(report(3).violations, 3);
        assert_eq!(report(3).coverage, [Coverage { id: "R13", checks: 2, examined: 12, violations: 3 }]);
    }

    #[test]
    fn the_table_shows_every_check_and_what_is_wrong() {
        let report = Report::new(vec![check("R13", 5, 0), check("R19", 7, 30)], vec![], Recomputed::default());
        let text = table(&report);
        for part in ["R13", "R19", "合計", "sums", "131016: 3 instead of 4", "+29", "NG"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!table(&Report::new(vec![check("R13", 5, 0)], vec![], Recomputed::default())).contains("NG"));
    }

    #[test]
    fn what_is_listed_is_shown_and_no_fault() {
        let note = Note {
            id: "R12",
            name: "discrepancies_open",
            what_ja: "未決の差異",
            what_en: "open",
            shown: vec!["one vial\nshort".to_owned()],
            count: 22,
        };
        let report = Report::new(vec![check("R13", 5, 0)], vec![note], Recomputed::default());
        let text = table(&report);
        for part in ["R12", "未決の差異", "22", "one vial\u{fffd}short", "+21"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(report.ok && !text.contains("NG"));
        assert_eq!((report.listed("discrepancies_open"), report.listed("others")), (Some(22), None));
        let lost = Depth { vhost: "v".into(), queue: "unroutable".into(), messages: 1 };
        let report = report.with_broker(&[lost]);
        assert_eq!((report.ok, report.violations, report.listed("dead_letters")), (false, 1, Some(0)));
    }

    #[test]
    fn the_probes_are_told_apart() {
        let probes = probes();
        let names: std::collections::BTreeSet<_> = probes.iter().map(|probe| probe.what_en).collect();
        assert_eq!(names.len(), probes.len());
        for id in ["R1", "R3", "R4", "R5", "R7", "R8", "R9", "R10", "R13", "R19", "R22", "R24", "R26", "R27"] {
            assert!(probes.iter().any(|probe| probe.id == id), "{id}");
        }
    }
}
