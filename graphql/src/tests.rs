//! The endpoint without a database: everything that is decided before one is needed.
use crate::{Gateway, Settings, sdl};
use actix_web::{
    App,
    http::{Method, header},
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use domain::time::parse_instant;
use platform::{
    Db, Shared,
    auth::Verifier,
    clock::{Clock, Setting},
    limit::{Limiter, Rates},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What tools send to learn a schema (graphql-js 16 `getIntrospectionQuery()`).
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } \
    subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } } \
    fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description \
    args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } \
    interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

fn gateway(training: bool) -> Gateway {
    let start = parse_instant("2021-04-05T03:30:00Z").unwrap();
    let setting = Setting { training, business_start: start, real_start: start, speed_permille: 0 };
    let rates = Rates { person: 1_000, machine: 1_000, public: 1_000 };
    Gateway::new(Settings {
        shared: Shared {
            instance: "test".into(),
            clock: Clock::new(setting),
            emergencies: Default::default(),
            directory: platform::directory::Directory::default(),
            verifier: Verifier::new("test", "http://127.0.0.1:1"),
            limiter: Limiter::new("test", None, rates),
            runtime: tokio::runtime::Handle::current(),
        },
        // nobody answers there: what needs the database fails, and must fail well
        db: Db::new("postgres://nobody:secret@127.0.0.1:1/nothing", "reference", 2).unwrap(),
        identity_url: "http://127.0.0.1:1".into(),
        views_db: Db::new("postgres://nobody:secret@127.0.0.1:1/nothing", "views", 2).unwrap(),
        capacity_url: "http://127.0.0.1:1".into(),
        allocation_url: "http://127.0.0.1:1".into(),
        distribution_url: "http://127.0.0.1:1".into(),
        cursor_secret: "secret".into(),
    })
}

struct Answered {
    status: u16,
    media_type: String,
    headers: header::HeaderMap,
    text: String,
    body: Value,
}

impl Answered {
    fn code(&self) -> &str {
        let code = self.body.pointer("/errors/0/extensions/code").or(self.body.get("code"));
        code.and_then(Value::as_str).unwrap_or_default()
    }
}

async fn send(training: bool, request: TestRequest) -> Answered {
    let gateway = gateway(training);
    let shared = gateway.0.shared.clone();
    let app = App::new()
        .app_data(web::Data::new(shared))
        .wrap(from_fn(platform::http::frame))
        .configure(|config| gateway.configure(config))
        .default_service(web::to(platform::http::not_found));
    let app = init_service(app).await;
    let response = call_service(&app, request.uri("/graphql").to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let media_type = headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap()).to_owned();
    let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    Answered { status, media_type, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}

fn post(body: &Value) -> TestRequest {
    TestRequest::default()
        .method(Method::POST)
        .insert_header((header::ACCEPT, "application/graphql-response+json"))
        .set_json(body)
}

async fn ask(query: &str) -> Answered {
    send(true, post(&json!({"query": query}))).await
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap_or_default();
    assert_eq!(sdl(), committed, "run `cargo run -p meguri -- contracts` and review the change");
}

#[test]
fn everything_in_the_schema_is_described() {
    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };
    for definition in parse_schema(sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let (name, definition) = (definition.node.name.node.clone(), definition.node);
        assert!(definition.description.is_some(), "{name}");
        let fields = match definition.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            TypeKind::Enum(values) => {
                assert!(values.values.iter().all(|value| value.node.description.is_some()), "{name}");
                continue;
            }
            TypeKind::InputObject(input) => {
                assert!(input.fields.iter().all(|field| field.node.description.is_some()), "{name}");
                continue;
            }
            TypeKind::Scalar | TypeKind::Union(_) => continue,
        };
        for field in fields {
            let (field, description) = (field.node.name.node.clone(), field.node.description);
            assert!(description.is_some(), "{name}.{field}");
        }
    }
}

#[actix_web::test]
async fn only_post_is_answered() {
    for method in
        [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH, Method::TRACE]
    {
        let answer = send(true, TestRequest::default().method(method.clone())).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.headers.get(header::ALLOW).unwrap(), "POST", "{method}");
    }
}

