drop table delivery, subscription;
alter table notification drop column planned_at;
alter table notification drop constraint notification_recipient_kind_check;
alter table notification add constraint notification_recipient_kind_check
    check (recipient_kind in ('territory', 'facility', 'wholesaler'));
