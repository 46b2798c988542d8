drop table pack, product;
