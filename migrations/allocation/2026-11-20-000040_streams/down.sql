-- fails where a prefecture has assigned to its own sites: there is no way back with its rows
drop index plan_in_force;
alter table plan drop column kind;
create unique index plan_in_force on plan (round_id, holder)
    where level <> 'municipality' and state not in ('superseded', 'cancelled');
alter table supply_notice drop column holder;
alter table round drop constraint round_numbered;
alter table round add unique (programme, product, number);
alter table stream drop constraint stream_ends_at_sites;
