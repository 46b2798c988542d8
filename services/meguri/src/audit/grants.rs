//! R10: plans and book say the same. Each line of a committed plan is one transfer, whose id is made
//! from the plan and the recipient; so is each supply notice; and nothing else was ever moved.
use super::{Check, SHOWN_MAX, probe::elapsed_ms};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use std::{collections::HashMap, fmt::Write, time::Instant};
use uuid::Uuid;

/// What is to be posted: by plans (line by line, and the rest into the reserve) and supply notices.
/// What a line had at first is what it has, less what amendments have moved since; these say their own
/// transfers. A reserve gets what the lines leave of the plan's supply, and supply that came after computing
/// (after an amendment the plan's supply is another one, and tells nothing of that); who assigns to sites, on the
/// last territorial level of the stream, keeps the rest where it is.
const DUE: &str = "
    with moved as (
        select v.plan_id, v.recipient, sum(case when v.giver = p.holder then v.vials else -v.vials end) as vials
        from allocation.amendment_move v join allocation.plan p on p.id = v.plan_id group by 1, 2),
    amended as (select distinct plan_id from allocation.plan_change where action = 'amend'),
    line as (
        select p.id, p.round_id, p.holder, case when a.plan_id is null then p.supply_vials else 0 end as supply_vials,
               l.recipient, p.level = s.levels[cardinality(s.levels) - 1] as assigns,
               least(l.units::numeric * p.unit_vials - coalesce(v.vials, 0), 9223372036854775807)::bigint as vials
        from allocation.plan p
        join allocation.round r on r.id = p.round_id
        join allocation.stream s on s.programme = r.programme and s.code = r.stream
        left join allocation.plan_line l on l.plan_id = p.id and l.under is null
        left join moved v on v.plan_id = p.id and v.recipient = l.recipient
        left join amended a on a.plan_id = p.id
        where p.state in ('committed', 'closed'))
    select id as cause, round_id, recipient, 'granted' as giver_kind, holder as giver, 'granted' as getter_kind,
           recipient as getter, vials as least, vials as most, null::uuid as posted
    from line where vials > 0
    union all
    select id, round_id, 'reserve/' || holder, 'granted', holder, 'reserve', holder,
           greatest(supply_vials - coalesce(least(sum(vials), 9223372036854775807), 0)::bigint, 0), 9223372036854775807, null
    from line where not assigns group by id, round_id, holder, supply_vials
    union all
    select id, round_id, holder, 'supply', holder, 'granted', holder, vials, vials, null from allocation.supply_notice
    union all
    select cause_id, round_id, coalesce(recipient, giver), giver_kind, giver, getter_kind, getter, vials, vials, id
    from allocation.amendment_move";

/// What was released has rows of its own, and is checked against them (`bridge`).
const DONE: &str = "
    select t.id, t.kind, t.amount, f.round_id, f.kind as giver_kind, f.holder as giver, g.kind as getter_kind, g.holder as getter
    from allocation.transfer t
    left join allocation.book_account f on f.account_id = t.debit_account
    left join allocation.book_account g on g.account_id = t.credit_account and g.round_id = f.round_id
    where f.kind is distinct from 'released' and g.kind is distinct from 'released'";

#[derive(Clone, PartialEq, Eq, QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    cause: Uuid,
    #[diesel(sql_type = SqlUuid)]
    round_id: Uuid,
    #[diesel(sql_type = Text)]
    recipient: String,
    #[diesel(sql_type = Text)]
    giver_kind: String,
    #[diesel(sql_type = Text)]
    giver: String,
    #[diesel(sql_type = Text)]
    getter_kind: String,
    #[diesel(sql_type = Text)]
    getter: String,
    #[diesel(sql_type = BigInt)]
    least: i64,
    #[diesel(sql_type = BigInt)]
    most: i64,
    /// An amendment names its transfer.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    posted: Option<Uuid>,
}

#[derive(Clone, QueryableByName)]
struct Done {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    round_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    giver_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    giver: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    getter_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    getter: Option<String>,
}

impl Due {
    /// Version 5 of RFC 9562: the cause is the name space, the recipient the name.
    fn id(&self) -> Uuid {
        self.posted.unwrap_or_else(|| Uuid::new_v5(&self.cause, self.recipient.as_bytes()))
    }

    fn is(&self, done: &Done) -> bool {
        done.kind == "post"
            && done.round_id == Some(self.round_id)
            && done.giver_kind.as_ref() == Some(&self.giver_kind)
            && done.giver.as_ref() == Some(&self.giver)
            && done.getter_kind.as_ref() == Some(&self.getter_kind)
            && done.getter.as_ref() == Some(&self.getter)
            && (self.least..=self.most).contains(&done.amount)
    }
}

