//! What stands at the broker.
use crate::support::Bench;
use relay::topology;
use serde_json::{Value, json};
use testkit::app::until;

#[tokio::test(flavor = "multi_thread")]
async fn everything_may_be_made_again() {
    let bench = Bench::new().await;
    let (broker, w07) = (bench.broker(), "W07".parse().unwrap());
    for _ in 0..2 {
        topology::ensure_main(broker).await.unwrap();
        topology::provision(broker, w07).await.unwrap();
        topology::credentials(broker, w07, "a-password").await.unwrap();
    }
    assert_eq!(broker.provisioned().await.unwrap(), [w07]);
    assert!(topology::has_user(broker, w07).await.unwrap());
    assert!(topology::revoke(broker, w07).await.unwrap());
    assert!(!topology::revoke(broker, w07).await.unwrap());
    assert_eq!(broker.provisioned().await.unwrap(), [w07], "what lies there stays");
    topology::remove(broker).await.unwrap();
    assert_eq!(broker.provisioned().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_queue_has_its_limits_and_every_exchange_an_alternate() {
    let bench = Bench::new().await;
    let broker = bench.broker();
    let w07 = "W07".parse().unwrap();
    topology::provision(broker, w07).await.unwrap();
    let partner = broker.partner_vhost(w07);
    for (vhost, queues) in [
        (broker.main_vhost(), ["distribution", "allocation", "notifications", "replay"].as_slice()),
        (&partner, &["orders", "answers"]),
    ] {
        for queue in queues {
            let found = async || -> Value {
                broker.management().get(&format!("queues/{vhost}/{queue}")).await.unwrap().unwrap()
            };
            assert_eq!(found().await["arguments"]["x-queue-type"], "quorum", "{queue}");
            // the broker shows it with its next count
            until("the policy is in force", async || found().await["policy"] == json!(queue)).await;
            let policy: Value = broker.management().get(&format!("policies/{vhost}/{queue}")).await.unwrap().unwrap();
            let limits = &policy["definition"];
            assert_eq!(limits["delivery-limit"], 10, "{queue}");
            assert_eq!(limits["overflow"], "reject-publish", "{queue}");
            assert_eq!(limits["dead-letter-strategy"], "at-least-once", "{queue}");
            assert_eq!(limits["dead-letter-routing-key"], format!("{queue}.dead"), "{queue}");
            assert!(limits["max-length"].as_i64().is_some(), "{queue}");
            let dead: Option<Value> = broker.management().get(&format!("queues/{vhost}/{queue}.dead")).await.unwrap();
            assert_eq!(dead.unwrap()["arguments"]["x-queue-type"], "quorum", "{queue}");
        }
        let exchanges: Vec<Value> = broker.management().get(&format!("exchanges/{vhost}")).await.unwrap().unwrap();
        let ours = exchanges.iter().filter(|exchange| exchange["type"] == "topic");
        let ours: Vec<_> = ours.filter(|exchange| !exchange["name"].as_str().unwrap().starts_with("amq.")).collect();
        assert!(!ours.is_empty());
        for exchange in ours {
            assert!(exchange["arguments"]["alternate-exchange"].is_string(), "{exchange}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m24_no_guest_no_default_vhost_management_within() {
    let bench = Bench::new().await;
    let management = bench.broker().management();
    let users = management.names("users").await.unwrap();
    assert!(!users.contains(&"guest".to_owned()), "{users:?}");
    assert!(!management.names("vhosts").await.unwrap().contains(&"/".to_owned()), "the default virtual host is unused");
    let overview: Value = management.get("overview").await.unwrap().unwrap();
    let listeners = overview["listeners"].as_array().unwrap();
    assert!(listeners.iter().any(|listener| listener["protocol"] == "http"));
    for listener in listeners {
        // of the management interface the first shows `::` whatever it is bound to
        let bound = listener["socket_opts"]["ip"].as_str().or(listener["ip_address"].as_str()).unwrap();
        assert!(["127.0.0.1", "::1"].contains(&bound) || listener["protocol"] == "clustering", "{listener}");
    }
    let own: Value = management.get(&format!("users/{}", bench.broker().service_user())).await.unwrap().unwrap();
    assert_eq!(own["tags"], json!([]), "our processes are no administrators");
    let path = format!("permissions/{}/{}", bench.broker().main_vhost(), bench.broker().service_user());
    let permissions: Value = management.get(&path).await.unwrap().unwrap();
    assert_eq!(permissions["configure"], "^$");
}
