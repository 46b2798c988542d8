//! From what is asked for to the rows of an account: everything that can be decided before writing.
use super::{Accounts, Issuer, invitation, is_nobody, refused};
use crate::app::issue_accounts::organisation_id;
use chrono::{DateTime, Utc};
use domain::{
    BusinessDay, FacilityKey, FieldError, Problem, TerritoryCode, error,
    ids::{FacilityId, OrganisationId},
    issuing::{self, Party, Via},
    policy::{Action, Permit, Place, Relation, Role, decide, relation},
    time::parse_instant,
};
use identity_store::{
    read,
    rows::{Facility, Organisation, Territory, accounts::NewHolder, accounts::NewInvitation},
};
use platform::{OpCtx, clock::real_now, db::Connection, failure::Result};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use wire::account::{AccountFacts, Invitation, Invite};

/// Longer names of organisations are mistakes.
const NAME_CHARS_MAX: usize = 200;
const MAIL_CHARS_MAX: usize = 254;

/// What the rows of a request name, read at once.
pub(super) struct Known {
    facilities: Vec<Facility>,
    territories: HashMap<String, Territory>,
    organisations: HashMap<Uuid, Organisation>,
    taken: HashSet<String>,
}

/// An account that can be made.
pub(super) struct Planned {
    pub(super) holder: NewHolder,
    pub(super) organisation: Organisation,
    pub(super) permit: Permit,
    pub(super) invitation: NewInvitation,
    pub(super) told: Invitation,
}

/// Reads what the rows name.
pub(super) async fn known(conn: &mut Connection, rows: &[&AccountFacts]) -> Result<Known> {
    let (mut ids, mut codes, mut gmis) = (Vec::new(), Vec::new(), Vec::new());
    for key in rows.iter().filter_map(|row| row.facility.as_deref()?.parse::<FacilityKey>().ok()) {
        match key {
            FacilityKey::Id(id) => ids.push(id.0),
            FacilityKey::Code(code) => codes.push(code.as_str().to_owned()),
            FacilityKey::Gmis(id) => gmis.push(id.as_str().to_owned()),
        }
    }
    let mut facilities = Vec::new();
    if !ids.is_empty() {
        facilities.extend(read::accounts::facilities_by_id(conn, &ids).await?);
    }
    if !codes.is_empty() {
        facilities.extend(read::facilities_by_code(conn, &codes).await?);
    }
    if !gmis.is_empty() {
        facilities.extend(read::facilities_by_gmis_id(conn, &gmis).await?);
    }
    let territories: Vec<String> = rows.iter().filter_map(|row| row.territory.clone()).collect();
    let territories = read::territories(conn, &territories).await?;
    let territories: HashMap<String, Territory> =
        territories.into_iter().map(|territory| (territory.code.clone(), territory)).collect();
    // those named, and those that would be made: they may be there already
    let mut wanted: Vec<Uuid> = rows.iter().filter_map(|row| row.organisation).collect();
    wanted.extend(rows.iter().filter_map(|row| derived(row, &facilities, &territories)));
    let organisations = read::accounts::organisations(conn, &wanted).await?;
    let organisations = organisations.into_iter().map(|organisation| (organisation.id, organisation)).collect();
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let taken = read::account_names(conn, &names).await?.into_iter().collect();
    Ok(Known { facilities, territories, organisations, taken })
}

fn find<'k>(facilities: &'k [Facility], key: &FacilityKey) -> Option<&'k Facility> {
    facilities.iter().find(|facility| match key {
        FacilityKey::Id(id) => facility.id == id.0,
        FacilityKey::Code(code) => facility.facility_code.as_deref() == Some(code.as_str()),
        FacilityKey::Gmis(id) => facility.gmis_id.as_deref() == Some(id.as_str()),
    })
}

