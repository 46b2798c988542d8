//! What goes along with vials on a day: ratios, and what the goods are called.
use crate::sql;
use chrono::NaiveDate;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::goods::{Per, Ratio, needed, needed_by_shipments};
use platform::{Failure, failure::Result};
use std::collections::{BTreeMap, HashMap};

/// What shipments have in common that take the same goods.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GoodsKey {
    /// Product's code.
    pub product: String,
    /// Programme's code.
    pub programme: String,
    /// Pack's code: with the day it says how many doses a vial counts.
    pub pack: String,
    /// First day of delivery.
    pub day: NaiveDate,
}

/// Goods, as people know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Code.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// What a piece is called, Japanese.
    pub unit_ja: String,
    /// The same in English.
    pub unit_en: String,
}

/// What goes along with the vials of a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accompanying {
    doses_per_vial: i64,
    ratios: Vec<Ratio>,
    goods: BTreeMap<String, Goods>,
}

impl Accompanying {
    /// Goods and pieces that go along with one shipment, by code of the goods.
    ///
    /// # Errors
    /// When the pieces are beyond any number, which no shipment is.
    pub fn with_vials(&self, vials: i64) -> Result<Vec<(Goods, i64)>> {
        self.named(needed(vials, self.doses_per_vial, &self.ratios))
    }

    /// The same for several shipments, each rounded up by itself: vials of a shipment, number of such.
    ///
    /// # Errors
    /// As [`Self::with_vials`].
    pub fn with_shipments(&self, shipments: &[(i64, i64)]) -> Result<Vec<(Goods, i64)>> {
        self.named(needed_by_shipments(shipments, self.doses_per_vial, &self.ratios))
    }

    fn named(&self, needed: Option<Vec<(String, i64)>>) -> Result<Vec<(Goods, i64)>> {
        let needed = needed.ok_or_else(|| Failure::internal("more goods than can be counted"))?;
        let name = |(code, pieces): (String, i64)| Some((self.goods.get(&code)?.clone(), pieces));
        Ok(needed.into_iter().filter_map(name).collect())
    }
}

/// What goes along with each of these; without any goods for those of which nothing is known.
///
/// # Errors
/// The database's.
pub async fn accompanying(conn: &mut AsyncPgConnection, keys: &[GoodsKey]) -> Result<HashMap<GoodsKey, Accompanying>> {
    let statement = sql::GoodsOf {
        products: keys.iter().map(|key| key.product.as_str()).collect(),
        programmes: keys.iter().map(|key| key.programme.as_str()).collect(),
        packs: keys.iter().map(|key| key.pack.as_str()).collect(),
        days: keys.iter().map(|key| key.day).collect(),
    };
    let rows: Vec<sql::GoodsRow> = statement.load(conn).await?;
    let mut found: HashMap<GoodsKey, Accompanying> =
        keys.iter().map(|key| (key.clone(), Accompanying::default())).collect();
    for (ord, doses_per_vial, (code, ja, en, unit_ja, unit_en), (per_vials, per_doses, pieces)) in rows {
        let key = usize::try_from(ord - 1).ok().and_then(|place| keys.get(place));
        let Some(along) = key.and_then(|key| found.get_mut(key)) else { continue };
        let per = match (per_vials, per_doses) {
            (Some(per), _) => Per::Vials(i64::from(per)),
            (None, per) => Per::Doses(i64::from(per.unwrap_or(1))),
        };
        along.doses_per_vial = i64::from(doses_per_vial);
        along.ratios.push(Ratio { goods: code.clone(), per, pieces: i64::from(pieces) });
        along.goods.insert(code.clone(), Goods { code, ja, en, unit_ja, unit_en });
    }
    Ok(found)
}
