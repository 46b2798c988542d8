//! Notices as their readers and their publisher see them through GraphQL.
use crate::{ask, code, data};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{TestApp, TestClient};

const ACKNOWLEDGE: &str = "mutation Read($input: AcknowledgeNoticeInput!) { acknowledgeNotice(input: $input) {
    __typename ... on NoticeAcknowledged { replayed notice { isRead version } } ... on NoticeRefused { code } } }";

async fn publish(client: &TestClient, number: &str, territory: &str, public: bool) -> String {
    let both = json!({"ja": number, "en": number});
    let attachments = json!([{"name": "資料", "link": "https://www.example.go.jp/a.pdf"}]);
    let request = json!({"id": new_id(), "kind": "circular", "number": number, "text": {"title": both, "body": both},
                         "territories": [territory], "public": public, "attachments": attachments});
    client.post("/v1/notices", &request).await.ok(200).at("/notice").as_str().unwrap().to_owned()
}

async fn acknowledge(client: &TestClient, input: &Value) -> Value {
    data(&client.graphql(ACKNOWLEDGE, json!({"input": input})).await)["acknowledgeNotice"].clone()
}

/// The numbers of a page, and where the next one begins.
async fn page(client: &TestClient, arguments: &str) -> (Vec<String>, Value) {
    let query =
        format!("{{ notices({arguments}) {{ edges {{ node {{ number }} }} pageInfo {{ hasNextPage endCursor }} }} }}");
    let answer = ask(client, &query).await;
    let edges = answer["notices"]["edges"].as_array().unwrap().clone();
    let numbers = edges.iter().map(|edge| edge["node"]["number"].as_str().unwrap().to_owned()).collect();
    (numbers, answer["notices"]["pageInfo"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_read_page_by_page_and_acknowledged() {
    let app = TestApp::start().await;
    let (ministry, town) = (app.ministry().await, app.persona("municipality-131016").await);
    publish(&ministry, "1", "000000", true).await;
    let second = publish(&ministry, "2", "130001", false).await;
    publish(&ministry, "3", "310000", false).await;

    assert_eq!(page(&town, "first: 9").await.0, ["2", "1"]);
    assert_eq!(page(&app.anonymous(), "first: 9").await.0, ["1"]);
    let (first, info) = page(&town, "first: 1").await;
    assert_eq!((first, &info["hasNextPage"]), (vec!["2".to_owned()], &json!(true)));
    let after = format!("first: 1, after: {}", info["endCursor"]);
    assert_eq!(page(&town, &after).await.0, ["1"]);
    // a cursor is its reader's own
    assert_eq!(
        code(&ministry, &format!("{{ notices({after}) {{ edges {{ cursor }} }} }}")).await,
        "graphql.bad_cursor"
    );

    let input = json!({"id": new_id(), "notice": second, "version": 1});
    let read = acknowledge(&town, &input).await;
    assert_eq!((&read["replayed"], &read["notice"]["isRead"]), (&json!(false), &json!(true)));
    assert_eq!(acknowledge(&town, &input).await["replayed"], json!(true));
    let stale = acknowledge(&town, &json!({"id": new_id(), "notice": second, "version": 7})).await;
    assert_eq!(stale["code"], "notice.stale");
    assert_eq!(page(&town, "first: 9, unread: true").await.0, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_publisher_sees_who_has_read_it() {
    let app = TestApp::start().await;
    let (ministry, town) = (app.ministry().await, app.persona("municipality-131016").await);
    let notice = publish(&ministry, "1", "130001", false).await;
    acknowledge(&town, &json!({"id": new_id(), "notice": notice, "version": 1})).await;
    let query = format!(
        "{{ notice(id: \"{notice}\") {{ roles territories attachments {{ name link bytes }} publisher {{ ja }}
            readers {{ territories {{ territory accounts read }} notRead(first: 2) {{
                edges {{ node {{ account role territory }} cursor }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
    );
    let seen = ask(&ministry, &query).await["notice"].clone();
    assert_eq!((&seen["roles"], &seen["territories"]), (&json!([]), &json!(["130001"])));
    assert_eq!(seen["attachments"][0]["link"], "https://www.example.go.jp/a.pdf");
    let tokyo = &seen["readers"]["territories"][0];
    assert_eq!((&tokyo["territory"], &tokyo["read"]), (&json!("130001"), &json!(1)));
    // the two at the prefecture's desk and the health centre are left
    assert_eq!(tokyo["accounts"], json!(4));
    let left = &seen["readers"]["notRead"];
    assert_eq!(
        left["edges"][0]["node"],
        json!({"account": "health-centre-131016", "role": "health_centre", "territory": "131016"})
    );
    let after = &left["pageInfo"]["endCursor"];
    let query = format!(
        "{{ notice(id: \"{notice}\") {{ readers {{ notRead(first: 2, after: {after}) {{ edges {{ node {{ account }} }} }} }} }} }}"
    );
    let rest = ask(&ministry, &query).await;
    assert_eq!(rest["notice"]["readers"]["notRead"]["edges"], json!([{"node": {"account": "prefecture-13-2"}}]));
    let query = format!("{{ notice(id: \"{notice}\") {{ number readers {{ territories {{ read }} }} }} }}");
    assert_eq!(ask(&town, &query).await["notice"], json!({"number": "1", "readers": null}));
    for stranger in [app.persona("prefecture-31").await, app.anonymous()] {
        assert_eq!(code(&stranger, &query).await, "notice.not_found");
    }
}
