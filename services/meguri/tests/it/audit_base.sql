-- A small country in which everything is right, written without any of the services' code: three
-- hospitals in three municipalities, two days, one correction, one hospital that is carried.
begin;

create function pg_temp.part(t text) returns bytea language sql as
    $$ select int8send(octet_length(convert_to(t, 'UTF8'))) || convert_to(t, 'UTF8') $$;

-- the auditor's recipe for a digest, a third time, in SQL
create function pg_temp.entry(schema text, cause uuid, action text, at timestamptz, reason text) returns void
language plpgsql as $$
declare
    id uuid := gen_random_uuid();
    actor uuid := gen_random_uuid();
    organisation uuid := gen_random_uuid();
    request uuid := gen_random_uuid();
    message bytea := ''::bytea;
    t text;
begin
    foreach t in array array[
        id::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), actor::text, '東京都の代行', 'reporting_proxy',
        organisation::text, action, 'facility', cause::text, request::text, (reason is not null)::int::text,
        coalesce(reason, '')]
    loop
        message := message || pg_temp.part(t);
    end loop;
    execute format('insert into %I.audit (id, business_at, actor, actor_name, role, organisation, action, target, cause_id,
        request_id, reason, digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)', schema)
        using id, at, actor, '東京都の代行', 'reporting_proxy', organisation, action, 'facility', cause, request, reason,
              sha256(message);
end $$;

