alter table account drop constraint account_facility;
alter table account add constraint account_check2 check ((role = 'hospital') = (facility is not null));
