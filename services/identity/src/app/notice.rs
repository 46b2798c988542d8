//! お知らせ, 事務連絡: publishing, correcting and withdrawing notices.
use super::account::end;
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode, error,
    notice::Audience,
    policy::{Action, Permit, Place, Role, decide},
};
use identity_store::{
    read,
    rows::notices::{NewAttachment, NewNotice, NewReceipt, NewVersion, Notice, Reader},
    write,
};
use platform::{
    Db, Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    opctx::new_id,
    outbox,
};
use uuid::Uuid;
use wire::{
    events::NotificationRequested,
    notice::{AcknowledgeNotice, CorrectNotice, NoticeMoved, NoticeText, PublishNotice, WithdrawNotice},
};

const TITLE_CHARS_MAX: usize = 200;
const BODY_CHARS_MAX: usize = 20_000;
const NAME_CHARS_MAX: usize = 200;
const NUMBER_CHARS_MAX: usize = 60;
const LINK_CHARS_MAX: usize = 2_000;
const REASON_CHARS_MAX: usize = 500;
const ATTACHMENTS_MAX: usize = 10;
const TERRITORIES_MAX: usize = 100;
/// A file is no larger; a notice's files together fit into one request.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Media types of files that a browser does not run.
const MEDIA_TYPES: [&str; 8] = [
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "image/jpeg",
    "image/png",
    "text/csv",
    "text/plain",
];

pub(super) fn missing(id: &str) -> Problem {
    Problem::new(&error::NOTICE_NOT_FOUND).with("notice", id)
}

