//! Hand-written; a test compares them with the database.
diesel::table! {
    capacity.form (code, version) {
        code -> Text,
        version -> Integer,
        ja -> Text,
        en -> Text,
        due -> Time,
        correction_days -> Integer,
        source -> Text,
        in_force -> Bool,
    }
}

diesel::table! {
    capacity.form_item (form, version, code) {
        form -> Text,
        version -> Integer,
        ord -> Integer,
        code -> Text,
        kind -> Text,
        max -> BigInt,
        slot -> Integer,
        unit -> Text,
        moment -> Text,
        ja -> Text,
        en -> Text,
    }
}

diesel::table! {
    capacity.form_rule (form, version, ord) {
        form -> Text,
        version -> Integer,
        ord -> Integer,
        kind -> Text,
        severity -> Text,
        left_item -> Nullable<Text>,
        right_item -> Nullable<Text>,
        permille -> Nullable<BigInt>,
        min -> Nullable<BigInt>,
    }
}

diesel::table! {
    capacity.duty (facility_id, form, valid_from) {
        facility_id -> Uuid,
        form -> Text,
        municipality -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    capacity.report (business_day, id) {
        id -> Uuid,
        facility_id -> Uuid,
        form -> Text,
        form_version -> Integer,
        municipality -> Text,
        business_day -> Date,
        revision -> Integer,
        answers -> Jsonb,
        warnings -> Jsonb,
        as_of -> Timestamptz,
        source -> Text,
        actor -> Uuid,
        actor_name -> Text,
        reason -> Nullable<Text>,
        training -> Bool,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    capacity.latest (facility_id, form) {
        facility_id -> Uuid,
        form -> Text,
        first_day -> Date,
        business_day -> Date,
        revision -> Integer,
        report_id -> Uuid,
        answers -> Jsonb,
        as_of -> Timestamptz,
    }
}

diesel::table! {
    capacity.opened_day (form, business_day) {
        form -> Text,
        business_day -> Date,
    }
}

diesel::table! {
    capacity.aggregate (form, business_day, municipality) {
        municipality -> Text,
        business_day -> Date,
        form -> Text,
        due -> Integer,
        reported -> Integer,
        carried -> Integer,
        sums -> Array<BigInt>,
        as_of_oldest -> Nullable<Timestamptz>,
        as_of_newest -> Nullable<Timestamptz>,
        version -> BigInt,
    }
}

diesel::table! {
    reference.facility (id) {
        id -> Uuid,
        facility_code -> Nullable<Text>,
        gmis_id -> Nullable<Text>,
        municipality -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(report, latest);

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{
        TestDb,
        schema::{assert_equal, describe},
    };

    // `facility` is identity's; what is used of it here is checked by every report that is taken
    #[tokio::test(flavor = "multi_thread")]
    async fn the_macros_are_the_tables() {
        let db = TestDb::new().await;
        let tables = [
            describe::<form::table>(),
            describe::<form_item::table>(),
            describe::<form_rule::table>(),
            describe::<duty::table>(),
            describe::<report::table>(),
            describe::<latest::table>(),
            describe::<opened_day::table>(),
            describe::<aggregate::table>(),
        ];
        assert_equal(&db, "capacity", &tables).await;
    }
}
