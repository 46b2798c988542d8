-- Bodies of the new roles.
alter table organisation drop constraint organisation_kind_check;
alter table organisation add constraint organisation_kind_check check (kind in ('ministry', 'prefecture', 'municipality',
    'health_centre', 'facility', 'reporting_proxy', 'wholesaler', 'auditor', 'operator', 'coordination_hq',
    'medical_association', 'maker', 'expert_network', 'fire_service', 'help_desk'));
