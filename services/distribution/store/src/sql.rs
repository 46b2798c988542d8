//! Statements of every event, prepared once per connection ([`platform::statement`]).
use crate::rows::{Discrepancy, Lot, ReceiptLine, ShipmentLot, ShipmentSplit, ShipmentStep, StockAccount};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, BigInt, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use platform::{statement, statement::column};
use uuid::Uuid;

type LotRow = (SqlUuid, Text, Text, Date, Nullable<Date>, Nullable<Timestamptz>);
type HeldRow = (BigInt, SqlUuid, Text, Text, BigInt);

statement! {
    /// Waits for and takes the advisory lock of a name, until the transaction ends.
    Lock { name: String as Text },
    "select pg_advisory_xact_lock(hashtextextended(?, 0))"
}

statement! {
    /// Lots of a product by number, kept from being recalled.
    LotsByNumber<'a> { product: &'a str as Text, numbers: Vec<&'a str> as Array<Text> } -> LotRow,
    "select id, product, number, expiry, thawed_expiry, recalled_at from distribution.lot
     where product = ? and number = any(?) order by id for share"
}

statement! {
    /// Lots by id, kept from being recalled.
    LotsById { ids: Vec<Uuid> as Array<SqlUuid> } -> LotRow,
    "select id, product, number, expiry, thawed_expiry, recalled_at from distribution.lot
     where id = any(?) order by id for share"
}

statement! {
    /// Adds lots that are not known yet, in order of number: two who do so can wait for each other only
    /// in one direction.
    Lots<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        products: Vec<&'a str> as Array<Text>,
        numbers: Vec<&'a str> as Array<Text>,
        expiries: Vec<NaiveDate> as Array<Date>,
    },
    "insert into distribution.lot (id, product, number, expiry)
     select * from unnest(?, ?, ?, ?) as given (id, product, number, expiry) order by number
     on conflict (product, number) do nothing"
}

impl<'a> Lots<'a> {
    pub(crate) fn new(rows: &'a [Lot]) -> Self {
        Self {
            ids: column(rows, |row| row.id),
            products: column(rows, |row| row.product.as_str()),
            numbers: column(rows, |row| row.number.as_str()),
            expiries: column(rows, |row| row.expiry),
        }
    }
}

statement! {
    /// What a depot has available of a product's lots that are not recalled; they are kept from being
    /// recalled.
    OnHand<'a> { place: &'a str as Text, product: &'a str as Text } -> (SqlUuid, Date, BigInt),
    "select l.id, l.expiry, a.credits_posted - a.debits_posted - a.debits_pending
     from distribution.stock_account s
     join distribution.lot l on l.id = s.lot_id
     join distribution.account a on a.id = s.account_id
     where s.place = ? and s.kind = 'available' and l.product = ? and l.recalled_at is null
         and a.credits_posted - a.debits_posted - a.debits_pending > 0
     order by l.id
     for share of l"
}

statement! {
    /// Accounts by lot, kind and place, with what is in them.
    Accounts<'a> {
        lots: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'a str> as Array<Text>,
        places: Vec<&'a str> as Array<Text>,
    } -> HeldRow,
    "select s.account_id, s.lot_id, s.kind, s.place, a.credits_posted - a.debits_posted
     from unnest(?, ?, ?) as wanted (lot_id, kind, place)
     join distribution.stock_account s
         on s.lot_id = wanted.lot_id and s.kind = wanted.kind and s.place = wanted.place
     join distribution.account a on a.id = s.account_id"
}

statement! {
    /// All accounts of a lot of some kinds, with what is in them.
    AccountsOfLot<'a> { lot: Uuid as SqlUuid, kinds: Vec<&'a str> as Array<Text> } -> HeldRow,
    "select s.account_id, s.lot_id, s.kind, s.place, a.credits_posted - a.debits_posted
     from distribution.stock_account s join distribution.account a on a.id = s.account_id
     where s.lot_id = ? and s.kind = any(?) order by s.place, s.kind"
}

statement! {
    /// Notes whose accounts are whose.
    OpenAccounts<'a> {
        account_ids: Vec<i64> as Array<BigInt>,
        lot_ids: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'a str> as Array<Text>,
        places: Vec<&'a str> as Array<Text>,
    },
    "insert into distribution.stock_account (account_id, lot_id, kind, place) select * from unnest(?, ?, ?, ?)"
}

