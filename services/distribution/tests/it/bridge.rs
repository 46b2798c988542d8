//! From what allocation has released to what the sites have, with everything that may happen between, and
//! the auditor's own look at it.
use super::setup::{CHIYODA, MINATO, Setup, because, cancel, day, moment, picked, resolve};
use platform::opctx::new_id;
use serde_json::json;
use testkit::TestClient;
use uuid::Uuid;

const TOKYO: &str = "130001";

/// A prefecture's round with a hub in each of two municipalities.
struct Round {
    id: Uuid,
    officer: TestClient,
    hubs: [Uuid; 2],
}

impl Round {
    async fn open(setup: &Setup) -> Self {
        let db = &setup.app.db;
        let id = db.open_prefecture_round(3).await;
        db.supply_to(id, TOKYO, 19_500).await.unwrap();
        let sites = db.sites(id, &[(CHIYODA, 4_000), (MINATO, 4_000)], &[]).await;
        Self { id, officer: setup.app.officer(TOKYO).await, hubs: [sites[CHIYODA][0], sites[MINATO][0]] }
    }

    /// Assigns and releases vials to a hub; the release has become a shipment.
    async fn release(&self, setup: &Setup, hub: usize, vials: i64) -> Uuid {
        let site = self.hubs[hub];
        let assigned =
            json!({"id": new_id(), "round": self.id, "holder": TOKYO, "sites": [{"site": site, "vials": vials}]});
        self.officer.post("/v1/assignments", &assigned).await.ok(200);
        let id = new_id();
        let released = json!({"id": id, "round": self.id, "holder": TOKYO, "hub": site});
        self.officer.post("/v1/releases", &released).await.ok(200);
        setup.app.pass_events().await;
        id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_finds_nothing() {
    let setup = Setup::new().await;
    let round = Round::open(&setup).await;
    setup.app.audit_ok().await;
    // as it should be; then with something short, damaged and too many, decided one by one
    let well = round.release(&setup, 0, 195).await;
    setup.dispatched(well, &[("ｅｘ０００１", 195)]).await;
    setup.answered(well, 4, "delivered", moment()).await;
    setup.receive(well, &[("EX0001", 195, 0)]).await.ok(200);
    setup.app.audit_ok().await;
    let odd = round.release(&setup, 0, 195).await;
    setup.dispatched(odd, &[("EX0001", 100), ("EX0002", 95)]).await;
    setup.app.audit_ok().await;
    setup.receive(odd, &[("EX0001", 90, 4), ("EX0002", 99, 0)]).await.ok(200);
    setup.app.audit_ok().await;
    let open = "select id, kind from distribution.discrepancy where state = 'open' order by kind";
    for row in setup.app.db.rows(open).await {
        let decision = match row["kind"].as_str().unwrap() {
            "short" => "found_at_depot",
            "surplus" => "from_maker",
            _ => "destroyed",
        };
        resolve(&setup.tokyo, row["id"].as_str().unwrap(), decision).await.ok(200);
    }
    setup.app.audit_ok().await;
    let gone = round.release(&setup, 0, 195).await;
    setup.dispatched(gone, &[("EX0002", 195)]).await;
    setup.answered(gone, 4, "lost", because("車両ごと盗まれた")).await;
    setup.app.audit_ok().await;
    // a recall meets one that waits, one that is picked and leaves all the same, and one on the road
    let waits = round.release(&setup, 0, 195).await;
    let leaves = round.release(&setup, 0, 195).await;
    setup.picked(leaves, &[("EX0002", 195)]).await;
    super::setup::recall(&setup.app.ministry().await, "EX0002").await.ok(200);
    setup.app.audit_ok().await;
    setup.answered(leaves, 3, "dispatched", moment()).await;
    setup.receive(leaves, &[("EX0002", 195, 0)]).await.ok(200);
    setup.app.audit_ok().await;
    // picked beyond the depot's book, picked again, given up; called off: the releases come back
    let beyond = round.release(&setup, 0, 780).await;
    setup.answered(beyond, 1, "scheduled", day("2021-04-19")).await;
    setup.answered(beyond, 2, "picked", picked(&[("EX0001", 780)])).await;
    setup.app.audit_ok().await;
    setup.answered(beyond, 3, "picked", picked(&[("EX0001", 400), ("EX0003", 380)])).await;
    setup.app.audit_ok().await;
    let off = round.release(&setup, 0, 195).await;
    setup.answered(beyond, 4, "failed", because("ロットがない")).await;
    cancel(&setup.tokyo, off, 1).await.ok(200);
    setup.app.pass_events().await;
    setup.app.audit_ok().await;
    cancel(&setup.tokyo, waits, 1).await.ok(200);
    // another company's, on the road; and nobody's
    let other = round.release(&setup, 1, 390).await;
    assert_eq!(setup.stands(other).await, "ordered 1");
    setup.app.pass_events().await;
    setup.app.audit_ok().await;
    setup.app.db.stock_holds().await;
}
