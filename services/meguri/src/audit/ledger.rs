//! R1 to R9 of any double-entry book, rebuilt from its transfers alone: a ledger knows ids, and not
//! whose account is whose. The entitlement book and the stock book are told apart by their schema.
use super::probe::Probe;

/// The checks of one book: its schema, and its name in both languages.
macro_rules! book {
    ($schema:literal, $ja:literal, $en:literal) => {
        vec![
            Probe {
                id: "R1",
                what_ja: concat!($ja, "：単位ごとに、供給元を含むすべての口座の合計が0"),
                what_en: concat!($en, ": all accounts of a unit together, with its source, hold zero"),
                sql: zero($schema),
            },
            Probe {
                id: "R3",
                what_ja: concat!($ja, "：供給元のほかに残高が0を下回る口座はない"),
                what_en: concat!($en, ": no account is below zero but the sources"),
                sql: not_below_zero($schema),
            },
            Probe {
                id: "R4",
                what_ja: concat!($ja, "：予約は一度だけ決着し、確定した量は予約した量を超えない"),
                what_en: concat!($en, ": what was reserved is resolved once at most, and never for more"),
                sql: resolutions($schema),
            },
            Probe {
                id: "R4",
                what_ja: concat!($ja, "：訂正は反対向きの仕訳で、もとの量を超えない"),
                what_en: concat!($en, ": a correction is the opposite entry, never for more than was moved"),
                sql: corrections($schema),
            },
            Probe {
                id: "R5",
                what_ja: concat!($ja, "：各口座の残高 = 仕訳を最初から足し上げた値"),
                what_en: concat!($en, ": each account's totals = all transfers added up from the first"),
                sql: fold($schema),
            },
            Probe {
                id: "R7",
                what_ja: concat!($ja, "：仕訳のIDは一つずつで、依頼の要約値がある"),
                what_en: concat!($en, ": one transfer per id, each with the digest of what was asked"),
                sql: ids($schema),
            },
            Probe {
                id: "R8",
                what_ja: concat!($ja, "：連鎖の仕訳はすべて揃い、一つのトランザクションにある"),
                what_en: concat!($en, ": chains are complete, each in one transaction"),
                sql: chains($schema),
            },
            Probe {
                id: "R9",
                what_ja: concat!($ja, "：仕訳は同じ単位の異なる二口座の間で、量は1以上10億以下"),
                what_en: concat!($en, ": transfers join two accounts of one unit, amounts are from 1 to 1,000,000,000"),
                sql: sides($schema),
            },
        ]
    };
}

pub(super) fn probes() -> Vec<Probe> {
    [book!("allocation", "枠の帳簿", "Entitlements"), book!("distribution", "在庫の帳簿", "Stock")].concat()
}

fn zero(schema: &str) -> String {
    format!(
        "select case when posted <> 0 or pending <> 0
            then format('%s: all accounts together hold %s, and %s reserved', unit, posted, pending) end as what
         from (select unit, sum(credits_posted - debits_posted) as posted,
                      sum(credits_pending - debits_pending) as pending
               from {schema}.account group by 1) as units"
    )
}

fn not_below_zero(schema: &str) -> String {
    format!(
        "select case
            when least(debits_posted, credits_posted, debits_pending, credits_pending) < 0
            then format('account %s: a total is negative', id)
            when not source and credits_posted - debits_posted - debits_pending < 0
            then format('account %s: in %s, out %s, reserved %s', id, credits_posted, debits_posted, debits_pending)
            end as what
         from {schema}.account"
    )
}

fn resolutions(schema: &str) -> String {
    format!(
        "with resolution as (
            select pending_id, count(*) as times, sum(amount) filter (where kind = 'post_pending') as posted
            from {schema}.transfer where pending_id is not null group by 1)
         select case
            when (t.pending_id is not null) <> (t.kind in ('post_pending', 'void_pending', 'expire_pending'))
              or t.pending_id is not null and coalesce(p.kind, '') <> 'pending'
            then format('transfer %s: %s of %s, which is no reservation', t.id, t.kind, t.pending_id)
            when (t.debit_account, t.credit_account) <> (p.debit_account, p.credit_account)
              or t.kind in ('void_pending', 'expire_pending') and t.amount <> p.amount
            then format('transfer %s: not what %s reserved', t.id, p.id)
            when r.times > 1 then format('reservation %s was resolved %s times', t.id, r.times)
            when r.posted > t.amount then format('reservation %s of %s: %s posted', t.id, t.amount, r.posted)
            end as what
         from {schema}.transfer t
         left join {schema}.transfer p on p.id = t.pending_id
         left join resolution r on r.pending_id = t.id"
    )
}

