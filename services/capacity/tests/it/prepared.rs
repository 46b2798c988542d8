//! The hot path is prepared once per connection: what the second facility's reports send, the first's
//! have prepared.
use capacity::{Capacity, app::submit_report::submit_report};
use domain::{
    TerritoryCode,
    ids::{AccountId, OrganisationId},
    policy::{Actor, Place, Role},
};
use platform::{OpCtx, opctx::new_id};
use serde_json::json;
use testkit::{Facility, TestApp, app::report, prepared::prepared_anew};

/// A first report, its correction, and one that names the facility by its other key.
async fn take_three(app: &TestApp, capacity: &Capacity, facility: &Facility) {
    let proxy = Actor {
        account: AccountId(new_id()),
        organisation: OrganisationId(new_id()),
        name: "proxy-13".to_owned(),
        role: Role::ReportingProxy,
        home: Place::Territory(TerritoryCode::parse("130001").unwrap()),
        machine: true,
        ..Actor::public()
    };
    for (key, beds) in [(facility.key(), 3), (facility.key(), 4), (format!("gmis:{}", facility.gmis_id), 5)] {
        let mut sent = report(facility, app.today, json!({"icu_total": beds}));
        sent["facility"] = json!(key);
        let ctx = OpCtx::new(proxy.clone(), &capacity.shared.clock);
        submit_report(capacity, &ctx, serde_json::from_value(sent).unwrap()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_facility_prepares_nothing() {
    let app = TestApp::start().await;
    let facilities = app.facilities(&["131016", "131024"]).await;
    let capacity = app.capacity_on_one().await;
    take_three(&app, &capacity, &facilities[0]).await;
    let anew = prepared_anew(&capacity.db, take_three(&app, &capacity, &facilities[1])).await;
    assert!(anew.is_empty(), "{anew:#?}");
    app.audit_ok().await;
}
