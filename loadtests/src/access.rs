//! What every request pays before it does anything: one decision, one verified token.
use crate::measure::{Failed, failed, median};
use domain::{
    BusinessDay, TerritoryCode,
    ids::{FacilityId, OrganisationId},
    policy::{Action, Actor, Place, Reach, Role, Scope, Share, Shared, decide},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use platform::{
    auth::{AUDIENCE, Verifier, issuer},
    clock::real_now,
    directory::{Agreement, Area, Closure, Directory, Facts},
};
use std::{fmt::Write as _, hint::black_box, sync::Arc, time::Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;
use wire::auth::Claims;

/// Goals, nanoseconds.
const DECISION_NS: u128 = 2_000;
const AGAIN_NS: u128 = 5_000;
const FIRST_NS: u128 = 100_000;
const ROUNDS: usize = 21;
/// The key pair of RFC 8032, section 7.1, test 1: published, and of no use but here.
const SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// What stands before an Ed25519 seed in PKCS #8.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Nanoseconds that one of `count` calls takes: the median of the rounds, and the slowest round.
fn each(count: usize, mut work: impl FnMut()) -> (u128, u128) {
    let rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..count {
                work();
            }
            started.elapsed().as_nanos() / u128::try_from(count.max(1)).unwrap_or(1)
        })
        .collect();
    (median(rounds.clone()), rounds.into_iter().max().unwrap_or_default())
}

fn code(text: &str) -> Result<TerritoryCode, Failed> {
    TerritoryCode::parse(text).map_err(failed)
}

/// An officer to whom much is shared, in a nation with many closed facilities.
fn officer() -> Result<Actor, Failed> {
    let share = |number: u32| Shared {
        agreement: Uuid::from_u128(number.into()),
        at: TerritoryCode::of_prefecture(number),
        what: Share::Reports,
    };
    let closed = (0..20_000).map(|number| FacilityId(Uuid::from_u128(number))).collect();
    let reach = Reach { shared: (1..=20).map(share).collect(), closed: Arc::new(closed), ..Reach::default() };
    let home = Place::Territory(code("140007")?);
    Ok(Actor { role: Role::Prefecture, home, name: "prefecture-14".into(), reach: Arc::new(reach), ..Actor::public() })
}

fn facts(day: BusinessDay) -> Result<Facts, Failed> {
    let chiyoda = code("131016")?;
    let organisation = |number: u128| Uuid::from_u128(number);
    let area = |number: u128| Area {
        organisation: organisation(number),
        municipality: chiyoda,
        since: day.date(),
        until: None,
    };
    let agreement = |number: u128| Agreement {
        id: organisation(number),
        receiver: organisation(number % 47),
        at: vec![chiyoda],
        what: vec![Share::Figures],
        since: day.date(),
        until: day.date(),
    };
    let closure = |number: u128| Closure { facility: FacilityId(organisation(number)), from: day.date(), to: None };
    Ok(Facts {
        areas: (0..1_741).map(area).collect(),
        agreements: (0..500).map(agreement).collect(),
        closures: (0..20_000).map(closure).collect(),
        ..Facts::default()
    })
}

/// Answers every request with the public key.
async fn key_server() -> Result<String, Failed> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(failed)?);
    let key =
        serde_json::json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "use": "sig", "alg": "EdDSA", "x": PUBLIC});
    let body = serde_json::json!({"keys": [key]}).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            if stream.read(&mut request).await.is_ok() {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    Ok(url)
}

fn tokens(count: usize) -> Result<Vec<String>, Failed> {
    let key = EncodingKey::from_ed_der(&[PKCS8.as_slice(), SEED.as_slice()].concat());
    let header = Header { kid: Some("k".into()), ..Header::new(Algorithm::EdDSA) };
    let now_s = real_now().timestamp();
    let claims = |number: usize| Claims {
        iss: issuer("bench"),
        aud: AUDIENCE.into(),
        sub: Uuid::from_u128(u128::try_from(number).unwrap_or_default()),
        name: "prefecture-14".into(),
        role: Role::Prefecture.as_str().into(),
        org: Uuid::nil(),
        territory: TerritoryCode::of_prefecture(14),
        facility: None,
        partner: None,
        machine: false,
        sid: Some(Uuid::nil()),
        dlg: None,
        scope: None,
        iat: now_s,
        exp: now_s + 300,
    };
    (0..count).map(|number| jsonwebtoken::encode(&header, &claims(number), &key).map_err(failed)).collect()
}

/// First and second verification of each of these tokens, nanoseconds each.
async fn verifications(url: &str, tokens: &[String]) -> Result<[(u128, u128); 2], Failed> {
    let verifier = Verifier::new("bench", url);
    let (warm, tokens) = tokens.split_first().ok_or("no tokens")?;
    verifier.verify(warm).await.map_err(failed)?;
    let mut taken = [Vec::new(), Vec::new()];
    for taken in &mut taken {
        for token in tokens {
            let started = Instant::now();
            black_box(verifier.verify(token).await.map_err(failed)?);
            taken.push(started.elapsed().as_nanos());
        }
    }
    Ok(taken.map(|taken| (median(taken.clone()), taken.into_iter().max().unwrap_or_default())))
}

/// Measures; answers the report.
pub fn run() -> Result<String, Failed> {
    let day = BusinessDay::parse("2021-04-05").map_err(failed)?;
    let (mut actor, at) = (officer()?, code("131016")?);
    let shared = Place::Facility(FacilityId(Uuid::from_u128(7)), at);
    let own = Place::Facility(FacilityId(Uuid::from_u128(7)), code("141003")?);
    let decision = |place| {
        each(10_000, || {
            let _ = black_box(decide(black_box(&actor), Action::ReportRead, black_box(place)));
        })
    };
    let mut rows = vec![
        ("a decision on a facility of one's own, closed", decision(own), DECISION_NS),
        ("a decision by 20 agreements, 20,000 closed", decision(shared), DECISION_NS),
        (
            "may the figures be read, asked of a scope",
            each(10_000, || {
                let _ = black_box(Scope::of(&actor).sees_figures(black_box(at)));
            }),
            DECISION_NS,
        ),
    ];
    let directory = Directory::of(facts(day)?);
    actor.organisation = OrganisationId(Uuid::from_u128(5));
    rows.push((
        "what an actor reaches today, looked up",
        each(10_000, || drop(black_box(directory.reach(black_box(&actor), day)))),
        DECISION_NS,
    ));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let [first, again] = runtime.block_on(async { verifications(&key_server().await?, &tokens(2_001)?).await })?;
    rows.push(("a token, first", first, FIRST_NS));
    rows.push(("a token, again", again, AGAIN_NS));
    let mut text = String::from("| what | median | slowest | goal | |\n|---|---:|---:|---:|---|\n");
    for (what, (median, slowest), goal) in rows {
        let met = if median < goal { "met" } else { "**not met**" };
        let micros = |ns: u128| format!("{}.{:02} µs", ns / 1_000, ns % 1_000 / 10);
        let _ = writeln!(text, "| {what} | {} | {} | {} | {met} |", micros(median), micros(slowest), micros(goal));
    }
    Ok(text)
}
