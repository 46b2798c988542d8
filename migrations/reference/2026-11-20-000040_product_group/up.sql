-- Products that one wholesaler brings together: areas are assigned by group.
alter table product add column product_group text check (product_group ~ '^[a-z0-9][a-z0-9-]*$');
update product set product_group = 'covid19';
alter table product alter column product_group set not null;
