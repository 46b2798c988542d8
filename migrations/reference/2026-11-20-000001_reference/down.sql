drop table clock, facility_change, facility, organisation, population, territory_point, territory;
