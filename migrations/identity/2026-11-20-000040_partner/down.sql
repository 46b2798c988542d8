alter table account drop column partner;
