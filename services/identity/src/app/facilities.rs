//! Importing facilities in bulk: new ones are made, changed ones get a new version, the rest is left.
use super::permit;
use domain::{
    FacilityCode, FieldError, GmisId, TerritoryCode, error,
    ids::FacilityId,
    policy::{Action, Permit},
};
use identity_store::{
    read,
    rows::{Facility, FacilityChange, FacilityClosure},
    write,
};
use platform::{Db, OpCtx, Tx, audit, failure::Result, opctx::new_id, outbox};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;
use wire::events::FacilityChanged;

/// A facility as a file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityFacts {
    /// 医療機関ID of G-MIS: the key of the import.
    pub gmis_id: GmisId,
    /// 医療機関コード
    pub facility_code: Option<FacilityCode>,
    /// Name.
    pub name: String,
    /// Seven digits.
    pub postal_code: Option<String>,
    /// Address.
    pub address: String,
    /// Digits.
    pub phone: Option<String>,
    /// Where it lies.
    pub municipality: TerritoryCode,
    /// Millionths of a degree.
    pub latitude_e6: Option<i32>,
    /// Millionths of a degree.
    pub longitude_e6: Option<i32>,
    /// Made up, for training.
    pub synthetic: bool,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Our ids by G-MIS id, for all facilities of the file that were taken.
    pub ids: BTreeMap<String, FacilityId>,
    /// Made.
    pub new: usize,
    /// Changed.
    pub changed: usize,
    /// Left as they were.
    pub unchanged: usize,
    /// Not taken: the facility code belongs to another facility, or a text cannot be stored.
    pub refused: Vec<(GmisId, FieldError)>,
}