/// Publishes a notice. The second value tells that this id was answered before.
///
/// # Errors
/// `auth.forbidden` for those who publish none; `request.invalid` with the fields at fault, among them
/// `notice.wrong_audience`, `notice.vital_is_public`, `notice.attachment`; `notice.number_taken`,
/// `idempotency.key_reused`.
pub async fn publish(db: &Db, ctx: &OpCtx, request: PublishNotice) -> Result<(NoticeMoved, bool)> {
    let permit = permit(ctx)?;
    let mut errors = Vec::new();
    let audience = audience(ctx, &request, &mut errors);
    text(&request.text, &mut errors);
    if !["notice", "circular", "alert"].contains(&request.kind.as_str()) {
        let error = FieldError::new("kind", &error::REQUEST_INVALID_FIELD);
        errors.push(error.with("reason", "notice, circular, alert"));
    }
    if request.number.as_ref().is_some_and(|number| !is_line(number, NUMBER_CHARS_MAX)) {
        errors.push(length("number", NUMBER_CHARS_MAX));
    }
    if request.vital && !request.public {
        errors.push(FieldError::new("vital", &error::NOTICE_VITAL_IS_PUBLIC));
    }
    let valid_until = valid_until(request.valid_until.as_deref(), &mut errors);
    let attachments = attachments(request.id, 1, &request.attachments, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    let key = Key::new(request.id, &ctx.actor, "publish_notice", &request)?;
    let mut conn = db.read().await?;
    if let Some(before) = idempotency::replay(&mut conn, &key).await? {
        return Ok((before, true));
    }
    let organisation = read::accounts::organisations(&mut conn, &[ctx.actor.organisation.0]).await?.into_iter().next();
    let organisation = organisation.ok_or_else(|| Problem::new(&error::AUTH_FORBIDDEN))?;
    drop(conn);
    let row = NewNotice {
        id: request.id,
        kind: request.kind.clone(),
        organisation: organisation.id,
        organisation_name: organisation.name,
        organisation_name_en: organisation.name_en,
        territory: organisation.territory,
        roles: audience.roles.iter().map(|role| role.as_str().to_owned()).collect(),
        territories: audience.territories.iter().map(ToString::to_string).collect(),
        is_public: request.public,
        is_vital: request.vital,
        number: request.number.clone(),
        published_at: ctx.now,
        valid_until: valid_until.map(BusinessDay::date),
    };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry(row.id, row.id, None))]).await?;
    let written = async {
        if !write::notices::publish(&mut tx, &row).await? {
            if idempotency::replay::<NoticeMoved>(&mut tx, &key).await?.is_some() {
                return Ok(None);
            }
            let number = request.number.as_deref().unwrap_or_default();
            return Err(Problem::new(&error::NOTICE_NUMBER_TAKEN).with("number", number).into());
        }
        let version = version(ctx, row.id, 1, &request.text, None);
        write::notices::version(&mut tx, &version, &attachments).await?;
        let told = told(ctx, &row, &request.text);
        outbox::emit_all(&mut tx, ctx, &told).await?;
        answered(&mut tx, &key, row.id, 1).await
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// Corrects a notice of the actor's organisation: a new version, which nobody has read yet. The second value
/// tells that this id was answered before.
///
/// # Errors
/// `notice.not_found`, `auth.forbidden` for one of others that may be seen; `notice.stale`,
/// `notice.withdrawn`; `request.invalid` with the fields at fault; `idempotency.key_reused`.
pub async fn correct(db: &Db, ctx: &OpCtx, id: Uuid, request: CorrectNotice) -> Result<(NoticeMoved, bool)> {
    let permit = own(db, ctx, id).await?;
    let mut errors: Vec<FieldError> = reason_missing(&request.reason).into_iter().collect();
    text(&request.text, &mut errors);
    let valid_until = valid_until(request.valid_until.as_deref(), &mut errors);
    let next = request.version.saturating_add(1);
    let attachments = attachments(id, next, &request.attachments, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    let key = Key::new(request.id, &ctx.actor, "correct_notice", &(id, &request))?;
    let entry = entry(id, request.id, Some(&request.reason));
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        let current = open(&mut tx, &key, id).await?;
        let Some(current) = current else { return Ok(None) };
        if current != request.version {
            let problem = Problem::new(&error::NOTICE_STALE).with("given", &request.version.to_string());
            return Err(problem.with("current", &current.to_string()).into());
        }
        let version = version(ctx, id, next, &request.text, Some(request.reason.clone()));
        write::notices::version(&mut tx, &version, &attachments).await?;
        write::notices::correct(&mut tx, id, next, valid_until.map(BusinessDay::date)).await?;
        answered(&mut tx, &key, id, next).await
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// Withdraws a notice of the actor's organisation. The second value tells that this id was answered before.
///
/// # Errors
/// `notice.not_found`, `auth.forbidden` for one of others that may be seen; `notice.withdrawn`;
/// `request.invalid` without a reason; `idempotency.key_reused`.
pub async fn withdraw(db: &Db, ctx: &OpCtx, id: Uuid, request: WithdrawNotice) -> Result<(NoticeMoved, bool)> {
    let permit = own(db, ctx, id).await?;
    if let Some(error) = reason_missing(&request.reason) {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into());
    }
    let key = Key::new(request.id, &ctx.actor, "withdraw_notice", &(id, &request))?;
    let entry = entry(id, request.id, Some(&request.reason));
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        let current = open(&mut tx, &key, id).await?;
        let Some(current) = current else { return Ok(None) };
        write::notices::withdraw(&mut tx, id, ctx.now).await?;
        answered(&mut tx, &key, id, current).await
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// The actor has read a version. Reading an older one than there is now does not count as having read this.
/// The second value tells that this id was answered before.
///
/// # Errors
/// `notice.not_found`, also for one that is not for the actor; `notice.stale` for a version that is not the
/// present one; `idempotency.key_reused`.
pub async fn acknowledge(db: &Db, ctx: &OpCtx, id: Uuid, request: AcknowledgeNotice) -> Result<(NoticeMoved, bool)> {
    let permit = decide(&ctx.actor, Action::NoticeRead, ctx.actor.home)
        .map_err(|denied| denied.or_missing(missing(&id.to_string())))?;
    let key = Key::new(request.id, &ctx.actor, "acknowledge_notice", &(id, &request))?;
    let mut conn = db.read().await?;
    if let Some(before) = idempotency::replay(&mut conn, &key).await? {
        return Ok((before, true));
    }
    let notice = seen(&mut conn, ctx, id).await?;
    drop(conn);
    if notice.version != request.version {
        let problem = Problem::new(&error::NOTICE_STALE).with("given", &request.version.to_string());
        return Err(problem.with("current", &notice.version.to_string()).into());
    }
    let receipt =
        NewReceipt { notice: id, account: ctx.actor.account.0, version: request.version, business_at: ctx.now };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry(id, request.id, None))]).await?;
    let written = async {
        write::notices::receipt(&mut tx, &receipt).await?;
        answered(&mut tx, &key, id, request.version).await
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// One that the actor sees.
pub(super) async fn seen(conn: &mut platform::db::Connection, ctx: &OpCtx, id: Uuid) -> Result<Notice> {
    let found = read::notices::seen(conn, &Reader::of(&ctx.actor), &[id]).await?;
    Ok(found.into_iter().next().ok_or_else(|| missing(&id.to_string()))?)
}

fn permit(ctx: &OpCtx) -> Result<Permit> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    Ok(decide(&ctx.actor, Action::NoticePublish, ctx.actor.home).map_err(|denied| denied.or_missing(forbidden()))?)
}

/// The permit for a notice that the actor's own organisation has published.
pub(super) async fn own(db: &Db, ctx: &OpCtx, id: Uuid) -> Result<Permit> {
    let notice = seen(&mut db.read().await?, ctx, id).await?;
    if notice.organisation != ctx.actor.organisation.0 {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    permit(ctx)
}

/// The version of one that can still be changed, locked; `None` when the id was answered before.
async fn open(tx: &mut Tx, key: &Key, id: Uuid) -> Result<Option<i32>> {
    let locked = read::notices::locked(tx, id).await?;
    let (version, is_withdrawn) = locked.ok_or_else(|| Failure::internal("a notice has vanished"))?;
    if idempotency::replay::<NoticeMoved>(tx, key).await?.is_some() {
        return Ok(None);
    }
    if is_withdrawn {
        return Err(Problem::new(&error::NOTICE_WITHDRAWN).with("notice", &id.to_string()).into());
    }
    Ok(Some(version))
}

async fn answered(tx: &mut Tx, key: &Key, id: Uuid, version: i32) -> Result<Option<NoticeMoved>> {
    let moved = NoticeMoved { notice: id, version, position: tx.position().to_string() };
    Ok(idempotency::take(tx, key, 200, &moved).await?.then_some(moved))
}

fn entry(id: Uuid, cause: Uuid, reason: Option<&str>) -> audit::Entry {
    audit::Entry { target: format!("notice/{id}"), cause, reason: reason.map(str::to_owned) }
}

fn version(ctx: &OpCtx, id: Uuid, version: i32, text: &NoticeText, reason: Option<String>) -> NewVersion {
    NewVersion {
        notice: id,
        version,
        title_ja: text.title.ja.clone(),
        title_en: text.title.en.clone(),
        body_ja: text.body.ja.clone(),
        body_en: text.body.en.clone(),
        reason,
        by_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    }
}

/// Each territory that it is for is told of it, by the title alone.
fn told(ctx: &OpCtx, row: &NewNotice, text: &NoticeText) -> Vec<(Uuid, NotificationRequested)> {
    let number = row.number.as_ref().map(|number| format!("（{number}）")).unwrap_or_default();
    let number_en = row.number.as_ref().map(|number| format!(" ({number})")).unwrap_or_default();
    let event = |territory: &String| {
        let id = new_id();
        let event = NotificationRequested {
            notification_id: id,
            recipient_kind: "territory".to_owned(),
            recipient: territory.clone(),
            about: format!("notice/{}", row.id),
            topic: "notice.published".to_owned(),
            ja: format!("{}からのお知らせ{number}: {}", row.organisation_name, text.title.ja),
            en: format!("Notice from {}{number_en}: {}", row.organisation_name_en, text.title.en),
            due_at: None,
            training: ctx.training,
        };
        (id, event)
    };
    row.territories.iter().map(event).collect()
}

fn length(path: &str, most: usize) -> FieldError {
    FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", &format!("1-{most} characters"))
}

/// One line of text that can be stored.
fn is_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// Several lines of text that can be stored.
fn is_text(text: &str, most: usize) -> bool {
    let odd = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(odd)
}

fn text(text: &NoticeText, errors: &mut Vec<FieldError>) {
    for (path, title) in [("text.title.ja", &text.title.ja), ("text.title.en", &text.title.en)] {
        if !is_line(title, TITLE_CHARS_MAX) {
            errors.push(length(path, TITLE_CHARS_MAX));
        }
    }
    for (path, body) in [("text.body.ja", &text.body.ja), ("text.body.en", &text.body.en)] {
        if !is_text(body, BODY_CHARS_MAX) {
            errors.push(length(path, BODY_CHARS_MAX));
        }
    }
}

fn reason_missing(reason: &str) -> Option<FieldError> {
    (!is_text(reason, REASON_CHARS_MAX)).then(|| FieldError::new("reason", &error::ALLOCATION_REASON_MISSING))
}

fn valid_until(given: Option<&str>, errors: &mut Vec<FieldError>) -> Option<BusinessDay> {
    given.and_then(|text| BusinessDay::parse(text).map_err(|problem| errors.push(problem.at("valid_until"))).ok())
}

fn audience(ctx: &OpCtx, request: &PublishNotice, errors: &mut Vec<FieldError>) -> Audience {
    let mut roles = Vec::new();
    for name in &request.roles {
        match Role::parse(name).filter(|role| *role != Role::Public) {
            Some(role) if !roles.contains(&role) => roles.push(role),
            Some(_) => {}
            None => errors.push(FieldError::new("roles", &error::ACCOUNT_UNKNOWN_ROLE).with("value", name)),
        }
    }
    let mut territories = Vec::new();
    for code in &request.territories {
        match TerritoryCode::parse(code) {
            Ok(code) if !territories.contains(&code) => territories.push(code),
            Ok(_) => {}
            Err(problem) => errors.push(problem.at("territories")),
        }
    }
    if request.territories.is_empty()
        && let Place::Territory(home) = ctx.actor.home
    {
        territories.push(home);
    }
    if territories.len() > TERRITORIES_MAX {
        let error = FieldError::new("territories", &error::REQUEST_TOO_MANY_ITEMS);
        errors.push(error.with("limit", &TERRITORIES_MAX.to_string()));
    }
    let audience = Audience { roles, territories };
    let outside: Vec<String> = audience.outside(ctx.actor.home).iter().map(ToString::to_string).collect();
    if !outside.is_empty() {
        let error = FieldError::new("territories", &error::NOTICE_WRONG_AUDIENCE);
        errors.push(error.with("territories", &outside.join(", ")));
    }
    audience
}

fn attachments(
    notice: Uuid,
    version: i32,
    given: &[wire::notice::NewAttachment],
    errors: &mut Vec<FieldError>,
) -> Vec<NewAttachment> {
    if given.len() > ATTACHMENTS_MAX {
        let error = FieldError::new("attachments", &error::REQUEST_TOO_MANY_ITEMS);
        errors.push(error.with("limit", &ATTACHMENTS_MAX.to_string()));
        return Vec::new();
    }
    let mut rows = Vec::new();
    for (place, given) in (1_i16..).zip(given) {
        match attachment(given) {
            Ok(content) => rows.push(NewAttachment {
                notice,
                version,
                place,
                name: given.name.clone(),
                link: given.link.clone(),
                media_type: given.media_type.clone(),
                content,
            }),
            Err(reason) => {
                let path = format!("attachments[{}]", place - 1);
                let error = FieldError::new(path, &error::NOTICE_ATTACHMENT).with("reason", reason);
                errors.push(error.with("limit_bytes", &FILE_BYTES_MAX.to_string()));
            }
        }
    }
    rows
}

/// A file's content; none for a link.
fn attachment(given: &wire::notice::NewAttachment) -> std::result::Result<Option<Vec<u8>>, &'static str> {
    if !is_line(&given.name, NAME_CHARS_MAX) {
        return Err("name");
    }
    match (&given.link, &given.media_type, &given.content) {
        (Some(link), None, None) => {
            let fits = link.starts_with("https://") && link.len() <= LINK_CHARS_MAX;
            if fits && link.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(None) } else { Err("link") }
        }
        (None, Some(media_type), Some(content)) if MEDIA_TYPES.contains(&media_type.as_str()) => {
            // before it is decoded: Base64 is a third longer
            if content.len() > FILE_BYTES_MAX / 3 * 4 + 8 {
                return Err("content: too large");
            }
            let content = BASE64_STANDARD.decode(content).map_err(|_| "content: no Base64")?;
            if (1..=FILE_BYTES_MAX).contains(&content.len()) { Ok(Some(content)) } else { Err("content: size") }
        }
        (None, Some(_), Some(_)) => Err("media_type"),
        _ => Err("link | media_type, content"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(link: Option<&str>, media_type: Option<&str>, content: Option<&str>) -> wire::notice::NewAttachment {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        wire::notice::NewAttachment {
            name: "通知".to_owned(),
            link: owned(link),
            media_type: owned(media_type),
            content: owned(content),
        }
    }

    #[test]
    fn an_attachment_is_a_safe_link_or_a_small_file() {
        assert_eq!(attachment(&given(Some("https://www.example.go.jp/a.pdf"), None, None)), Ok(None));
        assert_eq!(attachment(&given(None, Some("text/plain"), Some("YQ=="))), Ok(Some(vec![b'a'])));
        let large = "A".repeat(FILE_BYTES_MAX * 2);
        for (link, media_type, content) in [
            (Some("javascript:alert(1)"), None, None),
            (Some("http://example.jp/"), None, None),
            (Some("https://example.jp/ x"), None, None),
            (None, Some("text/html"), Some("YQ==")),
            (None, Some("image/svg+xml"), Some("YQ==")),
            (None, Some("text/plain"), Some("")),
            (None, Some("text/plain"), Some("%%")),
            (None, Some("text/plain"), Some(large.as_str())),
            (Some("https://example.jp/"), Some("text/plain"), Some("YQ==")),
            (None, None, None),
        ] {
            assert!(attachment(&given(link, media_type, content)).is_err(), "{link:?} {media_type:?}");
        }
    }

    #[test]
    fn text_has_no_control_characters_but_line_ends() {
        assert!(is_text("一行目\n二行目\t", 100) && !is_text("a\u{1b}[31m", 100) && !is_text(" \n", 100));
        assert!(is_line("題名", 2) && !is_line("題名だ", 2) && !is_line("a\nb", 10));
    }
}
