delete from form_rule; delete from form_item; delete from form;