impl<'a> OpenAccounts<'a> {
    pub(crate) fn new(rows: &'a [StockAccount]) -> Self {
        Self {
            account_ids: column(rows, |row| row.account_id),
            lot_ids: column(rows, |row| row.lot_id),
            kinds: column(rows, |row| row.kind.as_str()),
            places: column(rows, |row| row.place.as_str()),
        }
    }
}

statement! {
    /// Adds lots of shipments.
    ShipmentLots<'a> {
        shipment_ids: Vec<Uuid> as Array<SqlUuid>,
        stages: Vec<&'a str> as Array<Text>,
        lot_ids: Vec<Uuid> as Array<SqlUuid>,
        vials: Vec<i64> as Array<BigInt>,
    },
    "insert into distribution.shipment_lot (shipment_id, stage, lot_id, vials) select * from unnest(?, ?, ?, ?)"
}

impl<'a> ShipmentLots<'a> {
    pub(crate) fn new(rows: &'a [ShipmentLot]) -> Self {
        Self {
            shipment_ids: column(rows, |row| row.shipment_id),
            stages: column(rows, |row| row.stage.as_str()),
            lot_ids: column(rows, |row| row.lot_id),
            vials: column(rows, |row| row.vials),
        }
    }
}

statement! {
    /// Takes back what was picked: the branch picks again.
    Unpick { shipment: Uuid as SqlUuid },
    "delete from distribution.shipment_lot where shipment_id = ? and stage = 'picked'"
}

statement! {
    /// Adds what hubs hand on.
    Splits<'a> {
        shipment_ids: Vec<Uuid> as Array<SqlUuid>,
        site_ids: Vec<Uuid> as Array<SqlUuid>,
        facility_ids: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        names: Vec<&'a str> as Array<Text>,
        municipalities: Vec<&'a str> as Array<Text>,
        vials: Vec<i64> as Array<BigInt>,
    },
    "insert into distribution.shipment_split (shipment_id, site_id, facility_id, name, municipality, vials)
     select * from unnest(?, ?, ?, ?, ?, ?)"
}

impl<'a> Splits<'a> {
    pub(crate) fn new(rows: &'a [ShipmentSplit]) -> Self {
        Self {
            shipment_ids: column(rows, |row| row.shipment_id),
            site_ids: column(rows, |row| row.site_id),
            facility_ids: column(rows, |row| row.facility_id),
            names: column(rows, |row| row.name.as_str()),
            municipalities: column(rows, |row| row.municipality.as_str()),
            vials: column(rows, |row| row.vials),
        }
    }
}

statement! {
    /// Moves a shipment, unless somebody else has.
    Move<'a> {
        state: &'a str as Text,
        version: i32 as Integer,
        next_answer: i64 as BigInt,
        delivery_on: Option<NaiveDate> as Nullable<Date>,
        delivery_hours: Option<&'a str> as Nullable<Text>,
        dispatched_at: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        delivered_at: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        received_at: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        id: Uuid as SqlUuid,
        version_before: i32 as Integer,
    },
    "update distribution.shipment
     set state = ?, version = ?, next_answer = ?, delivery_on = ?, delivery_hours = ?, dispatched_at = ?,
         delivered_at = ?, received_at = ?
     where id = ? and version = ?"
}

statement! {
    /// Adds to the history of shipments.
    Steps<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        shipment_ids: Vec<Uuid> as Array<SqlUuid>,
        versions: Vec<i32> as Array<Integer>,
        steps: Vec<&'a str> as Array<Text>,
        states: Vec<&'a str> as Array<Text>,
        actor_names: Vec<&'a str> as Array<Text>,
        reasons: Vec<Option<&'a str>> as Array<Nullable<Text>>,
        happened_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
        business_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
    },
    "insert into distribution.shipment_step (id, shipment_id, version, step, state, actor_name, reason, happened_at,
                                             business_at)
     select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?)"
}

impl<'a> Steps<'a> {
    pub(crate) fn new(rows: &'a [ShipmentStep]) -> Self {
        Self {
            ids: column(rows, |row| row.id),
            shipment_ids: column(rows, |row| row.shipment_id),
            versions: column(rows, |row| row.version),
            steps: column(rows, |row| row.step.as_str()),
            states: column(rows, |row| row.state.as_str()),
            actor_names: column(rows, |row| row.actor_name.as_str()),
            reasons: column(rows, |row| row.reason.as_deref()),
            happened_ats: column(rows, |row| row.happened_at),
            business_ats: column(rows, |row| row.business_at),
        }
    }
}

