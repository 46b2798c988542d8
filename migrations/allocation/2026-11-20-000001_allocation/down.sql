drop table book_account, plan_change, plan_line, plan, wish, site, supply_notice, round_step, round, stream, programme;
