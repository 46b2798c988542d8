//! Which municipalities belong to which public health centre and medical area, from published lists.
use super::{checked, issue_accounts::organisation_id, permit};
use domain::{BusinessDay, FieldError, TerritoryCode, error, policy::Action};
use identity_store::{read, rows::Organisation, write};
use platform::{Db, OpCtx, Tx, audit, failure::Result, opctx::new_id};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A municipality in the area of a public health centre (保健所).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreRow {
    /// Line of the file.
    pub line: u64,
    /// Name of the centre.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Whose centre it is: a prefecture, or a city or special ward of its own (保健所設置市・特別区).
    pub founder: TerritoryCode,
    /// A municipality of its area.
    pub municipality: TerritoryCode,
}

/// A municipality in a medical area (二次医療圏).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MedicalAreaRow {
    /// Line of the file.
    pub line: u64,
    /// Four digits; the first two are the prefecture's.
    pub code: String,
    /// Name.
    pub name: String,
    /// A municipality in it.
    pub municipality: TerritoryCode,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Health centres or medical areas of the file.
    pub areas: usize,
    /// Municipalities of the file.
    pub municipalities: usize,
    /// Municipalities that came into another area, or left one.
    pub changed: usize,
}

/// The organisation of a health centre.
#[must_use]
pub fn health_centre(founder: TerritoryCode, name: &str) -> Uuid {
    organisation_id("health_centre", founder, name)
}

fn unfit(line: u64, reason: &str) -> FieldError {
    FieldError::new(format!("line {line}"), &error::REQUEST_INVALID_FIELD).with("reason", reason)
}

/// Takes in the areas of health centres as they are from `day` on. A centre of the file has from then the
/// municipalities of the file and no others; centres that it does not name keep theirs. Idempotent.
///
/// # Errors
/// `auth.forbidden`; `request.invalid` with one error for each line at fault; the database's.
pub async fn health_centres(db: &Db, ctx: &OpCtx, rows: &[CentreRow], day: BusinessDay) -> Result<Imported> {
    let permit = permit(ctx, Action::AreaImport)?;
    let known = known(db, rows.iter().flat_map(|row| [row.founder, row.municipality])).await?;
    let mut errors = Vec::new();
    for row in rows {
        let reason = match () {
            () if row.name.trim().is_empty() || row.name.contains('\0') => "the name of the centre",
            () if !known.contains(&row.founder) => "there is no such founder",
            () if !known.contains(&row.municipality) => "there is no such municipality",
            () if row.municipality.prefecture() != row.founder.prefecture() => "the founder lies in another prefecture",
            () => continue,
        };
        errors.push(unfit(row.line, reason));
    }
    checked(errors)?;
    let mut centres: BTreeMap<Uuid, Organisation> = BTreeMap::new();
    let mut pairs: BTreeSet<(Uuid, String)> = BTreeSet::new();
    for row in rows {
        let id = health_centre(row.founder, &row.name);
        centres.entry(id).or_insert_with(|| Organisation {
            id,
            kind: "health_centre".to_owned(),
            name: row.name.clone(),
            name_en: row.name_en.clone(),
            territory: row.founder.to_string(),
            parent: None,
            version: 1,
            closed_on: None,
        });
        pairs.insert((id, row.municipality.to_string()));
    }
    let (areas, municipalities) = (centres.len(), pairs.len());
    let centres: Vec<Organisation> = centres.into_values().collect();
    let (ids, codes): (Vec<Uuid>, Vec<String>) = pairs.into_iter().unzip();
    let entry = audit::Entry { target: "reference/health_centre_area".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::reach::lock(&mut tx).await?;
        write::organisations(&mut tx, &centres).await?;
        let changed = write::reach::health_centre_areas(&mut tx, &ids, &codes, day.date()).await?;
        Ok(Imported { areas, municipalities, changed })
    };
    let written = written.await;
    tx.finish(written).await
}

/// Takes in medical areas and which municipalities lie in them. Idempotent.
///
/// # Errors
/// `auth.forbidden`; `request.invalid` with one error for each line at fault; the database's.
pub async fn medical_areas(db: &Db, ctx: &OpCtx, rows: &[MedicalAreaRow]) -> Result<Imported> {
    let permit = permit(ctx, Action::AreaImport)?;
    let known = known(db, rows.iter().map(|row| row.municipality)).await?;
    let mut areas: BTreeMap<String, (String, String, String)> = BTreeMap::new();
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut errors = Vec::new();
    for row in rows {
        let is_code = row.code.len() == 4 && row.code.bytes().all(|byte| byte.is_ascii_digit());
        let number = format!("{:02}", row.municipality.prefecture_number());
        let area = (row.code.clone(), String::new(), row.name.clone());
        let reason = match () {
            () if !is_code || !row.code.starts_with(&number) => {
                "a code is four digits and begins as its municipalities'"
            }
            () if row.name.trim().is_empty() || row.name.contains('\0') => "the name of the area",
            () if !known.contains(&row.municipality) => "there is no such municipality",
            () if areas.get(&row.code).is_some_and(|known| known.2 != area.2) => "the area has another name above",
            () if places.contains_key(&row.municipality.to_string()) => "the municipality lies in an area already",
            () => {
                let prefecture = row.municipality.prefecture().unwrap_or(TerritoryCode::NATION).to_string();
                areas.insert(row.code.clone(), (area.0, prefecture, area.2));
                places.insert(row.municipality.to_string(), row.code.clone());
                continue;
            }
        };
        errors.push(unfit(row.line, reason));
    }
    checked(errors)?;
    let areas: Vec<_> = areas.into_values().collect();
    let (municipalities, codes): (Vec<String>, Vec<String>) = places.into_iter().unzip();
    let entry = audit::Entry { target: "reference/medical_area".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::reach::lock(&mut tx).await?;
        let changed = write::reach::medical_areas(&mut tx, &areas, &codes, &municipalities).await?;
        Ok(Imported { areas: areas.len(), municipalities: municipalities.len(), changed })
    };
    let written = written.await;
    tx.finish(written).await
}

/// Which of these territories there are.
async fn known(db: &Db, codes: impl Iterator<Item = TerritoryCode>) -> Result<BTreeSet<TerritoryCode>> {
    let codes: BTreeSet<String> = codes.map(|code| code.to_string()).collect();
    let codes: Vec<String> = codes.into_iter().collect();
    let rows = read::territories(&mut *db.read().await?, &codes).await?;
    Ok(rows.iter().map(|row| TerritoryCode::parse(&row.code)).collect::<std::result::Result<_, _>>()?)
}
