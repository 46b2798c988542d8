alter table what_if_line drop constraint what_if_line_place;
delete from what_if_line where what_if_id in (select id from what_if where past_round is not null);
delete from what_if_run where what_if_id in (select id from what_if where past_round is not null);
delete from what_if where past_round is not null;
alter table what_if_line add constraint what_if_line_place_check check (place ~ '^\d{6}$');
alter table what_if drop column figures;
alter table what_if drop constraint what_if_one_round;
alter table what_if drop column past_round;
