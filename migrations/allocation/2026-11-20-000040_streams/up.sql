-- Rounds run through the levels of their stream: supply enters at the first of them, and who stands on the
-- last territorial one assigns to the sites.

alter table stream add constraint stream_ends_at_sites check (levels[cardinality(levels)] = 'site');

-- numbers restart with each product and stream
alter table round drop constraint round_programme_product_number_key;
alter table round add constraint round_numbered unique (programme, product, stream, number);

-- who has it: a holder of the first level of the round's stream; until now the nation
alter table supply_notice add column holder text check (holder ~ '^\d{6}$');
update supply_notice set holder = '000000';
alter table supply_notice alter column holder set not null;

-- What becomes of what a holder has been granted: a division among the territories of the level below, in
-- packs, or an assignment to sites, in vials. Until now municipalities assigned, and nobody else.
alter table plan add column kind text check (kind in ('division', 'assignment'));
update plan set kind = case when level = 'municipality' then 'assignment' else 'division' end;
alter table plan alter column kind set not null;
alter table plan add constraint plan_assigns_vials check (kind = 'division' or unit_vials = 1);
-- assignments to sites add up; of divisions one at a time is in force
drop index plan_in_force;
create unique index plan_in_force on plan (round_id, holder)
    where kind = 'division' and state not in ('superseded', 'cancelled');
