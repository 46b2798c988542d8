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

/// Reaches beyond the tree, for everybody.
fn reaches() -> Vec<Reach> {
    let shared = |what, at: &str| Shared { agreement: Uuid::nil(), at: code(at), what };
    let closed =
        |numbers: &[u128]| std::sync::Arc::new(numbers.iter().map(|n| FacilityId(Uuid::from_u128(*n))).collect());
    vec![
        Reach::default(),
        Reach { area: vec![code("131016"), code("131024")], ..Reach::default() },
        Reach { absorbed: vec![code("131024")], ..Reach::default() },
        Reach { shared: vec![shared(Share::Figures, "140007")], ..Reach::default() },
        Reach { shared: vec![shared(Share::Facilities, "141003")], ..Reach::default() },
        Reach {
            shared: vec![shared(Share::Reports, "130001"), shared(Share::Figures, "131024")],
            closed: closed(&[3]),
            ..Reach::default()
        },
        Reach { gone: true, ..Reach::default() },
        Reach { area: vec![code("131016")], closed: closed(&[1]), ..Reach::default() },
    ]
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
    let limits = [None, Some([Action::FiguresRead].as_slice()), Some([Action::ReportRead].as_slice())];
    for (role, home) in Role::ALL.iter().flat_map(|role| homes.map(|home| (*role, home))) {
        // a hospital's home is a facility, everybody else's a territory
        if matches!(role, Role::Hospital | Role::Clinic) != matches!(home, Place::Facility(..)) {
            continue;
        }
        for (reach, limit) in reaches().into_iter().flat_map(|reach| limits.map(|limit| (reach.clone(), limit))) {
            let actions = limit.map(Into::into);
            let actor = Actor { reach: reach.into(), actions, ..actor(role, home) };
            let scope = Scope::of(&actor);
            for territory in ["000000", "130001", "131016", "131024", "140007", "141003"] {
                let territory = code(territory);
                let allowed = decide(&actor, Action::FiguresRead, Place::Territory(territory)).is_ok();
                assert_eq!(scope.sees_figures(territory), allowed, "{actor:?} {territory}");
            }
            // facility 1 has moved since the hospital's token was issued
            for (id, at) in [(1, "131016"), (1, "131024"), (1, "141003"), (2, "131016"), (3, "141003"), (3, "131024")] {
                let place = facility(id, at);
                let Place::Facility(id, at) = place else { unreachable!() };
                let master = decide(&actor, Action::FacilityRead, place).is_ok();
                assert_eq!(scope.sees_facility(id, at), master, "{actor:?} {id}");
                assert_eq!(scope.facilities().contain(id, at), master, "{actor:?} {id}");
                let report = decide(&actor, Action::ReportRead, place).is_ok();
                assert_eq!(scope.sees_reports(id, at), report, "{actor:?} {id}");
                assert_eq!(scope.reports().contain(id, at), report, "{actor:?} {id}");
            }
        }
    }
}

fn with(reach: Reach, role: Role, home: &str) -> Actor {
    Actor { reach: reach.into(), ..actor(role, Place::Territory(code(home))) }
}

fn ends(actor: &Actor, action: Action, place: Place) -> &'static str {
    match decide(actor, action, place) {
        Ok(_) => "allowed",
        Err(Denied::Refused) => "refused",
        Err(Denied::Invisible) => "invisible",
    }
}

#[test]
fn an_agreement_opens_what_it_names_and_no_more() {
    let place = facility(1, "131016");
    let sums = Place::Territory(code("131016"));
    for (what, figures, master, report) in [
        (Share::Figures, "allowed", "invisible", "invisible"),
        (Share::Facilities, "invisible", "allowed", "refused"),
        (Share::Reports, "invisible", "allowed", "allowed"),
    ] {
        let shared = vec![Shared { agreement: Uuid::nil(), at: code("130001"), what }];
        let kanagawa = with(Reach { shared, ..Reach::default() }, Role::Prefecture, "140007");
        assert_eq!(ends(&kanagawa, Action::FiguresRead, sums), figures);
        assert_eq!(ends(&kanagawa, Action::FacilityRead, place), master);
        assert_eq!(ends(&kanagawa, Action::ReportRead, place), report);
        assert_ne!(ends(&kanagawa, Action::ReportSubmit, place), "allowed");
        for action in [Action::PlanRead, Action::ShipmentRead, Action::PlanDraft] {
            assert_eq!(ends(&kanagawa, action, sums), "invisible", "{action:?}");
        }
        let maker = Actor { role: Role::Maker, ..kanagawa };
        assert_ne!(ends(&maker, Action::ReportRead, facility(1, "131016")), "allowed", "no body to share with");
    }
}

