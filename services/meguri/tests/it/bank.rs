//! Over-allotting is impossible: sixteen officers work on one round over HTTP, two at a time on the
//! same plan and the same grants; they retry under the same ids, give up waiting, and the service is
//! killed in between. Afterwards a checker that knows only what was asked and answered compares that
//! with what the database holds. It is shown to find faults by being given false results.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]
mod checker;
mod officers;
mod server;

use checker::{Book, Ending, History, check};
use domain::{TerritoryCode, territory::Tier};
use officers::{Bank, Officer, Place, Prefecture};
use platform::opctx::new_id;
use serde_json::json;
use server::Server;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use testkit::{TestDb, round::BOX_VIALS};

/// Small prefectures, so that the run is short.
const PREFECTURES: [u32; 8] = [16, 17, 18, 31, 32, 37, 41, 44];
/// Municipalities at work in each.
const MUNICIPALITIES: usize = 8;
/// After so many answers the service is killed.
const KILLED_AFTER: [usize; 3] = [60, 160, 260];

fn municipalities_of(prefecture: TerritoryCode) -> Vec<String> {
    let all = meguri::round::municipalities().into_iter();
    let own = all.filter(|code| code.tier() == Tier::Municipality && prefecture.contains(*code));
    own.take(MUNICIPALITIES).map(|code| code.to_string()).collect()
}

/// The database with its round, and who works on it.
async fn prepare(db: &TestDb, server: &Server) -> Bank {
    let prefectures = PREFECTURES.map(TerritoryCode::of_prefecture);
    let places: Vec<(String, Vec<String>)> =
        prefectures.iter().map(|code| (code.to_string(), municipalities_of(*code))).collect();
    let at_work: Vec<&str> = places.iter().flat_map(|(_, own)| own.iter().map(String::as_str)).collect();
    db.populations(|code| Some(if at_work.contains(&code) { 60_000 } else { 500 })).await;
    let round = db.open_round(9, 700 * BOX_VIALS + 11).await;
    let hubs: Vec<(&str, i64)> = at_work.iter().flat_map(|code| [(*code, 100); 3]).collect();
    let sites = db.sites(round, &hubs, &[]).await;
    let mut names: Vec<(String, String)> =
        ["nation", "nation-2"].map(|name| (name.to_owned(), TerritoryCode::NATION.to_string())).into();
    for (code, own) in &places {
        names.extend(["a", "b"].map(|officer| (format!("bank-{code}-{officer}"), code.clone())));
        names.extend(own.iter().map(|own| (format!("bank-{own}"), own.clone())));
    }
    let mut tokens = BTreeMap::new();
    for ((name, _), sign_in) in names.iter().zip(db.officers(&names).await) {
        tokens.insert(name.clone(), server.token(&sign_in).await);
    }
    let token = |name: String| tokens[&name].clone();
    let prefecture = |(code, own): &(String, Vec<String>)| Prefecture {
        code: code.clone(),
        tokens: ["a", "b"].map(|officer| token(format!("bank-{code}-{officer}"))),
        places: own
            .iter()
            .map(|own| Place { code: own.clone(), token: token(format!("bank-{own}")), sites: sites[own].clone() })
            .collect(),
    };
    let prefectures = places.iter().map(prefecture).collect();
    Bank { round, prefectures, ministry: ["nation", "nation-2"].map(|name| token(name.to_owned())) }
}

/// The nation divides and commits, before anything goes wrong.
async fn hand_down(server: &Server, bank: &Bank) {
    let components = json!([{"name": "base", "indicator": "population"}]);
    let request = json!({"id": new_id(), "round": bank.round, "holder": "000000", "components": components});
    let [mut officer, mut second] = bank.ministry.each_ref().map(|token| Officer::new(server.line(), token, 0));
    let Ending::Done { answer } = officer.ask("/v1/plans", request).await else { panic!("not computed") };
    for (version, step) in [(1, "submit"), (2, "approve"), (3, "commit")] {
        let path = format!("/v1/plans/{}:{step}", answer["plan"].as_str().unwrap());
        let officer = if step == "approve" { &mut second } else { &mut officer };
        let ending = officer.ask(&path, json!({"id": new_id(), "version": version})).await;
        assert!(matches!(ending, Ending::Done { .. }), "{step}: {ending:?}");
    }
}

/// Kills the service and starts it again, each time so many answers have been given.
async fn killer(mut server: Server) -> Server {
    let answers = server.line().answers;
    for after in KILLED_AFTER {
        while answers.load(Ordering::SeqCst) < after {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        server.kill().await;
        server.start().await;
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_officers_and_a_service_that_dies() {
    let db = TestDb::new().await;
    let mut server = Server::new(&db);
    server.start().await;
    let bank = Arc::new(prepare(&db, &server).await);
    hand_down(&server, &bank).await;
    let before = Book::read(&db).await;
    let line = server.line();
    line.answers.store(0, Ordering::SeqCst);
    let started = Instant::now();
    let killing = tokio::spawn(killer(server));
    let mut at_work = tokio::task::JoinSet::new();
    for index in 0..bank.prefectures.len() {
        let plan = before.plan_of(&bank.prefectures[index].code);
        for which in 0..2 {
            let officer = Officer::new(line.clone(), &bank.prefectures[index].tokens[which], 2 * index + which + 1);
            at_work.spawn(officer.work(Arc::clone(&bank), index, plan.clone()));
        }
    }
    let mut history = History::default();
    for officer in at_work.join_all().await {
        history.add(officer);
    }
    let server = tokio::time::timeout(Duration::from_secs(60), killing).await.expect("three kills").unwrap();
    let took = started.elapsed();
    history.replays = officers::replay_all(&server.line(), &history).await;
    let book = Book::read(&db).await;
    let told = history.told();
    println!("{told}; {took:?}");
    assert_eq!(check(&history, &before, &book), Vec::<String>::new(), "{told}");
    // the run was one: enough was done, refused, retried, and answered from memory
    assert!(history.done() >= 200 && history.refused("allocation.over_supply") >= 20, "{told}");
    assert!(history.refused("allocation.stale_plan") >= 5 && history.retries >= 10 && history.met >= 1, "{told}");
    assert!(server.audit().await, "the audit finds something");
    checker::finds_false_results(&history, &before, &book);
}
