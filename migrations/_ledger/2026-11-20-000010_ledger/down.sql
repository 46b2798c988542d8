drop table transfer, account;
drop function refuse_change();
