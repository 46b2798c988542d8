//! お知らせ, 事務連絡: what the ministry and the prefectures tell those below, and the public.
use super::{
    connection::{PageInfo, page_size},
    viewer::Role,
    words::Words,
};
use crate::{
    cursor::List,
    loader::{AttachmentsOf, NotReadOf, NoticeBy, NoticesFor, ReadersBy},
    scalars::{Count, Date, DateTime, TerritoryCode, Uuid},
    session::{Session, session},
};
use async_graphql::{Context, Object, SimpleObject};
use domain::{BusinessDay, Problem, error, policy, territory::Tier};
use identity_store::{read::notices::Wanted, rows::notices as rows};
use std::sync::Arc;

/// An attachment of a notice.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NoticeAttachment {
    /// What it is, or the file's name.
    pub name: String,
    /// An https address; for a file, the path at which this service has it.
    pub link: String,
    /// The file's media type; null for a link.
    pub media_type: Option<String>,
    /// The file's size; 0 for a link.
    pub bytes: i32,
}

/// How many accounts of a territory have read a notice.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct TerritoryReaders {
    /// A prefecture, or for a prefecture's notice a municipality; the nation for its own bodies.
    pub territory: TerritoryCode,
    /// Accounts that the notice is for.
    pub accounts: Count,
    /// Of them have read its present version.
    pub read: Count,
}

/// An account that has not read a notice.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotRead {
    /// Its name.
    pub account: String,
    /// What it is for.
    pub role: Role,
    /// Its organisation's name.
    pub organisation: String,
    /// Its home territory.
    pub territory: TerritoryCode,
}

