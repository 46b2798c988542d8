//! Rules: published once, read by everybody.
use crate::Allocation;
use allocation_store::{read::rules as read, rows::Rule as Row, write::rules as write};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    policy::{Action, Permit, Place, decide},
    rule::Rule,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    db::{Db, Session},
    failure::Result,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::{
    rule::{RuleDocument, RuleInfo, RuleList},
    text::Bilingual,
};

/// Publishes a version of a rule. The second value tells that it had been published before.
///
/// # Errors
/// `auth.forbidden`; `request.invalid` with the path of what is wrong in the document, the code of rules in the
/// short form among it;
/// `allocation.rule_exists` when the version is there with another content.
pub async fn publish_rule(db: &Db, ctx: &OpCtx, document: &Value) -> Result<(RuleDocument, bool)> {
    let permit = super::permit(ctx, Action::RulePublish, TerritoryCode::NATION, Problem::new(&error::AUTH_FORBIDDEN))?;
    let rule = Rule::from_value(document)?;
    if rule.is_short_form() {
        let found = FieldError::new("code", &error::ALLOCATION_RULE_NAME_TAKEN).with("rule", &rule.name());
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![found.with("name", rule.code())]).into());
    }
    let row = row(ctx, &rule)?;
    if let Some(known) = read::rule(&mut *db.read().await?, &row.code, row.version).await? {
        return Ok((published_before(&row, known)?, true));
    }
    let entry = audit::Entry { target: format!("rule/{}", rule.name()), cause: row.cause_id, reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    match write::rule(&mut tx, &row).await {
        Ok(true) => Ok((document_of(tx.finish(Ok(row)).await?)?, false)),
        // somebody else was faster
        Ok(false) => {
            tx.abandon().await;
            let known = read::rule(&mut *db.read().await?, &row.code, row.version).await?;
            Ok((published_before(&row, known.ok_or_else(|| Failure::internal("a rule has vanished"))?)?, true))
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

fn row(ctx: &OpCtx, rule: &Rule) -> Result<Row> {
    Ok(Row {
        code: rule.code().to_owned(),
        version: rule.version(),
        document: serde_json::from_str(&rule.canonical())?,
        digest: Sha256::digest(rule.canonical().as_bytes()).to_vec(),
        published_at: ctx.now,
        cause_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("rule/{}", rule.name()).as_bytes()),
        actor: ctx.actor.account.0,
        actor_name: ctx.actor.name.clone(),
    })
}

fn published_before(given: &Row, known: Row) -> Result<RuleDocument> {
    if given.digest != known.digest {
        let name = format!("{}@{}", given.code, given.version);
        return Err(Problem::new(&error::ALLOCATION_RULE_EXISTS).with("rule", &name).into());
    }
    document_of(known)
}

fn document_of(row: Row) -> Result<RuleDocument> {
    let info = info(&row)?;
    Ok(RuleDocument { info, document: row.document })
}

fn info(row: &Row) -> Result<RuleInfo> {
    let rule = stored(row)?;
    let title = rule.title();
    Ok(RuleInfo {
        code: row.code.clone(),
        version: row.version,
        title: Bilingual { ja: title.ja.clone(), en: title.en.clone() },
        digest: hex::encode(&row.digest),
        needs_objections: rule.needs_objection_window(),
        published_at: row.published_at,
        published_by: row.actor_name.clone(),
    })
}

/// A rule as it is stored.
fn stored(row: &Row) -> Result<Rule> {
    let unreadable = |problem: Problem| Failure::internal(format!("rule {}@{}: {problem}", row.code, row.version));
    Rule::from_value(&row.document).map_err(unreadable)
}

/// Everybody may read rules.
pub(super) fn published(ctx: &OpCtx) -> Result<Permit> {
    let place = Place::Territory(TerritoryCode::NATION);
    let missing = || Problem::new(&error::AUTH_FORBIDDEN);
    Ok(decide(&ctx.actor, Action::PublishedRead, place).map_err(|denied| denied.or_missing(missing()))?)
}

/// All versions of all rules, by code, the newest version first.
///
/// # Errors
/// The database's.
pub async fn rules(allocation: &Allocation, ctx: &OpCtx) -> Result<RuleList> {
    published(ctx)?;
    let rows = read::rules(&mut *allocation.db.read().await?).await?;
    Ok(RuleList { rules: rows.iter().map(info).collect::<Result<_>>()? })
}

/// A version of a rule, by its name `code@version`.
///
/// # Errors
/// `allocation.rule_not_found`.
pub async fn rule(allocation: &Allocation, ctx: &OpCtx, name: &str) -> Result<RuleDocument> {
    published(ctx)?;
    let missing = || Problem::new(&error::ALLOCATION_RULE_NOT_FOUND).with("rule", name);
    let (code, version) = parse_name(name).ok_or_else(missing)?;
    let row = read::rule(&mut *allocation.db.read().await?, code, version).await?;
    document_of(row.ok_or_else(missing)?)
}

fn parse_name(name: &str) -> Option<(&str, i32)> {
    let (code, version) = name.split_once('@')?;
    Some((code, version.parse().ok()?))
}

/// Published rules by their names `code@version`, in the order given; one statement.
///
/// # Errors
/// `allocation.rule_unknown` of the first that there is none of, with its place in `names`.
pub(super) async fn named(
    conn: &mut Session,
    names: &[&str],
) -> Result<std::result::Result<Vec<Rule>, (usize, Problem)>> {
    let parsed: Vec<Option<(&str, i32)>> = names.iter().map(|name| parse_name(name)).collect();
    let codes: Vec<String> = parsed.iter().flatten().map(|(code, _)| (*code).to_owned()).collect();
    let rows = if codes.is_empty() { Vec::new() } else { read::rules_by_code(conn, &codes).await? };
    let mut rules = Vec::with_capacity(names.len());
    for (place, (name, parsed)) in names.iter().zip(&parsed).enumerate() {
        let row = parsed.and_then(|(code, version)| rows.iter().find(|row| row.code == code && row.version == version));
        match row {
            Some(row) => rules.push(stored(row)?),
            None => return Ok(Err((place, Problem::new(&error::ALLOCATION_RULE_UNKNOWN).with("rule", name)))),
        }
    }
    Ok(Ok(rules))
}
