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
use testkit::{prepared::prepared_anew, round::BOX_VIALS};
use wire::plan::{MovePlan, PlanMoved};

fn officer(allocation: &Allocation, role: Role, code: &str) -> OpCtx {
    let actor = Actor {
        account: AccountId(new_id()),
        organisation: OrganisationId(new_id()),
        name: format!("officer-{code}"),
        role,
        home: Place::Territory(TerritoryCode::parse(code).unwrap()),
        machine: true,
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
