//! What happens when something underneath does not work.
use crate::{ask, code};
use platform::limit::Rates;
use serde_json::json;
use testkit::{ChaosProxy, TestApp, TestDb, app::until};

const QUERY: &str = "{ nation { name { ja } } }";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_reads_are_503_and_come_back() {
    let proxy = ChaosProxy::to(&TestDb::new().await.home.stack.database_url).await;
    let rates = Rates { person: 1_000, machine: 1_000, public: 1_000 };
    let app = TestApp::start_with(rates, Some(&proxy)).await;
    let anybody = app.anonymous();
    ask(&anybody, QUERY).await;
    proxy.cut();
    let answer = anybody.graphql(QUERY, json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "service.unavailable"), "{}", answer.body);
    assert_eq!(answer.header("Retry-After"), "1");
    assert!(answer.body.get("data").is_none());
    assert!(!answer.body.to_string().contains("127.0.0.1"));
    // what needs no database is still answered
    ask(&anybody, "{ clock { training } }").await;
    proxy.mend();
    until("reads work again", async || anybody.graphql(QUERY, json!({})).await.status.as_u16() == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_inside_are_masked() {
    let app = TestApp::start().await;
    let anybody = app.anonymous();
    app.db.sql("alter table reference.territory rename column kana to hiragana").await;
    let answer = anybody.graphql(QUERY, json!({})).await;
    assert_eq!(answer.code(), "service.internal");
    assert_eq!(answer.at("/data"), json!(null));
    let text = answer.body.to_string();
    for secret in ["kana", "territory.", "select", "SELECT", "/src/", "diesel"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(code(&anybody, "{ territory(code: \"130001\") { id } }").await, "service.internal");
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_counted_against_the_rate() {
    let rates = Rates { person: 1_000, machine: 1_000, public: 3 };
    let app = TestApp::start_with(rates, None).await;
    let anybody = app.anonymous();
    let mut refused = 0;
    for _ in 0..12 {
        let answer = anybody.graphql("{ clock { training } }", json!({})).await;
        if answer.status.as_u16() == 429 {
            answer.refused(429, "request.rate_limited");
            assert_eq!(answer.header("Retry-After"), "1");
            refused += 1;
        }
    }
    assert!(refused >= 3, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_reads_of_a_request_are_of_one_moment_and_connections_come_back() {
    let app = TestApp::start().await;
    let anybody = app.anonymous();
    // more requests than the pool has connections: each must give its own back
    let asked = (0..60).map(|_| async { ask(&anybody, QUERY).await });
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| *answer == json!({"nation": {"name": {"ja": "全国"}}})));
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(app.db.number(open).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_hangs_is_given_up() {
    let app = TestApp::start().await;
    let anybody = app.anonymous();
    let lock = app.db.sql("begin; lock table reference.territory in access exclusive mode; select pg_sleep(7); commit");
    let hang = async {
        let locked = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted
            and relation = 'reference.territory'::regclass";
        until("the table is locked", async || app.db.number(locked).await > 0).await;
        let answer = anybody.graphql(QUERY, json!({})).await;
        // ours, or the database's own limit for the role, whichever comes first
        assert_eq!(answer.status.as_u16(), 503, "{}", answer.body);
        assert!(["graphql.timeout", "service.unavailable"].contains(&answer.code()), "{}", answer.body);
        ask(&anybody, "{ clock { training } }").await;
    };
    futures::future::join(lock, hang).await;
    ask(&anybody, QUERY).await;
}
