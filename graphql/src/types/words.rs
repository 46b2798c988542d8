//! Text in both languages.
use async_graphql::SimpleObject;

/// The same words in Japanese and English.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}
