-- A wholesaler company (W07) or its branch (W07-03), for their staff and machines.
alter table account add column partner text check (partner ~ '^W\d{2}(-\d{2})?$');
-- until now there was one wholesaler's account at most, the persona of a training instance
update account set partner = 'W01' where role = 'wholesaler';
alter table account add constraint account_partner check ((role = 'wholesaler') = (partner is not null));
