//! What a new instance starts with: facts, the signing key, and in training a clock, personas and
//! the prefectures' service accounts. Personas are named by role; no person is invented.
use crate::{home::Home, shipped};
use domain::{BusinessDay, TerritoryCode, ids::FacilityId, policy::Role, territory::Tier, time::parse_instant};
use identity::{
    app::{
        issue_accounts::{Credential, NewAccount, issue_accounts},
        keys, set_clock, territories,
    },
    facts,
};
use platform::{Db, OpCtx, clock::Clock, failure::Result, migrate::role_password, months};

/// When a training instance's clock begins: the day of the real data, half an hour before reports
/// are due.
pub const TRAINING_START: &str = "2021-04-05T12:30:00+09:00";

/// Somebody who can sign in, for the list that `./demo` prints.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Account name.
    pub name: String,
    /// Password or secret.
    pub credential: String,
    /// Role.
    pub role: Role,
    /// What it is for, in Japanese and English.
    pub what: String,
}

/// The password of a persona: derived from the instance's secret, so that it can be shown again and
/// is stored nowhere.
fn persona_password(home: &Home, name: &str) -> String {
    let mut password: String = role_password(&home.stack.secret, &format!("persona/{name}")).chars().take(20).collect();
    for place in [5, 11, 17] {
        password.insert(place, '-');
    }
    password
}

/// The secret of a service account, 256 bits in hexadecimal.
#[must_use]
pub fn service_secret(home: &Home, name: &str) -> String {
    role_password(&home.stack.secret, &format!("service/{name}"))
}

/// Name of a prefecture's service account that reports for all its hospitals.
#[must_use]
pub fn proxy_name(prefecture: u32) -> String {
    format!("proxy-{prefecture:02}")
}