#[actix_web::test]
async fn only_json_is_read() {
    let body = r#"{"query": "{ clock { training } }"}"#;
    for media_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/graphql", ""]
    {
        let mut request = TestRequest::default().method(Method::POST).set_payload(body);
        if !media_type.is_empty() {
            request = request.insert_header((header::CONTENT_TYPE, media_type));
        }
        assert_eq!(send(true, request).await.status, 415, "{media_type}");
    }
    let huge = json!({"query": "{ clock { training } }", "variables": {"x": "y".repeat(2 << 20)}});
    assert_eq!(send(true, post(&huge)).await.status, 413);
}

#[actix_web::test]
async fn a_bad_token_is_a_problem_of_its_own() {
    let request = post(&json!({"query": "{ clock { training } }"})).insert_header((header::AUTHORIZATION, "Bearer x"));
    let answer = send(true, request).await;
    assert_eq!((answer.status, answer.media_type.as_str()), (401, "application/problem+json"));
    assert_eq!(answer.code(), "auth.invalid_token");
}

#[actix_web::test]
async fn a_query_is_answered_in_the_media_type_that_is_wanted() {
    let query = json!({"query": "{ clock { now businessDay training } viewer { role name } }"});
    let answer = send(true, post(&query)).await;
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/graphql-response+json; charset=utf-8"));
    let expected = json!({"data": {
        "clock": {"now": "2021-04-05T03:30:00.000Z", "businessDay": "2021-04-05", "training": true},
        "viewer": {"role": "public", "name": "public"},
    }});
    assert_eq!(answer.body, expected);
    let start = r#"{"data":{"clock":{"now":"2021-04-05T03:30:00.000Z","businessDay":"#;
    assert!(answer.text.starts_with(start), "in the order of the question: {}", answer.text);
    for accept in ["application/json", "*/*", "text/html"] {
        let request = TestRequest::default().method(Method::POST).insert_header((header::ACCEPT, accept));
        let answer = send(true, request.set_json(&query)).await;
        assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/json; charset=utf-8"));
        assert_eq!(answer.body, expected);
    }
}

#[actix_web::test]
async fn refused_requests_have_no_data_and_the_status_of_their_media_type() {
    for (body, code) in [
        (json!({"query": "{ clock { training }"}), "graphql.parse_error"),
        (json!({"query": "{ clok { training } }"}), "graphql.invalid"),
        (json!({"query": "{ clock }"}), "graphql.invalid"),
        (json!({"query": "query A { clock { training } }", "operationName": "B"}), "graphql.invalid"),
        (json!({"query": "query A($id: ID!) { __typename }", "variables": {"id": null}}), "graphql.invalid"),
        (json!({"query": "query A($id: ID!) { node(id: $id) { id } }", "variables": {"id": {}}}), "graphql.invalid"),
        (json!({"query": "{ territory(code: \"131017\") { id } }"}), "territory.check_digit"),
        (json!({"query": "{ territory(code: 131016) { id } }"}), "territory.malformed"),
        (
            json!({"query": "query A($c: TerritoryCode!) { territory(code: $c) { id } }", "variables": {"c": "x"}}),
            "territory.malformed",
        ),
        (json!({"query": "{ facility(key: \"x\") { id } }"}), "facility.malformed_key"),
        (json!({"query": "{ nation { children(first: 2147483648) { totalCount } } }"}), "graphql.invalid"),
        (json!({"query": "{ nation { children(first: 1.5) { totalCount } } }"}), "graphql.invalid"),
        (json!({"query": "{ nation { children { totalCount } } }"}), "graphql.invalid"),
        (json!({"query": format!("{{ clock {{ {} }} }}", "training ".repeat(1_000))}), "graphql.limit"),
        (json!({"query": "mutation { nothing }"}), "graphql.invalid"),
        (json!({"query": "subscription { nothing }"}), "graphql.invalid"),
    ] {
        let answer = send(true, post(&body)).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body} {}", answer.body);
        assert!(answer.body.get("data").is_none(), "{body}");
        let id = answer.body.pointer("/errors/0/extensions/requestId").unwrap();
        assert_eq!(id, answer.headers.get("X-Request-Id").unwrap().to_str().unwrap());
        let plain = TestRequest::default().method(Method::POST).set_json(&body);
        let answer = send(true, plain).await;
        assert_eq!((answer.status, answer.code()), (200, code), "{body}");
    }
}

