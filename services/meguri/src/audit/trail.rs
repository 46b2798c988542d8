//! R26 and R27: every write left its trace, in its own transaction, and can be sent again safely.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    let entries = ENTRIES.map(|(schema, what_ja, what_en)| entries(schema, what_ja, what_en));
    [
        vec![reports(), facility_changes(), accesses(), access_reviews(), access_notices()],
        entries.into(),
        vec![idempotency(), access_idempotency()],
    ]
    .concat()
}

fn reports() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべての報告に、同じトランザクションの監査記録がある",
        what_en: "Every report has an audit entry of the same transaction",
        sql: traced("report", "capacity.report", "capacity.audit"),
    }
}

fn facility_changes() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべての施設の変更に、同じトランザクションの監査記録がある",
        what_en: "Every change of a facility has an audit entry of the same transaction",
        sql: traced("facility change", "reference.facility_change", "identity.audit"),
    }
}

fn accesses() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべての緊急閲覧に、同じトランザクションの監査記録がある",
        what_en: "Every emergency access has an audit entry of the same transaction",
        sql: traced("emergency access", "reference.break_glass", "identity.audit"),
    }
}

fn access_reviews() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべての緊急閲覧の確認に、同じトランザクションの監査記録があり、確認者は申請者と別の人である",
        what_en: "Every review of an emergency access has an audit entry of the same transaction, and is a second person's",
        sql: format!(
            "{}
             union all
             select case when b.account = r.reviewer then format('emergency access %s was reviewed by who asked', b.id) end
             from reference.break_glass_review r join reference.break_glass b on b.id = r.break_glass",
            traced("review", "reference.break_glass_review", "identity.audit")
        ),
    }
}

fn access_idempotency() -> Probe {
    let of = |name: &str, table: &str, status: u16| {
        format!(
            "select case
                when i.key is null then format('{name} %s has no idempotency row', t.id)
                when i.txid <> t.txid
                then format('{name} %s was written by transaction %s, its idempotency row by %s', t.id, t.txid, i.txid)
                when i.status <> {status} then format('{name} %s was answered with %s', t.id, i.status)
                end as what
             from {table} t left join identity.idempotency i on i.key = t.id"
        )
    };
    Probe {
        id: "R27",
        what_ja: "すべての緊急閲覧とその確認に、同じトランザクションの冪等性の行がある",
        what_en: "Every emergency access, and every review of one, has an idempotency row of the same transaction",
        sql: format!(
            "{} union all {}",
            of("emergency access", "reference.break_glass", 201),
            of("review", "reference.break_glass_review", 200)
        ),
    }
}

/// The facility or territory, and the ministry at least.
fn access_notices() -> Probe {
    Probe {
        id: "R19",
        what_ja: "緊急閲覧は、相手・都道府県・国に同じトランザクションで知らされている",
        what_en: "Of every emergency access those whom it concerns were told, in the same transaction",
        sql: "select case
                when count(o.id) < 2 then format('emergency access %s: %s were told', b.id, count(o.id))
                when not bool_or(o.payload ->> 'recipient' = '000000')
                then format('emergency access %s: the ministry was not told', b.id)
                when not bool_or(o.payload ->> 'recipient' = coalesce(b.facility::text, b.territory))
                then format('emergency access %s: whom it concerns was not told', b.id)
                end as what
             from reference.break_glass b
             left join identity.outbox o
               on o.txid = b.txid and o.type = 'notification.requested.v1'
              and o.payload ->> 'about' = 'break_glass/' || b.id
             group by b.id"
            .to_owned(),
    }
}

pub(super) fn traced(name: &str, table: &str, audit: &str) -> String {
    format!(
        "with entry as (select cause_id, count(*) as entries, min(txid) as txid from {audit} group by 1)
         select case
            when e.cause_id is null then format('{name} %s has no audit entry', t.id)
            when e.entries <> 1 then format('{name} %s has %s audit entries', t.id, e.entries)
            when e.txid <> t.txid
            then format('{name} %s was written by transaction %s, its audit entry by %s', t.id, t.txid, e.txid)
            end as what
         from {table} t left join entry e on e.cause_id = t.id"
    )
}

/// Schema, and what must hold of its entries.
const ENTRIES: [(&str, &str, &str); 5] = [
    (
        "identity",
        "identity の監査記録に実行者・役割・操作・要求IDがある",
        "Identity's audit entries name actor, role, action and request",
    ),
    (
        "capacity",
        "capacity の監査記録に実行者・役割・操作・要求IDがある",
        "Capacity's audit entries name actor, role, action and request",
    ),
    (
        "allocation",
        "allocation の監査記録に実行者・役割・操作・要求IDがある",
        "Allocation's audit entries name actor, role, action and request",
    ),
    (
        "distribution",
        "distribution の監査記録に実行者・役割・操作・要求IDがある",
        "Distribution's audit entries name actor, role, action and request",
    ),
    (
        "relay",
        "relay の監査記録に実行者・役割・操作・要求IDがある",
        "Relay's audit entries name actor, role, action and request",
    ),
];

fn entries(schema: &str, what_ja: &'static str, what_en: &'static str) -> Probe {
    // the actor's uuid is nil for the system's own jobs; they have a name
    Probe {
        id: "R26",
        what_ja,
        what_en,
        sql: format!(
            "select case when '' in (actor_name, role, action, target)
                           or request_id = uuid '00000000-0000-0000-0000-000000000000'
                    then format('{schema} audit entry %s is incomplete', id)
                    end as what
             from {schema}.audit"
        ),
    }
}

fn idempotency() -> Probe {
    Probe {
        id: "R27",
        what_ja: "すべての報告に、同じトランザクションの冪等性の行（201）がある",
        what_en: "Every report has an idempotency row of the same transaction, with status 201",
        sql: "select case
                when i.key is null then format('report %s has no idempotency row', r.id)
                when i.txid <> r.txid
                then format('report %s was written by transaction %s, its idempotency row by %s', r.id, r.txid, i.txid)
                when i.status <> 201 then format('report %s was answered with %s', r.id, i.status)
                end as what
             from capacity.report r left join capacity.idempotency i on i.key = r.id"
            .to_owned(),
    }
}
