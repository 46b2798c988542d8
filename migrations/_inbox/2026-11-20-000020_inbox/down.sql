drop table inbox_held, inbox_subject, inbox;
