//! R1 to R10 of the entitlement book: accounts and transfers, rebuilt from the transfers alone.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    vec![
        zero(),
        supply(),
        not_below_zero(),
        resolutions(),
        corrections(),
        fold(),
        ids(),
        chains(),
        sides(),
        owners(),
        down_one_level(),
        within_the_grant(),
    ]
}

/// What a holder's own things are, for the parent of a holder: territories, and sites below them.
const PARENT: &str = "parent as (
    select code as holder, parent from reference.territory
    union all select id::text, municipality from allocation.site)";

/// The kinds of transfers that have moved something.
const MOVED: &str = "moved as (
    select id, debit_account, credit_account, amount from allocation.transfer
    where kind in ('post', 'post_pending', 'correction'))";

fn zero() -> Probe {
    Probe {
        id: "R1",
        what_ja: "枠の帳簿：単位ごとに、供給元を含むすべての口座の合計が0",
        what_en: "Entitlements: all accounts of a unit together, with its source, hold zero",
        sql: "select case when posted <> 0 or pending <> 0
                then format('%s: all accounts together hold %s, and %s reserved', unit, posted, pending) end as what
             from (select unit, sum(credits_posted - debits_posted) as posted,
                          sum(credits_pending - debits_pending) as pending
                   from allocation.account group by 1) as units"
            .to_owned(),
    }
}

fn supply() -> Probe {
    Probe {
        id: "R1",
        what_ja: "枠の帳簿：クールの供給の知らせ = 供給元から出た量 = 国・自治体・会場の口座にある量",
        what_en: "Entitlements: a round's supply notices = what left its source = what its holders have",
        sql: "with noticed as (
                select round_id, sum(vials) as vials from allocation.supply_notice group by 1),
             held as (
                select b.round_id, sum(a.debits_posted - a.credits_posted) filter (where b.kind = 'supply') as gone,
                       sum(a.credits_posted - a.debits_posted) filter (where b.kind <> 'supply') as held
                from allocation.book_account b join allocation.account a on a.id = b.account_id group by 1)
             select case when (noticed, gone) is distinct from (gone, held)
                    then format('round %s: supplied %s, out of the source %s, held %s', id, noticed, gone, held)
                    end as what
             from (select r.id, coalesce(n.vials, 0) as noticed, coalesce(h.gone, 0) as gone, coalesce(h.held, 0) as held
                   from allocation.round r
                   left join noticed n on n.round_id = r.id
                   left join held h on h.round_id = r.id) as rounds"
            .to_owned(),
    }
}

fn not_below_zero() -> Probe {
    Probe {
        id: "R3",
        what_ja: "枠の帳簿：供給元のほかに残高が0を下回る口座はない",
        what_en: "Entitlements: no account is below zero but the sources",
        sql: "select case
                when least(debits_posted, credits_posted, debits_pending, credits_pending) < 0
                then format('account %s: a total is negative', id)
                when not source and credits_posted - debits_posted - debits_pending < 0
                then format('account %s: in %s, out %s, reserved %s', id, credits_posted, debits_posted, debits_pending)
                end as what
             from allocation.account"
            .to_owned(),
    }
}

fn resolutions() -> Probe {
    Probe {
        id: "R4",
        what_ja: "枠の帳簿：予約は一度だけ決着し、確定した量は予約した量を超えない",
        what_en: "Entitlements: what was reserved is resolved once at most, and never for more",
        sql: "with resolution as (
                select pending_id, count(*) as times, sum(amount) filter (where kind = 'post_pending') as posted
                from allocation.transfer where pending_id is not null group by 1)
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
             from allocation.transfer t
             left join allocation.transfer p on p.id = t.pending_id
             left join resolution r on r.pending_id = t.id"
            .to_owned(),
    }
}

