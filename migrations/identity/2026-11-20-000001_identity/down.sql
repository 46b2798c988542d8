drop table signing_key, account;
