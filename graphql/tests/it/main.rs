//! The gateway over a real server and a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]
mod amendments;
mod deliver;
mod figures;
mod notices;
mod objections;
mod pages;
mod programmes;
mod rounds;
mod rules;
mod shipments;
mod sight;
mod stock;
mod submit;
mod trouble;
mod views;
mod world;

use serde_json::{Value, json};
use testkit::{Answer, TestClient};

/// Runs a query that must succeed without errors and answers its data.
#[track_caller]
fn data(answer: &Answer) -> Value {
    assert!(answer.at("/errors").is_null(), "{}", answer.body);
    answer.ok(200).at("/data")
}

async fn ask(client: &TestClient, query: &str) -> Value {
    data(&client.graphql(query, json!({})).await)
}

/// The code of the first error of a query.
async fn code(client: &TestClient, query: &str) -> String {
    let answer = client.graphql(query, json!({})).await;
    assert!(!answer.at("/errors/0/extensions/ja").is_null(), "{}", answer.body);
    assert!(!answer.at("/errors/0/extensions/requestId").is_null(), "{}", answer.body);
    answer.code().to_owned()
}
