drop table release_line, release;
alter table site drop column address;
