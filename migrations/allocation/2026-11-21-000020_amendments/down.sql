drop table queue_position;
drop table amendment_move;
drop table amendment_line;
drop table amendment;
