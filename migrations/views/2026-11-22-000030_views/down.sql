drop function ensure_month(text, date);
drop table log;