statement! {
    /// What became of held answers.
    SettleAnswers<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        states: Vec<&'a str> as Array<Text>,
        codes: Vec<Option<&'a str>> as Array<Nullable<Text>>,
    },
    "update distribution.answer a set state = given.state, code = given.code
     from unnest(?, ?, ?) as given (id, state, code) where a.id = given.id"
}

statement! {
    /// Adds the lines of a receipt.
    ReceiptLines {
        receipt_ids: Vec<Uuid> as Array<SqlUuid>,
        lot_ids: Vec<Uuid> as Array<SqlUuid>,
        expected: Vec<i64> as Array<BigInt>,
        accepted: Vec<i64> as Array<BigInt>,
        damaged: Vec<i64> as Array<BigInt>,
    },
    "insert into distribution.receipt_line (receipt_id, lot_id, expected, accepted, damaged)
     select * from unnest(?, ?, ?, ?, ?)"
}

impl ReceiptLines {
    pub(crate) fn new(rows: &[ReceiptLine]) -> Self {
        Self {
            receipt_ids: column(rows, |row| row.receipt_id),
            lot_ids: column(rows, |row| row.lot_id),
            expected: column(rows, |row| row.expected),
            accepted: column(rows, |row| row.accepted),
            damaged: column(rows, |row| row.damaged),
        }
    }
}

statement! {
    /// Opens discrepancies.
    Discrepancies<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        shipment_ids: Vec<Uuid> as Array<SqlUuid>,
        receipt_ids: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        lot_ids: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'a str> as Array<Text>,
        vials: Vec<i64> as Array<BigInt>,
        municipalities: Vec<&'a str> as Array<Text>,
        opened_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
    },
    "insert into distribution.discrepancy (id, shipment_id, receipt_id, lot_id, kind, vials, municipality, opened_at, state)
     select given.*, 'open' from unnest(?, ?, ?, ?, ?, ?, ?, ?) as given"
}

impl<'a> Discrepancies<'a> {
    pub(crate) fn new(rows: &'a [Discrepancy]) -> Self {
        Self {
            ids: column(rows, |row| row.id),
            shipment_ids: column(rows, |row| row.shipment_id),
            receipt_ids: column(rows, |row| row.receipt_id),
            lot_ids: column(rows, |row| row.lot_id),
            kinds: column(rows, |row| row.kind.as_str()),
            vials: column(rows, |row| row.vials),
            municipalities: column(rows, |row| row.municipality.as_str()),
            opened_ats: column(rows, |row| row.opened_at),
        }
    }
}

statement! {
    /// Closes open discrepancies by a decision.
    Resolve<'a> {
        decision: &'a str as Text,
        reason: &'a str as Text,
        resolved_by: &'a str as Text,
        resolved_at: DateTime<Utc> as Timestamptz,
        ids: Vec<Uuid> as Array<SqlUuid>,
    },
    "update distribution.discrepancy
     set state = 'resolved', decision = ?, reason = ?, resolved_by = ?, resolved_at = ?
     where id = any(?) and state = 'open'"
}

/// Place of the key from 1, doses a vial, the goods, per vials, per doses, pieces.
pub(crate) type GoodsRow = (i64, i32, (String, String, String, String, String), (Option<i32>, Option<i32>, i32));

statement! {
    /// What goes along with packs of products on days.
    GoodsOf<'a> {
        products: Vec<&'a str> as Array<Text>,
        programmes: Vec<&'a str> as Array<Text>,
        packs: Vec<&'a str> as Array<Text>,
        days: Vec<NaiveDate> as Array<Date>,
    } -> (BigInt, Integer, (Text, Text, Text, Text, Text), (Nullable<Integer>, Nullable<Integer>, Integer)),
    "select wanted.ord, p.doses_per_vial, g.code, g.ja, g.en, g.unit_ja, g.unit_en, r.per_vials, r.per_doses, r.pieces
     from unnest(?, ?, ?, ?) with ordinality as wanted (product, programme, pack, day, ord)
     join reference.pack p on p.product = wanted.product and p.programme = wanted.programme and p.code = wanted.pack
          and p.valid_from <= wanted.day and (p.valid_to is null or p.valid_to > wanted.day)
     join reference.goods_ratio r on r.product = wanted.product and r.programme = wanted.programme
          and r.valid_from <= wanted.day and (r.valid_to is null or r.valid_to > wanted.day)
     join reference.goods g on g.code = r.goods
     order by wanted.ord, g.code"
}