struct Persona {
    name: &'static str,
    role: Role,
    territory: &'static str,
    organisation: (&'static str, &'static str, &'static str),
    what: &'static str,
}

const fn persona(
    name: &'static str,
    role: Role,
    territory: &'static str,
    organisation: (&'static str, &'static str, &'static str),
    what: &'static str,
) -> Persona {
    Persona { name, role, territory, organisation, what }
}

const PERSONAS: &[Persona] = &[
    persona(
        "ministry",
        Role::Ministry,
        "000000",
        ("ministry", "国（訓練）", "Nation (training)"),
        "国の担当 / ministry",
    ),
    persona(
        "ministry-2",
        Role::Ministry,
        "000000",
        ("ministry", "国（訓練）", "Nation (training)"),
        "国の承認者 / ministry, second person who approves plans",
    ),
    persona(
        "prefecture-01",
        Role::Prefecture,
        "010006",
        ("prefecture", "北海道", "Hokkaido"),
        "北海道の担当 / Hokkaido's desk",
    ),
    persona(
        "prefecture-13",
        Role::Prefecture,
        "130001",
        ("prefecture", "東京都", "Tokyo"),
        "東京都の担当 / Tokyo's desk",
    ),
    persona(
        "prefecture-13-2",
        Role::Prefecture,
        "130001",
        ("prefecture", "東京都", "Tokyo"),
        "東京都の承認者 / Tokyo's second person who approves plans",
    ),
    persona(
        "prefecture-31",
        Role::Prefecture,
        "310000",
        ("prefecture", "鳥取県", "Tottori"),
        "鳥取県の担当 / Tottori's desk",
    ),
    persona(
        "prefecture-47",
        Role::Prefecture,
        "470007",
        ("prefecture", "沖縄県", "Okinawa"),
        "沖縄県の担当 / Okinawa's desk",
    ),
    persona(
        "municipality-131016",
        Role::Municipality,
        "131016",
        ("municipality", "千代田区", "Chiyoda"),
        "千代田区の担当 / Chiyoda's office",
    ),
    persona(
        "municipality-312011",
        Role::Municipality,
        "312011",
        ("municipality", "鳥取市", "Tottori City"),
        "鳥取市の担当 / Tottori City's office",
    ),
    persona(
        "health-centre-131016",
        Role::HealthCentre,
        "131016",
        ("health_centre", "千代田区の保健所", "Health centre, Chiyoda"),
        "保健所 / public health centre",
    ),
    persona(
        "wholesaler",
        Role::Wholesaler,
        "000000",
        ("wholesaler", "卸W01（訓練）", "Wholesaler W01 (training)"),
        "卸 W01 / wholesaler W01",
    ),
    persona("auditor", Role::Auditor, "000000", ("auditor", "監査（訓練）", "Audit (training)"), "監査 / auditor"),
    persona(
        "operator",
        Role::Operator,
        "000000",
        ("operator", "運用（訓練）", "Operations (training)"),
        "運用 / operator",
    ),
];

/// Writes the facts and the signing key, and makes the instance what it stays from then on: a training
/// one with its clock and personas, or a real one. Idempotent.
///
/// # Errors
/// `time.clock_is_real` and `time.clock_is_training` when the instance is the other one already; the
/// database's.
pub async fn seed(home: &Home, training: bool) -> Result<()> {
    let db = home.pool("identity_app", "identity")?;
    let ctx = system(&db).await?;
    // a training instance's first audit rows are of real time, all later ones of its own clock
    for day in [BusinessDay::at(ctx.now), BusinessDay::at(parse_instant(TRAINING_START)?)] {
        months::make(&db, day).await?;
    }
    // first of all, so that nothing is written into an instance of the other kind
    match training {
        true => set_clock::start_training(&db, &ctx, parse_instant(TRAINING_START)?).await?,
        false => set_clock::start_real(&db, &ctx).await?,
    }
    territories::write_facts(&db, &ctx).await?;
    keys::ensure_key(&db, &ctx).await?;
    if training {
        issue_accounts(&db, &system(&db).await?, accounts(home)?).await?;
        shipped::rules(home).await?;
    }
    Ok(())
}

async fn system(db: &Db) -> Result<OpCtx> {
    Ok(OpCtx::system("seed", &Clock::load(db).await?))
}

fn accounts(home: &Home) -> Result<Vec<NewAccount>> {
    let mut accounts = Vec::new();
    for persona in PERSONAS {
        let (kind, name, name_en) = persona.organisation;
        accounts.push(NewAccount {
            name: persona.name.to_owned(),
            role: persona.role,
            territory: TerritoryCode::parse(persona.territory)?,
            facility: None,
            // the wholesaler's desk is that of the first company
            partner: (persona.role == Role::Wholesaler).then(|| "W01".to_owned()),
            organisation_kind: kind,
            organisation_name: name.to_owned(),
            organisation_name_en: name_en.to_owned(),
            credential: Credential::Password(persona_password(home, persona.name)),
        });
    }
    for fact in facts::territories().values().filter(|fact| !fact.is_point() && fact.code.tier() == Tier::Prefecture) {
        let name = proxy_name(fact.code.prefecture_number());
        accounts.push(NewAccount {
            role: Role::ReportingProxy,
            territory: fact.code,
            facility: None,
            partner: None,
            organisation_kind: "reporting_proxy",
            organisation_name: format!("{}のとりまとめ団体（訓練）", fact.name),
            organisation_name_en: format!("Reporting proxy, {} (training)", fact.name_en.unwrap_or(fact.name)),
            credential: Credential::Secret(service_secret(home, &name)),
            name,
        });
    }
    Ok(accounts)
}

/// Makes the hospital's persona, once there is a hospital: staff of one facility.
///
/// # Errors
/// The database's.
pub async fn hospital_persona(
    home: &Home,
    name: &str,
    facility: FacilityId,
    municipality: TerritoryCode,
    facility_name: &str,
) -> Result<SignIn> {
    let db = home.pool("identity_app", "identity")?;
    let account = NewAccount {
        name: name.to_owned(),
        role: Role::Hospital,
        territory: municipality,
        facility: Some(facility),
        partner: None,
        organisation_kind: "facility",
        organisation_name: facility_name.to_owned(),
        organisation_name_en: facility_name.to_owned(),
        credential: Credential::Password(persona_password(home, name)),
    };
    issue_accounts(&db, &system(&db).await?, vec![account]).await?;
    Ok(SignIn {
        name: name.to_owned(),
        credential: persona_password(home, name),
        role: Role::Hospital,
        what: format!("病院 / hospital: {facility_name}"),
    })
}

/// Who can sign in to a training instance, besides the hospitals' personas.
#[must_use]
pub fn sign_ins(home: &Home) -> Vec<SignIn> {
    let mut list: Vec<SignIn> = PERSONAS
        .iter()
        .map(|persona| SignIn {
            name: persona.name.to_owned(),
            credential: persona_password(home, persona.name),
            role: persona.role,
            what: persona.what.to_owned(),
        })
        .collect();
    let proxy = proxy_name(13);
    list.push(SignIn {
        credential: service_secret(home, &proxy),
        name: proxy,
        role: Role::ReportingProxy,
        what: "東京都のとりまとめ団体（機械） / Tokyo's reporting proxy (a machine; proxy-01 … proxy-47)".to_owned(),
    });
    list
}
