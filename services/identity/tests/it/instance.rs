//! What an instance is made: a training one or a real one, for good.
use domain::time::parse_instant;
use identity::app::{keys, set_clock};
use platform::{Db, OpCtx, clock::Clock, clock::Setting};
use testkit::{
    TestDb,
    meguri::{home::Home, seed},
};

async fn context(db: &Db) -> OpCtx {
    OpCtx::system("seed", &Clock::load(db).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_instance_stays_one() {
    let test = TestDb::new().await;
    let home = Home::of(test.home.stack.clone(), &format!("{}_real", test.home.database()));
    home.migrate().await.unwrap();
    seed::seed(&home, false).await.unwrap();
    let db = home.pool("identity_app", "identity").unwrap();
    let setting = Setting::stored(&mut db.read().await.unwrap()).await.unwrap().unwrap();
    assert!(!setting.training && setting.business_start == setting.real_start);
    let refused = seed::seed(&home, true).await.unwrap_err().into_problem();
    assert_eq!(refused.code.code, "time.clock_is_real");
    let start = parse_instant(seed::TRAINING_START).unwrap();
    let refused = set_clock::start_training(&db, &context(&db).await, start).await.unwrap_err().into_problem();
    assert_eq!(refused.code.code, "time.clock_is_real");
    let refused = set_clock::step(&db, &context(&db).await, start).await.unwrap_err().into_problem();
    assert_eq!(refused.code.code, "time.clock_not_training");
    let accounts = identity_store::read::account(&mut db.read().await.unwrap(), "ministry").await.unwrap();
    assert!(accounts.is_none(), "no training account in a real instance");
    seed::seed(&home, false).await.unwrap();
    drop(db);
    home.drop_database().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_instance_does_not_become_a_real_one() {
    let test = TestDb::new().await;
    let refused = seed::seed(&test.home, false).await.unwrap_err().into_problem();
    assert_eq!(refused.code.code, "time.clock_is_training");
    seed::seed(&test.home, true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_at_the_same_time_make_one_key_and_steps_never_go_back() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    test.sql("delete from identity.signing_key").await;
    let ctx = context(&db).await;
    let made = (0..8).map(|_| async { keys::ensure_key(&db, &ctx).await.unwrap() });
    futures::future::join_all(made).await;
    assert_eq!(test.number("select count(*) from identity.signing_key").await, 1);
    let steps = (0..8).map(|hour| {
        let to = parse_instant(&format!("2021-04-06T0{hour}:00:00+09:00")).unwrap();
        let (db, ctx) = (&db, &ctx);
        async move { set_clock::step(db, ctx, to).await.map(|_| to).ok() }
    });
    let taken = futures::future::join_all(steps).await.into_iter().flatten().max().unwrap();
    assert!(Clock::load(&db).await.unwrap().now() >= taken);
}
