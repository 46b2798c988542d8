//! Pages: every element once, cursors that only their owner can use, and few statements.
use crate::{ask, code};
use serde_json::json;
use testkit::{TestApp, TestClient, app};

async fn walk(client: &TestClient, path: &str, list: &str, first: usize) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let query = format!(
            "{{ {path} {{ list: {list}(first: {first}{after}) {{ edges {{ cursor node {{ id }} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"
        );
        let answer = ask(client, &query).await;
        let page = answer.as_object().unwrap().values().next().unwrap()["list"].clone();
        let edges = page["edges"].as_array().unwrap();
        found.extend(edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()));
        let info = &page["pageInfo"];
        assert_eq!(info["hasPreviousPage"], json!(pages > 0));
        assert_eq!(info["startCursor"], edges.first().map_or(json!(null), |edge| edge["cursor"].clone()));
        assert_eq!(info["endCursor"], edges.last().map_or(json!(null), |edge| edge["cursor"].clone()));
        pages += 1;
        if info["hasNextPage"] == json!(false) {
            return (found, pages);
        }
        assert_eq!(edges.len(), first);
        after = format!(", after: {}", info["endCursor"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_walk_every_element_once() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"; 7]).await;
    let ministry = app.ministry().await;
    let all = walk(&ministry, "nation", "children", 200).await.0;
    assert_eq!(all.len(), 47);
    for (first, pages) in [(1, 47), (10, 5), (46, 2), (47, 1)] {
        assert_eq!(walk(&ministry, "nation", "children", first).await, (all.clone(), pages));
    }
    let place = "territory(code: \"131016\")";
    let all = walk(&ministry, place, "facilities", 200).await.0;
    assert_eq!(all.len(), made.len());
    for (first, pages) in [(1, 7), (3, 3), (6, 2), (7, 1)] {
        assert_eq!(walk(&ministry, place, "facilities", first).await, (all.clone(), pages));
    }
    assert_eq!(walk(&ministry, place, "children", 5).await, (vec![], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_its_owners_and_its_lists() {
    let app = TestApp::start().await;
    let (ministry, auditor) = (app.ministry().await, app.persona("auditor").await);
    let page = ask(&ministry, "{ nation { children(first: 3) { pageInfo { endCursor } } } }").await;
    let cursor = page["nation"]["children"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    let after = |path: &str, list: &str, cursor: &str| {
        format!("{{ {path} {{ {list}(first: 3, after: \"{cursor}\") {{ edges {{ cursor }} }} }} }}")
    };
    ask(&ministry, &after("nation", "children", &cursor)).await;
    assert_eq!(code(&auditor, &after("nation", "children", &cursor)).await, "graphql.bad_cursor");
    assert_eq!(code(&app.anonymous(), &after("nation", "children", &cursor)).await, "graphql.bad_cursor");
    assert_eq!(code(&ministry, &after("territory(code: \"130001\")", "children", &cursor)).await, "graphql.bad_cursor");
    assert_eq!(
        code(&ministry, &after("territory(code: \"131016\")", "facilities", &cursor)).await,
        "graphql.bad_cursor"
    );
    assert_eq!(code(&ministry, &after("nation", "children", &cursor.to_uppercase())).await, "graphql.bad_cursor");
    for first in ["0", "-1", "201", "2147483647"] {
        let query = format!("{{ nation {{ children(first: {first}) {{ totalCount }} }} }}");
        assert_eq!(code(&ministry, &query).await, "graphql.page_size", "{first}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_hundred_rows_with_three_relations_takes_six_statements() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"; 100]).await;
    let proxy = app.proxy(13).await;
    for facility in made.iter().take(3) {
        app::take(&proxy, &app::report(facility, app.today, json!({"beds_total": 9}))).await;
    }
    let ministry = app.ministry().await;
    let territories = "{ territory(code: \"010006\") { children(first: 100) { edges { node { name { ja }
        parent { code } populations { persons } capacity { coverage { due } }
        facilities(first: 5) { edges { node { name } } } } } } } }";
    let facilities = "{ territory(code: \"131016\") { facilities(first: 100) { edges { node { name
        municipality { name { ja } parent { code } capacity { coverage { due } } }
        latestReport { revision } } } } } }";
    for query in [territories, facilities] {
        // the forms are remembered by the gateway
        ask(&ministry, query).await;
        let before = app.server.gateway_db.statements();
        let answer = ask(&ministry, query).await;
        let statements = app.server.gateway_db.statements() - before;
        assert!(answer.to_string().len() > 2_000);
        // the snapshot's own BEGIN and ROLLBACK beside at most six reads
        assert!(statements <= 8, "{statements}");
    }
}
