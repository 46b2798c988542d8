alter table signing_key drop column active_from;
