//! The hot path is prepared once per connection: what the second shipment sends, the first has prepared.
use super::setup::{CHIYODA, Setup, day, moment, picked};
use distribution::{
    Distribution,
    app::{
        confirm_receipt::confirm_receipt,
        record_answer::{Via, record_answer},
    },
    consume::Releases,
};
use domain::policy::{Actor, Place, Role};
use platform::OpCtx;
use testkit::{
    prepared::prepared_anew,
    shipping::{answer, event, released},
};

/// From the release to the receipt, with something short.
async fn carry(distribution: &Distribution) {
    let release = released(CHIYODA, 195);
    let shipment = release.release_id;
    distribution::consume::inbox(distribution).take_one(&Releases, &event(&release, 1)).await.unwrap();
    let acting = |role, home| {
        let actor = Actor { role, home, name: "test".into(), ..Actor::public() };
        OpCtx::new(actor, &distribution.shared.clock)
    };
    let partner = acting(Role::Wholesaler, Place::Wholesaler("W01".parse().unwrap()));
    for (sequence, what, data) in [
        (1, "scheduled", day("2021-04-12")),
        (3, "dispatched", moment()),
        (2, "picked", picked(&[("EX0002", 195)])),
        (4, "delivered", moment()),
    ] {
        let event = answer("W01", shipment, sequence, what, data);
        record_answer(distribution, &partner, Via::Amqp, None, event).await.unwrap();
    }
    let officer = acting(Role::Municipality, Place::Territory(CHIYODA.parse().unwrap()));
    let request = serde_json::from_value(super::setup::arrived(&[("EX0002", 190, 2)])).unwrap();
    confirm_receipt(distribution, &officer, shipment, request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_shipment_prepares_nothing() {
    let setup = Setup::new().await;
    let distribution = setup.app.distribution_on_one().await;
    carry(&distribution).await;
    let anew = prepared_anew(&distribution.db, carry(&distribution)).await;
    assert!(anew.is_empty(), "{anew:#?}");
    setup.app.db.stock_holds().await;
}
