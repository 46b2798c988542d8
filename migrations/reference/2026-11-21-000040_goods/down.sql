drop table goods_ratio;
drop table goods;
delete from pack where product in ('freezer-75', 'freezer-20');
delete from product where kind = 'device';
alter table product drop constraint product_storage_check;
alter table product add constraint product_storage_check check (storage in ('ultra_cold', 'frozen', 'refrigerated'));
alter table product drop column unit_en;
alter table product drop column unit_ja;
alter table product drop column kind;
