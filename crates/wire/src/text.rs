//! Text in both languages.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The same words in Japanese and English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}
