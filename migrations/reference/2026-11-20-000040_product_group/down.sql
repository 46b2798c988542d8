alter table product drop column product_group;
