drop table revocation;