fn corrections(schema: &str) -> String {
    format!(
        "with taken_back as (
            select corrects, sum(amount) as amount from {schema}.transfer where corrects is not null group by 1)
         select case
            when (t.corrects is not null) <> (t.kind = 'correction') or t.corrects is not null and w.id is null
            then format('transfer %s: %s of %s, which was never moved', t.id, t.kind, t.corrects)
            when (t.debit_account, t.credit_account) <> (w.credit_account, w.debit_account)
            then format('transfer %s: not the opposite of %s', t.id, w.id)
            when b.amount > t.amount then format('transfer %s of %s: %s taken back', t.id, t.amount, b.amount)
            end as what
         from {schema}.transfer t
         left join (select * from {schema}.transfer where kind in ('post', 'post_pending', 'correction')) w
           on w.id = t.corrects
         left join taken_back b on b.corrects = t.id"
    )
}

fn fold(schema: &str) -> String {
    format!(
        "with effect as (
            select debit_account, credit_account, amount as posted, 0 as pending
            from {schema}.transfer where kind in ('post', 'post_pending', 'correction')
            union all
            select debit_account, credit_account, 0, amount from {schema}.transfer where kind = 'pending'
            union all
            select p.debit_account, p.credit_account, 0, -p.amount
            from {schema}.transfer t join {schema}.transfer p on p.id = t.pending_id),
         side as (
            select debit_account as account, posted as debits, 0 as credits, pending as debits_pending,
                   0 as credits_pending from effect
            union all select credit_account, 0, posted, 0, pending from effect),
         total as (
            select account, sum(debits) as debits, sum(credits) as credits,
                   sum(debits_pending) as debits_pending, sum(credits_pending) as credits_pending
            from side group by 1)
         select case
            when a.id is null then format('account %s is missing, its transfers are there', t.account)
            when (a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending)
              <> (coalesce(t.debits, 0), coalesce(t.credits, 0), coalesce(t.debits_pending, 0),
                  coalesce(t.credits_pending, 0))
            then format('account %s: stored out %s, in %s, reserved %s and %s; transfers give %s, %s, %s and %s', a.id,
                        a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending,
                        coalesce(t.debits, 0), coalesce(t.credits, 0), coalesce(t.debits_pending, 0),
                        coalesce(t.credits_pending, 0))
            end as what
         from {schema}.account a full join total t on t.account = a.id"
    )
}

fn ids(schema: &str) -> String {
    format!(
        "select case
            when count(*) over (partition by id) > 1 then format('transfer %s is there twice', id)
            when length(body_digest) <> 32 then format('transfer %s: no digest of what was asked', id)
            when count(*) over (partition by body_digest) > 1
            then format('transfer %s: the digest of what was asked is another transfer''s too', id)
            end as what
         from {schema}.transfer"
    )
}

fn chains(schema: &str) -> String {
    format!(
        "select case
            when legs <> longest or shortest <> longest or places <> legs or first <> 0 or last <> legs - 1
              or not named
            then format('chain %s: %s of %s legs', chain_id, legs, longest)
            when transactions > 1 then format('chain %s was written by %s transactions', chain_id, transactions)
            end as what
         from (select chain_id, count(*) as legs, min(chain_length) as shortest, max(chain_length) as longest,
                      count(distinct chain_index) as places, min(chain_index) as first, max(chain_index) as last,
                      count(distinct txid) as transactions, bool_or(id = chain_id and chain_index = 0) as named
               from {schema}.transfer where chain_id is not null group by 1) as chains"
    )
}

fn sides(schema: &str) -> String {
    format!(
        "select case
            when d.id is null or c.id is null then format('transfer %s: an account is missing', t.id)
            when d.id = c.id then format('transfer %s: both sides are account %s', t.id, d.id)
            when (d.unit, c.unit) <> (t.unit, t.unit)
            then format('transfer %s of %s: from %s to %s', t.id, t.unit, d.unit, c.unit)
            when t.amount not between 1 and 1000000000 then format('transfer %s: amount %s', t.id, t.amount)
            end as what
         from {schema}.transfer t
         left join {schema}.account d on d.id = t.debit_account
         left join {schema}.account c on c.id = t.credit_account"
    )
}
