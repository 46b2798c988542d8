//! Hand-written; a test compares them with the database.
diesel::table! {
    reference.territory (code) {
        code -> Text,
        tier -> Text,
        kind -> Text,
        name -> Text,
        kana -> Text,
        name_en -> Nullable<Text>,
        parent -> Nullable<Text>,
        merged_into -> Nullable<Text>,
        merged_on -> Nullable<Date>,
    }
}

diesel::table! {
    reference.territory_point (code) {
        code -> Text,
        kind -> Text,
        name -> Text,
        kana -> Text,
        parent -> Text,
    }
}

diesel::table! {
    reference.population (territory, band, as_of) {
        territory -> Text,
        band -> Text,
        as_of -> Date,
        persons -> BigInt,
        source -> Text,
    }
}

diesel::table! {
    reference.organisation (id) {
        id -> Uuid,
        kind -> Text,
        name -> Text,
        name_en -> Text,
        territory -> Text,
        parent -> Nullable<Uuid>,
        version -> Integer,
        closed_on -> Nullable<Date>,
    }
}

diesel::table! {
    reference.facility (id) {
        id -> Uuid,
        facility_code -> Nullable<Text>,
        gmis_id -> Nullable<Text>,
        kind -> Text,
        name -> Text,
        postal_code -> Nullable<Text>,
        address -> Text,
        phone -> Nullable<Text>,
        municipality -> Text,
        latitude_e6 -> Nullable<Integer>,
        longitude_e6 -> Nullable<Integer>,
        version -> Integer,
        synthetic -> Bool,
    }
}

diesel::table! {
    reference.facility_closure (facility_id, closed_on) {
        facility_id -> Uuid,
        closed_on -> Date,
        reopened_on -> Nullable<Date>,
    }
}

