//! The hot path is prepared once per connection: what the second plan sends, the first has prepared.
use super::setup::{KAGAWA, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, lines};
use allocation::{
    Allocation,
    app::{
        Outcome,
        assign_to_sites::assign_to_sites,
        change_plan::{Change, change_plan},
    },
};
use domain::{
    TerritoryCode,
    ids::{AccountId, OrganisationId},
    policy::{Actor, Place, Role},
};
use platform::{OpCtx, failure::Result, opctx::new_id};
use testkit::{
    prepared::{kept_plans, prepared_anew},
    round::BOX_VIALS,
};
use wire::plan::{MovePlan, PlanMoved};

fn officer(allocation: &Allocation, role: Role, code: &str) -> OpCtx {
    let actor = Actor {
        account: AccountId(new_id()),
        organisation: OrganisationId(new_id()),
        name: format!("officer-{code}"),
        role,
        home: Place::Territory(TerritoryCode::parse(code).unwrap()),
        machine: true,
        ..Actor::public()
    };
    OpCtx::new(actor, &allocation.shared.clock)
}

fn moved(outcome: Result<Outcome>) -> PlanMoved {
    let moved = match outcome.unwrap() {
        Outcome::Moved { moved, .. } => Some(*moved),
        Outcome::Stale { .. } => None,
    };
    moved.unwrap()
}

/// A prefecture takes a box from one municipality and carries its plan through; that municipality
/// assigns to its sites, twice.
async fn hand_on(allocation: &Allocation, setup: &Setup, prefecture: &str, municipality: &str) {
    let ctx = officer(allocation, Role::Prefecture, prefecture);
    let second = officer(allocation, Role::Prefecture, prefecture);
    let (plan, version) = setup.plan_of(prefecture).await;
    let units = setup.units(&plan, municipality).await;
    let less = lines(version, &[(municipality, units - 1)]);
    let plan = plan.parse().unwrap();
    let less = Change::Adjust(serde_json::from_value(less).unwrap());
    let mut version = moved(change_plan(allocation, &ctx, plan, less).await).version;
    for step in [Change::Submit, Change::Approve, Change::Commit] {
        let change = step(MovePlan { id: new_id(), version });
        let officer = if matches!(change, Change::Approve(_)) { &second } else { &ctx };
        version = moved(change_plan(allocation, officer, plan, change).await).version;
    }
    let ctx = officer(allocation, Role::Municipality, municipality);
    for vials in [&[100, 20, 1][..], &[50]] {
        let request = serde_json::from_value(setup.assign(municipality, vials)).unwrap();
        moved(assign_to_sites(allocation, &ctx, request).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_plan_prepares_nothing() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let allocation = setup.app.allocation_on_one().await;
    hand_on(&allocation, &setup, TOTTORI, TOTTORI_CITY).await;
    let second = hand_on(&allocation, &setup, KAGAWA, TAKAMATSU);
    let anew = prepared_anew(&allocation.db, second).await;
    assert!(anew.is_empty(), "{anew:#?}");
    setup.app.audit_ok().await;
}

/// Tables that fill while a round runs down.
const FILLING: [&str; 4] = ["account", "book_account", "transfer", "plan_line"];

/// What is wrong with a plan that was made while these tables were small and is kept when they are not: an
/// index that is read from end to end, or beyond what is asked for.
fn reads_too_much(plan: &[String]) -> bool {
    let of = |line: &str, what: &str| FILLING.iter().any(|table| line.contains(&format!("{what}{table} ")));
    plan.iter().enumerate().any(|(at, line)| {
        let line = format!("{line} ");
        let next = plan.get(at + 1).map_or("", String::as_str);
        let end_to_end = of(&line, " on ") && line.contains("Scan") && !next.contains("Index Cond:");
        of(&line, "Seq Scan on ") || end_to_end || line.contains("Filter: (holder = ANY")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_from_a_new_round_still_serves_when_its_tables_have_filled() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let allocation = setup.app.allocation_on_one().await;
    hand_on(&allocation, &setup, TOTTORI, TOTTORI_CITY).await;
    // as work on a holder's plans sets them: see the store's `Lock`
    let settings = "set local enable_seqscan = off; set local enable_bitmapscan = off";
    let plans = kept_plans(&allocation.db, settings).await;
    let of_the_book = plans.iter().filter(|(_, plan)| plan.iter().any(|line| line.contains("account"))).count();
    assert!(of_the_book >= 5, "{plans:#?}");
    let bad: Vec<_> = plans.iter().filter(|(_, plan)| reads_too_much(plan)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
