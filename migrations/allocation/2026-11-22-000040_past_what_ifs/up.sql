-- What-ifs over rounds of the past, and with figures of their own.
alter table what_if add column past_round uuid references past_round (id);
alter table what_if add constraint what_if_one_round check (round_id is null or past_round is null);
-- figures that were given with the request and are nowhere else: names, source, day, a value for each place
alter table what_if add column figures jsonb not null default '[]' check (jsonb_typeof(figures) = 'array');
-- places of a past round are named as its publication names them
alter table what_if_line drop constraint what_if_line_place_check;
alter table what_if_line add constraint what_if_line_place check (place <> '');
