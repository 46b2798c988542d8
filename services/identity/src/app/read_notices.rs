//! Reading notices: those for somebody, one as a page for print, and for its publisher who has read it.
use super::notice::{missing, own, seen};
use domain::{
    BusinessDay, Problem, TerritoryCode, error,
    notice::{rule, wrapped},
    territory::Tier,
    time::{in_japan, rfc3339},
};
use identity_store::{
    read::{self, notices::Wanted},
    rows::{self, notices::Reader},
};
use platform::{Db, OpCtx, failure::Result};
use std::collections::HashMap;
use uuid::Uuid;
use wire::{
    notice::{Attachment, NotRead, Notice, NoticePage, NoticeText, Readers, ReadersOf},
    text::Bilingual,
};

/// Most notices, or accounts, of one page.
const PAGE_MAX: u32 = 200;
const PAGE: u32 = 50;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// How many; 50 unless given, 200 at most.
    pub first: Option<u32>,
    /// Only what was published before this one.
    pub after: Option<Uuid>,
    /// Only what is for the caller, counts, and was not read.
    pub unread: bool,
    /// Only vital ones that count.
    pub vital: bool,
}

fn size(first: Option<u32>) -> std::result::Result<(usize, i64), Problem> {
    let first = first.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&first) {
        return Err(Problem::new(&error::GRAPHQL_PAGE_SIZE).with("limit", &PAGE_MAX.to_string()));
    }
    // one more than is shown tells whether there is a next page
    Ok((usize::try_from(first).unwrap_or(usize::MAX), i64::from(first) + 1))
}

/// A page of what there is for the actor, newest first.
///
/// # Errors
/// `graphql.page_size`
pub async fn page(db: &Db, ctx: &OpCtx, asked: Asked) -> Result<NoticePage> {
    let (size, limit) = size(asked.first)?;
    let wanted = Wanted { unread: asked.unread, vital: asked.vital, after: asked.after };
    let mut conn = db.read().await?;
    let today = BusinessDay::at(ctx.now).date();
    let mut rows = read::notices::page(&mut conn, &Reader::of(&ctx.actor), &wanted, today, limit).await?;
    let has_next = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| has_next).map(|last| last.id);
    Ok(NoticePage { notices: with_attachments(&mut conn, rows).await?, next })
}

/// One that the actor sees.
///
/// # Errors
/// `notice.not_found`
pub async fn one(db: &Db, ctx: &OpCtx, id: Uuid) -> Result<Notice> {
    let mut conn = db.read().await?;
    let row = seen(&mut conn, ctx, id).await?;
    let shown = with_attachments(&mut conn, vec![row]).await?;
    Ok(shown.into_iter().next().ok_or_else(|| missing(&id.to_string()))?)
}

/// A file of one that the actor sees: its name, media type and content.
///
/// # Errors
/// `notice.not_found`
pub async fn file(db: &Db, ctx: &OpCtx, id: Uuid, place: i16) -> Result<(String, String, Vec<u8>)> {
    let mut conn = db.read().await?;
    seen(&mut conn, ctx, id).await?;
    Ok(read::notices::file(&mut conn, id, place).await?.ok_or_else(|| missing(&id.to_string()))?)
}

/// One as a page for fax and print, plain text of 76 columns.
///
/// # Errors
/// `notice.not_found`
pub async fn as_page(db: &Db, ctx: &OpCtx, id: Uuid, english: bool) -> Result<String> {
    Ok(printed(&one(db, ctx, id).await?, ctx.training, english))
}

/// For its publisher: how many have read it, by territory, and a page of those who have not.
///
/// # Errors
/// `notice.not_found`, `auth.forbidden` for one of others; `graphql.page_size`
pub async fn readers(db: &Db, ctx: &OpCtx, id: Uuid, first: Option<u32>, after: Option<&str>) -> Result<Readers> {
    let (size, limit) = size(first)?;
    own(db, ctx, id).await?;
    let mut conn = db.read().await?;
    let notice = seen(&mut conn, ctx, id).await?;
    // the nation counts by prefecture, a prefecture by municipality
    let digits = if TerritoryCode::parse(&notice.territory)?.tier() == Tier::Nation { 2 } else { 6 };
    let territories = read::notices::readers(&mut conn, id, digits).await?;
    let mut not_read = read::notices::not_read(&mut conn, id, after, limit).await?;
    let has_next = not_read.len() > size;
    not_read.truncate(size);
    let next = not_read.last().filter(|_| has_next).map(|last| last.name.clone());
    let of = |row: rows::notices::ReadersOf| ReadersOf {
        territory: whole(&row.place),
        accounts: row.accounts,
        read: row.read,
    };
    let account = |row: rows::notices::NotRead| NotRead {
        account: row.name,
        role: row.role,
        organisation: row.organisation_name,
        territory: row.territory,
    };
    Ok(Readers {
        notice: id,
        version: notice.version,
        territories: territories.into_iter().map(of).collect(),
        not_read: not_read.into_iter().map(account).collect(),
        next,
    })
}

