//! Every refusal of an answer: its code, the field, and that nothing was written.
use super::setup::{Setup, because, day, moment, picked};
use serde_json::{Value, json};
use testkit::shipping::{answer, send};

#[tokio::test(flavor = "multi_thread")]
async fn envelopes_that_are_none() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let before = setup.rows().await;
    let good = answer("W01", shipment, 1, "scheduled", day("2021-04-12"));
    let other = platform::opctx::new_id();
    let changed = |key: &str, value: Value| {
        let mut event = good.clone();
        event[key] = value;
        event
    };
    let without = |key: &str| {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(key);
        event
    };
    let mut data = day("2021-04-12");
    data["shipment_id"] = json!(other);
    for (event, status, code, path) in [
        (json!([]), 422, "answer.malformed", ""),
        (without("data"), 422, "answer.malformed", ""),
        (without("sequence"), 422, "answer.malformed", ""),
        (changed("specversion", json!("0.3")), 422, "answer.malformed", "specversion"),
        (changed("id", json!("x")), 422, "answer.malformed", "id"),
        (changed("sequence", json!(1)), 422, "answer.malformed", "sequence"),
        (changed("sequence", json!("01")), 422, "answer.bad_sequence", "sequence"),
        (changed("source", json!("/partners/W02")), 422, "answer.malformed", "source"),
        (changed("source", json!("W01")), 422, "answer.malformed", "source"),
        (changed("subject", json!(format!("shipment/{other}"))), 422, "answer.wrong_subject", "subject"),
        (changed("subject", json!(shipment)), 422, "answer.wrong_subject", "subject"),
        (changed("data", data), 422, "answer.wrong_subject", "subject"),
        (changed("data", json!({"delivery_on": "2021-04-12"})), 422, "answer.malformed", "data"),
        (changed("type", json!("shipment.scheduled.v2")), 422, "event.unknown_version", "type"),
        (changed("type", json!("shipment.ordered.v1")), 422, "answer.unknown_type", "type"),
        (changed("type", json!("x")), 422, "answer.unknown_type", "type"),
        (changed("sequence", json!("0")), 422, "answer.bad_sequence", "sequence"),
        (changed("sequence", json!("-1")), 422, "answer.bad_sequence", "sequence"),
        (changed("sequence", json!("1.0")), 422, "answer.bad_sequence", "sequence"),
        (changed("sequence", json!("102")), 422, "answer.too_far_ahead", "sequence"),
        (changed("id", json!(shipment)), 422, "idempotency.key_reused", ""),
        (changed("note", json!("a\u{0}b")), 422, "request.nul_character", ""),
    ] {
        let refused = send(&setup.w01, shipment, &event).await;
        refused.refused(status, code);
        assert_eq!(refused.at("/errors/0/path").as_str().unwrap_or_default(), path, "{code}");
    }
    let large = changed("note", json!("x".repeat(70_000)));
    send(&setup.w01, shipment, &large).await.refused(413, "request.too_large");
    let path = format!("/v1/shipments/{shipment}/answers");
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    setup.w01.post_raw(&path, "application/json", deep.into_bytes()).await.refused(400, "request.malformed");
    setup.w01.post_raw(&path, "application/json", vec![0xff, 0xfe]).await.refused(400, "request.invalid_utf8");
    let elsewhere = answer("W01", other, 1, "scheduled", day("2021-04-12"));
    send(&setup.w01, shipment, &elsewhere).await.refused(422, "answer.wrong_subject");
    send(&setup.w01, other, &elsewhere).await.refused(404, "shipment.not_found");
    assert_eq!(setup.rows().await, before);
    // unknown attributes are accepted, and kept
    let more = changed("note", json!({"from": "a newer version"}));
    send(&setup.w01, shipment, &more).await.ok(200);
    let kept = "select count(*) from distribution.answer where body -> 'note' ->> 'from' = 'a newer version'";
    assert_eq!(setup.app.db.number(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_no_branch_may_name() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    for (data, code, path) in [
        (day("2021-04-11"), "shipment.date_outside", "data.delivery_on"),
        (day("2021-05-01"), "shipment.date_outside", "data.delivery_on"),
        (day("2021-4-12"), "time.malformed_day", "data.delivery_on"),
        (day("令和3年4月12日"), "time.malformed_day", "data.delivery_on"),
        (json!({}), "answer.malformed", "data.delivery_on"),
        (json!({"delivery_on": 20_210_412}), "answer.malformed", "data.delivery_on"),
        (json!({"delivery_on": "2021-04-12", "hours": ""}), "answer.malformed", "data.hours"),
        (json!({"delivery_on": "2021-04-12", "hours": "朝".repeat(21)}), "answer.malformed", "data.hours"),
    ] {
        let refused = setup.refused(shipment, 1, "scheduled", data, 422, code).await;
        assert_eq!(refused.at("/errors/0/path"), path);
    }
    // late, but still to be shown
    setup.answered(shipment, 1, "scheduled", day("2021-04-30")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_that_no_branch_may_pick() {
    let setup = Setup::new().await;
    let lots = [("EX0005", "2021-04-11", 195), ("EX0006", "2021-04-12", 195), ("EX0007", "2021-07-31", 195)];
    setup.app.inbound("W01", &lots).await;
    let shipment = setup.order(195).await;
    super::setup::recall(&setup.app.ministry().await, "EX0007").await.ok(200);
    setup.answered(shipment, 1, "scheduled", day("2021-04-12")).await;
    for (lots, code, path) in [
        (picked(&[("EX0002", 194)]), "shipment.wrong_total", "data.lots"),
        (picked(&[("EX0001", 195), ("EX0002", 195)]), "shipment.wrong_total", "data.lots"),
        (picked(&[("EX0009", 195)]), "lot.not_found", "data.lots[0].lot"),
        (picked(&[("EX0002", 190), ("EX0005", 5)]), "lot.expired", "data.lots[1].lot"),
        (picked(&[("EX0007", 195)]), "lot.recalled", "data.lots[0].lot"),
        (picked(&[("EX0002", 100), ("ｅx0002", 95)]), "lot.duplicate", "data.lots[1].lot"),
        (picked(&[("EX0002", 200), ("EX0001", -5)]), "stock.amount_out_of_range", "data.lots[1].vials"),
        (picked(&[("EX0002", 195), ("EX0001", 0)]), "stock.amount_out_of_range", "data.lots[1].vials"),
        (picked(&[("ロット", 195)]), "lot.malformed", "data.lots[0].lot"),
        (picked(&[]), "answer.malformed", "data.lots"),
        (json!({}), "answer.malformed", "data.lots"),
        (json!({"lots": [{"lot": "EX0002", "vials": 195.0}]}), "answer.malformed", "data.lots[0].vials"),
    ] {
        let refused = setup.refused(shipment, 2, "picked", lots, 422, code).await;
        assert_eq!(refused.at("/errors/0/path"), path, "{code}");
    }
    setup.answered(shipment, 2, "picked", picked(&[("EX0006", 195)])).await;
    let later = setup.refused(shipment, 3, "scheduled", day("2021-04-13"), 422, "lot.expired").await;
    assert_eq!(later.at("/errors/0/path"), "data.delivery_on", "what is picked must last");
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moments_and_reasons() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.picked(shipment, &[("EX0001", 195)]).await;
    for (what, data, code, path) in [
        ("dispatched", json!({}), "answer.malformed", "data.at"),
        ("dispatched", json!({"at": "2021-04-05T12:00:00"}), "time.malformed_instant", "data.at"),
        ("dispatched", json!({"at": "2021-04-05T12:35:00+09:00"}), "time.in_future", "data.at"),
        ("failed", moment(), "request.reason_missing", "data.reason"),
        ("failed", because(" "), "request.reason_missing", "data.reason"),
        ("failed", because(&"長".repeat(501)), "request.reason_missing", "data.reason"),
        ("dispatched", because(""), "request.reason_missing", "data.reason"),
    ] {
        let refused = setup.refused(shipment, 3, what, data, 422, code).await;
        assert_eq!(refused.at("/errors/0/path"), path, "{code}");
    }
    // a partner's clock may be a little ahead of ours
    let ahead = json!({"at": "2021-04-05T12:30:59+09:00"});
    setup.answered(shipment, 3, "dispatched", ahead).await;
    for what in ["returned", "lost"] {
        setup.refused(shipment, 4, what, moment(), 422, "request.reason_missing").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_do_not_fit() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let wrong = async |sequence, what: &str, data| {
        setup.refused(shipment, sequence, what, data, 409, "shipment.wrong_state").await;
    };
    wrong(1, "picked", picked(&[("EX0001", 195)])).await;
    for what in ["dispatched", "delivered"] {
        wrong(1, what, moment()).await;
    }
    for what in ["returned", "lost"] {
        wrong(1, what, because("x")).await;
    }
    setup.picked(shipment, &[("EX0001", 195)]).await;
    wrong(3, "delivered", moment()).await;
    setup.answered(shipment, 3, "dispatched", moment()).await;
    wrong(4, "scheduled", day("2021-04-12")).await;
    wrong(4, "dispatched", moment()).await;
    setup.answered(shipment, 4, "delivered", moment()).await;
    wrong(5, "failed", because("x")).await;
    wrong(5, "delivered", moment()).await;
    setup.receive(shipment, &[("EX0001", 195, 0)]).await.ok(200);
    wrong(5, "returned", because("x")).await;
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answers_place_is_taken_once() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.answered(shipment, 1, "scheduled", day("2021-04-12")).await;
    setup.refused(shipment, 1, "scheduled", day("2021-04-13"), 409, "answer.sequence_taken").await;
    let held = send(&setup.w01, shipment, &answer("W01", shipment, 3, "dispatched", moment())).await;
    assert_eq!((held.ok(200).at("/taken"), held.at("/state")), (json!("held"), json!("scheduled")));
    setup.refused(shipment, 3, "dispatched", moment(), 409, "answer.sequence_taken").await;
    // a refused one leaves its place
    setup.refused(shipment, 2, "picked", picked(&[("EX0009", 195)]), 422, "lot.not_found").await;
    let filled = setup.answered(shipment, 2, "picked", picked(&[("EX0001", 195)])).await;
    assert_eq!((filled.at("/state"), filled.at("/next_sequence")), (json!("dispatched"), json!(4)));
    setup.app.db.stock_holds().await;
}
