drop table what_if_line;
drop table what_if_run;
drop table what_if;
drop table plan_document;
drop table indicator_value;
drop table indicator_recording;
drop table indicator;
drop table rule;
