alter table session drop column delegation;
drop table delegation;