create function pg_temp.event(schema text, type text, cause uuid, facility uuid, at timestamptz, payload jsonb) returns void
language plpgsql as $$
declare n bigint;
begin
    execute format('insert into %I.subject as s values ($1, 1) on conflict (name) do update set sequence = s.sequence + 1
        returning sequence', schema) into n using 'facility/' || facility;
    execute format('insert into %I.outbox (id, subject, sequence, type, cause_id, business_at, payload)
        values (gen_random_uuid(), $1, $2, $3, $4, $5, $6)', schema) using 'facility/' || facility, n, type, cause, at, payload;
end $$;

create function pg_temp.facility(facility uuid, gmis text, place text) returns void language plpgsql as $$
declare
    change uuid := gen_random_uuid();
    at timestamptz := '2021-04-03T00:00:00Z';
    told jsonb;
begin
    insert into reference.facility (id, gmis_id, kind, name, address, municipality, synthetic)
    values (facility, gmis, 'hospital', '訓練病院 ' || gmis, '', place, true);
    select (to_jsonb(f) - 'id') || jsonb_build_object('facility_id', f.id) into told from reference.facility f where id = facility;
    insert into reference.facility_change (id, facility_id, version, facts, business_at) values (change, facility, 1, told, at);
    perform pg_temp.event('identity', 'facility.changed.v1', change, facility, at, told);
    perform pg_temp.entry('identity', change, 'facility_import', at, null);
    insert into capacity.duty (facility_id, form, municipality, valid_from)
    select facility, form, place, '2021-04-01' from unnest(array['daily', 'gmis_status']) as form;
end $$;

create function pg_temp.report(of_facility uuid, of_form text, day date, n int, at timestamptz, values_ jsonb) returns void
language plpgsql as $$
declare
    report uuid := gen_random_uuid();
    place text := (select municipality from reference.facility where id = of_facility);
begin
    insert into capacity.report (id, facility_id, form, form_version, municipality, business_day, revision, answers, warnings,
        as_of, source, actor, actor_name, training, business_at)
    values (report, of_facility, of_form, 1, place, day, n, values_, '[]', at, 'api', gen_random_uuid(), 'x', true, at);
    insert into capacity.latest as l
    values (of_facility, of_form, day, day, n, report, values_, at)
    on conflict (facility_id, form) do update
        set business_day = excluded.business_day, revision = excluded.revision, report_id = excluded.report_id,
            answers = excluded.answers, as_of = excluded.as_of;
    perform pg_temp.event('capacity', 'capacity.reported.v1', report, of_facility, at, jsonb_build_object(
        'report_id', report, 'facility_id', of_facility, 'municipality', place, 'form', of_form, 'form_version', 1,
        'business_day', day, 'revision', n, 'as_of', at, 'source', 'api', 'training', true, 'values', values_));
    perform pg_temp.entry('capacity', report, 'report_submit', at, case when n > 1 then '訂正' end);
    insert into capacity.idempotency (key, actor, operation, body_digest, status, response)
    values (report, gen_random_uuid(), 'report.submit', sha256(''), 201, '{}');
end $$;

-- a row of sums from {slot: amount}
create function pg_temp.sums(cells jsonb) returns bigint[] language sql as $$
    select coalesce(array_agg(coalesce((cells ->> slot::text)::bigint, 0) order by slot), '{}')
    from generate_series(0, (select max(key::int) from jsonb_each(cells))) as slot $$;

select pg_temp.facility('00000000-0000-0000-0000-00000000000a', '99130001', '131016');
select pg_temp.facility('00000000-0000-0000-0000-00000000000b', '99130002', '131024');
select pg_temp.facility('00000000-0000-0000-0000-00000000000c', '99310001', '312011');

select pg_temp.report('00000000-0000-0000-0000-00000000000b', 'daily', '2021-04-04', 1, '2021-04-04T02:00:00Z',
    '{"icu_total": 2, "icu_staffed": 2, "icu_occupied": 1}');
select pg_temp.report('00000000-0000-0000-0000-00000000000a', 'daily', '2021-04-05', 1, '2021-04-05T02:00:00Z',
    '{"beds_total": 100, "icu_total": 10, "icu_staffed": 8, "icu_occupied": 5, "status_inpatient": "normal"}');
select pg_temp.report('00000000-0000-0000-0000-00000000000a', 'daily', '2021-04-05', 2, '2021-04-05T03:00:00Z',
    '{"beds_total": 100, "icu_total": 10, "icu_staffed": 8, "icu_occupied": 6, "status_inpatient": "normal", "ecmo_owned": null}');
select pg_temp.report('00000000-0000-0000-0000-00000000000c', 'daily', '2021-04-05', 1, '2021-04-05T02:30:00Z',
    '{"icu_total": 4, "icu_staffed": 4, "icu_occupied": 4, "status_inpatient": "limited", "staffing_nurses": "short"}');
select pg_temp.report('00000000-0000-0000-0000-00000000000a', 'gmis_status', '2021-04-05', 1, '2021-04-05T02:00:00Z',
    '{"inpatient": "normal", "outpatient": "stopped"}');
select pg_temp.report('00000000-0000-0000-0000-00000000000c', 'gmis_status', '2021-04-05', 1, '2021-04-05T02:00:00Z',
    '{"emergency": "not_offered"}');

insert into capacity.opened_day values
    ('daily', '2021-04-03'), ('daily', '2021-04-04'), ('daily', '2021-04-05'), ('gmis_status', '2021-04-05');

-- worked out by hand; only as long as needed: an older, shorter row counts as zeros
insert into capacity.aggregate (form, business_day, municipality, due, reported, carried, sums, as_of_oldest, as_of_newest) values
    ('daily', '2021-04-03', '131016', 1, 0, 0, '{}', null, null),
    ('daily', '2021-04-03', '131024', 1, 0, 0, '{}', null, null),
    ('daily', '2021-04-03', '312011', 1, 0, 0, '{}', null, null),
    ('daily', '2021-04-04', '131016', 1, 0, 0, '{}', null, null),
    ('daily', '2021-04-04', '131024', 1, 1, 0,
     pg_temp.sums('{"30": 2, "31": 1, "32": 2, "33": 1, "34": 1, "35": 1}'), '2021-04-04T02:00Z', '2021-04-04T02:00Z'),
    ('daily', '2021-04-04', '312011', 1, 0, 0, '{}', null, null),
    ('daily', '2021-04-05', '131016', 1, 1, 0,
     pg_temp.sums('{"0": 1, "20": 100, "21": 1, "30": 10, "31": 1, "32": 8, "33": 1, "34": 6, "35": 1}'),
     '2021-04-05T03:00Z', '2021-04-05T03:00Z'),
    ('daily', '2021-04-05', '131024', 1, 0, 1, '{}', null, null),
    ('daily', '2021-04-05', '312011', 1, 1, 0,
     pg_temp.sums('{"1": 1, "30": 4, "31": 1, "32": 4, "33": 1, "34": 4, "35": 1, "83": 1, "93": 0}'),
     '2021-04-05T02:30Z', '2021-04-05T02:30Z'),
    ('gmis_status', '2021-04-05', '131016', 1, 1, 0, pg_temp.sums('{"0": 1, "6": 1}'), '2021-04-05T02:00Z', '2021-04-05T02:00Z'),
    ('gmis_status', '2021-04-05', '131024', 1, 0, 0, '{}', null, null),
    ('gmis_status', '2021-04-05', '312011', 1, 1, 0, pg_temp.sums('{"11": 1}'), '2021-04-05T02:00Z', '2021-04-05T02:00Z');
commit;
