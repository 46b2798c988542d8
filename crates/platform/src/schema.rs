//! Tables that every service keeps in its own schema, as far as they are read, and the clock. Names are
//! unqualified where each service has its own: the connection's search_path says whose.

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
    reference.revocation (id) {
        id -> BigInt,
        kind -> Text,
        subject -> Uuid,
        at -> Timestamptz,
        until -> Timestamptz,
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
            assert_equal(&db, schema, &[describe::<idempotency::table>()]).await;
        }
        assert_equal(&db, "reference", &[describe::<clock::table>(), describe::<revocation::table>()]).await;
    }
}
