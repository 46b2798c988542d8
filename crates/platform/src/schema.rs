//! The tables that every service keeps in its own schema, and the clock. Names are unqualified
//! where each service has its own: the connection's search_path says whose.

diesel::table! {
    reference.clock (id) {
        id -> Bool,
        training -> Bool,
        business_start -> Timestamptz,
        real_start -> Timestamptz,
        speed_permille -> Integer,
    }
}

diesel::table! {
    audit (business_at, id) {
        id -> Uuid,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
        actor -> Uuid,
        actor_name -> Text,
        role -> Text,
        organisation -> Uuid,
        action -> Text,
        target -> Text,
        cause_id -> Uuid,
        request_id -> Uuid,
        reason -> Nullable<Text>,
        digest -> Binary,
    }
}

diesel::table! {
    outbox (pos) {
        pos -> BigInt,
        id -> Uuid,
        txid -> BigInt,
        subject -> Text,
        sequence -> BigInt,
        #[sql_name = "type"]
        kind -> Text,
        cause_id -> Uuid,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        traceparent -> Nullable<Text>,
        payload -> Jsonb,
        published_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    subject (name) {
        name -> Text,
        sequence -> BigInt,
    }
}

diesel::table! {
    idempotency (key) {
        key -> Uuid,
        actor -> Uuid,
        operation -> Text,
        body_digest -> Binary,
        status -> SmallInt,
        response -> Jsonb,
        txid -> BigInt,
        recorded_at -> Timestamptz,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{
        TestDb,
        schema::{assert_equal, describe},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn the_macros_are_the_tables() {
        let db = TestDb::new().await;
        for schema in ["identity", "capacity"] {
            let common = [
                describe::<audit::table>(),
                describe::<outbox::table>(),
                describe::<subject::table>(),
                describe::<idempotency::table>(),
            ];
            assert_equal(&db, schema, &common).await;
        }
        assert_equal(&db, "reference", &[describe::<clock::table>()]).await;
    }
}
