alter table organisation drop constraint organisation_kind_check;
alter table organisation add constraint organisation_kind_check check (kind in ('ministry', 'prefecture', 'municipality',
    'health_centre', 'facility', 'reporting_proxy', 'wholesaler', 'auditor', 'operator'));
