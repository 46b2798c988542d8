//! What goes along with products, as everybody may read it.
use crate::Allocation;
use allocation_store::{
    read::goods as read,
    rows::{Goods, GoodsRatio as Row},
};
use chrono::NaiveDate;
use domain::BusinessDay;
use platform::{OpCtx, failure::Result};
use serde::Deserialize;
use wire::{
    goods::{GoodsList, GoodsRatio},
    text::Bilingual,
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodsQuery {
    /// With this product only.
    pub product: Option<String>,
    /// On this day; the clock's business day when absent.
    pub on: Option<NaiveDate>,
}

/// The ratios in force on a day. Open to everybody.
///
/// # Errors
/// The database's.
pub async fn goods(allocation: &Allocation, ctx: &OpCtx, query: GoodsQuery) -> Result<GoodsList> {
    super::rules::published(ctx)?;
    let on = query.on.unwrap_or_else(|| BusinessDay::at(ctx.now).date());
    let rows = read::ratios(&mut *allocation.db.read().await?, query.product.as_deref(), on).await?;
    let ratio = |(row, goods): (Row, Goods)| GoodsRatio {
        product: row.product,
        programme: row.programme,
        goods: goods.code,
        name: Bilingual { ja: goods.ja, en: goods.en },
        unit: Bilingual { ja: goods.unit_ja, en: goods.unit_en },
        pieces: row.pieces,
        per_vials: row.per_vials,
        per_doses: row.per_doses,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    };
    Ok(GoodsList { on, goods: rows.into_iter().map(ratio).collect() })
}
