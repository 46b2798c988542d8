drop index organisation_parent;
alter table organisation drop column closed_on;
alter table organisation drop column version;
alter table organisation drop column parent;
alter table organisation drop constraint organisation_kind_check;
alter table organisation add constraint organisation_kind_check check (kind in (
    'ministry', 'prefecture', 'municipality', 'health_centre', 'facility', 'reporting_proxy', 'wholesaler', 'auditor',
    'operator'));
