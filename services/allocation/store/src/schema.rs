//! Hand-written; a test compares them with the database.
diesel::table! {
    allocation.stream (programme, code) {
        programme -> Text,
        code -> Text,
        ja -> Text,
        en -> Text,
        levels -> Array<Text>,
    }
}

diesel::table! {
    allocation.round (id) {
        id -> Uuid,
        programme -> Text,
        stream -> Text,
        product -> Text,
        number -> Integer,
        pack -> Text,
        pack_vials -> Integer,
        doses_per_vial -> Integer,
        delivery_from -> Date,
        delivery_to -> Date,
        opened_at -> Timestamptz,
    }
}

diesel::table! {
    allocation.round_step (round_id, level) {
        round_id -> Uuid,
        level -> Text,
        due_at -> Timestamptz,
    }
}

diesel::table! {
    allocation.supply_notice (id) {
        id -> Uuid,
        round_id -> Uuid,
        vials -> BigInt,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
        holder -> Text,
    }
}

diesel::table! {
    allocation.site (id) {
        id -> Uuid,
        kind -> Text,
        facility_id -> Nullable<Uuid>,
        municipality -> Text,
        hub_id -> Nullable<Uuid>,
        name -> Text,
        address -> Text,
    }
}

diesel::table! {
    allocation.wish (round_id, site_id) {
        round_id -> Uuid,
        site_id -> Uuid,
        vials -> BigInt,
        synthetic -> Bool,
    }
}

diesel::table! {
    allocation.plan (id) {
        id -> Uuid,
        round_id -> Uuid,
        level -> Text,
        holder -> Text,
        state -> Text,
        version -> Integer,
        supply_vials -> BigInt,
        unit_vials -> Integer,
        rule -> Jsonb,
        digest -> Binary,
        computed_at -> Timestamptz,
        committed_at -> Nullable<Timestamptz>,
        training -> Bool,
        kind -> Text,
    }
}

diesel::table! {
    allocation.plan_line (plan_id, recipient) {
        plan_id -> Uuid,
        recipient -> Text,
        under -> Nullable<Text>,
        computed -> BigInt,
        units -> BigInt,
        explanation -> Jsonb,
        state -> Text,
    }
}

diesel::table! {
    allocation.plan_change (id, plan_id) {
        id -> Uuid,
        plan_id -> Uuid,
        version -> Integer,
        action -> Text,
        recipient -> Nullable<Text>,
        units_before -> Nullable<BigInt>,
        units_after -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.book_account (account_id) {
        account_id -> BigInt,
        round_id -> Uuid,
        kind -> Text,
        holder -> Text,
    }
}

diesel::table! {
    reference.territory (code) {
        code -> Text,
        tier -> Text,
        name -> Text,
        parent -> Nullable<Text>,
    }
}

diesel::table! {
    reference.population (territory, band, as_of) {
        territory -> Text,
        band -> Text,
        as_of -> Date,
        persons -> BigInt,
    }
}

diesel::table! {
    reference.pack (product, programme, code, valid_from) {
        product -> Text,
        programme -> Text,
        code -> Text,
        vials -> Integer,
        doses_per_vial -> Integer,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    reference.facility (id) {
        id -> Uuid,
        municipality -> Text,
        name -> Text,
    }
}

diesel::table! {
    release (id) {
        id -> Uuid,
        round_id -> Uuid,
        hub_id -> Uuid,
        holder -> Text,
        vials -> BigInt,
        packs -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    release_line (release_id, plan_id, recipient) {
        release_id -> Uuid,
        plan_id -> Uuid,
        recipient -> Text,
        vials -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(plan, plan_line);
diesel::allow_tables_to_appear_in_same_query!(site, wish);
diesel::allow_tables_to_appear_in_same_query!(round, stream);

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{
        TestDb,
        schema::{assert_equal, describe},
    };

    // the tables of `reference` are identity's; what is used of them here is checked by every plan
    #[tokio::test(flavor = "multi_thread")]
    async fn the_macros_are_the_tables() {
        let db = TestDb::new().await;
        let tables = [
            describe::<stream::table>(),
            describe::<round::table>(),
            describe::<round_step::table>(),
            describe::<supply_notice::table>(),
            describe::<site::table>(),
            describe::<wish::table>(),
            describe::<plan::table>(),
            describe::<plan_line::table>(),
            describe::<plan_change::table>(),
            describe::<book_account::table>(),
            describe::<release::table>(),
            describe::<release_line::table>(),
        ];
        assert_equal(&db, "allocation", &tables).await;
        assert_equal(&db, "reference", &[describe::<pack::table>()]).await;
    }
}