/// The organisation that a row without an id would get.
fn derived(row: &AccountFacts, facilities: &[Facility], territories: &HashMap<String, Territory>) -> Option<Uuid> {
    let role = Role::parse(&row.role)?;
    let kind = issuing::organisation_kind(role);
    let facility = row.facility.as_deref().and_then(|text| text.parse::<FacilityKey>().ok());
    let facility = facility.and_then(|key| find(facilities, &key));
    let (territory, name) = match (facility, row.territory.as_ref(), row.partner.as_ref()) {
        (Some(facility), ..) => (
            TerritoryCode::parse(&facility.municipality).ok()?,
            row.organisation_name.as_ref().unwrap_or(&facility.name),
        ),
        (None, Some(code), _) => {
            let own = territories.get(code).map(|territory| &territory.name);
            (TerritoryCode::parse(code).ok()?, if is_government(role) { own } else { row.organisation_name.as_ref() }?)
        }
        (None, None, _) => (TerritoryCode::NATION, row.organisation_name.as_ref()?),
    };
    Some(organisation_id(kind, territory, name))
}

/// There is one organisation of these roles in each place, and it is called like the place.
fn is_government(role: Role) -> bool {
    matches!(role, Role::Prefecture | Role::Municipality)
}

/// What a row comes to.
///
/// # Errors
/// `request.invalid` with the fields at fault, `account.name_taken`, `account.organisation_closed`,
/// `account.not_administrator`, `account.may_not_issue`.
pub(super) fn planned(
    accounts: &Accounts,
    ctx: &OpCtx,
    issuer: &Issuer,
    known: &Known,
    id: Uuid,
    facts: &AccountFacts,
) -> std::result::Result<Planned, Problem> {
    let mut errors = Vec::new();
    if !issuing::is_account_name(&facts.name) {
        errors.push(FieldError::new("name", &error::ACCOUNT_MALFORMED_NAME).with("value", &facts.name));
    }
    let role = Role::parse(&facts.role).filter(|role| *role != Role::Public);
    let role = role.ok_or_else(|| FieldError::new("role", &error::ACCOUNT_UNKNOWN_ROLE).with("value", &facts.role));
    let role = role.map_err(|error| errors.push(error)).ok();
    let home = role.and_then(|role| home(facts, role, issuer, known).map_err(|error| errors.push(error)).ok());
    let contact = contact(facts, &mut errors);
    let (Some(role), Some((home, facility)), true) = (role, home, errors.is_empty()) else {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors));
    };
    // what may not be done is refused before anything is told of names that exist
    let organisation = organisation(facts, role, home, facility, issuer, known)
        .map_err(|error| Problem::of_fields(&error::REQUEST_INVALID, vec![error]))?;
    let wanted =
        Party { role, home, organisation: OrganisationId(organisation.id), administrator: facts.administrator };
    let via = issuing::may_issue(&issuer.party, &wanted);
    let permit = decide(&ctx.actor, Action::AccountIssue, home).ok();
    let (Some(via), Some(permit)) = (via, permit) else { return Err(refused(issuer, role, home)) };
    if let Some(day) = organisation.closed_on.filter(|day| *day <= BusinessDay::at(ctx.now).date()) {
        return Err(Problem::new(&error::ACCOUNT_ORGANISATION_CLOSED).with("day", &day.to_string()));
    }
    if known.taken.contains(&facts.name) {
        return Err(Problem::new(&error::ACCOUNT_NAME_TAKEN).with("name", &facts.name));
    }
    let above = issuer.organisation.as_ref().filter(|_| via == Via::LevelAbove).map(|above| above.id);
    let organisation = Organisation {
        parent: organisation.parent.or(above.filter(|above| *above != organisation.id)),
        ..organisation
    };
    let (row, told) = invitation(&accounts.one_time, id, contact.invite);
    let (territory, facility, partner) = stored(home);
    let holder = NewHolder {
        id,
        name: facts.name.clone(),
        kind: "person".to_owned(),
        role: role.as_str().to_owned(),
        organisation: organisation.id,
        territory,
        facility,
        partner,
        expires_at: contact.expires_at,
        administrator: facts.administrator,
        mail: facts.mail.clone(),
        language: contact.language,
        issued_by: issuer.account,
        issued_by_name: issuer.account.map(|_| issuer.name.clone()),
    };
    Ok(Planned { holder, organisation, permit, invitation: row, told })
}

