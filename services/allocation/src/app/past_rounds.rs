//! Rounds of the past: taken in from publications by who runs the machine, read by everybody.
use crate::Allocation;
use allocation_store::{
    read::past as read,
    rows::{PastLine as LineRow, PastRound as Row},
    write::past as write,
};
use chrono::NaiveDate;
use domain::{FieldError, Problem, error, policy::Action};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, opctx::new_id};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;
use wire::past_round::{Finding, PastLine, PastRound, PastRoundList};

/// Most rounds of one page.
pub const PAGE_MAX: i64 = 50;

/// A round of the past as a file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPastRound {
    /// The publication: `us-allocations`, `us-allocations-wide`, `italy-deliveries`, `announced`
    pub kind: String,
    /// Where it was published.
    pub source: String,
    /// The product as the publication names it, in lower case.
    pub product: String,
    /// The first of the days that it covers.
    pub day: NaiveDate,
    /// How many days it covers.
    pub days: i32,
    /// Doses of the smallest box; none where single doses are counted.
    pub pack_doses: Option<i32>,
    /// What is odd about its rows.
    pub findings: Vec<Finding>,
    /// What each place got; place and part once.
    pub lines: Vec<PastLine>,
}

impl NewPastRound {
    /// Its id, made of publication, product and day.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let name = format!("meguri/past-round/{}/{}/{}", self.kind, self.product, self.day);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }

    fn amounts(&self) -> BTreeMap<(&str, &str), i64> {
        self.lines.iter().map(|line| ((line.place.as_str(), line.part.as_str()), line.doses)).collect()
    }
}

/// What became of the rounds of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Taken in.
    pub new: usize,
    /// There already, with the same figures.
    pub unchanged: usize,
    /// There already with other figures, and left as they were: `past.differs` for each.
    pub differing: Vec<Problem>,
}

/// Takes rounds of the past in. One that is there already stays as it is.
///
/// # Errors
/// `auth.forbidden`; the database's.
pub async fn import_past_rounds(db: &Db, ctx: &OpCtx, rounds: &[NewPastRound]) -> Result<Imported> {
    let permit = super::system_permit(ctx, Action::PastRoundImport)?;
    let entry = audit::Entry { target: "past-round".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write_new(&mut tx, ctx, rounds).await;
    tx.finish(written).await
}

async fn write_new(tx: &mut Tx, ctx: &OpCtx, rounds: &[NewPastRound]) -> Result<Imported> {
    // two imports at once do not both find the same round missing
    write::lock(tx).await?;
    let ids: Vec<Uuid> = rounds.iter().map(NewPastRound::id).collect();
    let mut known: HashMap<Uuid, BTreeMap<(String, String), i64>> = HashMap::new();
    for row in read::past_rounds_by_id(tx, &ids).await? {
        known.insert(row.id, BTreeMap::new());
    }
    for line in read::past_lines(tx, &ids).await? {
        known.entry(line.past_round).or_default().insert((line.place, line.part), line.doses);
    }
    let mut done = Imported::default();
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for round in rounds {
        match known.get(&round.id()) {
            None => {
                rows.push(row(ctx, round)?);
                lines.extend(round.lines.iter().map(|line| line_row(round.id(), line)));
            }
            Some(before) => {
                let before: BTreeMap<(&str, &str), i64> =
                    before.iter().map(|((place, part), doses)| ((place.as_str(), part.as_str()), *doses)).collect();
                if before == round.amounts() {
                    done.unchanged += 1;
                } else {
                    let problem = Problem::new(&error::PAST_DIFFERS).with("product", &round.product);
                    done.differing.push(problem.with("day", &round.day.to_string()));
                }
            }
        }
    }
    done.new = rows.len();
    write::past_rounds(tx, &rows, &lines).await?;
    Ok(done)
}

fn row(ctx: &OpCtx, round: &NewPastRound) -> Result<Row> {
    Ok(Row {
        id: round.id(),
        kind: round.kind.clone(),
        source: round.source.clone(),
        product: round.product.clone(),
        day: round.day,
        days: round.days,
        pack_doses: round.pack_doses,
        findings: serde_json::to_value(&round.findings)?,
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    })
}

fn line_row(past_round: Uuid, line: &PastLine) -> LineRow {
    LineRow {
        past_round,
        place: line.place.clone(),
        part: line.part.clone(),
        name: line.name.clone(),
        doses: line.doses,
        units: line.units,
        row_number: line.row,
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastQuery {
    /// Of this publication.
    pub kind: Option<String>,
    /// Of this product.
    pub product: Option<String>,
    /// Beginning on this day or later.
    pub from: Option<NaiveDate>,
    /// Beginning on this day or earlier.
    pub to: Option<NaiveDate>,
    /// After this one: `next` of the page before.
    pub after: Option<Uuid>,
    /// 1 to 50; 20 when absent.
    pub limit: Option<i64>,
}

/// Rounds of the past with their lines, by day, page by page. Open to everybody.
///
/// # Errors
/// `request.invalid` for a limit or a page that there is not; the database's.
pub async fn past_rounds(allocation: &Allocation, ctx: &OpCtx, query: PastQuery) -> Result<PastRoundList> {
    super::rules::published(ctx)?;
    let limit = query.limit.unwrap_or(20);
    let invalid = |path: &str, reason: &str| -> Failure {
        let field = FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
        Problem::of_fields(&error::REQUEST_INVALID, vec![field]).into()
    };
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(invalid("limit", &format!("1 to {PAGE_MAX}")));
    }
    let mut snapshot = allocation.db.snapshot().await?;
    let conn = snapshot.conn();
    let after = match query.after {
        None => None,
        Some(id) => match read::past_rounds_by_id(conn, &[id]).await?.first() {
            Some(row) => Some((row.day, row.id)),
            None => return Err(invalid("after", "there is no such round")),
        },
    };
    let wanted = read::Wanted { kind: query.kind, product: query.product, from: query.from, to: query.to, after };
    // one more than asked for tells whether there is a next page
    let mut rows = read::past_rounds(conn, &wanted, limit + 1).await?;
    let is_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if is_more {
        rows.pop();
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut lines: HashMap<Uuid, Vec<LineRow>> = HashMap::new();
    for line in read::past_lines(conn, &ids).await? {
        lines.entry(line.past_round).or_default().push(line);
    }
    snapshot.close().await;
    let next = is_more.then(|| rows.last().map(|row| row.id)).flatten();
    let mut shown = |row: Row| {
        let lines = lines.remove(&row.id).unwrap_or_default();
        past_round(row, lines)
    };
    Ok(PastRoundList { past_rounds: rows.into_iter().map(&mut shown).collect::<Result<_>>()?, next })
}

fn past_round(row: Row, lines: Vec<LineRow>) -> Result<PastRound> {
    let line = |line: LineRow| PastLine {
        place: line.place,
        name: line.name,
        part: line.part,
        doses: line.doses,
        units: line.units,
        row: line.row_number,
    };
    let lines: Vec<PastLine> = lines.into_iter().map(line).collect();
    Ok(PastRound {
        past_round: row.id,
        kind: row.kind,
        source: row.source,
        product: row.product,
        day: row.day,
        days: row.days,
        pack_doses: row.pack_doses,
        doses: lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.doses)),
        findings: serde_json::from_value(row.findings)?,
        lines,
    })
}
