//! Sharing agreements: a territory opens what is its own to another body, for a purpose and a time.
use super::{
    check_text, checked, invalid,
    outcome::{Ended, Outcome, answered, end, taken},
};
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode, error,
    ids::OrganisationId,
    policy::{Action, Place, Share, decide},
    territory::Tier,
    time::rfc3339,
};
use identity_store::{
    read::{self, reach::Body},
    rows::SharingAgreement,
    write,
};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, idempotency::Key};
use uuid::Uuid;
use wire::reach::{EndSharing, MakeSharing, Sharing, SharingEnded, SharingList, SharingMade};

const MAKE: &str = "make_sharing";
const END: &str = "end_sharing";

fn missing(id: Uuid) -> Problem {
    Problem::new(&error::SHARING_NOT_FOUND).with("agreement", &id.to_string())
}

fn check(request: &MakeSharing, today: BusinessDay) -> Result<()> {
    let mut errors: Vec<FieldError> = check_text(&request.purpose, "purpose").into_iter().collect();
    if request.giver.tier() == Tier::Nation {
        errors.push(invalid("giver", "a prefecture or a municipality"));
    }
    let unknown = request.what.iter().any(|what| Share::parse(what).is_none());
    if unknown || request.what.is_empty() || has_twice(&request.what) {
        errors.push(invalid("what", "figures, facilities, reports; each once, at least one"));
    }
    if has_twice(&request.medical_areas) {
        errors.push(invalid("medical_areas", "each once"));
    }
    if request.until < request.from || request.until < today {
        let error = FieldError::new("until", &error::SHARING_WRONG_DAYS).with("from", &request.from.to_string());
        errors.push(error.with("until", &request.until.to_string()).with("today", &today.to_string()));
    }
    checked(errors)
}

fn has_twice(texts: &[String]) -> bool {
    texts.iter().enumerate().any(|(place, text)| texts.iter().take(place).any(|before| before == text))
}

/// Makes an agreement: by the officers of the territory whose data they are, or of the levels above.
///
/// # Errors
/// `auth.forbidden`, `request.invalid` with what is wrong, `territory.not_found`,
/// `sharing.unknown_receiver`, `sharing.unknown_medical_area`.
pub async fn make(db: &Db, ctx: &OpCtx, request: MakeSharing) -> Result<Outcome<SharingMade>> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    let permit = decide(&ctx.actor, Action::SharingManage, Place::Territory(request.giver))
        .map_err(|denied| denied.or_missing(forbidden()))?;
    let key = Key::new(request.id, &ctx.actor, MAKE, &request)?;
    check(&request, BusinessDay::at(ctx.now))?;
    let target = format!("sharing/{}", request.id);
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.purpose.clone()) };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write_new(&mut tx, ctx, &key, &request).await;
    end(db, tx, &key, written).await
}

async fn write_new(tx: &mut Tx, ctx: &OpCtx, key: &Key, request: &MakeSharing) -> Result<Ended<SharingMade>> {
    write::reach::lock(tx).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let giver = request.giver.to_string();
    if read::territories(tx, std::slice::from_ref(&giver)).await?.is_empty() {
        return Err(Problem::new(&error::TERRITORY_NOT_FOUND).with("code", &giver).into());
    }
    let receiver = read::reach::body(tx, request.receiver).await?.filter(|receiver| receiver.territory != giver);
    if receiver.is_none() {
        let error = FieldError::new("receiver", &error::SHARING_UNKNOWN_RECEIVER);
        let error = error.with("receiver", &request.receiver.to_string());
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into());
    }
    let known = read::reach::medical_areas(tx, &giver, &request.medical_areas).await?;
    let unknown = request.medical_areas.iter().enumerate().filter(|(_, code)| !known.contains(code));
    let unknown = unknown.map(|(place, code)| {
        let path = format!("medical_areas[{place}]");
        FieldError::new(path, &error::SHARING_UNKNOWN_AREA).with("area", code).with("giver", &giver)
    });
    checked(unknown.collect())?;
    let row = SharingAgreement {
        id: request.id,
        giver,
        receiver: request.receiver,
        what: request.what.clone(),
        medical_areas: request.medical_areas.clone(),
        purpose: request.purpose.clone(),
        since: request.from.date(),
        until: request.until.date(),
        made_by: ctx.actor.account.0,
        made_by_name: ctx.actor.name.clone(),
        made_at: ctx.now,
        ended_by: None,
        ended_by_name: None,
        ended_at: None,
        end_reason: None,
    };
    write::reach::agreement(tx, &row).await?;
    let made = SharingMade { agreement: request.id, position: tx.position().to_string() };
    answered(tx, key, made).await
}