/// Home as its three columns.
pub(in crate::app) fn stored(home: Place) -> (String, Option<Uuid>, Option<String>) {
    match home {
        Place::Territory(code) => (code.to_string(), None, None),
        Place::Facility(id, at) => (at.to_string(), Some(id.0), None),
        Place::Wholesaler(code) => (TerritoryCode::NATION.to_string(), None, Some(code.to_string())),
        Place::Branch(code) => (TerritoryCode::NATION.to_string(), None, Some(code.to_string())),
    }
}

/// Where the account is at home, and the facility if it is one.
fn home<'k>(
    facts: &AccountFacts,
    role: Role,
    issuer: &Issuer,
    known: &'k Known,
) -> std::result::Result<(Place, Option<&'k Facility>), FieldError> {
    let given = [("territory", &facts.territory), ("facility", &facts.facility), ("partner", &facts.partner)];
    let column = match role {
        Role::Hospital | Role::Clinic => "facility",
        Role::Wholesaler => "partner",
        _ => "territory",
    };
    let wrong = |path: &str| {
        let wanted = issuing::home_wanted(role);
        FieldError::new(path, &error::ACCOUNT_WRONG_HOME).with("role", role.as_str()).with("wanted", wanted)
    };
    if let Some((path, _)) = given.iter().find(|(path, value)| *path != column && value.is_some()) {
        return Err(wrong(path));
    }
    let text = given.iter().find_map(|(path, value)| value.as_deref().filter(|_| *path == column));
    let Some(text) = text else {
        let nation = Place::Territory(TerritoryCode::NATION);
        return match role {
            role if role == issuer.party.role && !is_nobody(issuer.party.organisation) => Ok((issuer.party.home, None)),
            role if issuing::home_fits(role, nation) => Ok((nation, None)),
            _ => Err(wrong(column)),
        };
    };
    let place = match column {
        "facility" => {
            let missing = || FieldError::new("facility", &error::FACILITY_NOT_FOUND).with("key", text);
            let key = text.parse::<FacilityKey>().map_err(|problem| problem.at("facility"))?;
            let facility = find(&known.facilities, &key).ok_or_else(missing)?;
            let at = TerritoryCode::parse(&facility.municipality).map_err(|problem| problem.at("facility"))?;
            let place = Place::Facility(FacilityId(facility.id), at);
            // one that is none of the issuer's answers like one that does not exist
            if issuer.party.role != Role::Operator && relation(issuer.party.home, place) == Relation::Elsewhere {
                return Err(missing());
            }
            if facility.kind != role.as_str() {
                return Err(wrong("facility"));
            }
            return Ok((place, Some(facility)));
        }
        "partner" => text.parse().map(Place::Wholesaler).or_else(|_| text.parse().map(Place::Branch)),
        _ => TerritoryCode::parse(text).map(Place::Territory),
    };
    let place = place.map_err(|problem| problem.at(column))?;
    if let Place::Territory(code) = place
        && !known.territories.contains_key(&code.to_string())
    {
        return Err(FieldError::new("territory", &error::TERRITORY_NOT_FOUND).with("code", text));
    }
    if issuing::home_fits(role, place) { Ok((place, None)) } else { Err(wrong(column)) }
}

