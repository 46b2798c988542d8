//! Hand-written; a test compares them with the database.
diesel::table! {
    distribution.wholesaler (code) {
        code -> Text,
        ja -> Text,
        en -> Text,
        synthetic -> Bool,
    }
}

diesel::table! {
    distribution.branch (code) {
        code -> Text,
        wholesaler -> Text,
        ja -> Text,
        en -> Text,
        prefecture -> Text,
    }
}

diesel::table! {
    distribution.area (municipality, product_group, valid_from) {
        municipality -> Text,
        product_group -> Text,
        branch -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    distribution.lot (id) {
        id -> Uuid,
        product -> Text,
        number -> Text,
        expiry -> Date,
        thawed_expiry -> Nullable<Date>,
        recalled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    distribution.inbound (id) {
        id -> Uuid,
        wholesaler -> Text,
        lot_id -> Uuid,
        vials -> BigInt,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    distribution.shipment (id) {
        id -> Uuid,
        round_id -> Uuid,
        programme -> Text,
        round_number -> Integer,
        product -> Text,
        branch -> Nullable<Text>,
        wholesaler -> Nullable<Text>,
        site_id -> Uuid,
        facility_id -> Nullable<Uuid>,
        site -> Jsonb,
        municipality -> Text,
        vials -> BigInt,
        pack -> Text,
        pack_vials -> Integer,
        storage -> Text,
        window_from -> Date,
        window_to -> Date,
        state -> Text,
        version -> Integer,
        next_answer -> BigInt,
        delivery_on -> Nullable<Date>,
        delivery_hours -> Nullable<Text>,
        ordered_at -> Timestamptz,
        dispatched_at -> Nullable<Timestamptz>,
        delivered_at -> Nullable<Timestamptz>,
        received_at -> Nullable<Timestamptz>,
        training -> Bool,
    }
}

diesel::table! {
    distribution.shipment_lot (shipment_id, stage, lot_id) {
        shipment_id -> Uuid,
        stage -> Text,
        lot_id -> Uuid,
        vials -> BigInt,
    }
}

diesel::table! {
    distribution.shipment_split (shipment_id, site_id) {
        shipment_id -> Uuid,
        site_id -> Uuid,
        facility_id -> Nullable<Uuid>,
        name -> Text,
        municipality -> Text,
        vials -> BigInt,
    }
}

diesel::table! {
    distribution.shipment_step (id) {
        id -> Uuid,
        shipment_id -> Uuid,
        version -> Integer,
        step -> Text,
        state -> Text,
        actor_name -> Text,
        reason -> Nullable<Text>,
        happened_at -> Timestamptz,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    distribution.answer (id) {
        id -> Uuid,
        shipment_id -> Uuid,
        #[sql_name = "type"]
        kind -> Text,
        sequence -> BigInt,
        state -> Text,
        code -> Nullable<Text>,
        via -> Text,
        body -> Jsonb,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    distribution.receipt (id) {
        id -> Uuid,
        shipment_id -> Uuid,
        site_id -> Uuid,
        actor_name -> Text,
        received_at -> Timestamptz,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    distribution.receipt_line (receipt_id, lot_id) {
        receipt_id -> Uuid,
        lot_id -> Uuid,
        expected -> BigInt,
        accepted -> BigInt,
        damaged -> BigInt,
    }
}

diesel::table! {
    distribution.discrepancy (id) {
        id -> Uuid,
        shipment_id -> Uuid,
        receipt_id -> Nullable<Uuid>,
        lot_id -> Uuid,
        kind -> Text,
        vials -> BigInt,
        municipality -> Text,
        state -> Text,
        decision -> Nullable<Text>,
        reason -> Nullable<Text>,
        resolved_by -> Nullable<Text>,
        resolved_at -> Nullable<Timestamptz>,
        opened_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    distribution.stock_account (account_id) {
        account_id -> BigInt,
        lot_id -> Uuid,
        kind -> Text,
        place -> Text,
    }
}

diesel::table! {
    reference.product (code) {
        code -> Text,
        storage -> Text,
        product_group -> Text,
    }
}

diesel::joinable!(shipment_lot -> lot (lot_id));
diesel::joinable!(receipt_line -> lot (lot_id));
diesel::joinable!(discrepancy -> lot (lot_id));
diesel::joinable!(discrepancy -> shipment (shipment_id));
diesel::allow_tables_to_appear_in_same_query!(shipment_lot, lot);
diesel::allow_tables_to_appear_in_same_query!(receipt_line, lot);
diesel::allow_tables_to_appear_in_same_query!(discrepancy, lot, shipment);

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{
        TestDb,
        schema::{assert_equal, describe},
    };

    // the tables of `reference` are others'; what is used of them here is checked by every shipment
    #[tokio::test(flavor = "multi_thread")]
    async fn the_macros_are_the_tables() {
        let db = TestDb::new().await;
        let tables = [
            describe::<wholesaler::table>(),
            describe::<branch::table>(),
            describe::<area::table>(),
            describe::<lot::table>(),
            describe::<inbound::table>(),
            describe::<shipment::table>(),
            describe::<shipment_lot::table>(),
            describe::<shipment_split::table>(),
            describe::<shipment_step::table>(),
            describe::<answer::table>(),
            describe::<receipt::table>(),
            describe::<receipt_line::table>(),
            describe::<discrepancy::table>(),
            describe::<stock_account::table>(),
        ];
        assert_equal(&db, "distribution", &tables).await;
    }
}
