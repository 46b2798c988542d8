drop table aggregate, opened_day, latest, report, duty, form_rule, form_item, form;