#[test]
fn a_health_centre_sees_its_area_and_a_merged_municipality_is_a_stranger() {
    let area = Reach { area: vec![code("131016")], ..Reach::default() };
    let centre = with(area, Role::HealthCentre, "130001");
    assert_eq!(ends(&centre, Action::ReportRead, facility(1, "131016")), "allowed");
    assert_eq!(ends(&centre, Action::ReportSubmit, facility(1, "131016")), "refused");
    assert_eq!(ends(&centre, Action::ReportRead, facility(2, "131024")), "invisible");
    let gone = with(Reach { gone: true, ..Reach::default() }, Role::Municipality, "131016");
    for action in Action::ALL {
        let place = Place::Territory(code("131016"));
        let stranger = Actor { role: Role::Public, reach: Reach::none(), ..gone.clone() };
        assert_eq!(ends(&gone, *action, place), ends(&stranger, *action, place), "{action:?}");
    }
    let heir = with(Reach { absorbed: vec![code("131016")], ..Reach::default() }, Role::Municipality, "131024");
    assert_eq!(ends(&heir, Action::PlanDraft, Place::Territory(code("131016"))), "allowed", "its own");
    assert_eq!(ends(&heir, Action::ReportRead, facility(1, "131016")), "allowed");
}

#[test]
fn at_a_closed_facility_overseers_read_nobody_writes_and_its_staff_are_gone() {
    let closed = std::sync::Arc::new([FacilityId(Uuid::from_u128(1))].into());
    let reach = Reach { closed, ..Reach::default() };
    let place = facility(1, "131016");
    let tokyo = with(reach.clone(), Role::Prefecture, "130001");
    let proxy = with(reach.clone(), Role::ReportingProxy, "130001");
    let kanagawa = with(reach.clone(), Role::Prefecture, "140007");
    let staff = Actor { reach: reach.into(), ..actor(Role::Hospital, place) };
    for (who, action, end) in [
        (&tokyo, Action::ReportRead, "allowed"),
        (&tokyo, Action::FacilityClose, "allowed"),
        (&tokyo, Action::ReceiptConfirm, "refused"),
        (&tokyo, Action::DiscrepancyResolve, "allowed"),
        (&proxy, Action::ReportSubmit, "refused"),
        (&proxy, Action::ReportRead, "allowed"),
        (&kanagawa, Action::ReportRead, "invisible"),
        (&staff, Action::FacilityRead, "invisible"),
        (&staff, Action::ReportSubmit, "invisible"),
        (&staff, Action::ReceiptConfirm, "invisible"),
    ] {
        assert_eq!(ends(who, action, place), end, "{:?} {action:?}", who.role);
    }
    assert_eq!(ends(&staff, Action::FiguresRead, Place::Territory(code("130001"))), "allowed", "as anybody");
}

#[test]
fn a_service_account_does_no_more_than_it_was_made_for() {
    let proxy = actor(Role::ReportingProxy, Place::Territory(code("130001")));
    let limited = Actor { actions: Some([Action::ReportSubmit].into()), ..proxy };
    assert_eq!(ends(&limited, Action::ReportSubmit, facility(1, "131016")), "allowed");
    assert_eq!(ends(&limited, Action::ReportRead, facility(1, "131016")), "refused");
    assert_eq!(ends(&limited, Action::ReportRead, facility(2, "141003")), "invisible", "it learns nothing by asking");
    assert_eq!(Scope::of(&limited).facilities(), Facilities::None);
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
