//! Products, and what goes along with them by ratio.
use crate::text::Bilingual;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pieces of goods that go along with something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoodsPieces {
    /// Code of the goods: `diluent-2ml`
    pub goods: String,
    /// Their name.
    pub name: Bilingual,
    /// What a piece of them is called.
    pub unit: Bilingual,
    /// Pieces.
    pub pieces: i64,
}

/// How many pieces of some goods go along with a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoodsRatio {
    /// Product's code.
    pub product: String,
    /// Programme's code.
    pub programme: String,
    /// Code of the goods.
    pub goods: String,
    /// Their name.
    pub name: Bilingual,
    /// What a piece of them is called.
    pub unit: Bilingual,
    /// So many pieces …
    pub pieces: i32,
    /// … for every so many vials; absent where doses count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_vials: Option<i32>,
    /// … for every so many doses; absent where vials count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_doses: Option<i32>,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub valid_from: NaiveDate,
    /// The day after the last; absent while it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<NaiveDate>,
}

/// `GET /v1/goods`: the ratios in force on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoodsList {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub on: NaiveDate,
    /// By product, programme and goods.
    pub goods: Vec<GoodsRatio>,
}
