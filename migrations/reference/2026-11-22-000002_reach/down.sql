drop table facility_closure;
alter table territory drop column merged_on, drop column merged_into;
drop table sharing_agreement;
drop table medical_area_municipality;
drop table medical_area;
drop table health_centre_area;
