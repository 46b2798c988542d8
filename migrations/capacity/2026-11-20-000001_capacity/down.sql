drop table aggregate, latest, report, duty, form_rule, form_item, form;
