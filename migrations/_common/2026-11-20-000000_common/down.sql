drop function ensure_month(text, date);
drop table audit, idempotency, subject, outbox;
