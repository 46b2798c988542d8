//! Products, and what goes along with them.
use crate::{
    rows::{Goods, GoodsRatio, Product},
    schema::{goods, goods_ratio, product},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;

/// All products, by code.
///
/// # Errors
/// The database's.
pub async fn products(conn: &mut AsyncPgConnection) -> Result<Vec<Product>> {
    Ok(product::table.order(product::code).select(Product::as_select()).load(conn).await?)
}

/// The ratios in force on a day, of all products or one, by product, programme and goods.
///
/// # Errors
/// The database's.
pub async fn ratios(
    conn: &mut AsyncPgConnection,
    product: Option<&str>,
    day: NaiveDate,
) -> Result<Vec<(GoodsRatio, Goods)>> {
    let in_force = goods_ratio::valid_to.is_null().or(goods_ratio::valid_to.gt(day));
    let mut query = goods_ratio::table
        .inner_join(goods::table)
        .filter(goods_ratio::valid_from.le(day))
        .filter(in_force.assume_not_null())
        .order((goods_ratio::product, goods_ratio::programme, goods_ratio::goods))
        .into_boxed();
    if let Some(product) = product {
        query = query.filter(goods_ratio::product.eq(product.to_owned()));
    }
    Ok(query.select((GoodsRatio::as_select(), Goods::as_select())).load(conn).await?)
}
