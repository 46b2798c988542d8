//! R1, R9 and R10 of the entitlement book: whose account is whose, and how far down supply came. What holds
//! of any book is checked in `ledger`.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    vec![supply(), owners(), down_one_level(), within_the_grant()]
}

/// Where each account of a holder stands in the stream of its round: whether supply enters there, and
/// who stands on the level above, in whose territory it lies.
const STAND: &str = "place as (
    select code as holder, tier as level, case tier when 'prefecture' then code when 'municipality' then parent end
           as prefecture, case tier when 'municipality' then code end as municipality
    from reference.territory
    union all
    select s.id::text, 'site', t.parent, s.municipality
    from allocation.site s left join reference.territory t on t.code = s.municipality),
stand as (
    select b.account_id, s.levels[1] = p.level as begins,
           case s.levels[array_position(s.levels, p.level) - 1]
               when 'nation' then '000000' when 'prefecture' then p.prefecture when 'municipality' then p.municipality
           end as above
    from allocation.book_account b
    join allocation.round r on r.id = b.round_id
    join allocation.stream s on s.programme = r.programme and s.code = r.stream
    join place p on p.holder = b.holder
    where b.kind = 'granted')";

/// The kinds of transfers that have moved something.
const MOVED: &str = "moved as (
    select id, debit_account, credit_account, amount from allocation.transfer
    where kind in ('post', 'post_pending', 'correction'))";

fn supply() -> Probe {
    Probe {
        id: "R1",
        what_ja: "枠の帳簿：クールの供給の知らせ（取り下げた分を除く）= 供給元から出た量 = 国・自治体・会場の口座にある量",
        what_en: "Entitlements: a round's supply notices, less what was withdrawn = what left its source = what its holders have",
        sql: "with noticed as (
                select round_id, sum(vials) as vials from (
                    select round_id, vials from allocation.supply_notice
                    union all
                    select round_id, -vials from allocation.amendment_move where getter_kind = 'supply') as notice
                group by 1),
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

/// From supply to a holder of the stream's first level, from a holder to its own reserve or to a holder
/// right below it in the stream. An amendment alone goes the other way, by the same steps.
fn down_one_level() -> Probe {
    Probe {
        id: "R10",
        what_ja: "枠の帳簿：供給は枠の最初の段に入り、仕訳は枠の一段下の自治体・会場か、自分の留保へだけ進む（変更だけが同じ道を戻る）",
        what_en: "Entitlements: supply enters at the stream's first level; transfers go one of its levels down or into the \
                  holder's own reserve, and back by amendments alone",
        sql: format!(
            "with {STAND}
             select case when not coalesce(
                    f.round_id = g.round_id
                    and case f.kind
                        when 'supply' then g.kind = 'granted' and n.begins and f.holder = g.holder
                        when 'granted' then g.kind in ('reserve', 'released') and g.holder = f.holder
                                         or g.kind = 'granted' and n.above = f.holder
                                         or v.id is not null and g.kind = 'granted' and m.above = g.holder
                                         or v.id is not null and g.kind = 'supply' and m.begins and f.holder = g.holder
                        when 'reserve' then v.id is not null and g.kind = 'granted' and f.holder = g.holder
                        end, false)
                    then format('transfer %s: from %s of %s to %s of %s', t.id, f.kind, f.holder, g.kind, g.holder)
                    end as what
             from (select id, case kind when 'correction' then credit_account else debit_account end as giver,
                          case kind when 'correction' then debit_account else credit_account end as getter
                   from allocation.transfer) t
             left join allocation.book_account f on f.account_id = t.giver
             left join allocation.book_account g on g.account_id = t.getter
             left join stand n on n.account_id = g.account_id
             left join stand m on m.account_id = f.account_id
             left join allocation.amendment_move v on v.id = t.id"
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
            "with {STAND}, {MOVED},
             leg as (
                select debit_account as account, credit_account as other, -amount as amount from moved
                union all select credit_account, debit_account, amount from moved),
             known as (
                select l.account, l.amount, o.kind = 'supply' or coalesce(o.holder = n.above, false) as above
                from leg l
                join allocation.book_account h on h.account_id = l.account
                left join allocation.book_account o on o.account_id = l.other
                left join stand n on n.account_id = h.account_id),
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
