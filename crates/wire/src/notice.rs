//! お知らせ, 事務連絡: what the ministry and the prefectures tell those below, and the public.
use crate::text::Bilingual;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a notice says. Plain text, without markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeText {
    /// 1 to 200 characters each.
    pub title: Bilingual,
    /// 1 to 20,000 characters each; lines are kept.
    pub body: Bilingual,
}

/// A named link, or a small file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttachment {
    /// What it is, or the file's name; 1 to 200 characters.
    pub name: String,
    /// An https address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The file's media type: `application/pdf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The file, Base64; at most 1 MiB before encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// `POST /v1/notices`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishNotice {
    /// Made by the caller: the id of this request and of the notice.
    pub id: Uuid,
    /// `notice` (お知らせ), `circular` (事務連絡), `alert` (security, outages)
    #[schema(example = "circular")]
    pub kind: String,
    /// 事務連絡の番号, if it has one; the publisher's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What it says.
    pub text: NoticeText,
    /// Only accounts of these roles; all unless given.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Only accounts at home in these territories; the publisher's own unless given. At most 100.
    #[serde(default)]
    pub territories: Vec<String>,
    /// Everybody may read it, without signing in.
    #[serde(default)]
    pub public: bool,
    /// Shown before signing in; must be public.
    #[serde(default)]
    pub vital: bool,
    /// The last business day on which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// At most ten.
    #[serde(default)]
    pub attachments: Vec<NewAttachment>,
}

/// `POST /v1/notices/{notice}:correct`: a new version; whoever has read the one before has not read this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectNotice {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The version that was read.
    pub version: i32,
    /// What it says from now on.
    pub text: NoticeText,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// All attachments from now on.
    #[serde(default)]
    pub attachments: Vec<NewAttachment>,
    /// The last business day on which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// `POST /v1/notices/{notice}:withdraw`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawNotice {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// `POST /v1/notices/{notice}:acknowledge`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeNotice {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The version that was read.
    pub version: i32,
}

/// What became of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeMoved {
    /// The notice.
    pub notice: Uuid,
    /// Its version, or the one that was read.
    pub version: i32,
    /// Commit position.
    pub position: String,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// Its place among the notice's, from 1.
    pub place: i16,
    /// What it is, or the file's name.
    pub name: String,
    /// An https address; for a file, where it is.
    pub link: String,
    /// The file's media type; null for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The file's size; 0 for a link.
    pub bytes: i32,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// The notice.
    pub notice: Uuid,
    /// `notice`, `circular`, `alert`
    pub kind: String,
    /// 事務連絡の番号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who published it.
    pub publisher: Bilingual,
    /// Its version; above 1 it was corrected.
    pub version: i32,
    /// What it says.
    pub text: NoticeText,
    /// Why it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    /// Roles that it is for; empty: all.
    pub roles: Vec<String>,
    /// Territories that it is for.
    pub territories: Vec<String>,
    /// Everybody may read it.
    pub public: bool,
    /// Shown before signing in.
    pub vital: bool,
    /// When, business time.
    pub published_at: String,
    /// The last business day on which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Since when it counts no longer, business time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<String>,
    /// The caller has said that it has read this version; false without an account.
    pub read: bool,
    /// Its attachments.
    pub attachments: Vec<Attachment>,
}

/// `GET /v1/notices`: those for the caller, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticePage {
    /// The notices.
    pub notices: Vec<Notice>,
    /// To be given as `after` for the next page; null on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// How many of a territory's accounts have read a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadersOf {
    /// A prefecture, or for the notice of a prefecture a municipality; the nation for its own bodies.
    pub territory: String,
    /// Accounts that it is for.
    pub accounts: i64,
    /// Of them have read its present version.
    pub read: i64,
}

/// An account that has not read a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotRead {
    /// Its name.
    pub account: String,
    /// What it is for.
    pub role: String,
    /// Its organisation's name.
    pub organisation: String,
    /// Its home territory.
    pub territory: String,
}

/// `GET /v1/notices/{notice}/readers`, for its publisher: who has read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readers {
    /// The notice.
    pub notice: Uuid,
    /// Its present version.
    pub version: i32,
    /// By territory, in the order of codes.
    pub territories: Vec<ReadersOf>,
    /// Those who have not, in the order of names; a page.
    pub not_read: Vec<NotRead>,
    /// To be given as `after` for the next page; null on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
