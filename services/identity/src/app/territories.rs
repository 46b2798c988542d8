//! Writing the facts that every instance is born with.
use super::permit;
use crate::facts;
use domain::policy::Action;
use identity_store::{rows, write};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, opctx::new_id};

/// Writes the territory tree and the prefectures' populations. Idempotent.
///
/// # Errors
/// `auth.forbidden`; the database's.
pub async fn write_facts(db: &Db, ctx: &OpCtx) -> Result<()> {
    let permit = permit(ctx, Action::FacilityImport)?;
    let (territories, points) = tree();
    let populations = populations()?;
    let entry = audit::Entry { target: "reference/territory".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::territories(&mut tx, &territories, &points).await?;
        write::populations(&mut tx, &populations).await?;
        Ok(())
    };
    let written = written.await;
    tx.finish(written).await
}

fn tree() -> (Vec<rows::Territory>, Vec<rows::Point>) {
    let (mut territories, mut points) = (Vec::new(), Vec::new());
    for fact in facts::territories().values() {
        let parent = fact.parent.map(|parent| parent.to_string());
        if fact.is_point() {
            points.push(rows::Point {
                code: fact.code.to_string(),
                kind: fact.kind.to_owned(),
                name: fact.name.to_owned(),
                kana: fact.kana.to_owned(),
                parent: parent.unwrap_or_default(),
            });
            continue;
        }
        territories.push(rows::Territory {
            code: fact.code.to_string(),
            tier: fact.code.tier().as_str().to_owned(),
            kind: fact.kind.to_owned(),
            name: fact.name.to_owned(),
            kana: fact.kana.to_owned(),
            name_en: fact.name_en.map(str::to_owned),
            parent,
        });
    }
    (territories, points)
}

fn populations() -> Result<Vec<rows::Population>> {
    facts::populations()
        .into_iter()
        .map(|fact| {
            Ok(rows::Population {
                territory: fact.territory.to_string(),
                band: fact.band.to_owned(),
                as_of: fact.as_of.parse().map_err(Failure::internal)?,
                persons: fact.persons,
                source: facts::POPULATION_SOURCE.to_owned(),
            })
        })
        .collect()
}