diesel::table! {
    reference.health_centre_area (organisation, municipality, since) {
        organisation -> Uuid,
        municipality -> Text,
        since -> Date,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    reference.medical_area (code) {
        code -> Text,
        prefecture -> Text,
        name -> Text,
    }
}

diesel::table! {
    reference.medical_area_municipality (municipality) {
        municipality -> Text,
        area -> Text,
    }
}

diesel::table! {
    reference.sharing_agreement (id) {
        id -> Uuid,
        giver -> Text,
        receiver -> Uuid,
        what -> Array<Text>,
        medical_areas -> Array<Text>,
        purpose -> Text,
        since -> Date,
        until -> Date,
        made_by -> Uuid,
        made_by_name -> Text,
        made_at -> Timestamptz,
        ended_by -> Nullable<Uuid>,
        ended_by_name -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(sharing_agreement, organisation);

diesel::table! {
    reference.facility_change (id) {
        id -> Uuid,
        facility_id -> Uuid,
        version -> Integer,
        facts -> Jsonb,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
        txid -> BigInt,
    }
}

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
    identity.account (id) {
        id -> Uuid,
        name -> Text,
        kind -> Text,
        role -> Text,
        organisation -> Uuid,
        territory -> Text,
        facility -> Nullable<Uuid>,
        password_hash -> Nullable<Text>,
        secret_sha256 -> Nullable<Binary>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        disabled_at -> Nullable<Timestamptz>,
        partner -> Nullable<Text>,
        administrator -> Bool,
        mail -> Nullable<Text>,
        language -> Text,
        issued_by -> Nullable<Uuid>,
        issued_by_name -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamptz>,
        confirmed_by_name -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.invitation (id) {
        id -> Uuid,
        account -> Uuid,
        kind -> Text,
        seal -> Binary,
        made_at -> Timestamptz,
        expires_at -> Timestamptz,
        tries -> SmallInt,
        redeemed_at -> Nullable<Timestamptz>,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.delegation (id) {
        id -> Uuid,
        organisation -> Uuid,
        organisation_name -> Text,
        organisation_name_en -> Text,
        role -> Text,
        territory -> Text,
        facility -> Nullable<Uuid>,
        partner -> Nullable<Text>,
        account -> Uuid,
        account_name -> Text,
        actions -> Array<Text>,
        valid_from -> Date,
        valid_until -> Date,
        reason -> Text,
        made_by -> Uuid,
        made_by_name -> Text,
        made_at -> Timestamptz,
        confirmed_by -> Nullable<Uuid>,
        confirmed_by_name -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamptz>,
        ended_by_name -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
        version -> Integer,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    identity.notice (id) {
        id -> Uuid,
        kind -> Text,
        organisation -> Uuid,
        organisation_name -> Text,
        organisation_name_en -> Text,
        territory -> Text,
        roles -> Array<Text>,
        territories -> Array<Text>,
        is_public -> Bool,
        is_vital -> Bool,
        number -> Nullable<Text>,
        version -> Integer,
        published_at -> Timestamptz,
        valid_until -> Nullable<Date>,
        withdrawn_at -> Nullable<Timestamptz>,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    identity.notice_version (notice, version) {
        notice -> Uuid,
        version -> Integer,
        title_ja -> Text,
        title_en -> Text,
        body_ja -> Text,
        body_en -> Text,
        reason -> Nullable<Text>,
        by_name -> Text,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    identity.notice_attachment (notice, version, place) {
        notice -> Uuid,
        version -> Integer,
        place -> SmallInt,
        name -> Text,
        link -> Nullable<Text>,
        media_type -> Nullable<Text>,
        content -> Nullable<Binary>,
        bytes -> Integer,
    }
}

diesel::table! {
    identity.notice_receipt (notice, account, version) {
        notice -> Uuid,
        account -> Uuid,
        version -> Integer,
        business_at -> Timestamptz,
        recorded_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(notice, notice_attachment);

diesel::table! {
    identity.signing_key (kid) {
        kid -> Text,
        seed -> Binary,
        public -> Binary,
        created_at -> Timestamptz,
        retired_at -> Nullable<Timestamptz>,
        active_from -> Timestamptz,
    }
}

diesel::table! {
    identity.session (id) {
        id -> Uuid,
        account -> Uuid,
        secret_sha256 -> Binary,
        second_factor -> Text,
        address -> Text,
        agent -> Text,
        started_at -> Timestamptz,
        active_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
        delegation -> Nullable<Uuid>,
    }
}

diesel::table! {
    identity.setting (id) {
        id -> Bool,
        second_factor -> Bool,
    }
}

diesel::table! {
    identity.second_factor (account) {
        account -> Uuid,
        sealed -> Nullable<Binary>,
        enrolled_at -> Nullable<Timestamptz>,
        last_step -> BigInt,
        pending -> Nullable<Binary>,
        pending_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.recovery_code (account, mac) {
        account -> Uuid,
        mac -> Binary,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.former_password (account, password_hash) {
        account -> Uuid,
        password_hash -> Text,
        until -> Timestamptz,
    }
}

diesel::table! {
    identity.sign_in_wait (key) {
        key -> Binary,
        failures -> Integer,
        since -> Timestamptz,
        waits -> Integer,
        until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.service_account (account) {
        account -> Uuid,
        actions -> Nullable<Array<Text>>,
        issued_by -> Uuid,
        previous_sha256 -> Nullable<Binary>,
        previous_until -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.oidc_provider (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        issuer -> Text,
        client_id -> Text,
        client_secret -> Binary,
        redirect_uri -> Text,
        organisation -> Nullable<Uuid>,
        domains -> Nullable<Array<Text>>,
        second_factor -> Bool,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.oidc_link (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        account -> Uuid,
        linked_at -> Timestamptz,
    }
}

diesel::table! {
    identity.oidc_attempt (state_sha256) {
        state_sha256 -> Binary,
        provider -> Uuid,
        browser_sha256 -> Binary,
        nonce -> Text,
        verifier -> Text,
        begun_at -> Timestamptz,
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

diesel::allow_tables_to_appear_in_same_query!(account, session, service_account);

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
        let reference = [
            describe::<territory::table>(),
            describe::<territory_point::table>(),
            describe::<population::table>(),
            describe::<organisation::table>(),
            describe::<facility::table>(),
            describe::<facility_closure::table>(),
            describe::<health_centre_area::table>(),
            describe::<medical_area::table>(),
            describe::<medical_area_municipality::table>(),
            describe::<sharing_agreement::table>(),
            describe::<facility_change::table>(),
            describe::<clock::table>(),
            describe::<revocation::table>(),
        ];
        assert_equal(&db, "reference", &reference).await;
        let identity = [
            describe::<account::table>(),
            describe::<signing_key::table>(),
            describe::<session::table>(),
            describe::<invitation::table>(),
            describe::<delegation::table>(),
            describe::<notice::table>(),
            describe::<notice_version::table>(),
            describe::<notice_attachment::table>(),
            describe::<notice_receipt::table>(),
            describe::<setting::table>(),
            describe::<second_factor::table>(),
            describe::<recovery_code::table>(),
            describe::<former_password::table>(),
            describe::<sign_in_wait::table>(),
            describe::<service_account::table>(),
            describe::<oidc_provider::table>(),
            describe::<oidc_link::table>(),
            describe::<oidc_attempt::table>(),
        ];
        assert_equal(&db, "identity", &identity).await;
    }
}
