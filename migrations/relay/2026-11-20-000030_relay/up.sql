-- Messages to people, asked for by `notification.requested.v1`. They are shown in the service; mail and
-- webhooks deliver the same rows.
create table notification (
    -- made by the service that asked: `notification_id` of the event
    id uuid primary key,
    -- territory's code, wholesaler's or branch's code, or facility's id: whom it is for
    recipient_kind text not null check (recipient_kind in ('territory', 'facility', 'wholesaler')),
    recipient text not null,
    -- what it is about: `shipment/<id>`
    about text not null,
    topic text not null check (topic ~ '^[a-z_]+(\.[a-z_]+)*$'),
    ja text not null check (ja <> ''),
    en text not null check (en <> ''),
    due_at timestamptz,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    delivered_at timestamptz
);
create index notification_recipient on notification (recipient_kind, recipient, business_at desc);
