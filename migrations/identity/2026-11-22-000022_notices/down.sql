drop view notice_reader;
drop table notice_receipt;
drop table notice_attachment;
drop table notice_version;
drop table notice;
