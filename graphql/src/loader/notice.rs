//! Notices, as far as they are for the caller; who has read those of its own organisation.
use super::{Source, by_id};
use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use domain::Problem;
use identity_store::{
    read::notices::{self, Wanted},
    rows::notices::{Attachment, NotRead, Notice, Reader, ReadersOf},
};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// A page of the caller's notices.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoticesFor {
    /// Which.
    pub wanted: Wanted,
    /// The business day.
    pub today: NaiveDate,
    /// How many.
    pub limit: i64,
}

/// A notice by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NoticeBy(pub Uuid);

/// The attachments of a notice that the caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttachmentsOf(pub Uuid);

/// How many have read a notice of the caller's organisation, by the first digits of their homes' codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadersBy {
    /// The notice.
    pub notice: Uuid,
    /// Two for prefectures, six for municipalities.
    pub digits: i32,
}

/// A page of those who have not read a notice of the caller's organisation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NotReadOf {
    /// The notice.
    pub notice: Uuid,
    /// Only names after this one.
    pub after: Option<String>,
    /// How many.
    pub limit: i64,
}

impl Loader<NoticesFor> for Source {
    type Value = Arc<Vec<Arc<Notice>>>;
    type Error = Problem;

    /// One statement a key: they are fields of the root, of which a document has few.
    async fn load(&self, keys: &[NoticesFor]) -> Result<HashMap<NoticesFor, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let (mut snapshot, reader) = (self.reading.snapshot().await?, Reader::of(&self.actor));
        for key in keys {
            let rows = notices::page(snapshot.conn(), &reader, &key.wanted, key.today, key.limit).await;
            let rows = rows.map_err(|error| Failure::from(error).into_problem())?;
            found.insert(key.clone(), Arc::new(rows.into_iter().map(Arc::new).collect()));
        }
        Ok(found)
    }
}

impl Loader<NoticeBy> for Source {
    type Value = Arc<Notice>;
    type Error = Problem;

    async fn load(&self, keys: &[NoticeBy]) -> Result<HashMap<NoticeBy, Arc<Notice>>, Problem> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = notices::seen(snapshot.conn(), &Reader::of(&self.actor), &ids).await;
        let rows = rows.map_err(|error| Failure::from(error).into_problem())?;
        Ok(rows.into_iter().map(|row| (NoticeBy(row.id), Arc::new(row))).collect())
    }
}

impl Loader<AttachmentsOf> for Source {
    type Value = Arc<Vec<Attachment>>;
    type Error = Problem;

    async fn load(&self, keys: &[AttachmentsOf]) -> Result<HashMap<AttachmentsOf, Self::Value>, Problem> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = notices::attachments(snapshot.conn(), &ids).await;
        let mut rows = by_id(rows.map_err(|error| Failure::from(error).into_problem())?, |row| row.notice);
        Ok(keys.iter().map(|key| (*key, Arc::new(rows.remove(&key.0).unwrap_or_default()))).collect())
    }
}

impl Source {
    /// Who has read it is for those who have published it.
    async fn own_notices(&self, ids: Vec<Uuid>) -> Result<Vec<Uuid>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rows = notices::seen(snapshot.conn(), &Reader::of(&self.actor), &ids).await;
        let rows = rows.map_err(|error| Failure::from(error).into_problem())?;
        let own = rows.into_iter().filter(|row| row.organisation == self.actor.organisation.0);
        Ok(own.map(|row| row.id).collect())
    }
}

impl Loader<ReadersBy> for Source {
    type Value = Arc<Vec<ReadersOf>>;
    type Error = Problem;

    /// One statement a notice: a publisher looks at one at a time, and what it costs says so.
    async fn load(&self, keys: &[ReadersBy]) -> Result<HashMap<ReadersBy, Self::Value>, Problem> {
        let own = self.own_notices(keys.iter().map(|key| key.notice).collect()).await?;
        let mut snapshot = self.reading.snapshot().await?;
        let mut found = HashMap::new();
        for key in keys.iter().filter(|key| own.contains(&key.notice)) {
            let rows = notices::readers(snapshot.conn(), key.notice, key.digits).await;
            found.insert(*key, Arc::new(rows.map_err(|error| Failure::from(error).into_problem())?));
        }
        Ok(found)
    }
}

impl Loader<NotReadOf> for Source {
    type Value = Arc<Vec<NotRead>>;
    type Error = Problem;

    /// One statement a notice, as for its readers.
    async fn load(&self, keys: &[NotReadOf]) -> Result<HashMap<NotReadOf, Self::Value>, Problem> {
        let own = self.own_notices(keys.iter().map(|key| key.notice).collect()).await?;
        let mut snapshot = self.reading.snapshot().await?;
        let mut found = HashMap::new();
        for key in keys.iter().filter(|key| own.contains(&key.notice)) {
            let rows = notices::not_read(snapshot.conn(), key.notice, key.after.as_deref(), key.limit).await;
            found.insert(key.clone(), Arc::new(rows.map_err(|error| Failure::from(error).into_problem())?));
        }
        Ok(found)
    }
}
