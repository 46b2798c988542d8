//! Hand-written; a test compares them with the database.
diesel::table! {
    allocation.programme (code) {
        code -> Text,
        ja -> Text,
        en -> Text,
        second_person -> Bool,
    }
}

diesel::table! {
    allocation.stream (programme, code) {
        programme -> Text,
        code -> Text,
        ja -> Text,
        en -> Text,
        levels -> Array<Text>,
        site_kinds -> Array<Text>,
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
        objection_hours -> Integer,
        on_late -> Text,
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
        freezer_storage -> Nullable<Text>,
        freezer_vials -> Nullable<BigInt>,
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
        needs_objections -> Bool,
        objections_until -> Nullable<Timestamptz>,
        submitted_by -> Nullable<Uuid>,
        submitted_name -> Nullable<Text>,
        approved_by -> Nullable<Uuid>,
        approved_name -> Nullable<Text>,
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
    allocation.objection (id) {
        id -> Uuid,
        plan_id -> Uuid,
        version -> Integer,
        recipient -> Text,
        units -> BigInt,
        units_wished -> Nullable<BigInt>,
        text -> Text,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.objection_answer (objection_id) {
        objection_id -> Uuid,
        id -> Uuid,
        decision -> Text,
        text -> Text,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.reminded (round_id, holder, kind) {
        round_id -> Uuid,
        level -> Text,
        holder -> Text,
        kind -> Text,
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

diesel::table! {
    allocation.rule (code, version) {
        code -> Text,
        version -> Integer,
        document -> Jsonb,
        digest -> Binary,
        published_at -> Timestamptz,
        cause_id -> Uuid,
        actor -> Uuid,
        actor_name -> Text,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.indicator (code) {
        code -> Text,
        ja -> Text,
        en -> Text,
        unit -> Text,
        kind -> Text,
        source -> Text,
    }
}

diesel::table! {
    allocation.indicator_recording (id) {
        id -> Uuid,
        indicator -> Text,
        source -> Text,
        figures -> Integer,
        actor -> Uuid,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.indicator_value (indicator, place, as_of, pos) {
        indicator -> Text,
        place -> Text,
        as_of -> Date,
        pos -> BigInt,
        value -> BigInt,
        recording -> Uuid,
    }
}

diesel::table! {
    allocation.plan_document (plan_id, version) {
        plan_id -> Uuid,
        version -> Integer,
        rule_code -> Nullable<Text>,
        rule_version -> Nullable<Integer>,
        digest -> Binary,
        result_digest -> Binary,
        fairness -> Jsonb,
        document -> Text,
        business_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.what_if (id) {
        id -> Uuid,
        round_id -> Nullable<Uuid>,
        holder -> Text,
        supply_units -> BigInt,
        unit_vials -> Integer,
        doses_per_vial -> Integer,
        plan_id -> Nullable<Uuid>,
        actor -> Uuid,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
        past_round -> Nullable<Uuid>,
        figures -> Jsonb,
    }
}

diesel::table! {
    allocation.what_if_run (what_if_id, ord) {
        what_if_id -> Uuid,
        ord -> Integer,
        rule -> Jsonb,
        digest -> Binary,
        given_units -> BigInt,
        reserve_units -> BigInt,
        fairness -> Jsonb,
    }
}

diesel::table! {
    allocation.what_if_line (what_if_id, place) {
        what_if_id -> Uuid,
        place -> Text,
        name -> Text,
        units -> Array<BigInt>,
        in_force -> Nullable<BigInt>,
    }
}

diesel::table! {
    allocation.past_round (id) {
        id -> Uuid,
        kind -> Text,
        source -> Text,
        product -> Text,
        day -> Date,
        days -> Integer,
        pack_doses -> Nullable<Integer>,
        findings -> Jsonb,
        actor_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.past_line (past_round, place, part) {
        past_round -> Uuid,
        place -> Text,
        part -> Text,
        name -> Text,
        doses -> BigInt,
        units -> Nullable<BigInt>,
        row_number -> Integer,
    }
}

diesel::table! {
    reference.product (code) {
        code -> Text,
        ja -> Text,
        en -> Text,
        storage -> Text,
        product_group -> Text,
        kind -> Text,
        unit_ja -> Text,
        unit_en -> Text,
    }
}

diesel::table! {
    reference.goods (code) {
        code -> Text,
        ja -> Text,
        en -> Text,
        unit_ja -> Text,
        unit_en -> Text,
    }
}

diesel::table! {
    reference.goods_ratio (product, programme, goods, valid_from) {
        product -> Text,
        programme -> Text,
        goods -> Text,
        per_vials -> Nullable<Integer>,
        per_doses -> Nullable<Integer>,
        pieces -> Integer,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::joinable!(goods_ratio -> goods (goods));
diesel::table! {
    allocation.amendment (id) {
        id -> Uuid,
        round_id -> Uuid,
        holder -> Text,
        plan_id -> Nullable<Uuid>,
        origin -> Text,
        state -> Text,
        version -> Integer,
        plan_version -> Nullable<Integer>,
        unit_vials -> Integer,
        units_before -> BigInt,
        units_after -> BigInt,
        kept_units -> BigInt,
        shortfall_units -> BigInt,
        choices -> Jsonb,
        choice -> Nullable<Text>,
        positions -> Jsonb,
        withdrawn_vials -> BigInt,
        left_vials -> BigInt,
        hours -> Integer,
        deadline -> Nullable<Timestamptz>,
        reason -> Text,
        actor -> Uuid,
        actor_name -> Text,
        training -> Bool,
        business_at -> Timestamptz,
        committed_at -> Nullable<Timestamptz>,
        carried -> Bool,
        ended_at -> Nullable<Timestamptz>,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.amendment_line (amendment_id, plan_id, recipient) {
        amendment_id -> Uuid,
        plan_id -> Uuid,
        recipient -> Text,
        units_before -> BigInt,
        units_after -> BigInt,
        locked_units -> BigInt,
        settled_units -> BigInt,
        forgiven_units -> BigInt,
        ja -> Text,
        en -> Text,
    }
}

diesel::table! {
    allocation.amendment_move (id) {
        id -> Uuid,
        round_id -> Uuid,
        amendment_id -> Nullable<Uuid>,
        plan_id -> Nullable<Uuid>,
        recipient -> Nullable<Text>,
        giver_kind -> Text,
        giver -> Text,
        getter_kind -> Text,
        getter -> Text,
        vials -> BigInt,
        cause_id -> Uuid,
        business_at -> Timestamptz,
        txid -> BigInt,
    }
}

diesel::table! {
    allocation.queue_position (plan_id, recipient) {
        plan_id -> Uuid,
        recipient -> Text,
        units -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(goods_ratio, goods);
diesel::allow_tables_to_appear_in_same_query!(plan, plan_line);
diesel::allow_tables_to_appear_in_same_query!(objection, objection_answer, plan);
diesel::allow_tables_to_appear_in_same_query!(programme, round);
diesel::allow_tables_to_appear_in_same_query!(site, wish);
diesel::allow_tables_to_appear_in_same_query!(round, stream);
diesel::allow_tables_to_appear_in_same_query!(round, product);

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
            describe::<programme::table>(),
            describe::<stream::table>(),
            describe::<round::table>(),
            describe::<round_step::table>(),
            describe::<supply_notice::table>(),
            describe::<site::table>(),
            describe::<wish::table>(),
            describe::<plan::table>(),
            describe::<plan_line::table>(),
            describe::<plan_change::table>(),
            describe::<objection::table>(),
            describe::<objection_answer::table>(),
            describe::<reminded::table>(),
            describe::<book_account::table>(),
            describe::<release::table>(),
            describe::<release_line::table>(),
            describe::<amendment::table>(),
            describe::<amendment_line::table>(),
            describe::<amendment_move::table>(),
            describe::<queue_position::table>(),
            describe::<rule::table>(),
            describe::<indicator::table>(),
            describe::<indicator_recording::table>(),
            describe::<indicator_value::table>(),
            describe::<plan_document::table>(),
            describe::<what_if::table>(),
            describe::<what_if_run::table>(),
            describe::<what_if_line::table>(),
            describe::<past_round::table>(),
            describe::<past_line::table>(),
        ];
        assert_equal(&db, "allocation", &tables).await;
        let own = [
            describe::<pack::table>(),
            describe::<product::table>(),
            describe::<goods::table>(),
            describe::<goods_ratio::table>(),
        ];
        assert_equal(&db, "reference", &own).await;
    }
}
