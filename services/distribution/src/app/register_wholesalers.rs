//! Companies, branches and areas in bulk, with their dates.
use super::system_permit;
use distribution_store::{
    read,
    rows::{Area, Branch, Wholesaler},
    write,
};
use domain::{BranchCode, Problem, TerritoryCode, WholesalerCode, error, policy::Action, territory::Tier};
use platform::{Db, OpCtx, Tx, audit, failure::Result, opctx::new_id};
use std::collections::{BTreeMap, BTreeSet};

/// Adds companies, branches and areas. What is there is renamed, and an area that begins on the same day
/// gets the last day that is given: so one branch hands over to another by naming the day twice.
///
/// # Errors
/// `auth.forbidden`, `wholesaler.malformed_code`, `wholesaler.area_overlaps` when a municipality would have
/// two branches for a group on a day; the database's when a branch has no company, or an area no branch.
pub async fn register_wholesalers(
    db: &Db,
    ctx: &OpCtx,
    wholesalers: &[Wholesaler],
    branches: &[Branch],
    areas: &[Area],
) -> Result<()> {
    let permit = system_permit(ctx, Action::WholesalerManage)?;
    check(wholesalers, branches, areas)?;
    let entry = audit::Entry { target: "wholesalers".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, wholesalers, branches, areas).await;
    tx.finish(written).await
}

fn check(wholesalers: &[Wholesaler], branches: &[Branch], areas: &[Area]) -> Result<()> {
    for wholesaler in wholesalers {
        wholesaler.code.parse::<WholesalerCode>()?;
    }
    for branch in branches {
        let code: BranchCode = branch.code.parse()?;
        if code.wholesaler().to_string() != branch.wholesaler {
            return Err(Problem::new(&error::WHOLESALER_MALFORMED_CODE).with("value", &branch.code).into());
        }
        TerritoryCode::parse(&branch.prefecture)?;
    }
    for area in areas {
        if TerritoryCode::parse(&area.municipality)?.tier() != Tier::Municipality {
            return Err(Problem::new(&error::TERRITORY_MALFORMED).with("code", &area.municipality).into());
        }
    }
    Ok(())
}

async fn write_all(tx: &mut Tx, wholesalers: &[Wholesaler], branches: &[Branch], areas: &[Area]) -> Result<()> {
    write::lock_areas(tx).await?;
    let municipalities: BTreeSet<String> = areas.iter().map(|area| area.municipality.clone()).collect();
    let known = read::areas_of(tx, &municipalities.into_iter().collect::<Vec<_>>()).await?;
    one_branch_a_day(known, areas)?;
    write::wholesalers(tx, wholesalers).await?;
    write::branches(tx, branches).await?;
    write::areas(tx, areas).await
}

/// The areas as they will be, each by its key; on no day may a municipality have two for one group.
fn one_branch_a_day(known: Vec<Area>, new: &[Area]) -> Result<()> {
    let overlaps = |area: &Area, branch: &str| {
        Problem::new(&error::WHOLESALER_AREA_OVERLAPS)
            .with("municipality", &area.municipality)
            .with("group", &area.product_group)
            .with("branch", branch)
    };
    let key = |area: &Area| (area.municipality.clone(), area.product_group.clone(), area.valid_from);
    let mut all: BTreeMap<_, Area> = known.into_iter().map(|area| (key(&area), area)).collect();
    let mut given = BTreeSet::new();
    for area in new {
        let before = all.insert(key(area), area.clone());
        let other = before.filter(|before| before.branch != area.branch || !given.insert(key(area)));
        if let Some(other) = other {
            return Err(overlaps(area, &other.branch).into());
        }
        given.insert(key(area));
    }
    for (earlier, later) in all.values().zip(all.values().skip(1)) {
        let same = earlier.municipality == later.municipality && earlier.product_group == later.product_group;
        if same && earlier.valid_to.is_none_or(|end| end > later.valid_from) {
            return Err(overlaps(later, &earlier.branch).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn area(branch: &str, from: u32, to: Option<u32>) -> Area {
        let day = |day| NaiveDate::from_ymd_opt(2021, 4, day).unwrap();
        Area {
            municipality: "131016".into(),
            product_group: "covid19".into(),
            branch: branch.into(),
            valid_from: day(from),
            valid_to: to.map(day),
        }
    }

    #[test]
    fn a_day_has_one_branch() {
        let ok = |known: &[Area], new: &[Area]| one_branch_a_day(known.to_vec(), new).is_ok();
        let (first, second) = (area("W01-01", 1, None), area("W01-02", 10, None));
        assert!(
            ok(&[], std::slice::from_ref(&first)) && ok(std::slice::from_ref(&first), std::slice::from_ref(&first))
        );
        assert!(!ok(std::slice::from_ref(&first), std::slice::from_ref(&second)), "the first has no end");
        assert!(ok(std::slice::from_ref(&first), &[area("W01-01", 1, Some(10)), second.clone()]), "handed over");
        assert!(!ok(&[], &[area("W01-01", 1, Some(11)), second]), "the last day belongs to the next");
        assert!(!ok(&[first], &[area("W02-01", 1, None)]), "the same day, another branch");
        assert!(!ok(&[], &[area("W01-01", 1, None), area("W01-01", 1, Some(3))]), "given twice");
        let elsewhere = Area { municipality: "131024".into(), ..area("W01-02", 10, None) };
        assert!(ok(&[area("W01-01", 1, None)], &[elsewhere]));
    }
}
