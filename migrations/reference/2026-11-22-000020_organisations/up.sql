-- Every kind of body that works with the service, and who stands above whom.
alter table organisation drop constraint organisation_kind_check;
alter table organisation add constraint organisation_kind_check check (kind in (
    'ministry', 'prefecture', 'municipality', 'health_centre', 'facility', 'reporting_proxy', 'wholesaler', 'auditor',
    'operator', 'coordination_hq', 'medical_association', 'maker', 'expert_network', 'fire_service', 'help_desk'));

-- The body that issued its first account; none for the ministry and for who runs the machine.
alter table organisation add column parent uuid references organisation (id) check (parent <> id);
-- counts up with every change
alter table organisation add column version integer not null default 1 check (version > 0);
-- from this day on nobody signs in for it
alter table organisation add column closed_on date;
create index organisation_parent on organisation (parent);

-- What existed before has no issuer on record: the ministry stands above what works for the whole nation, the
-- prefecture above what lies in it.
update organisation set parent = (select m.id from organisation m where m.kind = 'ministry' order by m.name limit 1)
    where kind in ('prefecture', 'wholesaler', 'auditor');
update organisation o set parent = (
        select p.id from organisation p
        where p.kind = 'prefecture' and left(p.territory, 2) = left(o.territory, 2) order by p.name limit 1)
    where o.kind in ('municipality', 'health_centre', 'facility', 'reporting_proxy');