/// The code of a prefecture by its two digits; `00` is the nation. A whole code stays.
#[must_use]
pub fn whole(place: &str) -> String {
    match place.parse::<u32>() {
        Ok(0) => TerritoryCode::NATION.to_string(),
        Ok(number) if place.len() == 2 => TerritoryCode::of_prefecture(number).to_string(),
        _ => place.to_owned(),
    }
}

async fn with_attachments(
    conn: &mut platform::db::Connection,
    rows: Vec<rows::notices::Notice>,
) -> Result<Vec<Notice>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut attachments: HashMap<Uuid, Vec<Attachment>> = HashMap::new();
    for row in read::notices::attachments(conn, &ids).await? {
        let own = format!("/v1/notices/{}/attachments/{}", row.notice, row.place);
        attachments.entry(row.notice).or_default().push(Attachment {
            place: row.place,
            name: row.name,
            link: row.link.unwrap_or(own),
            media_type: row.media_type,
            bytes: row.bytes,
        });
    }
    Ok(rows.into_iter().map(|row| shown(&mut attachments, row)).collect())
}

fn shown(attachments: &mut HashMap<Uuid, Vec<Attachment>>, row: rows::notices::Notice) -> Notice {
    Notice {
        notice: row.id,
        kind: row.kind,
        number: row.number,
        publisher: Bilingual { ja: row.organisation_name, en: row.organisation_name_en },
        version: row.version,
        text: NoticeText {
            title: Bilingual { ja: row.title_ja, en: row.title_en },
            body: Bilingual { ja: row.body_ja, en: row.body_en },
        },
        correction: row.reason,
        roles: row.roles,
        territories: row.territories,
        public: row.is_public,
        vital: row.is_vital,
        published_at: rfc3339(row.published_at),
        valid_until: row.valid_until.map(|day| day.to_string()),
        withdrawn_at: row.withdrawn_at.map(rfc3339),
        read: row.is_read,
        attachments: attachments.remove(&row.id).unwrap_or_default(),
    }
}

fn printed(notice: &Notice, training: bool, english: bool) -> String {
    let pick = |both: &Bilingual| if english { both.en.clone() } else { both.ja.clone() };
    let word = |ja: &'static str, en: &'static str| if english { en } else { ja };
    let mut lines = Vec::new();
    if training {
        lines.push(word("【訓練】", "[TRAINING]").to_owned());
    }
    let published = domain::time::parse_instant(&notice.published_at).map(in_japan).unwrap_or_default();
    let kind = match notice.kind.as_str() {
        "circular" => word("事務連絡", "Circular"),
        "alert" => word("緊急のお知らせ", "Alert"),
        _ => word("お知らせ", "Notice"),
    };
    lines.push(format!("{kind}  {}", notice.number.as_deref().unwrap_or_default()).trim_end().to_owned());
    lines.push(format!("{}: {published}", word("発信日時", "Published")));
    lines.extend(wrapped(&format!("{}: {}", word("発信", "From"), pick(&notice.publisher))));
    let all = word("すべて", "all").to_owned();
    let roles = if notice.roles.is_empty() { all } else { notice.roles.join(", ") };
    lines.extend(wrapped(&format!("{}: {roles} ({})", word("宛先", "To"), notice.territories.join(", "))));
    if let Some(day) = &notice.valid_until {
        lines.push(format!("{}: {day}", word("有効期限", "Valid until")));
    }
    if notice.version > 1 {
        let reason = notice.correction.clone().unwrap_or_default();
        lines.extend(wrapped(&format!("{} {}: {reason}", word("訂正・第", "Corrected, version"), notice.version)));
    }
    if notice.withdrawn_at.is_some() {
        lines.push(word("【取下げ済み】", "[WITHDRAWN]").to_owned());
    }
    lines.push(rule());
    lines.extend(wrapped(&pick(&notice.text.title)));
    lines.push(rule());
    lines.extend(wrapped(&pick(&notice.text.body)));
    if !notice.attachments.is_empty() {
        lines.push(rule());
        for attachment in &notice.attachments {
            lines.extend(wrapped(&format!("[{}] {} {}", attachment.place, attachment.name, attachment.link)));
        }
    }
    lines.push(rule());
    lines.push(format!("{}", notice.notice));
    lines.join("\n") + "\n"
}
