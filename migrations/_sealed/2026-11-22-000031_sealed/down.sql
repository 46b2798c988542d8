drop index if exists audit_txid, transfer_txid, log_txid;
drop table head, seal;
drop function refuse_reseal();
