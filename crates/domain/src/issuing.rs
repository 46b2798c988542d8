//! Who issues accounts to whom: the level above, and an organisation's administrators to their colleagues.
//!
//! [`decide`](crate::policy::decide) says whose accounts somebody may look after at all; the rule here says
//! which of them may be issued, suspended or closed. The whole table stands in
//! `contracts/issuing-matrix.txt`.
use crate::{
    ids::OrganisationId,
    policy::{Place, Relation, Role, relation},
    territory::{TerritoryCode, Tier},
};
use std::fmt::Write as _;

/// An account, as far as issuing goes: the one that issues, or the one that is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// What it is for.
    pub role: Role,
    /// Where it is at home.
    pub home: Place,
    /// The body that it acts for.
    pub organisation: OrganisationId,
    /// It may issue accounts at all.
    pub administrator: bool,
}

/// By which right an account is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// By who runs the machine, to begin with.
    Operator,
    /// By the level above.
    LevelAbove,
    /// By an administrator of the same organisation.
    Colleague,
}

/// Does the first of these roles stand directly above the second? The places are asked for elsewhere.
#[must_use]
pub fn stands_above(issuer: Role, wanted: Role) -> bool {
    match issuer {
        Role::Ministry => matches!(
            wanted,
            Role::Prefecture | Role::Maker | Role::Wholesaler | Role::ExpertNetwork | Role::Auditor | Role::HelpDesk
        ),
        Role::Prefecture => matches!(
            wanted,
            Role::Municipality
                | Role::HealthCentre
                | Role::Hospital
                | Role::Clinic
                | Role::MedicalAssociation
                | Role::FireService
                | Role::CoordinationHq
                | Role::ReportingProxy
        ),
        // its mass sites are run by its own staff
        Role::Municipality => wanted == Role::Clinic,
        // the company, to its branches
        Role::Wholesaler => wanted == Role::Wholesaler,
        Role::HealthCentre
        | Role::Hospital
        | Role::Clinic
        | Role::MedicalAssociation
        | Role::Maker
        | Role::ExpertNetwork
        | Role::FireService
        | Role::CoordinationHq
        | Role::HelpDesk
        | Role::ReportingProxy
        | Role::Auditor
        | Role::Operator
        | Role::Public => false,
    }
}

/// May an account have this name? The table's own rule: 1 to 63 lower-case letters, digits and hyphens.
#[must_use]
pub fn is_account_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Can an account of this role be at home there?
#[must_use]
pub fn home_fits(role: Role, home: Place) -> bool {
    match (role, home) {
        (
            Role::Ministry | Role::Maker | Role::ExpertNetwork | Role::Auditor | Role::HelpDesk | Role::Operator,
            Place::Territory(code),
        ) => code == TerritoryCode::NATION,
        (Role::Prefecture | Role::CoordinationHq | Role::ReportingProxy, Place::Territory(code)) => {
            code.tier() == Tier::Prefecture
        }
        (Role::Municipality, Place::Territory(code)) => code.tier() == Tier::Municipality,
        (Role::HealthCentre | Role::MedicalAssociation | Role::FireService, Place::Territory(code)) => {
            code.tier() != Tier::Nation
        }
        (Role::Hospital | Role::Clinic, Place::Facility(..)) => true,
        (Role::Wholesaler, Place::Wholesaler(_) | Place::Branch(_)) => true,
        _ => false,
    }
}

/// The kind of organisation that accounts of this role act for.
#[must_use]
pub fn organisation_kind(role: Role) -> &'static str {
    match role {
        Role::Hospital | Role::Clinic => "facility",
        role => role.as_str(),
    }
}

/// Where an account of this role must be at home, in words for a refusal.
#[must_use]
pub fn home_wanted(role: Role) -> &'static str {
    match role {
        Role::Prefecture | Role::CoordinationHq | Role::ReportingProxy => "territory: a prefecture",
        Role::Municipality => "territory: a municipality",
        Role::HealthCentre | Role::MedicalAssociation | Role::FireService => "territory: a prefecture or municipality",
        Role::Hospital | Role::Clinic => "facility",
        Role::Wholesaler => "partner: W07, W07-03",
        _ => "territory: 000000",
    }
}

