//! Survey forms and their items.
use super::words::Words;
use crate::scalars::Count;
use async_graphql::{Enum, Object};
use domain::capacity::{self, Kind, Source};
use std::sync::Arc;

/// How an item is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum ItemKind {
    /// A whole number from 0 to the item's maximum.
    Count,
    /// 医療提供状況: normal, limited, stopped, not_offered.
    Status,
    /// 充足: normal, short, exhausted.
    Staffing,
}

/// Who may write answers to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum FormSource {
    /// Facilities and their proxies.
    Facility,
    /// Only the import of a published file.
    Import,
}

/// One version of a form.
pub struct Form(pub Arc<capacity::Form>);

/// A survey form (調査票) in the version that is in force.
#[Object]
impl Form {
    /// Its code: `daily`, `gmis_status`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Counts up with every change of its items or rules.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Its title.
    async fn title(&self) -> Words {
        Words { ja: self.0.ja.clone(), en: self.0.en.clone() }
    }

    /// When it is due each day, Japan's clock, `HH:MM`.
    async fn due(&self) -> String {
        self.0.due.format("%H:%M").to_string()
    }

    /// For how many days after its day a report may still be sent or corrected.
    async fn correction_days(&self) -> u32 {
        self.0.correction_days
    }

    /// Who may write it.
    async fn source(&self) -> FormSource {
        match self.0.source {
            Source::Facility => FormSource::Facility,
            Source::Import => FormSource::Import,
        }
    }

    /// Its questions, in the order of the form.
    #[graphql(complexity = "50_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn items(&self) -> Vec<FormItem> {
        self.0.items.iter().cloned().map(|item| FormItem(Arc::new(item))).collect()
    }
}

/// One question.
#[derive(Clone)]
pub struct FormItem(pub Arc<capacity::Item>);

/// One question of a form.
#[Object]
impl FormItem {
    /// Its code: `icu_occupied`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Its label.
    async fn label(&self) -> Words {
        Words { ja: self.0.ja.clone(), en: self.0.en.clone() }
    }

    /// How it is answered.
    async fn kind(&self) -> ItemKind {
        match self.0.kind {
            Kind::Count => ItemKind::Count,
            Kind::Status => ItemKind::Status,
            Kind::Staffing => ItemKind::Staffing,
        }
    }

    /// What is counted: `beds`, `patients`, `devices`, `staff`, `tests`, `status`.
    async fn unit(&self) -> &str {
        &self.0.unit
    }

    /// The moment or period the answer is about: `now`, `previous_day` (0-24 h, Japan time) or
    /// `within_week`.
    async fn moment(&self) -> &str {
        &self.0.moment
    }

    /// The largest count that is taken; null for a choice.
    async fn max(&self) -> Option<Count> {
        (self.0.kind == Kind::Count).then_some(Count(self.0.max))
    }

    /// The answers to choose from; null for a count.
    async fn choices(&self) -> Option<Vec<&'static str>> {
        (self.0.kind != Kind::Count).then(|| self.0.kind.choices().to_vec())
    }
}