/// Imports facilities in one transaction, each change with its event and its audit row. Idempotent.
/// All are hospitals: the surveys of G-MIS go to hospitals.
///
/// # Errors
/// `auth.forbidden` unless the actor may import; the database's.
pub async fn import(db: &Db, ctx: &OpCtx, facts: &[FacilityFacts]) -> Result<Imported> {
    let permit = permit(ctx, Action::FacilityImport)?;
    let entry = audit::Entry { target: "reference/facility".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let imported = write_all(&mut tx, ctx, &permit, facts).await;
    tx.finish(imported).await
}

async fn write_all(tx: &mut Tx, ctx: &OpCtx, permit: &Permit, facts: &[FacilityFacts]) -> Result<Imported> {
    write::lock_facilities(tx).await?;
    let keys: Vec<String> = facts.iter().map(|facts| facts.gmis_id.as_str().to_owned()).collect();
    let codes: Vec<String> =
        facts.iter().filter_map(|facts| facts.facility_code.as_ref()).map(|code| code.as_str().to_owned()).collect();
    let mut known: HashMap<String, Facility> = HashMap::new();
    for facility in read::facilities_by_gmis_id(tx, &keys).await? {
        known.extend(facility.gmis_id.clone().map(|key| (key, facility)));
    }
    let refused = refusals(facts, &read::facilities_by_code(tx, &codes).await?);

    let mut imported = Imported::default();
    let (mut made, mut changed) = (Vec::new(), Vec::new());
    for facts in facts {
        let key = facts.gmis_id.as_str();
        if let Some(error) = refused.get(key) {
            imported.refused.push((facts.gmis_id.clone(), error.clone()));
            continue;
        }
        let before = known.get(key);
        let after = row(facts, before);
        imported.ids.insert(key.to_owned(), FacilityId(after.id));
        match before {
            None => made.push(after),
            Some(before) if *before == after => imported.unchanged += 1,
            Some(_) => changed.push(Facility { version: after.version + 1, ..after }),
        }
    }
    (imported.new, imported.changed) = (made.len(), changed.len());
    // codes may go round in a circle: all are free before any is given anew, and given to known
    // facilities before new ones
    let changed_ids: Vec<Uuid> = changed.iter().map(|facility| facility.id).collect();
    write::clear_codes(tx, &changed_ids).await?;
    for facility in &changed {
        write::update_facility(tx, facility).await?;
    }
    write::insert_facilities(tx, &made).await?;
    made.append(&mut changed);
    record(tx, ctx, permit, &made).await?;
    Ok(imported)
}

/// Which facilities of the file cannot be taken, by G-MIS id. `held` are those that hold a code which
/// the file claims. Whoever is refused keeps what it holds, so that others may have to be refused too.
fn refusals(facts: &[FacilityFacts], held: &[Facility]) -> HashMap<String, FieldError> {
    let mut refused: HashMap<String, FieldError> = HashMap::new();
    loop {
        let before = refused.len();
        let mut holders = holders(facts, held, &refused);
        for facts in facts {
            let key = facts.gmis_id.as_str();
            if refused.contains_key(key) {
                continue;
            }
            if let Some(error) = unfit(facts, &mut holders) {
                refused.insert(key.to_owned(), error);
            }
        }
        if refused.len() == before {
            return refused;
        }
    }
}

/// Who keeps each code, by G-MIS id: whoever holds it now, unless its own row of the file no longer
/// says so. A facility without a G-MIS id is in no file and keeps its code.
fn holders(
    facts: &[FacilityFacts],
    held: &[Facility],
    refused: &HashMap<String, FieldError>,
) -> HashMap<String, Option<String>> {
    let claim = |facts: &FacilityFacts| facts.facility_code.as_ref().map(|code| code.as_str().to_owned());
    let claims: HashMap<&str, Option<String>> =
        facts.iter().map(|facts| (facts.gmis_id.as_str(), claim(facts))).collect();
    let keeps = |facility: &&Facility| match facility.gmis_id.as_deref().filter(|key| !refused.contains_key(*key)) {
        Some(key) => claims.get(key).is_none_or(|claim| *claim == facility.facility_code),
        None => true,
    };
    let holder = |facility: &Facility| Some((facility.facility_code.clone()?, facility.gmis_id.clone()));
    held.iter().filter(keeps).filter_map(holder).collect()
}

/// Why a facility of the file cannot be taken. What is taken holds its code from then on.
fn unfit(facts: &FacilityFacts, holders: &mut HashMap<String, Option<String>>) -> Option<FieldError> {
    let texts = [("name", Some(&facts.name)), ("address", Some(&facts.address)), ("phone", facts.phone.as_ref())];
    if let Some((path, _)) = texts.iter().find(|(_, text)| text.is_some_and(|text| text.contains('\0'))) {
        return Some(FieldError::new(*path, &error::REQUEST_NUL_CHARACTER));
    }
    let (key, code) = (facts.gmis_id.as_str(), facts.facility_code.as_ref()?);
    let holder = holders.entry(code.as_str().to_owned()).or_insert_with(|| Some(key.to_owned()));
    (holder.as_deref() != Some(key)).then(|| code_taken("facility_code", &facts.gmis_id, code))
}

/// The error at `path` for a facility that claims another one's code.
#[must_use]
pub fn code_taken(path: &str, gmis_id: &GmisId, code: &FacilityCode) -> FieldError {
    FieldError::new(path, &error::IMPORT_FACILITY_CODE_TAKEN)
        .with("gmis_id", gmis_id.as_str())
        .with("facility_code", code.as_str())
}

/// The row that the facts ask for, in the version that there is.
fn row(facts: &FacilityFacts, before: Option<&Facility>) -> Facility {
    Facility {
        id: before.map_or_else(new_id, |before| before.id),
        facility_code: facts.facility_code.as_ref().map(|code| code.as_str().to_owned()),
        gmis_id: Some(facts.gmis_id.as_str().to_owned()),
        kind: "hospital".to_owned(),
        name: facts.name.clone(),
        postal_code: facts.postal_code.clone(),
        address: facts.address.clone(),
        phone: facts.phone.clone(),
        municipality: facts.municipality.to_string(),
        latitude_e6: facts.latitude_e6,
        longitude_e6: facts.longitude_e6,
        version: before.map_or(1, |before| before.version),
        synthetic: facts.synthetic,
    }
}

/// History, audit and event of each facility made or changed.
pub(super) async fn record(tx: &mut Tx, ctx: &OpCtx, permit: &Permit, facilities: &[Facility]) -> Result<()> {
    let (mut changes, mut entries, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let ids: Vec<Uuid> = facilities.iter().map(|facility| facility.id).collect();
    let closures = read::reach::last_closures(tx, &ids).await?;
    let closures: HashMap<Uuid, FacilityClosure> =
        closures.into_iter().map(|closure| (closure.facility_id, closure)).collect();
    for facility in facilities {
        let (cause, event) = (new_id(), event(facility, closures.get(&facility.id)));
        changes.push(FacilityChange {
            id: cause,
            facility_id: facility.id,
            version: facility.version,
            facts: serde_json::to_value(&event)?,
            business_at: ctx.now,
        });
        entries.push((permit, audit::Entry { target: format!("facility/{}", facility.id), cause, reason: None }));
        events.push((cause, event));
    }
    write::facility_changes(tx, &changes).await?;
    tx.note(ctx, &entries).await?;
    outbox::emit_all(tx, ctx, &events).await
}

fn event(facility: &Facility, closure: Option<&FacilityClosure>) -> FacilityChanged {
    // one that was called off before its day never was
    let closure = closure.filter(|closure| closure.reopened_on != Some(closure.closed_on));
    FacilityChanged {
        facility_id: facility.id,
        version: facility.version,
        facility_code: facility.facility_code.clone(),
        gmis_id: facility.gmis_id.clone(),
        kind: facility.kind.clone(),
        name: facility.name.clone(),
        postal_code: facility.postal_code.clone(),
        address: facility.address.clone(),
        phone: facility.phone.clone(),
        municipality: facility.municipality.clone(),
        latitude_e6: facility.latitude_e6,
        longitude_e6: facility.longitude_e6,
        synthetic: facility.synthetic,
        closed_on: closure.map(|closure| closure.closed_on),
        reopened_on: closure.and_then(|closure| closure.reopened_on),
    }
}