/// Ends an agreement at once.
///
/// # Errors
/// `sharing.not_found` (also for whom it does not concern), `auth.forbidden` for all but the giver's
/// officers, `request.reason_missing`, `sharing.already_ended`.
pub async fn end_early(db: &Db, ctx: &OpCtx, id: Uuid, request: EndSharing) -> Result<Outcome<SharingEnded>> {
    let found = read::reach::agreement(&mut *db.read().await?, id).await?;
    let Some((agreement, _)) = found.filter(|(agreement, body)| concerns(ctx, agreement, body).unwrap_or(false)) else {
        return Err(missing(id).into());
    };
    // whoever reads of it knows that it is there
    let giver = TerritoryCode::parse(&agreement.giver)?;
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    let permit = decide(&ctx.actor, Action::SharingManage, Place::Territory(giver))
        .map_err(|denied| denied.or_missing(forbidden()))?;
    checked(check_text(&request.reason, "reason").into_iter().collect())?;
    let key = Key::new(request.id, &ctx.actor, END, &(id, &request))?;
    let target = format!("sharing/{id}");
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write_end(&mut tx, ctx, &key, id, &request).await;
    end(db, tx, &key, written).await
}

async fn write_end(tx: &mut Tx, ctx: &OpCtx, key: &Key, id: Uuid, request: &EndSharing) -> Result<Ended<SharingEnded>> {
    write::reach::lock(tx).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let found = read::reach::agreement(tx, id).await?;
    let (agreement, _) = found.ok_or_else(|| Failure::internal("an agreement has vanished"))?;
    if agreement.ended_at.is_some() || agreement.until < BusinessDay::at(ctx.now).date() {
        return Err(Problem::new(&error::SHARING_ENDED).with("agreement", &id.to_string()).into());
    }
    let by = (ctx.actor.account.0, ctx.actor.name.as_str());
    write::reach::end_agreement(tx, id, by, ctx.now, &request.reason).await?;
    let ended = SharingEnded { agreement: id, ended_at: rfc3339(ctx.now), position: tx.position().to_string() };
    answered(tx, key, ended).await
}

/// Whom an agreement concerns: those who may read what its giver has agreed, what its receiver has, and the
/// receiver itself.
fn concerns(ctx: &OpCtx, agreement: &SharingAgreement, receiver: &Body) -> Result<bool> {
    let reads = |place| decide(&ctx.actor, Action::SharingRead, place).is_ok();
    let [giver, at] = [TerritoryCode::parse(&agreement.giver)?, TerritoryCode::parse(&receiver.territory)?];
    let is_receiver = ctx.actor.organisation == OrganisationId(receiver.id) && reads(ctx.actor.home);
    Ok(is_receiver || reads(Place::Territory(giver)) || reads(Place::Territory(at)))
}

/// The agreements that concern the actor, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(db: &Db, ctx: &OpCtx) -> Result<SharingList> {
    let rows = read::reach::agreements(&mut *db.read().await?).await?;
    let today = BusinessDay::at(ctx.now);
    let mut agreements = Vec::new();
    for (agreement, receiver) in rows {
        if concerns(ctx, &agreement, &receiver)? {
            agreements.push(shown(agreement, receiver, today)?);
        }
    }
    Ok(SharingList { agreements })
}

fn shown(row: SharingAgreement, receiver: Body, today: BusinessDay) -> Result<Sharing> {
    let state = match () {
        () if row.ended_at.is_some() => "ended",
        () if today.date() < row.since => "planned",
        () if today.date() > row.until => "over",
        () => "in_force",
    };
    Ok(Sharing {
        id: row.id,
        giver: TerritoryCode::parse(&row.giver)?,
        receiver: row.receiver,
        receiver_name: receiver.name,
        receiver_name_en: receiver.name_en,
        receiver_territory: TerritoryCode::parse(&receiver.territory)?,
        what: row.what,
        medical_areas: row.medical_areas,
        purpose: row.purpose,
        from: BusinessDay::from_date(row.since),
        until: BusinessDay::from_date(row.until),
        state: state.to_owned(),
        made_by: row.made_by_name,
        made_at: rfc3339(row.made_at),
        ended_at: row.ended_at.map(rfc3339),
        ended_by: row.ended_by_name,
        end_reason: row.end_reason,
    })
}
