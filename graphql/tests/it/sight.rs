//! Who sees what: the same decision on every path to an object.
use crate::{ask, code};
use serde_json::{Value, json};
use testkit::{TestApp, app};

const FIGURES: &str = "capacity { coverage { due reported } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_municipalitys_figures_are_open_to_those_who_oversee_it_on_every_path() {
    let app = TestApp::start().await;
    let hospital = app.facility("131016").await;
    app::take(&app.proxy(13).await, &app::report(&hospital, app.today, json!({"beds_total": 9}))).await;
    let sees = json!({"coverage": {"due": 1, "reported": 1}});
    for (client, expected) in [
        (app.anonymous(), Value::Null),
        (app.ministry().await, sees.clone()),
        (app.persona("prefecture-13").await, sees.clone()),
        (app.persona("prefecture-01").await, Value::Null),
        (app.persona("municipality-131016").await, sees.clone()),
        (app.persona("municipality-312011").await, Value::Null),
        (app.persona("health-centre-131016").await, sees.clone()),
        (app.persona("auditor").await, sees.clone()),
        (app.persona("wholesaler").await, Value::Null),
        (app.persona("operator").await, Value::Null),
        (app.hospital(&hospital).await, Value::Null),
    ] {
        let ids = ask(&client, "{ territory(code: \"131016\") { id } }").await;
        let id = ids["territory"]["id"].as_str().unwrap().to_owned();
        let paths = ask(
            &client,
            &format!(
                "{{ direct: territory(code: \"131016\") {{ {FIGURES} }}
                    node(id: \"{id}\") {{ ... on Territory {{ {FIGURES} }} }}
                    above: territory(code: \"130001\") {{ {FIGURES} children(first: 1) {{ edges {{ node {{ {FIGURES} }} }} }} }}
                    again: territory(code: \"131016\") {{ parent {{ {FIGURES}
                        children(first: 1) {{ edges {{ node {{ {FIGURES} }} }} }} }} }} }}"
            ),
        )
        .await;
        for pointer in [
            "/direct/capacity",
            "/node/capacity",
            "/above/children/edges/0/node/capacity",
            "/again/parent/children/edges/0/node/capacity",
        ] {
            assert_eq!(paths.pointer(pointer), Some(&expected), "{pointer} {paths}");
        }
        // a prefecture's sums are published
        assert_eq!(paths["above"]["capacity"], sees);
        assert_eq!(paths["again"]["parent"]["capacity"], sees);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_that_is_not_open_to_you_does_not_exist() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131016", "312011"]).await;
    let (own, neighbour) = (&made[0], &made[1]);
    let staff = app.hospital(own).await;
    let by_key = |key: &str| format!("{{ facility(key: \"{key}\") {{ facilityId name municipality {{ code }} }} }}");
    let seen = ask(&staff, &by_key(&own.key())).await;
    assert_eq!(seen["facility"]["facilityId"], json!(own.id));
    assert_eq!(seen["facility"]["municipality"]["code"], "131016");
    assert_eq!(ask(&staff, &by_key(&format!("gmis:{}", own.gmis_id))).await, seen);
    let unknown = "0192f0be-0000-7000-8000-000000000001".to_owned();
    let invisible = format!("gmis:{}", neighbour.gmis_id);
    for key in [&neighbour.key(), &made[2].key(), &invisible, &unknown, &"9999999999".to_owned()] {
        assert_eq!(code(&staff, &by_key(key)).await, "facility.not_found", "{key}");
        assert_eq!(code(&app.anonymous(), &by_key(key)).await, "facility.not_found", "{key}");
    }
    // the lists show each what it may see
    let listed = "{ territory(code: \"131016\") { facilities(first: 10) {
        edges { node { facilityId } } pageInfo { hasNextPage } } } }";
    for (client, count) in [
        (staff.clone(), 1),
        (app.proxy(13).await, 2),
        (app.persona("municipality-131016").await, 2),
        (app.persona("municipality-312011").await, 0),
        (app.persona("operator").await, 0),
        (app.anonymous(), 0),
    ] {
        let found = ask(&client, listed).await;
        assert_eq!(found["territory"]["facilities"]["edges"].as_array().unwrap().len(), count);
        assert_eq!(found["territory"]["facilities"]["pageInfo"]["hasNextPage"], false);
    }
    assert_eq!(
        ask(&staff, "{ viewer { role facility { facilityId } territory { code } } }").await["viewer"],
        json!({"role": "hospital", "facility": {"facilityId": own.id}, "territory": {"code": "131016"}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_foreign_random_or_malformed_answers_alike() {
    let app = TestApp::start().await;
    let hospital = app.facility("312011").await;
    let proxy = app.proxy(31).await;
    let key = hospital.key();
    let node = ask(&proxy, &format!("{{ facility(key: \"{key}\") {{ id }} }}")).await["facility"]["id"].clone();
    let by_id = |id: &str| format!("{{ node(id: \"{id}\") {{ __typename id }} }}");
    let seen = ask(&proxy, &by_id(node.as_str().unwrap())).await;
    assert_eq!(seen["node"], json!({"__typename": "Facility", "id": node}));
    for client in [app.proxy(13).await, app.anonymous()] {
        for id in [node.as_str().unwrap(), "RmFjaWxpdHk6MDE5MmYwYmUtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx", "x"] {
            let answer = client.graphql(&by_id(id), json!({})).await;
            assert_eq!(answer.ok(200).body, json!({"data": {"node": null}}), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_are_no_territory_say_what_to_use() {
    let app = TestApp::start().await;
    let anybody = app.anonymous();
    let by_code = |code: &str| format!("{{ territory(code: \"{code}\") {{ id }} clock {{ training }} }}");
    for (territory, expected) in [
        ("011011", "territory.is_city_ward"),
        ("016951", "territory.northern_village"),
        ("139998", "territory.not_found"),
        ("131017", "territory.check_digit"),
    ] {
        assert_eq!(code(&anybody, &by_code(territory)).await, expected, "{territory}");
    }
    let ward = anybody.graphql(&by_code("011011"), json!({})).await;
    assert!(ward.at("/errors/0/message").as_str().unwrap().contains("011002"), "{}", ward.body);
    // an unknown code is an entry of errors; the rest of the answer stands
    assert_eq!(ward.at("/data"), json!({"territory": null, "clock": {"training": true}}));
    let refused =
        anybody.graphql("{ territory(code: \"130001\") { facilities(first: 5) { edges { cursor } } } }", json!({}));
    let refused = refused.await;
    assert_eq!((refused.code(), refused.at("/data")), ("graphql.not_a_municipality", json!({"territory": null})));
}