fn corrections() -> Probe {
    Probe {
        id: "R4",
        what_ja: "枠の帳簿：訂正は反対向きの仕訳で、もとの量を超えない",
        what_en: "Entitlements: a correction is the opposite entry, never for more than was moved",
        sql: "with taken_back as (
                select corrects, sum(amount) as amount from allocation.transfer where corrects is not null group by 1)
             select case
                when (t.corrects is not null) <> (t.kind = 'correction') or t.corrects is not null and w.id is null
                then format('transfer %s: %s of %s, which was never moved', t.id, t.kind, t.corrects)
                when (t.debit_account, t.credit_account) <> (w.credit_account, w.debit_account)
                then format('transfer %s: not the opposite of %s', t.id, w.id)
                when b.amount > t.amount then format('transfer %s of %s: %s taken back', t.id, t.amount, b.amount)
                end as what
             from allocation.transfer t
             left join (select * from allocation.transfer where kind in ('post', 'post_pending', 'correction')) w
               on w.id = t.corrects
             left join taken_back b on b.corrects = t.id"
            .to_owned(),
    }
}

fn fold() -> Probe {
    Probe {
        id: "R5",
        what_ja: "枠の帳簿：各口座の残高 = 仕訳を最初から足し上げた値",
        what_en: "Entitlements: each account's totals = all transfers added up from the first",
        sql: "with effect as (
                select debit_account, credit_account, amount as posted, 0 as pending
                from allocation.transfer where kind in ('post', 'post_pending', 'correction')
                union all
                select debit_account, credit_account, 0, amount from allocation.transfer where kind = 'pending'
                union all
                select p.debit_account, p.credit_account, 0, -p.amount
                from allocation.transfer t join allocation.transfer p on p.id = t.pending_id),
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
             from allocation.account a full join total t on t.account = a.id"
            .to_owned(),
    }
}

fn ids() -> Probe {
    Probe {
        id: "R7",
        what_ja: "枠の帳簿：仕訳のIDは一つずつで、依頼の要約値がある",
        what_en: "Entitlements: one transfer per id, each with the digest of what was asked",
        sql: "select case
                when count(*) over (partition by id) > 1 then format('transfer %s is there twice', id)
                when length(body_digest) <> 32 then format('transfer %s: no digest of what was asked', id)
                when count(*) over (partition by body_digest) > 1
                then format('transfer %s: the digest of what was asked is another transfer''s too', id)
                end as what
             from allocation.transfer"
            .to_owned(),
    }
}

fn chains() -> Probe {
    Probe {
        id: "R8",
        what_ja: "枠の帳簿：連鎖の仕訳はすべて揃い、一つのトランザクションにある",
        what_en: "Entitlements: chains are complete, each in one transaction",
        sql: "select case
                when legs <> longest or shortest <> longest or places <> legs or first <> 0 or last <> legs - 1
                  or not named
                then format('chain %s: %s of %s legs', chain_id, legs, longest)
                when transactions > 1 then format('chain %s was written by %s transactions', chain_id, transactions)
                end as what
             from (select chain_id, count(*) as legs, min(chain_length) as shortest, max(chain_length) as longest,
                          count(distinct chain_index) as places, min(chain_index) as first, max(chain_index) as last,
                          count(distinct txid) as transactions, bool_or(id = chain_id and chain_index = 0) as named
                   from allocation.transfer where chain_id is not null group by 1) as chains"
            .to_owned(),
    }
}

fn sides() -> Probe {
    Probe {
        id: "R9",
        what_ja: "枠の帳簿：仕訳は同じ単位の異なる二口座の間で、量は1以上10億以下",
        what_en: "Entitlements: transfers join two accounts of one unit, amounts are from 1 to 1,000,000,000",
        sql: "select case
                when d.id is null or c.id is null then format('transfer %s: an account is missing', t.id)
                when d.id = c.id then format('transfer %s: both sides are account %s', t.id, d.id)
                when (d.unit, c.unit) <> (t.unit, t.unit)
                then format('transfer %s of %s: from %s to %s', t.id, t.unit, d.unit, c.unit)
                when t.amount not between 1 and 1000000000 then format('transfer %s: amount %s', t.id, t.amount)
                end as what
             from allocation.transfer t
             left join allocation.account d on d.id = t.debit_account
             left join allocation.account c on c.id = t.credit_account"
            .to_owned(),
    }
}