/// The organisation that the account acts for: one that exists, or one that is made with it.
fn organisation(
    facts: &AccountFacts,
    role: Role,
    home: Place,
    facility: Option<&Facility>,
    issuer: &Issuer,
    known: &Known,
) -> std::result::Result<Organisation, FieldError> {
    let (kind, territory) = (issuing::organisation_kind(role), home.territory());
    let missing = || FieldError::new("organisation", &error::ACCOUNT_ORGANISATION_MISSING);
    let is_named = facts.organisation_name.is_some() || facts.organisation_name_en.is_some();
    if let Some(id) = facts.organisation {
        let own = issuer.organisation.as_ref().filter(|own| own.id == id);
        let fits = |found: &&Organisation| found.kind == kind && found.territory == territory.to_string() && !is_named;
        let found = own.or_else(|| known.organisations.get(&id)).filter(fits);
        return found.cloned().ok_or_else(|| FieldError::new("organisation", &error::ACCOUNT_WRONG_ORGANISATION));
    }
    if !is_named && issuer.party.role == role && issuer.party.home == home {
        return issuer.organisation.clone().ok_or_else(missing);
    }
    let place = known.territories.get(&territory.to_string());
    let (name, name_en) = match (facts.organisation_name.as_deref(), facts.organisation_name_en.as_deref()) {
        (None, None) => match (facility, place) {
            (Some(facility), _) => (facility.name.clone(), facility.name.clone()),
            (None, Some(place)) if is_government(role) => {
                (place.name.clone(), place.name_en.clone().unwrap_or_else(|| place.name.clone()))
            }
            _ => return Err(missing()),
        },
        (Some(name), Some(name_en)) if !is_government(role) => {
            let fits = |name: &str| {
                !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control)
            };
            if !fits(name) || !fits(name_en) {
                return Err(missing());
            }
            (name.to_owned(), name_en.to_owned())
        }
        // a government is called like its place
        _ if is_government(role) => {
            return Err(FieldError::new("organisation_name", &error::ACCOUNT_WRONG_ORGANISATION));
        }
        _ => return Err(missing()),
    };
    let id = organisation_id(kind, territory, &name);
    Ok(known.organisations.get(&id).cloned().unwrap_or_else(|| Organisation {
        id,
        kind: kind.to_owned(),
        name,
        name_en,
        territory: territory.to_string(),
        parent: None,
        version: 1,
        closed_on: None,
    }))
}

struct Contact {
    language: String,
    invite: Invite,
    expires_at: Option<DateTime<Utc>>,
}

fn contact(facts: &AccountFacts, errors: &mut Vec<FieldError>) -> Contact {
    if facts.mail.as_deref().is_some_and(|mail| !is_mail(mail)) {
        errors.push(FieldError::new("mail", &error::ACCOUNT_MALFORMED_MAIL));
    }
    let language = facts.language.clone().unwrap_or_else(|| "ja".to_owned());
    if !["ja", "en"].contains(&language.as_str()) {
        errors.push(FieldError::new("language", &error::REQUEST_INVALID_FIELD).with("reason", "ja, en"));
    }
    let expires_at = facts.expires_at.as_deref().and_then(|text| match parse_instant(text) {
        Ok(at) if at > real_now() => Some(at),
        Ok(_) => {
            errors.push(FieldError::new("expires_at", &error::ACCOUNT_EXPIRES_IN_PAST).with("value", text));
            None
        }
        Err(problem) => {
            errors.push(problem.at("expires_at"));
            None
        }
    });
    let invite = facts.invite.unwrap_or(if facts.mail.is_some() { Invite::Mail } else { Invite::Code });
    if invite == Invite::Mail && facts.mail.is_none() {
        errors.push(FieldError::new("invite", &error::ACCOUNT_MAIL_MISSING));
    }
    Contact { language, invite, expires_at }
}

/// Something that mail can be sent to. Whether it arrives, the invitation shows.
fn is_mail(text: &str) -> bool {
    let fits = |part: &str| !part.is_empty() && part.is_ascii() && part.bytes().all(|byte| byte.is_ascii_graphic());
    text.len() <= MAIL_CHARS_MAX
        && text.split_once('@').is_some_and(|(local, domain)| {
            fits(local)
                && fits(domain)
                && !domain.contains('@')
                && !text.contains([',', ';', '<', '>', '"', '\\', '(', ')'])
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::is_mail;

    #[test]
    fn mail_goes_to_one_address_and_takes_no_header_along() {
        for good in ["clerk@hospital.example.jp", "a.b+c@x.example"] {
            assert!(is_mail(good), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example,c@d.example",
            "A <a@b.example>",
            "a@@b.example",
            "病院@病院.example",
            "a@localhost",
            &format!("{}@b.example", "x".repeat(300)),
        ] {
            assert!(!is_mail(bad), "{bad}");
        }
    }
}