#[actix_web::test]
async fn what_is_no_graphql_request_is_400_in_every_media_type() {
    for (body, code) in [
        ("[{\"query\": \"{ clock { training } }\"}, {\"query\": \"{ clock { training } }\"}]", "graphql.batch_refused"),
        ("{}", "request.malformed"),
        ("{\"query\":", "request.malformed"),
    ] {
        for accept in ["application/json", "application/graphql-response+json"] {
            let request = TestRequest::default()
                .method(Method::POST)
                .insert_header((header::ACCEPT, accept))
                .insert_header((header::CONTENT_TYPE, "application/json"))
                .set_payload(body);
            let answer = send(true, request).await;
            assert_eq!((answer.status, answer.code()), (400, code), "{body}");
        }
    }
    let request = post(&json!({"query": "{ clock { training } }"})).insert_header(("Meguri-Position", "-1"));
    assert_eq!(send(true, request).await.code(), "request.malformed");
}

#[actix_web::test]
async fn introspection_and_suggestions_are_for_training_only() {
    let query = json!({"query": INTROSPECTION});
    let answer = send(true, post(&query)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.pointer("/data/__schema/types/0/name").is_some());
    let answer = send(false, post(&query)).await;
    assert_eq!((answer.status, answer.code()), (400, "graphql.invalid"));
    assert!(answer.body.get("data").is_none());
    let typo = json!({"query": "{ natoin { id } }"});
    let message = |answer: Answered| answer.body.pointer("/errors/0/message").unwrap().as_str().unwrap().to_owned();
    assert!(message(send(true, post(&typo)).await).contains("nation"));
    assert!(!message(send(false, post(&typo)).await).contains("nation"));
}

#[actix_web::test]
async fn too_complex_queries_are_refused_by_kind_of_caller() {
    let list = |first: i32| {
        format!(
            "{{ nation {{ children(first: {first}) {{ edges {{ node {{ code
                capacity {{ figures {{ item {{ code }} sum answered }} }} }} }} }} }} }}"
        )
    };
    // 50 figures a territory: 47 of them are more than the public may ask for
    let answer = ask(&list(47)).await;
    assert_eq!((answer.status, answer.code()), (400, "graphql.limit"), "{}", answer.body);
    let nested = "children(first: 200) { edges { node { ".repeat(4);
    let answer = ask(&format!("{{ nation {{ {nested} code {} }} }}", "} } }".repeat(4))).await;
    assert_eq!(answer.code(), "graphql.limit");
}

#[actix_web::test]
async fn an_outage_is_masked_and_503_when_nothing_could_be_answered() {
    let started = Instant::now();
    let answer = ask("{ nation { name { ja } } }").await;
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!((answer.status, answer.code()), (503, "service.unavailable"), "{}", answer.body);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    let text = answer.body.to_string();
    for secret in ["127.0.0.1", "postgres", "nobody", "/src/", "select"] {
        assert!(!text.contains(secret), "{text}");
    }
    // what needs no database is answered, and null stands where something is missing
    let answer = ask("{ clock { training } form { code } }").await;
    assert_eq!((answer.status, answer.code()), (200, "service.unavailable"));
    assert_eq!(answer.body.get("data"), Some(&json!({"clock": {"training": true}, "form": null})));
    let answer = ask("{ clock { training } nation { name { ja } } }").await;
    assert_eq!(answer.status, 503, "nation may not be null, so there is no data: {}", answer.body);
}

#[actix_web::test]
async fn the_public_cannot_submit() {
    let answer =
        ask("mutation { submitReport(input: {id: \"0192f0be-0000-7000-8000-000000000001\", facility: \"1310101234\", \
         businessDay: \"2021-04-05\", answers: []}) { __typename } }")
        .await;
    assert_eq!((answer.status, answer.code()), (200, "auth.missing_token"), "{}", answer.body);
    assert_eq!(answer.body.get("data"), Some(&Value::Null));
}

#[actix_web::test]
async fn malformed_ids_of_nodes_are_null_without_a_word() {
    for id in ["", "x", "131016", "Territory:131016", "VGVycml0b3J5OjEzMTAxNw"] {
        let answer = ask(&format!("{{ node(id: \"{id}\") {{ id }} }}")).await;
        assert_eq!((answer.status, &answer.body), (200, &json!({"data": {"node": null}})), "{id}");
    }
}
