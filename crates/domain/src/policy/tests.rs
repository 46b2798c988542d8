//! Relations, single verdicts, and that reads and decisions are one table.
use super::*;
use crate::{BranchCode, ids::FacilityId, territory::TerritoryCode};
use uuid::Uuid;

fn code(text: &str) -> TerritoryCode {
    TerritoryCode::parse(text).unwrap()
}

fn facility(n: u128, municipality: &str) -> Place {
    Place::Facility(FacilityId(Uuid::from_u128(n)), code(municipality))
}

fn actor(role: Role, home: Place) -> Actor {
    Actor { role, home, ..Actor::public() }
}

#[test]
fn relations_follow_the_tree() {
    let (nation, tokyo, chiyoda) = (code("000000"), code("130001"), code("131016"));
    let t = Place::Territory;
    assert_eq!(relation(t(tokyo), t(tokyo)), Relation::Own);
    assert_eq!(relation(t(nation), t(chiyoda)), Relation::Child);
    assert_eq!(relation(t(chiyoda), t(nation)), Relation::Parent);
    assert_eq!(relation(t(tokyo), t(code("140007"))), Relation::Sibling);
    assert_eq!(relation(t(tokyo), facility(1, "131016")), Relation::Child);
    assert_eq!(relation(facility(1, "131016"), t(tokyo)), Relation::Parent);
    assert_eq!(relation(facility(1, "131016"), facility(2, "131016")), Relation::Sibling);
    assert_eq!(relation(facility(1, "131016"), facility(2, "131024")), Relation::Elsewhere);
    assert_eq!(relation(t(chiyoda), t(code("141003"))), Relation::Elsewhere);
    assert_eq!(relation(facility(1, "131016"), facility(1, "131024")), Relation::Own, "it moved");
}

#[test]
fn a_sibling_prefecture_does_not_exist() {
    let kanagawa = actor(Role::ReportingProxy, Place::Territory(code("140007")));
    assert_eq!(decide(&kanagawa, Action::ReportSubmit, facility(1, "131016")), Err(Denied::Invisible));
    let tokyo = actor(Role::ReportingProxy, Place::Territory(code("130001")));
    assert!(decide(&tokyo, Action::ReportSubmit, facility(1, "131016")).is_ok());
    let officer = actor(Role::Prefecture, Place::Territory(code("130001")));
    assert_eq!(decide(&officer, Action::ReportSubmit, facility(1, "131016")), Err(Denied::Refused));
}

#[test]
fn a_hospital_sees_itself_and_published_figures_only() {
    let hospital = actor(Role::Hospital, facility(1, "131016"));
    assert!(decide(&hospital, Action::ReportSubmit, facility(1, "131016")).is_ok());
    assert_eq!(decide(&hospital, Action::FacilityRead, facility(2, "131016")), Err(Denied::Invisible));
    assert!(decide(&hospital, Action::FiguresRead, Place::Territory(code("130001"))).is_ok());
    assert_eq!(decide(&hospital, Action::FiguresRead, Place::Territory(code("131016"))), Err(Denied::Invisible));
}

/// Scope (reads) and decide (everything) are two views of one table and must not drift apart.
#[test]
fn scope_agrees_with_decide() {
    let homes = [
        Place::Territory(code("000000")),
        Place::Territory(code("130001")),
        Place::Territory(code("131016")),
        Place::Territory(code("140007")),
        facility(1, "131016"),
    ];
    for role in Role::ALL {
        for home in homes {
            // a hospital's home is a facility, everybody else's a territory
            if matches!(role, Role::Hospital | Role::Clinic) != matches!(home, Place::Facility(..)) {
                continue;
            }
            let actor = actor(*role, home);
            let scope = Scope::of(&actor);
            for territory in ["000000", "130001", "131016", "131024", "140007", "141003"] {
                let territory = code(territory);
                let allowed = decide(&actor, Action::FiguresRead, Place::Territory(territory)).is_ok();
                assert_eq!(scope.sees_figures(territory), allowed, "{role:?} {home:?} {territory}");
            }
            // facility 1 has moved since the hospital's token was issued
            for (id, at) in [(1, "131016"), (1, "131024"), (1, "141003"), (2, "131016"), (3, "141003")] {
                let place = facility(id, at);
                let Place::Facility(id, at) = place else { unreachable!() };
                let allowed = decide(&actor, Action::FacilityRead, place).is_ok();
                assert_eq!(scope.sees_facility(id, at), allowed, "{role:?} {home:?} {id}");
            }
        }
    }
}

