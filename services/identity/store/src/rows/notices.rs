//! Notices, as their readers and publishers see them.
use crate::schema::{notice, notice_attachment, notice_receipt, notice_version};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use domain::policy::{Actor, Role};
use uuid::Uuid;

/// Who reads: what decides which notices there are for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reader {
    /// The account; nil for the public.
    pub account: Uuid,
    /// The organisation; nil for the public.
    pub organisation: Uuid,
    /// The role.
    pub role: &'static str,
    /// Its home and what stands above it; empty for the public.
    pub chain: Vec<String>,
}

impl Reader {
    /// Of an actor.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let home = actor.home.territory();
        let above = std::iter::successors(Some(home), |code| code.above());
        let chain = if actor.role == Role::Public { Vec::new() } else { above.map(|code| code.to_string()).collect() };
        Self { account: actor.account.0, organisation: actor.organisation.0, role: actor.role.as_str(), chain }
    }
}

/// A notice in its present version, and whether it was read.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Notice {
    /// Id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// `notice`, `circular`, `alert`
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The publisher.
    #[diesel(sql_type = SqlUuid)]
    pub organisation: Uuid,
    /// The publisher's name.
    #[diesel(sql_type = Text)]
    pub organisation_name: String,
    /// The publisher's English name.
    #[diesel(sql_type = Text)]
    pub organisation_name_en: String,
    /// The publisher's home.
    #[diesel(sql_type = Text)]
    pub territory: String,
    /// Roles that it is for; empty: all.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
    /// Territories that it is for.
    #[diesel(sql_type = Array<Text>)]
    pub territories: Vec<String>,
    /// Everybody may read it.
    #[diesel(sql_type = Bool)]
    pub is_public: bool,
    /// Shown before signing in.
    #[diesel(sql_type = Bool)]
    pub is_vital: bool,
    /// 事務連絡の番号
    #[diesel(sql_type = Nullable<Text>)]
    pub number: Option<String>,
    /// Its version.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// When, business time.
    #[diesel(sql_type = Timestamptz)]
    pub published_at: DateTime<Utc>,
    /// The last business day on which it counts.
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_until: Option<NaiveDate>,
    /// Since when it counts no longer.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Title.
    #[diesel(sql_type = Text)]
    pub title_ja: String,
    /// Title in English.
    #[diesel(sql_type = Text)]
    pub title_en: String,
    /// Body.
    #[diesel(sql_type = Text)]
    pub body_ja: String,
    /// Body in English.
    #[diesel(sql_type = Text)]
    pub body_en: String,
    /// Why it was corrected.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The reader has read this version.
    #[diesel(sql_type = Bool)]
    pub is_read: bool,
}

/// A notice to be published.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = notice)]
pub struct NewNotice {
    /// Id.
    pub id: Uuid,
    /// `notice`, `circular`, `alert`
    pub kind: String,
    /// The publisher.
    pub organisation: Uuid,
    /// The publisher's name.
    pub organisation_name: String,
    /// The publisher's English name.
    pub organisation_name_en: String,
    /// The publisher's home.
    pub territory: String,
    /// Roles that it is for; empty: all.
    pub roles: Vec<String>,
    /// Territories that it is for.
    pub territories: Vec<String>,
    /// Everybody may read it.
    pub is_public: bool,
    /// Shown before signing in.
    pub is_vital: bool,
    /// 事務連絡の番号
    pub number: Option<String>,
    /// When, business time.
    pub published_at: DateTime<Utc>,
    /// The last business day on which it counts.
    pub valid_until: Option<NaiveDate>,
}

/// What a version says.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = notice_version)]
pub struct NewVersion {
    /// Whose.
    pub notice: Uuid,
    /// From 1.
    pub version: i32,
    /// Title.
    pub title_ja: String,
    /// Title in English.
    pub title_en: String,
    /// Body.
    pub body_ja: String,
    /// Body in English.
    pub body_en: String,
    /// Why it was corrected; none for the first.
    pub reason: Option<String>,
    /// Who wrote it.
    pub by_name: String,
    /// When, business time.
    pub business_at: DateTime<Utc>,
}

/// An attachment of a version, with its content.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = notice_attachment)]
pub struct NewAttachment {
    /// Whose.
    pub notice: Uuid,
    /// Of which version.
    pub version: i32,
    /// From 1.
    pub place: i16,
    /// What it is.
    pub name: String,
    /// An https address.
    pub link: Option<String>,
    /// The file's media type.
    pub media_type: Option<String>,
    /// The file.
    pub content: Option<Vec<u8>>,
}

/// An attachment, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Attachment {
    /// Whose.
    pub notice: Uuid,
    /// From 1.
    pub place: i16,
    /// What it is.
    pub name: String,
    /// An https address.
    pub link: Option<String>,
    /// The file's media type.
    pub media_type: Option<String>,
    /// The file's size.
    pub bytes: i32,
}

/// Somebody has read a version.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = notice_receipt)]
pub struct NewReceipt {
    /// Of what.
    pub notice: Uuid,
    /// Who.
    pub account: Uuid,
    /// Which version.
    pub version: i32,
    /// When, business time.
    pub business_at: DateTime<Utc>,
}

/// How many of a place's accounts have read a notice.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ReadersOf {
    /// First two digits of a prefecture's code, or a whole code.
    #[diesel(sql_type = Text)]
    pub place: String,
    /// Whom it is for.
    #[diesel(sql_type = BigInt)]
    pub accounts: i64,
    /// Who has read it.
    #[diesel(sql_type = BigInt)]
    pub read: i64,
}

/// An account that has not read a notice.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct NotRead {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What it is for.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// Its organisation's name.
    #[diesel(sql_type = Text)]
    pub organisation_name: String,
    /// Its home.
    #[diesel(sql_type = Text)]
    pub territory: String,
}
