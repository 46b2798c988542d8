//! Importing facilities in bulk: new ones are made, changed ones get a new version, the rest is left.
use super::permit;
use domain::{
    FacilityCode, FieldError, GmisId, TerritoryCode, error,
    ids::FacilityId,
    policy::{Action, Permit},
};
use identity_store::{read, rows::Facility, rows::FacilityChange, write};
use platform::{Db, OpCtx, Tx, audit, failure::Result, opctx::new_id, outbox};
use std::collections::{BTreeMap, HashMap};
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
    /// Not taken: the facility code belongs to another facility.
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
    let holders: HashMap<String, Option<String>> = read::facilities_by_code(tx, &codes)
        .await?
        .into_iter()
        .filter_map(|facility| facility.facility_code.map(|code| (code, facility.gmis_id)))
        .collect();

    let mut imported = Imported::default();
    let (mut made, mut changed) = (Vec::new(), Vec::new());
    for facts in facts {
        let key = facts.gmis_id.as_str();
        if let Some(code) = &facts.facility_code
            && holders.get(code.as_str()).is_some_and(|holder| holder.as_deref() != Some(key))
        {
            imported.refused.push((facts.gmis_id.clone(), code_taken("facility_code", &facts.gmis_id, code)));
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
    write::insert_facilities(tx, &made).await?;
    for facility in &changed {
        write::update_facility(tx, facility).await?;
    }
    made.append(&mut changed);
    record(tx, ctx, permit, &made).await?;
    Ok(imported)
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
async fn record(tx: &mut Tx, ctx: &OpCtx, permit: &Permit, facilities: &[Facility]) -> Result<()> {
    let (mut changes, mut entries, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for facility in facilities {
        let (cause, event) = (new_id(), event(facility));
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

fn event(facility: &Facility) -> FacilityChanged {
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
    }
}
