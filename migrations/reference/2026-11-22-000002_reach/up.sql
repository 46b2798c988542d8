-- What somebody reaches beyond the tree of territories, each with its days. `until` is the last day.

-- 保健所: which municipalities belong to the area of which public health centre (an organisation).
create table health_centre_area (
    organisation uuid not null references organisation (id),
    municipality text not null references territory (code),
    since date not null,
    until date check (until >= since),
    primary key (organisation, municipality, since)
);

-- 二次医療圏
create table medical_area (
    code text primary key check (code ~ '^\d{4}$'),
    prefecture text not null references territory (code),
    name text not null check (name <> '')
);
create table medical_area_municipality (
    municipality text primary key references territory (code),
    area text not null references medical_area (code)
);

-- A territory opens figures, facilities or reports to another body, for a purpose and a time. Never
-- changed but for its early end; what differs is a new agreement.
create table sharing_agreement (
    id uuid primary key,
    giver text not null references territory (code),
    receiver uuid not null references organisation (id),
    what text[] not null check (cardinality(what) > 0 and what <@ array['figures', 'facilities', 'reports']),
    -- empty: the giver's whole territory
    medical_areas text[] not null,
    purpose text not null check (purpose <> ''),
    since date not null,
    until date not null check (until >= since),
    made_by uuid not null,
    made_by_name text not null,
    made_at timestamptz not null,
    -- ended early: from this moment nothing is open
    ended_by uuid,
    ended_by_name text,
    ended_at timestamptz,
    end_reason text,
    check (num_nulls(ended_by, ended_by_name, ended_at, end_reason) in (0, 4))
);
create index sharing_agreement_receiver on sharing_agreement (receiver, until);

-- 合併: from `merged_on` on the territory is part of another one.
alter table territory add column merged_into text references territory (code);
alter table territory add column merged_on date;
alter table territory add constraint territory_merged check ((merged_into is null) = (merged_on is null));
alter table territory add constraint territory_merged_elsewhere check (merged_into <> code);

-- A facility is closed from `closed_on` on, until it is opened again.
create table facility_closure (
    facility_id uuid not null references facility (id),
    closed_on date not null,
    -- the first day on which it is open again; equal to closed_on where it was never closed after all
    reopened_on date check (reopened_on >= closed_on),
    primary key (facility_id, closed_on)
);
create unique index facility_closure_open on facility_closure (facility_id) where reopened_on is null;
