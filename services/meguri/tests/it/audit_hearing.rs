//! The audit of who agrees to plans and who is heard before: right as it stands in the small country, where
//! Tokyo has asked its wards and answered one of them, and wrong after each planted fault.
use super::audit_book::each_is_found;

#[tokio::test(flavor = "multi_thread")]
async fn plans_that_one_person_carried_through_are_found() {
    let one = "update allocation.plan set approved_by = submitted_by where id::text like '%12';";
    let trail =
        "update allocation.audit set actor = (select submitted_by from allocation.plan where id::text like '%12')
                 where cause_id::text like '%b3';";
    each_is_found(&[
        (one, &["R22"], "the trail says"),
        (trail, &["R22", "R26"], "the trail says"),
        // the plan and its trail say the same, and the trail's own digest does not
        (&format!("{trail} {one}"), &["R22", "R26"], "was approved by who handed it in"),
        ("update allocation.plan set submitted_by = null, submitted_name = null", &["R22"], "was handed in by"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_that_were_approved_unheard_are_found() {
    let tokyo = |change: &str| format!("update allocation.plan set {change} where id::text like '%12'");
    each_is_found(&[
        (
            "update allocation.plan_change set business_at = '2021-04-05T04:59:59.999Z' where id::text like '%b3'",
            &["R22"],
            "was approved at 2021-04-05 04:59:59.999+00, before 2021-04-05 05:00:00+00",
        ),
        (
            "update allocation.plan_change set action = 'carry', business_at = '2021-04-05T04:59:00Z'
             where id::text like '%b4'",
            &["R22"],
            "was carried through at",
        ),
        (&tokyo("objections_until = null"), &["R22"], "with 1 hours"),
        (&tokyo("objections_until = objections_until - interval '1 ms'"), &["R22"], "with 1 hours"),
        ("update allocation.round_step set objection_hours = 2 where level = 'prefecture'", &["R22"], "with 2 hours"),
        ("update allocation.plan set needs_objections = true where id::text like '%11'", &["R22"], "were not asked"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objections_that_nobody_heard_are_found() {
    each_is_found(&[
        ("delete from allocation.objection_answer", &["R22"], "has no answer"),
        (
            "update allocation.objection_answer set business_at = '2021-04-05T05:00:01Z'",
            &["R22"],
            "was answered at 2021-04-05 05:00:01+00, after",
        ),
        ("update allocation.objection set business_at = '2021-04-05T05:00:00Z'", &["R22"], "was made at"),
        ("update allocation.objection set recipient = '312011'", &["R22"], "is no recipient"),
        ("update allocation.objection set txid = txid + 1", &["R22"], "its history by"),
        ("delete from allocation.objection_answer; delete from allocation.objection", &["R22"], "which is not there"),
        ("delete from allocation.plan_change where action = 'object'", &["R22", "R26", "R27"], "is not in the history"),
    ])
    .await;
}
