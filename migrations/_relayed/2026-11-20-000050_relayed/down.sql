-- `ensure_month` stays as it is: it does what it did, and one thing more
drop index outbox_waiting, outbox_unsent;
alter table outbox drop column announced_at;
create index outbox_unsent on outbox (pos) where published_at is null;