#[test]
fn a_wholesaler_sees_its_own_shipments_only() {
    let branch = |text: &str| text.parse::<BranchCode>().unwrap();
    let company = actor(Role::Wholesaler, Place::Wholesaler(branch("W07-03").wholesaler()));
    let third = actor(Role::Wholesaler, Place::Branch(branch("W07-03")));
    for (who, at, seen) in
        [(&company, "W07-03", true), (&company, "W08-03", false), (&third, "W07-03", true), (&third, "W07-04", false)]
    {
        let site = facility(1, "131016");
        let place = Place::of_shipment(who, branch(at), site);
        assert_eq!(decide(who, Action::ShipmentRead, place).is_ok(), seen, "{at}");
        let refused = if seen { Ok(()) } else { Err(Denied::Invisible) };
        assert_eq!(decide(who, Action::ShipmentAnswer, place).map(|_| ()), refused, "{at}");
        assert_eq!(decide(who, Action::ReceiptConfirm, site), Err(Denied::Invisible), "the site's end is not theirs");
    }
    let officer = actor(Role::Prefecture, Place::Territory(code("130001")));
    assert!(decide(&officer, Action::ShipmentRead, facility(1, "131016")).is_ok());
    assert_eq!(decide(&officer, Action::ShipmentRead, Place::Branch(branch("W07-03"))), Err(Denied::Invisible));
    assert_eq!(decide(&officer, Action::ShipmentAnswer, facility(1, "131016")), Err(Denied::Refused));
}

/// Reads of shipments go by `Scope::shipments`, single ones by `decide`: one table.
#[test]
fn shipments_in_scope_are_those_that_may_be_read() {
    let branch = |text: &str| text.parse::<BranchCode>().unwrap();
    let homes = [
        Place::Territory(code("000000")),
        Place::Territory(code("130001")),
        Place::Territory(code("131016")),
        facility(1, "131016"),
        Place::Wholesaler(branch("W07-03").wholesaler()),
        Place::Branch(branch("W07-03")),
    ];
    let partner = |place| matches!(place, Place::Wholesaler(_) | Place::Branch(_));
    for role in Role::ALL {
        for home in homes {
            let fits = match role {
                Role::Hospital | Role::Clinic => matches!(home, Place::Facility(..)),
                Role::Wholesaler => partner(home),
                _ => matches!(home, Place::Territory(_)),
            };
            if !fits {
                continue;
            }
            let actor = actor(*role, home);
            for (at, number, municipality) in
                [("W07-03", 1, "131016"), ("W07-04", 2, "131016"), ("W08-03", 3, "131024"), ("W08-01", 4, "141003")]
            {
                let site = facility(number, municipality);
                let place = Place::of_shipment(&actor, branch(at), site);
                let in_scope = match Scope::of(&actor).shipments() {
                    Shipments::None => false,
                    Shipments::To(id) => id == FacilityId(Uuid::from_u128(number)),
                    Shipments::Within(codes) => codes.iter().any(|territory| territory.contains(code(municipality))),
                    Shipments::Of(company) => branch(at).wholesaler() == company,
                    Shipments::From(own) => branch(at) == own,
                };
                assert_eq!(decide(&actor, Action::ShipmentRead, place).is_ok(), in_scope, "{role:?} {home:?} {at}");
            }
        }
    }
}

#[test]
fn the_matrix_is_the_committed_one() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/authz-matrix.txt");
    let committed = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(matrix(), committed, "run `cargo run -p meguri -- contracts` and review the change");
}