fn owners() -> Probe {
    Probe {
        id: "R9",
        what_ja: "枠の帳簿：口座には持ち主があり、単位はそのクールのもので、供給元は国の供給だけ",
        what_en: "Entitlements: every account is somebody's, in the round's unit; only a supply is a source",
        sql: "select case
                when b.account_id is null then format('account %s is nobody''s', a.id)
                when a.id is null then format('%s of %s: account %s is missing', b.kind, b.holder, b.account_id)
                when a.unit is distinct from 'vials/' || r.programme || '/' || r.product || '/' || r.number || '/' || r.stream
                then format('account %s counts %s', a.id, a.unit)
                when a.source <> (b.kind = 'supply') then format('account %s (%s of %s) is a source', a.id, b.kind, b.holder)
                end as what
             from allocation.account a
             full join allocation.book_account b on b.account_id = a.id
             left join allocation.round r on r.id = b.round_id"
            .to_owned(),
    }
}

/// From supply to the nation, from a holder to its own reserve or to a holder right below it.
fn down_one_level() -> Probe {
    Probe {
        id: "R10",
        what_ja: "枠の帳簿：仕訳は一段下の自治体・会場か、自分の留保へだけ進む",
        what_en: "Entitlements: transfers go one level down or into the holder's own reserve",
        sql: format!(
            "with {PARENT}
             select case when not coalesce(
                    f.round_id = g.round_id
                    and case f.kind
                        when 'supply' then g.kind = 'granted' and g.holder = '000000' and f.holder = g.holder
                        when 'granted' then g.kind in ('reserve', 'released') and g.holder = f.holder
                                         or g.kind = 'granted' and p.parent = f.holder
                        end, false)
                    then format('transfer %s: from %s of %s to %s of %s', t.id, f.kind, f.holder, g.kind, g.holder)
                    end as what
             from (select id, case kind when 'correction' then credit_account else debit_account end as giver,
                          case kind when 'correction' then debit_account else credit_account end as getter
                   from allocation.transfer) t
             left join allocation.book_account f on f.account_id = t.giver
             left join allocation.book_account g on g.account_id = t.getter
             left join parent p on p.holder = g.holder"
        ),
    }
}

/// Counted from the transfers, not from the accounts: what came from above, and what went on.
fn within_the_grant() -> Probe {
    Probe {
        id: "R10",
        what_ja: "枠の帳簿：どの段でも、下への割当て＋留保 ≤ 上から受けた量",
        what_en: "Entitlements: at every level, granted below + reserve ≤ what was granted from above",
        sql: format!(
            "with {PARENT}, {MOVED},
             leg as (
                select debit_account as account, credit_account as other, -amount as amount from moved
                union all select credit_account, debit_account, amount from moved),
             known as (
                select l.account, l.amount, o.kind = 'supply' or coalesce(o.holder = p.parent, false) as above
                from leg l
                join allocation.book_account h on h.account_id = l.account
                left join allocation.book_account o on o.account_id = l.other
                left join parent p on p.holder = h.holder),
             flow as (
                select account, coalesce(sum(amount) filter (where above), 0) as received,
                       -coalesce(sum(amount) filter (where above is not true), 0) as given
                from known group by 1),
             waiting as (
                select t.debit_account as account, sum(t.amount) as amount
                from allocation.transfer t left join allocation.transfer r on r.pending_id = t.id
                where t.kind = 'pending' and r.id is null group by 1)
             select case when coalesce(f.given, 0) + coalesce(w.amount, 0) > coalesce(f.received, 0)
                    then format('%s (round %s): granted %s, received %s', b.holder, b.round_id,
                                coalesce(f.given, 0) + coalesce(w.amount, 0), coalesce(f.received, 0))
                    end as what
             from allocation.book_account b
             left join flow f on f.account = b.account_id
             left join waiting w on w.account = b.account_id
             where b.kind = 'granted'"
        ),
    }
}
