//! Products, what goes along with them, and rounds of the past.
use crate::schema::{goods, goods_ratio, past_line, past_round, product};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// What is allotted: a vaccine, or a device.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = product)]
pub struct Product {
    /// Code.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// `ultra_cold`, `frozen`, `refrigerated`, `ambient`
    pub storage: String,
    /// Products that one branch brings together.
    pub product_group: String,
    /// `vaccine`, `device`
    pub kind: String,
    /// What its pieces are called, Japanese: バイアル, 台
    pub unit_ja: String,
    /// The same in English: vials, units
    pub unit_en: String,
}

/// What goes along with vials: a syringe, a needle, diluent.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = goods)]
pub struct Goods {
    /// Code.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// What its pieces are called, Japanese.
    pub unit_ja: String,
    /// The same in English.
    pub unit_en: String,
}

/// How many pieces of some goods go along with a product: for so many vials, or for so many doses.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = goods_ratio)]
pub struct GoodsRatio {
    /// Product's code.
    pub product: String,
    /// Programme's code.
    pub programme: String,
    /// Code of the goods.
    pub goods: String,
    /// For so many vials; none: by doses.
    pub per_vials: Option<i32>,
    /// For so many doses; none: by vials.
    pub per_doses: Option<i32>,
    /// So many pieces.
    pub pieces: i32,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day after the last; none: still in force.
    pub valid_to: Option<NaiveDate>,
}

/// A round that somebody allocated in the past, as it was published.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = past_round, treat_none_as_default_value = false)]
pub struct PastRound {
    /// Made of publication, product and day.
    pub id: Uuid,
    /// The publication: `us-allocations`, `us-allocations-wide`, `italy-deliveries`, `announced`
    pub kind: String,
    /// Where it was published.
    pub source: String,
    /// The product as the publication names it, in lower case.
    pub product: String,
    /// The first of the days that it covers.
    pub day: NaiveDate,
    /// How many days it covers.
    pub days: i32,
    /// Doses of the smallest box; none where single doses are counted.
    pub pack_doses: Option<i32>,
    /// What is odd about its rows: see `wire::past_round::Finding`.
    pub findings: Value,
    /// Who imported it.
    pub actor_name: String,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// What a place got in a round of the past.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = past_line, treat_none_as_default_value = false)]
pub struct PastLine {
    /// The round.
    pub past_round: Uuid,
    /// As the publication names it: a jurisdiction, a region's or a territory's code.
    pub place: String,
    /// Of what: `all`; `first` and `second` doses; `base` and `adjustment`
    pub part: String,
    /// The place's name.
    pub name: String,
    /// Doses; below zero: handed over to others.
    pub doses: i64,
    /// Whole boxes; none where the doses are none.
    pub units: Option<i64>,
    /// Its line in the file.
    pub row_number: i32,
}
