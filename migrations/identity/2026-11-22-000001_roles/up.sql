-- Staff of a clinic have a home facility as those of a hospital have.
alter table account drop constraint account_check2;
alter table account add constraint account_facility check ((role in ('hospital', 'clinic')) = (facility is not null));