impl Done {
    fn told(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "nobody".to_owned());
        let moved = if self.kind == "post" { "moved" } else { self.kind.as_str() };
        let mut told = format!("transfer {} {moved} {}", self.id, self.amount);
        // writing to a String cannot fail
        let _ = write!(told, " from {} of {}", text(&self.giver_kind), text(&self.giver));
        let _ = write!(told, " to {} of {}", text(&self.getter_kind), text(&self.getter));
        told
    }
}

/// What does not agree.
fn differences(due: Vec<Due>, done: Vec<Done>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut due: HashMap<Uuid, Due> = due.into_iter().map(|due| (due.id(), due)).collect();
    for done in done {
        match due.remove(&done.id) {
            None => wrong.push(format!("{}, which no plan and no supply notice says", done.told())),
            Some(due) if !due.is(&done) => {
                let Due { cause, recipient, least, .. } = due;
                wrong.push(format!("{}, but {cause} says {least} for {recipient}", done.told()));
            }
            Some(_) => {}
        }
    }
    // a reserve that gets nothing has no transfer
    for due in due.into_values().filter(|due| due.least > 0) {
        wrong.push(format!("{}: {} for {} were never posted", due.cause, due.least, due.recipient));
    }
    wrong.sort();
    wrong
}

pub(super) async fn check(conn: &mut AsyncPgConnection) -> Result<Check> {
    let begun = Instant::now();
    let due: Vec<Due> = diesel::sql_query(DUE).load(conn).await?;
    let done: Vec<Done> = diesel::sql_query(DONE).load(conn).await?;
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let examined = count(due.len().max(done.len()));
    let mut violations = differences(due, done);
    let violations_count = count(violations.len());
    violations.truncate(SHOWN_MAX);
    Ok(Check {
        id: "R10",
        what_ja: "確定した計画の行・その変更・供給の知らせと枠の帳簿の仕訳が一対一に対応し、量が一致する",
        what_en: "Lines of committed plans, amendments and supply notices match the transfers one to one, in amount",
        examined,
        violations,
        violations_count,
        elapsed_ms: elapsed_ms(begun),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(recipient: &str, least: i64, most: i64) -> Due {
        Due {
            cause: Uuid::from_u128(1),
            round_id: Uuid::from_u128(2),
            recipient: recipient.into(),
            giver_kind: "granted".into(),
            giver: "310000".into(),
            getter_kind: "granted".into(),
            getter: recipient.into(),
            least,
            most,
            posted: None,
        }
    }

    fn done(due: &Due, amount: i64) -> Done {
        Done {
            id: due.id(),
            kind: "post".into(),
            amount,
            round_id: Some(due.round_id),
            giver_kind: Some(due.giver_kind.clone()),
            giver: Some(due.giver.clone()),
            getter_kind: Some(due.getter_kind.clone()),
            getter: Some(due.getter.clone()),
        }
    }

    #[test]
    fn what_agrees_is_no_difference() {
        let (line, reserve) = (due("312011", 195, 195), due("reserve/310000", 0, i64::MAX));
        assert!(differences(vec![line.clone(), reserve.clone()], vec![done(&line, 195)]).is_empty());
        assert!(differences(vec![line.clone(), reserve.clone()], vec![done(&reserve, 7), done(&line, 195)]).is_empty());
        // computed with another language's library
        assert_eq!(line.id().to_string(), "9e4bbc31-c8ca-5a81-a78a-92b13c7e8710");
    }

    #[test]
    fn what_differs_is_told() {
        let line = due("312011", 195, 195);
        let other = due("312029", 195, 195);
        let told = |due: &[Due], done: Vec<Done>| differences(due.to_vec(), done).join("\n");
        assert!(told(std::slice::from_ref(&line), vec![]).contains("195 for 312011 were never posted"));
        assert!(told(std::slice::from_ref(&line), vec![done(&line, 194)]).contains("says 195 for 312011"));
        assert!(told(&[], vec![done(&line, 195)]).contains("which no plan"));
        // the right id, but somebody else's account
        let astray = Done { getter: Some("312029".into()), ..done(&line, 195) };
        assert!(told(&[line.clone(), other.clone()], vec![astray]).contains("195 for 312029 were never posted"));
        let reserved = Done { kind: "pending".into(), ..done(&line, 195) };
        assert!(told(std::slice::from_ref(&line), vec![reserved]).contains("says 195 for 312011"));
        assert!(
            told(std::slice::from_ref(&line), vec![Done { round_id: None, ..done(&line, 195) }]).contains("moved 195")
        );
    }
}