/// An account in a page.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotReadEdge {
    /// The account.
    pub node: NotRead,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of accounts, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotReadConnection {
    /// The elements of the page.
    pub edges: Vec<NotReadEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// Who has read a notice.
pub struct NoticeReaders(Arc<rows::Notice>);

/// Who has read a notice in its present version, for its publisher.
#[Object]
impl NoticeReaders {
    /// By territory, in the order of codes.
    #[graphql(complexity = "47_usize.saturating_mul(child_complexity).saturating_add(200).min(1_000_000)")]
    async fn territories(&self, ctx: &Context<'_>) -> Result<Vec<TerritoryReaders>, Problem> {
        // the nation counts by prefecture, a prefecture by municipality
        let publisher = domain::TerritoryCode::parse(&self.0.territory)?;
        let digits = if publisher.tier() == Tier::Nation { 2 } else { 6 };
        let rows = session(ctx)?.loaders.one(ReadersBy { notice: self.0.id, digits }).await?.unwrap_or_default();
        let territory = |row: &rows::ReadersOf| {
            let territory = match row.place.parse::<u32>() {
                Ok(0) => domain::TerritoryCode::NATION,
                Ok(number) if digits == 2 => domain::TerritoryCode::of_prefecture(number),
                _ => domain::TerritoryCode::parse(&row.place)?,
            };
            Ok(TerritoryReaders {
                territory: TerritoryCode(territory),
                accounts: Count(row.accounts),
                read: Count(row.read),
            })
        };
        rows.iter().map(territory).collect()
    }

    /// Those who have not, in the order of their names.
    #[graphql(complexity = "super::connection::cost(first, child_complexity).saturating_add(200)")]
    async fn not_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<NotReadConnection, Problem> {
        let (session, size) = (session(ctx)?, page_size(first)?);
        let parent = self.0.id.to_string();
        let list = List { name: "notRead", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let has_previous = after.is_some();
        // one more than is shown tells whether there is a next page
        let key = NotReadOf { notice: self.0.id, after, limit: i64::from(first) + 1 };
        let rows = session.loaders.one(key).await?.unwrap_or_default();
        let edge = |row: &rows::NotRead| {
            let role = policy::Role::parse(&row.role).ok_or_else(|| super::unknown("role", &row.role))?;
            let node = NotRead {
                account: row.name.clone(),
                role: role.into(),
                organisation: row.organisation_name.clone(),
                territory: TerritoryCode(domain::TerritoryCode::parse(&row.territory)?),
            };
            Ok(NotReadEdge { node, cursor: cursors.make(list, &row.name) })
        };
        let edges: Vec<NotReadEdge> = rows.iter().take(size).map(edge).collect::<Result<_, Problem>>()?;
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(NotReadConnection { edges, page_info: PageInfo::of(&shown, has_previous, rows.len() > size) })
    }
}

/// A notice.
#[derive(Clone)]
pub struct Notice(Arc<rows::Notice>);

/// お知らせ, 事務連絡, in its present version.
#[Object]
impl Notice {
    /// Our own id of it.
    async fn notice_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// `notice` (お知らせ), `circular` (事務連絡), `alert` (security, outages)
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// 事務連絡の番号
    async fn number(&self) -> Option<&str> {
        self.0.number.as_deref()
    }

    /// Who published it.
    async fn publisher(&self) -> Words {
        Words { ja: self.0.organisation_name.clone(), en: self.0.organisation_name_en.clone() }
    }

    /// Its version; above 1 it was corrected.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Title.
    async fn title(&self) -> Words {
        Words { ja: self.0.title_ja.clone(), en: self.0.title_en.clone() }
    }

    /// Body: plain text, in lines.
    async fn body(&self) -> Words {
        Words { ja: self.0.body_ja.clone(), en: self.0.body_en.clone() }
    }

    /// Why it was corrected.
    async fn correction(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Roles that it is for; empty: all.
    async fn roles(&self) -> Result<Vec<Role>, Problem> {
        let role = |name: &String| policy::Role::parse(name).ok_or_else(|| super::unknown("role", name));
        self.0.roles.iter().map(|name| role(name).map(Role::from)).collect()
    }

    /// Territories that it is for, with all that lies in them.
    async fn territories(&self) -> Result<Vec<TerritoryCode>, Problem> {
        self.0.territories.iter().map(|code| domain::TerritoryCode::parse(code).map(TerritoryCode)).collect()
    }

    /// Everybody may read it.
    async fn is_public(&self) -> bool {
        self.0.is_public
    }

    /// Shown before signing in.
    async fn is_vital(&self) -> bool {
        self.0.is_vital
    }

    /// When, business time.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// The last business day on which it counts.
    async fn valid_until(&self) -> Option<Date> {
        self.0.valid_until.map(|day| Date(BusinessDay::from_date(day)))
    }

    /// Since when it counts no longer; only its publisher sees those.
    async fn withdrawn_at(&self) -> Option<DateTime> {
        self.0.withdrawn_at.map(DateTime)
    }

    /// You have said that you have read this version.
    async fn is_read(&self) -> bool {
        self.0.is_read
    }

    /// Its attachments.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<NoticeAttachment>, Problem> {
        let rows = session(ctx)?.loaders.one(AttachmentsOf(self.0.id)).await?.unwrap_or_default();
        let attachment = |row: &rows::Attachment| NoticeAttachment {
            name: row.name.clone(),
            link: row.link.clone().unwrap_or_else(|| format!("/v1/notices/{}/attachments/{}", row.notice, row.place)),
            media_type: row.media_type.clone(),
            bytes: row.bytes,
        };
        Ok(rows.iter().map(attachment).collect())
    }

    /// Who has read it; null unless your organisation has published it.
    async fn readers(&self, ctx: &Context<'_>) -> Result<Option<NoticeReaders>, Problem> {
        let actor = &session(ctx)?.op.actor;
        let is_own = actor.role != policy::Role::Public && actor.organisation.0 == self.0.organisation;
        Ok(is_own.then(|| NoticeReaders(Arc::clone(&self.0))))
    }
}

impl Notice {
    /// A notice by its id, if it is for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(NoticeBy(id)).await?.map(Self))
    }
}

/// A notice in a page.
#[derive(SimpleObject)]
pub struct NoticeEdge {
    /// The notice.
    pub node: Notice,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of notices, newest first.
#[derive(SimpleObject)]
pub struct NoticeConnection {
    /// The elements of the page.
    pub edges: Vec<NoticeEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

impl NoticeConnection {
    /// A page of those that are for the caller.
    ///
    /// # Errors
    /// `graphql.page_size`, `graphql.bad_cursor`, the coded problem of the read.
    pub async fn load(
        session: &Session,
        unread: bool,
        vital: bool,
        first: i32,
        after: Option<String>,
    ) -> Result<Self, Problem> {
        let size = page_size(first)?;
        let parent = format!("{unread}/{vital}");
        let list = List { name: "notices", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let bad = || Problem::new(&error::GRAPHQL_BAD_CURSOR);
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after: Option<uuid::Uuid> = after.map(|text| text.parse().map_err(|_| bad())).transpose()?;
        let has_previous = after.is_some();
        let today = BusinessDay::at(session.op.now).date();
        // one more than is shown tells whether there is a next page
        let key = NoticesFor { wanted: Wanted { unread, vital, after }, today, limit: i64::from(first) + 1 };
        let rows = session.loaders.one(key).await?.unwrap_or_default();
        let edge = |row: &Arc<rows::Notice>| NoticeEdge {
            node: Notice(Arc::clone(row)),
            cursor: cursors.make(list, &row.id.to_string()),
        };
        let edges: Vec<NoticeEdge> = rows.iter().take(size).map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self { edges, page_info: PageInfo::of(&shown, has_previous, rows.len() > size) })
    }
}