/// By which right `issuer` may issue, suspend or close the account `wanted`; none if it may not.
#[must_use]
pub fn may_issue(issuer: &Party, wanted: &Party) -> Option<Via> {
    if !issuer.administrator || !home_fits(wanted.role, wanted.home) || wanted.role == Role::Public {
        return None;
    }
    if issuer.role == Role::Operator {
        return Some(Via::Operator);
    }
    let place = relation(issuer.home, wanted.home);
    if issuer.role == wanted.role && issuer.organisation == wanted.organisation && place == Relation::Own {
        return Some(Via::Colleague);
    }
    let within = match (issuer.role, wanted.role) {
        // a company's own desk is issued by the ministry or a colleague
        (Role::Wholesaler, _) | (Role::Prefecture, Role::Municipality) => place == Relation::Child,
        _ => matches!(place, Relation::Own | Relation::Child),
    };
    (within && stands_above(issuer.role, wanted.role)).then_some(Via::LevelAbove)
}

/// The table as text, one line an issuing role: the golden file `contracts/issuing-matrix.txt`.
#[must_use]
pub fn matrix() -> String {
    let mut text = String::from(
        "# Who issues accounts to whom, and suspends and closes them. Generated by `meguri contracts`; every change is\n\
         # a review. Only administrators do; besides, each of them issues to colleagues of the same role, organisation\n\
         # and home. The account issued must lie within the issuer's home. Who runs the machine issues any.\n",
    );
    for issuer in Role::ALL {
        let below: Vec<&str> = Role::ALL
            .iter()
            .filter(|wanted| *issuer == Role::Operator && **wanted != Role::Public || stands_above(*issuer, **wanted))
            .map(|wanted| wanted.as_str())
            .collect();
        let _ =
            writeln!(text, "{:<20} {}", issuer.as_str(), if below.is_empty() { "-".into() } else { below.join(" ") });
    }
    text.push_str("\n# Where an account of each role is at home, and the kind of its organisation.\n");
    for role in Role::ALL.iter().filter(|role| **role != Role::Public) {
        let _ = writeln!(text, "{:<20} {:<42} {}", role.as_str(), home_wanted(*role), organisation_kind(*role));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FacilityId;
    use uuid::Uuid;

    fn place(text: &str) -> Place {
        if let Some(at) = text.strip_prefix("facility@") {
            return Place::Facility(FacilityId(Uuid::from_u128(9)), TerritoryCode::parse(at).unwrap());
        }
        text.parse()
            .map(Place::Wholesaler)
            .or_else(|_| text.parse().map(Place::Branch))
            .unwrap_or_else(|_| Place::Territory(TerritoryCode::parse(text).unwrap()))
    }

    fn party(role: Role, home: &str, organisation: u128) -> Party {
        Party {
            role,
            home: place(home),
            organisation: OrganisationId(Uuid::from_u128(organisation)),
            administrator: true,
        }
    }

    #[test]
    fn the_level_above_issues() {
        let cases = [
            (Role::Ministry, "000000", Role::Prefecture, "310000", Some(Via::LevelAbove)),
            (Role::Ministry, "000000", Role::Auditor, "000000", Some(Via::LevelAbove)),
            (Role::Ministry, "000000", Role::Wholesaler, "W07", Some(Via::LevelAbove)),
            (Role::Ministry, "000000", Role::Municipality, "131016", None),
            (Role::Ministry, "000000", Role::Hospital, "facility@131016", None),
            (Role::Ministry, "000000", Role::Operator, "000000", None),
            (Role::Prefecture, "130001", Role::Municipality, "131016", Some(Via::LevelAbove)),
            (Role::Prefecture, "130001", Role::CoordinationHq, "130001", Some(Via::LevelAbove)),
            (Role::Prefecture, "130001", Role::HealthCentre, "131016", Some(Via::LevelAbove)),
            (Role::Prefecture, "130001", Role::Hospital, "facility@131016", Some(Via::LevelAbove)),
            // a sibling's, and its own level under another organisation
            (Role::Prefecture, "130001", Role::Municipality, "312011", None),
            (Role::Prefecture, "130001", Role::Hospital, "facility@312011", None),
            (Role::Prefecture, "130001", Role::Prefecture, "130001", None),
            (Role::Prefecture, "130001", Role::Auditor, "000000", None),
            (Role::Municipality, "131016", Role::Clinic, "facility@131016", Some(Via::LevelAbove)),
            (Role::Municipality, "131016", Role::Hospital, "facility@131016", None),
            (Role::Municipality, "131016", Role::Clinic, "facility@131024", None),
            (Role::Wholesaler, "W07", Role::Wholesaler, "W07-03", Some(Via::LevelAbove)),
            (Role::Wholesaler, "W07", Role::Wholesaler, "W08-03", None),
            (Role::Wholesaler, "W07-03", Role::Wholesaler, "W07", None),
            (Role::Wholesaler, "W07-03", Role::Wholesaler, "W07-04", None),
            (Role::HealthCentre, "131016", Role::Hospital, "facility@131016", None),
            (Role::HelpDesk, "000000", Role::Prefecture, "130001", None),
            (Role::Auditor, "000000", Role::Prefecture, "130001", None),
            (Role::Operator, "000000", Role::Ministry, "000000", Some(Via::Operator)),
            (Role::Operator, "000000", Role::Municipality, "131016", Some(Via::Operator)),
        ];
        for (role, home, wanted, at, expected) in cases {
            assert_eq!(may_issue(&party(role, home, 1), &party(wanted, at, 2)), expected, "{role:?} {wanted:?} {at}");
        }
    }

    #[test]
    fn colleagues_are_of_one_organisation_role_and_home() {
        for (role, home) in [
            (Role::Hospital, "facility@131016"),
            (Role::Prefecture, "130001"),
            (Role::Maker, "000000"),
            (Role::Wholesaler, "W07-03"),
            (Role::HelpDesk, "000000"),
        ] {
            let issuer = party(role, home, 1);
            assert_eq!(may_issue(&issuer, &party(role, home, 1)), Some(Via::Colleague), "{role:?}");
            assert_eq!(may_issue(&issuer, &party(role, home, 2)), None, "{role:?}");
            assert_eq!(may_issue(&Party { administrator: false, ..issuer }, &issuer), None, "{role:?}");
        }
        let elsewhere = Place::Facility(FacilityId(Uuid::from_u128(8)), TerritoryCode::parse("131016").unwrap());
        let issuer = party(Role::Hospital, "facility@131016", 1);
        assert_eq!(may_issue(&issuer, &Party { home: elsewhere, ..issuer }), None, "another hospital of the same name");
    }

    #[test]
    fn nobody_is_at_home_where_the_role_is_not() {
        let operator = party(Role::Operator, "000000", 1);
        for (role, home) in [
            (Role::Prefecture, "131016"),
            (Role::Municipality, "130001"),
            (Role::Ministry, "130001"),
            (Role::Hospital, "131016"),
            (Role::Prefecture, "facility@131016"),
            (Role::Wholesaler, "000000"),
            (Role::Public, "000000"),
        ] {
            assert_eq!(may_issue(&operator, &party(role, home, 2)), None, "{role:?} {home}");
        }
    }

    #[test]
    fn no_role_issues_to_a_role_that_issues_to_it() {
        for issuer in Role::ALL {
            for wanted in Role::ALL.iter().filter(|wanted| **wanted != Role::Wholesaler) {
                let mutual = stands_above(*issuer, *wanted) && stands_above(*wanted, *issuer);
                assert!(!mutual, "{issuer:?} {wanted:?}");
            }
        }
    }
}
